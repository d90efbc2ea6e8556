"""Arithmetic: sums, products, quotients, powers, roots and rounding, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import BinaryOp, Op, Tensor, UnaryOp, as_tensor, default_float
from autograd_np.core.dtypes import result_type
from autograd_np.errors import ArgumentError
from autograd_np.kernels import special
from autograd_np.ops._masks import Mask

__all__ = [
    "abs",
    "absolute",
    "add",
    "addcdiv",
    "addcmul",
    "ceil",
    "div",
    "divide",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "frac",
    "lerp",
    "mul",
    "multiply",
    "neg",
    "negative",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "round",
    "rsqrt",
    "sgn",
    "sign",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "true_divide",
    "trunc",
]

# --- rows ---------------------------------------------------------------------------------------------------------

_zeros_like = UnaryOp("zeros_like", np.zeros_like, None)

_add = BinaryOp("add", np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g)
_sub = BinaryOp("sub", np.subtract, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g)
_mul = BinaryOp("mul", np.multiply, lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a)
_div = BinaryOp("div", np.divide, lambda g, _y, _a, b: g / b, lambda g, y, _a, b: -g * y / b, promotion="float")
_neg = UnaryOp("neg", np.negative, lambda g, _y, _x: -g)
_abs = UnaryOp("abs", np.abs, lambda g, _y, x: g * _sign(x))
_square = UnaryOp("square", np.square, lambda g, _y, x: g * (2 * x))


def _quotient_or_zero(a: Array, b: Array) -> Any:
    zero = b == 0
    if not zero.any():
        return a / b
    return np.where(zero, np.zeros((), a.dtype), a / np.where(zero, np.ones((), b.dtype), b))


#: a / b, and 0 where b is 0: what is finite has a finite derivative (autograd/kinks.py says where this matters).
_divide_or_zero = BinaryOp(
    "divide_or_zero",
    _quotient_or_zero,
    lambda g, _y, _a, b: _divide_or_zero(g, b),
    lambda g, y, _a, b: -_divide_or_zero(g * y, b),
)
_sqrt = UnaryOp("sqrt", np.sqrt, lambda g, y, _x: _divide_or_zero(g, 2 * y), promotion="float")
_rsqrt = UnaryOp("rsqrt", special.reciprocal_sqrt, lambda g, y, x: g * y / (-2 * x), promotion="float")
_reciprocal = UnaryOp("reciprocal", np.reciprocal, lambda g, y, _x: -g * y * y, promotion="float")


def _power_slope(x: Any, exponent: Any) -> Any:
    """Return p·x^(p-1); it reads 0·x⁰ where p is 0, and a root's infinite slope at 0 is taken as 0."""
    if 0 < exponent < 1:
        elsewhere = _nonzero(x)
        return exponent * _power(x + (1 - elsewhere), exponent=exponent - 1) * elsewhere
    return exponent * _power(x, exponent=exponent - 1 if exponent else 0)


def _slope_of_base(a: Any, b: Any) -> Any:
    """Return b·a^(b-1), as above."""
    root = _root_at_zero(a, b)
    return b * _pow(a + root, b - _nonzero(b)) * (1 - root)


#: A fixed exponent.
_power = UnaryOp("pow", special.power, lambda g, _y, x, exponent: g * _power_slope(x, exponent))
_pow = BinaryOp(
    "pow_tensor",
    np.power,
    lambda g, _y, a, b: g * _slope_of_base(a, b),
    lambda g, y, a, _b: g * (y * _log_or_zero(a)),
)
#: 1 where a root is taken of 0: piecewise constant.
_root_at_zero = Mask("root_at_zero", lambda a, b: ((a == 0) & (b > 0) & (b < 1)).astype(np.result_type(a, b)))
#: 1 where the operand is not zero: piecewise constant.
_nonzero = UnaryOp("nonzero_mask", lambda x: (x != 0).astype(x.dtype), None)
#: log x with 0 in place of -∞ at 0: a^b·log a tends to 0 there.
_log_or_zero = UnaryOp(
    "log_or_zero", lambda x: np.log(np.where(x == 0, 1, x)), lambda g, _y, x: g / (x + (1 - _nonzero(x)))
)


