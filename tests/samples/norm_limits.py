"""Records of autograd_np.ops.norm_limits."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import norm_limits
from tests.samples import Case, Record

_M = np.array([[0.7, -1.3, 2.1], [0.1, 0.4, -0.2]])
_X = np.sin(np.arange(24.0) + 0.3).reshape(2, 3, 4) * np.array([[0.1], [1.0], [3.0]])


def _renorm(x, p, dim, maxnorm):
    result = x.copy()
    slices = np.moveaxis(result, dim, 0)
    for i, slice_of in enumerate(np.moveaxis(x, dim, 0)):
        size = np.max(np.abs(slice_of)) if p == np.inf else (np.abs(slice_of) ** p).sum() ** (1 / p)
        if size > maxnorm:
            slices[i] *= maxnorm / (size + 1e-7)
    return result


RECORDS = [
    Record(
        "renorm",
        norm_limits.renorm,
        _renorm,
        (Case((_M, 2, 0, 1.0)), Case((_M, 1, 1, 1.0)), Case((_X, 3, 1, 2.0)), Case((_X, 2, -2, 100.0))),
        rows=("where",),
    ),
]
