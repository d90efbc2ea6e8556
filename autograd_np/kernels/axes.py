"""Axes as operations take them: negative or not, one or several, checked once."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_np._typing import Axes, Shape
from autograd_np.errors import ArgumentError, DTypeError, IndexingError

__all__ = ["kept_shape", "normalized_axes", "normalized_axis"]


def normalized_axis(operation: str, axis: int, ndim: int) -> int:
    """Return the axis counted from the front.

    Raises: IndexingError if it is out of range, DTypeError if it is no integer.

    Example:
        >>> normalized_axis("sum", -1, 3)
        2
    """
    if not hasattr(axis, "__index__") or isinstance(axis, bool):
        message = f"{operation}: dim must be an integer, got {axis!r}"
        raise DTypeError(message)
    number = axis.__index__()
    rank = max(ndim, 1)
    if not -rank <= number < rank:
        message = (
            f"{operation}: dim {number} is out of range for a tensor of {ndim} axes\n"
            f"  fix: dim must lie between {-rank} and {rank - 1}"
        )
        raise IndexingError(message)
    return number % rank


def normalized_axes(operation: str, axes: Axes, ndim: int) -> tuple[int, ...]:
    """Return the axes counted from the front, in rising order; None and the empty sequence mean all.

    Raises: IndexingError if one is out of range, ArgumentError if one comes twice.

    Example:
        >>> normalized_axes("sum", (-1, 0), 3), normalized_axes("sum", None, 2)
        ((0, 2), (0, 1))
    """
    if axes is None or (isinstance(axes, Sequence) and not axes):
        return tuple(range(ndim))
    listed = list(axes) if isinstance(axes, Sequence) else [axes]
    found = [normalized_axis(operation, axis, ndim) for axis in listed]
    if len(set(found)) != len(found):
        message = f"{operation}: dim {tuple(listed)} names an axis twice"
        raise ArgumentError(message)
    return tuple(sorted(found)) if ndim else ()


def kept_shape(shape: Shape, axes: Sequence[int]) -> Shape:
    """Return the shape with the given axes of size 1, as a reduction with keepdim leaves it.

    Example:
        >>> kept_shape((2, 3, 4), (0, 2))
        (1, 3, 1)
    """
    return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
