"""Counting elements: in bins, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor, wrap
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from autograd_np.ops.reductions import _check_floating

__all__ = ["bincount", "histc", "histogram"]


class Histogram(NamedTuple):
    """Counts, and the edges of the bins.

    Source: torch.return_types.histogram.
    """

    hist: Tensor
    bin_edges: Tensor


# --- rows ---------------------------------------------------------------------------------------------------------

_histc = UnaryOp(
    "histc",
    lambda x, bins, low, high: np.histogram(x, bins, (low, high))[0].astype(x.dtype),
    None,
)


# --- functions ----------------------------------------------------------------------------------------------------


def histc(input: TensorLike, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Count the elements in bins of equal width between two limits; others do not count.

    Args:
        bins: how many.
        min: lower limit.
        max: upper limit; where both are equal, the extremes of the input.

    Shapes: any; the result is (bins,), in the input's type.
    Raises: ArgumentError for less than one bin, or a lower limit above the upper one.
    Source: torch.histc.

    Example:
        >>> histc(as_tensor([1.0, 2.0, 2.0, 4.0]), bins=4, min=0, max=4)
        tensor([0., 1., 2., 1.])
    """
    x = as_tensor(input)
    _check_floating("histc", x)
    if bins < 1 or min > max:
        message = f"histc: expected at least one bin and min ≤ max, got bins={bins}, min={min}, max={max}"
        raise ArgumentError(message)
    low, high = float(min), float(max)
    if low == high and x.numel():
        low, high = float(x._array.min()), float(x._array.max())
    if low == high:
        low, high = low - 1, high + 1
    return _histc(x, bins=bins, low=low, high=high)


def bincount(input: TensorLike, weights: TensorLike | None = None, minlength: int = 0) -> Tensor:
    """Count how often each number from 0 occurs, or add up the weights of its occurrences.

    Args:
        input: non-negative integers.
        weights: what each occurrence counts; there is no gradient.
        minlength: least length of the result.

    Shapes: input (n,), weights (n,); the result is (greatest + 1,) or longer.
    Raises: DTypeError for floating input, ShapeError for other ranks, ArgumentError for negative numbers.
    Source: torch.bincount.

    Example:
        >>> bincount(as_tensor([0, 2, 2]))
        tensor([1, 0, 2])
    """
    x = as_tensor(input)
    if x.dtype.kind not in "iu":
        message = f"bincount: expected integers, got {x.dtype}\n  fix: convert them first, as in x.long()"
        raise DTypeError(message)
    w = None if weights is None else as_tensor(weights)._array
    if x.ndim != 1 or (w is not None and w.shape != x.shape):
        weighed = None if w is None else w.shape
        message = f"bincount: expected vectors of one length, got {x.shape} and weights of shape {weighed}"
        raise ShapeError(message)
    if (x._array < 0).any() or minlength < 0:
        message = f"bincount: expected numbers from 0 and minlength ≥ 0, got the least {x._array.min(initial=0)}"
        raise ArgumentError(message)
    counts = np.bincount(x._array, w, minlength)
    kind = np.int64 if w is None else w.dtype if w.dtype == np.float32 else np.float64
    return as_tensor(counts.astype(kind))


def histogram(
    input: TensorLike,
    bins: int | TensorLike,
    *,
    range: Sequence[float] | None = None,
    weight: TensorLike | None = None,
    density: bool = False,
) -> Histogram:
    """Count the elements in bins, or add up their weights; there is no gradient.

    Args:
        input: any tensor of floating numbers.
        bins: how many of equal width; or their edges, rising.
        range: the outermost edges; the extremes of the input if not given.
        weight: what each element counts, of the input's shape.
        density: divide so that the integral over the bins is 1.

    Shapes: any; the counts are (bins,), the edges (bins + 1,), in the input's type.
    Raises: DTypeError for integers, ArgumentError for no bin, edges that do not rise or a range beside edges,
        ShapeError for weights of another shape.
    Source: torch.histogram.

    Example:
        >>> histogram(as_tensor([1.0, 2.0, 2.0, 4.0]), 3)
        Histogram(hist=tensor([1., 2., 1.]), bin_edges=tensor([1., 2., 3., 4.]))
    """
    x = as_tensor(input)
    _check_floating("histogram", x)
    weights = None if weight is None else as_tensor(weight)._array
    if weights is not None and weights.shape != x.shape:
        raise ShapeError(f"histogram: expected weights of shape {x.shape}, got {weights.shape}")
    edges = _edges(x, bins, range)
    if not x.numel():
        counts: Any = np.zeros(len(edges) - 1)
    else:
        counts = np.histogram(x._array.astype(np.float64), edges, weights=weights, density=density)[0]
    return Histogram(wrap(counts.astype(x.dtype), None), wrap(edges.astype(x.dtype), None))


def _edges(x: Tensor, bins: int | TensorLike, limits: Sequence[float] | None) -> Any:
    if isinstance(bins, int):
        if bins < 1:
            raise ArgumentError(f"histogram: expected at least one bin, got {bins}")
        if limits is None:
            limits = (float(x._array.min()), float(x._array.max())) if x.numel() else (0.0, 1.0)
        low, high = (float(v) for v in limits)
        if low > high:
            raise ArgumentError(f"histogram: the range must not fall, got {(low, high)}")
        if low == high:
            low, high = low - 0.5, high + 0.5
        return np.linspace(low, high, bins + 1)
    edges = np.asarray(as_tensor(bins)._array, np.float64)
    if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) < 0).any():
        raise ArgumentError(f"histogram: expected at least two rising edges, got {edges}")
    if limits is not None:
        raise ArgumentError("histogram: a range says nothing where the edges are given\n  fix: give one of the two")
    return edges
