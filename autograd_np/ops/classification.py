"""Probabilities of classes: softmax, its logarithm, and rows with a 1 for the class."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np._typing import Array, DTypeLike, TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_array, as_tensor, wrap
from autograd_np.errors import ArgumentError, DTypeError, IndexingError
from autograd_np.kernels import classification as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.exponential import _exp
from autograd_np.ops.reductions import _sum

__all__ = ["log_softmax", "one_hot", "softmax", "softmin"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _along(x: Any, axis: int) -> Any:
    """Return the sum along an axis, which stays with size 1."""
    return _sum(x, axes=(axis,) if len(x.shape) else (), keepdims=True)


_softmax = UnaryOp("softmax", kernels.softmax, lambda g, y, _x, axis: _softmax_dx(g, y, axis=axis), promotion="float")
#: y·(g - Σ g·y).
_softmax_dx = Op(
    "softmax_dx",
    kernels.softmax_dx,
    lambda h, _z, _g, y, axis: _softmax_dx(h, y, axis=axis),
    lambda h, _z, g, y, axis: h * (g - _along(g * y, axis)) - g * _along(h * y, axis),
)
_log_softmax = UnaryOp(
    "log_softmax",
    kernels.log_softmax,
    lambda g, y, _x, axis: _log_softmax_dx(g, y, axis=axis),
    promotion="float",
)
#: g - exp(y)·Σ g.
_log_softmax_dx = Op(
    "log_softmax_dx",
    kernels.log_softmax_dx,
    lambda h, _z, _g, y, axis: h - _along(h * _exp(y), axis),
    lambda h, _z, g, y, axis: -h * _exp(y) * _along(g, axis),
)


# --- probabilities ------------------------------------------------------------------------------------------------


def _axis(name: str, x: Tensor, dim: int | None) -> int:
    """Return the axis counted from the front, or raise where none is named."""
    if dim is None:
        message = f"{name}: which axis holds the classes? It must be named\n  fix: pass dim, for example dim=-1"
        raise ArgumentError(message)
    return normalized_axis(name, dim, x.ndim)


def softmax(input: TensorLike, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Return exp(x) / Σ exp(x) along an axis, computed without overflow.

    Args:
        input: scores.
        dim: axis of the classes; must be named.
        dtype: convert to this type first.

    Shapes: any.
    Raises: ArgumentError if no axis is named, IndexingError if there is no such axis.
    Source: torch.softmax.

    Example:
        >>> softmax(as_tensor([0.35, -0.85, 1.25]), dim=0)
        tensor([0.2659, 0.0801, 0.654 ])
    """
    x = as_tensor(input, dtype)
    return _softmax(x, axis=_axis("softmax", x, dim))


def softmin(input: TensorLike, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Return the softmax of the negative.

    Args:
        input: costs.
        dim: axis of the classes; must be named.
        dtype: convert to this type first.

    Shapes: any.
    Raises: ArgumentError if no axis is named, IndexingError if there is no such axis.
    Source: torch.nn.functional.softmin.

    Example:
        >>> softmin(as_tensor([0.0, 0.0]), dim=0)
        tensor([0.5, 0.5])
    """
    x = as_tensor(input, dtype)
    return _softmax(-x, axis=_axis("softmin", x, dim))


def log_softmax(input: TensorLike, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Return the logarithm of the softmax, without taking the logarithm of numbers near 0.

    Args:
        input: scores.
        dim: axis of the classes; must be named.
        dtype: convert to this type first.

    Shapes: any.
    Raises: ArgumentError if no axis is named, IndexingError if there is no such axis.
    Source: torch.log_softmax.

    Example:
        >>> log_softmax(as_tensor([0.0, 1000.0]), dim=0)
        tensor([-1000.,     0.])
    """
    x = as_tensor(input, dtype)
    return _log_softmax(x, axis=_axis("log_softmax", x, dim))


def check_range(name: str, target: Array, allowed: Array, classes: int) -> None:
    """Raise IndexingError that names the first class out of range.

    Example:
        >>> check_range("one_hot", np.array([1]), np.array([True]), 2)
    """
    if not allowed.all():
        position = tuple(int(i) for i in np.argwhere(~allowed)[0])
        where = f" at position {position[0] if len(position) == 1 else position}" if position else ""
        message = (
            f"{name}: class {int(target[position])}{where} is out of range for {classes} classes\n"
            f"  fix: classes count from 0 to {classes - 1}; check the number of outputs of the last layer"
        )
        raise IndexingError(message)


def one_hot(tensor: TensorLike, num_classes: int = -1) -> Tensor:
    """Return a row of zeros with a 1 at its class for each index.

    Args:
        tensor: class indices.
        num_classes: length of the rows; -1 for the largest index plus 1.

    Shapes: (*) -> (*, K).
    Raises: DTypeError if the indices are not integers, IndexingError if one is negative or too large.
    Source: torch.nn.functional.one_hot.

    Example:
        >>> one_hot(as_tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    index = as_array(tensor)
    if index.dtype.kind not in "iu":
        message = f"one_hot: expected integer indices, got {index.dtype}\n  fix: convert with x.long()"
        raise DTypeError(message)
    if num_classes == -1:
        if not index.size:
            message = "one_hot: no classes can be counted in an empty tensor\n  fix: pass num_classes"
            raise ArgumentError(message)
        num_classes = max(int(index.max()) + 1, 0)
    check_range("one_hot", index, (index >= 0) & (index < num_classes), num_classes)
    return wrap((index[..., None] == np.arange(num_classes)).astype(np.int64), None)
