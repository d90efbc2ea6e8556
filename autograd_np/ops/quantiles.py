"""Quantiles: the values below which given parts of the elements lie."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.extremes import _check_nonempty
from autograd_np.ops.ordering import _pick, _sort
from autograd_np.ops.reductions import _check_floating

__all__ = ["nanquantile", "quantile"]

_INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


def quantile(
    input: TensorLike,
    q: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Return quantiles: the values below which the given parts of the elements lie. NaN wins.

    Args:
        q: parts between 0 and 1, a number or a vector (Q,); there is no gradient with respect to them.
        dim: axis; all elements if None.
        keepdim: leave the reduced axis with size 1.
        interpolation: between neighbours: 'linear', 'lower', 'higher', 'nearest' or 'midpoint'.

    Shapes: any; a vector q puts an axis (Q,) in front of the result.
    Raises: ArgumentError for parts outside 0 to 1 or another interpolation, DTypeError for integers.
    Source: torch.quantile.

    Example:
        >>> quantile(as_tensor([1.0, 2.0, 3.0, 4.0]), 0.5), quantile(as_tensor([1.0, 2.0]), as_tensor([0.0, 1.0]))
        (tensor(2.5), tensor([1., 2.]))
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, skip_nan=False)


def nanquantile(
    input: TensorLike,
    q: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Return quantiles of what is not NaN; NaN where nothing else is.

    Args:
        q: parts between 0 and 1, a number or a vector (Q,); there is no gradient with respect to them.
        dim: axis; all elements if None.
        keepdim: leave the reduced axis with size 1.
        interpolation: between neighbours: 'linear', 'lower', 'higher', 'nearest' or 'midpoint'.

    Shapes: any; a vector q puts an axis (Q,) in front of the result.
    Raises: ArgumentError for parts outside 0 to 1 or another interpolation, DTypeError for integers.
    Source: torch.nanquantile.

    Example:
        >>> nanquantile(as_tensor([1.0, float("nan"), 3.0, 4.0]), 0.5)
        tensor(3.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, skip_nan=True)


def _quantile(
    name: str, input: TensorLike, q: TensorLike, dim: int | None, keepdim: bool, interpolation: str, *, skip_nan: bool
) -> Tensor:
    x = as_tensor(input)
    _check_floating(name, x)
    # A Python number keeps its double precision here: 0.3 of 11 elements is to be rank 3.
    parts = np.asarray(q._array if isinstance(q, Tensor) else q, np.float64)
    if parts.ndim > 1 or not ((parts >= 0) & (parts <= 1)).all():
        message = f"{name}: q must be a number or a vector of numbers between 0 and 1, got {parts}"
        raise ArgumentError(message)
    if interpolation not in _INTERPOLATIONS:
        message = f"{name}: interpolation must be one of {', '.join(_INTERPOLATIONS)}, got {interpolation!r}"
        raise ArgumentError(message)
    axis = normalized_axis(name, 0 if dim is None else dim, x.ndim)
    whole = dim is None or not x.ndim
    kept = tuple(1 if whole or i == axis else n for i, n in enumerate(x.shape))
    x = x.reshape((-1,)) if whole else x
    _check_nonempty(name, x, (axis,))
    lower, upper, weight = _ranks(x._array, parts, axis, interpolation, skip_nan=skip_nan)
    rows, _ = _sort(x, axis=axis, descending=False)
    low = _pick(rows, lower, axis=axis, distinct=False)
    result = low
    if weight.any():
        result = low + (_pick(rows, upper, axis=axis, distinct=False) - low) * weight.astype(x.dtype)
    target = kept if keepdim else () if whole else tuple(n for i, n in enumerate(kept) if i != axis)
    if not parts.ndim:
        return result.reshape(target)
    front = result if axis == 0 else result.permute((axis, *(i for i in range(x.ndim) if i != axis)))
    return front.reshape((len(parts), *target))


def _ranks(x: Array, parts: Array, axis: int, interpolation: str, *, skip_nan: bool) -> tuple[Array, Array, Array]:
    """Return which sorted elements lie below and above each quantile, and the weight of the upper one.

    NaN is sorted behind everything else: it is either left out of the count, or the last element decides.
    """
    parts = parts.reshape(tuple(-1 if i == axis else 1 for i in range(x.ndim)))
    missing = np.isnan(x)
    if skip_nan:
        last = np.maximum((~missing).sum(axis, keepdims=True) - 1, 0)
        below, weight = _between(parts * last, interpolation)
        return below, np.minimum(below + 1, last), weight
    last = np.asarray(x.shape[axis] - 1)
    below, weight = _between(parts * last, interpolation)
    spoilt = missing.any(axis=axis, keepdims=True)
    return np.where(spoilt, last, below), np.where(spoilt, last, np.minimum(below + 1, last)), weight


def _between(ranks: Array, interpolation: str) -> tuple[Array, Array]:
    """Return the sorted elements below fractional ranks, and the weights of those above them."""
    if interpolation == "nearest":
        ranks = np.round(ranks)
    below = np.floor(ranks)
    part = ranks - below
    weight = {"lower": np.zeros_like(part), "higher": np.ceil(part), "midpoint": np.ceil(part) / 2}
    return below.astype(np.int64), weight.get(interpolation, part)
