"""Convolution on arrays: one trilinear form ⟨g, conv(x, w)⟩ with three faces.

⟨g, conv(x, w)⟩ = ⟨x, conv_dx(g, w)⟩ = ⟨w, conv_dw(g, x)⟩. Each face is linear in both operands and its two adjoints are
the other two faces, so derivatives of every order stay inside this file.

There are three ways to compute them. Where windows are no larger than what comes out of them, columns of whole windows
are multiplied straight into the result (im2col); for a filter of one element the images themselves are the columns.
Otherwise images lie on a canvas where all windows' elements at one place are contiguous (canvas.py), so that little is
copied (on_canvas.py); and with many channels, filters of 3×3 need fewer multiplications (winograd.py). All share out
the batch, or bands of rows, to the threads of parallel.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product as combinations
from typing import NamedTuple

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels import on_canvas, winograd
from autograd_np.kernels.blas import wide_product
from autograd_np.kernels.on_canvas import Task, Work, cut, summed
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.windows import ConvGeometry, inside, padded, spread, windows

__all__ = ["conv", "conv_dw", "conv_dx", "conv_transpose"]

#: A product of fewer rows is slow.
_FEW = 8
_ALL = slice(None)


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
    if _in_whole_columns(geo, x.shape[1], g.shape[1]):
        return _filters_from_columns(g, x, geo)
    if winograd.suits(geo, x.shape[1], g.shape[1], x.dtype):
        return winograd.conv_dw(g, x, geo)
    return on_canvas.conv_dw(g, x, geo)


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
    if winograd.suits(geo, w.shape[1], len(w), w.dtype):
        return winograd.conv_dx(g, w, geo)
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
    if y.flags.c_contiguous and min(map(min, geo.padding)) >= 0 and _in_whole_columns(geo, x.shape[1], len(w)):
        _conv_in_columns(x, w, geo, y)
    elif winograd.suits(geo, x.shape[1], len(w), x.dtype):
        winograd.conv(x, w, geo, y)
    else:
        on_canvas.conv(x, w, geo, y)


# --- columns of whole windows -------------------------------------------------------------------------------------


def _in_whole_columns(geo: ConvGeometry, channels: int, filters: int) -> bool:
    """Tell whether windows are about as small as what comes out of them, or have each element of the images once."""
    return channels * math.prod(geo.kernel) <= 1.3 * filters or _are_apart(geo)


def _are_apart(geo: ConvGeometry) -> bool:
    """Tell whether no two windows have an element in common."""
    return all(s >= e for s, e in zip(geo.stride, geo.extent, strict=True))


def _are_elements(geo: ConvGeometry) -> bool:
    """Tell whether the windows are the images' elements, each once."""
    return math.prod(geo.kernel) == max(geo.stride) == 1 and geo.padded == geo.size


def _columns(x: Array, geo: ConvGeometry) -> Array:
    """Return the windows (N, G, C/G·KH·KW, L) of each group; the images themselves if they are that."""
    shape = (len(x), geo.groups, x.shape[1] // geo.groups * math.prod(geo.kernel), math.prod(geo.out))
    if _are_elements(geo):
        return x.reshape(shape)
    y = np.empty((*x.shape[:2], *geo.kernel, *geo.out), x.dtype)
    y[...] = windows(padded(x, geo), geo, 2)
    return y.reshape(shape)


def _grouped(x: Array, groups: int) -> Array:
    """Return images as matrices (N, G, C/G, L)."""
    return x.reshape(len(x), groups, x.shape[1] // groups, math.prod(x.shape[2:]))


def _conv_in_columns(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    matrix = w.reshape(geo.groups, len(w) // geo.groups, -1)

    def work(part: list[Task]) -> None:
        for band, _, samples in part:
            columns = _columns(x[samples, :, band.seen], band.geo)
            wide_product(matrix, columns, _grouped(y[samples, :, band.rows], geo.groups))

    per_place = x.itemsize * (x.shape[1] * math.prod(geo.kernel) + len(w))
    for_each(work, cut(Work(geo, len(x), per_place)))


def _filters_from_columns(g: Array, x: Array, geo: ConvGeometry) -> Array:
    height, width = x.shape[1] // geo.groups * math.prod(geo.kernel), g.shape[1] // geo.groups

    def add(part: list[Task], total: Array) -> None:
        for band, _, samples in part:
            columns = _columns(x[samples, :, band.seen], band.geo)
            weights = _grouped(g[samples, :, band.rows], geo.groups)
            total += np.matmul(columns, weights.swapaxes(2, 3)).sum(0)

    per_place = x.itemsize * (x.shape[1] * math.prod(geo.kernel) + g.shape[1])
    total = summed(add, Work(geo, len(x), per_place), np.zeros((geo.groups, height, width), x.dtype))
    return _as_filters(total.swapaxes(1, 2), (g.shape[1], x.shape[1] // geo.groups, *geo.kernel))


def _as_filters(matrix: Array, shape: Shape) -> Array:
    result = np.empty(shape, matrix.dtype)
    result.reshape(matrix.shape)[...] = matrix
    return result


# --- back to the images -------------------------------------------------------------------------------------------


def _spreads(w: Array, geo: ConvGeometry) -> bool:
    """Tell whether windows are better added to the images where they lie than gathered for each of their elements.

    They are where no two of them overlap, and where channels are so few that gathering would be a product of few rows.
    """
    return (max(geo.stride) > 1 and _are_apart(geo)) or (geo.groups == 1 and w.shape[1] < _FEW)


def _images_by_spreading(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Multiply by the filters' transpose, and add the windows to the images (col2im)."""
    groups, channels = geo.groups, w.shape[1] * geo.groups
    matrix = w.reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    x = np.empty((len(g), channels, *geo.size), g.dtype)
    bare = geo.padded == geo.size

    def work(part: list[slice]) -> None:
        for samples in part:
            upstream = _grouped(g[samples], groups)
            values = np.empty((len(upstream), groups, matrix.shape[1], upstream.shape[-1]), g.dtype)
            wide_product(matrix, upstream, values)
            canvas = x[samples] if bare else np.empty((len(upstream), channels, *geo.padded), g.dtype)
            canvas[...] = 0
            spread(values.reshape(len(upstream), channels, *geo.kernel, *geo.out), canvas, geo, 2)
            if not bare:
                x[samples] = canvas[inside(geo, 2)]

    per_image = g.itemsize * (channels * math.prod(geo.kernel) + len(w)) * math.prod(geo.out)
    samples = slices(len(g), max(1, min(on_canvas.BLOCK // max(1, per_image), -(-len(g) // on_canvas.PARTS))))
    for_each(work, [samples[part] for part in slices(len(samples), -(-len(samples) // on_canvas.PARTS))])
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
