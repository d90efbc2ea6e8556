"""Schedules that are functions of the epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from nn.optim.lr_scheduler.base import LRScheduler, checked_optimizer, load_functions, per_group, saved_function
from nn.optim.optimizer import Optimizer

__all__ = ["LambdaLR", "MultiplicativeLR"]

Factor: TypeAlias = Callable[[int], float]


class _OfFunctions(LRScheduler):
    """A schedule with one function of the epoch per group."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        name = type(self).__name__
        self.lr_lambdas: list[Factor] = per_group(checked_optimizer(optimizer, name), lr_lambda, f"{name}: lr_lambda")
        super().__init__(optimizer, last_epoch)

    @property
    def _factors(self) -> list[float]:
        return [function(self.last_epoch) for function in self.lr_lambdas]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser; of functions only the attributes, and only of callable objects.

        Source: torch.optim.lr_scheduler.LambdaLR.state_dict.
        """
        return {**super().state_dict(), "lr_lambdas": [saved_function(function) for function in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Source: torch.optim.lr_scheduler.LambdaLR.load_state_dict.
        """
        load_functions(self.lr_lambdas, state_dict["lr_lambdas"])
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})


class LambdaLR(_OfFunctions):
    """Multiply the initial step size by a function of the epoch.

    Args:
        optimizer: whose step size is changed.
        lr_lambda: the function, or one per group.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for another number of functions than of groups.
    Source: torch.optim.lr_scheduler.LambdaLR.

    Example:
        A step size that falls as 1/t, so slowly that the steps reach any place and so fast that their noise dies out:

        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> [round(value, 4) for value in values]
        [1.0, 0.5, 0.3333, 0.25, 0.2]
    """

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        return [lr * factor for lr, factor in zip(self.base_lrs, self._factors, strict=True)]


class MultiplicativeLR(_OfFunctions):
    """Multiply the step size, after each epoch, by a function of the epoch.

    Args:
        optimizer: whose step size is changed.
        lr_lambda: the function, or one per group.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for another number of functions than of groups.
    Source: torch.optim.lr_scheduler.MultiplicativeLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = MultiplicativeLR(optimizer, lambda epoch: 0.5 if epoch < 3 else 1.0), []
        >>> for epoch in range(5):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [1.0, 0.5, 0.25, 0.25, 0.25]
    """

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        if self._is_initial:
            return self._present
        return [lr * factor for lr, factor in zip(self._present, self._factors, strict=True)]
