"""Values against values, with tolerances that follow from their type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import as_array
from autograd_np.errors import ArgumentError, aligned_shapes

__all__ = ["assert_close"]

# (rtol, atol) by type; integers and booleans must be equal.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
    msg: str | None = None,
) -> None:
    """Raise AssertionError unless |actual - expected| ≤ atol + rtol·|expected| in every element.

    Args:
        actual: a Tensor, array or number, or a sequence or mapping of them.
        expected: the same structure; shapes are not broadcast.
        rtol: relative tolerance; by type if not given (float32 1.3e-6, float64 1e-7, integers 0).
        atol: absolute tolerance; by type if not given (float32 1e-5, float64 1e-7, integers 0).
        equal_nan: take two NaN in one place for equal.
        check_dtype: the types must be equal too; numbers have no type of their own.
        msg: put before the explanation.

    Raises: AssertionError naming the worst element, ArgumentError for a negative tolerance.
    Source: torch.testing.assert_close.

    Example:
        >>> from autograd_np import tensor
        >>> assert_close(tensor([1.0, 2.0]), tensor([1.0, 2.0 + 1e-7]))
        >>> assert_close(tensor([1.0, 2.0]), tensor([1.0, 3.0]))
        Traceback (most recent call last):
        AssertionError: values differ in 1 of 2 elements
          worst at (1,): actual 2.0, expected 3.0
          absolute difference 1.0 (allowed 1.39e-05), relative difference 0.333
    """
    if (rtol is not None and rtol < 0) or (atol is not None and atol < 0):
        message = f"assert_close: tolerances must not be negative, got rtol={rtol}, atol={atol}"
        raise ArgumentError(message)
    for place, a, b in _pairs(actual, expected, ""):
        problem = _difference(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=check_dtype)
        if problem is not None:
            raise AssertionError("".join([f"{msg}\n" if msg else "", f"{place}: " if place else "", problem]))


def _pairs(actual: Any, expected: Any, place: str) -> list[tuple[str, Any, Any]]:
    """Return the values that stand in the same place of two structures, with the place's name."""
    nested = (Mapping, Sequence)
    if not (isinstance(actual, nested) or isinstance(expected, nested)) or isinstance(expected, str):
        return [(place, actual, expected)]
    alike = isinstance(actual, Mapping) == isinstance(expected, Mapping) and isinstance(expected, nested)
    if not alike or not isinstance(actual, nested):
        message = f"{place or 'values'}: got {type(actual).__name__}, expected {type(expected).__name__}"
        raise AssertionError(message)
    if isinstance(actual, Mapping):
        keys, wanted = list(actual), list(expected)
        if set(keys) != set(wanted):
            message = f"{place or 'values'}: got the keys {keys}, expected {wanted}"
            raise AssertionError(message)
    else:
        keys = list(range(len(actual)))
        if len(actual) != len(expected):
            message = f"{place or 'values'}: got {len(actual)} items, expected {len(expected)}"
            raise AssertionError(message)
    return [pair for key in keys for pair in _pairs(actual[key], expected[key], f"{place}[{key!r}]")]


def _difference(
    actual: Any, expected: Any, *, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool
) -> str | None:
    """Return in words how two values differ, or None."""
    typed = not (_is_number(actual) or _is_number(expected))
    a, b = _array_of(actual), _array_of(expected)
    if a.shape != b.shape:
        return f"shapes differ\n{aligned_shapes({'actual': a.shape, 'expected': b.shape})}"
    if typed and check_dtype and a.dtype != b.dtype:
        return f"types differ: got {a.dtype}, expected {b.dtype}\n  fix: convert one, or pass check_dtype=False"
    loosest = [_TOLERANCES.get(v.dtype.name, (0.0, 0.0)) for v in (a, b)]
    relative = max(pair[0] for pair in loosest) if rtol is None else rtol
    absolute = max(pair[1] for pair in loosest) if atol is None else atol
    if a.dtype.kind == b.dtype.kind and a.dtype.kind in "biu" and not (relative or absolute):
        wrong = a != b
    else:
        close = np.isclose(_wide(a), _wide(b), rtol=relative, atol=absolute, equal_nan=equal_nan)
        wrong = ~close
    if not wrong.any():
        return None
    return _described(_wide(a), _wide(b), wrong, relative, absolute)


def _described(a: Array, b: Array, wrong: Array, rtol: float, atol: float) -> str:
    with np.errstate(all="ignore"):
        size = np.where(wrong, np.abs(a - b) / (atol + rtol * np.abs(b) + np.finfo(float).tiny), -1)
        # A NaN or an infinity on one side is worse than any number.
        size = np.where(wrong & ~np.isfinite(size), np.inf, size)
    place = tuple(int(i) for i in np.unravel_index(int(size.argmax()), size.shape))
    got, wanted = float(a[place]), float(b[place])
    with np.errstate(all="ignore"):
        difference = np.abs(np.subtract(got, wanted))
        ratio = np.divide(difference, np.abs(wanted))
    return (
        f"values differ in {int(wrong.sum())} of {a.size} elements\n"
        f"  worst at {place}: actual {got!r}, expected {wanted!r}\n"
        f"  absolute difference {difference:.3} (allowed {atol + rtol * abs(wanted):.3}), "
        f"relative difference {ratio:.3}"
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float))


def _array_of(value: Any) -> Array:
    return np.asarray(value, None if isinstance(value, int) else np.float64) if _is_number(value) else as_array(value)


def _wide(array: Array) -> Array:
    return array.astype(np.float64)
