"""Extremes: the greatest and the smallest element, and where they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array, Axes, TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.kernels import ordering as orders
from autograd_np.kernels import reductions as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.ordering import ValuesIndices, _kept_along, _place
from autograd_np.ops.reductions import _kept, _reduced
from autograd_np.ops.selection import maximum, minimum

__all__ = ["MinMax", "amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]


class MinMax(NamedTuple):
    """The smallest and the greatest element.

    Source: torch.return_types.aminmax.
    """

    min: Tensor
    max: Tensor


# --- rows ---------------------------------------------------------------------------------------------------------

#: 1/k at the k elements equal to the extreme, 0 elsewhere: piecewise constant.
_tie_shares = Op("tie_shares", kernels.tie_shares, None, None)


def _shared(g: Any, y: Any, x: Any, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    """Return the cotangent of an extreme: shared equally by the elements that reach it."""
    return _kept(g, x.shape, axes, keepdims) * _tie_shares(x, y, axes=axes, keepdims=keepdims)


_amax = UnaryOp(
    "amax",
    kernels.maximum_over,
    lambda g, y, x, axes, keepdims: _shared(g, y, x, axes, keepdims),
)
_amin = UnaryOp(
    "amin",
    kernels.minimum_over,
    lambda g, y, x, axes, keepdims: _shared(g, y, x, axes, keepdims),
)


_max = UnaryOp(
    "max",
    lambda x, axis, keepdims: orders.selected(x, _argmax_kernel(x, axis, True), axis, keepdims),
    lambda g, _y, _x, where, axis, keepdims: _place(
        _kept_along(g[0], where), where, shape=_x.shape, axis=axis, distinct=True
    ),
    outputs=2,
    by_products={"where": None},
)
_min = UnaryOp(
    "min",
    lambda x, axis, keepdims: orders.selected(x, _argmin_kernel(x, axis, True), axis, keepdims),
    lambda g, _y, _x, where, axis, keepdims: _place(
        _kept_along(g[0], where), where, shape=_x.shape, axis=axis, distinct=True
    ),
    outputs=2,
    by_products={"where": None},
)


def _argmax_kernel(x: Array, axis: int | None, keepdims: bool) -> Any:
    options: Any = {"axis": axis, "keepdims": keepdims}  # some releases' types know only keepdims=True and =False
    return np.argmax(x, **options) if x.ndim else np.zeros((), np.int64)


def _argmin_kernel(x: Array, axis: int | None, keepdims: bool) -> Any:
    options: Any = {"axis": axis, "keepdims": keepdims}  # some releases' types know only keepdims=True and =False
    return np.argmin(x, **options) if x.ndim else np.zeros((), np.int64)


_argmax = UnaryOp("argmax", _argmax_kernel, None)
_argmin = UnaryOp("argmin", _argmin_kernel, None)


# --- functions ----------------------------------------------------------------------------------------------------


def _check_nonempty(name: str, x: Tensor, axes: tuple[int, ...] | None) -> None:
    """Raise ArgumentError where an extreme of nothing is asked for."""
    if x._array.size == 0 and kernels.count_over(x.shape, axes) == 0:
        message = (
            f"{name}: a tensor of shape {x.shape} has no elements to choose from along the reduced axes\n"
            "  fix: reduce axes of size at least 1, or test x.numel() first"
        )
        raise ArgumentError(message)


def _extreme(name: str, row: UnaryOp, x: Tensor, how: dict[str, Any]) -> Tensor:
    _check_nonempty(name, x, how["axes"])
    return row(x, **how)


def amax(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return the greatest element over some axes; equal greatest elements share the gradient.

    Args:
        dim: axis or axes; all if None.
        keepdim: leave the reduced axes with size 1.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any with elements along the axes.
    Raises: IndexingError if a dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.amax.

    Example:
        >>> amax(as_tensor([[1.0, 4.0], [3.0, 2.0]]), 1)
        tensor([4., 3.])
    """
    x = as_tensor(input)
    return _extreme("amax", _amax, x, _reduced("amax", x.ndim, dim, keepdim, axis, keepdims))


