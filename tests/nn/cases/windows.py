"""Windows as matrices, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "Unfold(2)": ((1, 2, 3, 4),),
    "Unfold((2, 3), stride=(1, 2))": ((2, 3, 5),),
    "Unfold((2, 3), (1, 2), (1, 0), (2, 1))": ((1, 2, 3, 6),),
    "Fold((3, 4), 2)": ((1, 8, 6),),
    "Fold(4, (2, 3), padding=(0, 1))": ((6, 12),),
    "Fold((3, 6), (2, 3), (1, 2), (1, 0), (2, 1))": ((1, 12, 4),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.unfold(a, (2, 3), (1, 2), (1, 0), (2, 1))": ((1, 2, 3, 6),),
    "F.unfold(a, kernel_size=2, stride=2, padding=1)": ((1, 3, 4),),
    "F.fold(a, (3, 6), (2, 3), (1, 2), (1, 0), (2, 1))": ((1, 12, 4),),
    "F.fold(a, output_size=4, kernel_size=2, stride=2)": ((4, 4),),
    "F.fold(F.unfold(a, 3, padding=1), a.shape[2:], 3, padding=1)": ((1, 2, 3, 4),),
}
