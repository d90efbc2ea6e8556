"""Reductions over any axes: sums, means, products, logarithms of sums, and tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np._typing import Axes, DTypeLike, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, DTypeError
from autograd_np.kernels import reductions as kernels
from autograd_np.kernels.axes import kept_shape, normalized_axes
from autograd_np.ops.cumulative import _exp_difference, _product_of_others

__all__ = ["all", "any", "count_nonzero", "logsumexp", "mean", "nanmean", "nansum", "prod", "sum"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _kept(y: Any, shape: Any, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    """Return a reduction's values with the reduced axes of size 1, so that they broadcast against its operand."""
    return y if keepdims or axes is None else y.reshape(kept_shape(shape, axes))


_sum = UnaryOp(
    "sum",
    kernels.sum_over,
    lambda g, _y, _x, axes, keepdims: _expand(g, shape=_x.shape, axes=axes, keepdims=keepdims),
)
#: The adjoint of the sum, as the sum is its adjoint.
_expand = UnaryOp(
    "expand_reduced",
    kernels.expand_reduced,
    lambda g, _y, _x, shape, axes, keepdims: _sum(g, axes=axes, keepdims=keepdims),
)
_mean = UnaryOp(
    "mean",
    kernels.mean_over,
    lambda g, _y, _x, axes, keepdims: _expand(
        g / max(kernels.count_over(_x.shape, axes), 1), shape=_x.shape, axes=axes, keepdims=keepdims
    ),
)
_not_nan = UnaryOp("not_nan", lambda x: ~np.isnan(x), None)
_nansum = UnaryOp(
    "nansum",
    kernels.nansum_over,
    lambda g, _y, x, axes, keepdims: _expand(g, shape=x.shape, axes=axes, keepdims=keepdims) * _not_nan(x),
)


def _product_of_rest(x: Any, axes: tuple[int, ...] | None) -> Any:
    """Return for each element the product of all others over the axes, also where some are zero."""
    rest = np.ones((), x.dtype)
    for axis in range(x.ndim) if axes is None else axes:
        rest = _product_of_others(x, axis) * rest
        x = _prod(x, axes=(axis,), keepdims=True)
    return rest


#: Dividing the product by each factor is right, and cheap, unless a factor is zero.
_prod = UnaryOp(
    "prod",
    kernels.prod_over,
    lambda g, y, x, zeros, axes, keepdims: (
        _kept(g, x.shape, axes, keepdims) * _product_of_rest(x, axes)
        if zeros
        else _kept(g * y, x.shape, axes, keepdims) / x
    ),
    by_products={"zeros": None},
)
_logsumexp = UnaryOp(
    "logsumexp",
    kernels.logsumexp_over,
    lambda g, y, x, axes, keepdims: (
        _kept(g, x.shape, axes, keepdims) * _exp_difference(x, _kept(y, x.shape, axes, keepdims))
    ),
    promotion="float",
)
_any = UnaryOp("any", lambda x, axes, keepdims: np.any(x, axis=axes, keepdims=keepdims), None)
_all = UnaryOp("all", lambda x, axes, keepdims: np.all(x, axis=axes, keepdims=keepdims), None)
_count_nonzero = UnaryOp("count_nonzero", lambda x, axes: np.add.reduce(x != 0, axis=axes, dtype=np.int64), None)


# --- functions ----------------------------------------------------------------------------------------------------


def _reduced(name: str, ndim: int, dim: Axes, keepdim: bool, axis: Axes, keepdims: bool | None) -> dict[str, Any]:
    """Return the rows' keywords for PyTorch's dim and keepdim or NumPy's axis and keepdims."""
    if axis is not None:
        if dim is not None:
            message = f"{name}: dim={dim!r} and axis={axis!r} are the same argument twice\n  fix: give one of them"
            raise ArgumentError(message)
        dim = axis
    return {
        "axes": None if dim is None else normalized_axes(name, dim, ndim),
        "keepdims": keepdim if keepdims is None else keepdims,
    }


def _check_floating(name: str, x: Tensor) -> None:
    """Raise DTypeError for integers and booleans, whose result would need a type that nobody chose."""
    if x.dtype.kind != "f":
        message = (
            f"{name}: expected floating values, got {x.dtype}\n"
            f"  fix: convert first, as in {name}(x.float()), or pass dtype= where {name} takes it"
        )
        raise DTypeError(message)


