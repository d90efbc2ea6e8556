"""Convolutions, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "Conv1d(2, 3, 3)": ((2, 2, 7),),
    "Conv1d(2, 3, (3,), bias=False)": ((2, 7),),
    "Conv1d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)": ((1, 2, 8),),
    "Conv1d(2, 4, 3, 2, 1, 2, 2, False, 'circular')": ((1, 2, 8),),
    "Conv1d(2, 2, 4, padding='same')": ((1, 2, 6),),
    "Conv1d(2, 2, 4, padding='same', dilation=2, padding_mode='reflect')": ((1, 2, 6),),
    "Conv1d(2, 2, 3, padding='valid', padding_mode='circular')": ((1, 2, 6),),
    "Conv1d(1, 2, 3, padding=2, padding_mode='replicate')": ((1, 4),),
    "Conv2d(2, 3, 3)": ((2, 2, 5, 5),),
    "Conv2d(2, 3, 3, padding=1)": ((2, 4, 3),),
    "Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2)": ((1, 2, 6, 5),),
    "Conv2d(1, 2, 4, padding='same', bias=False)": ((1, 1, 5, 5),),
    "Conv2d(1, 2, (2, 3), padding='same', dilation=(1, 2), padding_mode='reflect')": ((1, 1, 4, 5),),
    "Conv2d(1, 2, 3, padding='valid')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=1, padding_mode='reflect')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=(1, 2), padding_mode='circular')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=2, padding_mode='replicate')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=1, padding_mode='replicate')": ((1, 4, 4),),
    "Conv3d(2, 3, 2)": ((2, 2, 3, 2, 3),),
    "Conv3d(2, 2, (1, 2, 2), bias=False)": ((2, 2, 3, 3),),
    "Conv3d(2, 4, (3, 2, 1), stride=(2, 1, 1), padding=(1, 0, 1), dilation=(1, 2, 1), groups=2)": ((1, 2, 4, 4, 2),),
    "Conv3d(1, 2, (2, 3, 1), padding='same')": ((1, 1, 3, 3, 2),),
    "Conv3d(1, 2, (2, 1, 2), padding='same', dilation=(2, 1, 1), padding_mode='circular')": ((1, 1, 3, 2, 2),),
    "Conv3d(1, 2, 2, padding='valid', padding_mode='reflect')": ((1, 1, 2, 3, 2),),
    "Conv3d(1, 2, 2, padding=1, padding_mode='reflect')": ((1, 1, 2, 2, 2),),
    "Conv3d(1, 2, (3, 2, 2), padding=(1, 0, 1), padding_mode='replicate')": ((1, 1, 2, 2, 2),),
    "Conv3d(1, 2, (2, 2, 1), padding=(1, 1, 0), padding_mode='circular')": ((1, 2, 2, 2),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.conv1d(a, b, c, 2, 1, 2, 2)": ((1, 2, 8), (4, 1, 3), (4,)),
    "ag.conv1d(a, b, padding='same')": ((1, 2, 5), (2, 2, 2)),
    "F.conv2d(a, b, c, (2, 1), (1, 0), (1, 2), 2)": ((1, 2, 5, 4), (2, 1, 3, 2), (2,)),
    "ag.conv2d(a, b, padding='valid')": ((2, 3, 3), (2, 2, 2, 2)),
    "F.conv3d(a, b, c, (2, 1, 1), (1, 0, 1), (1, 1, 2), 2)": ((1, 2, 3, 2, 3), (2, 1, 2, 2, 2), (2,)),
    "F.conv3d(a, b, padding='same')": ((1, 1, 3, 2, 2), (2, 1, 2, 3, 1)),
    "ag.conv3d(a, b, stride=2)": ((1, 3, 2, 4), (1, 1, 2, 2, 1)),
}
