"""Geometries to draw, and references for operations on images: slow, obvious, one element at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from autograd_np.kernels.windows import ConvGeometry

__all__ = [
    "avg_pool",
    "conv",
    "conv_transpose",
    "drawn",
    "each_axis",
    "geometries",
    "max_pool",
    "on_batches",
    "rows_of_windows",
    "window_places",
]

Array = Any
Pairs = tuple[tuple[int, int], ...]


@st.composite
def geometries(draw: st.DrawFn, ranks: tuple[int, ...] = (1, 2, 3), max_padding: int = 3) -> ConvGeometry:
    """Draw windows of every kind that fit into small images."""
    rank = draw(st.sampled_from(ranks))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    size, kernel, stride, dilation = per_axis(1, 6), per_axis(1, 3), per_axis(1, 3), per_axis(1, 2)
    before, after = per_axis(0, max_padding), per_axis(0, max_padding)
    geo = ConvGeometry(size, kernel, stride, tuple(zip(before, after, strict=True)), dilation)
    assume(all(e <= n for e, n in zip(geo.extent, geo.padded, strict=True)))
    return geo


def drawn(shape: tuple[int, ...], seed: int = 0, dtype: Any = np.float64) -> Array:
    """Return random numbers of this shape."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def each_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """Return one setting per spatial axis; a single one stands for all."""
    return value if isinstance(value, tuple) else (value,) * rank


def on_batches(rank: int, reference: Callable[..., Any], batched: int = 1) -> Callable[..., Any]:
    """Return `reference(rank, x, ...)`, which takes (N, C, ...), for inputs without a batch axis as well.

    Args:
        rank: number of spatial axes.
        reference: returns an array or a tuple of arrays.
        batched: how many of the operands have the batch axis.
    """

    def either(*operands: Any, **options: Any) -> Any:
        if operands[0].ndim == rank + 2:
            return reference(rank, *operands, **options)
        found = reference(rank, *(x[None] for x in operands[:batched]), *operands[batched:], **options)
        return tuple(y[0] for y in found) if isinstance(found, tuple) else found[0]

    return either


def window_places(geo: ConvGeometry, position: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield (element of the kernel, place in the image) for the elements of one window that are not on the border."""
    for offset in np.ndindex(*geo.kernel):
        axes = zip(position, geo.stride, offset, geo.dilation, geo.padding, strict=True)
        place = tuple(p * s + o * d - low for p, s, o, d, (low, _) in axes)
        if all(0 <= i < n for i, n in zip(place, geo.size, strict=True)):
            yield offset, place


def conv(x: Array, w: Array, bias: Array | None, geo: ConvGeometry) -> Array:
    """Cross-correlate, window by window."""
    filters, per_group = w.shape[:2]
    y = np.zeros((len(x), filters, *geo.out))
    for n, o in np.ndindex(len(x), filters):
        first = o // (filters // geo.groups) * per_group
        for position in np.ndindex(*geo.out):
            total = 0.0 if bias is None else bias[o]
            for c in range(per_group):
                for offset, place in window_places(geo, position):
                    total += x[(n, first + c, *place)] * w[(o, c, *offset)]
            y[(n, o, *position)] = total
    return y


def conv_transpose(g: Array, w: Array, bias: Array | None, geo: ConvGeometry) -> Array:
    """Lay filters down, window by window."""
    filters, per_group = w.shape[:2]
    x = np.zeros((len(g), per_group * geo.groups, *geo.size))
    for n, o in np.ndindex(len(g), filters):
        first = o // (filters // geo.groups) * per_group
        for position in np.ndindex(*geo.out):
            for c in range(per_group):
                for offset, place in window_places(geo, position):
                    x[(n, first + c, *place)] += g[(n, o, *position)] * w[(o, c, *offset)]
    if bias is not None:
        x += bias.reshape(-1, *(1,) * len(geo.size))
    return x


def rows_of_windows(x: Array, geo: ConvGeometry) -> Array:
    """Return one row per window: its elements channel by channel, 0 on the border."""
    rows = np.zeros((len(x), *geo.out, x.shape[1], *geo.kernel), x.dtype)
    for n, c in np.ndindex(*x.shape[:2]):
        for position in np.ndindex(*geo.out):
            for offset, place in window_places(geo, position):
                rows[(n, *position, c, *offset)] = x[(n, c, *place)]
    return rows.reshape(len(x) * math.prod(geo.out), -1)


def max_pool(x: Array, geo: ConvGeometry) -> tuple[Array, Array]:
    """Return each window's maximum, and the flat place of the first element that equals it."""
    y = np.zeros((*x.shape[:2], *geo.out), x.dtype)
    index = np.zeros(y.shape, np.int64)
    for at in np.ndindex(*y.shape):
        best = None
        for _, place in window_places(geo, at[2:]):
            if best is None or x[at[:2] + place] > x[at[:2] + best]:
                best = place
        assert best is not None
        y[at] = x[at[:2] + best]
        index[at] = np.ravel_multi_index(best, geo.size)
    return y, index


def avg_pool(x: Array, geo: ConvGeometry, divisor: Any) -> Array:
    """Return each window's sum over the divisor."""
    y = np.zeros((*x.shape[:2], *geo.out))
    for at in np.ndindex(*y.shape):
        y[at] = sum(x[at[:2] + place] for _, place in window_places(geo, at[2:]))
    return y / divisor
