"""Schedules for the beginning or the end of training: a constant factor, a line, or a power of one."""

from __future__ import annotations

from autograd_np.errors import ArgumentError
from nn.optim.lr_scheduler.base import FromBase
from nn.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "LinearLR", "PolynomialLR"]


class ConstantLR(FromBase):
    """Multiply the step size by a factor until epoch `total_iters`.

    Args:
        optimizer: whose step size is changed.
        factor: the factor, above 0 and at most 1.
        total_iters: epoch from which on the step size is the initial one.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for a factor out of range.
    Source: torch.optim.lr_scheduler.ConstantLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = ConstantLR(optimizer, factor=0.5, total_iters=2), []
        >>> for epoch in range(4):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 < factor <= 1:
            raise ArgumentError(f"ConstantLR: factor must be above 0 and at most 1, got {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self._present]
        if self.last_epoch != self.total_iters:
            return self._present
        return [lr / self.factor for lr in self._present]


class LinearLR(FromBase):
    """Multiply the step size by a factor that goes from one value to another along a line; the usual warm-up.

    Args:
        optimizer: whose step size is changed.
        start_factor: the factor in the first epoch.
        end_factor: the factor from epoch `total_iters` on.
        total_iters: how many epochs that takes.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for factors out of range.
    Source: torch.optim.lr_scheduler.LinearLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = LinearLR(optimizer, start_factor=0.25, total_iters=3), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ArgumentError(f"LinearLR: start_factor must be above 0 and at most 1, got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ArgumentError(f"LinearLR: end_factor must be within [0, 1], got {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self._present]
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._present
        rise = self.end_factor - self.start_factor
        factor = 1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        return [lr * factor for lr in self._present]


class PolynomialLR(FromBase):
    """Lower the step size to 0 in epoch `total_iters`, as (1 - epoch / total_iters)^power.

    Args:
        optimizer: whose step size is changed.
        total_iters: how many epochs that takes.
        power: 1 for a line.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for total_iters below 1.
    Source: torch.optim.lr_scheduler.PolynomialLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = PolynomialLR(optimizer, total_iters=4, power=2.0), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> [round(value, 4) for value in values]
        [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        if total_iters < 1:
            raise ArgumentError(f"PolynomialLR: total_iters must be at least 1, got {total_iters}")
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self._is_initial or self.last_epoch == 0 or self.last_epoch > self.total_iters:
            return self._present
        left, before = (1 - epoch / self.total_iters for epoch in (self.last_epoch, self.last_epoch - 1))
        return [lr * (left / before) ** self.power for lr in self._present]
