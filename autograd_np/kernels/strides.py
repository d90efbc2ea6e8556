"""Kernels of strided readings: a view by steps through the elements, and its adjoint."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array, Shape

__all__ = ["add_strided", "overlaps", "strided", "strided_positions"]


def strided_positions(size: Shape, stride: Shape, offset: int) -> Array:
    """Return which element, counted through all of them, each place of the reading shows.

    Example:
        >>> strided_positions((2, 2), (3, 1), 1)
        array([[1, 2],
               [4, 5]])
    """
    places = np.full(size, offset, np.intp)
    for axis, (n, step) in enumerate(zip(size, stride, strict=True)):
        places += (np.arange(n) * step).reshape((n, *(1,) * (len(size) - axis - 1)))
    return places


def overlaps(size: Shape, stride: Shape) -> bool:
    """Tell whether two places of the reading may show one element; some readings that do not are told so too.

    Example:
        >>> overlaps((2, 3), (3, 1)), overlaps((2, 3), (2, 1))
        (False, True)
    """
    reach = 0
    for step, n in sorted((step, n) for step, n in zip(stride, size, strict=True) if n > 1):
        if step <= reach:
            return True
        reach += step * (n - 1)
    return False


def strided(x: Array, size: Shape, stride: Shape, offset: int) -> Array:
    """Return the elements at these steps: a view of contiguous memory, which can be written unless places overlap.

    Example:
        >>> strided(np.arange(6), (2, 2), (3, 1), 1)
        array([[1, 2],
               [4, 5]])
    """
    if not x.flags.c_contiguous or not x.size:
        return np.asarray(x.reshape(-1)[strided_positions(size, stride, offset)])
    steps = tuple(step * x.itemsize for step in stride)
    # NumPy checks the bounds of such an array, and its base is x itself, by which views are known.
    view: Array = np.ndarray(size, x.dtype, x, offset * x.itemsize, steps)
    if overlaps(size, stride):
        view.flags.writeable = False
    return view


def add_strided(x: Array, values: Array, size: Shape, stride: Shape, offset: int) -> None:
    """Add to every element of x what the places that show it hold; the adjoint of `strided`.

    Example:
        >>> x = np.zeros(3)
        >>> add_strided(x, np.ones((2, 2)), (2, 2), (1, 1), 0); x
        array([1., 2., 1.])
    """
    places = strided_positions(size, stride, offset).reshape(-1)
    sums = np.bincount(places, values.reshape(-1), x.size)[: x.size]
    x += sums.reshape(x.shape).astype(x.dtype, copy=False)
