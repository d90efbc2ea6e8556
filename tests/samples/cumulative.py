"""Records of autograd_np.ops.cumulative."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import cumulative
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4) + 0.2
_V = np.array([0.7, -1.3, 2.1, 0.4])
_ONE_ZERO = np.array([[0.7, 0.0, 2.1, -0.4], [1.9, 0.4, -0.6, 0.8]])
_TWO_ZEROS = np.array([[0.7, 0.0, 2.1, 0.0], [0.0, 0.4, -0.6, 0.8]])
_SCALAR = np.array(0.7)
_SPOTS = np.array([0.0, 0.3, 1.1, 1.6])


def _along(function):
    def reference(x, dim=None, dtype=None, axis=None):
        return function(x, axis=dim if axis is None else axis) if x.ndim else x

    return reference


def _last_extreme(best):
    def reference(x, dim):
        if not x.ndim:
            return x, np.array(0)
        values = best.accumulate(x, axis=dim)
        places = np.zeros(x.shape, np.int64)
        for index in np.ndindex(x.shape):
            places[index] = max(
                j for j in range(index[dim] + 1) if x[(*index[:dim], j, *index[dim + 1 :])] == values[index]
            )
        return values, places

    return reference


_CASES = (
    Case((_T, 1)),
    Case((_T,), {"dim": -1}),
    Case((_V,), {"axis": 0}),
    Case((_SCALAR, 0)),
)

RECORDS = [
    Record("cumsum", cumulative.cumsum, _along(np.cumsum), _CASES, rows=("cumsum",)),
    Record(
        "cumprod",
        cumulative.cumprod,
        _along(np.cumprod),
        (*_CASES, Case((_ONE_ZERO, 1)), Case((_TWO_ZEROS, 1)), Case((_TWO_ZEROS, 0)), Case((np.array(0.0), 0))),
        rows=("cumprod", "cumsum", "linear_scan", "shift"),
    ),
    Record(
        "logcumsumexp",
        cumulative.logcumsumexp,
        lambda x, dim: np.log(np.cumsum(np.exp(x), axis=dim)) if x.ndim else x,
        (Case((_T, 1)), Case((_V, 0)), Case((_SCALAR, 0))),
        rows=("logcumsumexp", "step_ratio", "exp_difference", "linear_scan", "shift"),
    ),
    Record(
        "cummax",
        cumulative.cummax,
        _last_extreme(np.maximum),
        (Case((_T, 1)), Case((_V,), {"dim": 0}), Case((_SCALAR, 0))),
        rows=("cummax", "place_along", "pick_along"),
    ),
    Record(
        "cummin",
        cumulative.cummin,
        _last_extreme(np.minimum),
        (Case((_T, 1)), Case((_V,), {"dim": 0}), Case((_SCALAR, 0))),
        rows=("cummin", "place_along", "pick_along"),
    ),
    Record(
        "diff",
        cumulative.diff,
        lambda x, n=1, dim=-1: np.diff(x, n, axis=dim),
        (Case((_V,)), Case((_T, 2, 1)), Case((_T,), {"n": 4, "dim": 0}), Case((_V, 0))),
        rows=("diff", "diff_adjoint"),
    ),
    Record(
        "trapezoid",
        cumulative.trapezoid,
        lambda y, x=None, dx=1, dim=-1: np.trapezoid(y, x, dx, axis=dim),
        (
            Case((_T,)),
            Case((_T,), {"dx": 0.5, "dim": 1}),
            Case((_T, _SPOTS)),
            Case((_T, _SPOTS[:3]), {"dim": 1}),
            Case((_T, np.cumsum(_T**2, axis=1)), {"dim": 1}),
        ),
        rows=("pair_sum", "pair_spread", "diff"),
    ),
]
