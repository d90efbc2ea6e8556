"""Schedules: how the step size of an optimiser changes from epoch to epoch, or from step to step.

Most schedules compute the next value from the present one, so that several can act on the same optimiser, and a value
set by hand is not overwritten. Making a schedule sets the step size of its first epoch: when training is resumed, make
it before the optimiser's state is loaded.

Warm-up in one line, here over 5 epochs into half a cosine over 95 more::

    SequentialLR(optimizer, [LinearLR(optimizer, 0.01, total_iters=5), CosineAnnealingLR(optimizer, 95)], [5])

Source: torch.optim.lr_scheduler.
"""

from nn.optim.lr_scheduler.base import LRScheduler
from nn.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from nn.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from nn.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from nn.optim.lr_scheduler.decay import ExponentialLR, MultiStepLR, StepLR
from nn.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from nn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from nn.optim.lr_scheduler.ramps import ConstantLR, LinearLR, PolynomialLR

#: Its older name in PyTorch, from which programs derive schedules of their own.
_LRScheduler = LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
