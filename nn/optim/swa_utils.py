"""Averages of weights over training: plain means (SWA) and running means (EMA), beside the model that is trained.

Source: torch.optim.swa_utils.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeAlias

import autograd_np
from autograd_np import Tensor, no_grad
from autograd_np.errors import ArgumentError
from nn.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nn.module import Module
from nn.optim.lr_scheduler.base import LRScheduler, checked_optimizer, per_group
from nn.optim.optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

#: (mean so far, new value, how many values are in the mean) -> new mean.
Average: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]
#: The same for lists of tensors, written into the first.
MultiAverage: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the step of a running mean: decay·mean + (1 - decay)·value.

    Raises: ArgumentError unless decay is within [0, 1].
    Source: torch.optim.swa_utils.get_ema_avg_fn.

    Example:
        >>> import autograd_np as ag
        >>> get_ema_avg_fn(0.75)(ag.tensor([0.0]), ag.tensor([8.0]), 1)
        tensor([2.])
    """
    if not 0 <= decay <= 1:
        raise ArgumentError(f"get_ema_avg_fn: decay must be within [0, 1], got {decay}")

    def average(mean: Tensor, value: Tensor, count: Any) -> Tensor:
        return decay * mean + (1 - decay) * value

    return average


def get_swa_avg_fn() -> Average:
    """Return the step of a plain mean: mean + (value - mean) / (count + 1).

    Source: torch.optim.swa_utils.get_swa_avg_fn.

    Example:
        >>> import autograd_np as ag
        >>> get_swa_avg_fn()(ag.tensor([0.0]), ag.tensor([8.0]), 3)
        tensor([2.])
    """

    def average(mean: Tensor, value: Tensor, count: Any) -> Tensor:
        return mean + (value - mean) / (float(count) + 1)

    return average


def _over_lists(average: Average) -> MultiAverage:
    def multi_average(means: Sequence[Tensor], values: Sequence[Tensor], count: Any) -> None:
        with no_grad():
            for mean, value in zip(means, values, strict=True):
                mean.copy_(average(mean, value, count))

    return multi_average


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """Return the step of a running mean, for lists of tensors, written into the first list.

    Raises: ArgumentError unless decay is within [0, 1].
    Source: torch.optim.swa_utils.get_ema_multi_avg_fn.

    Example:
        >>> import autograd_np as ag
        >>> means = [ag.tensor([0.0]), ag.tensor([1.0])]
        >>> get_ema_multi_avg_fn(0.75)(means, [ag.tensor([8.0]), ag.tensor([1.0])], 1); means
        [tensor([2.]), tensor([1.])]
    """
    return _over_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> MultiAverage:
    """Return the step of a plain mean, for lists of tensors, written into the first list.

    Source: torch.optim.swa_utils.get_swa_multi_avg_fn.

    Example:
        >>> import autograd_np as ag
        >>> means = [ag.tensor([0.0])]
        >>> get_swa_multi_avg_fn()(means, [ag.tensor([8.0])], 3); means
        [tensor([2.])]
    """
    return _over_lists(get_swa_avg_fn())


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's, taken at every `update_parameters`.

    Args:
        model: the model that is trained.
        device: must be the CPU.
        avg_fn: how a mean takes in a value; None for the plain mean.
        multi_avg_fn: the same for lists of tensors.
        use_buffers: average the buffers as well, instead of copying them.

    Shapes: those of the model.
    Raises: ArgumentError if both functions are given.
    Source: Izmailov et al. (2018); torch.optim.swa_utils.AveragedModel.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> model = nn.Linear(1, 1, bias=False)
        >>> averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
        >>> for value in (0.0, 8.0):
        ...     _ = nn.init.constant_(model.weight, value); averaged.update_parameters(model)
        >>> averaged(ag.ones(1, 1))
        tensor([[2.]], grad_fn=<linear>)
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError("AveragedModel: avg_fn and multi_avg_fn say the same; pass one of them")
        if device is not None:
            autograd_np.device(device)
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", autograd_np.tensor(0))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the model computes with the averages.

        Shapes: those of the model.
        """
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present parameters into the averages; the first call copies them.

        Source: torch.optim.swa_utils.AveragedModel.update_parameters.
        """
        means, values = self._averaged(self.module), self._averaged(model)
        if int(self.n_averaged) == 0:
            _copy(means, values)
        else:
            average = self.multi_avg_fn or _over_lists(self.avg_fn or get_swa_avg_fn())
            average(means, values, self.n_averaged)
        if not self.use_buffers:
            _copy([b.detach() for b in self.module.buffers()], [b.detach() for b in model.buffers()])
        self.n_averaged += 1

    def _averaged(self, model: Module) -> list[Tensor]:
        found = chain(model.parameters(), model.buffers()) if self.use_buffers else model.parameters()
        return [tensor.detach() for tensor in found]


def _copy(targets: Sequence[Tensor], sources: Sequence[Tensor]) -> None:
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch norms anew, as plain means over the batches of a loader.

    Averaged weights need it: the statistics of the model that was trained do not fit them.

    Args:
        loader: batches; of a tuple or list the first entry is the input.
        model: the model, in the mode it is to stay in.
        device: must be the CPU.

    Source: torch.optim.swa_utils.update_bn.

    Example:
        >>> import nn
        >>> import autograd_np as ag
        >>> model = nn.BatchNorm1d(1)
        >>> update_bn([ag.tensor([[1.0], [3.0]]), ag.tensor([[5.0], [7.0]])], model); model.running_mean
        tensor([4.])
    """
    if device is not None:
        autograd_np.device(device)
    norms = [m for m in model.modules() if isinstance(m, (BatchNorm1d, BatchNorm2d, BatchNorm3d))]
    if not norms:
        return
    training, momenta = model.training, [m.momentum for m in norms]
    model.train()
    try:
        for m in norms:
            m.reset_running_stats()
            m.momentum = None
        with no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    finally:
        for m, momentum in zip(norms, momenta, strict=True):
            m.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """Lead the step size to a constant, with which averages of weights are then taken.

    Args:
        optimizer: whose step size is changed.
        swa_lr: the constant, or one per group.
        anneal_epochs: how many epochs that takes.
        anneal_strategy: 'cos' or 'linear'.
        last_epoch: number of the last epoch when training is resumed; -1 starts.

    Raises: ArgumentError for settings out of range.
    Source: Izmailov et al. (2018); torch.optim.swa_utils.SWALR.

    Example:
        >>> import autograd_np as ag
        >>> from nn import optim
        >>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule, values = SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear"), []
        >>> for epoch in range(4):
        ...     values += schedule.get_last_lr(); optimizer.step(); schedule.step()
        >>> values
        [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(f"SWALR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ArgumentError(f"SWALR: anneal_epochs must be a whole number of at least 0, got {anneal_epochs!r}")
        goals = per_group(checked_optimizer(optimizer, "SWALR"), swa_lr, "SWALR: swa_lr")
        for group, goal in zip(optimizer.param_groups, goals, strict=True):
            group["swa_lr"] = goal
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """Return how much of the way is done after a number of steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[float]:
        """Return the step size of each group in epoch `last_epoch`."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        if before == 1:
            return [group["swa_lr"] for group in self.optimizer.param_groups]
        # What is left of the way shrinks by the same factor, wherever the present value comes from.
        left = (1 - now) / (1 - before)
        return [group["swa_lr"] + (group["lr"] - group["swa_lr"]) * left for group in self.optimizer.param_groups]
