"""Trigonometric and hyperbolic functions, their inverses, and angles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import BinaryOp, Tensor, UnaryOp, as_tensor
from autograd_np.kernels import special
from autograd_np.ops.arithmetic import _divide_or_zero, _nonzero, _rsqrt, _sqrt

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "hypot",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]

# --- rows ---------------------------------------------------------------------------------------------------------

_sin = UnaryOp("sin", np.sin, lambda g, _y, x: g * _cos(x), promotion="float")
_cos = UnaryOp("cos", np.cos, lambda g, _y, x: g * -_sin(x), promotion="float")
_tan = UnaryOp("tan", np.tan, lambda g, y, _x: g * (1 + y * y), promotion="float")
_asin = UnaryOp("asin", np.arcsin, lambda g, _y, x: _divide_or_zero(g, _sqrt(1 - x * x)), promotion="float")
_acos = UnaryOp("acos", np.arccos, lambda g, _y, x: -_divide_or_zero(g, _sqrt(1 - x * x)), promotion="float")
_atan = UnaryOp("atan", np.arctan, lambda g, _y, x: g / (1 + x * x), promotion="float")

_sinh = UnaryOp("sinh", np.sinh, lambda g, _y, x: g * _cosh(x), promotion="float")
_cosh = UnaryOp("cosh", np.cosh, lambda g, _y, x: g * _sinh(x), promotion="float")
_tanh = UnaryOp("tanh", np.tanh, lambda g, y, _x: g * (1 - y * y), promotion="float")
_asinh = UnaryOp("asinh", np.arcsinh, lambda g, _y, x: g * _rsqrt(x * x + 1), promotion="float")
_acosh = UnaryOp("acosh", np.arccosh, lambda g, _y, x: _divide_or_zero(g, _sqrt(x * x - 1)), promotion="float")
_atanh = UnaryOp("atanh", np.arctanh, lambda g, _y, x: g / (1 - x * x), promotion="float")


def _length(x: Any) -> Any:
    """Return a length to divide by: 1 for 0, where the angle and the direction have no derivative but 0 serves."""
    return x + (1 - _nonzero(x))


_hypot = BinaryOp(
    "hypot",
    np.hypot,
    lambda g, y, a, _b: g * (a / _length(y)),
    lambda g, y, _a, b: g * (b / _length(y)),
    promotion="float",
)
#: Divided by the length twice: the square of a large length overflows.
_atan2 = BinaryOp(
    "atan2",
    np.arctan2,
    lambda g, _y, a, b: g * (b / _length(_hypot(a, b)) / _length(_hypot(a, b))),
    lambda g, _y, a, b: g * (-a / _length(_hypot(a, b)) / _length(_hypot(a, b))),
    promotion="float",
)

_deg2rad = UnaryOp("deg2rad", np.deg2rad, lambda g, _y, _x: g * (math.pi / 180), promotion="float")
_rad2deg = UnaryOp("rad2deg", np.rad2deg, lambda g, _y, _x: g * (180 / math.pi), promotion="float")
#: A derivative of any order: each is the next one's rule.
_sinc = UnaryOp(
    "sinc",
    lambda x, order=0: special.sinc(x, order),
    lambda g, _y, x, order=0: g * _sinc(x, order=order + 1),
    promotion="float",
)


# --- functions ----------------------------------------------------------------------------------------------------


def sin(input: TensorLike) -> Tensor:
    """Return sines of angles in radians.

    Shapes: any.
    Source: torch.sin.

    Example:
        >>> sin(as_tensor([0.0, 1.0]))
        tensor([0.    , 0.8415])
    """
    return _sin(as_tensor(input))


def cos(input: TensorLike) -> Tensor:
    """Return cosines of angles in radians.

    Shapes: any.
    Source: torch.cos.

    Example:
        >>> cos(as_tensor([0.0, 1.0]))
        tensor([1.    , 0.5403])
    """
    return _cos(as_tensor(input))


def tan(input: TensorLike) -> Tensor:
    """Return tangents of angles in radians.

    Shapes: any.
    Source: torch.tan.

    Example:
        >>> tan(as_tensor([0.0, 1.0]))
        tensor([0.    , 1.5574])
    """
    return _tan(as_tensor(input))


def asin(input: TensorLike) -> Tensor:
    """Return the angles in [-π/2, π/2] with these sines; at ±1 the derivative is taken as 0.

    Shapes: any.
    Source: torch.asin.

    Example:
        >>> asin(as_tensor([0.0, 0.5]))
        tensor([0.    , 0.5236])
    """
    return _asin(as_tensor(input))


def acos(input: TensorLike) -> Tensor:
    """Return the angles in [0, π] with these cosines; at ±1 the derivative is taken as 0.

    Shapes: any.
    Source: torch.acos.

    Example:
        >>> acos(as_tensor([0.0, 0.5]))
        tensor([1.5708, 1.0472])
    """
    return _acos(as_tensor(input))


def atan(input: TensorLike) -> Tensor:
    """Return the angles in (-π/2, π/2) with these tangents.

    Shapes: any.
    Source: torch.atan.

    Example:
        >>> atan(as_tensor([0.0, 1.0]))
        tensor([0.    , 0.7854])
    """
    return _atan(as_tensor(input))


def atan2(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the angle of the point (other, input), in (-π, π]; its derivatives at the origin are taken as 0.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.atan2.

    Example:
        >>> atan2(as_tensor([1.0, -1.0]), as_tensor([0.0, -1.0]))
        tensor([ 1.5708, -2.3562])
    """
    return _atan2(as_tensor(input), other)


