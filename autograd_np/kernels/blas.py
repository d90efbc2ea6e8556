"""What NumPy's BLAS is asked for, so that OpenBLAS does it fast. Any other library gives the same numbers.

OpenBLAS's threads wait for each other without sleeping: where another process has a core, a product that takes half a
millisecond takes two hundred, and small products are slower on two threads than on one even on an idle machine. Kernels
therefore keep it to one thread and share their work out themselves (parallel.py), to threads that sleep.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from autograd_np._typing import Array

__all__ = ["one_thread", "pieces", "slices", "wide_product"]

#: Up to so many multiplications OpenBLAS reads the operands where they lie; larger ones it copies into an order of its
#: own first. For few rows that copy is a tenth to a third of the whole.
_SMALL = 1_000_000


class _Threads(NamedTuple):
    """OpenBLAS's two functions."""

    get: Callable[[], int]
    set: Callable[[int], object]


@cache
def _openblas() -> _Threads | None:
    """Return the functions of the OpenBLAS that NumPy is linked with, None where it has another library."""
    # A symbol is looked up in an extension module and in all that it is linked with; on Windows, in it alone.
    from pathlib import Path  # noqa: PLC0415 (most programs' import ends before this is needed)

    bundled = Path(np.__file__).parent.with_name("numpy.libs").glob("*openblas*.dll")
    for library in (sys.modules["numpy._core._multiarray_umath"].__file__, *map(str, bundled)):
        try:
            loaded = ctypes.PyDLL(library)
        except OSError:
            continue
        for name in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
            get, set_ = (getattr(loaded, name.format(word), None) for word in ("get_num_threads", "set_num_threads"))
            if get is not None and set_ is not None:
                get.argtypes, get.restype, set_.argtypes, set_.restype = (), ctypes.c_int, (ctypes.c_int,), None
                return _Threads(get, set_)
    return None


class _OneThread:
    """Keeps OpenBLAS to one thread while any thread of the program is inside, and then gives it back what it had."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 1
        if hasattr(os, "register_at_fork"):  # a child must not inherit a lock that some other thread held
            release = self._lock.release
            os.register_at_fork(before=self._lock.acquire, after_in_parent=release, after_in_child=release)

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1 and (threads := _openblas()):
                self._before = threads.get()
                if self._before > 1:
                    threads.set(1)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._before > 1 and (threads := _openblas()):
                threads.set(self._before)


#: `with one_thread: …` around matrix products. To enter it takes a microsecond; inside it, again, a fifth of one.
one_thread = _OneThread()


def slices(count: int, at_most: int) -> list[slice]:
    """Cut `range(count)` into slices of about the same length, none longer than `at_most` (but at least 1).

    Example:
        >>> slices(10, 4)
        [slice(0, 4, None), slice(4, 8, None), slice(8, 10, None)]
    """
    pieces = -(-count // max(at_most, 1))
    step = -(-count // pieces) if pieces else 1
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def wide_product(a: Array, b: Array, out: Array) -> None:
    """Multiply a matrix of few rows by a wide one, stretch by stretch, so that OpenBLAS does without copies.

    Shapes: a (..., M, K), b (..., K, P), out (..., M, P).

    Example:
        >>> out = np.empty((1, 2))
        >>> wide_product(np.array([[1.0, 2.0]]), np.eye(2), out)
        >>> out
        array([[1., 2.]])
    """
    wide = out.shape[-1]
    most = _SMALL // max(1, a.shape[-1] * a.shape[-2]) // 64 * 64
    if not 0 < most < wide:
        np.matmul(a, b, out=out)
        return
    stretch = min(most, -(-wide // -(-wide // most) // 64) * 64)
    whole = wide - wide % stretch
    np.matmul(a[..., None, :, :], _stretches(b, whole, stretch), out=_stretches(out, whole, stretch))
    if whole < wide:
        np.matmul(a, b[..., whole:], out=out[..., whole:])


def pieces(a: Array, b: Array) -> list[slice]:
    """Return slices of the axis that a product of two narrow matrices sums over; the sum of their products is fast.

    Shapes: a (..., M, P), b (..., P, K).

    Example:
        >>> pieces(np.ones((2, 1000)), np.ones((1000, 2)))
        [slice(0, 1000, None)]
    """
    long = a.shape[-1]
    most = _SMALL // max(1, a.shape[-2] * b.shape[-1])
    return slices(long, most) if 512 <= most < long else [slice(0, long)]


def _stretches(x: Array, whole: int, stretch: int) -> Array:
    """Return a view (..., stretches, rows, stretch)."""
    return x[..., :whole].reshape(*x.shape[:-1], whole // stretch, stretch).swapaxes(-2, -3)
