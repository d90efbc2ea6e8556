"""Pooling on arrays: maxima with the places they came from, averages, and their adjoints.

A maximum is a gather at an index that does not move with small changes of the input, so its derivative is the scatter
at that index and the derivative of the scatter is the gather: the two close every order. Averages are linear and
separable: each pass sums along one axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.errors import ArgumentError
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.windows import ConvGeometry, check_sizes, geometry, inside, padded

__all__ = [
    "avg_pool",
    "avg_spread",
    "max_places",
    "max_pool",
    "max_spread",
    "max_unpool",
    "pool_gather",
    "pool_geometry",
    "pool_scatter",
    "window_sizes",
]

#: Bytes of images to work on at a time, so that they stay in the cache from one pass to the next.
_BLOCK = 400_000


def pool_geometry(
    operation: str,
    size: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    *,
    ceil_mode: bool = False,
) -> ConvGeometry:
    """Return the geometry of pooling windows after checking that each of them meets the input.

    With ceil_mode the last window may hang over the border: the border grows to hold it, unless the window would begin
    beyond the input.

    Raises: ArgumentError for a padding of more than half a window, or if dilation makes a window miss the input;
        otherwise as `geometry`.

    Example:
        >>> pool_geometry("max_pool1d", (6,), (3,), (2,), (0,), (1,)).out
        (2,)
        >>> pool_geometry("max_pool1d", (6,), (3,), (2,), (0,), (1,), ceil_mode=True).out
        (3,)
    """
    borders = tuple((p, p) for p in padding)
    check_sizes(operation, kernel, stride, borders, dilation)
    asked = ConvGeometry(size, kernel, stride, borders, dilation)
    if any(2 * p > e for p, e in zip(padding, asked.extent, strict=True)):
        message = (
            f"{operation}: padding {padding} is more than half of the window {asked.extent}, so windows would hold "
            "nothing but border\n  fix: pad the input itself, or take a larger kernel_size"
        )
        raise ArgumentError(message)
    if ceil_mode:
        axes = zip(size, padding, asked.padded, asked.extent, stride, strict=True)
        borders = tuple((p, max(p, _overhang(n, p, whole, e, s))) for n, p, whole, e, s in axes)
    geo = geometry(operation, size, kernel, stride, borders, dilation)
    if max(dilation) > 1 and max(padding) > 0:
        for n, m, k, s, (low, _), d in zip(size, geo.out, kernel, geo.stride, geo.padding, dilation, strict=True):
            places = np.arange(m)[:, None] * s - low + np.arange(k) * d
            if not ((places >= 0) & (places < n)).any(1).all():
                message = (
                    f"{operation}: with padding {padding} and dilation {dilation} a window of {kernel} misses the "
                    f"input of {size}\n  fix: use less padding or less dilation"
                )
                raise ArgumentError(message)
    return geo


def _overhang(size: int, low: int, whole: int, extent: int, stride: int) -> int:
    """Return the padding after the input that the last window needs when partial windows count too."""
    last = -((extent - whole) // stride) * stride
    if last >= size + low:
        last -= stride
    return last + extent - size - low if last >= 0 else 0


# --- maxima -------------------------------------------------------------------------------------------------------


def max_pool(x: Array, geo: ConvGeometry) -> Array:
    """Return the maximum of each window. The border never wins; NaN wins over all.

    Shapes: x (N, C, *size) -> (N, C, *out).

    Example:
        >>> geo = pool_geometry("max_pool1d", (4,), (2,), (2,), (0,), (1,))
        >>> max_pool(np.array([[[1.0, 5.0, 7.0, 7.0]]]), geo)
        array([[[5., 7.]]])
    """
    y = np.empty((*x.shape[:2], *geo.out), x.dtype)
    fill = _lowest(x.dtype)

    def work(piece: Piece) -> None:
        part = padded(x[piece], geo, fill)
        # Maxima of maxima along one axis after the other; the first passes then read whole rows.
        for axis, (k, s, d, m) in enumerate(zip(geo.kernel, geo.stride, geo.dilation, geo.out, strict=True), start=2):
            rows = [part[_along(axis, o * d, s, m)] for o in range(k)]
            into = y[piece] if axis == x.ndim - 1 else np.empty(rows[0].shape, x.dtype)
            np.maximum(rows[0], rows[-1], out=into)
            for row in rows[1:-1]:
                np.maximum(into, row, out=into)
            part = into

    for_each(work, _pieces(x))
    return y


def max_places(x: Array, geo: ConvGeometry, y: Array | None = None) -> Array:
    """Return where in its image the maximum of each window lies, counted row by row.

    Of equal elements the first in the window wins, and NaN wins over all. The border never wins.

    Shapes: x (N, C, *size), y (N, C, *out), the maxima if they are known -> (N, C, *out).

    Example:
        >>> geo = pool_geometry("max_pool1d", (4,), (2,), (2,), (0,), (1,))
        >>> max_places(np.array([[[1.0, 5.0, 7.0, 7.0]]]), geo)
        array([[[1, 2]]])
    """
    largest = max_pool(x, geo) if y is None else y
    places = np.empty(largest.shape, np.intp)
    within, first = _offsets_within(geo)
    borders = list(_on_border(geo)) if geo.padded != geo.size else [None] * len(within)

    def work(piece: Piece) -> None:
        most, canvas = largest[piece], padded(x[piece], geo, _lowest(x.dtype))
        parts = [canvas[where] for where in _offsets(geo)]
        has_nan = most.dtype.kind == "f" and bool(np.isnan(most).any())
        # How many parts differ from the maximum before the first that equals it: counted from the last part backwards.
        winner = np.zeros(most.shape, np.min_scalar_type(len(parts)))
        for part, border in zip(parts[-2::-1], borders[-2::-1], strict=True):
            loses = part != most
            if has_nan:
                loses &= ~np.isnan(part)
            if border is not None:
                loses |= border
            winner += 1
            winner *= loses.view(np.uint8)
        np.add(within.take(winner, mode="clip"), first, out=places[piece])

    for_each(work, _pieces(x))
    return places


def max_spread(g: Array, x: Array, geo: ConvGeometry) -> Array:
    """Add each value to the image element that was the maximum of its window: what goes back through `max_pool`.

    Shapes: g (N, C, *out), x (N, C, *size) -> (N, C, *size).

    Example:
        >>> geo = pool_geometry("max_pool1d", (4,), (2,), (2,), (0,), (1,))
        >>> max_spread(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 5.0, 7.0, 7.0]]]), geo)
        array([[[0., 1., 2., 0.]]])
    """
    y = max_pool(x, geo)
    apart = geo.padded == geo.size and all(s >= e for s, e in zip(geo.stride, geo.extent, strict=True))
    if not apart or (y.dtype.kind == "f" and np.isnan(y.sum())):
        return pool_scatter(g, max_places(x, geo, y), geo.size)
    covered = geo.size == tuple(k * m for k, m in zip(geo.kernel, geo.out, strict=True))
    images = np.empty(x.shape, g.dtype) if covered else np.zeros(x.shape, g.dtype)

    def work(piece: Piece) -> None:
        into, part, most, values = images[piece], x[piece], y[piece], g[piece]
        left = np.ones(most.shape, bool)
        for where in _offsets(geo):
            wins = part[where] == most
            wins &= left
            left ^= wins
            np.multiply(values, wins, out=into[where])

    for_each(work, _pieces(x))
    return images


Piece: TypeAlias = tuple[slice, slice]


def _pieces(x: Array) -> list[Piece]:
    """Cut images (N, C, *size) into pieces of some images, or channels of one, that fit the cache."""
    channels = max(1, _BLOCK * math.prod(x.shape[:2]) // max(1, x.nbytes))
    some = slices(x.shape[1], channels)
    return [(samples, these) for samples in slices(len(x), max(1, channels // max(1, x.shape[1]))) for these in some]


def _lowest(dtype: np.dtype[Any]) -> float:
    """Return the value that is never larger than another of its type."""
    if dtype.kind == "f":
        return -math.inf
    return int(np.iinfo(dtype).min) if dtype.kind in "iu" else 0


def _offsets(geo: ConvGeometry) -> Iterator[tuple[slice, ...]]:
    """Yield for each window element the index of all windows' elements there in images (N, C, *padded)."""
    for offset in np.ndindex(*geo.kernel):
        yield (
            slice(None),
            slice(None),
            *(
                slice(o * d, o * d + s * (m - 1) + 1, s)
                for o, d, s, m in zip(offset, geo.dilation, geo.stride, geo.out, strict=True)
            ),
        )