def sinh(input: TensorLike) -> Tensor:
    """Return hyperbolic sines.

    Shapes: any.
    Source: torch.sinh.

    Example:
        >>> sinh(as_tensor([0.0, 1.0]))
        tensor([0.    , 1.1752])
    """
    return _sinh(as_tensor(input))


def cosh(input: TensorLike) -> Tensor:
    """Return hyperbolic cosines.

    Shapes: any.
    Source: torch.cosh.

    Example:
        >>> cosh(as_tensor([0.0, 1.0]))
        tensor([1.    , 1.5431])
    """
    return _cosh(as_tensor(input))


def tanh(input: TensorLike) -> Tensor:
    """Return hyperbolic tangents, which lie between -1 and 1.

    Shapes: any.
    Source: torch.tanh.

    Example:
        >>> tanh(as_tensor([0.0, 1.0]))
        tensor([0.    , 0.7616])
    """
    return _tanh(as_tensor(input))


def asinh(input: TensorLike) -> Tensor:
    """Return the numbers with these hyperbolic sines.

    Shapes: any.
    Source: torch.asinh.

    Example:
        >>> asinh(as_tensor([0.0, 1.0]))
        tensor([0.    , 0.8814])
    """
    return _asinh(as_tensor(input))


def acosh(input: TensorLike) -> Tensor:
    """Return the positive numbers with these hyperbolic cosines; at 1 the derivative is taken as 0.

    Shapes: any.
    Source: torch.acosh.

    Example:
        >>> acosh(as_tensor([1.0, 2.0]))
        tensor([0.   , 1.317])
    """
    return _acosh(as_tensor(input))


def atanh(input: TensorLike) -> Tensor:
    """Return the numbers with these hyperbolic tangents.

    Shapes: any.
    Source: torch.atanh.

    Example:
        >>> atanh(as_tensor([0.0, 0.5]))
        tensor([0.    , 0.5493])
    """
    return _atanh(as_tensor(input))


def hypot(input: TensorLike, other: TensorLike) -> Tensor:
    """Return √(a² + b²) without overflow; its derivatives at the origin are taken as 0.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.hypot.

    Example:
        >>> hypot(as_tensor([3.0]), as_tensor([4.0]))
        tensor([5.])
    """
    return _hypot(as_tensor(input), other)


def deg2rad(input: TensorLike) -> Tensor:
    """Convert angles from degrees to radians.

    Shapes: any.
    Source: torch.deg2rad.

    Example:
        >>> deg2rad(as_tensor([180.0, 90.0]))
        tensor([3.1416, 1.5708])
    """
    return _deg2rad(as_tensor(input))


def rad2deg(input: TensorLike) -> Tensor:
    """Convert angles from radians to degrees.

    Shapes: any.
    Source: torch.rad2deg.

    Example:
        >>> rad2deg(as_tensor([0.0, 1.0]))
        tensor([ 0.    , 57.2958])
    """
    return _rad2deg(as_tensor(input))


def sinc(input: TensorLike) -> Tensor:
    """Return sin(πx) / (πx), and 1 at 0.

    Shapes: any.
    Source: torch.sinc.

    Example:
        >>> sinc(as_tensor([0.0, 0.5]))
        tensor([1.    , 0.6366])
    """
    return _sinc(as_tensor(input))


arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh
