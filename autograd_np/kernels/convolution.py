"""Convolution on arrays: one trilinear form ⟨g, conv(x, w)⟩ with three faces.

⟨g, conv(x, w)⟩ = ⟨x, conv_dx(g, w)⟩ = ⟨w, conv_dw(g, x)⟩. Each face is linear in both operands and its two adjoints are
the other two faces, so derivatives of every order stay inside this file.

A block of images is laid out as (C, H, W, N) with its zero border; the windows of that layout are a strided view, and
im2col is one copy of it into the right-hand side of a matrix product. Samples lie innermost, so that small images still
copy in long runs; large images come one at a time, where the layout is the image itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.windows import ConvGeometry, inside, spread, windows

__all__ = ["conv", "conv_dw", "conv_dx", "conv_transpose"]

#: Bytes of im2col columns to work on at a time, so that they stay in the cache until the product has read them.
#: Measured on 3×3 convolutions of 16 to 512 channels: 1 to 5 MB do alike, 10 MB and more cost up to a third.
_BLOCK = 2_500_000
#: Elements between the end of one row of columns and the next: rows a power of two apart share the same few sets of
#: the cache, which costs a fifth.
_SKEW = 16
#: From so many pixels on, images are taken one by one: to lay several side by side costs more than it gains.
_LARGE_IMAGE = 1024


class _Blocks:
    """Cuts images into blocks of samples and of output rows whose columns fit in the cache."""

    def __init__(self, geo: ConvGeometry, count: int, channels: int, dtype: np.dtype[Any]) -> None:
        self.geo = geo
        self.count = count
        self.dtype = dtype
        self.channels = channels
        self.height = channels * math.prod(geo.kernel)  # of the column matrix
        out, positions = geo.out, math.prod(geo.out)
        columns = max(512, _BLOCK // (dtype.itemsize * max(self.height, 1)))
        wanted = 1 if math.prod(geo.size) >= _LARGE_IMAGE else max(8, min(columns, 2048) // positions)
        self.samples = _even(count, wanted)
        self.rows = _even(out[0], max(1, columns * out[0] // (self.samples * positions)))
        self._canvas = np.zeros((channels, *geo.padded, self.samples), dtype)
        widest = self.rows * self.samples * positions // out[0]
        self._columns = np.empty((channels, *geo.kernel, widest + _SKEW), dtype)

    def sample_slices(self) -> Iterator[slice]:
        """Yield the samples of each block."""
        return (slice(n, n + self.samples) for n in range(0, self.count, self.samples))

    def row_slices(self) -> Iterator[slice]:
        """Yield the output rows of each part of a block."""
        return (slice(r, r + self.rows) for r in range(0, self.geo.out[0], self.rows))

    def laid_out(self, x: Array) -> Array:
        """Return images (N, C, *size) as (C, *padded, N)."""
        geo = self.geo
        if len(x) == 1 and geo.padded == geo.size:
            return x[0][..., None]
        canvas = self._canvas[..., : len(x)]
        canvas[inside(geo, 1)] = _samples_last(x)
        return canvas

    def columns(self, part: Array) -> Array:
        """Return windows (C, *kernel, *tile, N) as the columns of each group (G, C/G·KH·KW, L)."""
        groups = self.geo.groups
        if self.height == self.channels:  # a kernel of one element: the image is its own column matrix
            return part.reshape(groups, self.height // groups, -1)
        length = part.size // self.height
        copy = self._columns[..., :length]
        copy.reshape(part.shape)[...] = part
        return copy.reshape(groups, self.height // groups, length)


def _even(total: int, at_most: int) -> int:
    """Return the size of the parts when `total` is cut evenly into the fewest parts of `at_most`."""
    parts = max(1, -(-total // at_most))
    return max(1, -(-total // parts))


def _samples_last(x: Array) -> Array:
    return x.transpose(*range(1, x.ndim), 0)


def _samples_first(x: Array) -> Array:
    return x.transpose(x.ndim - 1, *range(x.ndim - 1))


# --- the three faces ----------------------------------------------------------------------------------------------


def conv(x: Array, w: Array, bias: Array | None, geo: ConvGeometry) -> Array:
    """Cross-correlate images with filters.

    Shapes: x (N, C, *size), w (O, C/groups, *kernel), bias (O,) or None -> (N, O, *out).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]]), None, geo)
        array([[[21., 42.]]])
    """
    n, filters, axes = len(x), len(w), len(geo.kernel)
    blocks = _Blocks(geo, n, x.shape[1], x.dtype)
    matrix = w.reshape(geo.groups, filters // geo.groups, -1)
    shift = None if bias is None else bias.reshape(-1, *(1,) * axes)
    y = np.empty((n, filters, *geo.out), x.dtype)
    for samples in blocks.sample_slices():
        view = windows(blocks.laid_out(x[samples]), geo, 1)
        for rows in blocks.row_slices():
            part = view[(slice(None),) * (axes + 1) + (rows,)]
            product = np.matmul(matrix, blocks.columns(part))
            product = _samples_first(product.reshape(filters, *part.shape[axes + 1 :]))
            target = y[samples, :, rows]
            if shift is None:
                target[...] = product
            else:
                np.add(product, shift, out=target)
    return y


def conv_dw(g: Array, x: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the filters: what each filter element met, weighted by `g`.

    Shapes: g (N, O, *out), x (N, C, *size) -> (O, C/groups, *kernel).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv_dw(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 4.0]]]), geo)
        array([[[21., 42.]]])
    """
    filters, axes, groups = g.shape[1], len(geo.kernel), geo.groups
    blocks = _Blocks(geo, len(x), x.shape[1], x.dtype)
    height, width = blocks.height // groups, filters // groups
    # OpenBLAS wants the longer side of a small product first. Turning a large one back would cost what this gains.
    tall = width <= 128 < height
    total = np.zeros((groups, height, width) if tall else (groups, width, height), x.dtype)
    product = np.empty_like(total)
    for samples in blocks.sample_slices():
        view = windows(blocks.laid_out(x[samples]), geo, 1)
        upstream = _samples_last(g[samples])
        for rows in blocks.row_slices():
            columns = blocks.columns(view[(slice(None),) * (axes + 1) + (rows,)])
            weights = upstream[:, rows].reshape(groups, width, -1)
            a, b = (columns, weights) if tall else (weights, columns)
            total += np.matmul(a, b.swapaxes(1, 2), out=product)
    result = np.empty((filters, x.shape[1] // groups, *geo.kernel), x.dtype)
    result.reshape(groups, width, height)[...] = total.swapaxes(1, 2) if tall else total
    return result


def conv_dx(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the images: `g` sent back through the filters to where it came from.

    Shapes: g (N, O, *out), w (O, C/groups, *kernel) -> (N, C, *size).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv_dx(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]), geo)
        array([[[ 1., 12., 20.]]])
    """
    if _gathers(w, geo):
        return _images_by_gathering(g, w, geo)
    return _images_by_spreading(g, w, geo)


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


def _gathers(w: Array, geo: ConvGeometry) -> bool:
    """Tell whether the images' adjoint is better read window by window than added window by window.

    Both cost one multiplication per filter element, image element or window, and channel. Gathering copies O columns,
    at about 8 multiplications' time per element; spreading adds C columns, at about 35. The gradient has windows of its
    own only at stride 1, and reaches over its border only as far as the kernel does.
    """
    if max(geo.stride) > 1 or any(max(p) >= e for p, e in zip(geo.padding, geo.extent, strict=True)):
        return False
    filters, channels = len(w) // geo.groups, w.shape[1]
    gathering = filters * math.prod(geo.size) * (channels + 8)
    spreading = channels * math.prod(geo.out) * (filters + 35)
    return gathering <= spreading


def _images_by_gathering(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Cross-correlate the gradient, padded by what the kernel overhangs, with the filters turned about."""
    groups, axes = geo.groups, len(geo.kernel)
    border = tuple((e - 1 - low, e - 1 - high) for e, (low, high) in zip(geo.extent, geo.padding, strict=True))
    turned = np.flip(w, tuple(range(2, 2 + axes))).reshape(groups, len(w) // groups, *w.shape[1:])
    filters = turned.swapaxes(1, 2).reshape(w.shape[1] * groups, len(w) // groups, *geo.kernel)
    return conv(g, np.ascontiguousarray(filters), None, geo._replace(size=geo.out, padding=border))


def _images_by_spreading(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Multiply by the filters' transpose, and add the columns to the image (col2im)."""
    groups, filters = geo.groups, len(w)
    channels = w.shape[1] * groups
    blocks = _Blocks(geo, len(g), channels, g.dtype)
    matrix = w.reshape(groups, filters // groups, -1).swapaxes(1, 2)
    x = np.empty((len(g), channels, *geo.size), g.dtype)
    for samples in blocks.sample_slices():
        upstream = _samples_last(g[samples])
        canvas = np.zeros((channels, *geo.padded, upstream.shape[-1]), g.dtype)
        for rows in blocks.row_slices():
            part = upstream[:, rows]
            columns = np.matmul(matrix, part.reshape(groups, filters // groups, -1))
            columns = columns.reshape(channels, *geo.kernel, *part.shape[1:])
            spread(columns, canvas[:, rows.start * geo.stride[0] :], geo, 1)
        x[samples] = _samples_first(canvas[inside(geo, 1)])
    return x
