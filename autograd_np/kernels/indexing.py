"""Kernels of indexing: what an index is, what it selects, and why it fails.

An index arrives here as a key, the tuple that `parsed` returns: integers, slices, None, Ellipsis, and private arrays of
positions or booleans.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.errors import DTypeError, IndexingError, ShapeError, aligned_shapes

__all__ = ["Key", "along", "check_positions", "from_front", "grid", "index_error", "parsed", "selected", "take_at"]

Key: TypeAlias = tuple[Any, ...]

_WHOLE = slice(None)


# --- from what users write to keys ----------------------------------------------------------------------------------


def parsed(operation: str, index: Any) -> tuple[Key, bool]:
    """Return the key of an index, and whether it is basic, so that it selects a view.

    Arrays in the key are copies: a recorded key must not change when the user's array does.

    Raises: IndexingError for what cannot be an index.

    Example:
        >>> parsed("getitem", (0, [1, 2]))
        ((0, array([1, 2])), False)
        >>> parsed("getitem", -1)
        ((-1, Ellipsis), True)
    """
    key: list[Any] = []
    basic, ellipses = True, 0
    for item in index if type(index) is tuple else (index,):
        kind = type(item)
        if kind is int or item is None:
            key.append(item)
        elif kind is slice:
            key.append(_plain_slice(operation, item))
        elif item is Ellipsis:
            ellipses += 1
            key.append(item)
        else:
            entry = _entry(operation, item)
            basic = basic and type(entry) is int
            key.append(entry)
    if ellipses > 1:
        raise IndexingError(f"{operation}: an index can hold one ellipsis, got {ellipses}")
    if basic and not ellipses:
        # With an ellipsis NumPy returns an array, and a view, also where a single element is meant.
        key.append(Ellipsis)
    return tuple(key), basic


def _plain_slice(operation: str, part: slice) -> slice:
    bounds = (part.start, part.stop, part.step)
    if all(b is None or type(b) is int for b in bounds):
        return part
    try:
        return slice(*(None if b is None else operator.index(b) for b in bounds))
    except TypeError:
        raise IndexingError(f"{operation}: the bounds of a slice must be integers or None, got {part}") from None


def _entry(operation: str, item: Any) -> Any:
    """Return an integer, or an array of positions or booleans that nobody else holds."""
    if isinstance(item, (bool, np.bool_)):
        return np.array(item)
    if not isinstance(item, (np.ndarray, Sequence)) and hasattr(item, "__index__"):
        return operator.index(item)
    try:
        array = np.asarray(item)
    except ValueError:
        raise IndexingError(f"{operation}: nested index lists have different lengths: {item!r}") from None
    if array.dtype.kind == "b":
        return array.copy() if array is item else array
    if array.dtype.kind in "iu":
        return int(array) if array.ndim == 0 else array.astype(np.intp)
    if array.size == 0 and not isinstance(item, np.ndarray):
        return array.astype(np.intp)
    if array.dtype.kind == "f":
        raise IndexingError(
            f"{operation}: an index must hold integers or booleans, got {array.dtype}\n"
            "  fix: convert it, for example with index.long(), or compare to get a mask"
        )
    raise IndexingError(
        f"{operation}: expected integers, slices, None, an ellipsis, or arrays of integers or booleans as an index, "
        f"got {type(item).__name__}"
    )


def along(axis: int, index: Array) -> Key:
    """Return the key that applies positions to one axis and leaves the others whole.

    Example:
        >>> along(1, np.array([0, 2]))
        (slice(None, None, None), array([0, 2]))
    """
    return (*(_WHOLE,) * axis, index)


def grid(axis: int, index: Array) -> Key:
    """Return the key of gather and scatter: each position of `index`, but along `axis` the position that it holds.

    Example:
        >>> np.arange(6).reshape(2, 3)[grid(1, np.array([[2], [0]]))]
        array([[2],
               [3]])
    """
    rank = index.ndim
    steps = [np.arange(n).reshape((n,) + (1,) * (rank - 1 - a)) for a, n in enumerate(index.shape)]
    return (*steps[:axis], index, *steps[axis + 1 :])


def check_positions(operation: str, index: Array, size: int, axis: int) -> Array:
    """Return positions in NumPy's own integer type, as a copy, once all are known to lie in range(size).

    Raises:
        DTypeError: if they are not integers.
        IndexingError: if one is out of range.

    Example:
        >>> check_positions("gather", np.array([0, 2], np.int32), 3, 0)
        array([0, 2])
    """
    if index.dtype.kind not in "iu":
        raise DTypeError(
            f"{operation}: the index must hold integers, got {index.dtype}\n  fix: convert it with index.long()"
        )
    positions = index.astype(np.intp, order="C")
    # Read as unsigned numbers, negative positions are the largest: one pass finds both kinds.
    if positions.size and positions.view(np.uintp).max() >= size:
        wrong = positions[(positions < 0) | (positions >= size)][0]
        raise IndexingError(
            f"{operation}: index {wrong} is out of range for axis {axis} of size {size}\n"
            f"  fix: positions must lie between 0 and {size - 1}"
        )
    return positions


# --- reading --------------------------------------------------------------------------------------------------------


def _lone_axis(key: Key, rank: int) -> int | None:
    """Return the axis that an array of positions is applied to, if all other axes stay whole."""
    axis, from_end = None, False
    for place, item in enumerate(key):
        if type(item) is np.ndarray:
            if axis is not None or item.dtype.kind == "b":
                return None
            axis = place
        elif item is Ellipsis:
            from_end = axis is None
        elif type(item) is not slice or item != _WHOLE:
            return None
    named = len(key) - any(item is Ellipsis for item in key)
    if axis is None or named > rank:
        return None
    return axis - len(key) + rank if from_end else axis


def selected(x: Array, key: Key) -> tuple[Array, Key]:
    """Return the view that an advanced key's integers select, and what is left of the key.

    PyTorch takes integers first, so that the axes of the arrays stand where the arrays do. NumPy counts integers among
    the arrays, and moves the axes of `x[0, :, [1, 2]]` to the front.

    Example:
        >>> view, key = selected(np.zeros((2, 3, 4)), (0, slice(None), np.array([1, 2])))
        >>> view.shape, key
        ((3, 4), (slice(None, None, None), array([1, 2])))
    """
    if not any(type(item) is int for item in key) or not any(type(item) is np.ndarray for item in key):
        return x, key
    basic: list[Any] = []
    for item in key:
        if item is Ellipsis or type(item) is int:
            basic.append(item)
        else:
            basic.extend((_WHOLE,) * _axes_of(item))
    if Ellipsis not in basic:
        basic.append(Ellipsis)
    return x[tuple(basic)], tuple(item for item in key if type(item) is not int)


def from_front(positions: Array, size: int) -> Array:
    """Return positions along an axis counted from the front; those still negative were out of range.

    Example:
        >>> from_front(np.array([0, -1]), 3)
        array([0, 2])
    """
    if positions.dtype.kind == "i" and positions.size and positions.min() < 0:
        return np.where(positions < 0, positions + size, positions)
    return positions


def take_at(x: Array, index: Key) -> Array:
    """Return a copy of what an advanced key selects, laid out in the order of its axes.

    Example:
        >>> take_at(np.arange(6).reshape(2, 3), (slice(None), np.array([2, 0])))
        array([[2, 0],
               [5, 3]])
    """
    x, index = selected(x, index)
    axis = _lone_axis(index, x.ndim)
    if axis is not None:
        return x.take(next(item for item in index if type(item) is np.ndarray), axis)
    picked = x[index]
    return picked if picked.flags.c_contiguous else np.ascontiguousarray(picked)


# --- errors ---------------------------------------------------------------------------------------------------------


def index_error(operation: str, key: Key, shape: Shape) -> Exception:
    """Return the error that says which part of a key does not fit a tensor of this shape.

    Example:
        >>> print(index_error("getitem", (0, 5), (2, 3)))
        getitem: index 5 is out of range for axis 1 of size 3 (the tensor has shape (2, 3))
          fix: positions must lie between -3 and 2
    """
    whole = f"(the tensor has shape {shape})"
    used = sum(_axes_of(item) for item in key)
    if used > len(shape):
        return IndexingError(f"{operation}: {used} axes are indexed, but the tensor has {len(shape)} {whole}")
    axis = 0
    for item in key:
        if item is Ellipsis:
            axis += len(shape) - used
            continue
        sizes = shape[axis : axis + _axes_of(item)]
        if type(item) is slice and item.step == 0:
            return IndexingError(f"{operation}: the step of a slice must not be 0")
        if type(item) is np.ndarray and item.dtype.kind == "b" and item.shape != sizes:
            table = aligned_shapes({"mask": item.shape, f"tensor, from axis {axis}": sizes})
            return IndexingError(
                f"{operation}: a mask must have the shape of the axes it selects from {whole}\n{table}"
            )
        if sizes and type(item) in (int, np.ndarray) and np.asarray(item).dtype.kind != "b":
            values, size = np.asarray(item), sizes[0]
            wrong = values[(values < -size) | (values >= size)]
            if wrong.size:
                bounds = f"\n  fix: positions must lie between {-size} and {size - 1}" if size else ""
                return IndexingError(
                    f"{operation}: index {wrong.flat[0]} is out of range for axis {axis} of size {size} {whole}{bounds}"
                )
        axis += len(sizes)
    shapes = {f"index {i}": item.shape for i, item in enumerate(key) if type(item) is np.ndarray}
    if len(shapes) > 1:
        table = aligned_shapes(shapes)
        return IndexingError(f"{operation}: the arrays of an index must broadcast against each other\n{table}")
    return ShapeError(f"{operation}: the index {key} does not fit {whole}")


def _axes_of(item: Any) -> int:
    """Return how many axes of the tensor an entry of a key takes."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if type(item) is np.ndarray and item.dtype.kind == "b" else 1
