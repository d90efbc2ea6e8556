"""Logic and bits, element by element."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor
from autograd_np.ops._masks import Mask, _logical_not

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]

# --- rows ---------------------------------------------------------------------------------------------------------

_logical_and = Mask("logical_and", np.logical_and)
_logical_or = Mask("logical_or", np.logical_or)
_logical_xor = Mask("logical_xor", np.logical_xor)
_bitwise_and = Mask("bitwise_and", np.bitwise_and)
_bitwise_or = Mask("bitwise_or", np.bitwise_or)
_bitwise_xor = Mask("bitwise_xor", np.bitwise_xor)
_bitwise_not = UnaryOp("bitwise_not", np.invert, None)
_left_shift = Mask("left_shift", np.left_shift)
_right_shift = Mask("right_shift", np.right_shift)


# --- functions ----------------------------------------------------------------------------------------------------


def logical_and(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether both are true, that is not zero.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.logical_and.

    Example:
        >>> logical_and(as_tensor([True, True]), as_tensor([True, False]))
        tensor([ True, False])
    """
    return _logical_and(as_tensor(input), other)


def logical_or(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether at least one is true, that is not zero.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.logical_or.

    Example:
        >>> logical_or(as_tensor([True, False]), as_tensor([False, False]))
        tensor([ True, False])
    """
    return _logical_or(as_tensor(input), other)


def logical_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """Tell element by element whether exactly one is true, that is not zero.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.logical_xor.

    Example:
        >>> logical_xor(as_tensor([True, True]), as_tensor([True, False]))
        tensor([False,  True])
    """
    return _logical_xor(as_tensor(input), other)


def logical_not(input: TensorLike) -> Tensor:
    """Tell element by element whether it is false, that is zero.

    Shapes: any.
    Source: torch.logical_not.

    Example:
        >>> logical_not(as_tensor([0, 3]))
        tensor([ True, False])
    """
    return _logical_not(as_tensor(input))


def bitwise_and(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the bits set in both; for booleans the logical and.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast, DTypeError for floating numbers.
    Source: torch.bitwise_and.

    Example:
        >>> bitwise_and(as_tensor([6, 1]), 3)
        tensor([2, 1])
    """
    return _bitwise_and(as_tensor(input), other)


def bitwise_or(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the bits set in at least one; for booleans the logical or.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast, DTypeError for floating numbers.
    Source: torch.bitwise_or.

    Example:
        >>> bitwise_or(as_tensor([6, 1]), 3)
        tensor([7, 3])
    """
    return _bitwise_or(as_tensor(input), other)


def bitwise_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the bits set in exactly one; for booleans whether they differ.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast, DTypeError for floating numbers.
    Source: torch.bitwise_xor.

    Example:
        >>> bitwise_xor(as_tensor([6, 1]), 3)
        tensor([5, 2])
    """
    return _bitwise_xor(as_tensor(input), other)


def bitwise_not(input: TensorLike) -> Tensor:
    """Flip every bit; for booleans the logical not.

    Shapes: any.
    Raises: DTypeError for floating numbers.
    Source: torch.bitwise_not.

    Example:
        >>> bitwise_not(as_tensor([0, 5])), bitwise_not(as_tensor([True]))
        (tensor([-1, -6]), tensor([False]))
    """
    return _bitwise_not(as_tensor(input))


def bitwise_left_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """Shift the bits to the left, which multiplies by powers of 2.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast, DTypeError for floating numbers.
    Source: torch.bitwise_left_shift.

    Example:
        >>> bitwise_left_shift(as_tensor([5, -8]), 1)
        tensor([ 10, -16])
    """
    return _left_shift(as_tensor(input), other)


def bitwise_right_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """Shift the bits to the right, which divides by powers of 2 and rounds down.

    Shapes: any two that broadcast.
    Raises: ShapeError if the shapes do not broadcast, DTypeError for floating numbers.
    Source: torch.bitwise_right_shift.

    Example:
        >>> bitwise_right_shift(as_tensor([5, -8]), 1)
        tensor([ 2, -4])
    """
    return _right_shift(as_tensor(input), other)
