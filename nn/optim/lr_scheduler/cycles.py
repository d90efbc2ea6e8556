"""Schedules that cycle step size and momentum against each other: again and again, or once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_np.errors import ArgumentError
from nn.optim.lr_scheduler.base import LRScheduler, checked_optimizer, load_functions, per_group, saved_function
from nn.optim.optimizer import Optimizer

__all__ = ["CyclicLR", "OneCycleLR"]


class _Cycling(LRScheduler):
    """A schedule that also sets the momentum, or Adam's β₁."""

    cycle_momentum: bool
    use_beta1: bool

    def get_momentum(self) -> list[float]:
        """Return the momentum of each group in epoch `last_epoch`; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} has no get_momentum()")

    def _take_momentum(self, lowest: Any, highest: Any, *, start: bool) -> None:
        """Note between which momenta to cycle, and with `start` set the highest."""
        name, defaults = type(self).__name__, self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ArgumentError(
                f"{name}: {type(self.optimizer).__name__} has neither momentum nor betas\n"
                "  fix: pass cycle_momentum=False"
            )
        self.use_beta1 = "betas" in defaults
        if not start:
            return
        lows = per_group(self.optimizer, lowest, f"{name}: base_momentum")
        highs = per_group(self.optimizer, highest, f"{name}: max_momentum")
        for group, low, high in zip(self.optimizer.param_groups, lows, highs, strict=True):
            group.update(base_momentum=low, max_momentum=high)
            self._set_momentum(group, high)

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum

    def _set(self) -> None:
        super()._set()
        if self.cycle_momentum:
            for group, momentum in zip(self.optimizer.param_groups, self.get_momentum(), strict=True):
                self._set_momentum(group, momentum)


class CyclicLR(_Cycling):
    """Raise the step size along a line and lower it again, batch by batch; the momentum goes the other way.

    Args:
        optimizer: whose step size is changed.
        base_lr: the lowest step size, or one per group.
        max_lr: the highest, or one per group.
        step_size_up: batches of a rise.
        step_size_down: batches of a fall; None for as many.
        mode: 'triangular'; 'triangular2' halves the height after each cycle; 'exp_range' multiplies it by gamma after
            each batch.
        gamma: for 'exp_range'.
        scale_fn: factor of the height in the place of the mode's, of the cycle (from 1) or the batch.
        scale_mode: 'cycle' or 'iterations', what scale_fn is a function of.
        cycle_momentum: set the momentum as well.
        base_momentum: the lowest momentum, or one per group.
        max_momentum: the highest, or one per group.
        last_epoch: number of the last batch when training is resumed; -1 starts.

    Raises: ArgumentError for an unknown mode, lengths below 1, or an optimiser without momentum.
    Source: Smith (2017); torch.optim.lr_scheduler.CyclicLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = CyclicLR(optimizer, 0.0, 1.0, step_size_up=2, cycle_momentum=False), []
        >>> for batch in range(6):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [0.0, 0.5, 1.0, 0.5, 0.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = checked_optimizer(optimizer, "CyclicLR")
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ArgumentError(f"CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range', got {mode!r}")
        if scale_mode not in ("cycle", "iterations"):
            raise ArgumentError(f"CyclicLR: scale_mode must be 'cycle' or 'iterations', got {scale_mode!r}")
        down = step_size_up if step_size_down is None else step_size_down
        if step_size_up <= 0 or down <= 0:
            raise ArgumentError(f"CyclicLR: step sizes must be above 0, got {step_size_up} up and {down} down")
        lowest = per_group(optimizer, base_lr, "CyclicLR: base_lr")
        self.max_lrs = per_group(optimizer, max_lr, "CyclicLR: max_lr")
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, lowest, strict=True):
                group["lr"] = lr
        if cycle_momentum:
            self.base_momentums = per_group(optimizer, base_momentum, "CyclicLR: base_momentum")
            self.max_momentums = per_group(optimizer, max_momentum, "CyclicLR: max_momentum")
            self._take_momentum(base_momentum, max_momentum, start=last_epoch == -1)
        super().__init__(optimizer, last_epoch)
        # The groups' initial step sizes may be those of another schedule.
        self.base_lrs = lowest
        self._set()

    def scale_fn(self, x: float) -> float:
        """Return the factor of the height in a cycle, or at a batch.

        Source: torch.optim.lr_scheduler.CyclicLR.scale_fn.
        """
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return {"triangular": 1.0, "triangular2": 2.0 ** (1 - x), "exp_range": self.gamma**x}[self.mode]

    @property
    def _height(self) -> float:
        """Return how high the cycle stands, from 0 to 1 before scaling."""
        cycles = self.last_epoch / self.total_size
        x = cycles - math.floor(cycles)
        height = x / self.step_ratio if x <= self.step_ratio else (1 - x) / (1 - self.step_ratio)
        return height * self.scale_fn(math.floor(cycles) + 1 if self.scale_mode == "cycle" else self.last_epoch)

    def get_lr(self) -> list[float]:
        """Return the step size of each group at batch `last_epoch`."""
        height = self._height
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def get_momentum(self) -> list[float]:
        """Return the momentum of each group at batch `last_epoch`."""
        height = self._height
        return [high - (high - low) * height for low, high in zip(self.base_momentums, self.max_momentums, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser; of a scale_fn only the attributes, and only of a callable object.

        Source: torch.optim.lr_scheduler.CyclicLR.state_dict.
        """
        return {**super().state_dict(), "_scale_fn_custom": saved_function(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Source: torch.optim.lr_scheduler.CyclicLR.load_state_dict.
        """
        load_functions([self._scale_fn_custom], [state_dict["_scale_fn_custom"]])
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_scale_fn_custom"})


class OneCycleLR(_Cycling):
    """Raise the step size once, far, and lower it below where it began, batch by batch; the momentum goes against it.

    Args:
        optimizer: whose step size is changed.
        max_lr: the highest step size, or one per group.
        total_steps: number of batches altogether.
        epochs: in the place of total_steps, with steps_per_epoch.
        steps_per_epoch: batches of an epoch.
        pct_start: share of the rise.
        anneal_strategy: 'cos' or 'linear'.
        cycle_momentum: set the momentum as well.
        base_momentum: the lowest momentum, or one per group.
        max_momentum: the highest, or one per group.
        div_factor: the first step size is max_lr / div_factor.
        final_div_factor: the last is the first / final_div_factor.
        three_phase: fall back to the first step size in as many batches as the rise, and then to the last one.
        last_epoch: number of the last batch when training is resumed; -1 starts.

    Raises: ArgumentError for lengths below 1, shares out of range, an optimiser without momentum, and later for a
        step beyond the last one.
    Source: Smith and Topin (2019); torch.optim.lr_scheduler.OneCycleLR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> schedule, values = OneCycleLR(optimizer, 1.0, 6, pct_start=0.5, anneal_strategy="linear"), []
        >>> for batch in range(6):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> [round(value, 4) for value in values]
        [0.04, 0.52, 1.0, 0.6667, 0.3333, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = checked_optimizer(optimizer, "OneCycleLR")
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ArgumentError(f"OneCycleLR: pct_start must be within [0, 1], got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        self._anneal_func_type = anneal_strategy
        rise = pct_start * self.total_steps
        # Where each phase ends, and the group's settings that it goes from and to.
        phases = [(rise - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")]
        if three_phase:
            phases += [
                (2 * rise - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (self.total_steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
            ]
        else:
            phases += [(self.total_steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
        self._schedule_phases: list[dict[str, Any]] = [dict(zip(names, phase, strict=True)) for phase in phases]
        highest = per_group(optimizer, max_lr, "OneCycleLR: max_lr")
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, highest, strict=True):
                first = high / div_factor
                group.update(initial_lr=first, max_lr=high, min_lr=first / final_div_factor)
        elif not all("max_lr" in group for group in optimizer.param_groups):
            raise ArgumentError(
                f"OneCycleLR: last_epoch is {last_epoch}, but the optimiser's groups know no 'max_lr'\n"
                "  fix: load the optimiser's state first, or start with last_epoch=-1"
            )
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._take_momentum(base_momentum, max_momentum, start=last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def _between(self, what: str) -> list[float]:
        """Return the value of each group, between where its phase starts and ends."""
        if self.last_epoch > self.total_steps:
            raise ArgumentError(
                f"OneCycleLR: step {self.last_epoch} is beyond the {self.total_steps} that were planned\n"
                "  fix: make total_steps (or epochs times steps_per_epoch) the number of calls of step()"
            )
        start, *ends = [0.0, *(phase["end_step"] for phase in self._schedule_phases)]
        number = 0
        while self.last_epoch > ends[number] and number < len(ends) - 1:
            start = ends[number]
            number += 1
        phase, length = self._schedule_phases[number], ends[number] - start
        # A phase without length is over at once.
        share = (self.last_epoch - start) / length if length else 1.0
        if self._anneal_func_type == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        names = phase[f"start_{what}"], phase[f"end_{what}"]
        values = [(group[names[0]], group[names[1]]) for group in self.optimizer.param_groups]
        return [one + (two - one) * share for one, two in values]

    def get_lr(self) -> list[float]:
        """Return the step size of each group at batch `last_epoch`."""
        return self._between("lr")

    def get_momentum(self) -> list[float]:
        """Return the momentum of each group at batch `last_epoch`."""
        return self._between("momentum")


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """Return the number of batches altogether."""
    given: dict[str, Any] = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    if total_steps is not None:
        given = {"total_steps": total_steps}
    elif None in given.values():
        raise ArgumentError(
            "OneCycleLR: the number of steps is missing\n  fix: pass total_steps, or epochs and steps_per_epoch"
        )
    for name, value in given.items():
        if not isinstance(value, int) or value < 1:
            raise ArgumentError(f"OneCycleLR: {name} must be a whole number of at least 1, got {value!r}")
    return math.prod(given.values())
