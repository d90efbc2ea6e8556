"""Kernels of order: sorting, selecting by rank, and adding up where elements were selected; NaN is the greatest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape

__all__ = [
    "kthvalue",
    "median",
    "mode_places",
    "nanmedian_places",
    "order",
    "placed",
    "searchsorted",
    "selected",
    "sort",
    "topk",
]


def placed(g: Array, indices: Array, shape: Shape, axis: int, distinct: bool) -> Array:
    """Return zeros with the values added at indices along an axis; `distinct` promises that no place comes twice.

    Example:
        >>> placed(np.array([1.0, 2.0]), np.array([2, 2]), (3,), 0, distinct=False)
        array([0., 0., 3.])
    """
    if not shape:
        return np.asarray(g.sum(dtype=g.dtype))
    result = np.zeros(shape, g.dtype)
    if distinct:
        np.put_along_axis(result, indices, g, axis)
    else:
        where = list(np.ogrid[tuple(slice(n) for n in g.shape)])
        where[axis] = indices
        np.add.at(result, tuple(where), g)
    return result


def order(x: Array, axis: int, descending: bool) -> Array:
    """Return the indices that sort; equal elements keep their order.

    Example:
        >>> order(np.array([1, 3, 3, 2]), 0, descending=True)
        array([1, 2, 3, 0])
    """
    if not x.ndim:
        return np.zeros((), np.int64)
    if descending:
        return x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    return np.argsort(x, axis=axis, kind="stable")


def selected(x: Array, indices: Array, axis: int, keepdims: bool = True) -> tuple[Array, Array, Array]:
    """Return the values at indices along an axis, the indices, and a copy of these that no user can write to.

    Args:
        x: the elements.
        indices: of as many axes as `x`.
        axis: along which the indices count.
        keepdims: False removes the axis, of size 1, from the values and from the first indices.
    """
    values = np.take_along_axis(x, indices, axis) if x.ndim else x.copy()
    where = indices.copy()
    if keepdims or not x.ndim:
        return values, indices, where
    return values.squeeze(axis), indices.squeeze(axis), where


def sort(x: Array, axis: int, descending: bool) -> tuple[Array, Array, Array]:
    """Return the elements in order, and their indices twice."""
    return selected(x, order(x, axis, descending), axis)


def topk(x: Array, k: int, axis: int, largest: bool) -> tuple[Array, Array, Array]:
    """Return the k largest or smallest elements in order, and their indices twice."""
    size = x.shape[axis] if x.ndim else 0
    lead = (slice(None),) * axis
    if not 0 < k < size:
        indices = order(x, axis, largest)
        return selected(x, indices[(*lead, slice(k))] if x.ndim else indices, axis)
    parted = np.argpartition(x, size - k if largest else k - 1, axis=axis)
    chosen = np.sort(parted[(*lead, slice(size - k, None) if largest else slice(k))], axis=axis)
    ranks = order(np.take_along_axis(x, chosen, axis), axis, largest)
    return selected(x, np.take_along_axis(chosen, ranks, axis), axis)


def kthvalue(x: Array, k: int, axis: int, keepdims: bool, nan_first: bool) -> tuple[Array, Array, Array]:
    """Return the k-th smallest element along an axis, or the first NaN if that shall win, and its index twice."""
    indices = order(x, axis, descending=False)
    if x.ndim:
        indices = indices[(*((slice(None),) * axis), slice(k - 1, k))]
        if nan_first and x.dtype.kind == "f":
            missing = np.isnan(x)
            indices = np.where(missing.any(axis, keepdims=True), missing.argmax(axis, keepdims=True), indices)
    return selected(x, indices, axis, keepdims)


def median(x: Array, skip_nan: bool) -> Any:
    """Return the lower median of all elements, or of those that are not NaN; otherwise NaN wins.

    Example:
        >>> median(np.array([3.0, 1.0, 4.0, 2.0]), skip_nan=False)
        np.float64(2.0)
    """
    flat = np.sort(x, axis=None)
    missing = int(np.isnan(flat).sum()) if flat.dtype.kind == "f" else 0
    found = flat.size - missing if skip_nan else flat.size
    if missing and (not skip_nan or not found):
        return flat[-1]
    return flat[(found - 1) // 2]


def nanmedian_places(x: Array, axis: int) -> Array:
    """Return where along an axis, of size 1 in the result, the lower median of what is not NaN stands."""
    found = x.shape[axis] - np.isnan(x).sum(axis=axis, keepdims=True)
    return np.take_along_axis(order(x, axis, descending=False), np.maximum(found - 1, 0) // 2, axis)


def mode_places(x: Array, axis: int) -> Array:
    """Return where along an axis, of size 1 in the result, the commonest element stands last."""
    rows = np.moveaxis(x, axis, -1)
    flat = rows.reshape((math.prod(rows.shape[:-1]), rows.shape[-1]))
    places = np.empty(len(flat), np.int64)
    for i, row in enumerate(flat):
        values, counts = np.unique(row, return_counts=True)
        places[i] = np.flatnonzero(row == values[counts.argmax()])[-1]
    return np.expand_dims(places.reshape(rows.shape[:-1]), axis)


def searchsorted(sequence: Array, values: Array, right: bool) -> Array:
    """Return where values would be inserted into one sorted sequence, or each row of them into its own."""
    search: Any = np.searchsorted
    side = "right" if right else "left"
    if sequence.ndim == 1:
        return np.asarray(search(sequence, values, side), np.int64)
    count = math.prod(sequence.shape[:-1])
    rows = sequence.reshape((count, sequence.shape[-1]))
    queries = values.reshape((count, values.shape[-1]))
    found = [search(row, query, side) for row, query in zip(rows, queries, strict=True)]
    return np.array(found, np.int64).reshape(values.shape)
