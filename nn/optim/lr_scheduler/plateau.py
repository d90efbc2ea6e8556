"""A schedule that follows a measure: the step size falls when it stops getting better."""

from __future__ import annotations

import math
from typing import SupportsFloat

from autograd_np.errors import ArgumentError
from nn.optim.lr_scheduler.base import LRScheduler, checked_optimizer, per_group
from nn.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiply the step size by a factor when a measure has not got better for more than `patience` epochs.

    Args:
        optimizer: whose step size is changed.
        mode: 'min' for a measure that is to fall, 'max' for one that is to rise.
        factor: the factor, below 1.
        patience: epochs without anything better that are allowed.
        threshold: how much better counts as better.
        threshold_mode: 'rel', as a share of the best so far, or 'abs'.
        cooldown: epochs after a reduction in which nothing counts.
        min_lr: the smallest step size, or one per group.
        eps: smallest change of a step size that is made.

    Raises: ArgumentError for settings out of range.
    Source: torch.optim.lr_scheduler.ReduceLROnPlateau.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = ReduceLROnPlateau(optimizer, factor=0.5, patience=1), []
        >>> for loss in (3.0, 2.0, 2.0, 2.0, 2.0, 2.0):
        ...     optimizer.step(); schedule.step(loss); values += schedule.get_last_lr()
        >>> values
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if not factor < 1:
            raise ArgumentError(f"ReduceLROnPlateau: factor must be below 1, got {factor}")
        if mode not in ("min", "max"):
            raise ArgumentError(f"ReduceLROnPlateau: mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ArgumentError(f"ReduceLROnPlateau: threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        # The base class would count an epoch; here the first comes with its measure.
        self.optimizer = checked_optimizer(optimizer, "ReduceLROnPlateau")
        self.factor = factor
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs: list[float] = per_group(optimizer, min_lr, "ReduceLROnPlateau: min_lr")
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = self._present
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def step(self, metrics: SupportsFloat, epoch: None = None) -> None:  # type: ignore[override]  # it needs the measure
        """Take in the measure of an epoch.

        Args:
            metrics: the measure, usually the loss on validation data.
            epoch: must be None.

        Raises: ArgumentError for an epoch.
        Source: torch.optim.lr_scheduler.ReduceLROnPlateau.step.
        """
        if epoch is not None:
            raise ArgumentError(f"ReduceLROnPlateau.step: takes no epoch, got {epoch!r}\n  fix: call step(measure)")
        self.last_epoch += 1
        current = float(metrics)
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._present

    @property
    def in_cooldown(self) -> bool:
        """Whether nothing counts, because the step size has just been reduced.

        Source: torch.optim.lr_scheduler.ReduceLROnPlateau.in_cooldown.
        """
        return self.cooldown_counter > 0

    def _is_better(self, current: float) -> bool:
        margin = self.threshold if self.mode == "max" else -self.threshold
        limit = self.best + margin if self.threshold_mode == "abs" else self.best * (1 + margin)
        return current > limit if self.mode == "max" else current < limit

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise ArgumentError(
                    f"ReduceLROnPlateau: there are {len(groups)} groups, but min_lr has {len(self.min_lrs)} values\n"
                    "  fix: set schedule.min_lrs when a group is added"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, smallest in zip(groups, self.min_lrs, strict=True):
            lr = max(float(group["lr"]) * self.factor, smallest)
            if float(group["lr"]) - lr > self.eps:
                group["lr"] = lr
