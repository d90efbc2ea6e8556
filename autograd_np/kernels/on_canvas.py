"""Convolutions on a canvas (canvas.py): how the work is cut into parts, and the products of shifted columns.

Few filters make products of few rows, which are slow. Then several rows of the output are computed at once, as if each
were a filter of its own: the same elements, one row further on. A filter of one channel is thus not one row by 9
columns, but two rows by 12, a quarter of them zeros, in little more time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import groupby
from itertools import product as combinations
from typing import NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.blas import pieces, wide_product
from autograd_np.kernels.canvas import Band, Canvas, bands
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.windows import ConvGeometry

__all__ = ["Task", "Work", "by_band", "conv", "conv_dw", "cut", "summed"]

#: Bytes to work on at a time: few enough for the cache that cores share, enough that NumPy's calls are long ones.
BLOCK = 3_000_000
#: Into how many parts the work is cut at most. More parts share more evenly, but each takes memory of its own.
PARTS = 8
#: Sums of the filters' adjoint, one for each part, may take so many bytes.
_SUMS = 4_000_000
#: A column of fewer elements makes a poor product, and so do fewer rows.
_SHORT, _FEW = 24, 2


# --- parts --------------------------------------------------------------------------------------------------------


class Task(NamedTuple):
    """A band of rows of a few images, and some groups of their channels."""

    band: Band
    groups: slice
    samples: slice


class Work(NamedTuple):
    """What there is to do.

    Args:
        geo: of the convolution.
        images: how many there are.
        per_place: bytes of everything that belongs to one place of the output.
        groups: into how many groups channels may be cut.
        block: bytes to work on at a time.
    """

    geo: ConvGeometry
    images: int
    per_place: int
    groups: int = 1
    block: int = 0


def cut(work: Work, most: int = PARTS) -> list[list[Task]]:
    """Cut a batch, and large images, into tasks that fit the cache, and these into at most so many parts."""
    geo, block = work.geo, work.block or BLOCK
    places, per_place = math.prod(geo.out), max(1, work.per_place)
    most = min(most, max(2, per_place * places * work.images // BLOCK))
    groups = slices(work.groups, 3 * block * work.groups // (2 * per_place * places))
    wanted = max(1, block * len(groups) // per_place)
    rows = geo.out[0] if places <= 2 * wanted else max(1, wanted * geo.out[0] // places)
    at_once = max(1, min(wanted // places, -(-work.images // most)))
    rounds = -(-work.images // (at_once * most))  # all parts get as many tasks
    samples = slices(work.images, -(-work.images // (most * rounds)) if rounds else 1)
    tasks = [Task(*which) for which in combinations(bands(geo, rows), groups, samples)]
    return [tasks[part] for part in slices(len(tasks), -(-len(tasks) // most))]


def summed(add: Callable[[list[Task], Array], object], work: Work, total: Array) -> Array:
    """Let each part add to a sum of its own, and return the sum of these in the parts' order, in `total`."""
    parts = cut(work, max(2, min(PARTS, _SUMS // max(1, total.nbytes))))
    sums = [total, *(np.zeros_like(total) for _ in parts[1:])]
    for_each(lambda i: add(parts[i], sums[i]), range(len(parts)))
    for other in sums[1:]:
        total += other
    return total


def by_band(part: list[Task]) -> Iterator[tuple[Band, slice, int, list[slice]]]:
    """Yield each band of a part, which groups of channels, the most images at a time, and which images."""
    for (band, groups), tasks in groupby(part, key=lambda task: task[:2]):
        samples = [task.samples for task in tasks]
        yield band, groups, max(some.stop - some.start for some in samples), samples


def _channels(groups: slice, each: int) -> slice:
    """Return the channels of some groups."""
    return slice(groups.start * each, groups.stop * each)


# --- rows at once -------------------------------------------------------------------------------------------------


class _Rows(NamedTuple):
    """So many rows of the output at once: the geometry of the first of them, with a kernel that reaches the last."""

    number: int
    geo: ConvGeometry
    of: ConvGeometry

    def chosen(self, row: int, band: slice) -> slice:
        """Return the rows of the output that are the `row`-th of those in a band."""
        return slice(band.start * self.number + row, min(band.stop * self.number, self.of.out[0]), self.number)

    def banded(self, w: Array) -> Array:
        """Return filters (O · rows, C/groups, *kernel) that compute the rows."""
        if self.number == 1:
            return w
        result = np.zeros((len(w), self.number, w.shape[1], *self.geo.kernel), w.dtype)
        for row in range(self.number):
            result[:, row, :, self._elements(row)] = w
        return result.reshape(-1, *result.shape[2:])

    def unbanded(self, w: Array) -> Array:
        """Return filters (O, C/groups, *kernel) from the adjoints of all rows: the adjoint of `banded`."""
        if self.number == 1:
            return w
        parts = w.reshape(-1, self.number, *w.shape[1:])
        result = np.zeros((len(parts), w.shape[1], *self.of.kernel), w.dtype)
        for row in range(self.number):
            result += parts[:, row, :, self._elements(row)]
        return result

    def _elements(self, row: int) -> slice:
        first = row * self.of.stride[0]
        return slice(first, first + self.of.extent[0], self.of.dilation[0])


def _rows(geo: ConvGeometry, filters: int) -> _Rows:
    number = min(_FEW // max(1, filters // geo.groups), geo.out[0])
    if number <= 1 or len(geo.kernel) == 1:
        return _Rows(1, geo, geo)
    step, tiles = geo.stride[0] * number, -(-geo.out[0] // number)
    low, high = geo.padding[0]
    high += (tiles * number - geo.out[0]) * geo.stride[0]
    tiled = geo._replace(
        kernel=(geo.stride[0] * (number - 1) + geo.extent[0], *geo.kernel[1:]),
        stride=(step, *geo.stride[1:]),
        dilation=(1, *geo.dilation[1:]),
        padding=((low, high), *geo.padding[1:]),
    )
    return _Rows(number, tiled, geo)


# --- products -----------------------------------------------------------------------------------------------------


class _Plan(NamedTuple):
    """How a convolution is computed: on how many axes columns hold all of the kernel, and the rest of the sizes."""

    inner: int
    height: int
    per_place: int


def _plan(geo: ConvGeometry, channels: int, filters: int) -> _Plan:
    height, inner = channels // geo.groups, 0  # of the column matrix
    for size in reversed(geo.kernel):
        inner += 1
        height *= size
        if height >= _SHORT:
            break
    copies = math.prod(geo.stride[: len(geo.kernel) - inner]) * height * geo.groups
    return _Plan(inner, height, channels * math.prod(geo.stride) + copies + 2 * filters)


def conv(x: Array, w: Array, geo: ConvGeometry, y: Array) -> None:
    """Write the cross-correlation to `y`, which may be a view.

    Shapes: x (N, C, *size), w (O, C/groups, *kernel), y (N, O, *out).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> y = np.empty((1, 1, 2))
        >>> conv(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]]), geo, y)
        >>> y
        array([[[21., 42.]]])
    """
    rows = _rows(geo, len(w))
    w, geo, groups = rows.banded(w), rows.geo, geo.groups
    channels, filters, axes = x.shape[1], len(w), len(geo.kernel)
    plan = _plan(geo, channels, filters)
    split = 2 + axes - plan.inner
    matrices = w.transpose(*range(2, split), 0, 1, *range(split, 2 + axes))
    matrices = matrices.reshape(-1, groups, filters // groups, plan.height)

    def work(part: list[Task]) -> None:
        for band, these, most, samples in by_band(part):
            read, written = _channels(these, channels // groups), _channels(these, filters // groups // rows.number)
            count = these.stop - these.start
            canvas = Canvas(band.geo, most, read.stop - read.start, plan.inner, x.dtype)
            total, more = np.empty((2, count, filters // groups, canvas.room), x.dtype)
            for some in samples:
                canvas.lay(x[some, read, band.seen])
                sums, products = total[..., : canvas.used], more[..., : canvas.used]
                for number, (matrix, columns) in enumerate(zip(matrices[:, these], canvas.columns(count), strict=True)):
                    wide_product(matrix, columns, products if number else sums)
                    if number:
                        sums += products
                found = canvas.windows(total.reshape(-1, canvas.room), some.stop - some.start)
                for row in range(rows.number):
                    into = y[some, written, rows.chosen(row, band.rows)]
                    into[...] = found[:, row :: rows.number, : into.shape[2]]

    for_each(work, cut(Work(geo, len(x), plan.per_place * x.itemsize, groups)))


def conv_dw(g: Array, x: Array, geo: ConvGeometry) -> Array:
    """Return the adjoint in the filters.

    Shapes: g (N, O, *out), x (N, C, *size) -> (O, C/groups, *kernel).

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> conv_dw(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 4.0]]]), geo)
        array([[[21., 42.]]])
    """
    rows = _rows(geo, g.shape[1])
    geo, groups, channels, filters = rows.geo, geo.groups, x.shape[1], g.shape[1] * rows.number
    plan = _plan(geo, channels, filters)
    split = len(geo.kernel) - plan.inner
    outer, inner = geo.kernel[:split], geo.kernel[split:]

    def add(part: list[Task], total: Array) -> None:
        for band, these, most, samples in by_band(part):
            read, met = _channels(these, channels // groups), _channels(these, filters // groups // rows.number)
            count = these.stop - these.start
            canvas = Canvas(band.geo, most, read.stop - read.start, plan.inner, x.dtype)
            weights = np.zeros((count * (filters // groups), canvas.room), x.dtype)
            for some in samples:
                canvas.lay(x[some, read, band.seen])
                if some.stop - some.start < most:
                    weights[...] = 0  # where the images before were more
                places = canvas.windows(weights, some.stop - some.start)
                for row in range(rows.number):
                    values = g[some, met, rows.chosen(row, band.rows)]
                    places[:, row :: rows.number, : values.shape[2]] = values
                used = weights[:, : canvas.used].reshape(count, filters // groups, -1).swapaxes(1, 2)
                for number, columns in enumerate(canvas.columns(count)):
                    for piece in pieces(columns, used):
                        total[number, these] += np.matmul(columns[..., piece], used[..., piece, :])

    total = np.zeros((math.prod(outer), groups, plan.height, filters // groups), x.dtype)
    summed(add, Work(geo, len(x), plan.per_place * x.itemsize, groups), total)
    total = total.reshape(*outer, groups, channels // groups, *inner, filters // groups)
    last = total.ndim - 1
    found = total.transpose(split, last, split + 1, *range(split), *range(split + 2, last))
    result = np.empty((filters, channels // groups, *geo.kernel), x.dtype)
    result.reshape(found.shape)[...] = found
    return rows.unbanded(result)
