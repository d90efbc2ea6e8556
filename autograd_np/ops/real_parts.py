"""Angles, conjugates and real parts, which are simple for real numbers: tensors here hold no others."""

from __future__ import annotations

import math

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor, wrap
from autograd_np.ops.arithmetic import _zeros_like

__all__ = ["angle", "conj", "conj_physical", "isreal", "real", "resolve_conj", "resolve_neg"]


def _angle_kernel(x: Array) -> Array:
    return np.where(x < 0, x.dtype.type(math.pi), np.where(np.isnan(x), x, x.dtype.type(0)))


_angle = UnaryOp("angle", _angle_kernel, lambda g, _y, _x: _zeros_like(g), promotion="float")


def angle(input: TensorLike) -> Tensor:
    """Return the angle in the complex plane: π for negative numbers, 0 for others; the gradient is zero.

    Shapes: any.
    Source: torch.angle.

    Example:
        >>> angle(as_tensor([2.0, -3.0]))
        tensor([0.    , 3.1416])
    """
    return _angle(as_tensor(input))


def real(input: TensorLike) -> Tensor:
    """Return the real part: the tensor itself.

    Shapes: any.
    Source: torch.real.

    Example:
        >>> real(as_tensor([2.0, -3.0]))
        tensor([ 2., -3.])
    """
    return as_tensor(input)


def conj(input: TensorLike) -> Tensor:
    """Return the conjugate: the tensor itself.

    Shapes: any.
    Source: torch.conj; also torch.conj_physical, torch.resolve_conj and torch.resolve_neg.

    Example:
        >>> conj(as_tensor([2.0, -3.0]))
        tensor([ 2., -3.])
    """
    return as_tensor(input)


def isreal(input: TensorLike) -> Tensor:
    """Tell element by element whether it is a real number: every one is.

    Shapes: any.
    Source: torch.isreal.

    Example:
        >>> isreal(as_tensor([2.0, float("nan")]))
        tensor([ True,  True])
    """
    return wrap(np.ones(as_tensor(input).shape, np.bool_), None)


conj_physical = resolve_conj = resolve_neg = conj
