"""Normalisation, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "BatchNorm1d(3)": ((4, 3),),
    "BatchNorm1d(3, eps=0.01, momentum=0.3)": ((4, 3, 2),),
    "BatchNorm2d(2)": ((3, 2, 2, 2),),
    "BatchNorm2d(2, momentum=None)": ((3, 2, 2, 2),),
    "BatchNorm2d(2, affine=False)": ((3, 2, 2, 2),),
    "BatchNorm2d(2, track_running_stats=False)": ((3, 2, 2, 2),),
    "LayerNorm(4)": ((2, 3, 4),),
    "LayerNorm((3, 4), eps=0.1)": ((2, 3, 4),),
    "LayerNorm(4, elementwise_affine=False)": ((2, 4),),
    "LayerNorm(4, bias=False)": ((2, 4),),
}