def _on_border(geo: ConvGeometry) -> Iterator[Array | None]:
    """Yield for each window element which windows have it on the border, None if no window has."""
    border = np.ones((1, 1, *geo.padded), bool)
    border[inside(geo, 2)] = False
    for where in _offsets(geo):
        part = border[where]
        yield part if part.any() else None


def _offsets_within(geo: ConvGeometry) -> tuple[Array, Array]:
    """Return how far in its image each element lies from a window's first, and where that is for each window."""
    steps = [math.prod(geo.size[a + 1 :]) for a in range(len(geo.size))]
    within = np.zeros((), np.intp)
    first = np.zeros((), np.intp)
    for k, d, s, (low, _), m, step in zip(
        geo.kernel, geo.dilation, geo.stride, geo.padding, geo.out, steps, strict=True
    ):
        within = np.add.outer(within, np.arange(k) * (d * step))
        first = np.add.outer(first, (np.arange(m) * s - low) * step)
    return within.reshape(-1), first


def pool_scatter(g: Array, index: Array, size: Shape) -> Array:
    """Add each value to the image element at its index; windows that share a winner add up.

    Shapes: g (N, C, *out), index alike -> (N, C, *size).

    Example:
        >>> pool_scatter(np.array([[[1.0, 2.0]]]), np.array([[[2, 2]]]), (4,))
        array([[[0., 0., 3., 0.]]])
    """
    images = np.zeros((*g.shape[:2], *size), g.dtype)
    np.add.at(images.reshape(-1), _across_images(index, math.prod(size)).reshape(-1), g.reshape(-1))
    return images


