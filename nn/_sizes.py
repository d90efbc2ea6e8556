"""Sizes given as one number for all axes or as one number per axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from autograd_np.errors import ArgumentError

__all__ = ["Size", "sizes"]

Size: TypeAlias = int | Sequence[int]


def sizes(value: Size, rank: int, owner: str, name: str, *, least: int = 0) -> tuple[int, ...]:
    """Return one number per axis.

    Raises: ArgumentError for another count, for anything but integers, or for numbers below `least`.

    Example:
        >>> sizes(3, 2, "Conv2d", "kernel_size")
        (3, 3)
    """
    listed = tuple(value) if isinstance(value, Sequence) else (value,) * rank
    if len(listed) != rank or not all(hasattr(n, "__index__") and n >= least for n in listed):
        raise ArgumentError(
            f"{owner}: {name} must be {rank if rank > 1 else 'one'} integer{'s' * (rank > 1)} of at least {least}, "
            f"or one for all axes, got {value!r}"
        )
    return tuple(n.__index__() for n in listed)
