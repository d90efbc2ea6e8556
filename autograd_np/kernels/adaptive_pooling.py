"""Pooling on arrays over a given number of windows, which share out each axis as evenly as whole elements allow."""

from __future__ import annotations

import math

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.blas import one_thread
from autograd_np.kernels.pooling import avg_pool, avg_spread, max_places, max_pool, pool_gather
from autograd_np.kernels.windows import ConvGeometry

__all__ = ["adaptive_avg_pool", "adaptive_max_pool", "adaptive_spread", "spans"]


def spans(size: int, out: int) -> list[tuple[int, int]]:
    """Return begin and end of `out` windows that cover an axis as evenly as whole elements allow.

    Example:
        >>> spans(7, 3)
        [(0, 3), (2, 5), (4, 7)]
    """
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def adaptive_avg_pool(x: Array, out: Shape) -> Array:
    """Average over a given number of windows.

    Shapes: x (N, C, *size) -> (N, C, *out).

    Example:
        >>> adaptive_avg_pool(np.array([[[1.0, 2.0, 6.0]]]), (2,))
        array([[[1.5, 4. ]]])
    """
    size = x.shape[2:]
    if all(count == 1 for count in out):
        count = math.prod(size)
        with one_thread:  # a product with ones sums three times as fast as NumPy's sum
            total = np.matmul(x.reshape(-1, count), np.ones(count, x.dtype))
        return (total / x.dtype.type(count)).reshape(*x.shape[:2], *out)
    if _divides(out, size):
        return avg_pool(x, _tiling(size, out), math.prod(size) // math.prod(out))
    for axis, count in enumerate(out, start=2):
        parts = [x[_between(axis, *span)].mean(axis) for span in spans(x.shape[axis], count)]
        x = np.stack(parts, axis)
    return x


def adaptive_spread(g: Array, size: Shape) -> Array:
    """Share each value out evenly over its window: the adjoint of `adaptive_avg_pool`.

    Shapes: g (N, C, *out) -> (N, C, *size).

    Example:
        >>> adaptive_spread(np.array([[[2.0, 4.0]]]), (3,))
        array([[[1., 3., 2.]]])
    """
    out = g.shape[2:]
    if _divides(out, size):
        return avg_spread(g, _tiling(size, out), math.prod(size) // math.prod(out))
    for axis in range(g.ndim - 1, 1, -1):
        wider = np.zeros((*g.shape[:axis], size[axis - 2], *g.shape[axis + 1 :]), g.dtype)
        for i, (begin, end) in enumerate(spans(size[axis - 2], g.shape[axis])):
            wider[_between(axis, begin, end)] += g[_between(axis, i, i + 1)] / (end - begin)
        g = wider
    return g


def adaptive_max_pool(x: Array, out: Shape) -> tuple[Array, Array]:
    """Return the maximum of each of a given number of windows, and where in its image it lies.

    Shapes: x (N, C, *size) -> twice (N, C, *out).

    Example:
        >>> adaptive_max_pool(np.array([[[1.0, 6.0, 2.0]]]), (2,))
        (array([[[6., 6.]]]), array([[[1, 1]]]))
    """
    size = x.shape[2:]
    if _divides(out, size):
        geo = _tiling(size, out)
        y = max_pool(x, geo)
        return y, max_places(x, geo, y)
    places = np.arange(math.prod(size)).reshape(size)
    index = np.empty((*x.shape[:2], *out), np.intp)
    ranges = [spans(n, count) for n, count in zip(size, out, strict=True)]
    for cell in np.ndindex(*out):
        window = tuple(slice(*ranges[axis][i]) for axis, i in enumerate(cell))
        here = places[window].reshape(-1)
        block = x[(slice(None), slice(None), *window)].reshape(*x.shape[:2], here.size)
        index[(slice(None), slice(None), *cell)] = here[block.argmax(-1)]
    return pool_gather(x, index), index


def _divides(out: Shape, size: Shape) -> bool:
    return all(n % count == 0 for n, count in zip(size, out, strict=True))


def _tiling(size: Shape, out: Shape) -> ConvGeometry:
    """Return the geometry of equal windows side by side."""
    kernel = tuple(n // count for n, count in zip(size, out, strict=True))
    return ConvGeometry(size, kernel, kernel, ((0, 0),) * len(out), (1,) * len(out))


def _between(axis: int, begin: int, end: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(begin, end))
