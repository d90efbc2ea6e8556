"""Arrays from whatever people pass: numbers, nested sequences, arrays, and Tensors, told by their `_array`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, DTypeLike
from autograd_np.core.dtypes import as_dtype, check_holdable, default_float
from autograd_np.errors import ArgumentError, ShapeError

__all__ = ["Size", "as_array", "legacy_array"]


def as_array(data: Any, dtype: DTypeLike | None = None, *, copy: bool = False) -> Array:
    """Return the values as an array: Tensors and arrays keep their type, Python floats take the default float.

    Raises:
        DTypeError: if the data are not numbers.
        ShapeError: if nested sequences are ragged.
    """
    if hasattr(data, "_array"):
        array = data._array
    elif isinstance(data, np.ndarray):
        array = data
    else:
        array = _from_python(data, keeps_width=dtype is not None)
    wanted = array.dtype if dtype is None else as_dtype(dtype)
    check_holdable(wanted)
    if copy or array.dtype != wanted:
        array = np.array(array, dtype=wanted)
    return array if type(array) is np.ndarray else np.asarray(array)


def _from_python(data: Any, *, keeps_width: bool) -> Array:
    """Return the array of Python numbers; floats in double precision only where they are converted from it."""
    typed = isinstance(data, np.generic)
    first = data
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if isinstance(data, (list, tuple)) and type(first) not in (float, int, bool):
        data, typed = _stripped(data)
    try:
        array = np.asarray(data)
    except ValueError as error:
        message = (
            f"tensor: the nested sequences have different lengths ({error})\n"
            "  fix: pad them to one length, or keep a list of tensors"
        )
        raise ShapeError(message) from None
    if array.dtype.kind == "f" and not typed and not keeps_width:
        return array.astype(default_float())
    if array.size == 0 and array.dtype == np.float64:
        return array.astype(default_float())
    return array


def _stripped(data: Any) -> tuple[Any, bool]:
    """Return nested sequences with Tensors replaced by arrays, and whether any element carries a type of its own."""
    if hasattr(data, "_array"):
        return data._array, True
    if isinstance(data, (list, tuple)):
        pairs = [_stripped(item) for item in data]
        return [item for item, _ in pairs], any(typed for _, typed in pairs)
    return data, isinstance(data, (np.ndarray, np.generic))


class Size(tuple[int, ...]):
    """The sizes of a tensor's axes as `x.size()` gives them: a tuple that class calls read as sizes, not as data.

    Source: torch.Size.

    Example:
        >>> Size((2, 3)).numel()
        6
    """

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements."""
        return math.prod(self)


def legacy_array(data: tuple[Any, ...], dtype: np.dtype[Any]) -> Array:
    """Return the array that PyTorch's class call means: sizes, or data converted to `dtype`."""
    sizes = data
    if len(data) == 1 and isinstance(data[0], tuple) and all(type(n) is int for n in data[0]):
        sizes = data[0]
        if sizes and not isinstance(sizes, Size):
            raise ArgumentError(
                f"Tensor: {sizes} could be sizes or data; PyTorch decides by the type torch.Size\n"
                "  fix: a list for data, or separate sizes: Tensor(*x.shape)"
            )
    if all(type(n) is int for n in sizes):
        return np.zeros(sizes, dtype=dtype) if sizes else np.empty(0, dtype)
    if len(data) != 1:
        message = f"Tensor: expected sizes or one nested sequence of numbers, got {len(data)} arguments"
        raise ArgumentError(message)
    return as_array(data[0], dtype, copy=True)
