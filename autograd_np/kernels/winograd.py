"""Convolutions of 3×3 with 16 multiplications for four elements of the output instead of 36.

Winograd's F(2×2, 3×3): with V = Bᵀ d B of a 4×4 tile d of the images, and U = G w Gᵀ of a filter w, a 2×2 tile of the
output is Aᵀ (U · V) A, where U and V are multiplied element by element and summed over channels: 16 matrix products
over all tiles. This form is trilinear as the convolution is, so that its adjoints are had alike.

Tiles overlap by two: they are the windows of 4×4 with stride 2 on a canvas (canvas.py), so that B and A are a few
additions of long rows. Rounding is that of the plain products; but a value that is not finite reaches the whole of its
tiles.

Source: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks (2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.blas import wide_product
from autograd_np.kernels.canvas import Band, Canvas
from autograd_np.kernels.on_canvas import Task, Work, by_band, cut, summed
from autograd_np.kernels.parallel import for_each
from autograd_np.kernels.windows import ConvGeometry

__all__ = ["conv", "conv_dw", "conv_dx", "suits"]

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
#: From the 9 elements of a filter to the 16 of U; and from those of the filter turned about.
_FILTER, _TURNED = np.kron(_G, _G), np.kron(_G[:, ::-1], _G[:, ::-1])
#: With fewer channels or filters, or on smaller images, the additions cost more than the multiplications saved.
_MANY, _LARGE = 64, 12
#: Bytes to work on at a time. Rows should be long; that all of it stays in the cache matters less.
_BLOCK = 3_000_000


def suits(geo: ConvGeometry, channels: int, filters: int, dtype: np.dtype[Any]) -> bool:
    """Tell whether this is a convolution of 3×3 for which fewer multiplications are worth more additions."""
    if geo.kernel != (3, 3) or geo.stride != (1, 1) or geo.dilation != (1, 1) or geo.groups > 1:
        return False
    return min(channels, filters) >= _MANY and min(*geo.out, *geo.size) >= _LARGE and dtype in (np.float32, np.float64)


class _Tiles:
    """The tiles of a few images, transformed."""

    def __init__(self, geo: ConvGeometry, samples: int, channels: int, dtype: np.dtype[Any]) -> None:
        self.canvas = Canvas(geo, samples, channels, 0, dtype)
        self._flat = self.canvas.array.reshape(2, -1)
        self._row = self.canvas.outer[8][1]
        self._halves = np.zeros((4, 2, self._flat.shape[1] // 2), dtype)
        self._values = np.empty((4, 4, channels, self.canvas.array.shape[-1]), dtype)

    def lay(self, x: Array) -> Array:
        """Return V of images (16, C, places)."""
        self.canvas.lay(x)
        rows, halves, values = self._flat, self._halves.reshape(4, -1), self._values.reshape(4, 4, -1)
        length = rows.shape[1] - self._row
        _in(rows[0, :length], rows[1, :length], rows[0, self._row :], rows[1, self._row :], halves[:, :length])
        even, odd = self._halves[:, 0], self._halves[:, 1]
        _in(even[:, :-1], odd[:, :-1], even[:, 1:], odd[:, 1:], values[:, :, :-1].swapaxes(0, 1))
        return self._values.reshape(16, *self._values.shape[2:])[..., : self.canvas.used]


def _in(d0: Array, d1: Array, d2: Array, d3: Array, out: Array) -> None:
    """Write Bᵀ d along one axis."""
    np.subtract(d0, d2, out=out[0])
    np.add(d1, d2, out=out[1])
    np.subtract(d2, d1, out=out[2])
    np.subtract(d1, d3, out=out[3])


def _out(m: Array, out: Array) -> None:
    """Write Aᵀ m along one axis."""
    np.add(m[1], m[2], out=out[0])
    np.subtract(m[1], m[2], out=out[1])
    out[0] += m[0]
    out[1] -= m[3]


def _back(y: Array, out: Array) -> None:
    """Write A y along one axis: the adjoint of `_out`."""
    out[0] = y[0]
    np.add(y[0], y[1], out=out[1])
    np.subtract(y[0], y[1], out=out[2])
    np.negative(y[1], out=out[3])


def _tiled(geo: ConvGeometry) -> ConvGeometry:
    """Return the geometry of the tiles; the last ones may hang over."""
    padding = tuple((low, high + count % 2) for (low, high), count in zip(geo.padding, geo.out, strict=True))
    return geo._replace(kernel=(4, 4), stride=(2, 2), padding=padding)


def _work(tiled: ConvGeometry, x: Array, filters: int) -> Work:
    return Work(tiled, len(x), 28 * (x.shape[1] + filters) * x.itemsize, block=_BLOCK)


def _quarters(y: Array, band: Band, rows: int) -> Iterator[tuple[int, int, Array]]:
    """Yield for each element of a tile of the output that of all tiles in a band, (N, O, tiles)."""
    for i, j in np.ndindex(2, 2):
        yield i, j, y[:, :, slice(2 * band.rows.start + i, min(2 * band.rows.stop, rows), 2), j::2]


def _transformed(w: Array, matrix: Array) -> Array:
    """Return U, (16, O, C), of filters (O, C, 3, 3)."""
    return np.matmul(matrix.astype(w.dtype), w.reshape(-1, 9).T).reshape(16, *w.shape[:2])


def conv(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    """Write the cross-correlation to `y`.

    Shapes: x (N, C, H, W), w (O, C, 3, 3), y (N, O, OH, OW).

    Example:
        >>> geo = ConvGeometry((3, 3), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1))
        >>> y = np.empty((1, 1, 1, 1))
        >>> conv(np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 3, 3)), geo, y)
        >>> y
        array([[[[36.]]]])
    """
    _correlate(x, _transformed(w, _FILTER), geo, y)


def conv_dx(g: Array, w: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the images.

    Shapes: g (N, O, OH, OW), w (O, C, 3, 3) -> (N, C, H, W).

    Example:
        >>> geo = ConvGeometry((3, 3), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1))
        >>> conv_dx(np.ones((1, 1, 1, 1)), np.arange(9.0).reshape(1, 1, 3, 3), geo)
        array([[[[0., 1., 2.],
                 [3., 4., 5.],
                 [6., 7., 8.]]]])
    """
    x = np.empty((len(g), w.shape[1], *geo.size), g.dtype)
    padding = tuple((2 - low, 2 - high) for low, high in geo.padding)
    _correlate(g, _transformed(w, _TURNED).swapaxes(1, 2), geo._replace(size=geo.out, padding=padding), x)
    return x


