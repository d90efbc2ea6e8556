"""Schedules that are compared with PyTorch over 20 epochs."""

from __future__ import annotations

SCHEDULES = [
    "StepLR(optimizer, 3)",
    "StepLR(optimizer, 2, gamma=0.5)",
    "LambdaLR(optimizer, lambda epoch: 0.9 ** epoch)",
    "LambdaLR(optimizer, [lambda epoch: 1 / (1 + epoch), lambda epoch: 2.0])",
    "CosineAnnealingLR(optimizer, 5)",
    "CosineAnnealingLR(optimizer, 4, eta_min=0.01)",
]