def _whole(rounding: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Return the kernel that leaves integers as they are, which NumPy 2.0 makes floating."""
    return lambda x: rounding(x) if x.dtype.kind == "f" else x.copy()


_floor = UnaryOp("floor", _whole(np.floor), lambda g, _y, _x: _zeros_like(g))
_ceil = UnaryOp("ceil", _whole(np.ceil), lambda g, _y, _x: _zeros_like(g))
_trunc = UnaryOp("trunc", _whole(np.trunc), lambda g, _y, _x: _zeros_like(g))
_round = UnaryOp("round", lambda x, decimals: np.round(x, decimals), lambda g, _y, _x, decimals: _zeros_like(g))
_sign = UnaryOp("sign", np.sign, lambda g, _y, _x: _zeros_like(g))
_floor_divide = BinaryOp(
    "floor_divide",
    np.floor_divide,
    lambda g, _y, _a, _b: _zeros_like(g),
    lambda g, _y, _a, _b: _zeros_like(g),
)
_remainder = BinaryOp("remainder", np.remainder, lambda g, _y, _a, _b: g, lambda g, _y, a, b: -g * _floor_divide(a, b))
_fmod = BinaryOp("fmod", np.fmod, lambda g, _y, _a, _b: g, lambda g, _y, a, b: -g * _trunc(a / b))

#: start + weight·(end - start): three operands that broadcast together.
_lerp = Op(
    "lerp",
    lambda start, end, weight: start + weight * (end - start),
    lambda g, _y, _start, _end, weight: g * (1 - weight),
    lambda g, _y, _start, _end, weight: g * weight,
    lambda g, _y, start, end, _weight: g * (end - start),
    broadcasts=True,
    promotion="category",
)


# --- functions ----------------------------------------------------------------------------------------------------


def _scaled(row: BinaryOp, x: Tensor, other: TensorLike, alpha: float) -> Tensor:
    """Return the row of x and alpha·other; the factor has no say in the type of integers and booleans."""
    if alpha == 1:
        return row(x, other)
    result = row(x, _mul(as_tensor(other), alpha))
    return result if result.is_floating_point() else result.to(result_type(x, other))


def add(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Add element by element, with `other` scaled by `alpha` first.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.add.

    Example:
        >>> add(as_tensor([1.0, 2.0]), 10)
        tensor([11., 12.])
    """
    return _scaled(_add, as_tensor(input), other, alpha)


def sub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Subtract element by element, with `other` scaled by `alpha` first.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.sub.

    Example:
        >>> sub(as_tensor([1.0, 2.0]), 10)
        tensor([-9., -8.])
    """
    return _scaled(_sub, as_tensor(input), other, alpha)


def mul(input: TensorLike, other: TensorLike) -> Tensor:
    """Multiply element by element.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.mul.

    Example:
        >>> mul(as_tensor([1.0, 2.0]), as_tensor([[3.0], [4.0]]))
        tensor([[3., 6.],
                [4., 8.]])
    """
    return _mul(as_tensor(input), other)


def div(input: TensorLike, other: TensorLike, *, rounding_mode: str | None = None) -> Tensor:
    """Divide element by element; integers divide to floats unless a rounding mode keeps them whole.

    Args:
        input: dividend.
        other: divisor.
        rounding_mode: None for the true quotient, 'floor' to round down, 'trunc' to round towards zero.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast, ArgumentError for an unknown rounding mode.
    Source: torch.div.

    Example:
        >>> div(as_tensor([7, -7]), 2), div(as_tensor([7, -7]), 2, rounding_mode="floor")
        (tensor([ 3.5, -3.5]), tensor([ 3, -4]))
    """
    x = as_tensor(input)
    if rounding_mode is None:
        return _div(x, other)
    if rounding_mode == "floor":
        return _floor_divide(x, other)
    if rounding_mode == "trunc":
        if "f" in {x.dtype.kind, as_tensor(other).dtype.kind}:
            return _trunc(_div(x, other))
        # Integers stay integers: as floating numbers large ones would be rounded.
        return _floor_divide(_sub(x, _fmod(x, other)), other)
    message = f"div: rounding_mode must be None, 'floor' or 'trunc', got {rounding_mode!r}"
    raise ArgumentError(message)


def floor_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """Divide and round down; the gradient is zero.

    Shapes: any two that broadcast.
    Source: torch.floor_divide.

    Example:
        >>> floor_divide(as_tensor([7.0, -7.0]), 2)
        tensor([ 3., -4.])
    """
    return _floor_divide(as_tensor(input), other)


def remainder(input: TensorLike, other: TensorLike) -> Tensor:
    """Return what division leaves, with the divisor's sign, as Python's %.

    Shapes: any two that broadcast.
    Source: torch.remainder.

    Example:
        >>> remainder(as_tensor([7.0, -7.0]), 4)
        tensor([3., 1.])
    """
    return _remainder(as_tensor(input), other)


def fmod(input: TensorLike, other: TensorLike) -> Tensor:
    """Return what division leaves, with the dividend's sign, as C's fmod.

    Shapes: any two that broadcast.
    Source: torch.fmod.

    Example:
        >>> fmod(as_tensor([7.0, -7.0]), 4)
        tensor([ 3., -3.])
    """
    return _fmod(as_tensor(input), other)


def pow(input: TensorLike, exponent: TensorLike) -> Tensor:
    """Raise to a power, element by element; at a zero base the derivative is 0 for exponents from 0 to below 1.

    Shapes: any two that broadcast.
    Raises: ArgumentError for a negative power of integers.
    Source: torch.pow.

    Example:
        >>> pow(as_tensor([1.0, 2.0, 3.0]), 2), pow(2, as_tensor([1.0, 2.0]))
        (tensor([1., 4., 9.]), tensor([2., 4.]))
    """
    if isinstance(exponent, np.generic):
        exponent = exponent.item()
    kinds = {np.asarray(getattr(v, "_array", v)).dtype.kind for v in (input, exponent)}
    if kinds == {"b"}:
        return pow(as_tensor(input).to(np.int64), as_tensor(exponent).to(np.int64)).to(np.bool_)
    if isinstance(exponent, (int, float)) and not isinstance(exponent, bool):
        x = _counted(as_tensor(input))
        if isinstance(exponent, float) and not x.is_floating_point():
            x = x.to(default_float())
        return _square(x) if exponent == 2 else _power(x, exponent=exponent)
    base, power = input if isinstance(input, (int, float)) else as_tensor(input), as_tensor(exponent)
    if kinds <= {"b", "i", "u"} and (power._array < 0).any():
        raise ArgumentError(
            "pow: a negative power of an integer is a fraction\n  fix: convert one of them with x.float()"
        )
    return _pow(base, power)


def _counted(x: Tensor) -> Tensor:
    """Return booleans as int64, the type their products have; anything else as it is."""
    return x.to(np.int64) if x.dtype.kind == "b" else x


def neg(input: TensorLike) -> Tensor:
    """Change the sign.

    Shapes: any.
    Source: torch.neg.

    Example:
        >>> neg(as_tensor([1.0, -2.0]))
        tensor([-1.,  2.])
    """
    return _neg(as_tensor(input))


def positive(input: TensorLike) -> Tensor:
    """Return the tensor itself.

    Shapes: any.
    Source: torch.positive.

    Example:
        >>> positive(as_tensor([1.0]))
        tensor([1.])
    """
    return as_tensor(input)


def abs(input: TensorLike) -> Tensor:
    """Return absolute values; the derivative at 0 is 0.

    Shapes: any.
    Source: torch.abs.

    Example:
        >>> abs(as_tensor([-1.5, 2.0]))
        tensor([1.5, 2. ])
    """
    return _abs(as_tensor(input))


def sign(input: TensorLike) -> Tensor:
    """Return -1, 0 or 1 by sign; the gradient is zero.

    Shapes: any.
    Source: torch.sign.

    Example:
        >>> sign(as_tensor([-3.0, 0.0, 5.0]))
        tensor([-1.,  0.,  1.])
    """
    x = as_tensor(input)
    return x if x.dtype.kind == "b" else _sign(x)


def square(input: TensorLike) -> Tensor:
    """Multiply each element by itself.

    Shapes: any.
    Source: torch.square.

    Example:
        >>> square(as_tensor([3.0, -4.0]))
        tensor([ 9., 16.])
    """
    return _square(_counted(as_tensor(input)))


def sqrt(input: TensorLike) -> Tensor:
    """Return square roots; the derivative grows to infinity towards 0, and at 0 is taken as 0.

    Shapes: any.
    Source: torch.sqrt.

    Example:
        >>> sqrt(as_tensor([4.0, 9.0]))
        tensor([2., 3.])
    """
    return _sqrt(as_tensor(input))


def rsqrt(input: TensorLike) -> Tensor:
    """Return 1 / √x.

    Shapes: any.
    Source: torch.rsqrt.

    Example:
        >>> rsqrt(as_tensor([4.0, 16.0]))
        tensor([0.5 , 0.25])
    """
    return _rsqrt(as_tensor(input))


def reciprocal(input: TensorLike) -> Tensor:
    """Return 1 / x.

    Shapes: any.
    Source: torch.reciprocal.

    Example:
        >>> reciprocal(as_tensor([4, 2]))
        tensor([0.25, 0.5 ])
    """
    return _reciprocal(as_tensor(input))


def floor(input: TensorLike) -> Tensor:
    """Round down; the gradient is zero.

    Shapes: any.
    Source: torch.floor.

    Example:
        >>> floor(as_tensor([1.7, -1.7]))
        tensor([ 1., -2.])
    """
    return _floor(as_tensor(input))


def ceil(input: TensorLike) -> Tensor:
    """Round up; the gradient is zero.

    Shapes: any.
    Source: torch.ceil.

    Example:
        >>> ceil(as_tensor([1.2, -1.2]))
        tensor([ 2., -1.])
    """
    return _ceil(as_tensor(input))


def trunc(input: TensorLike) -> Tensor:
    """Round towards zero; the gradient is zero.

    Shapes: any.
    Source: torch.trunc.

    Example:
        >>> trunc(as_tensor([1.7, -1.7]))
        tensor([ 1., -1.])
    """
    return _trunc(as_tensor(input))


def round(input: TensorLike, *, decimals: int = 0) -> Tensor:
    """Round to the nearest, halves to even; the gradient is zero.

    Shapes: any.
    Source: torch.round.

    Example:
        >>> round(as_tensor([0.5, 1.5, 2.6]))
        tensor([0., 2., 3.])
    """
    return _round(as_tensor(input), decimals=decimals)


def frac(input: TensorLike) -> Tensor:
    """Return the part after the point, with the number's sign.

    Shapes: any.
    Source: torch.frac.

    Example:
        >>> frac(as_tensor([1.5, -1.25]))
        tensor([ 0.5 , -0.25])
    """
    x = as_tensor(input)
    return _sub(x, _trunc(x))


def lerp(input: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """Move linearly from `input` (weight 0) to `end` (weight 1).

    Shapes: any three that broadcast.
    Source: torch.lerp.

    Example:
        >>> lerp(as_tensor([0.0, 10.0]), as_tensor([10.0, 20.0]), 0.5)
        tensor([ 5., 15.])
    """
    return _lerp(as_tensor(input), end, weight)


def addcmul(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1) -> Tensor:
    """Return input + value·tensor1·tensor2.

    Shapes: any three that broadcast.
    Source: torch.addcmul.

    Example:
        >>> addcmul(as_tensor([1.0]), as_tensor([2.0]), as_tensor([3.0]), value=10)
        tensor([61.])
    """
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1) -> Tensor:
    """Return input + value·tensor1/tensor2.

    Shapes: any three that broadcast.
    Source: torch.addcdiv.

    Example:
        >>> addcdiv(as_tensor([1.0]), as_tensor([6.0]), as_tensor([3.0]), value=10)
        tensor([21.])
    """
    return add(input, div(tensor1, tensor2), alpha=value)


absolute = abs
divide = true_divide = div
fix = trunc
multiply = mul
negative = neg
sgn = sign
subtract = sub
