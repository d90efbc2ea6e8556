"""Statistics: variance and deviation, medians and quantiles, histograms and counts, covariance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Axes, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor, default_float
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from autograd_np.kernels import ordering as orders
from autograd_np.kernels import reductions as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.extremes import _check_nonempty, _shared
from autograd_np.ops.norms import _divide_or_zero
from autograd_np.ops.ordering import ValuesIndices, _kthvalue, _pick, _sort
from autograd_np.ops.products import matmul
from autograd_np.ops.reductions import _check_floating, _kept, _mean, _reduced

__all__ = [
    "bincount",
    "corrcoef",
    "cov",
    "histc",
    "median",
    "mode",
    "nanmedian",
    "quantile",
    "std",
    "std_mean",
    "var",
    "var_mean",
]

# --- rows ---------------------------------------------------------------------------------------------------------


def _freedom(shape: Any, axes: tuple[int, ...] | None, correction: float) -> float:
    """Return count - correction, or NaN where nothing is left and no derivative exists."""
    left = kernels.count_over(shape, axes) - correction
    return left if left > 0 else math.nan


_var = UnaryOp(
    "var",
    kernels.variance_over,
    lambda g, _y, x, axes, keepdims, correction: (
        _kept(g * (2 / _freedom(x.shape, axes, correction)), x.shape, axes, keepdims)
        * (x - _mean(x, axes=axes, keepdims=True))
    ),
)
#: Where the deviation is 0, no gradient passes.
_std = UnaryOp(
    "std",
    lambda x, axes, keepdims, correction: np.sqrt(kernels.variance_over(x, axes, keepdims, correction)),
    lambda g, y, x, axes, keepdims, correction: (
        _kept(_divide_or_zero(g, y) * (1 / _freedom(x.shape, axes, correction)), x.shape, axes, keepdims)
        * (x - _mean(x, axes=axes, keepdims=True))
    ),
)
#: The lower median of all elements; equal ones share the gradient.
_median = UnaryOp(
    "median",
    orders.median,
    lambda g, y, x, skip_nan: _shared(g, y, x, None, keepdims=False),
)
#: Where the commonest element stands along an axis.
_mode_place = UnaryOp("mode_place", orders.mode_places, None)
_nanmedian_place = UnaryOp("nanmedian_place", orders.nanmedian_places, None)
_histc = UnaryOp(
    "histc",
    lambda x, bins, low, high: np.histogram(x, bins, (low, high))[0].astype(x.dtype),
    None,
)

# --- functions ----------------------------------------------------------------------------------------------------


def _spread(
    name: str,
    row: UnaryOp,
    input: TensorLike,
    dim: Any,
    unbiased: bool | None,
    keepdim: bool,
    correction: float | None,
    axis: Axes,
    keepdims: bool | None,
) -> Tensor:
    """Return the variance or the deviation, after reading PyTorch's old and new arguments."""
    x = as_tensor(input)
    _check_floating(name, x)
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        message = f"{name}: unbiased={unbiased} and correction={correction} say the same thing twice\n  fix: give one"
        raise ArgumentError(message)
    less = correction if correction is not None else float(unbiased is None or unbiased)
    return row(x, correction=less, **_reduced(name, x.ndim, dim, keepdim, axis, keepdims))


