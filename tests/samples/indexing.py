"""Records of autograd_np.ops.indexing."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import conversion, indexing
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5])
_S = np.array(1.5)
_I = np.arange(6).reshape(2, 3)

_ROWS = np.array([1, 0, 1])
_COLUMNS = np.array([2, 0, 2])
_COLUMN = np.array([[0], [1]])
_MASK = np.array([[True, False, True], [False, True, True]])
_FEW = np.array([False, True, True])

_KEYS = (
    (0,),
    (-1, slice(1, None)),
    (..., 0),
    (slice(None), None, slice(None, None, 2)),
    (slice(None), slice(0, 0)),
    (0, 1, 2),
    (_ROWS,),
    (slice(None), _COLUMNS),
    (_ROWS, _COLUMNS),
    (_ROWS, slice(None), _COLUMNS),
    (_COLUMN, _COLUMNS),
    (0, _COLUMNS, slice(1, 3)),
    (slice(None), _COLUMNS, -1),
    (None, _ROWS, ..., None),
    (_MASK,),
    (slice(None), _FEW),
    (_ROWS[:1], _FEW),
    (np.array(True),),
    (np.array(False),),
    (np.array(1),),
    ([1, 1, 0],),
    ([True, False],),
)
_NEGATIVE_STEPS = ((slice(None, None, -1),), (..., slice(2, None, -2)))


def _from_zero(x, index, dim):
    """Gather by loops."""
    result = np.empty(index.shape)
    for place in np.ndindex(index.shape):
        result[place] = x[(*place[:dim], index[place], *place[dim + 1 :])] if place else x[()]
    return result


def _set(x, index, value):
    result = conversion.clone(x)
    indexing.setitem(result, index, value)
    return result


def _set_reference(x, index, value):
    result = x.copy()
    result[index] = value
    return result


def _set_torch(torch, x, index, value):
    result = x.clone()
    result[index] = value
    return result


RECORDS = [
    Record(
        "getitem",
        indexing.getitem,
        lambda x, index: x[index],
        (
            *(Case((_X, key)) for key in (*_KEYS, *_NEGATIVE_STEPS)),
            Case((_V, 1)),
            Case((_V, _ROWS)),
            Case((_S, (None, ...))),
            Case((_S, ())),
            Case((_I, _MASK)),
            Case((_X, (_MASK, slice(1, 3)))),
        ),
        rows=("index", "pick", "place"),
        torch=None,
    ),
    Record(
        "setitem",
        _set,
        _set_reference,
        (
            Case((_X, (0,), 2.5)),
            Case((_X, (0, 1), np.array([5.0, 6.0, 7.0, 8.0]))),
            Case((_X, (slice(None), slice(None, None, -2)), _X[:, :2, :1] * 2)),
            Case((_X, (..., 0), _V)),
            Case((_X, (slice(None), 1), np.ones((1, 1, 2, 4)) * 1.5)),
            Case((_X, (np.array([1, 0]), np.array([2, 0])), _X[:, 0] + 1)),
            Case((_X, (slice(None), np.array([2, 0])), _S)),
            # The second value for the same place stays, and the first has no gradient.
            Case((_V, _COLUMNS, np.array([7.0, 8.0, 9.0]))),
            Case((_M, (_ROWS, _COLUMNS), np.array([7.0, 8.0, 9.0]))),
            Case((_M, (_COLUMN, np.array([[1, 1, 0]])), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))),
            Case((_M, _MASK, np.array([1.0, 2.0, 3.0, 4.0]))),
            Case((_X, (_MASK, 1), _S)),
            Case((_S, ..., np.array(2.0))),
            Case((_I, 0, 7)),
            Case((_M, (), _I)),
        ),
        rows=("setitem", "erase", "keep"),
        torch=None,
    ),
    Record(
        "gather",
        indexing.gather,
        lambda x, dim, index: _from_zero(x, index, dim),
        (
            Case((_X, 1, np.array([[[0, 1], [2, 2]]]))),
            Case((_X, 2, np.array([[[3, 0, 0, 1, 1]] * 3] * 2))),
            Case((_M, 0, np.array([[0, 1, 1]]))),
            Case((_V, 0, np.array([], dtype=np.int64))),
            Case((_S, 0, np.array(0))),
        ),
        rows=("gather", "place"),
    ),
    Record(
        "take_along_dim",
        indexing.take_along_dim,
        lambda x, index, dim=None: np.take_along_axis(x, index, dim) if dim is not None else x.reshape(-1)[index],
        (
            Case((_X, np.argsort(-_X, 1), 1)),
            Case((_X, np.array([[[0], [2]]]), 1)),
            Case((_X[:1, :, :1], np.argsort(_X, 1), 1)),
            Case((_X, np.array([0, 23, 0]))),
        ),
        rows=("gather", "place", "expand"),
    ),
    Record(
        "take",
        indexing.take,
        np.take,
        (Case((_M, np.array([[0, -1], [5, 5]]))), Case((_S, np.array([0, 0])))),
        rows=("take", "place"),
    ),
    Record(
        "index_select",
        indexing.index_select,
        lambda x, dim, index: np.take(x, index, dim) if x.ndim else x,
        (
            Case((_X, 1, np.array([2, 0, 2]))),
            Case((_X, -1, np.array([0]))),
            Case((_M, 0, np.array([], dtype=np.int64))),
            Case((_S, 0, np.array([0]))),
        ),
        rows=("index_select", "place"),
    ),
    Record(
        "embedding",
        indexing.embedding,
        lambda w, index: w[index],
        (Case((_M, np.array([[1, 0], [1, 1]]))), Case((_M, np.array(1))), Case((_M, np.zeros((0, 2), np.int64)))),
        rows=("embedding", "place"),
    ),
]
