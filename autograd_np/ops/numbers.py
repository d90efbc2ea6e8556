"""What numbers are made of: common factors, mantissas and exponents, neighbours; and two functions beside gamma's."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_tensor, default_float
from autograd_np.core.dtypes import result_type
from autograd_np.errors import ArgumentError, DTypeError
from autograd_np.kernels.bessel import bessel_i
from autograd_np.ops._masks import Mask
from autograd_np.ops.arithmetic import _mul, _sub, pow
from autograd_np.ops.gamma import lgamma

__all__ = ["frexp", "gcd", "i0", "lcm", "ldexp", "mvlgamma", "nextafter", "rsub"]


class MantissaExponent(NamedTuple):
    """Numbers as mantissa·2^exponent.

    Source: torch.return_types.frexp.
    """

    mantissa: Tensor
    exponent: Tensor


# --- rows ---------------------------------------------------------------------------------------------------------

_gcd = Mask("gcd", np.gcd)
_lcm = Mask("lcm", np.lcm)
_nextafter = Mask("nextafter", np.nextafter)


def _ldexp_kernel(x: Array, n: Array) -> Array:
    # Beyond 10^5 every result is 0 or infinite; NumPy takes C's integers.
    return np.ldexp(x, np.clip(n, -100_000, 100_000).astype(np.intc))


#: x·2^n for whole n: exact, and no power is computed that could overflow.
_ldexp = Op("ldexp", _ldexp_kernel, lambda g, _y, _x, n: _ldexp(g, n), None, broadcasts=True)


def _frexp_kernel(x: Array) -> tuple[Array, Array, Array]:
    mantissa, exponent = np.frexp(x)
    return mantissa, exponent, np.negative(exponent)


#: The exponent is piecewise constant.
_frexp = UnaryOp(
    "frexp",
    _frexp_kernel,
    lambda g, _y, _x, down: _ldexp(g[0], down),
    outputs=2,
    by_products={"down": None},
)

#: I_n has the derivative (I_{n-1} + I_{n+1}) / 2, and I_{-1} is I_1.
_bessel_i = UnaryOp(
    "bessel_i",
    bessel_i,
    lambda g, _y, x, order: g * ((_bessel_i(x, order=abs(order - 1)) + _bessel_i(x, order=order + 1)) / 2),
    promotion="float",
)


# --- whole numbers ------------------------------------------------------------------------------------------------


def _whole_pair(name: str, row: Op, input: TensorLike, other: TensorLike) -> Tensor:
    x = as_tensor(input)
    kinds = {x.dtype.kind, as_tensor(other).dtype.kind}
    if not kinds <= {"i", "u"}:
        types = f"{x.dtype} and {as_tensor(other).dtype}"
        raise DTypeError(f"{name}: expected integers, got {types}\n  fix: convert them first, as in x.long()")
    result: Tensor = row(x, other)
    return result


def gcd(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the greatest common divisors; that of 0 and 0 is 0.

    Shapes: any two that broadcast.
    Raises: DTypeError unless both hold integers, ShapeError if the shapes do not broadcast.
    Source: torch.gcd.

    Example:
        >>> gcd(as_tensor([12, 9]), 8)
        tensor([4, 1])
    """
    return _whole_pair("gcd", _gcd, input, other)


def lcm(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the least common multiples; with 0 they are 0.

    Shapes: any two that broadcast.
    Raises: DTypeError unless both hold integers, ShapeError if the shapes do not broadcast.
    Source: torch.lcm.

    Example:
        >>> lcm(as_tensor([12, 9]), 8)
        tensor([24, 72])
    """
    return _whole_pair("lcm", _lcm, input, other)


# --- floating numbers ---------------------------------------------------------------------------------------------


def frexp(input: TensorLike) -> MantissaExponent:
    """Take numbers apart into a mantissa of size ½ to 1 and a power of 2.

    Shapes: any; both results have the shape of the input.
    Raises: DTypeError for integers and booleans.
    Source: torch.frexp.

    Example:
        >>> frexp(as_tensor([6.0, -0.25]))
        MantissaExponent(mantissa=tensor([ 0.75, -0.5 ]), exponent=tensor([ 3, -1], dtype=int32))
    """
    x = as_tensor(input)
    if not x.is_floating_point():
        raise DTypeError(f"frexp: expected floating numbers, got {x.dtype}\n  fix: convert them first with x.float()")
    return MantissaExponent(*_frexp(x))


def ldexp(input: TensorLike, other: TensorLike) -> Tensor:
    """Return input·2^other.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.ldexp.

    Example:
        >>> ldexp(as_tensor([3.0, 1.0]), as_tensor([2, -1]))
        tensor([12. ,  0.5])
    """
    x, exponent = as_tensor(input), as_tensor(other)
    if exponent.is_floating_point():
        return _mul(x, pow(2.0, exponent))
    result: Tensor = _ldexp(x if x.is_floating_point() else x.to(default_float()), exponent)
    return result


def nextafter(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the neighbouring floating numbers in the direction of `other`; there is no gradient.

    Shapes: any two that broadcast.
    Raises: DTypeError for integers and booleans, ShapeError if the shapes do not broadcast.
    Source: torch.nextafter.

    Example:
        >>> bool(nextafter(as_tensor([1.0]), as_tensor([2.0])) > 1)
        True
    """
    x = as_tensor(input)
    kind = result_type(x, other)
    if kind.kind != "f":
        raise DTypeError(f"nextafter: expected floating numbers, got {kind}\n  fix: convert them first with x.float()")
    result: Tensor = _nextafter(x, other)
    return result


def rsub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Return other - alpha·input.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.rsub.

    Example:
        >>> rsub(as_tensor([1.0, 2.0]), 10)
        tensor([9., 8.])
    """
    x = as_tensor(input)
    result: Tensor = _sub(other, x if alpha == 1 else _mul(x, alpha))
    return result if result.is_floating_point() else result.to(result_type(x, other))


# --- special functions --------------------------------------------------------------------------------------------


def i0(input: TensorLike) -> Tensor:
    """Return I₀, the modified Bessel function of the first kind of order 0.

    Shapes: any.
    Source: torch.i0.

    Example:
        >>> i0(as_tensor([0.0, 1.0, 3.0]))
        tensor([1.    , 1.2661, 4.8808])
    """
    return _bessel_i(as_tensor(input), order=0)


def mvlgamma(input: TensorLike, p: int) -> Tensor:
    """Return the logarithm of the gamma function of p × p matrices: Σ log Γ(x - i/2) over i < p, and a constant.

    Args:
        input: more than (p - 1) / 2 everywhere.
        p: size of the matrices.

    Shapes: any.
    Raises: ArgumentError for a size below 1, or elements that are too small.
    Source: torch.mvlgamma; the normalising constant of the Wishart distribution.

    Example:
        >>> mvlgamma(as_tensor([2.0, 3.0]), 2)
        tensor([0.4516, 1.5502])
    """
    x = as_tensor(input)
    if not isinstance(p, int) or p < 1:
        raise ArgumentError(f"mvlgamma: p must be a whole number from 1, got {p!r}")
    if not (x._array > (p - 1) / 2).all():
        raise ArgumentError(f"mvlgamma: every element must be greater than (p - 1)/2 = {(p - 1) / 2}")
    total: Any = p * (p - 1) / 4 * math.log(math.pi)
    for i in range(p):
        total = total + lgamma(x - i / 2)
    result: Tensor = total
    return result
