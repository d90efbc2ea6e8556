"""Images side by side on one long canvas, on which each element of a kernel sees a shifted stretch.

Rows follow each other with one zero border between two, which is the end of the one and the beginning of the next;
images follow each other likewise. What all windows have at one place of the kernel is then contiguous: the canvas
itself from some element on, as matrix products want it. Windows that begin in a border are computed with the others and
left out at the end. With a stride s there is a canvas for each remainder of a place divided by s.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.windows import ConvGeometry

__all__ = ["Band", "Canvas", "bands"]

#: What products read is a multiple of so many elements: a few more at the end would cost as much as a whole stretch.
_STRETCH = 16
_ALL = slice(None)


class Band(NamedTuple):
    """Some rows of the output, the rows of the images that they see, and the geometry between the two."""

    rows: slice
    seen: slice
    geo: ConvGeometry


def bands(geo: ConvGeometry, at_most: int) -> list[Band]:
    """Cut the output into bands of about equally many rows.

    Example:
        >>> geo = ConvGeometry((4,), (3,), (1,), ((1, 1),), (1,))
        >>> [(band.rows, band.seen, band.geo.padding) for band in bands(geo, 2)]
        [(slice(0, 2, None), slice(0, 3, None), ((1, 0),)), (slice(2, 4, None), slice(1, 4, None), ((0, 1),))]
    """
    (size, *sizes), ((low, _), *paddings), count = geo.size, geo.padding, geo.out[0]
    if at_most >= count:
        return [Band(slice(0, count), slice(0, size), geo)]
    found = []
    step = -(-count // -(-count // max(1, at_most)))
    for start in range(0, count, step):
        end = min(start + step, count)
        first = start * geo.stride[0] - low
        beyond = (end - 1) * geo.stride[0] + geo.extent[0] - low
        seen = slice(min(max(first, 0), size), min(max(beyond, 0), size))
        before = min(max(-first, 0), beyond - first)
        border = (before, beyond - first - before - (seen.stop - seen.start))
        part = geo._replace(size=(seen.stop - seen.start, *sizes), padding=(border, *paddings))
        found.append(Band(slice(start, end), seen, part))
    return found


def _row(length: int) -> int:
    """Return a length for rows that lie alike, but never a power of two apart: such rows would share few cache sets."""
    return (-(-length // _STRETCH) | 1) * _STRETCH


class _Stretch(NamedTuple):
    """Where on one axis of the canvas an image lies."""

    first: int
    #: The image's elements there.
    elements: slice
    length: int


def _stretches(size: int, kernel: int, stride: int, low: int, dilation: int, out: int) -> tuple[int, list[_Stretch]]:
    """Return how far apart rows begin, and for each remainder where their elements lie."""
    reach = out + (kernel - 1) * dilation // stride
    found = []
    for remainder in range(stride):
        first = max(0, -((remainder - low) // stride))
        element = first * stride + remainder - low
        count = max(0, min(-((element - size) // stride), reach - first))
        found.append(_Stretch(first, slice(element, element + stride * count, stride), count))
    filled = [part for part in found if part.length]
    border = min((part.first for part in filled), default=reach)
    return max([out, reach - border, *(part.first + part.length for part in filled)]), found


class Canvas:
    """The canvas of a few images, and the columns that products read from it.

    Args:
        geo: where the windows lie; a negative padding cuts off.
        samples: how many images there are room for.
        channels: of each image.
        inner: for how many of the last axes a column has all elements of the kernel. On the others, each of them is a
            shift of the columns.
        dtype: of the elements.
    """

    def __init__(self, geo: ConvGeometry, samples: int, channels: int, inner: int, dtype: np.dtype[Any]) -> None:
        self._geo, self._channels = geo, channels
        split = len(geo.kernel) - inner
        lows = [low for low, _ in geo.padding]
        sizes = zip(geo.size, geo.kernel, geo.stride, lows, geo.dilation, geo.out, strict=True)
        axes = [_stretches(*numbers) for numbers in sizes]
        self._whole = (samples, *(pitch for pitch, _ in axes))
        self._places = math.prod(self._whole)
        #: How much room values of all places take, and how much of it the images that were laid down need.
        self.room = _row(self._places)
        self.used = 0
        #: Which canvas and which shift each element of the kernel on the first axes means.
        self.outer = [self._seen(offset, 0) for offset in np.ndindex(*geo.kernel[:split])]
        self._inner = [self._seen(offset, split) for offset in np.ndindex(*geo.kernel[split:])]
        self._overlap = max(shift for _, shift in self.outer)
        farthest = self._overlap + max(shift for _, shift in self._inner)
        self.array = np.zeros((*geo.stride, channels, _row(self.room + farthest)), dtype)
        self._regions = [
            (
                self.images(self.array[rests])[(slice(None), slice(None), *places)],
                (slice(None), slice(None), *elements),
            )
            for rests in {(*first, *last) for first, _ in self.outer for last, _ in self._inner}
            for places, elements in [self._region(rests, [stretches for _, stretches in axes])]
        ]
        length = _row(self.room + self._overlap)
        self._columns = {
            rests: np.empty((channels, len(self._inner), length), dtype)
            for rests in ({rests for rests, _ in self.outer} if len(self._inner) > 1 else ())
        }

    def _seen(self, offset: Shape, axis: int) -> tuple[Shape, int]:
        """Return the remainders and the shift of a kernel's element, by its offsets from `axis` on."""
        shift, rests = 0, []
        for a, element in enumerate(offset, start=axis):
            place, rest = divmod(element * self._geo.dilation[a], self._geo.stride[a])
            shift += place * math.prod(self._whole[a + 2 :])
            rests.append(rest)
        return tuple(rests), shift

    @staticmethod
    def _region(rests: Shape, axes: list[list[_Stretch]]) -> tuple[list[slice], list[slice]]:
        parts = [stretches[rest] for rest, stretches in zip(rests, axes, strict=True)]
        return [slice(part.first, part.first + part.length) for part in parts], [part.elements for part in parts]

    def images(self, x: Array) -> Array:
        """Return values of all places (C, room) as images (N, C, *pitches)."""
        return x[:, : self._places].reshape(len(x), *self._whole).swapaxes(0, 1)

    def windows(self, x: Array, count: int) -> Array:
        """Return of values of all places (C, room) those that belong to windows, (N, C, *out)."""
        return self.images(x)[(slice(count), slice(None), *map(slice, self._geo.out))]

    def lay(self, x: Array) -> None:
        """Lay images (N, C, *size) down and copy them into columns."""
        for region, elements in self._regions:
            region[: len(x)] = x[elements]
        last = 0
        for count, pitch in zip((len(x), *self._geo.out), self._whole, strict=True):
            last = last * pitch + count - 1
        self.used = (last // _STRETCH + 1) * _STRETCH
        stretch = self.used + self._overlap
        for rests, columns in self._columns.items():
            for element, (others, shift) in enumerate(self._inner):
                columns[:, element, :stretch] = self.array[(*rests, *others)][:, shift : shift + stretch]

    def columns(self, groups: int) -> list[Array]:
        """Return for each of `outer` the columns (groups, channels and inner elements of a group, places in use)."""
        found = []
        for rests, shift in self.outer:
            whole = self._columns[rests] if self._columns else self.array[(*rests, *self._inner[0][0])]
            rows = whole.reshape(groups, -1, whole.shape[-1])
            found.append(rows[..., shift : shift + self.used])
        return found
