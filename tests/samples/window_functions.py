"""Records of autograd_np.ops.window_functions."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import window_functions
from tests.samples import Case, Record


def _of(window):
    """Return NumPy's window, longer by the point that a periodic one leaves to the next period."""

    def reference(length, periodic=True, *shape, dtype=None):
        return window(length + 1, *shape)[:-1] if periodic and length > 1 else window(length, *shape)

    return reference


def _hamming(n, alpha=0.54, beta=0.46):
    return alpha - beta * np.cos(2 * np.pi * np.arange(n) / (n - 1)) if n > 1 else np.ones(n)


_CASES = tuple(
    Case((length, periodic), {"dtype": np.dtype(np.float64)}) for length in (6, 5, 1, 0) for periodic in (True, False)
)

RECORDS = [
    Record("hann_window", window_functions.hann_window, _of(np.hanning), _CASES, rows=(), order=0),
    Record(
        "hamming_window",
        window_functions.hamming_window,
        _of(_hamming),
        (*_CASES, Case((6, False, 0.6, 0.4), {"dtype": np.dtype(np.float64)})),
        rows=(),
        order=0,
    ),
    Record("blackman_window", window_functions.blackman_window, _of(np.blackman), _CASES, rows=(), order=0),
    Record("bartlett_window", window_functions.bartlett_window, _of(np.bartlett), _CASES, rows=(), order=0),
    Record(
        "kaiser_window",
        window_functions.kaiser_window,
        lambda length, periodic=True, beta=12.0, dtype=None: _of(np.kaiser)(length, periodic, beta),
        (*_CASES, Case((5, True, 2.5), {"dtype": np.dtype(np.float64)})),
        rows=(),
        order=0,
    ),
]
