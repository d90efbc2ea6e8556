"""Records of what autograd_np.ops.linalg adds to the sheets that it gathers."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import decompositions, linalg
from tests.samples import Case, Record
from tests.samples.decompositions import _BATCH, _FLAT, _SQUARE, _TALL, _svd_products, _wide

_M = np.sin(np.arange(12.0) ** 1.2 * 1.3 + 0.4).reshape(3, 4)
_C = np.sin(np.arange(9.0) * 1.3 + 0.4).reshape(3, 3)
_V = np.cos(np.arange(4.0))

RECORDS = [
    Record(
        "linalg.cross",
        linalg.cross,
        lambda a, b, dim=-1: np.cross(a, b, axis=dim),
        (Case((_C, _C[:1] + 1)), Case((_C, _C[::-1]), {"dim": 0})),
        rows=("cross",),
    ),
    Record(
        "linalg.norm",
        linalg.norm,
        lambda x, ord=None, dim=None, keepdim=False: np.linalg.norm(x, ord, dim, keepdim),
        (
            Case((_M,)),
            Case((_M, 2)),
            Case((_M, "nuc")),
            Case((_V, 3)),
            Case((_M,), {"dim": 1, "keepdim": True}),
            Case((_M, 1), {"dim": 0}),
            Case((_M, 1), {"dim": (1, 0)}),
        ),
        rows=("norm_2", "norm_p", "svd"),
    ),
    Record(
        "vecdot",
        linalg.vecdot,
        lambda x, y, dim=-1: (x * y).sum(dim),
        (Case((_M, _V)), Case((_M, _M + 1), {"dim": 0})),
        rows=("mul", "sum"),
        torch="linalg.vecdot",
    ),
    Record(
        "linalg.svd",
        lambda x: _svd_products(*decompositions.svd(_wide(x), full_matrices=False)),
        lambda x: _svd_products(*np.linalg.svd(_wide(x), full_matrices=False)),
        (Case((_TALL,)), Case((_FLAT,)), Case((_SQUARE,)), Case((_BATCH,))),
        rows=("svd", "gap_quotient", "on_diagonal", "divide_or_nan"),
        torch=None,
    ),
]
