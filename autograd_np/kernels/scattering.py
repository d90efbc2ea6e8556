"""Kernels of scattering: write and add at any key, with repeated positions in a fixed order.

Keys are those of `autograd_np.kernels.indexing`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.indexing import Key, from_front, selected
from autograd_np.kernels.rows import column_sums

__all__ = ["add_at", "assign_at", "result_shape", "winners"]

#: Up to so many values NumPy's own `add.at` is done before positions are worked out.
_FEW = 2048
#: From this row length on, sums of whole rows are faster than sums of single elements at computed positions.
_WIDE = 32
#: A place that comes up more often has its rows summed by a call of its own.
_RARE = 32
#: How many positions of single elements are computed at a time, so that they stay in the cache.
_CHUNK = 32768
_WHOLE = slice(None)


# --- where an advanced key points -----------------------------------------------------------------------------------


class _Points(NamedTuple):
    """An advanced key taken apart."""

    #: The basic key that leaves whole every axis that is pointed into.
    basic: Key
    #: Those axes, counted in what the basic key selects.
    axes: tuple[int, ...]
    #: The positions along each of them: flat, in order, not negative.
    positions: tuple[Array, ...]
    #: The shape that the positions have together.
    shape: Shape
    #: Where that shape stands in the shape of the result.
    first: int

    def selected(self, x: Array) -> Array:
        """Return a view of x with the axes that are pointed into in front."""
        whole = x[(*self.basic, ...)]
        others = [axis for axis in range(whole.ndim) if axis not in self.axes]
        return whole.transpose((*self.axes, *others))

    def rows(self, values: Any, rest: Shape) -> Array:
        """Return values of the result's shape, or that broadcast to it, with one row for each position."""
        shape = (*rest[: self.first], *self.shape, *rest[self.first :])
        lead = tuple(range(self.first, self.first + len(self.shape)))
        others = [axis for axis in range(len(shape)) if axis not in lead]
        full = np.broadcast_to(values, shape).transpose((*lead, *others))
        return full.reshape((math.prod(self.shape), *rest))


def _entries(key: Key, rank: int) -> tuple[list[Any], int]:
    """Return the key's entries with masks of axes as positions, and how many axes it leaves to its ellipsis."""
    entries: list[Any] = []
    used = 0
    for item in key:
        if type(item) is np.ndarray and item.dtype.kind == "b":
            entries.extend(item.nonzero() if item.ndim else (item,))
            used += item.ndim
        else:
            entries.append(item)
            used += item is not None and item is not Ellipsis
    return entries, rank - used


def _points(key: Key, shape: Shape) -> _Points:
    entries, left = _entries(key, len(shape))
    basic: list[Any] = []
    axes: list[int] = []
    found: list[Any] = []
    source, blocks, first, inside = 0, 0, 0, False
    at = 0
    for item in entries:
        if item is None or item is Ellipsis or type(item) is slice:
            count = left if item is Ellipsis else 1
            basic.extend((item,) if item is not Ellipsis else (_WHOLE,) * left)
            at += count
            source += 0 if item is None else count
            inside = False
            continue
        if not inside:
            blocks += 1
            first = at - len(axes) if blocks == 1 else 0
            inside = True
        if type(item) is np.ndarray and item.dtype.kind == "b":
            # A single boolean takes no axis: it keeps everything, or nothing.
            found.append((None, np.zeros(int(item), np.intp)))
            continue
        basic.append(_WHOLE)
        axes.append(at)
        found.append((at, from_front(item, shape[source])))
        at += 1
        source += 1
    together = np.broadcast_shapes(*(p.shape for _, p in found))
    flat = tuple(np.broadcast_to(p, together).ravel() for axis, p in found if axis is not None)
    return _Points(tuple(basic), tuple(axes), flat, together, first)


def result_shape(key: Key, shape: Shape) -> Shape:
    """Return the shape of what a key selects from an array of this shape.

    Example:
        >>> result_shape((slice(1, None), np.array([0, 2, 2])), (4, 5))
        (3, 3)
    """
    probe = np.broadcast_to(np.False_, shape)
    if not any(type(item) is np.ndarray for item in key):
        return probe[key].shape
    probe, key = selected(probe, key)
    points = _points(key, probe.shape)
    rest = points.selected(probe).shape[len(points.axes) :]
    return (*rest[: points.first], *points.shape, *rest[points.first :])


# --- writing --------------------------------------------------------------------------------------------------------


def assign_at(x: Array, index: Key, values: Any) -> None:
    """Write values at a key; where a position repeats, the last one stays.

    Example:
        >>> x = np.zeros(3)
        >>> assign_at(x, (np.array([[0, 1], [0, 0]]),), np.array([[1.0, 2.0], [3.0, 4.0]])); x
        array([4., 2., 0.])
    """
    x, index = selected(x, index)
    if np.ndim(values) == 0 or all(type(item) is not np.ndarray or item.ndim < 2 for item in index):
        x[index] = values
        return
    # NumPy visits several axes of positions in the order of their memory: in a row they keep their own.
    points = _points(index, x.shape)
    part = points.selected(x)
    part[points.positions] = points.rows(values, part.shape[len(points.axes) :])


