"""Records of autograd_np.ops.masking."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import conversion, masking
from tests.samples import Case, Record

_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5])
_S = np.array(1.5)
_I = np.array([[0, 1, 2], [3, 0, 5]])
_MASK = np.array([[True, False, True], [False, True, True]])
_FEW = np.array([False, True, True])


RECORDS = [
    Record(
        "masked_select",
        masking.masked_select,
        lambda x, mask: np.broadcast_to(x, np.broadcast(x, mask).shape)[
            np.broadcast_to(mask, np.broadcast(x, mask).shape)
        ],
        (Case((_M, _MASK)), Case((_M, _FEW)), Case((_V, _MASK)), Case((_M, _MASK & False)), Case((_S, np.array(True)))),
        rows=("masked_select", "place", "expand"),
    ),
    Record(
        "masked_fill",
        masking.masked_fill,
        lambda x, mask, value: np.where(mask, value, x),
        (
            Case((_M, _MASK, 2.5)),
            Case((_M, _FEW, -1)),
            Case((_V, _MASK, 0.5)),
            Case((_M, _MASK, _S)),
            Case((_V, _MASK, _S)),
            Case((_I, _MASK, 7)),
        ),
        rows=("masked_fill", "keep"),
    ),
    Record(
        "masked_fill_",
        lambda x, mask, value: masking.masked_fill_(conversion.clone(x), mask, value),
        lambda x, mask, value: np.where(mask, value, x),
        (Case((_M, _MASK, 2.5)), Case((_M, _FEW, _S)), Case((_I, _MASK, 7))),
        rows=("masked_fill", "keep"),
        torch=lambda torch, x, mask, value: x.clone().masked_fill_(mask, value),
    ),
    Record(
        "nonzero",
        masking.nonzero,
        lambda x, as_tuple=False: np.atleast_1d(x).nonzero() if as_tuple else np.argwhere(x),
        (Case((_I,)), Case((_I,), {"as_tuple": True}), Case((_S,)), Case((_S,), {"as_tuple": True})),
        rows=(),
        order=0,
    ),
    Record("argwhere", masking.argwhere, np.argwhere, (Case((_I,)), Case((_MASK,))), rows=(), order=0),
    Record(
        "unravel_index",
        masking.unravel_index,
        lambda indices, shape: tuple(np.array(list(np.ndindex(*shape)))[indices].T),
        (Case((np.array([5, 0, 3]), (2, 3))), Case((np.array([7, 23]), (2, 3, 4)))),
        rows=(),
        order=0,
    ),
]
