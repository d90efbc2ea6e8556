"""Schedules: how the step size of an optimiser changes from epoch to epoch.

Each schedule computes the next value from the present one, so that several can act on the same optimiser, and a value
set by hand is not overwritten.

Source: torch.optim.lr_scheduler.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from autograd_np.errors import ArgumentError
from nn.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR", "StepLR"]


class LRScheduler:
    """Base of schedules: `step`, called after each epoch, sets every group's lr to what `get_lr` returns.

    Args:
        optimizer: whose step size is changed.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: TypeError if it is no optimiser, ArgumentError on resuming with groups that have no 'initial_lr'.
    Source: torch.optim.lr_scheduler.LRScheduler.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> class Halving(LRScheduler):
        ...     def get_lr(self):
        ...         return [g["lr"] if self.last_epoch == 0 else g["lr"] / 2 for g in self.optimizer.param_groups]
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = Halving(optimizer)
        >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
        [0.5]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{name}: expected an Optimizer, got {type(optimizer).__name__}")
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ArgumentError(
                    f"{name}: last_epoch is {last_epoch}, but group {i} of the optimiser has no 'initial_lr'\n"
                    "  fix: load the optimiser's state first, or start with last_epoch=-1"
                )
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._advance()

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the step size of each group as last set.

        Source: torch.optim.lr_scheduler.LRScheduler.get_last_lr.
        """
        return self._last_lr

    def step(self) -> None:
        """Go on to the next epoch; call it after the optimiser's steps.

        Source: torch.optim.lr_scheduler.LRScheduler.step.
        """
        if self.last_epoch == 0 and self.optimizer._steps_taken == 0:
            warnings.warn(
                f"{type(self).__name__}: step() came before the optimiser's first step(), so the first value of the "
                "schedule is never used\n  fix: call optimizer.step() before scheduler.step()",
                stacklevel=2,
            )
        self._advance()

    def _advance(self) -> None:
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    @property
    def _present(self) -> list[float]:
        """Return the step size of each group as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser.

        Source: torch.optim.lr_scheduler.LRScheduler.state_dict.
        """
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Source: torch.optim.lr_scheduler.LRScheduler.load_state_dict.
        """
        self.__dict__.update(state_dict)


class StepLR(LRScheduler):
    """Multiply the step size by gamma every `step_size` epochs.

    Args:
        optimizer: whose step size is changed.
        step_size: how many epochs it stays.
        gamma: the factor.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

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


class LambdaLR(LRScheduler):
    """Multiply the initial step size by a function of the epoch.

    Args:
        optimizer: whose step size is changed.
        lr_lambda: the function, or one per group.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for another number of functions than of groups.
    Source: torch.optim.lr_scheduler.LambdaLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=3.0)
        >>> schedule = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
        >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
        [1.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ArgumentError(f"LambdaLR: expected one function or {count}, got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        return [lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser and the functions, which no file can hold.

        Source: torch.optim.lr_scheduler.LambdaLR.state_dict.
        """
        return {name: value for name, value in super().state_dict().items() if name != "lr_lambdas"}


class CosineAnnealingLR(LRScheduler):
    """Lower the step size along half a cosine, from its initial value to `eta_min` in epoch `T_max`.

    Args:
        optimizer: whose step size is changed.
        T_max: how many epochs that takes; afterwards it rises again.
        eta_min: the smallest value.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

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
        if self.last_epoch == 0:
            return self._present
        before, now = (1 + math.cos(math.pi * t / self.T_max) for t in (self.last_epoch - 1, self.last_epoch))
        if (self.last_epoch - 1) % (2 * self.T_max) == self.T_max:
            # At the bottom nothing is left to scale: the way up starts from the initial value.
            return [lr + (base - self.eta_min) * now / 2 for lr, base in zip(self._present, self.base_lrs, strict=True)]
        return [self.eta_min + (lr - self.eta_min) * now / before for lr in self._present]