def _correlate(x: Array, u: Array, geo: ConvGeometry, y: Array) -> None:
    """Write the cross-correlation of images with filters that are transformed, (16, O, C)."""
    channels, filters, tiled = x.shape[1], u.shape[1], _tiled(geo)

    def work(part: list[Task]) -> None:
        for band, _, most, samples in by_band(part):
            tiles = _Tiles(band.geo, most, channels, x.dtype)
            canvas = tiles.canvas
            products = np.zeros((4, 4, filters, canvas.room), x.dtype)
            halves = np.empty((2, 4, filters * canvas.room), x.dtype)
            parts = np.empty((2, 2, filters, canvas.room), x.dtype)
            for some in samples:
                wide_product(u, tiles.lay(x[some, :, band.seen]), products.reshape(16, filters, -1)[..., : canvas.used])
                _out(products.reshape(4, -1), halves.reshape(2, -1))
                _out(halves.swapaxes(0, 1), parts.reshape(2, 2, -1).swapaxes(0, 1))
                for i, j, into in _quarters(y[some], band, geo.out[0]):
                    into[...] = canvas.windows(parts[i, j], len(into))[:, :, : into.shape[2], : into.shape[3]]

    for_each(work, cut(_work(tiled, x, filters)))


def conv_dw(g: Array, x: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the filters.

    Shapes: g (N, O, OH, OW), x (N, C, H, W) -> (O, C, 3, 3).

    Example:
        >>> geo = ConvGeometry((3, 3), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1))
        >>> conv_dw(np.ones((1, 1, 1, 1)), np.arange(9.0).reshape(1, 1, 3, 3), geo)
        array([[[[0., 1., 2.],
                 [3., 4., 5.],
                 [6., 7., 8.]]]])
    """
    channels, filters, tiled = x.shape[1], g.shape[1], _tiled(geo)

    def add(part: list[Task], total: Array) -> None:
        for band, _, most, samples in by_band(part):
            tiles = _Tiles(band.geo, most, channels, x.dtype)
            canvas = tiles.canvas
            parts = np.zeros((2, 2, filters, canvas.room), x.dtype)
            halves = np.empty((4, 2, filters * canvas.room), x.dtype)
            weights = np.empty((4, 4, filters, canvas.room), x.dtype)
            for some in samples:
                values = tiles.lay(x[some, :, band.seen])
                if some.stop - some.start < most:
                    parts[...] = 0
                for i, j, of in _quarters(g[some], band, geo.out[0]):
                    canvas.windows(parts[i, j], len(of))[:, :, : of.shape[2], : of.shape[3]] = of
                _back(parts.reshape(2, -1), halves.reshape(4, -1))
                _back(halves.swapaxes(0, 1), weights.reshape(4, 4, -1).swapaxes(0, 1))
                total += np.matmul(values, weights.reshape(16, filters, -1)[..., : canvas.used].swapaxes(1, 2))

    total = np.zeros((16, channels, filters), x.dtype)
    summed(add, _work(tiled, x, filters), total)
    found = np.matmul(_FILTER.T.astype(x.dtype), total.reshape(16, -1)).reshape(3, 3, channels, filters)
    result = np.empty((filters, channels, 3, 3), x.dtype)
    result[...] = found.transpose(3, 2, 0, 1)
    return result
