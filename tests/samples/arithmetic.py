"""Records of autograd_np.ops.arithmetic."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import arithmetic
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.5])
_P = np.abs(_A)

RECORDS = [
    Record(
        "add",
        arithmetic.add,
        lambda a, b, alpha=1: np.asarray(a) + alpha * np.asarray(b),
        (Case((_A, _B)), Case((_A, 2.0)), Case((_A, _B), {"alpha": 3})),
        rows=("add",),
        elementwise=True,
        domain=((-2, 2), (-2, 2)),
    ),
    Record(
        "pow",
        arithmetic.pow,
        np.power,
        (Case((_P, _B)), Case((_A, 3)), Case((_A, 2)), Case((_P, -1.5)), Case((2.0, _A)), Case((_A, 0))),
        rows=("pow", "pow_tensor", "square", "log_or_zero", "nonzero_mask"),
        elementwise=True,
        domain=((0.2, 2), (-2, 2)),
    ),
]
