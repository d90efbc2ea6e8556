"""Records of autograd_np.ops.trigonometric."""

from __future__ import annotations

import math

import numpy as np

from autograd_np.ops import trigonometric
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.5])
_P = np.abs(_A)
_U = np.array([[0.7, -0.3], [-0.85, 0.1]])
_NEAR_ZERO = np.array([1e-3, 0.5, -1.0, 2.7, 0.0])

_ALL = ((-2.0, 2.0),)
_INNER = ((-0.9, 0.9),)


def _i(x):
    return x.astype(np.complex128) * 1j


def _sinc(x):
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.sin(np.pi * safe) / (np.pi * safe))


RECORDS = [
    *(
        Record(
            name,
            getattr(trigonometric, name),
            reference,
            (Case((x,)),),
            rows=rows,
            elementwise=True,
            domain=domain,
        )
        for name, reference, x, domain, rows in (
            ("sin", lambda x: np.exp(_i(x)).imag, _A, _ALL, ("sin", "cos")),
            ("cos", lambda x: np.exp(_i(x)).real, _A, _ALL, ("cos", "sin")),
            ("tan", lambda x: np.sin(x) / np.cos(x), _A * 0.5, ((-1.2, 1.2),), ("tan",)),
            ("asin", lambda x: np.arctan2(x, np.sqrt(1 - x * x)), _U, _INNER, ("asin",)),
            ("acos", lambda x: np.arctan2(np.sqrt(1 - x * x), x), _U, _INNER, ("acos",)),
            ("atan", lambda x: np.angle(1 + _i(x)), _A, _ALL, ("atan",)),
            ("sinh", lambda x: (np.exp(x) - np.exp(-x)) / 2, _A, _ALL, ("sinh", "cosh")),
            ("cosh", lambda x: (np.exp(x) + np.exp(-x)) / 2, _A, _ALL, ("cosh", "sinh")),
            ("tanh", lambda x: 2 / (1 + np.exp(-2 * x)) - 1, _A, _ALL, ("tanh",)),
            ("asinh", lambda x: np.log(x + np.sqrt(x * x + 1)), _A, _ALL, ("asinh",)),
            ("acosh", lambda x: np.log(x + np.sqrt(x * x - 1)), np.abs(_A) + 1.1, ((1.2, 3.0),), ("acosh",)),
            ("atanh", lambda x: np.log((1 + x) / (1 - x)) / 2, _U, _INNER, ("atanh",)),
            ("deg2rad", lambda x: x / 180 * math.pi, _A, _ALL, ("deg2rad",)),
            ("rad2deg", lambda x: x / math.pi * 180, _A, _ALL, ("rad2deg",)),
            ("sinc", _sinc, _NEAR_ZERO, ((-3.0, 3.0),), ("sinc",)),
        )
    ),
    Record(
        "hypot",
        trigonometric.hypot,
        lambda a, b: np.sqrt(a * a + b * b),
        (Case((_P, _B)), Case((_P, 2.0))),
        rows=("hypot",),
        elementwise=True,
        domain=((0.3, 2.0), (-2.0, 2.0)),
    ),
    Record(
        "atan2",
        trigonometric.atan2,
        lambda a, b: np.angle(b + 1j * a),
        (Case((_P, _B)), Case((_P, 2.0))),
        rows=("atan2", "hypot"),
        elementwise=True,
        domain=((0.3, 2.0), (-2.0, 2.0)),
    ),
]
