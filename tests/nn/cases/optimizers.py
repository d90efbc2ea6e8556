"""Optimisers that are compared with PyTorch over 20 steps."""

from __future__ import annotations

OPTIMIZERS = [
    "SGD(groups, lr=0.1)",
    "SGD(groups, lr=0.1, momentum=0.9)",
    "SGD(groups, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)",
    "SGD(groups, lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.1)",
    "SGD(groups, lr=0.02, maximize=True, weight_decay=0.1)",
    "Adam(groups, lr=0.1)",
    "Adam(groups, lr=0.1, betas=(0.8, 0.9), eps=0.001, weight_decay=0.1)",
    "Adam(groups, lr=0.1, amsgrad=True)",
    "Adam(groups, lr=0.05, maximize=True, amsgrad=True, weight_decay=0.05)",
    "AdamW(groups, lr=0.1)",
    "AdamW(groups, lr=0.1, weight_decay=0.2, amsgrad=True)",
    "AdamW(groups, lr=0.05, maximize=True)",
    "Adagrad(groups, lr=0.1)",
    "Adagrad(groups, lr=0.1, lr_decay=0.05, weight_decay=0.1, initial_accumulator_value=0.2, eps=0.001)",
    "RMSprop(groups, lr=0.01)",
    "RMSprop(groups, lr=0.01, alpha=0.9, eps=0.001, weight_decay=0.1, momentum=0.8, centered=True)",
    "RMSprop(groups, lr=0.01, maximize=True, momentum=0.5)",
]
