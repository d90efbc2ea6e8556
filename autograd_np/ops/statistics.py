"""Statistics: variance and deviation, medians and modes, covariance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Axes, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor, default_float
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.kernels import ordering as orders
from autograd_np.kernels import reductions as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.arithmetic import _divide_or_zero
from autograd_np.ops.extremes import _check_nonempty, _shared
from autograd_np.ops.ordering import ValuesIndices, _kthvalue, _pick
from autograd_np.ops.products import matmul
from autograd_np.ops.reductions import _check_floating, _kept, _mean, _reduced

__all__ = [
    "corrcoef",
    "cov",
    "median",
    "mode",
    "nanmedian",
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
    return ValuesIndices(values.reshape(shape), places.reshape(shape))


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
