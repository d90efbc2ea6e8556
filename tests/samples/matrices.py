"""Records of autograd_np.ops.matrices."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import matrices
from tests.samples import Case, Record

_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5, 1.0])
_S = np.array(1.5)


def _blocks(*tensors):
    listed = [np.atleast_2d(x) for x in tensors]
    result = np.zeros(np.sum([x.shape for x in listed], axis=0))
    row = col = 0
    for x in listed:
        for i, j in np.ndindex(x.shape):
            result[row + i, col + j] = x[i, j]
        row, col = row + x.shape[0], col + x.shape[1]
    return result


RECORDS = [
    Record(
        "block_diag",
        matrices.block_diag,
        _blocks,
        (Case((_M, _V, _S)), Case((_M.T,))),
        rows=("block_diag", "index"),
    ),
    Record(
        "diagflat",
        matrices.diagflat,
        np.diagflat,
        (Case((_M,)), Case((_V, 1)), Case((_V, -2)), Case((_S,))),
        rows=("diag_embed", "diagonal"),
    ),
    Record(
        "vander",
        matrices.vander,
        lambda x, N=None, increasing=False: np.vander(x, N, increasing),
        (Case((_V,)), Case((_V, 2)), Case((_V, 5), {"increasing": True}), Case((np.array([3, -2]), 3)), Case((_V, 0))),
        rows=("pow_tensor",),
    ),
]
