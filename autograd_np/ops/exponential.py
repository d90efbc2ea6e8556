"""Exponentials, logarithms, and the functions made of them: error function, sigmoid, logit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import BinaryOp, Tensor, UnaryOp, as_tensor
from autograd_np.kernels import special
from autograd_np.ops._masks import Mask
from autograd_np.ops.selection import _select, clamp

__all__ = [
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expit",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logit",
    "sigmoid",
    "xlogy",
]

_LN2 = math.log(2)
_LN10 = math.log(10)

# --- rows ---------------------------------------------------------------------------------------------------------

_exp = UnaryOp("exp", np.exp, lambda g, y, _x: g * y, promotion="float")
_exp2 = UnaryOp("exp2", np.exp2, lambda g, y, _x: g * (y * _LN2), promotion="float")
_expm1 = UnaryOp("expm1", np.expm1, lambda g, y, _x: g * (y + 1), promotion="float")
_log = UnaryOp("log", np.log, lambda g, _y, x: g / x, promotion="float")
_log2 = UnaryOp("log2", np.log2, lambda g, _y, x: g / (x * _LN2), promotion="float")
_log10 = UnaryOp("log10", np.log10, lambda g, _y, x: g / (x * _LN10), promotion="float")
_log1p = UnaryOp("log1p", np.log1p, lambda g, _y, x: g / (x + 1), promotion="float")

_sigmoid = UnaryOp("sigmoid", special.sigmoid, lambda g, y, _x: g * (y * (1 - y)), promotion="float")
_logit = UnaryOp("logit", lambda x: np.log(x) - np.log1p(-x), lambda g, _y, x: g / (x * (1 - x)), promotion="float")

#: exp(a)/(exp(a) + exp(b)) = σ(a - b), whose exponent cannot overflow.
_logaddexp = BinaryOp(
    "logaddexp",
    np.logaddexp,
    lambda g, _y, a, b: g * _sigmoid(a - b),
    lambda g, _y, a, b: g * _sigmoid(b - a),
    promotion="float",
)
_logaddexp2 = BinaryOp(
    "logaddexp2",
    np.logaddexp2,
    lambda g, _y, a, b: g * _sigmoid((a - b) * _LN2),
    lambda g, _y, a, b: g * _sigmoid((b - a) * _LN2),
    promotion="float",
)

#: exp(-x²), closed under differentiation.
_gauss = UnaryOp("gauss", special.gauss, lambda g, y, x: g * (-2 * x * y))
_erf = UnaryOp("erf", special.erf, lambda g, _y, x: g * (_gauss(x) * (2 / math.sqrt(math.pi))), promotion="float")
_erfc = UnaryOp("erfc", special.erfc, lambda g, _y, x: g * (_gauss(x) * (-2 / math.sqrt(math.pi))), promotion="float")


def _positive(x: Any, y: Any) -> Any:
    """Return y, and 1 where x is 0 and y has no logarithm: the product's derivatives are taken as 0 there."""
    return _select(_no_log(x, y), 1.0, y)


#: Where x = 0 meets y <= 0: piecewise constant.
_no_log = Mask("xlogy_gap", lambda x, y: np.equal(x, 0) & np.less_equal(y, 0))
_xlogy = BinaryOp(
    "xlogy",
    special.xlogy,
    lambda g, _y, x, y: g * _log(_positive(x, y)),
    lambda g, _y, x, y: g * (x / _positive(x, y)),
    promotion="float",
)


# --- functions ----------------------------------------------------------------------------------------------------


def exp(input: TensorLike) -> Tensor:
    """Return e to the power of each element.

    Shapes: any.
    Source: torch.exp.

    Example:
        >>> exp(as_tensor([0.0, 1.0]))
        tensor([1.    , 2.7183])
    """
    return _exp(as_tensor(input))


def exp2(input: TensorLike) -> Tensor:
    """Return 2 to the power of each element.

    Shapes: any.
    Source: torch.exp2.

    Example:
        >>> exp2(as_tensor([0.0, 3.0]))
        tensor([1., 8.])
    """
    return _exp2(as_tensor(input))


