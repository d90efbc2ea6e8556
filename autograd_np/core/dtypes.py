"""Element types, the default float, and PyTorch's promotion: category first, scalars and 0-d tensors weak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import DTypeLike
from autograd_np.errors import DTypeError

__all__ = [
    "as_dtype",
    "check_holdable",
    "default_float",
    "finfo",
    "get_default_dtype",
    "iinfo",
    "is_floating_point",
    "promote_types",
    "promoted",
    "result_dtype",
    "result_type",
    "set_default_dtype",
]

_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
_PYTHON = {bool: np.dtype(np.bool_), int: np.dtype(np.int64)}
_default = [np.dtype(np.float32)]


def get_default_dtype() -> np.dtype[Any]:
    """Return the type that Python floats become.

    Source: torch.get_default_dtype.

    Example:
        >>> get_default_dtype()
        dtype('float32')
    """
    return _default[0]


def set_default_dtype(dtype: DTypeLike) -> None:
    """Set the type that Python floats become, for the whole process.

    Raises: DTypeError if it is not a floating type.
    Source: torch.set_default_dtype.

    Example:
        >>> set_default_dtype("float32")
    """
    chosen = as_dtype(dtype)
    if chosen.kind != "f":
        message = f"set_default_dtype: expected a floating type, got {chosen}"
        raise DTypeError(message)
    _default[0] = chosen


default_float = get_default_dtype


def as_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the NumPy type meant by a type, a name, or PyTorch's 'torch.float32' spelling.

    Raises: DTypeError for names that are no type, and for types tensors cannot hold.

    Example:
        >>> as_dtype("float64"), as_dtype(int)
        (dtype('float64'), dtype('int64'))
    """
    name = dtype.removeprefix("torch.") if isinstance(dtype, str) else dtype
    try:
        chosen = np.dtype(name)
    except TypeError:
        message = f"dtype: {dtype!r} is not a type; expected one such as autograd_np.float32 or 'int64'"
        raise DTypeError(message) from None
    check_holdable(chosen)
    return chosen


def check_holdable(dtype: np.dtype[Any]) -> None:
    """Raise DTypeError unless tensors can hold this type.

    Example:
        >>> check_holdable(np.dtype("float16"))
    """
    if dtype.kind == "c":
        message = (
            f"dtype: {dtype} is complex; tensors hold floating, integer and boolean values\n"
            "  fix: keep the real and imaginary parts as two tensors"
        )
        raise DTypeError(message)
    if dtype.kind not in _CATEGORY:
        message = f"dtype: tensors hold numbers and booleans, got {dtype}\n  fix: convert the data to numbers first"
        raise DTypeError(message)


def _combine(a: np.dtype[Any] | None, b: np.dtype[Any]) -> np.dtype[Any]:
    if a is None or a == b:
        return b
    order = _CATEGORY[a.kind] - _CATEGORY[b.kind]
    if order:
        return a if order > 0 else b
    return np.promote_types(a, b)


def result_dtype(*operands: Any) -> np.dtype[Any]:
    """Return the type an operation on these arrays and Python scalars computes in, as PyTorch decides it.

    The highest category (boolean, integer, floating) wins. Within it arrays with axes outrank 0-d arrays, which
    outrank Python scalars: those only lift the category.

    Example:
        >>> result_dtype(np.ones(2, np.float32), np.array(1.0, np.float64))
        dtype('float32')
        >>> result_dtype(np.ones(2, np.int64), 0.5)
        dtype('float32')
    """
    ranks: list[np.dtype[Any] | None] = [None, None, None]
    for operand in operands:
        if isinstance(operand, np.ndarray):
            rank, dtype = (0 if operand.ndim else 1), operand.dtype
        else:
            rank, dtype = 2, _PYTHON.get(type(operand), _default[0])
        ranks[rank] = _combine(ranks[rank], dtype)
    result: np.dtype[Any] | None = None
    for candidate in ranks:
        if candidate is not None and (result is None or _CATEGORY[candidate.kind] > _CATEGORY[result.kind]):
            result = candidate
    return _default[0] if result is None else result


def promoted(operands: Sequence[Any], *, floats: bool = False) -> list[Any]:
    """Return the operands with arrays cast to the common type; Python scalars stay as they are.

    Args:
        operands: arrays and Python scalars.
        floats: lift integers and booleans to the default float, as division and exp need.

    Example:
        >>> [a.dtype.name for a in promoted([np.ones(2, np.int64), np.ones(2, np.float32)])]
        ['float32', 'float32']
    """
    dtype = result_dtype(*operands)
    if floats and dtype.kind != "f":
        dtype = _default[0]
    return [a.astype(dtype, copy=False) if isinstance(a, np.ndarray) else a for a in operands]


def promote_types(type1: DTypeLike, type2: DTypeLike) -> np.dtype[Any]:
    """Return the smallest type of the higher category that both types fit into.

    Source: torch.promote_types.

    Example:
        >>> promote_types("int64", "float16")
        dtype('float16')
    """
    return _combine(as_dtype(type1), as_dtype(type2))


def result_type(tensor1: Any, tensor2: Any) -> np.dtype[Any]:
    """Return the type an operation on two tensors or numbers computes in.

    Source: torch.result_type.

    Example:
        >>> result_type(np.ones(2, np.float32), 3)
        dtype('float32')
    """
    return result_dtype(getattr(tensor1, "_array", tensor1), getattr(tensor2, "_array", tensor2))


def is_floating_point(input: Any) -> bool:
    """Tell whether a tensor's elements are floating numbers.

    Source: torch.is_floating_point.

    Example:
        >>> is_floating_point(np.ones(2))
        True
    """
    return bool(input.dtype.kind == "f")


#: Limits of floating and integer types. Source: torch.finfo, torch.iinfo.
finfo = np.finfo
iinfo = np.iinfo
