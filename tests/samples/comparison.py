"""Records of autograd_np.ops.comparison, logic and selection."""

from __future__ import annotations

import math
import operator

import numpy as np

from autograd_np.core import as_tensor
from autograd_np.ops import comparison, logic, selection
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

_BOTH = ((-2.0, 2.0), (-2.0, 2.0))


def _bound(value, low, high):
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    return np.asarray(np.where(value > high, high, np.where(value < low, np.minimum(low, high), value)))


def _clamp(x, min=None, max=None):
    return _bound(x, min, max).astype(np.result_type(x, *(v for v in (min, max) if v is not None)))


def _close(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    with np.errstate(invalid="ignore"):
        near = (a == b) | (np.abs(a - b) <= atol + rtol * np.abs(b))
    return near | (equal_nan & np.isnan(a) & np.isnan(b))


def _nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    info = np.finfo(x.dtype)
    values = [
        nan if math.isnan(v) else (info.max if posinf is None else posinf) if v == np.inf
        else (info.min if neginf is None else neginf) if v == -np.inf else v
        for v in x.flat
    ]  # fmt: skip
    return np.array(values, x.dtype).reshape(x.shape)


RECORDS = [
    *(
        Record(name, getattr(comparison, name), getattr(operator, name), _KINDS, rows=(name,), order=0)
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    ),
    *(
        Record(
            name,
            getattr(logic, name),
            lambda a, b, table=table: np.vectorize(lambda p, q: table[bool(p)][bool(q)], otypes=[bool])(a, b),
            (Case((_MASKS, _MASK)), Case((_I, np.array([0, 1, 2]))), Case((_A, _MASK))),
            rows=(name,),
            order=0,
        )
        for name, table in (
            ("logical_and", ((False, False), (False, True))),
            ("logical_or", ((False, True), (True, True))),
            ("logical_xor", ((False, True), (True, False))),
        )
    ),
    Record(
        "logical_not",
        logic.logical_not,
        lambda x: x == 0,
        (Case((_MASKS,)), Case((_I % 2,))),
        rows=("logical_not",),
        order=0,
    ),
    *(
        Record(
            name,
            getattr(logic, name),
            np.vectorize(function),
            (Case((_I, _J)), *((Case((_MASKS, _MASK)),) if "shift" not in name else ())),
            rows=(row,),
            order=0,
        )
        for name, row, function in (
            ("bitwise_and", "bitwise_and", operator.and_),
            ("bitwise_or", "bitwise_or", operator.or_),
            ("bitwise_xor", "bitwise_xor", operator.xor),
            ("bitwise_left_shift", "left_shift", lambda a, b: a * 2**b),
            ("bitwise_right_shift", "right_shift", lambda a, b: a // 2**b),
        )
    ),
    Record(
        "bitwise_not",
        logic.bitwise_not,
        lambda x: ~x,
        (Case((_I,)), Case((_MASKS,))),
        rows=("bitwise_not",),
        order=0,
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
            ("isfinite", lambda v: abs(v) < np.inf, ("isfinite",)),
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
        "where",
        selection.where,
        lambda condition, a, b: np.array(condition * a + (1 - condition) * b),
        (
            Case((_MASK, _A, _B)),
            Case((_MASKS, _A, 0.0)),
            Case((_MASKS, 1.5, _A)),
            Case((_MASKS, _I, _A)),
            Case((np.resize(_MASKS, (64, 200)), np.resize(_A, (64, 200)), _A[0, 0])),
        ),
        rows=("where",),
    ),
    Record(
        "maximum",
        selection.maximum,
        lambda a, b: np.where(np.asarray(a) > b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3)), Case((_A, _J))),
        rows=("maximum", "maximum_share"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.3,),
    ),
    Record(
        "minimum",
        selection.minimum,
        lambda a, b: np.where(np.asarray(a) < b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3)), Case((_A, _J))),
        rows=("minimum", "maximum_share"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.3,),
    ),
    Record(
        "fmax",
        selection.fmax,
        lambda a, b: np.where(np.asarray(a) > b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3))),
        rows=("fmax", "fmax_mask"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.3,),
    ),
    Record(
        "fmin",
        selection.fmin,
        lambda a, b: np.where(np.asarray(a) < b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3))),
        rows=("fmin", "fmax_mask"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.3,),
    ),
    Record(
        "clamp",
        selection.clamp,
        _clamp,
        (
            Case((_A, -1, 1.5)),
            Case((_A,), {"min": 0.0}),
            Case((_A,), {"max": 0.5}),
            Case((_A, 1, -1)),
            Case((_I, 0, 3)),
            Case((_I, 0.5)),
            Case((_A, _B - 0.45, np.array(1.0))),
        ),
        rows=("clamp", "clamp_mask", "clamp_min", "clamp_max"),
    ),
    Record(
        "clamp_min",
        selection.clamp_min,
        lambda x, low: _bound(x, low, None),
        (Case((_A, 0.3)), Case((_A, _B + 0.1))),
        rows=("clamp", "clamp_min"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.3,),
    ),
    Record(
        "clamp_max",
        selection.clamp_max,
        lambda x, high: _bound(x, None, high),
        (Case((_A, 0.3)), Case((_A, _B + 0.1))),
        rows=("clamp", "clamp_max"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.3,),
    ),
    Record(
        "copysign",
        selection.copysign,
        lambda a, b: np.abs(a) * np.where(np.asarray(b) < 0, -1, 1),
        (Case((_A, _B)), Case((_A, -1.0))),
        rows=("copysign", "zeros_like"),
        elementwise=True,
        domain=_BOTH,
        kinks=(0.0,),
    ),
    Record(
        "heaviside",
        selection.heaviside,
        lambda x, value: np.where(x < 0, 0.0, np.where(x > 0, 1.0, value)),
        (Case((np.array([-1.5, 0.0, 2.0]), np.array(0.5))),),
        rows=("heaviside",),
        order=0,
    ),
    Record(
        "nan_to_num",
        selection.nan_to_num,
        _nan_to_num,
        (Case((_A,)), Case((np.array([1.5, -0.2]),), {"nan": 3.0, "posinf": 9.0, "neginf": -9.0})),
        rows=("nan_to_num", "isfinite"),
    ),
]
