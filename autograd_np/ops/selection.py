"""What chooses between elements: where, maximum, minimum, clamp, and their kin."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from autograd_np._typing import Array, Scalar, TensorLike
from autograd_np.core import BinaryOp, Op, Tensor, UnaryOp, as_tensor, result_dtype, wrap
from autograd_np.core.dtypes import result_type
from autograd_np.errors import ArgumentError, DTypeError
from autograd_np.kernels import selection
from autograd_np.ops._masks import Mask, _ge, _gt, _isfinite, _le, _logical_not, _lt
from autograd_np.ops.arithmetic import _sign, _zeros_like

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "copysign",
    "fmax",
    "fmin",
    "heaviside",
    "maximum",
    "minimum",
    "nan_to_num",
    "where",
]

# --- rows ---------------------------------------------------------------------------------------------------------


class _Where(Op):
    """The choice between two branches, which are promoted together, while the condition stays what it is."""

    __slots__ = ()

    def _promoted(self, arrays: list[Any]) -> list[Any]:
        condition, *branches = arrays
        dtype = result_dtype(*branches)
        return [condition, *(np.asarray(branch, dtype) for branch in branches)]


def _select_kernel(condition: Array, a: Any, b: Any) -> Array:
    """Return the chosen elements; a Python number takes the other branch's type."""
    if type(a) is not np.ndarray:
        a = np.asarray(a, getattr(b, "dtype", None))
    elif type(b) is not np.ndarray:
        b = np.asarray(b, a.dtype)
    return selection.select(condition, a, b)


#: A choice and not a product with the mask: an infinite cotangent must not leak into the branch not taken.
_select = _Where(
    "where",
    _select_kernel,
    None,
    lambda g, _y, condition, _a, _b: _select(condition, g, 0.0),
    lambda g, _y, condition, _a, _b: _select(condition, 0.0, g),
    broadcasts=True,
)

#: What part of a maximum's cotangent is its first operand's: 1, ½ where both are equal, 0.
_maximum_share = Mask("maximum_share", selection.maximum_share)
_maximum = BinaryOp(
    "maximum",
    np.maximum,
    lambda g, _y, a, b: g * _maximum_share(a, b),
    lambda g, _y, a, b: g * _maximum_share(b, a),
)
_minimum = BinaryOp(
    "minimum",
    np.minimum,
    lambda g, _y, a, b: g * _maximum_share(b, a),
    lambda g, _y, a, b: g * _maximum_share(a, b),
)
#: Whether the first operand is the one taken where NaN gives way; between equals it is.
_takes_first = Mask("fmax_mask", lambda a, b: np.greater_equal(a, b) | np.isnan(b))
_fmax = BinaryOp(
    "fmax",
    np.fmax,
    lambda g, _y, a, b: g * _takes_first(a, b),
    lambda g, _y, a, b: g * _logical_not(_takes_first(a, b)),
)
_fmin = BinaryOp(
    "fmin",
    np.fmin,
    lambda g, _y, a, b: g * _takes_first(-a, -b),
    lambda g, _y, a, b: g * _logical_not(_takes_first(-a, -b)),
)

#: 1 inside the limits and on them, as PyTorch has it: piecewise constant.
_within = UnaryOp("clamp_mask", lambda x, min, max: selection.within(x, min, max), None)
_clamp = UnaryOp(
    "clamp",
    lambda x, min, max: selection.clamp(x, min, max),
    lambda g, _y, x, min, max: g * _within(x, min=min, max=max),
)
_clamp_min = BinaryOp(
    "clamp_min",
    np.maximum,
    lambda g, _y, a, b: g * _ge(a, b),
    lambda g, _y, a, b: g * _lt(a, b),
)
_clamp_max = BinaryOp(
    "clamp_max",
    np.minimum,
    lambda g, _y, a, b: g * _le(a, b),
    lambda g, _y, a, b: g * _gt(a, b),
)

_copysign = BinaryOp(
    "copysign",
    np.copysign,
    lambda g, y, a, _b: g * (_sign(a) * _sign(y)),
    lambda g, _y, _a, _b: _zeros_like(g),
    promotion="float",
)
_nan_to_num = UnaryOp(
    "nan_to_num",
    lambda x, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    lambda g, _y, x, nan, posinf, neginf: _select(_isfinite(x), g, 0.0),
)
_heaviside = Mask("heaviside", np.heaviside)


# --- functions ----------------------------------------------------------------------------------------------------


@overload
def where(condition: TensorLike) -> tuple[Tensor, ...]: ...
@overload
def where(condition: TensorLike, input: TensorLike, other: TensorLike) -> Tensor: ...
def where(condition: TensorLike, input: Any = None, other: Any = None) -> Any:
    """Take elements of `input` where the condition holds, of `other` elsewhere; gradients flow to the taken ones.

    With the condition alone: the positions where it holds, one vector for each axis.

    Args:
        condition: booleans.
        input: taken where the condition holds; may be a number.
        other: taken elsewhere; may be a number.

    Shapes: any three that broadcast.

    Raises:
        ArgumentError: if only one branch is given.
        DTypeError: if the condition does not hold booleans.
        ShapeError: if the shapes do not broadcast.

    Source: torch.where.

    Example:
        >>> x = as_tensor([-1.0, 2.0])
        >>> where(as_tensor([False, True]), x, 0), where(as_tensor([False, True]))
        (tensor([0., 2.]), (tensor([1]),))
    """
    chosen = as_tensor(condition)
    if input is None and other is None:
        return tuple(wrap(index, None) for index in np.nonzero(np.atleast_1d(chosen._array)))
    if input is None or other is None:
        message = (
            "where: expected the condition alone or both branches, got one branch\n"
            "  fix: where(condition, a, b), or where(condition) for positions"
        )
        raise ArgumentError(message)
    if chosen.dtype.kind != "b" and chosen.dtype != np.uint8:
        message = f"where: the condition must hold booleans, got {chosen.dtype}\n  fix: compare first, as in x > 0"
        raise DTypeError(message)
    return _select(chosen, _operand(input), _operand(other))


