"""Convolution on arrays: one trilinear form ⟨g, conv(x, w)⟩ with three faces.

⟨g, conv(x, w)⟩ = ⟨x, conv_dx(g, w)⟩ = ⟨w, conv_dw(g, x)⟩. Each face is linear in both operands and its two adjoints are
the other two faces, so derivatives of every order stay inside this file.

There are three ways to compute them. Filters of one channel each multiply shifted images (depthwise.py). Where the
windows are no larger than what comes out of them, columns of whole windows are multiplied straight into the result
(im2col); for a filter of one element the images themselves are the columns. Otherwise images lie on a canvas where all
windows' elements at one place are contiguous (canvas.py), so that little is copied. All share out the batch, or bands
of rows, to the threads of parallel.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import groupby
from itertools import product as combinations
from typing import NamedTuple

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels import depthwise
from autograd_np.kernels.blas import product
from autograd_np.kernels.canvas import Band, Canvas, bands
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.windows import ConvGeometry, inside, padded, spread, windows

__all__ = ["conv", "conv_dw", "conv_dx", "conv_transpose"]

#: Bytes to work on at a time, so that they stay in the cache between one call of NumPy and the next.
_BLOCK = 1_000_000
#: Into how many parts the work is cut at most. More parts share more evenly, but each takes memory of its own.
_PARTS = 8
#: A column of fewer elements makes a poor matrix product.
_SHORT = 24
#: A product of fewer rows is slow.
_FEW = 8
#: Sums of the filters' adjoint, one for each part, may take so many bytes.
_SUMS = 4_000_000
_ALL = slice(None)


# --- parts --------------------------------------------------------------------------------------------------------


class _Task(NamedTuple):
    """A few images, and a band of their rows."""

    band: Band
    samples: slice


def _parts(geo: ConvGeometry, count: int, per_place: int, most: int = _PARTS) -> list[list[_Task]]:
    """Cut a batch, and large images, into tasks that fit the cache, and these into at most so many parts.

    Args:
        geo: of the convolution.
        count: how many images there are.
        per_place: bytes of everything that belongs to one place of the output.
        most: how many parts.
    """
    places = math.prod(geo.out)
    wanted = max(1, _BLOCK // max(1, per_place))
    rows = geo.out[0] if places <= 2 * wanted else max(1, wanted * geo.out[0] // places)
    samples = slices(count, max(1, min(wanted // max(1, places), -(-count // most))))
    tasks = [_Task(band, some) for band in bands(geo, rows) for some in samples]
    return [tasks[part] for part in slices(len(tasks), -(-len(tasks) // most))]


def _by_band(part: list[_Task]) -> Iterator[tuple[Band, int, list[slice]]]:
    """Yield each band of a part, the most images at a time, and which images."""
    for band, tasks in groupby(part, key=lambda task: task.band):
        samples = [task.samples for task in tasks]
        yield band, max(some.stop - some.start for some in samples), samples


def _of(x: Array, samples: slice, rows: slice) -> Array:
    return x[samples, :, rows]


# --- the three faces ----------------------------------------------------------------------------------------------


def conv(x: Array, w: Array, bias: Array | None, geo: ConvGeometry) -> Array:
    """Cross-correlate images with filters.

    Shapes: x (N, C, *size), w (O, C/groups, *kernel), bias (O,) or None -> (N, O, *out).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]]), None, geo)
        array([[[21., 42.]]])
    """
    y = np.empty((len(x), len(w), *geo.out), x.dtype)
    _correlate(x, w, geo, y)
    if bias is not None:
        y += bias.reshape(-1, *(1,) * len(geo.kernel))
    return y


def conv_dw(g: Array, x: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the filters: what each filter element met, weighted by `g`.

    Shapes: g (N, O, *out), x (N, C, *size) -> (O, C/groups, *kernel).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv_dw(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 4.0]]]), geo)
        array([[[21., 42.]]])
    """
    if x.shape[1] == geo.groups > 1:
        return depthwise.conv_dw(g, x, geo)
    if _in_whole_columns(geo, x.shape[1], g.shape[1]):
        return _filters_from_columns(g, x, geo)
    return _filters_from_canvas(g, x, geo)


