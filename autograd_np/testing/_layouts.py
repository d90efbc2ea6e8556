"""The same values laid out in memory in other ways; kernels must not tell the difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np._typing import Array

__all__ = ["LAYOUTS"]


def _contiguous(array: Array) -> Array:
    return np.array(array, order="C")


def _fortran(array: Array) -> Array:
    return np.array(array, order="F")


def _strided(array: Array) -> Array:
    """Return every second element of a larger buffer, along every axis."""
    buffer = np.zeros(tuple(2 * n + 1 for n in array.shape), array.dtype)
    # The ellipsis keeps an array also where there are no axes.
    odd: Any = (*(slice(1, None, 2) for _ in array.shape), ...)
    view: Array = buffer[odd]
    view[...] = array
    return view


def _negative(array: Array) -> Array:
    """Return a view that runs backwards through its memory along every axis."""
    backwards: Any = (*(slice(None, None, -1) for _ in array.shape), ...)
    return np.array(array[backwards], order="C")[backwards]


def _rotated(array: Array) -> Array:
    """Return a view whose axes lie in memory in another order: from three on neither C's nor Fortran's."""
    order = (*range(1, array.ndim), *range(min(array.ndim, 1)))
    back = tuple(int(i) for i in np.argsort(order))
    return np.array(array.transpose(order), order="C").transpose(back)


def _zero_stride(array: Array) -> Array:
    """Return a read-only view that reads one element again along each axis on which values do not vary."""
    first = array
    for axis, size in enumerate(array.shape):
        part = first[(slice(None),) * axis + (slice(0, 1),)]
        if size and bool((part == first).all()):
            first = part
    return np.broadcast_to(np.array(first, order="C"), array.shape)


def _read_only(array: Array) -> Array:
    result = np.array(array, order="C")
    result.flags.writeable = False
    return result


#: Ways to lay the same values out in memory, by name.
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": _contiguous,
    "fortran": _fortran,
    "strided": _strided,
    "negative stride": _negative,
    "rotated axes": _rotated,
    "zero stride": _zero_stride,
    "read-only": _read_only,
}
