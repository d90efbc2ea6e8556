"""What programs call beside NumPy and kernels: the few steps of a replay that touch Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import Tensor, wrap
from autograd_np.ops import class_losses

__all__ = ["Arrays", "CheckedClasses", "DivergedError", "accumulate", "arrays_in", "sharing"]


class DivergedError(Exception):
    """What was recorded does not hold for the values of this call; nothing was changed yet."""


def accumulate(tensor: Tensor, g: Array) -> None:
    """Add to a gradient that is there, as the engine does."""
    before: Any = tensor._grad
    if before._node is None and before._array.flags.writeable:
        np.add(before._array, g, out=before._array)
        if before._cell is not None:
            before._cell.written("backward")
    else:
        tensor._grad = wrap(before._array + g, None)


def sharing(array: Array, node: Any, owner: Tensor) -> Tensor:
    """Return a Tensor that shares another one's memory, and the count of writes to it."""
    result = wrap(array, node)
    result._cell = owner._shared_cell()
    return result


class CheckedClasses:
    """The check of a loss's classes, which a replay makes before anything else.

    Args:
        name: of the loss.
        shape: of the scores, of which nothing else is looked at.
        dtype: of the scores.
        axis: along which the classes lie.
        ignored: the class that does not count.
    """

    def __init__(self, name: str, shape: tuple[int, ...], dtype: Any, axis: int, ignored: int) -> None:
        self.given = (name, wrap(np.broadcast_to(np.zeros((), dtype), shape), None))
        self.settings = (axis, ignored)

    def __call__(self, target: Array) -> None:
        """Raise IndexingError for classes out of range, and DivergedError if some are to be ignored."""
        classes, counts = class_losses._samples(*self.given, wrap(target, None), *self.settings)
        if counts is not None or classes._array is not target:
            raise DivergedError


def arrays_in(part: Any) -> list[Any]:
    """Return the arrays and Tensors in nested arguments, in order."""
    if isinstance(part, (np.ndarray, Tensor)):
        return [part]
    if isinstance(part, (tuple, list, set, frozenset)):
        return [x for item in part for x in arrays_in(item)]
    if isinstance(part, dict):
        return arrays_in(tuple(part.values()))
    return arrays_in((part.start, part.stop, part.step)) if isinstance(part, slice) else []


class Arrays:
    """A function whose result is a tuple of the arrays in what another one returns."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.__name__ = function.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Array, ...]:
        """Return the arrays, in order."""
        return tuple(arrays_in(self.function(*args, **kwargs)))
