"""Convolutions, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "Conv1d(2, 3, 3)": ((2, 2, 7),),
    "Conv1d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)": ((1, 2, 8),),
    "Conv1d(2, 2, 4, padding='same')": ((1, 2, 6),),
    "Conv2d(2, 3, 3)": ((2, 2, 5, 5),),
    "Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2)": ((1, 2, 6, 5),),
    "Conv2d(1, 2, 4, padding='same', bias=False)": ((1, 1, 5, 5),),
    "Conv2d(1, 2, 3, padding='valid')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=1, padding_mode='reflect')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=(1, 2), padding_mode='circular')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=2, padding_mode='replicate')": ((1, 1, 4, 4),),
    "ConvTranspose2d(2, 3, 3)": ((2, 2, 3, 3),),
    "ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)": ((1, 2, 3, 3),),
    "ConvTranspose2d(1, 2, (2, 3), dilation=(2, 1), bias=False)": ((1, 1, 3, 3),),
}
