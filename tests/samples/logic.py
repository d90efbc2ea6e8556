"""Records of autograd_np.ops.logic."""

from __future__ import annotations

import operator

import numpy as np

from autograd_np.ops import logic
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_I = np.array([[6, -2, 3], [-5, 1, 4]])
_J = np.array([2, 3, 1])
_MASK = np.array([[True], [False]])
_MASKS = np.array([True, False, True])


RECORDS = [
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
]
