"""Schedules that multiply the step size by a constant, at some epochs or at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autograd_np.errors import ArgumentError
from nn.optim.lr_scheduler.base import FromBase
from nn.optim.optimizer import Optimizer

__all__ = ["ExponentialLR", "MultiStepLR", "StepLR"]


class StepLR(FromBase):
    """Multiply the step size by gamma every `step_size` epochs.

    Args:
        optimizer: whose step size is changed.
        step_size: how many epochs it stays.
        gamma: the factor.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for a step_size below 1.
    Source: torch.optim.lr_scheduler.StepLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = StepLR(optimizer, step_size=2, gamma=0.5), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ArgumentError(f"StepLR: step_size must be at least 1, got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._present
        return [lr * self.gamma for lr in self._present]


class MultiStepLR(FromBase):
    """Multiply the step size by gamma at each of the milestones.

    Args:
        optimizer: whose step size is changed.
        milestones: epochs; one that is there twice counts twice.
        gamma: the factor.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Source: torch.optim.lr_scheduler.MultiStepLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = MultiStepLR(optimizer, [1, 3], gamma=0.5), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        factor = self.gamma ** self.milestones[self.last_epoch]
        return [lr * factor for lr in self._present]


class ExponentialLR(FromBase):
    """Multiply the step size by gamma every epoch.

    Args:
        optimizer: whose step size is changed.
        gamma: the factor.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Source: torch.optim.lr_scheduler.ExponentialLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = ExponentialLR(optimizer, gamma=0.5), []
        >>> for epoch in range(4):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self._is_initial or self.last_epoch == 0:
            return self._present
        return [lr * self.gamma for lr in self._present]
