"""Kernels of several steps over the elements of large arrays: in parts, so that what is in between stays in the cache.

A number that is converted costs as much as a step on a thousand elements; `constant` keeps it as an array.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.parallel import for_each, slices

__all__ = ["by_parts", "constant"]

#: Elements of a part. Half of it costs a twelfth more (measured): every step is a call.
_PART = 1 << 17


def by_parts(work: Callable[..., object], *arrays: Array) -> None:
    """Call `work` with the same elements of each array, which have one shape; it writes to some of them.

    Example:
        >>> x, y = np.arange(3.0), np.empty(3)
        >>> by_parts(lambda a, b: np.multiply(a, a, out=b), x, y); y
        array([0., 1., 4.])
    """
    size = arrays[0].size
    if size <= _PART or not all(array.flags.c_contiguous for array in arrays):
        work(*arrays)
        return
    flat = [array.reshape(-1) for array in arrays]
    for_each(lambda part: work(*[array[part] for array in flat]), slices(size, _PART))


@lru_cache(maxsize=256)
def constant(value: float, dtype: np.dtype) -> Array:
    """Return a number as an array that nobody can write to.

    Example:
        >>> constant(0.5, np.dtype(np.float32))
        array(0.5, dtype=float32)
    """
    number = np.array(value, dtype)
    number.flags.writeable = False
    return number
