"""Transposed convolutions, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "ConvTranspose1d(2, 3, 3)": ((2, 2, 4),),
    "ConvTranspose1d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)": ((1, 2, 4),),
    "ConvTranspose1d(2, 4, 3, 3, 1, 1, 2, False, 2, 'zeros')": ((2, 4),),
    "ConvTranspose1d(1, 2, 3, dilation=3, output_padding=2)": ((1, 1, 3),),
    "ConvTranspose1d(1, 2, 3, dilation=3, padding=2, output_padding=1, bias=False)": ((1, 1, 3),),
    "ConvTranspose1d(1, 1, 2, stride=2, padding=1, dilation=5, output_padding=4)": ((1, 1, 3),),
    "ConvTranspose1d(2, 3, 3, stride=2, padding=1) | layer(a, output_size=(8,))": ((1, 2, 4),),
    "ConvTranspose1d(2, 3, 3, stride=2, output_padding=1) | layer(a, [9])": ((2, 4),),
    "ConvTranspose2d(2, 3, 3)": ((2, 2, 3, 3),),
    "ConvTranspose2d(2, 3, 2, stride=2)": ((2, 3, 2),),
    "ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)": ((1, 2, 3, 3),),
    "ConvTranspose2d(1, 2, (2, 3), dilation=(2, 1), bias=False)": ((1, 1, 3, 3),),
    "ConvTranspose2d(1, 2, 3, stride=(1, 2), dilation=(2, 3), output_padding=(1, 2))": ((1, 1, 2, 2),),
    "ConvTranspose2d(1, 2, 3, stride=2, padding=1) | layer(a, output_size=(1, 2, 6, 5))": ((1, 1, 3, 3),),
    "ConvTranspose2d(1, 2, 3, stride=2) | layer(a, output_size=[2, 8, 7])": ((1, 3, 3),),
    "ConvTranspose3d(2, 2, 2)": ((1, 2, 2, 1, 2),),
    "ConvTranspose3d(2, 2, (1, 2, 2), stride=(1, 2, 2), bias=False)": ((2, 2, 2, 1),),
    "ConvTranspose3d(2, 4, (2, 1, 3), (1, 2, 3), (1, 0, 1), (0, 1, 2), 2, True, (2, 1, 1))": ((1, 2, 2, 2, 2),),
    "ConvTranspose3d(1, 1, 2, output_padding=(0, 1, 1), dilation=2)": ((1, 1, 2, 1, 2),),
    "ConvTranspose3d(1, 1, 2, stride=2) | layer(a, output_size=(4, 3, 5))": ((1, 1, 2, 1, 2),),
    "ConvTranspose3d(1, 1, 2, stride=2) | layer(a, output_size=(1, 1, 5, 3, 4))": ((1, 1, 2, 1, 2),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.conv_transpose1d(a, b, c, 2, 1, 1, 2, 2)": ((1, 2, 4), (2, 1, 3), (2,)),
    "ag.conv_transpose1d(a, b)": ((2, 3), (2, 1, 2)),
    "F.conv_transpose2d(a, b, c, (2, 1), (1, 0), (1, 0), 2, (1, 2))": ((1, 2, 2, 2), (2, 1, 3, 2), (2,)),
    "ag.conv_transpose2d(a, b)": ((1, 2, 2), (1, 2, 2, 1)),
    "F.conv_transpose3d(a, b, c, (2, 1, 1), (1, 0, 0), (1, 0, 0), 2, (1, 2, 1))": (
        (1, 2, 2, 2, 1),
        (2, 1, 3, 2, 1),
        (2,),
    ),
    "ag.conv_transpose3d(a, b)": ((1, 2, 1, 2), (1, 1, 1, 2, 2)),
}