def winners(index: Key, shape: Shape) -> Array | None:
    """Return which of the values written at a key stay, shaped to broadcast against them; None if all do.

    Example:
        >>> winners((np.array([0, 1, 0]),), (2,))
        array([False,  True,  True])
    """
    if not any(type(item) is np.ndarray and item.dtype.kind != "b" for item in index):
        return None
    probe, index = selected(np.broadcast_to(np.False_, shape), index)
    points = _points(index, probe.shape)
    sizes = points.selected(probe).shape
    count = len(points.axes)
    flat = np.ravel_multi_index(points.positions, sizes[:count]) if math.prod(points.shape) else np.zeros(0, np.intp)
    order, starts = _groups(flat)
    if len(starts) == len(order):
        return None
    stays = np.zeros(len(order), np.bool_)
    stays[order[np.append(starts[1:], len(order)) - 1]] = True
    return stays.reshape(points.shape + (1,) * (len(sizes) - count - points.first))


def _groups(flat: Array) -> tuple[Array, Array]:
    """Return the stable order that sorts the numbers, and where in it each run of equal ones starts."""
    order = _sorting(flat)
    ordered = flat[order]
    new = np.ones(len(flat), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return order, np.flatnonzero(new)


def _sorting(flat: Array) -> Array:
    """Return the stable order that sorts numbers that are not negative.

    NumPy sorts numbers of 16 bits by counting, ten times faster than longer ones: so the lower bits first, and then,
    where there are any, the higher ones.
    """
    order = np.argsort(flat.astype(np.uint16), kind="stable")
    rest = flat >> 16
    while rest.any():
        order = order[np.argsort(rest[order].astype(np.uint16), kind="stable")]
        rest >>= 16
    return order


# --- adding ---------------------------------------------------------------------------------------------------------


def add_at(x: Array, index: Key, values: Any) -> None:
    """Add values at a key; where a position repeats, all of them add up.

    Example:
        >>> x = np.zeros(3)
        >>> add_at(x, (np.array([0, 2, 0]),), np.array([1.0, 2.0, 3.0])); x
        array([4., 0., 2.])
    """
    whole = x
    x, index = selected(x, index)
    arrays = [item for item in index if type(item) is np.ndarray]
    if not arrays:
        part = x[index]
        part += values
        return
    if len(arrays) == 1 and arrays[0].dtype.kind == "b":
        # One mask names each element once.
        x[index] += values
        return
    if np.size(values) <= _FEW or x.ndim == 1 or not whole.flags.c_contiguous or x.dtype.kind == "b":
        np.add.at(x, index, values)
        return
    points = _points(index, x.shape)
    part = points.selected(x)
    count = len(points.axes)
    rows = points.rows(values, part.shape[count:])
    if not rows.size:
        return
    if not count:
        # Only single booleans, which name everything once.
        part += rows[0]
        return
    offsets = np.zeros(len(rows), np.intp)
    for positions, step in zip(points.positions, part.strides[:count], strict=True):
        offsets += positions * (step // x.itemsize)
    if rows.size < _WIDE * len(rows):
        _add_elements(whole, part, offsets, rows)
    else:
        _add_rows(part, points.positions, offsets, rows)


def _add_elements(x: Array, part: Array, offsets: Array, rows: Array) -> None:
    """Add single elements at their places in the memory of x: for NumPy that is the fast form of `add.at`."""
    start = (part.__array_interface__["data"][0] - x.__array_interface__["data"][0]) // x.itemsize
    rest = np.array(start, np.intp)
    lead = part.ndim - (rows.ndim - 1)
    for size, step in zip(part.shape[lead:], part.strides[lead:], strict=True):
        rest = rest[..., None] + np.arange(size) * (step // x.itemsize)
    rest = rest.reshape(-1)
    memory, table = x.reshape(-1), rows.reshape(len(rows), -1)
    block = max(1, _CHUNK // len(rest))
    for i in range(0, len(rows), block):
        places = offsets[i : i + block, None] + rest
        np.add.at(memory, places.reshape(-1), table[i : i + block].reshape(-1))


def _add_rows(part: Array, positions: Sequence[Array], offsets: Array, rows: Array) -> None:
    """Add whole rows: first those of one place to each other, then all to their places at once."""
    order, starts = _groups(positions[0] if len(positions) == 1 else offsets)
    counts = np.append(starts[1:], len(order)) - starts
    # Places that come up most often are put first: those with a second, a third row are then the first few.
    ranks = _sorting(counts.max() - counts)
    starts, counts = starts[ranks], counts[ranks]
    firsts = order[starts]
    sums = rows.take(firsts, 0)
    often = np.count_nonzero(counts > _RARE)
    for k in range(1, min(int(counts[0]), _RARE)):
        here = slice(often, np.count_nonzero(counts > k))
        sums[here] += rows.take(order[starts[here] + k], 0)
    for place in range(often):
        chosen = order[starts[place] : starts[place] + counts[place]]
        sums[place] = _sum_of(rows.take(chosen, 0))
    places = tuple(p[firsts] for p in positions)
    # `take` is a quarter faster, but would first copy an array that is not contiguous.
    sums += part.take(places[0], 0) if len(places) == 1 and part.flags.c_contiguous else part[places]
    part[places] = sums


def _sum_of(rows: Array) -> Array:
    """Return the sum over the first axis."""
    return column_sums(rows.reshape(len(rows), -1)).reshape(rows.shape[1:])
