"""Products of matrices that never wait for a busy core: large ones are cut into parts for threads that sleep.

OpenBLAS's own threads wait without sleeping, so that beside another program a product of 0.3 ms takes up to 60. Where
the cuts are depends on the shapes alone: the result is the same on any number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.blas import one_thread
from autograd_np.kernels.parallel import for_each, slices

__all__ = ["product"]

#: Up to so many multiplications OpenBLAS itself takes one thread.
_ONE = 1 << 18
#: Multiplications of a part: some tenths of a millisecond.
_PART = 1 << 24
#: Rows or columns of a part: OpenBLAS packs the other operand once for each.
_LEAST = 512


def product(a: Array, b: Array) -> Any:
    """Return the product of matrices, or of batches of them, as numpy.matmul.

    Example:
        >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
        array([[11.]])
    """
    # What logs or prints what is done with it gets NumPy's own call.
    if type(a) is not np.ndarray or type(b) is not np.ndarray or a.ndim < 2 or b.ndim < 2 or a.dtype.kind != "f":
        return np.matmul(a, b)
    work = a.size * b.shape[-1]
    if work <= _ONE:
        return np.matmul(a, b)
    if work >= 2 * _PART and a.dtype == b.dtype and a.shape[-1] == b.shape[-2]:
        if a.ndim == b.ndim == 2:
            return _one_product(a, b)
        if a.shape[:-2] == b.shape[:-2] and a.flags.c_contiguous and b.flags.c_contiguous:
            return _batch(a, b)
    with one_thread:
        return np.matmul(a, b)


def _one_product(a: Array, b: Array) -> Array:
    """Return a product in parts of its rows, or of its columns where there are more."""
    out = np.empty((len(a), b.shape[1]), a.dtype)
    by_rows = len(a) >= b.shape[1]
    length = max(out.shape)
    step = max(_LEAST, _PART * length // (a.size * b.shape[1]))

    def work(part: slice) -> None:
        if by_rows:
            np.matmul(a[part], b, out=out[part])
        else:
            np.matmul(a, b[:, part], out=out[:, part])

    for_each(work, slices(length, step))
    return out


def _batch(a: Array, b: Array) -> Array:
    """Return a batch of products in parts of some of them."""
    count = math.prod(a.shape[:-2])
    out = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    left, right, found = (x.reshape(count, *x.shape[-2:]) for x in (a, b, out))
    step = max(1, _PART * count // (a.size * b.shape[-1]))

    def work(part: slice) -> None:
        np.matmul(left[part], right[part], out=found[part])

    for_each(work, slices(count, step))
    return out
