"""Kernels of shapes: windows, diagonals, repetitions and padding, each beside the one that adds back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.errors import ArgumentError, DTypeError

__all__ = [
    "add_windows",
    "cloned",
    "diagonal",
    "embedded_shape",
    "flipped",
    "integers",
    "padded",
    "padding_positions",
    "tiled",
    "windows",
]


def integers(operation: str, given: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """Return the integers meant by `f(2, 3)`, `f((2, 3))` or a keyword.

    Raises: DTypeError if they are no integers, ArgumentError if they are given twice.

    Example:
        >>> integers("reshape", ([2, 3],)), integers("reshape", (2, 3))
        ((2, 3), (2, 3))
    """
    if named is not None:
        if given:
            raise ArgumentError(f"{operation}: sizes or dims are given both by position and by name")
        given = (named,)
    listed = given[0] if len(given) == 1 and isinstance(given[0], Sequence) else given
    try:
        return tuple(n.__index__() for n in listed)
    except AttributeError:
        raise DTypeError(f"{operation}: expected integers, got {tuple(listed)}") from None


def windows(x: Array, axis: int, size: int, step: int) -> Array:
    """Return a view of every `step`-th window of `size` elements along an axis, each laid out along a new last axis.

    The view cannot be written: an element belongs to several windows.

    Example:
        >>> windows(np.arange(5), 0, 3, 2)
        array([[0, 1, 2],
               [2, 3, 4]])
    """
    shape, strides = list(x.shape), list(x.strides)
    stride = strides[axis]
    shape[axis] = (shape[axis] - size) // step + 1
    strides[axis] = stride * step
    return np.lib.stride_tricks.as_strided(x, (*shape, size), (*strides, stride), writeable=False)


def add_windows(x: Array, values: Array, axis: int, size: int, step: int) -> None:
    """Add to every element of x what its windows hold; the adjoint of `windows`.

    Example:
        >>> x = np.zeros(5)
        >>> add_windows(x, np.ones((2, 3)), 0, 3, 2); x
        array([1., 1., 2., 1., 1.])
    """
    source, windowed = np.moveaxis(x, axis, 0), np.moveaxis(values, axis, 0)
    count = len(windowed)
    # Whichever way takes fewer additions of whole arrays.
    if size <= count:
        for k in range(size):
            source[k : k + step * (count - 1) + 1 : step] += windowed[..., k]
    else:
        for i in range(count):
            source[i * step : i * step + size] += np.moveaxis(windowed[i], -1, 0)


def diagonal(x: Array, offset: int, axis1: int, axis2: int) -> Array:
    """Return a view of a diagonal along a new last axis, as writable as its source; NumPy's own is read-only.

    Example:
        >>> x = np.zeros((2, 2))
        >>> diagonal(x, 0, 0, 1)[...] = 1; x
        array([[1., 0.],
               [0., 1.]])
    """
    view = np.diagonal(x, offset, axis1, axis2)
    if view.base is not None and x.flags.writeable:
        view.flags.writeable = True
    return view


def embedded_shape(shape: Shape, offset: int, axis1: int, axis2: int) -> Shape:
    """Return the shape that has vectors of `shape`'s last axis as the diagonals of its axes 1 and 2.

    Example:
        >>> embedded_shape((5, 2), 1, 1, 2)
        (5, 3, 3)
    """
    sizes = iter(shape[:-1])
    n = shape[-1] + abs(offset)
    return tuple(n if axis in (axis1, axis2) else next(sizes) for axis in range(len(shape) + 1))


def tiled(x: Array, repeats: Shape) -> Array:
    """Return x side by side with itself, `repeats` times along each axis; always a copy.

    Example:
        >>> tiled(np.array([1, 2]), (2, 2))
        array([[1, 2, 1, 2],
               [1, 2, 1, 2]])
    """
    sizes = (1,) * (len(repeats) - x.ndim) + x.shape
    spread = [n for pair in zip(repeats, sizes, strict=True) for n in pair]
    split = x.reshape([n for size in sizes for n in (1, size)])
    return np.broadcast_to(split, spread).copy().reshape([r * n for r, n in zip(repeats, sizes, strict=True)])


def cloned(x: Array) -> Array:
    """Return a copy: in the original's memory order if that has neither gaps nor overlaps, else in C order.

    Example:
        >>> cloned(np.ones((2, 3)).T).strides, cloned(np.broadcast_to(1.0, (2, 3))).strides
        ((8, 24), (24, 8))
    """
    if x.flags.c_contiguous:
        return x.copy()
    dense = x.itemsize
    for step, size in sorted(zip(x.strides, x.shape, strict=True)):
        if size != 1 and step != dense:
            return x.copy()
        dense *= size
    return x.copy(order="K")


def flipped(x: Array, axes: tuple[int, ...]) -> Array:
    """Return a copy in reversed order along the axes.

    Example:
        >>> flipped(np.arange(3), (0,))
        array([2, 1, 0])
    """
    return np.flip(x, axes).copy()


def padded(x: Array, widths: tuple[tuple[int, int], ...], value: Any) -> Array:
    """Return x with `value` before and after along each axis; negative widths cut off instead.

    Example:
        >>> padded(np.array([1, 2, 3]), ((2, -1),), 0)
        array([0, 0, 1, 2])
    """
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    result = np.zeros(shape, x.dtype)
    if value:
        result[...] = value
    inside = tuple(slice(max(before, 0), n - max(after, 0)) for n, (before, after) in zip(shape, widths, strict=True))
    kept = tuple(slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(x.shape, widths, strict=True))
    if math.prod(shape):
        result[inside] = x[kept]
    return result


def padding_positions(mode: str, size: int, before: int, after: int) -> Array:
    """Return which position of an axis each position of the padded axis repeats.

    Args:
        mode: 'reflect', 'replicate' or 'circular'.
        size: length of the axis.
        before: how many to add in front; negative ones cut off.
        after: how many to add behind; negative ones cut off.

    Example:
        >>> padding_positions("reflect", 3, 2, 1), padding_positions("circular", 3, 1, 1)
        (array([2, 1, 0, 1, 2, 1]), array([2, 0, 1, 2, 0]))
    """
    if mode == "circular":
        kept = np.arange(max(-before, 0), size - max(-after, 0))
        return np.concatenate((kept[len(kept) - max(before, 0) :], kept, kept[: max(after, 0)]))
    places = np.arange(-before, size + after)
    if mode == "reflect":
        places = np.abs(places)
        return np.where(places >= size, 2 * (size - 1) - places, places)
    return np.clip(places, 0, size - 1)