def sum(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Add up all elements, or those along some axes; integers and booleans add up in int64.

    Args:
        dim: axis or axes to sum over; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any.
    Raises: IndexingError if a dim is out of range.
    Source: torch.sum.

    Example:
        >>> x = as_tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> sum(x), sum(x, 0), sum(x, -1)
        (tensor(10.), tensor([4., 6.]), tensor([3., 7.]))
    """
    x = as_tensor(input, dtype)
    return _sum(x, **_reduced("sum", x.ndim, dim, keepdim, axis, keepdims))


def mean(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Average all elements, or those along some axes.

    Args:
        dim: axis or axes to average over; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any; the mean of nothing is NaN.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.mean.

    Example:
        >>> x = as_tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> mean(x), mean(x, 0)
        (tensor(2.5), tensor([2., 3.]))
    """
    x = as_tensor(input, dtype)
    _check_floating("mean", x)
    return _mean(x, **_reduced("mean", x.ndim, dim, keepdim, axis, keepdims))


def prod(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Multiply all elements, or those along some axes; the gradient is right also where factors are zero.

    Args:
        dim: axis or axes to multiply over; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any; integers and booleans multiply in int64.
    Raises: IndexingError if a dim is out of range.
    Source: torch.prod.

    Example:
        >>> x = as_tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> prod(x), prod(x, 1)
        (tensor(24.), tensor([ 2., 12.]))
    """
    x = as_tensor(input, dtype)
    return _prod(x, **_reduced("prod", x.ndim, dim, keepdim, axis, keepdims))


def nansum(input: TensorLike, dim: Axes = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Add up, counting NaN as zero.

    Args:
        dim: axis or axes to sum over; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.

    Shapes: any.
    Raises: IndexingError if a dim is out of range.
    Source: torch.nansum.

    Example:
        >>> nansum(as_tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """
    x = as_tensor(input, dtype)
    return _nansum(x, **_reduced("nansum", x.ndim, dim, keepdim, None, None))


def nanmean(input: TensorLike, dim: Axes = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Average what is not NaN.

    Args:
        dim: axis or axes to average over; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.

    Shapes: any; where all is NaN the result is NaN.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.nanmean.

    Example:
        >>> nanmean(as_tensor([1.0, float("nan"), 2.0]))
        tensor(1.5)
    """
    x = as_tensor(input, dtype)
    _check_floating("nanmean", x)
    how = _reduced("nanmean", x.ndim, dim, keepdim, None, None)
    count = kernels.sum_over(~np.isnan(x._array), how["axes"], how["keepdims"])
    return _nansum(x, **how) / np.where(count == 0, np.nan, count).astype(x.dtype)


def logsumexp(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return log Σ exp x over some axes, without overflow.

    Args:
        dim: axis or axes to sum over; all if None.
        keepdim: leave the reduced axes with size 1.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any; the result for nothing, or for nothing but -∞, is -∞.
    Raises: IndexingError if a dim is out of range.
    Source: torch.logsumexp.

    Example:
        >>> logsumexp(as_tensor([1000.0, 1000.0]), 0)
        tensor(1000.6932)
    """
    x = as_tensor(input)
    return _logsumexp(x, **_reduced("logsumexp", x.ndim, dim, keepdim, axis, keepdims))


def any(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Tell whether some element, or some along the axes, is not zero.

    Shapes: any.
    Raises: IndexingError if a dim is out of range.
    Source: torch.any.

    Example:
        >>> any(as_tensor([[0, 1], [0, 0]])), any(as_tensor([[0, 1], [0, 0]]), 1)
        (tensor(True), tensor([ True, False]))
    """
    x = as_tensor(input)
    return _any(x, **_reduced("any", x.ndim, dim, keepdim, axis, keepdims))


def all(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Tell whether every element, or every one along the axes, is not zero.

    Shapes: any.
    Raises: IndexingError if a dim is out of range.
    Source: torch.all.

    Example:
        >>> all(as_tensor([[0, 1], [2, 3]])), all(as_tensor([[0, 1], [2, 3]]), 1)
        (tensor(False), tensor([False,  True]))
    """
    x = as_tensor(input)
    return _all(x, **_reduced("all", x.ndim, dim, keepdim, axis, keepdims))


def count_nonzero(input: TensorLike, dim: Axes = None) -> Tensor:
    """Count the elements that are not zero, or those along some axes.

    Shapes: any.
    Raises: IndexingError if a dim is out of range.
    Source: torch.count_nonzero.

    Example:
        >>> count_nonzero(as_tensor([[0, 1], [2, 3]]), 1)
        tensor([1, 2])
    """
    x = as_tensor(input)
    return _count_nonzero(x, axes=None if dim is None else normalized_axes("count_nonzero", dim, x.ndim))