def expm1(input: TensorLike) -> Tensor:
    """Return exp(x) - 1, exact also for small x.

    Shapes: any.
    Source: torch.expm1.

    Example:
        >>> expm1(as_tensor([0.0, 1.0]))
        tensor([0.    , 1.7183])
    """
    return _expm1(as_tensor(input))


def log(input: TensorLike) -> Tensor:
    """Return natural logarithms.

    Shapes: any.
    Source: torch.log.

    Example:
        >>> log(as_tensor([1.0, 10.0]))
        tensor([0.    , 2.3026])
    """
    return _log(as_tensor(input))


def log2(input: TensorLike) -> Tensor:
    """Return logarithms to the base 2.

    Shapes: any.
    Source: torch.log2.

    Example:
        >>> log2(as_tensor([1.0, 8.0]))
        tensor([0., 3.])
    """
    return _log2(as_tensor(input))


def log10(input: TensorLike) -> Tensor:
    """Return logarithms to the base 10.

    Shapes: any.
    Source: torch.log10.

    Example:
        >>> log10(as_tensor([1.0, 100.0]))
        tensor([0., 2.])
    """
    return _log10(as_tensor(input))


def log1p(input: TensorLike) -> Tensor:
    """Return log(1 + x), exact also for small x.

    Shapes: any.
    Source: torch.log1p.

    Example:
        >>> log1p(as_tensor([0.0, 1.0]))
        tensor([0.    , 0.6931])
    """
    return _log1p(as_tensor(input))


def logaddexp(input: TensorLike, other: TensorLike) -> Tensor:
    """Return log(exp(a) + exp(b)) without overflow.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.logaddexp.

    Example:
        >>> logaddexp(as_tensor([0.0, 1000.0]), as_tensor([0.0, 1000.0]))
        tensor([6.9315e-01, 1.0007e+03])
    """
    return _logaddexp(as_tensor(input), other)


def logaddexp2(input: TensorLike, other: TensorLike) -> Tensor:
    """Return log2(2^a + 2^b) without overflow.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.logaddexp2.

    Example:
        >>> logaddexp2(as_tensor([0.0, 10.0]), as_tensor([0.0, 10.0]))
        tensor([ 1., 11.])
    """
    return _logaddexp2(as_tensor(input), other)


def xlogy(input: TensorLike, other: TensorLike) -> Tensor:
    """Return x·log y, and 0 where x is 0, whatever y is but NaN; the derivatives are 0 at x = 0 with y <= 0.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.xlogy.

    Example:
        >>> xlogy(as_tensor([0.0, 2.0]), as_tensor([0.0, 1.0]))
        tensor([0., 0.])
    """
    return _xlogy(input if isinstance(input, (int, float)) else as_tensor(input), as_tensor(other))


def erf(input: TensorLike) -> Tensor:
    """Return the error function, 2/√π times the integral of exp(-t²) from 0 to x.

    Shapes: any.
    Source: torch.erf.

    Example:
        >>> erf(as_tensor([0.0, 1.0]))
        tensor([0.    , 0.8427])
    """
    return _erf(as_tensor(input))


def erfc(input: TensorLike) -> Tensor:
    """Return 1 - erf(x) without cancellation for large x.

    Shapes: any.
    Source: torch.erfc.

    Example:
        >>> erfc(as_tensor([0.0, 1.0]))
        tensor([1.    , 0.1573])
    """
    return _erfc(as_tensor(input))


def sigmoid(input: TensorLike) -> Tensor:
    """Return 1 / (1 + exp(-x)) without overflow.

    Shapes: any.
    Source: torch.sigmoid.

    Example:
        >>> sigmoid(as_tensor([-1000.0, 0.0, 1000.0]))
        tensor([0. , 0.5, 1. ])
    """
    return _sigmoid(as_tensor(input))


def logit(input: TensorLike, eps: float | None = None) -> Tensor:
    """Return log(x / (1 - x)), the inverse of the sigmoid.

    Args:
        input: probabilities.
        eps: limit them to [eps, 1 - eps] first, so that the result stays finite.

    Shapes: any.
    Source: torch.logit.

    Example:
        >>> logit(as_tensor([0.5, 0.75]))
        tensor([0.    , 1.0986])
    """
    x = as_tensor(input)
    return _logit(x if eps is None else clamp(x, eps, 1 - eps))


expit = sigmoid
