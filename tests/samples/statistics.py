"""Records of autograd_np.ops.statistics."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import statistics
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_V = np.array([0.7, -1.3, 2.1, 0.4, -0.2])
_SCALAR = np.array(0.7)


def _spread(function):
    def reference(x, dim=None, unbiased=None, keepdim=False, correction=None, axis=None, keepdims=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        less = correction if correction is not None else int(unbiased is None or unbiased)
        keep = keepdim if keepdims is None else keepdims
        return function(x, axis=dim if axis is None else axis, ddof=less, keepdims=keep)

    return reference


def _with_mean(function):
    def reference(x, dim=None, unbiased=None, keepdim=False, correction=None):
        axis = None if isinstance(dim, bool) else dim
        return _spread(function)(x, dim, unbiased, keepdim, correction), np.mean(x, axis, keepdims=keepdim)

    return reference


def _median(x, dim=None, keepdim=False):
    if dim is None:
        return np.sort(x, axis=None)[(x.size - 1) // 2]
    if not x.ndim:
        return x, np.array(0)
    places = np.take(np.argsort(x, axis=dim, kind="stable"), [(x.shape[dim] - 1) // 2], axis=dim)
    values = np.take_along_axis(x, places, dim)
    return (values, places) if keepdim else (values.squeeze(dim), places.squeeze(dim))


def _mode(x, dim=-1, keepdim=False):
    if not x.ndim:
        return x, np.array(0)

    def one(row):
        values, counts = np.unique(row, return_counts=True)
        return np.flatnonzero(row == values[counts == counts.max()][0])[-1]

    places = np.expand_dims(np.apply_along_axis(one, dim, x), dim)
    values = np.take_along_axis(x, places, dim)
    return (values, places) if keepdim else (values.squeeze(dim), places.squeeze(dim))


_SPREADS = (
    Case((_T,)),
    Case((_T,), {"dim": 1}),
    Case((_T,), {"dim": (0, 2), "keepdim": True, "correction": 0}),
    Case((_T,), {"axis": -1, "keepdims": True, "correction": 2}),
    Case((_T,), {"unbiased": False}),
    Case((_T, False)),
    Case((_T, 1, True, True)),
)
_PAIRS = (Case((_T,)), Case((_T, 1)), Case((_T,), {"dim": (0, 2), "keepdim": True, "correction": 0}), Case((_T, False)))
_MEDIANS = (
    Case((_T,)),
    Case((_V, 0)),
    Case((_T,), {"dim": 1}),
    Case((_T,), {"dim": -1, "keepdim": True}),
    Case((_SCALAR, 0)),
)

RECORDS = [
    Record("var", statistics.var, _spread(np.var), _SPREADS, rows=("var",)),
    Record("std", statistics.std, _spread(np.std), _SPREADS, rows=("std", "divide_or_zero")),
    Record("var_mean", statistics.var_mean, _with_mean(np.var), _PAIRS, rows=("var", "mean")),
    Record("std_mean", statistics.std_mean, _with_mean(np.std), _PAIRS, rows=("std", "mean")),
    Record(
        "median",
        statistics.median,
        _median,
        _MEDIANS,
        rows=("median", "tie_shares", "kthvalue", "place_along"),
    ),
    Record(
        "nanmedian",
        statistics.nanmedian,
        _median,
        _MEDIANS,
        rows=("median", "nanmedian_place", "pick_along", "place_along"),
    ),
    Record(
        "mode",
        statistics.mode,
        _mode,
        (Case((_T,)), Case((_T,), {"dim": 1, "keepdim": True}), Case((_SCALAR,))),
        rows=("mode_place", "pick_along", "place_along"),
    ),
    Record(
        "cov",
        statistics.cov,
        lambda x, correction=1: np.cov(x, ddof=correction),
        (Case((_T[0],)), Case((_T[0],), {"correction": 0}), Case((_V,))),
        rows=("matmul", "mean"),
    ),
    Record("corrcoef", statistics.corrcoef, np.corrcoef, (Case((_T[0],)),), rows=("matmul", "std")),
]