def conv_dx(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the images: `g` sent back through the filters to where it came from.

    Shapes: g (N, O, *out), w (O, C/groups, *kernel) -> (N, C, *size).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv_dx(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]), geo)
        array([[[ 1., 12., 20.]]])
    """
    if _spreads(w, geo):
        return _images_by_spreading(g, w, geo)
    return _images_by_gathering(g, w, geo)


def conv_transpose(x: Array, w: Array, bias: Array | None, geo: ConvGeometry) -> Array:
    """Return `conv_dx`, with a bias per channel added.

    Shapes: x (N, O, *out), w (O, C/groups, *kernel), bias (C,) or None -> (N, C, *size).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv_transpose(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]), np.array([0.5]), geo)
        array([[[ 1.5, 12.5, 20.5]]])
    """
    y = conv_dx(x, w, geo)
    if bias is not None:
        y += bias.reshape(-1, *(1,) * len(geo.kernel))
    return y


def _correlate(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    """Write the cross-correlation to `y`, which may be a view; a negative padding cuts off."""
    if w.shape[1] == 1 and geo.groups > 1:
        depthwise.conv(x, w, geo, y)
    elif y.flags.c_contiguous and min(map(min, geo.padding)) >= 0 and _in_whole_columns(geo, x.shape[1], len(w)):
        _conv_in_columns(x, w, geo, y)
    else:
        _conv_on_canvas(x, w, geo, y)


# --- columns of whole windows -------------------------------------------------------------------------------------


def _in_whole_columns(geo: ConvGeometry, channels: int, filters: int) -> bool:
    """Tell whether windows are about as small as what comes out of them, or simply the images' elements."""
    window = channels * math.prod(geo.kernel)
    return window <= 1.3 * filters or (window == channels and max(geo.stride) == 1)


