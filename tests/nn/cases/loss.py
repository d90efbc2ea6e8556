"""Losses, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, tuple[Any, ...]] = {
    "CrossEntropyLoss()": ((4, 3), ("classes", (4,), 3)),
    "CrossEntropyLoss(reduction='none', label_smoothing=0.1)": ((4, 3), ("classes", (4,), 3)),
    "CrossEntropyLoss(ignore_index=1, reduction='sum')": ((2, 3, 4), ("classes", (2, 4), 3)),
    "CrossEntropyLoss(label_smoothing=0.2)": ((4, 3), ("probabilities", (4, 3))),
    "NLLLoss()": ((4, 3), ("classes", (4,), 3)),
    "NLLLoss(ignore_index=2, reduction='none')": ((2, 3, 4), ("classes", (2, 4), 3)),
    "MSELoss()": ((2, 4), (2, 4)),
    "MSELoss(reduction='sum')": ((2, 4), (2, 4)),
    "L1Loss()": ((2, 4), (2, 4)),
    "L1Loss(size_average=False)": ((2, 4), (2, 4)),
    "SmoothL1Loss(beta=0.5)": ((2, 4), (2, 4)),
    "SmoothL1Loss(beta=0)": ((2, 4), (2, 4)),
    "HuberLoss(delta=0.5, reduction='none')": ((2, 4), (2, 4)),
    "BCELoss()": (("probabilities", (2, 3)), ("probabilities", (2, 3))),
    "BCEWithLogitsLoss()": ((2, 3), ("probabilities", (2, 3))),
    "KLDivLoss(reduction='batchmean')": ((2, 3), ("probabilities", (2, 3))),
    "KLDivLoss(log_target=True)": ((2, 3), (2, 3)),
}
