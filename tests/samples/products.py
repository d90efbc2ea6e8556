"""Records of autograd_np.ops.products."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import products
from tests.samples import Case, Record


def _drawn(*shape, seed=0.0):
    return np.sin(np.arange(float(np.prod(shape))) * 1.3 + 0.4 + seed).reshape(shape)


_V, _W = _drawn(3), _drawn(3, seed=1)
_M, _K = _drawn(2, 3), _drawn(3, 4, seed=1)
_B, _C = _drawn(5, 2, 3), _drawn(5, 3, 2, seed=1)


def _cross(a, b, dim=None):
    axis = next(i for i, n in enumerate(a.shape) if n == 3) if dim is None else dim
    return np.cross(a, b, axis=axis)


RECORDS = [
    Record(
        "matmul",
        products.matmul,
        np.matmul,
        (
            Case((_M, _K)),
            Case((_V, _W)),
            Case((_M, _V)),
            Case((_V, _K)),
            Case((_V, _C)),
            Case((_B, _V)),
            Case((_B, _K)),
            Case((_M, _C)),
            Case((_B, _C)),
            Case((_drawn(2, 1, 2, 3), _C)),
            Case((_drawn(2, 5, 2, 3), _K)),
            Case((_drawn(1, 2, 3), _C)),
            Case((_drawn(2, 0), _drawn(0, 3))),
        ),
        rows=("matmul", "matmul_rows", "mv", "dot"),
    ),
    Record("mm", products.mm, np.matmul, (Case((_M, _K)),), rows=("matmul",)),
    Record("bmm", products.bmm, np.matmul, (Case((_B, _C)),), rows=("matmul",)),
    Record("mv", products.mv, np.matmul, (Case((_M, _V)),), rows=("mv",)),
    Record("dot", products.dot, np.dot, (Case((_V, _W)),), rows=("dot",)),
    Record(
        "inner",
        products.inner,
        np.inner,
        (Case((_V, _W)), Case((_M, _V)), Case((_V, _M)), Case((_B, _drawn(4, 2, 3))), Case((_M, np.array(0.7)))),
        rows=("matmul_rows",),
    ),
    Record("outer", products.outer, np.outer, (Case((_V, _drawn(4))),), rows=("mul",)),
    Record(
        "linear",
        products.linear,
        lambda x, w, b=None: x @ np.swapaxes(w, 0, -1) + (0 if b is None else b),
        (
            Case((_M, _K.T, _drawn(4))),
            Case((_B, _K.T, _drawn(4))),
            Case((_drawn(2, 2, 2, 3), _K.T)),
            Case((_V, _K.T, _drawn(4))),
            Case((_B, _V)),
            Case((_B, _V, np.array(0.3))),
            Case((_M, _K.T, np.array([0.3]))),
        ),
        rows=("linear", "matmul_rows", "mv"),
        torch="nn.functional.linear",
    ),
    Record(
        "cross",
        products.cross,
        _cross,
        (
            Case((_V, _W)),
            Case((_drawn(4, 3), _drawn(4, 3, seed=1))),
            Case((_drawn(3, 3), _drawn(3, 3, seed=1)), {"dim": 0}),
            Case((_drawn(3, 2, 1), _drawn(3, 1, 4)), {"dim": -3}),
        ),
        rows=("cross",),
    ),
    Record("trace", products.trace, np.trace, (Case((_M,)), Case((_K,))), rows=("trace", "scaled_eye")),
]