def _columns(x: Array, geo: ConvGeometry) -> Array:
    """Return the windows (N, G, C/G·KH·KW, L) of each group; the images themselves if they are that."""
    shape = (len(x), geo.groups, x.shape[1] // geo.groups * math.prod(geo.kernel), math.prod(geo.out))
    if geo.size == geo.out and math.prod(geo.kernel) == 1:
        return x.reshape(shape)
    y = np.empty((*x.shape[:2], *geo.kernel, *geo.out), x.dtype)
    y[...] = windows(padded(x, geo), geo, 2)
    return y.reshape(shape)


def _grouped(x: Array, groups: int) -> Array:
    """Return images as matrices (N, G, C/G, L)."""
    return x.reshape(len(x), groups, x.shape[1] // groups, math.prod(x.shape[2:]))


def _conv_in_columns(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    matrix = w.reshape(geo.groups, len(w) // geo.groups, -1)

    def work(part: list[_Task]) -> None:
        for band, samples in part:
            columns = _columns(_of(x, samples, band.seen), band.geo)
            product(matrix, columns, _grouped(_of(y, samples, band.rows), geo.groups))

    per_place = x.itemsize * (x.shape[1] * math.prod(geo.kernel) + len(w))
    for_each(work, _parts(geo, len(x), per_place))


def _filters_from_columns(g: Array, x: Array, geo: ConvGeometry) -> Array:
    height, width = x.shape[1] // geo.groups * math.prod(geo.kernel), g.shape[1] // geo.groups

    def add(part: list[_Task], total: Array) -> None:
        for band, samples in part:
            columns = _columns(_of(x, samples, band.seen), band.geo)
            weights = _grouped(_of(g, samples, band.rows), geo.groups)
            total += np.matmul(columns, weights.swapaxes(2, 3)).sum(0)

    per_place = x.itemsize * (x.shape[1] * math.prod(geo.kernel) + g.shape[1])
    total = _summed(add, geo, len(x), per_place, np.zeros((geo.groups, height, width), x.dtype))
    return _as_filters(total.swapaxes(1, 2), (g.shape[1], x.shape[1] // geo.groups, *geo.kernel))


def _summed(
    add: Callable[[list[_Task], Array], object], geo: ConvGeometry, n: int, per_place: int, total: Array
) -> Array:
    """Let each part add to a sum of its own, and return the sum of these in the parts' order."""
    parts = _parts(geo, n, per_place, max(2, min(_PARTS, _SUMS // max(1, total.nbytes))))
    sums = [total, *(np.zeros_like(total) for _ in parts[1:])]
    for_each(lambda i: add(parts[i], sums[i]), range(len(parts)))
    for other in sums[1:]:
        total += other
    return total


def _as_filters(matrix: Array, shape: Shape) -> Array:
    result = np.empty(shape, matrix.dtype)
    result.reshape(matrix.shape)[...] = matrix
    return result


# --- the canvas ---------------------------------------------------------------------------------------------------


def _inner(geo: ConvGeometry, channels: int) -> int:
    """Return on how many of the last axes columns hold all elements of the kernel: enough for a good product."""
    height = channels // geo.groups
    for inner, size in enumerate(reversed(geo.kernel), start=1):
        height *= size
        if height >= _SHORT:
            return inner
    return len(geo.kernel)


def _conv_on_canvas(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    """Write the cross-correlation to `y`, which may be a view."""
    groups, channels, filters, axes = geo.groups, x.shape[1], len(w), len(geo.kernel)
    inner = _inner(geo, channels)
    split = 2 + axes - inner
    matrices = w.transpose(*range(2, split), 0, 1, *range(split, 2 + axes)).reshape(
        -1, groups, filters // groups, w[0].size // math.prod(geo.kernel[: axes - inner])
    )

    def work(part: list[_Task]) -> None:
        for band, most, samples in _by_band(part):
            canvas = Canvas(band.geo, most, channels, inner, x.dtype)
            total, more = np.empty((2, groups, filters // groups, canvas.places), x.dtype)
            for some in samples:
                canvas.lay(_of(x, some, band.seen))
                used = total[..., : canvas.used]
                for number, (matrix, columns) in enumerate(zip(matrices, canvas.columns(groups), strict=True)):
                    product(matrix, columns, more[..., : canvas.used] if number else used)
                    if number:
                        used += more[..., : canvas.used]
                _of(y, some, band.rows)[...] = canvas.windows(total.reshape(filters, -1), some.stop - some.start)

    height = 1 if math.prod(geo.kernel[axes - inner :]) == 1 else 1 + math.prod(geo.kernel[axes - inner :])
    for_each(work, _parts(geo, len(x), x.itemsize * (channels * height * math.prod(geo.stride) + 2 * filters)))


def _filters_from_canvas(g: Array, x: Array, geo: ConvGeometry) -> Array:
    groups, channels, filters, axes = geo.groups, x.shape[1], g.shape[1], len(geo.kernel)
    inner = _inner(geo, channels)
    outer = geo.kernel[: axes - inner]
    height = channels // groups * math.prod(geo.kernel[axes - inner :])

    def add(part: list[_Task], total: Array) -> None:
        for band, most, samples in _by_band(part):
            canvas = Canvas(band.geo, most, channels, inner, x.dtype)
            weights = np.zeros((filters, canvas.places), x.dtype)
            for some in samples:
                canvas.lay(_of(x, some, band.seen))
                canvas.windows(weights, some.stop - some.start)[...] = _of(g, some, band.rows)
                used = weights[:, : canvas.used].reshape(groups, filters // groups, -1).swapaxes(1, 2)
                for element, columns in enumerate(canvas.columns(groups)):
                    total[element] += np.matmul(columns, used)

    per_place = x.itemsize * (channels * (1 + math.prod(geo.kernel[axes - inner :])) * math.prod(geo.stride) + filters)
    total = np.zeros((math.prod(outer), groups, height, filters // groups), x.dtype)
    total = _summed(add, geo, len(x), per_place, total).reshape(
        *outer, groups, channels // groups, *geo.kernel[axes - inner :], filters // groups
    )
    order = (len(outer), total.ndim - 1, len(outer) + 1, *range(len(outer)), *range(len(outer) + 2, total.ndim - 1))
    return np.ascontiguousarray(total.transpose(order)).reshape(filters, channels // groups, *geo.kernel)


# --- back to the images -------------------------------------------------------------------------------------------


def _spreads(w: Array, geo: ConvGeometry) -> bool:
    """Tell whether windows are better added to the images where they lie than gathered for each of their elements.

    They are where no two of them overlap, and where channels are so few that gathering would be a product of few rows.
    """
    if max(geo.stride) > 1 and all(s >= e for s, e in zip(geo.stride, geo.extent, strict=True)):
        return True
    return geo.groups == 1 and w.shape[1] < _FEW


def _images_by_spreading(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Multiply by the filters' transpose, and add the windows to the images (col2im)."""
    groups, channels = geo.groups, w.shape[1] * geo.groups
    matrix = w.reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    x = np.empty((len(g), channels, *geo.size), g.dtype)

    def work(part: list[slice]) -> None:
        for samples in part:
            upstream = _grouped(g[samples], groups)
            values = np.empty((len(upstream), groups, matrix.shape[1], upstream.shape[-1]), g.dtype)
            product(matrix, upstream, values)
            canvas = np.zeros((len(upstream), channels, *geo.padded), g.dtype)
            spread(values.reshape(len(upstream), channels, *geo.kernel, *geo.out), canvas, geo, 2)
            x[samples] = canvas[inside(geo, 2)]

    per_image = g.itemsize * (channels * math.prod(geo.kernel) + len(w)) * math.prod(geo.out)
    samples = slices(len(g), max(1, min(_BLOCK // max(1, per_image), -(-len(g) // _PARTS))))
    for_each(work, [samples[part] for part in slices(len(samples), -(-len(samples) // _PARTS))])
    return x


class _Phase(NamedTuple):
    """Along one axis, every stride-th element of the images, and the kernel's elements that they meet, backwards."""

    images: slice
    kernel: slice
    padding: tuple[int, int]
    dilation: int


def _phases(size: int, kernel: int, stride: int, low: int, dilation: int, out: int) -> Iterator[_Phase]:
    """Yield the phases of an axis: element p of the images meets k where p + low = stride · o + dilation · k."""
    step = stride // math.gcd(stride, dilation)
    gap = dilation * step // stride
    for start in range(min(stride, size)):
        images = slice(start, None, stride)
        met = [k for k in range(kernel) if (start + low - dilation * k) % stride == 0]
        if not met:
            yield _Phase(images, slice(0, 0), (0, 0), 1)
            continue
        before = (dilation * met[-1] - start - low) // stride
        after = len(range(start, size, stride)) - out - before + (len(met) - 1) * gap
        yield _Phase(images, slice(met[-1], met[0] - 1 if met[0] else None, -step), (before, after), gap)


def _images_by_gathering(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Cross-correlate the gradient with the filters turned about; with a stride, each phase by itself."""
    groups, axes = geo.groups, len(geo.kernel)
    x = np.empty((len(g), w.shape[1] * groups, *geo.size), g.dtype)
    sizes = zip(geo.size, geo.kernel, geo.stride, geo.padding, geo.dilation, geo.out, strict=True)
    for phases in combinations(*(_phases(n, k, s, low, d, m) for n, k, s, (low, _), d, m in sizes)):
        images, kernels, padding, dilation = zip(*phases, strict=True)
        into, met = x[(_ALL, _ALL, *images)], w[(_ALL, _ALL, *kernels)]
        if not met.size:
            into[...] = 0
            continue
        turned = met.reshape(groups, len(w) // groups, *met.shape[1:]).swapaxes(1, 2)
        filters = np.ascontiguousarray(turned.reshape(x.shape[1], len(w) // groups, *met.shape[2:]))
        _correlate(g, filters, ConvGeometry(geo.out, met.shape[2:], (1,) * axes, padding, dilation, groups), into)
    return x