def var(
    input: TensorLike,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return the variance: the sum of squared distances from the mean over count - correction.

    Args:
        dim: axis or axes; all if None.
        unbiased: older spelling: True is correction 1, False is correction 0.
        keepdim: leave the reduced axes with size 1.
        correction: what the count is lessened by, 1 by default.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any; where count - correction is not positive the result is NaN or infinite.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.var.

    Example:
        >>> var(as_tensor([1.0, 2.0, 3.0])), var(as_tensor([1.0, 2.0, 3.0]), correction=0)
        (tensor(1.), tensor(0.6667))
    """
    return _spread("var", _var, input, dim, unbiased, keepdim, correction, axis, keepdims)


def std(
    input: TensorLike,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return the standard deviation, the square root of the variance; where it is 0 the gradient is 0.

    Args:
        dim: axis or axes; all if None.
        unbiased: older spelling: True is correction 1, False is correction 0.
        keepdim: leave the reduced axes with size 1.
        correction: what the count is lessened by, 1 by default.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any; where count - correction is not positive the result is NaN or infinite.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.std.

    Example:
        >>> std(as_tensor([1.0, 2.0, 3.0])), std(as_tensor([[1.0, 3.0], [2.0, 2.0]]), 1)
        (tensor(1.), tensor([1.4142, 0.    ]))
    """
    return _spread("std", _std, input, dim, unbiased, keepdim, correction, axis, keepdims)


def var_mean(
    input: TensorLike,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean.

    Shapes: any.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.var_mean.

    Example:
        >>> var_mean(as_tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    x = as_tensor(input)
    return var(x, dim, unbiased, keepdim, correction=correction), _mean_beside(x, dim, keepdim)


def std_mean(
    input: TensorLike,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean.

    Shapes: any.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.std_mean.

    Example:
        >>> std_mean(as_tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    x = as_tensor(input)
    return std(x, dim, unbiased, keepdim, correction=correction), _mean_beside(x, dim, keepdim)


def _mean_beside(x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    axes = None if isinstance(dim, bool) else dim
    return _mean(x, **_reduced("mean", x.ndim, axes, keepdim, None, None))


def median(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median, the lower one of two; along an axis also where it is. NaN wins.

    Shapes: any; the axis is removed, or left with size 1 if `keepdim`.
    Raises: IndexingError if dim is out of range, ArgumentError if there are no elements.
    Source: torch.median.

    Example:
        >>> median(as_tensor([4.0, 1.0, 3.0, 2.0]))
        tensor(2.)
        >>> median(as_tensor([[4.0, 1.0, 3.0]]), 1)
        ValuesIndices(values=tensor([3.]), indices=tensor([2]))
    """
    x = as_tensor(input)
    if dim is None:
        return _median(x, skip_nan=False) if x.numel() else _nan_like(x)
    axis = normalized_axis("median", dim, x.ndim)
    _check_nonempty("median", x, (axis,) if x.ndim else ())
    k = (x.shape[axis] + 1) // 2 if x.ndim else 1
    return ValuesIndices(*_kthvalue(x, k=k, axis=axis, keepdims=keepdim, nan_first=True))


def nanmedian(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median of what is not NaN, the lower one of two; along an axis also where it is.

    Shapes: any; the axis is removed, or left with size 1 if `keepdim`.
    Raises: IndexingError if dim is out of range, ArgumentError if there are no elements.
    Source: torch.nanmedian.

    Example:
        >>> nanmedian(as_tensor([4.0, float("nan"), 3.0]))
        tensor(3.)
    """
    x = as_tensor(input)
    if dim is None:
        return _median(x, skip_nan=True) if x.numel() else _nan_like(x)
    axis = normalized_axis("nanmedian", dim, x.ndim)
    _check_nonempty("nanmedian", x, (axis,) if x.ndim else ())
    if x.dtype.kind != "f" or not x.ndim:
        return median(x, dim, keepdim)
    return _found_at(x, _nanmedian_place(x, axis=axis), axis, keepdim)


def _nan_like(x: Tensor) -> Tensor:
    _check_floating("median", x)
    return as_tensor(np.full((), np.nan, x.dtype))


def mode(input: TensorLike, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """Return the commonest element along an axis, the smallest of equally common ones, and where it stands last.

    Shapes: any; the axis is removed, or left with size 1 if `keepdim`.
    Raises: IndexingError if dim is out of range, ArgumentError if there are no elements.
    Source: torch.mode.

    Example:
        >>> mode(as_tensor([2.0, 1.0, 2.0]))
        ValuesIndices(values=tensor(2.), indices=tensor(2))
    """
    x = as_tensor(input)
    axis = normalized_axis("mode", dim, x.ndim)
    _check_nonempty("mode", x, (axis,) if x.ndim else ())
    if not x.ndim:
        return ValuesIndices(*_kthvalue(x, k=1, axis=0, keepdims=keepdim, nan_first=False))
    return _found_at(x, _mode_place(x, axis=axis), axis, keepdim)


def _found_at(x: Tensor, places: Tensor, axis: int, keepdim: bool) -> ValuesIndices:
    """Return the elements at the kept places along an axis, and the places."""
    values = _pick(x, places, axis=axis, distinct=True)
    if keepdim:
        return ValuesIndices(values, places)
    shape = tuple(n for i, n in enumerate(x.shape) if i != axis)
    return ValuesIndices(values.reshape(shape), as_tensor(places._array.reshape(shape)))


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
    x = as_tensor(input)
    _check_floating("quantile", x)
    # A Python number keeps its double precision here: 0.3 of 11 elements is to be rank 3.
    parts = np.asarray(q._array if isinstance(q, Tensor) else q, np.float64)
    if parts.ndim > 1 or not ((parts >= 0) & (parts <= 1)).all():
        message = f"quantile: q must be a number or a vector of numbers between 0 and 1, got {parts}"
        raise ArgumentError(message)
    if interpolation not in _INTERPOLATIONS:
        message = f"quantile: interpolation must be one of {', '.join(_INTERPOLATIONS)}, got {interpolation!r}"
        raise ArgumentError(message)
    axis = normalized_axis("quantile", 0 if dim is None else dim, x.ndim)
    whole = dim is None or not x.ndim
    kept = tuple(1 if whole or i == axis else n for i, n in enumerate(x.shape))
    x = x.reshape((-1,)) if whole else x
    _check_nonempty("quantile", x, (axis,))
    last = x.shape[axis] - 1
    ranks = parts.reshape(tuple(-1 if i == axis else 1 for i in range(x.ndim))) * last
    below, weight = _between(ranks, interpolation)
    missing = np.isnan(x._array).any(axis=axis, keepdims=True)
    lower = np.where(missing, last, below)
    upper = np.where(missing, last, np.minimum(below + 1, last))
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


def _between(ranks: Array, interpolation: str) -> tuple[Array, Array]:
    """Return the sorted elements below fractional ranks, and the weights of those above them."""
    if interpolation == "nearest":
        ranks = np.round(ranks)
    below = np.floor(ranks)
    part = ranks - below
    weight = {"lower": np.zeros_like(part), "higher": np.ceil(part), "midpoint": np.ceil(part) / 2}
    return below.astype(np.int64), weight.get(interpolation, part)


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


def _observations(input: TensorLike) -> Tensor:
    """Return the operand as floating numbers: counts are observations too."""
    x = as_tensor(input)
    return x if x.is_floating_point() else x.to(default_float())


def cov(input: TensorLike, *, correction: float = 1) -> Tensor:
    """Return the covariances of variables, one in each row.

    Args:
        correction: what the number of observations is lessened by.

    Shapes: (n, observations) gives (n, n); one variable (observations,) gives ().
    Raises: ShapeError for more than two axes.
    Source: torch.cov.

    Example:
        >>> cov(as_tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    x = _observations(input)
    if x.ndim > 2:
        message = f"cov: expected variables in rows, (n, observations), got shape {x.shape}"
        raise ShapeError(message)
    rows = x if x.ndim == 2 else x.reshape((1, -1))
    centred = rows - _mean(rows, axes=(1,), keepdims=True)
    result = matmul(centred, centred.swapaxes(0, 1)) / _freedom(rows.shape, (1,), correction)
    return result if x.ndim == 2 else result.reshape(())


def corrcoef(input: TensorLike) -> Tensor:
    """Return the correlations of variables, one in each row, between -1 and 1.

    Shapes: (n, observations) gives (n, n); one variable (observations,) gives ().
    Raises: ShapeError for more than two axes.
    Source: torch.corrcoef.

    Example:
        >>> corrcoef(as_tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).round(decimals=4)
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    x = _observations(input)
    shared = cov(x)
    if x.ndim < 2:
        return shared / shared
    deviations = std(x, 1)
    return shared / (deviations.reshape((-1, 1)) * deviations)
