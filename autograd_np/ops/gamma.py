"""The logarithm of the gamma function with its derivatives, and the inverse of the error function."""

from __future__ import annotations

import math

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.kernels import gamma as kernels
from autograd_np.ops.exponential import _exp

__all__ = ["digamma", "erfinv", "lgamma", "polygamma"]

# --- rows ---------------------------------------------------------------------------------------------------------

_lgamma = UnaryOp("lgamma", kernels.lgamma, lambda g, _y, x: g * _polygamma(x, n=0), promotion="float")
_polygamma = UnaryOp("polygamma", kernels.polygamma, lambda g, _y, x, n: g * _polygamma(x, n=n + 1), promotion="float")
_erfinv = UnaryOp(
    "erfinv", kernels.erfinv, lambda g, y, _x: g * (_exp(y * y) * (math.sqrt(math.pi) / 2)), promotion="float"
)


# --- functions ----------------------------------------------------------------------------------------------------


def lgamma(input: TensorLike) -> Tensor:
    """Return log |Γ(x)|, the logarithm of the gamma function's size: log((x - 1)!) for whole numbers.

    Shapes: any.
    Source: torch.lgamma.

    Example:
        >>> lgamma(as_tensor([1.0, 0.5, 5.0]))
        tensor([0.    , 0.5724, 3.1781])
    """
    return _lgamma(as_tensor(input))


def digamma(input: TensorLike) -> Tensor:
    """Return the derivative of log Γ.

    Shapes: any.
    Source: torch.digamma.

    Example:
        >>> digamma(as_tensor([1.0, 2.0]))
        tensor([-0.5772,  0.4228])
    """
    return _polygamma(as_tensor(input), n=0)


def polygamma(n: int, input: TensorLike) -> Tensor:
    """Return the derivative of order n of the digamma function.

    Args:
        n: order; 0 gives the digamma function, 1 the trigamma function.
        input: where.

    Shapes: any.
    Raises: ArgumentError if the order is not a whole number from 0.
    Source: torch.polygamma.

    Example:
        >>> polygamma(1, as_tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449])
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        message = (
            f"polygamma: the order n must be a whole number from 0, got {n!r}\n  fix: the order is the first argument"
        )
        raise ArgumentError(message)
    return _polygamma(as_tensor(input), n=n)


def erfinv(input: TensorLike) -> Tensor:
    """Return the inverse of the error function: infinite at ±1, NaN beyond.

    Shapes: any.
    Source: torch.erfinv.

    Example:
        >>> erfinv(as_tensor([0.0, 0.5, -1.0]))
        tensor([0.    , 0.4769,   -inf])
    """
    return _erfinv(as_tensor(input))
