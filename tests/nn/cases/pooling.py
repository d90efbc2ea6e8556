"""Pooling, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "MaxPool1d(2)": ((1, 2, 7),),
    "MaxPool1d(3, stride=2, padding=1)": ((1, 2, 7),),
    "MaxPool2d(2)": ((1, 2, 5, 5),),
    "MaxPool2d(3, stride=2, padding=1, ceil_mode=True)": ((1, 2, 6, 6),),
    "MaxPool2d(2, stride=1, dilation=2)": ((1, 2, 5, 5),),
    "AvgPool2d(2)": ((1, 2, 5, 5),),
    "AvgPool2d(3, stride=2, padding=1, ceil_mode=True)": ((1, 2, 6, 6),),
    "AvgPool2d(3, stride=2, padding=1, count_include_pad=False)": ((1, 2, 6, 6),),
    "AvgPool2d((2, 1), divisor_override=3)": ((1, 1, 4, 4),),
    "AdaptiveAvgPool2d(1)": ((1, 2, 5, 4),),
    "AdaptiveAvgPool2d((3, 2))": ((1, 2, 5, 5),),
    "AdaptiveAvgPool2d((None, 2))": ((1, 2, 3, 5),),
}
