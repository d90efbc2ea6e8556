"""Running sums, products and extremes, and differences of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np._typing import Array, DTypeLike, Shape, TensorLike
from autograd_np.core import BinaryOp, Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.kernels import reductions as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.ordering import ValuesIndices, _place

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "diff", "logcumsumexp", "trapezoid", "trapz"]

# --- rows ---------------------------------------------------------------------------------------------------------

_cumsum = UnaryOp(
    "cumsum",
    kernels.running_sum,
    lambda g, _y, _x, axis, reverse: _cumsum(g, axis=axis, reverse=not reverse),
)
#: The elements moved along an axis, zeros in their wake; moving back is the adjoint.
_shift = UnaryOp("shift", kernels.shifted, lambda g, _y, _x, axis, by: _shift(g, axis=axis, by=-by))

#: s[i] = b[i] + a[i]·s[i-1]. Its adjoint is the same recurrence from the other end, with the factors one step on.
_scan = Op(
    "linear_scan",
    kernels.linear_scan,
    lambda g, y, a, _b, axis, reverse: _scan_back(g, a, axis, reverse) * _shift(y, axis=axis, by=-1 if reverse else 1),
    lambda g, _y, a, _b, axis, reverse: _scan_back(g, a, axis, reverse),
)


def _scan_back(g: Any, a: Any, axis: int, reverse: bool) -> Any:
    factors = _shift(a, axis=axis, by=1 if reverse else -1)
    return _scan(factors, g, axis=axis, reverse=not reverse)


def _first(x: Any, axis: int, reverse: bool) -> Array:
    """Return a constant of the shape of x: 1 at the start of the axis, 0 elsewhere."""
    result = np.zeros(x.shape, x.dtype)
    result[(*((slice(None),) * axis), -1 if reverse else 0)] = 1
    return result


def _before(x: Any, axis: int, reverse: bool) -> Any:
    """Return the running product of the elements before each one, without dividing."""
    start = _first(x, axis, reverse)
    return _scan(_shift(x, axis=axis, by=-1 if reverse else 1), start, axis=axis, reverse=reverse)


def _product_of_others(x: Any, axis: int) -> Any:
    """Return for each element the product of all others along an axis, also where some are zero."""
    return _before(x, axis, reverse=False) * _before(x, axis, reverse=True)


#: dx[i] = (Σ over k ≥ i of g[k]·y[k]) / x[i]; where a factor is zero, the sum is built up without dividing.
_cumprod = UnaryOp(
    "cumprod",
    lambda x, axis: (kernels.running(np.multiply, x, axis, reverse=False), not x.all()),
    lambda g, y, x, zeros, axis: (
        (_before(x, axis, reverse=False) * _scan_back(g, x, axis, reverse=False) if x.ndim else g)
        if zeros
        else _cumsum(g * y, axis=axis, reverse=True) / x
    ),
    by_products={"zeros": None},
)

#: exp(a - b), which is 0 where a is -∞.
_exp_difference = BinaryOp(
    "exp_difference", kernels.exp_difference, lambda g, y, _a, _b: g * y, lambda g, y, _a, _b: -(g * y)
)

#: exp(y[i] - y[i+1]), and 0 at the end.
_step_ratio = UnaryOp("step_ratio", kernels.step_ratio, lambda g, y, _x, axis: g * y - _shift(g * y, axis=axis, by=1))

#: Σ over k ≥ i of g[k]·exp(x[i] - y[k]), summed from the end so that every exponential is at most 1.
_logcumsumexp = UnaryOp(
    "logcumsumexp",
    lambda x, axis: np.logaddexp.accumulate(x, axis=axis) if x.ndim else x.copy(),
    lambda g, y, x, axis: (
        _scan(_step_ratio(y, axis=axis), g, axis=axis, reverse=True) * _exp_difference(x, y) if x.ndim else g
    ),
    promotion="float",
)
_cummax = UnaryOp(
    "cummax",
    lambda x, axis: _with_copy(*kernels.running_extreme(np.maximum, x, axis)),
    lambda g, _y, _x, where, axis: _place(g[0], where, shape=_x.shape, axis=axis, distinct=False),
    outputs=2,
    by_products={"where": None},
)
_cummin = UnaryOp(
    "cummin",
    lambda x, axis: _with_copy(*kernels.running_extreme(np.minimum, x, axis)),
    lambda g, _y, _x, where, axis: _place(g[0], where, shape=_x.shape, axis=axis, distinct=False),
    outputs=2,
    by_products={"where": None},
)


def _with_copy(values: Array, indices: Array) -> tuple[Array, Array, Array]:
    """Return the results and a copy of the indices that no user can write to."""
    return values, indices, indices.copy()


def _diff_adjoint_kernel(g: Array, shape: Shape, axis: int) -> Array:
    result = np.zeros(shape, g.dtype)
    lead = (slice(None),) * axis
    result[(*lead, slice(1, None))] = g
    result[(*lead, slice(None, -1))] -= g
    return result


_diff = UnaryOp(
    "diff",
    lambda x, axis: np.diff(x, axis=axis),
    lambda g, _y, _x, axis: _diff_adjoint(g, shape=_x.shape, axis=axis),
)
_diff_adjoint = UnaryOp("diff_adjoint", _diff_adjoint_kernel, lambda g, _y, _g, shape, axis: _diff(g, axis=axis))

#: Sums of neighbours along an axis, and the adjoint.
_pair_sum = UnaryOp(
    "pair_sum",
    lambda x, axis: x[(*((slice(None),) * axis), slice(1, None))] + x[(*((slice(None),) * axis), slice(None, -1))],
    lambda g, _y, _x, axis: _pair_spread(g, shape=_x.shape, axis=axis),
)


def _pair_spread_kernel(g: Array, shape: Shape, axis: int) -> Array:
    result = np.zeros(shape, g.dtype)
    lead = (slice(None),) * axis
    result[(*lead, slice(1, None))] = g
    result[(*lead, slice(None, -1))] += g
    return result


_pair_spread = UnaryOp("pair_spread", _pair_spread_kernel, lambda g, _y, _g, shape, axis: _pair_sum(g, axis=axis))


# --- functions ----------------------------------------------------------------------------------------------------


def cumsum(
    input: TensorLike, dim: int | None = None, *, dtype: DTypeLike | None = None, axis: int | None = None
) -> Tensor:
    """Add up along an axis, keeping every partial sum; integers and booleans add up in int64.

    Args:
        dim: the axis.
        dtype: convert to this type first.
        axis: NumPy's name of dim.

    Shapes: any; the result has the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.cumsum.

    Example:
        >>> cumsum(as_tensor([1.0, 2.0, 3.0]), 0)
        tensor([1., 3., 6.])
    """
    x = as_tensor(input, dtype)
    return _cumsum(x, axis=_one_axis("cumsum", dim, axis, x.ndim), reverse=False)


def cumprod(
    input: TensorLike, dim: int | None = None, *, dtype: DTypeLike | None = None, axis: int | None = None
) -> Tensor:
    """Multiply along an axis, keeping every partial product; the gradient is right also where factors are zero.

    Args:
        dim: the axis.
        dtype: convert to this type first.
        axis: NumPy's name of dim.

    Shapes: any; the result has the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.cumprod.

    Example:
        >>> cumprod(as_tensor([1.0, 2.0, 3.0]), 0)
        tensor([1., 2., 6.])
    """
    x = as_tensor(input, dtype)
    return _cumprod(x, axis=_one_axis("cumprod", dim, axis, x.ndim))


def _one_axis(name: str, dim: int | None, axis: int | None, ndim: int) -> int:
    """Return the axis that PyTorch's dim or NumPy's axis names."""
    if (dim is None) == (axis is None):
        message = f"{name}: expected one axis, got dim={dim!r} and axis={axis!r}\n  fix: pass dim, for example dim=-1"
        raise ArgumentError(message)
    return normalized_axis(name, dim if axis is None else axis, ndim)  # type: ignore[arg-type]  # one of them is given


def cummax(input: TensorLike, dim: int) -> ValuesIndices:
    """Return the greatest element so far along an axis, and where it was met last.

    Shapes: any; values and indices have the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.cummax.

    Example:
        >>> cummax(as_tensor([1.0, 3.0, 2.0]), 0)
        ValuesIndices(values=tensor([1., 3., 3.]), indices=tensor([0, 1, 1]))
    """
    x = as_tensor(input)
    return ValuesIndices(*_cummax(x, axis=normalized_axis("cummax", dim, x.ndim)))


def cummin(input: TensorLike, dim: int) -> ValuesIndices:
    """Return the smallest element so far along an axis, and where it was met last.

    Shapes: any; values and indices have the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.cummin.

    Example:
        >>> cummin(as_tensor([3.0, 1.0, 2.0]), 0)
        ValuesIndices(values=tensor([3., 1., 1.]), indices=tensor([0, 1, 1]))
    """
    x = as_tensor(input)
    return ValuesIndices(*_cummin(x, axis=normalized_axis("cummin", dim, x.ndim)))


def logcumsumexp(input: TensorLike, dim: int) -> Tensor:
    """Return log of the running sum of exponentials along an axis, without overflow.

    Shapes: any; the result has the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.logcumsumexp.

    Example:
        >>> logcumsumexp(as_tensor([1000.0, 1000.0]), 0)
        tensor([1000.    , 1000.6932])
    """
    x = as_tensor(input)
    return _logcumsumexp(x, axis=normalized_axis("logcumsumexp", dim, x.ndim))


def diff(input: TensorLike, n: int = 1, dim: int = -1) -> Tensor:
    """Return the differences of neighbours along an axis, `n` times over.

    Shapes: any with at least one axis; the axis shrinks by n, to no less than 0.
    Raises: IndexingError if dim is out of range, ArgumentError for numbers without axes or a negative n.
    Source: torch.diff.

    Example:
        >>> diff(as_tensor([1.0, 4.0, 9.0])), diff(as_tensor([1.0, 4.0, 9.0]), n=2)
        (tensor([3., 5.]), tensor([2.]))
    """
    x = as_tensor(input)
    if not x.ndim or n < 0:
        message = f"diff: expected a tensor with axes and n ≥ 0, got shape {x.shape} and n={n}"
        raise ArgumentError(message)
    axis = normalized_axis("diff", dim, x.ndim)
    for _ in range(min(n, x.shape[axis])):
        x = _diff(x, axis=axis)
    return x


def trapezoid(y: TensorLike, x: TensorLike | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """Integrate along an axis by the trapezoidal rule.

    Args:
        y: values of the function.
        x: where they were taken; evenly spaced by `dx` if None.
        dx: distance of neighbours.
        dim: the axis.

    Shapes: y any with at least one axis, which is removed; x (n,) for the last axis, or as y.
    Raises: IndexingError if dim is out of range.
    Source: torch.trapezoid.

    Example:
        >>> trapezoid(as_tensor([1.0, 2.0, 3.0])), trapezoid(as_tensor([1.0, 3.0]), as_tensor([0.0, 2.0]))
        (tensor(4.), tensor(4.))
    """
    values = as_tensor(y)
    axis = normalized_axis("trapezoid", dim, values.ndim)
    pairs = _pair_sum(values, axis=axis)
    if x is None:
        return (pairs * (dx / 2)).sum(axis)
    places = as_tensor(x)
    if places.ndim == 1:
        places = places.reshape(tuple(-1 if i == axis else 1 for i in range(values.ndim)))
    steps = _diff(places, axis=normalized_axis("trapezoid", axis - values.ndim, places.ndim))
    return (pairs * steps / 2).sum(axis)


trapz = trapezoid
