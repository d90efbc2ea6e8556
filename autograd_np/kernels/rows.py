"""Rows and columns of matrices: sums, extremes, and arithmetic with a number for each, where NumPy's loops are slow.

NumPy sums pairwise along rows but one after the other down columns, looks for a row's maximum by a call for each row,
and copies what it broadcasts along rows of less than its buffer of 8192 elements. What is here is up to ten times
faster, and its sums are no less exact: no run of additions is longer than some hundred.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.blas import one_thread

__all__ = [
    "as_rows",
    "by_column",
    "by_row",
    "column_sums",
    "exponentials",
    "rising",
    "row_bottoms",
    "row_products",
    "row_sums",
    "row_tops",
    "sums",
]

#: Types for which NumPy calls BLAS.
_BLAS = {np.dtype(np.float32), np.dtype(np.float64)}
#: Along rows up to this length a product with ones is faster than einsum.
_NARROW = 64
#: Longer rows are summed in pieces: einsum adds each piece's elements in 16 or more running sums.
_PIECE = 1024
#: Columns are summed over so many rows at a time.
_HEIGHT = 128
#: From this many elements on OpenBLAS would share a product with a vector out to threads.
_THREADED = 8192
#: Up to this many elements NumPy's own reductions are faster, for they need fewer calls.
_FEW = 512
_SINGLE_FEW = 1 << 14
#: Elements that NumPy's iterators buffer, and rows from which it is better not to.
_BUFFER = 8192
_LONG = 512
#: From this many elements on arithmetic with broadcasting is worth some calls more.
_LARGE = 1 << 15


@cache
def _ones(count: int, dtype: np.dtype) -> Array:
    """Return ones that nobody can write to."""
    ones = np.ones(count, dtype)
    ones.flags.writeable = False
    return ones


# --- sums -----------------------------------------------------------------------------------------------------------


def row_sums(x: Array) -> Array:
    """Return the sum of each row of a matrix.

    Example:
        >>> row_sums(np.array([[1.0, 3.0], [4.0, 2.0]]))
        array([4., 6.])
    """
    width = x.shape[1]
    if x.dtype.itemsize == 2:
        return np.add.reduce(x, axis=1)
    if width < _NARROW and x.dtype in _BLAS:
        return _product(x, _ones(width, x.dtype))
    if width <= 2 * _PIECE:
        return np.einsum("ij->i", x)
    whole = width - width % _PIECE
    total = np.add.reduce(np.einsum("ijk->ij", x[:, :whole].reshape(len(x), -1, _PIECE)), axis=1)
    if whole < width:
        total += np.einsum("ij->i", x[:, whole:])
    return total


def row_products(a: Array, b: Array) -> Array:
    """Return the sum of a·b over each row of two matrices.

    Example:
        >>> row_products(np.array([[1.0, 3.0], [4.0, 2.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([ 7., 20.])
    """
    if a.dtype.itemsize == 2 or a.shape[1] > 2 * _PIECE:
        return row_sums(a * b)
    return np.vecdot(a, b)


def column_sums(x: Array) -> Array:
    """Return the sum of each column of a matrix.

    Example:
        >>> column_sums(np.array([[1.0, 3.0], [4.0, 2.0]]))
        array([5., 5.])
    """
    height, width = x.shape
    if x.dtype not in _BLAS or not x.flags.c_contiguous:
        return np.add.reduce(x, axis=0)
    ones = _ones(_HEIGHT, x.dtype)
    if height <= _HEIGHT:
        return _product(ones[:height], x)
    count = height // _HEIGHT
    whole = count * _HEIGHT
    total = column_sums(_product(ones, x[:whole].reshape(count, _HEIGHT, width)))
    if whole < height:
        total += _product(ones[: height - whole], x[whole:])
    return total


def _product(a: Array, b: Array) -> Array:
    """Return a product with a vector. BLAS's threads would add in another order, and cost more than they save."""
    if max(a.size, b.size) < _THREADED:
        return np.matmul(a, b)
    with one_thread:
        return np.matmul(a, b)


def rising(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return axes in rising order, those counted from the end counted from the front.

    Example:
        >>> rising((-2, -1), 3), rising((0, 2), 3)
        ((1, 2), (0, 2))
    """
    return axes if not axes or axes[0] >= 0 else tuple(sorted(axis % rank for axis in axes))


def as_rows(x: Array, axes: tuple[int, ...] | None) -> Array | None:
    """Return a view as a matrix whose rows are what these axes, in rising order, hold; None where there is none.

    Example:
        >>> as_rows(np.ones((2, 3, 4)), (1, 2)).shape, as_rows(np.ones((2, 3, 4)), (0, 1))
        ((2, 12), None)
    """
    axes = tuple(range(x.ndim)) if axes is None else rising(axes, x.ndim)
    first = x.ndim - len(axes)
    if not axes or axes[0] != first or not x.flags.c_contiguous:
        return None
    return x.reshape(math.prod(x.shape[:first]), math.prod(x.shape[first:]))


def sums(x: Array, axes: tuple[int, ...] | None) -> Any:
    """Return the sum over axes, in rising order, or over all.

    Example:
        >>> sums(np.ones((2, 3, 4)), (0, 2))
        array([8., 8., 8.])
    """
    rank = x.ndim
    whole = axes is None or len(axes) == rank
    if x.size < (_SINGLE_FEW if whole else _FEW) or x.dtype.itemsize < 4 or not x.flags.c_contiguous:
        return np.add.reduce(x, axis=axes)
    if axes is None or whole:
        return row_sums(x.reshape(1, -1))[0]
    if not axes:
        return x.copy()
    axes = rising(axes, rank)
    if rank == 2:
        return row_sums(x) if axes[0] else column_sums(x)
    first, last = 0, rank
    while first in axes:
        first += 1
    while last - 1 in axes:
        last -= 1
    if first + rank - last != len(axes):
        return np.add.reduce(x, axis=axes)
    total, kept = x, x.shape[first:last]
    if last < rank:
        total = row_sums(x.reshape(-1, math.prod(x.shape[last:])))
    if first:
        total = column_sums(total.reshape(-1, math.prod(kept)))
    return total.reshape(kept)


# --- extremes -------------------------------------------------------------------------------------------------------

#: Up to this width the extremes down a transposed copy's columns are faster than looking for where they are.
_TURNED = 48


def row_tops(x: Array) -> Array:
    """Return the maximum of each row of a matrix; NaN where there is one.

    Example:
        >>> row_tops(np.array([[1.0, 3.0], [4.0, 2.0]]))
        array([3., 4.])
    """
    return _row_extremes(x, np.maximum, np.argmax)


def row_bottoms(x: Array) -> Array:
    """Return the minimum of each row of a matrix; NaN where there is one.

    Example:
        >>> row_bottoms(np.array([[1.0, 3.0], [4.0, 2.0]]))
        array([1., 2.])
    """
    return _row_extremes(x, np.minimum, np.argmin)


def _row_extremes(x: Array, function: np.ufunc, places_of: Any) -> Array:
    height, width = x.shape
    if height == 1 or not x.flags.c_contiguous or x.dtype not in _BLAS:
        return function.reduce(x, axis=1)
    if width <= _TURNED:
        return function.reduce(np.ascontiguousarray(x.T), axis=0)
    places = places_of(x, axis=1)
    places += np.arange(0, x.size, width)
    return x.reshape(-1).take(places)


# --- exponentials ---------------------------------------------------------------------------------------------------

#: Where a sum of exponentials lies between these, no shift was needed: nothing has overflowed, and what has underflowed
#: is less than 1e-35 of the sum.
_LEAST, _MOST = 1e-3, 1e37


def exponentials(x: Array, out: Array) -> tuple[Array, Array]:
    """Write exp(x - shift) for each row of a matrix; return the sums of the rows and the shifts, of which most are 0.

    To look for the maximum of every row and to subtract it costs half as much as the exponentials. So they are taken as
    they are, and again without the maximum only for rows whose sum overflowed or is too small to hold all digits; so
    `out` must be another array.

    Example:
        >>> y = np.empty((2, 2))
        >>> exponentials(np.array([[0.0, 0.0], [1000.0, 1000.0]]), y), y.tolist()
        ((array([2., 2.]), array([   0., 1000.])), [[1.0, 1.0], [1.0, 1.0]])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        np.exp(x, out=out)
        total = row_sums(out)
        shift = np.zeros_like(total)
        fine = (total > _LEAST) & (total < _MOST)
        if not fine.all():
            rows = ~fine
            part = x[rows]
            shift[rows] = row_tops(part)
            part -= shift[rows, None]
            np.exp(part, out=part)
            out[rows] = part
            total[rows] = row_sums(part)
    return total, shift


# --- arithmetic with one number for each row or column --------------------------------------------------------------


def by_row(function: np.ufunc, x: Array, values: Array, out: Array) -> Array:
    """Return function(x, values) with one value for each row, written to `out`.

    Example:
        >>> by_row(np.subtract, np.array([[1.0, 3.0], [4.0, 2.0]]), np.array([1.0, 2.0]), np.empty((2, 2)))
        array([[0., 2.],
               [2., 0.]])
    """
    column = values[:, None]
    if not _LONG <= x.shape[1] < _BUFFER or x.size < _LARGE:
        return function(x, column, out=out)
    before = np.setbufsize(_LONG)
    try:
        return function(x, column, out=out)
    finally:
        np.setbufsize(before)


def by_column(function: np.ufunc, x: Array, values: Array, out: Array) -> Array:
    """Return function(x, values) with one value for each column, written to `out`.

    Example:
        >>> by_column(np.multiply, np.array([[1.0, 3.0], [4.0, 2.0]]), np.array([1.0, 2.0]), np.empty((2, 2)))
        array([[1., 6.],
               [4., 4.]])
    """
    height, width = x.shape
    if x.size < _LARGE or not 0 < width < _BUFFER or not (x.flags.c_contiguous and out.flags.c_contiguous):
        return function(x, values, out=out)
    # Several rows together are as long as the buffer.
    together = -(-_BUFFER // width)
    whole = height - height % together
    wide = (-1, together * width)
    function(x[:whole].reshape(wide), np.concatenate([values] * together), out=out[:whole].reshape(wide))
    if whole < height:
        function(x[whole:], values, out=out[whole:])
    return out
