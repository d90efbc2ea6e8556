"""Metrics and means over many batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn.metrics._counting import Array, Data, array_of

__all__ = ["Accumulated", "Mean"]


class Accumulated:
    """A metric over many batches: what is predicted is kept, and the metric computed from all of it.

    A mean of the batches' own values would be right for the accuracy of batches of one size, and for nothing else.

    Args:
        metric: a function of predictions and targets, such as those of `nn.metrics`.
        options: its other arguments.

    Example:
        >>> from nn import metrics
        >>> f1 = Accumulated(metrics.f1_score, average="macro")
        >>> f1.update([0, 1], [0, 0]); f1.update([1], [1]); round(f1.compute(), 4)
        0.6667
    """

    def __init__(self, metric: Callable[..., Any], **options: Any) -> None:
        self.metric = metric
        self.options = options
        self._batches: list[tuple[Array, Array]] = []

    def update(self, preds: Data, target: Data) -> None:
        """Keep a batch's predictions and targets, copied, since buffers of batches may be used again."""
        self._batches.append((array_of(preds).copy(), array_of(target).copy()))

    def compute(self) -> Any:
        """Return the metric of all batches since the last reset."""
        if not self._batches:
            name = getattr(self.metric, "__name__", "metric")
            raise ArgumentError(f"{name}: no batch has come since the last reset\n  fix: call update(preds, target)")
        preds, targets = zip(*self._batches, strict=True)
        return self.metric(np.concatenate(preds), np.concatenate(targets), **self.options)

    def reset(self) -> None:
        """Forget all batches."""
        self._batches.clear()


class Mean:
    """The mean of numbers that come one after the other, such as the losses of an epoch's batches.

    Example:
        >>> loss = Mean()
        >>> loss.update(1.0, count=3); loss.update(2.0, count=1); loss.compute()
        1.25
    """

    def __init__(self) -> None:
        self.reset()

    def update(self, value: Tensor | float, count: float = 1) -> None:
        """Take a value that stands for `count` samples."""
        self._total += float(value) * count
        self._count += count

    def compute(self) -> float:
        """Return the mean since the last reset; NaN for nothing."""
        return self._total / self._count if self._count else math.nan

    def reset(self) -> None:
        """Forget all values."""
        self._total, self._count = 0.0, 0.0
