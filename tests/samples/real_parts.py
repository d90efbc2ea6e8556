"""Records of autograd_np.ops.real_parts."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import real_parts
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_I = np.array([3, -2, 0])

RECORDS = [
    Record(
        "angle",
        real_parts.angle,
        lambda x: np.angle(x).astype(float),
        (Case((_A,)),),
        rows=("angle", "zeros_like"),
    ),
    *(
        Record(name, getattr(real_parts, name), lambda x: x, (Case((_A,)), Case((_I,))), rows=(), order=0)
        for name in ("real", "conj")
    ),
    Record(
        "isreal",
        real_parts.isreal,
        np.isreal,
        (Case((_A,)), Case((_I,))),
        rows=(),
        order=0,
    ),
]
