"""Euclidean distances between all vectors of two sets, by one product of matrices."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array

__all__ = ["distances"]

#: Where a squared distance is a smaller part than this of the two squared lengths, too few digits are left of it.
_CANCELLED = 1e-4
#: Elements of the differences that are taken at a time, so that they stay in the cache.
_CHUNK = 1 << 18


def distances(a: Array, b: Array) -> Array:
    """Return |a - b| for each vector of one set and each of another.

    |a|² + |b|² - 2·a·b needs no array of all differences, but cancels where two vectors are near each other. So it is
    computed in double precision around the sets' centre, and pairs that lost digits are computed from their difference.

    Shapes: a (*, N, D), b (*, M, D), with leading axes that broadcast -> (*, N, M).

    Example:
        >>> distances(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[0.0, 4.0]]))
        array([[4.],
               [5.]])
    """
    left, right = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    centre = right.sum(-2, keepdims=True) / max(right.shape[-2], 1)
    # Infinite lengths are not numbers here, and computed from their differences.
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = left - centre, right - centre
        lengths = np.vecdot(x, x)[..., :, None] + np.vecdot(y, y)[..., None, :]
        square = lengths - 2 * (x @ y.swapaxes(-1, -2))
        near = (~(square > _CANCELLED * lengths)).nonzero()
        *lead, rows, columns = near
        left = np.broadcast_to(left, (*square.shape[:-2], *left.shape[-2:]))
        right = np.broadcast_to(right, (*square.shape[:-2], *right.shape[-2:]))
        step = max(1, _CHUNK // max(a.shape[-1], 1))
        for i in range(0, len(rows), step):
            part = slice(i, i + step)
            where = tuple(axis[part] for axis in lead)
            difference = left[(*where, rows[part])] - right[(*where, columns[part])]
            square[(*where, rows[part], columns[part])] = np.vecdot(difference, difference)
    return np.sqrt(square).astype(a.dtype, copy=False)
