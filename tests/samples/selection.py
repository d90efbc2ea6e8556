"""Records of autograd_np.ops.selection."""

from __future__ import annotations

import math

import numpy as np

from autograd_np.ops import selection
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.4])
_I = np.array([[6, -2, 3], [-5, 1, 4]])
_J = np.array([2, 3, 1])
_MASK = np.array([[True], [False]])
_MASKS = np.array([True, False, True])


def _bound(value, low, high):
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    return np.asarray(np.where(value > high, high, np.where(value < low, np.minimum(low, high), value)))


def _clamp(x, min=None, max=None):
    return _bound(x, min, max).astype(np.result_type(x, *(v for v in (min, max) if v is not None)))


def _nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    info = np.finfo(x.dtype)
    values = [
        nan if math.isnan(v) else (info.max if posinf is None else posinf) if v == np.inf
        else (info.min if neginf is None else neginf) if v == -np.inf else v
        for v in x.flat
    ]  # fmt: skip
    return np.array(values, x.dtype).reshape(x.shape)


RECORDS = [
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
    ),
    Record(
        "minimum",
        selection.minimum,
        lambda a, b: np.where(np.asarray(a) < b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3)), Case((_A, _J))),
        rows=("minimum", "maximum_share"),
    ),
    Record(
        "fmax",
        selection.fmax,
        lambda a, b: np.where(np.asarray(a) > b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3))),
        rows=("fmax", "fmax_mask"),
    ),
    Record(
        "fmin",
        selection.fmin,
        lambda a, b: np.where(np.asarray(a) < b, a, b),
        (Case((_A, _B + 0.1)), Case((_A, 0.3))),
        rows=("fmin", "fmax_mask"),
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
    ),
    Record(
        "clamp_max",
        selection.clamp_max,
        lambda x, high: _bound(x, None, high),
        (Case((_A, 0.3)), Case((_A, _B + 0.1))),
        rows=("clamp", "clamp_max"),
    ),
    Record(
        "copysign",
        selection.copysign,
        lambda a, b: np.abs(a) * np.where(np.asarray(b) < 0, -1, 1),
        (Case((_A, _B)), Case((_A, -1.0))),
        rows=("copysign", "zeros_like"),
        elementwise=True,
        domain=((-2.0, 2.0), (-2.0, 2.0)),
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