def pool_gather(x: Array, index: Array) -> Array:
    """Read from each image the elements at its indices: the adjoint of `pool_scatter`.

    Shapes: x (N, C, *size), index (N, C, *out) -> (N, C, *out).

    Example:
        >>> pool_gather(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[2, 0]]]))
        array([[[3., 1.]]])
    """
    return np.take(x.reshape(-1), _across_images(index, math.prod(x.shape[2:])))


def max_unpool(x: Array, index: Array, size: Shape) -> tuple[Array, Array]:
    """Write each value at its index into images of zeros, and return too which values are still there at the end.

    Where an index comes twice the later value stays. The second result is a single True if none does.

    Shapes: x (N, C, *out), index alike -> (N, C, *size), and () or (N, C, *out).

    Example:
        >>> max_unpool(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[0, 2, 2]]]), (4,))
        (array([[[1., 0., 3., 0.]]]), array([[[ True, False,  True]]]))
    """
    images = np.zeros((*x.shape[:2], *size), x.dtype)
    places = _across_images(index, math.prod(size)).reshape(-1)
    images.reshape(-1)[places] = x.reshape(-1)
    taken = np.zeros(images.size, bool)
    taken[places] = True
    if np.count_nonzero(taken) == places.size:
        return images, np.ones((), bool)
    order = np.arange(places.size)
    last = np.empty(images.size, np.intp)
    last[places] = order
    return images, (last[places] == order).reshape(x.shape)


def _across_images(index: Array, size: int) -> Array:
    """Return indices into one image as indices into all of them."""
    starts = np.arange(math.prod(index.shape[:2])) * size
    return index + starts.reshape(*index.shape[:2], *(1,) * (index.ndim - 2))


