"""Records of autograd_np.ops.splitting."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import splitting
from tests.samples import Case, Record

_X = np.arange(1.0, 49.0).reshape(2, 6, 4) ** 1.1
_V = np.array([0.5, -1.5, 2.5, 1.0, 3.0, -0.5])

RECORDS = [
    Record(
        "hsplit",
        splitting.hsplit,
        np.hsplit,
        (Case((_V, 3)), Case((_X, 2)), Case((_X, (1, 4))), Case((_V, (2, 2)))),
        rows=("index", "place"),
    ),
    Record(
        "vsplit",
        splitting.vsplit,
        np.vsplit,
        (Case((_X, 2)), Case((_X[0], 3)), Case((_X[0], (1, 4)))),
        rows=("index", "place"),
    ),
    Record(
        "dsplit",
        splitting.dsplit,
        np.dsplit,
        (Case((_X, 2)), Case((_X, (1, 3)))),
        rows=("index", "place"),
    ),
    Record(
        "split_with_sizes",
        splitting.split_with_sizes,
        lambda x, sizes, dim=0: np.split(x, np.cumsum(sizes)[:-1], dim),
        (Case((_V, (1, 2, 3))), Case((_X, (2, 4, 0), 1)), Case((_X, (4,), -1))),
        rows=("index", "place"),
    ),
]
