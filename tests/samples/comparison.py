"""Records of autograd_np.ops.comparison."""

from __future__ import annotations

import math
import operator

import numpy as np

from autograd_np.core import as_tensor
from autograd_np.ops import comparison
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.4])
_EQUAL = np.array([0.7, -1.3, 0.4])
_I = np.array([[6, -2, 3], [-5, 1, 4]])
_J = np.array([2, 3, 1])
_MASK = np.array([[True], [False]])
_MASKS = np.array([True, False, True])
_SPECIAL = np.array([1.5, np.nan, np.inf, -np.inf, -0.0])
_KINDS = (Case((_A, _EQUAL)), Case((_A, 0.4)), Case((_I, _J)), Case((_MASKS, _MASK)))


def _close(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    with np.errstate(invalid="ignore"):
        near = (a == b) | (np.abs(a - b) <= atol + rtol * np.abs(b))
    return near | (equal_nan & np.isnan(a) & np.isnan(b))


def _isin(elements, test_elements, assume_unique=False, invert=False):
    found = np.array([v in test_elements.ravel().tolist() for v in elements.ravel().tolist()])
    return (found ^ invert).reshape(elements.shape)


RECORDS = [
    *(
        Record(name, getattr(comparison, name), getattr(operator, name), _KINDS, rows=(name,), order=0)
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    ),
    *(
        Record(
            name,
            getattr(comparison, name),
            np.vectorize(function, otypes=[bool]),
            (Case((_SPECIAL,)), Case((_I,))),
            rows=rows,
            order=0,
        )
        for name, function, rows in (
            ("isnan", math.isnan, ("isnan",)),
            ("isinf", lambda v: abs(v) == np.inf, ("isinf",)),
            ("isfinite", math.isfinite, ("isfinite",)),
            ("isposinf", lambda v: v == np.inf, ("eq",)),
            ("isneginf", lambda v: v == -np.inf, ("eq",)),
            ("signbit", lambda v: str(v).startswith("-"), ("signbit",)),
        )
    ),
    Record(
        "isclose",
        comparison.isclose,
        _close,
        (
            Case((_A, _A + 1e-9)),
            Case((_A, _A + 0.01), {"atol": 0.02}),
            Case((_A, _A * 1.01), {"rtol": 0.01}),
            Case((_SPECIAL, _SPECIAL[::-1].copy())),
            Case((_SPECIAL, _SPECIAL), {"equal_nan": True}),
        ),
        rows=(),
        order=0,
    ),
    Record(
        "allclose",
        lambda *operands, **options: as_tensor(comparison.allclose(*operands, **options)),
        lambda *operands, **options: _close(*operands, **options).all(),
        (Case((_A, _A + 1e-9)), Case((_A, _A + 1e-3)), Case((_A, _A + 1e-3), {"atol": 0.01})),
        rows=(),
        order=0,
        torch=None,
    ),
    Record(
        "equal",
        lambda a, b: as_tensor(comparison.equal(a, b)),
        lambda a, b: a.shape == b.shape and bool((a == b).all()),
        (Case((_A, _A)), Case((_A, _A + 1)), Case((_A, _B))),
        rows=(),
        order=0,
        torch=None,
    ),
    Record(
        "isin",
        comparison.isin,
        _isin,
        (
            Case((np.array([[1, 2], [3, 7]]), np.array([3, 1]))),
            Case((np.array([1.5, -2.0, 0.0]), np.array([[0.0, 1.5]])), {"invert": True}),
            Case((np.array([4, 2, 9]), np.array([9, 4])), {"assume_unique": True}),
        ),
        rows=(),
        order=0,
    ),
]