def amin(
    input: TensorLike,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    axis: Axes = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return the smallest element over some axes; equal smallest elements share the gradient.

    Args:
        dim: axis or axes; all if None.
        keepdim: leave the reduced axes with size 1.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any with elements along the axes.
    Raises: IndexingError if a dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.amin.

    Example:
        >>> amin(as_tensor([[1.0, 4.0], [3.0, 2.0]]), 1)
        tensor([1., 2.])
    """
    x = as_tensor(input)
    return _extreme("amin", _amin, x, _reduced("amin", x.ndim, dim, keepdim, axis, keepdims))


def aminmax(input: TensorLike, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """Return the smallest and the greatest element, of all or along an axis.

    Shapes: any with elements along the axis.
    Raises: IndexingError if dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.aminmax.

    Example:
        >>> aminmax(as_tensor([3.0, 1.0, 2.0]))
        MinMax(min=tensor(1.), max=tensor(3.))
    """
    return MinMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def max(
    input: TensorLike,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: TensorLike | None = None,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Any:
    """Return the greatest element; along an axis also where it is; of two tensors the greater of each pair.

    Args:
        dim: the axis, for values and indices (the first of equal ones); a tensor is taken as `other`.
        keepdim: leave the axis with size 1.
        other: second tensor, for the greater of each pair.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any with elements along the axis.
    Raises: IndexingError if dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.max.

    Example:
        >>> max(as_tensor([[1.0, 4.0], [3.0, 2.0]]))
        tensor(4.)
        >>> max(as_tensor([[1.0, 4.0], [3.0, 2.0]]), 1)
        ValuesIndices(values=tensor([4., 3.]), indices=tensor([1, 0]))
    """
    if other is None and isinstance(dim, (Tensor, np.ndarray)):
        dim, other = None, dim
    if other is not None:
        return maximum(input, other)
    x = as_tensor(input)
    if dim is None and axis is None:
        return _extreme("max", _amax, x, _reduced("max", x.ndim, None, keepdim, None, keepdims))
    return ValuesIndices(*_max(x, **_found("max", x, dim, keepdim, axis, keepdims)))


def min(
    input: TensorLike,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: TensorLike | None = None,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Any:
    """Return the smallest element; along an axis also where it is; of two tensors the smaller of each pair.

    Args:
        dim: the axis, for values and indices (the first of equal ones); a tensor is taken as `other`.
        keepdim: leave the axis with size 1.
        other: second tensor, for the smaller of each pair.
        axis: NumPy's name of dim.
        keepdims: NumPy's name of keepdim.

    Shapes: any with elements along the axis.
    Raises: IndexingError if dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.min.

    Example:
        >>> min(as_tensor([[1.0, 4.0], [3.0, 2.0]]), 1)
        ValuesIndices(values=tensor([1., 2.]), indices=tensor([0, 1]))
    """
    if other is None and isinstance(dim, (Tensor, np.ndarray)):
        dim, other = None, dim
    if other is not None:
        return minimum(input, other)
    x = as_tensor(input)
    if dim is None and axis is None:
        return _extreme("min", _amin, x, _reduced("min", x.ndim, None, keepdim, None, keepdims))
    return ValuesIndices(*_min(x, **_found("min", x, dim, keepdim, axis, keepdims)))


def _found(name: str, x: Tensor, dim: Any, keepdim: bool, axis: int | None, keepdims: bool | None) -> dict[str, Any]:
    """Return the keywords of the rows that also say where the extreme is; they take one axis."""
    chosen = dim if axis is None else axis
    if isinstance(chosen, (tuple, list)):
        message = f"{name}: with indices only one dim is possible, got {chosen}\n  fix: use a{name} for several"
        raise ArgumentError(message)
    number = normalized_axis(name, chosen, x.ndim)
    _check_nonempty(name, x, (number,) if x.ndim else ())
    return {"axis": number, "keepdims": keepdim if keepdims is None else keepdims}


def argmax(
    input: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return the index of the greatest element, the first of equal ones; without dim that of the flattened tensor.

    Shapes: any with elements along the axis.
    Raises: IndexingError if dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.argmax.

    Example:
        >>> argmax(as_tensor([[1.0, 4.0], [3.0, 2.0]])), argmax(as_tensor([[1.0, 4.0], [3.0, 2.0]]), 1)
        (tensor(1), tensor([1, 0]))
    """
    return _place_of("argmax", _argmax, as_tensor(input), dim, keepdim, axis, keepdims)


def argmin(
    input: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Return the index of the smallest element, the first of equal ones; without dim that of the flattened tensor.

    Shapes: any with elements along the axis.
    Raises: IndexingError if dim is out of range, ArgumentError if there is nothing to choose from.
    Source: torch.argmin.

    Example:
        >>> argmin(as_tensor([[1.0, 4.0], [3.0, 2.0]])), argmin(as_tensor([[1.0, 4.0], [3.0, 2.0]]), 1)
        (tensor(0), tensor([0, 1]))
    """
    return _place_of("argmin", _argmin, as_tensor(input), dim, keepdim, axis, keepdims)


def _place_of(
    name: str, row: UnaryOp, x: Tensor, dim: int | None, keepdim: bool, axis: int | None, keepdims: bool | None
) -> Tensor:
    chosen = dim if axis is None else axis
    keep = keepdim if keepdims is None else keepdims
    if chosen is None:
        _check_nonempty(name, x, None)
        return row(x, axis=None, keepdims=keep)
    return row(x, **_found(name, x, chosen, keep, None, None))
