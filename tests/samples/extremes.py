"""Records of autograd_np.ops.extremes."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import extremes
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_U = np.cos(np.arange(12.0) * 0.9).reshape(3, 4)
_N = np.array([[3, 1, 3], [0, 5, 5]])


def _over_axes(function):
    def reference(x, dim=None, keepdim=False, axis=None, keepdims=None):
        return function(x, axis=dim if axis is None else axis, keepdims=keepdim if keepdims is None else keepdims)

    return reference


def _three_forms(best, place, pairs):
    def reference(x, dim=None, keepdim=False, other=None, axis=None, keepdims=None):
        other = dim if isinstance(dim, np.ndarray) else other
        keep = keepdim if keepdims is None else keepdims
        if other is not None:
            return pairs(x, other)
        chosen = dim if axis is None else axis
        if chosen is None:
            return best(x, keepdims=keep)
        return best(x, axis=chosen, keepdims=keep), place(x, axis=chosen, keepdims=keep)

    return reference


_ANY_AXES = (
    Case((_T,)),
    Case((_T,), {"dim": 1}),
    Case((_T,), {"dim": (0, -1), "keepdim": True}),
    Case((_T,), {"axis": 2, "keepdims": True}),
    Case((np.array(0.7),)),
)
_FORMS = (
    Case((_T,)),
    Case((_T, 1)),
    Case((_T,), {"dim": -1, "keepdim": True}),
    Case((_T,), {"axis": 0, "keepdims": True}),
    Case((_T, _U)),
    Case((np.array(0.7), 0)),
)
_PLACES = (
    Case((_N,)),
    Case((_N, 1)),
    Case((_T,), {"dim": -1, "keepdim": True}),
    Case((_T,), {"axis": 0}),
)


def _zero_dim(reference):
    """Let NumPy's functions take axis 0 of an array without axes, as PyTorch does."""

    def checked(x, *arguments, **options):
        return reference(x, *arguments, **options) if np.ndim(x) else (x, np.array(0))

    return checked


RECORDS = [
    Record("amax", extremes.amax, _over_axes(np.max), _ANY_AXES, rows=("amax", "tie_shares")),
    Record("amin", extremes.amin, _over_axes(np.min), _ANY_AXES, rows=("amin", "tie_shares")),
    Record(
        "max",
        extremes.max,
        _zero_dim(_three_forms(np.max, np.argmax, np.maximum)),
        _FORMS,
        rows=("max", "place_along", "pick_along"),
    ),
    Record(
        "min",
        extremes.min,
        _zero_dim(_three_forms(np.min, np.argmin, np.minimum)),
        _FORMS,
        rows=("min", "place_along", "pick_along"),
    ),
    Record(
        "aminmax",
        extremes.aminmax,
        lambda x, dim=None, keepdim=False: (np.min(x, dim, keepdims=keepdim), np.max(x, dim, keepdims=keepdim)),
        (Case((_T,)), Case((_T,), {"dim": 1, "keepdim": True})),
        rows=("amin", "amax"),
    ),
    Record("argmax", extremes.argmax, _over_axes(np.argmax), _PLACES, rows=("argmax",), order=0),
    Record("argmin", extremes.argmin, _over_axes(np.argmin), _PLACES, rows=("argmin",), order=0),
]
