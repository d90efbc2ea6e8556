"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from autograd_np import at_every_replay
from autograd_np.errors import ArgumentError
from nn.optim.lr_scheduler.base import LRScheduler
from nn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from nn.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combined(LRScheduler):
    """A schedule that hands everything to others."""

    _schedulers: list[LRScheduler]

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        name = type(self).__name__
        if not schedulers:
            raise ArgumentError(f"{name}: there are no schedules")
        self._schedulers = list(schedulers)
        for i, schedule in enumerate(self._schedulers):
            if not isinstance(schedule, LRScheduler):
                raise TypeError(f"{name}: schedule {i} must be a schedule, got {type(schedule).__name__}")
            if isinstance(schedule, ReduceLROnPlateau):
                raise ArgumentError(
                    f"{name}: schedule {i} is a ReduceLROnPlateau, whose step needs a measure\n"
                    "  fix: call its step beside this one's"
                )
            optimizer = schedule.optimizer if optimizer is None else optimizer
            if schedule.optimizer is not optimizer:
                raise ArgumentError(f"{name}: schedule {i} belongs to another optimiser")
        self.optimizer = self._schedulers[0].optimizer

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser, with the states of the schedules in it.

        Source: torch.optim.lr_scheduler.SequentialLR.state_dict.
        """
        return {**super().state_dict(), "_schedulers": [schedule.state_dict() for schedule in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Source: torch.optim.lr_scheduler.SequentialLR.load_state_dict.
        """
        for schedule, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_schedulers"})

    def _undo(self) -> None:
        for schedule in self._schedulers:
            schedule._undo()


class SequentialLR(_Combined):
    """Use one schedule until the first milestone, then the next, and so on; each counts its epochs from 0.

    Args:
        optimizer: whose step size is changed.
        schedulers: schedules of this optimiser.
        milestones: epochs at which the next one begins, one fewer than schedules.
        last_epoch: must be -1: the parts cannot be resumed without their states, for which there is
            `load_state_dict`.

    Raises: ArgumentError for another number of milestones, or schedules of another optimiser.
    Source: torch.optim.lr_scheduler.SequentialLR.

    Example:
        A warm-up of two epochs, then half a cosine:

        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> from nn.optim import lr_scheduler
        >>> parts = [lr_scheduler.LinearLR(optimizer, 0.5, total_iters=2), lr_scheduler.CosineAnnealingLR(optimizer, 4)]
        >>> schedule, values = SequentialLR(optimizer, parts, milestones=[2]), []
        >>> for epoch in range(7):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> [round(value, 4) for value in values]
        [0.5, 0.75, 1.0, 0.8536, 0.5, 0.1464, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(schedulers, optimizer)
        if len(milestones) != len(self._schedulers) - 1:
            raise ArgumentError(
                f"SequentialLR: {len(self._schedulers)} schedules need {len(self._schedulers) - 1} milestones, "
                f"got {len(milestones)}"
            )
        if last_epoch != -1:
            raise ArgumentError(
                f"SequentialLR: last_epoch must be -1, got {last_epoch}: it would not tell the parts where they are\n"
                "  fix: make it anew and call load_state_dict with what state_dict returned"
            )
        self._milestones = list(milestones)
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for schedule in self._schedulers:
            schedule._undo()
        self._initial_step()

    @property
    def _part(self) -> LRScheduler:
        """Return the schedule whose turn it is."""
        return self._schedulers[bisect_right(self._milestones, self.last_epoch)]

    def _initial_step(self) -> None:
        self.last_epoch = 0
        self._part._initial_step()
        self._last_lr = self._present

    def _reset(self) -> None:
        self._schedulers[0]._reset()

    def _begin(self) -> None:
        self.last_epoch = 0
        self._part._begin()
        self._last_lr = self._present

    @at_every_replay
    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch; call it after the optimiser's steps.

        Args:
            epoch: must be None.

        Raises: ArgumentError for an epoch.
        Source: torch.optim.lr_scheduler.SequentialLR.step.
        """
        self.last_epoch += 1
        if self.last_epoch in self._milestones:
            self._part._reset()
            self._part._begin()
        else:
            self._part.step(epoch)
        self._last_lr = self._present


class ChainedScheduler(_Combined):
    """Use several schedules at once: each changes what the one before it has set.

    Args:
        schedulers: schedules of one optimiser that compute the next value from the present one.
        optimizer: their optimiser, if it is to be checked.

    Raises: ArgumentError for no schedules, or schedules of different optimisers.
    Source: torch.optim.lr_scheduler.ChainedScheduler.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> from nn.optim import lr_scheduler
        >>> parts = [lr_scheduler.ConstantLR(optimizer, 0.5, 2), lr_scheduler.ExponentialLR(optimizer, 0.5)]
        >>> schedule, values = ChainedScheduler(parts), []
        >>> for epoch in range(4):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._present

    def _initial_step(self) -> None:
        for schedule in self._schedulers:
            schedule._initial_step()
        self._last_lr = self._present

    def _reset(self) -> None:
        for schedule in self._schedulers:
            schedule._reset()

    def _begin(self) -> None:
        for schedule in self._schedulers:
            schedule._begin()
        self._last_lr = self._present

    @at_every_replay
    def step(self, epoch: int | None = None) -> None:
        """Let every schedule go on to its next epoch.

        Args:
            epoch: must be None.

        Raises: ArgumentError for an epoch.
        Source: torch.optim.lr_scheduler.ChainedScheduler.step.
        """
        for schedule in self._schedulers:
            schedule.step(epoch)
        self._last_lr = self._present
