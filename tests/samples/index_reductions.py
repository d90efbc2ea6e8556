"""Records of autograd_np.ops.index_reductions."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import index_reductions
from tests.samples import Case, Record

_M = np.array([[0.7, -1.3], [1.9, 0.4], [-0.6, 2.3]])
_S = np.array([[0.3, 2.4], [-1.1, 0.9], [1.6, -0.8], [0.2, -1.7]])
_AT = np.array([2, 0, 2, 2])


def _reduced(x, dim, index, source, reduce, include_self=True):
    result, old, new = x.copy(), np.moveaxis(x, dim, 0), np.moveaxis(source, dim, 0)
    function = {"prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}[reduce]
    for place in set(index.tolist()):
        slices = [*([old[place]] if include_self else []), *new[index == place]]
        np.moveaxis(result, dim, 0)[place] = function(np.stack(slices), axis=0)
    return result


RECORDS = [
    Record(
        "index_reduce",
        index_reductions.index_reduce,
        _reduced,
        (
            *(Case((_M, 0, _AT, _S, how)) for how in ("prod", "mean", "amax", "amin")),
            *(Case((_M, 0, _AT, _S, how), {"include_self": False}) for how in ("prod", "mean", "amax", "amin")),
            Case((_M.T, 1, _AT, _S.T, "amax")),
        ),
        rows=("scatter_add", "scatter_extreme"),
    ),
]
