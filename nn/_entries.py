"""What containers accept: positions counted from either end, iterables of entries, and mappings of names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex

from autograd_np import Tensor
from autograd_np.errors import ArgumentError

__all__ = ["listed", "pairs", "position"]


def position(owner: Any, index: SupportsIndex, count: int, what: str) -> int:
    """Return the position from the front, for positions counted from either end."""
    place = index.__index__()
    if not -count <= place < count:
        raise IndexError(f"{type(owner).__name__}: index {place} is out of range for {count} {what}")
    return place % count


def listed(owner: Any, values: Any, what: str) -> list[Any]:
    """Return the values as a list; what is no iterable is the common mistake of passing one value."""
    if isinstance(values, (Tensor, str)) or not isinstance(values, Iterable):
        raise TypeError(
            f"{type(owner).__name__}: expected an iterable of {what}, got {type(values).__name__}\n"
            "  fix: append() takes a single one"
        )
    return list(values)


def pairs(owner: Any, values: Any) -> list[tuple[str, Any]]:
    """Return the entries of a mapping, or of an iterable of names with values."""
    if hasattr(values, "items"):
        return list(values.items())
    found = [tuple(pair) for pair in listed(owner, values, "(name, value) pairs")]
    for i, pair in enumerate(found):
        if len(pair) != 2:
            raise ArgumentError(f"{type(owner).__name__}: entry {i} must be a name and a value, got {len(pair)} items")
    return [(name, value) for name, value in found]