# --- averages -----------------------------------------------------------------------------------------------------


def window_sizes(geo: ConvGeometry, padding: Shape, *, count_include_pad: bool) -> int | Array:
    """Return how many elements each window averages over: one number, or one per window where they differ.

    The border that the caller asked for counts if wanted; what ceil_mode added to it never does.

    Shapes: -> () or (*out).

    Example:
        >>> geo = pool_geometry("avg_pool1d", (5,), (2,), (2,), (0,), (1,), ceil_mode=True)
        >>> window_sizes(geo, (0,), count_include_pad=True)
        array([2, 2, 1])
    """
    total = np.ones((), np.intp)
    for n, m, k, s, p in zip(geo.size, geo.out, geo.kernel, geo.stride, padding, strict=True):
        first, beyond = (-p, n + p) if count_include_pad else (0, n)
        start = np.arange(m) * s - p
        total = np.multiply.outer(total, np.minimum(start + k, beyond) - np.maximum(start, first))
    return int(total.flat[0]) if total.size and (total == total.flat[0]).all() else total


def avg_pool(x: Array, geo: ConvGeometry, divisor: float | Array) -> Array:
    """Sum each window and divide.

    Shapes: x (N, C, *size), divisor () or (*out) -> (N, C, *out).

    Example:
        >>> geo = pool_geometry("avg_pool1d", (4,), (2,), (2,), (0,), (1,))
        >>> avg_pool(np.array([[[1.0, 3.0, 5.0, 9.0]]]), geo, 2)
        array([[[2., 7.]]])
    """
    y = np.empty((*x.shape[:2], *geo.out), x.dtype)
    share = np.asarray(divisor, x.dtype)

    def work(piece: Piece) -> None:
        part = padded(x[piece], geo)
        for axis, (k, s, m) in enumerate(zip(geo.kernel, geo.stride, geo.out, strict=True), start=2):
            rows = [part[_along(axis, o, s, m)] for o in range(k)]
            part = rows[0] + rows[1] if k > 1 else rows[0]
            for row in rows[2:]:
                part += row
        np.divide(part, share, out=y[piece])

    for_each(work, _pieces(x))
    return y


def avg_spread(g: Array, geo: ConvGeometry, divisor: float | Array) -> Array:
    """Divide, and add to every element of each window: the adjoint of `avg_pool`.

    Shapes: g (N, C, *out), divisor () or (*out) -> (N, C, *size).

    Example:
        >>> geo = pool_geometry("avg_pool1d", (4,), (2,), (2,), (0,), (1,))
        >>> avg_spread(np.array([[[2.0, 4.0]]]), geo, 2)
        array([[[1., 1., 2., 2.]]])
    """
    x = np.empty((*g.shape[:2], *geo.size), g.dtype)
    share = np.asarray(divisor, g.dtype)
    apart = geo.padded == geo.size == tuple(k * m for k, m in zip(geo.kernel, geo.out, strict=True))

    def work(piece: Piece) -> None:
        part = g[piece] / share
        if apart and geo.kernel == geo.stride:
            shape = [n for k, m in zip(geo.kernel, geo.out, strict=True) for n in (m, k)]
            windows = x[piece].reshape(*part.shape[:2], *shape)
            windows[...] = part.reshape(*part.shape[:2], *(n for m in geo.out for n in (m, 1)))
            return
        for axis in range(x.ndim - 1, 1, -1):
            k, s, m, whole = (numbers[axis - 2] for numbers in (geo.kernel, geo.stride, geo.out, geo.padded))
            wider = np.zeros((*part.shape[:axis], whole, *part.shape[axis + 1 :]), x.dtype)
            for o in range(k):
                wider[_along(axis, o, s, m)] += part
            part = wider
        x[piece] = part[inside(geo, 2)]

    for_each(work, _pieces(x))
    return x


def _along(axis: int, offset: int, stride: int, count: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(offset, offset + stride * (count - 1) + 1, stride))
