"""Records of autograd_np.ops.einstein."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import einstein
from tests.samples import Case, Record


def _drawn(*shape, seed=0.0):
    return np.sin(np.arange(float(np.prod(shape))) * 1.3 + 0.4 + seed).reshape(shape)


_V = _drawn(3)
_M, _K, _L = _drawn(2, 3), _drawn(3, 4, seed=1), _drawn(4, 2, seed=2)
_B, _C = _drawn(5, 2, 3), _drawn(5, 3, 2, seed=1)
_S, _Q = _drawn(3, 3), _drawn(3, 3, 3)

RECORDS = [
    Record(
        "einsum",
        einstein.einsum,
        np.einsum,
        (
            Case(("ij,jk->ik", _M, _K)),
            Case(("ij,jk", _M, _K)),
            Case(("ij,jk->ki", _M, _K)),
            Case(("ba", _M)),
            Case(("ij->", _M)),
            Case(("ij->j", _M)),
            Case(("i,j->ij", _V, _V + 1)),
            Case(("i,i->", _V, _V + 1)),
            Case(("ij,ij->ij", _M, _M + 1)),
            Case(("bij,bjk->bik", _B, _C)),
            Case(("bij,bjk->", _B, _C)),
            Case(("bij,bij->b", _B, _B + 1)),
            Case(("ii", _S)),
            Case(("ii->i", _S)),
            Case(("iji->ij", _Q)),
            Case(("iii->i", _Q)),
            Case(("ii,ij->j", _S, _S + 1)),
            Case(("...ij,...jk->...ik", _B, _C)),
            Case(("...ij,jk", _B, _K)),
            Case(("i...,i...->...", _M, _M + 1)),
            Case(("...ij,...ij->...", _drawn(4, 1, 2, 3), _B)),
            Case(("ij,jk,kl->il", _M, _K, _L)),
            Case(("ij,kj,j,lk->il", _M, _drawn(4, 3), _V, _drawn(5, 4))),
            Case(("i,i,j->j", _V, _V + 1, _drawn(4))),
            Case(("i,i,i->", _V, _V, _V)),
            Case(("ab,bc,ca,ab->c", _M, _K, _L, _M)),
            Case(("ij,k->i", _M, _drawn(4))),
            Case(("ij,jk->ik", _drawn(2, 1), _K)),
            Case((_M, [0, 1], _K, [1, 2], [0, 2])),
            Case((_B, [..., 0], _V, [0], [...])),
            Case((_M, [5, 3])),
            Case(("i,j->", _drawn(0), _V)),
        ),
        rows=("einsum", "diagonals", "embed_diagonals"),
        torch=lambda torch, *operands: torch.einsum(*operands),
    ),
]
