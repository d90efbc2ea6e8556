"""Schedules along a cosine: once down, or down again and again."""

from __future__ import annotations

import math

from autograd_np import at_every_replay
from autograd_np.errors import ArgumentError
from nn.optim.lr_scheduler.base import FromBase, LRScheduler
from nn.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(FromBase):
    """Lower the step size along half a cosine, from its initial value to `eta_min` in epoch `T_max`.

    Args:
        optimizer: whose step size is changed.
        T_max: how many epochs that takes; afterwards it rises again.
        eta_min: the smallest value.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for T_max below 1.
    Source: Loshchilov and Hutter (2017), without restarts; torch.optim.lr_scheduler.CosineAnnealingLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = CosineAnnealingLR(optimizer, T_max=4), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> [round(value, 4) for value in values]
        [1.0, 0.8536, 0.5, 0.1464, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_max < 1:
            raise ArgumentError(f"CosineAnnealingLR: T_max must be at least 1, got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self._is_initial or self.last_epoch == 0:
            return self._present
        before, now = (1 + math.cos(math.pi * t / self.T_max) for t in (self.last_epoch - 1, self.last_epoch))
        if (self.last_epoch - 1) % (2 * self.T_max) == self.T_max:
            # At the bottom nothing is left to scale: the way up starts from the initial value.
            return [lr + (base - self.eta_min) * now / 2 for lr, base in zip(self._present, self.base_lrs, strict=True)]
        return [self.eta_min + (lr - self.eta_min) * now / before for lr in self._present]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Lower the step size along half a cosine and jump back to its initial value, again and again.

    Args:
        optimizer: whose step size is changed.
        T_0: epochs until the first restart.
        T_mult: how many times longer each stretch is than the one before.
        eta_min: the smallest value.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError unless T_0 and T_mult are whole numbers of at least 1.
    Source: Loshchilov and Hutter (2017), equation 5; torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2), []
        >>> for epoch in range(7):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> [round(value, 4) for value in values]
        [1.0, 0.5, 1.0, 0.8536, 0.5, 0.1464, 1.0]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ArgumentError(
                    f"CosineAnnealingWarmRestarts: {name} must be a whole number of at least 1, got {value!r}"
                )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group, `T_cur` epochs after the last restart."""
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    @at_every_replay
    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to any: `step(epoch + i / batches)` after each batch lowers it smoothly.

        Args:
            epoch: where to go to, fractions included.

        Raises: ArgumentError for an epoch below 0.
        Source: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.step.
        """
        if epoch is None and self.last_epoch >= 0:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(0 if epoch is None else epoch)
        self._set()

    def _begin(self) -> None:
        self._go_to(0)
        self._set()

    def _go_to(self, epoch: float) -> None:
        if epoch < 0:
            raise ArgumentError(f"CosineAnnealingWarmRestarts.step: epoch must be at least 0, got {epoch}")
        start, self.T_i = 0, self.T_0
        if self.T_mult == 1:
            start = int(epoch // self.T_0) * self.T_0
        while epoch >= start + self.T_i:
            start += self.T_i
            self.T_i *= self.T_mult
        self.T_cur = epoch - start
        self.last_epoch = math.floor(epoch)
