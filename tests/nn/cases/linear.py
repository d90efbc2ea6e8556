"""Linear layers, dropout and shapes, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "Linear(4, 3)": ((2, 4),),
    "Linear(4, 3, bias=False)": ((2, 2, 4),),
    "Flatten()": ((2, 2, 3),),
    "Flatten(0, 1)": ((2, 2, 3),),
    "Unflatten(1, (2, 3))": ((2, 6),),
    "Identity()": ((2, 2),),
    "Dropout(0.0)": ((2, 2),),
    "Dropout2d(0.0)": ((1, 2, 2, 2),),
}