def _operand(value: Any) -> Any:
    """Return what a row takes: Python numbers stay weak, anything else becomes a Tensor."""
    return value if isinstance(value, (bool, int, float)) else as_tensor(value)


def maximum(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the greater of each pair; NaN wins, and between equals the gradient is halved.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.maximum.

    Example:
        >>> maximum(as_tensor([1.0, 5.0]), as_tensor([3.0, 2.0]))
        tensor([3., 5.])
    """
    return _maximum(as_tensor(input), other)


def minimum(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the smaller of each pair; NaN wins, and between equals the gradient is halved.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.minimum.

    Example:
        >>> minimum(as_tensor([1.0, 5.0]), as_tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
    return _minimum(as_tensor(input), other)


def fmax(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the greater of each pair, and the number where the other is NaN.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.fmax.

    Example:
        >>> fmax(as_tensor([1.0, float("nan")]), as_tensor([3.0, 2.0]))
        tensor([3., 2.])
    """
    return _fmax(as_tensor(input), other)


def fmin(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the smaller of each pair, and the number where the other is NaN.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.fmin.

    Example:
        >>> fmin(as_tensor([1.0, float("nan")]), as_tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
    return _fmin(as_tensor(input), other)


def clamp(input: TensorLike, min: Scalar | TensorLike | None = None, max: Scalar | TensorLike | None = None) -> Tensor:
    """Limit every element to [min, max]; the gradient is 1 inside and on the limits, 0 outside.

    Args:
        input: what is limited.
        min: lower limit, a number or a tensor; None for no limit.
        max: upper limit, a number or a tensor; None for no limit. It prevails where min > max.

    Shapes: any that broadcast.

    Raises:
        ArgumentError: if neither limit is given.
        ShapeError: if the shapes do not broadcast.

    Source: torch.clamp.

    Example:
        >>> clamp(as_tensor([-3.0, 0.5, 3.0]), -1, 1), clamp(as_tensor([1, 5]), max=2)
        (tensor([-1. ,  0.5,  1. ]), tensor([1, 2]))
    """
    x = as_tensor(input)
    low, high = (v.item() if isinstance(v, np.generic) else v for v in (min, max))
    if low is None and high is None:
        message = "clamp: neither limit is given\n  fix: pass min, max or both"
        raise ArgumentError(message)
    if all(limit is None or isinstance(limit, (int, float)) for limit in (low, high)):
        if x.dtype.kind != "f" and any(isinstance(limit, float) for limit in (low, high)):
            x = x.to(result_dtype(x._array, 1.0))
        return _clamp(x, min=low, max=high)
    if low is not None:
        x = _clamp_min(x, _operand(low))
    return x if high is None else _clamp_max(x, _operand(high))


def clamp_min(input: TensorLike, min: Scalar | TensorLike) -> Tensor:
    """Replace elements below the limit by the limit.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.clamp_min.

    Example:
        >>> clamp_min(as_tensor([-3.0, 0.5]), 0)
        tensor([0. , 0.5])
    """
    return clamp(input, min=min)


def clamp_max(input: TensorLike, max: Scalar | TensorLike) -> Tensor:
    """Replace elements above the limit by the limit.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.clamp_max.

    Example:
        >>> clamp_max(as_tensor([-3.0, 0.5]), 0)
        tensor([-3.,  0.])
    """
    return clamp(input, max=max)


def nan_to_num(input: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replace NaN and infinities by numbers; their gradient is zero.

    Args:
        input: any values.
        nan: what NaN becomes.
        posinf: what plus infinity becomes; the largest number of the type if not given.
        neginf: what minus infinity becomes; the lowest number of the type if not given.

    Shapes: any.
    Source: torch.nan_to_num.

    Example:
        >>> nan_to_num(as_tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
        tensor([0., 9., 1.])
    """
    return _nan_to_num(as_tensor(input), nan=nan, posinf=posinf, neginf=neginf)


def copysign(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the first's sizes with the second's signs.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.copysign.

    Example:
        >>> copysign(as_tensor([1.0, -2.0]), as_tensor([-1.0, 1.0]))
        tensor([-1.,  2.])
    """
    return _copysign(as_tensor(input), other)


def heaviside(input: TensorLike, values: TensorLike) -> Tensor:
    """Return the unit step: 0 for negative elements, 1 for positive ones, `values` where they are zero.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.heaviside.

    Example:
        >>> heaviside(as_tensor([-1.0, 0.0, 2.0]), as_tensor([0.5]))
        tensor([0. , 0.5, 1. ])
    """
    x = as_tensor(input)
    return _heaviside(x, values).to(result_type(x, values))


clip = clamp
