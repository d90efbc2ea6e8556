"""Convolutions whose filters have one channel each: shifted images, each times one number per filter.

A matrix product would have a single row for each channel. On a canvas (canvas.py) every step is one long multiplication
or addition instead.
"""

from __future__ import annotations

import math

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.canvas import Canvas
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.windows import ConvGeometry

__all__ = ["conv", "conv_dw"]

#: Bytes to work on at a time, so that they stay in the cache from one element of the kernel to the next.
_BLOCK = 400_000


def _parts(x: Array, geo: ConvGeometry) -> list[tuple[slice, slice]]:
    """Cut images into parts of a few samples and channels."""
    image = x.itemsize * 4 * math.prod(geo.padded)
    channels = slices(x.shape[1], max(1, _BLOCK // image))
    samples = slices(len(x), max(1, _BLOCK // (image * x.shape[1])))
    return [(some, these) for some in samples for these in channels]


def conv(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    """Write the cross-correlation to `y`, which may be a view.

    Shapes: x (N, C, *size), w (O, 1, *kernel), y (N, O, *out), where O is a multiple of C.

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,), 2)
        >>> y = np.empty((1, 2, 2))
        >>> conv(np.array([[[1.0, 2.0, 4.0], [0.0, 1.0, 0.0]]]), np.array([[[1.0, 10.0]], [[1.0, 2.0]]]), geo, y)
        >>> y
        array([[[21., 42.],
                [ 2.,  1.]]])
    """
    times = len(w) // x.shape[1]
    weights = w.reshape(x.shape[1], times, -1)

    def work(part: tuple[slice, slice]) -> None:
        samples, channels = part
        images = x[samples, channels]
        canvas = Canvas(geo, len(images), images.shape[1], 0, x.dtype)
        canvas.lay(images)
        total, product = np.empty((2, images.shape[1], canvas.places), x.dtype)
        sums, products = total[:, : canvas.used], product[:, : canvas.used]
        for number in range(times):
            for element, stretch in enumerate(canvas.columns(1)):
                factor = weights[channels, number, element, None]
                np.multiply(stretch[0], factor, out=products if element else sums)
                if element:
                    np.add(sums, products, out=sums)
            y[samples, channels.start * times + number : channels.stop * times : times] = canvas.windows(
                total, len(images)
            )

    for_each(work, _parts(x, geo))


def conv_dw(g: Array, x: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the filters.

    Shapes: g (N, O, *out), x (N, C, *size), where O is a multiple of C -> (O, 1, *kernel).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,), 2)
        >>> conv_dw(np.array([[[1.0, 10.0], [1.0, 0.0]]]), np.array([[[1.0, 2.0, 4.0], [0.0, 1.0, 0.0]]]), geo)
        array([[[21., 42.]],
        <BLANKLINE>
               [[ 0.,  1.]]])
    """
    filters, channels = g.shape[1], x.shape[1]
    times, elements = filters // channels, math.prod(geo.kernel)
    parts = _parts(x, geo)
    sums = np.zeros((len(parts), channels, times, elements), x.dtype)

    def work(number: int) -> None:
        samples, these = parts[number]
        images = x[samples, these]
        canvas = Canvas(geo, len(images), images.shape[1], 0, x.dtype)
        canvas.lay(images)
        upstream = np.zeros((images.shape[1], canvas.places), x.dtype)
        for way in range(times):
            where = slice(these.start * times + way, these.stop * times, times)
            canvas.windows(upstream, len(images))[...] = g[samples, where]
            for element, stretch in enumerate(canvas.columns(1)):
                sums[number, these, way, element] = np.vecdot(stretch[0], upstream[:, : canvas.used])

    for_each(work, range(len(parts)))
    return sums.sum(0).reshape(filters, 1, *geo.kernel)
