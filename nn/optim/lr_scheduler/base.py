"""The base of schedules: the count of epochs, and the way its values reach the optimiser."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from autograd_np import at_every_replay
from autograd_np.errors import ArgumentError
from nn._keywords import KnowsItsArguments
from nn.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]


class LRScheduler(KnowsItsArguments):
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

    #: Whether the epoch being set is the one that the constructor arrives at.
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        for i, group in enumerate(checked_optimizer(optimizer, name).param_groups):
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
        self._initial_step()

    def _initial_step(self) -> None:
        """Arrive at the first epoch, or at the one after `last_epoch`."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`; subclasses define it.

        To ask for the present values call `get_last_lr`.

        Source: torch.optim.lr_scheduler.LRScheduler.get_lr.
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the step size of each group as last set.

        Source: torch.optim.lr_scheduler.LRScheduler.get_last_lr.
        """
        return self._last_lr

    @at_every_replay
    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch; call it after the optimiser's steps.

        Args:
            epoch: must be None; older programs of PyTorch pass the number of the epoch.

        Raises: ArgumentError for an epoch.
        Source: torch.optim.lr_scheduler.LRScheduler.step.
        """
        name = type(self).__name__
        if epoch is not None:
            raise ArgumentError(f"{name}.step: takes no epoch, got {epoch!r}\n  fix: call step(); it counts by itself")
        # An optimiser with a step of its own does not count.
        counted = type(self.optimizer).step is Optimizer.step
        if self._step_count == 1 and counted and self.optimizer._steps_taken == 0:
            warnings.warn(
                f"{name}: step() came before the optimiser's first step(), so the first value of the schedule is "
                "never used\n  fix: call optimizer.step() before scheduler.step()",
                stacklevel=2,
            )
        self._step_count += 1
        self.last_epoch += 1
        self._set()

    def _set(self) -> None:
        """Hand the values of the present epoch to the optimiser."""
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = self._present

    # A SequentialLR takes back the steps that the constructors of its parts made, and begins with each in its turn.

    def _undo(self) -> None:
        """Take back the count of the constructor's step."""
        self.last_epoch -= 1

    def _reset(self) -> None:
        """Set what epoch 0 is computed from, where it is computed from the present step sizes."""

    def _begin(self) -> None:
        """Go to epoch 0."""
        self.last_epoch = 0
        self._set()

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
        """Take over what `state_dict` returned; the optimiser's step size is part of the optimiser's state.

        Source: torch.optim.lr_scheduler.LRScheduler.load_state_dict.
        """
        self.__dict__.update(state_dict)


class FromBase(LRScheduler):
    """A schedule whose values follow from the present ones, and so begins again at the initial ones."""

    def _reset(self) -> None:
        for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = lr


def checked_optimizer(optimizer: Any, name: str) -> Optimizer:
    """Return the optimiser; raise TypeError if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{name}: expected an Optimizer, got {type(optimizer).__name__}")
    return optimizer


def per_group(optimizer: Optimizer, value: Any, what: str) -> list[Any]:
    """Return one value per group; raise ArgumentError for a list of another length."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ArgumentError(f"{what}: expected one value or {count}, one per group, got {len(value)}")
    return list(value)


def saved_function(function: Callable[..., Any] | None) -> dict[str, Any] | None:
    """Return the attributes of a callable object, and None for a plain function, which no file can hold."""
    if isinstance(function, FunctionType) or not hasattr(function, "__dict__"):
        return None
    return dict(vars(function))


def load_functions(functions: Sequence[Callable[..., Any] | None], saved: Sequence[dict[str, Any] | None]) -> None:
    """Set the attributes of callable objects to those that were saved."""
    for function, attributes in zip(functions, saved, strict=True):
        if attributes is not None:
            vars(function).update(attributes)
