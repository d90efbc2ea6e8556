"""Records of autograd_np.ops.joining."""

from __future__ import annotations

import itertools

import numpy as np

from autograd_np.ops import joining
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_N = np.array([[1.5, 0.2, -0.9]])
_V = np.array([0.5, -1.5, 2.5])
_S = np.array(1.5)
_I = np.arange(6).reshape(2, 3)
_EMPTY = np.zeros(0)


def _cut(x, bounds, dim):
    return [np.take(x, range(a, b), dim) for a, b in itertools.pairwise(bounds)]


def _split(x, size, dim=0):
    n = x.shape[dim]
    sizes = [min(size, n - i) for i in range(0, n, size)] if isinstance(size, int) else size
    return _cut(x, [0, *itertools.accumulate(sizes)], dim)


def _cat(xs, dim=0):
    return np.concatenate([x for x in xs if x.shape != (0,)], dim)


RECORDS = [
    Record(
        "cat",
        joining.cat,
        _cat,
        (
            Case(([_M, _N],)),
            Case(([_M, _M, _N.repeat(2, 0)], 1)),
            Case(([_X, _X], -1)),
            Case(([_EMPTY, _M, _N],)),
            Case(([_I, _M],)),
        ),
        rows=("cat", "index"),
    ),
    Record(
        "stack",
        joining.stack,
        np.stack,
        (Case(([_M, _M * 2],)), Case(([_M, _I, _M], 1)), Case(([_M, _M], -1)), Case(([_S, _S],))),
        rows=("stack", "index"),
    ),
    Record(
        "hstack", joining.hstack, np.hstack, (Case(([_M, _M],)), Case(([_V, _V],)), Case(([_S, _S],))), rows=("cat",)
    ),
    Record(
        "vstack", joining.vstack, np.vstack, (Case(([_M, _V],)), Case(([_V, _V],)), Case(([_S, _S],))), rows=("cat",)
    ),
    Record("dstack", joining.dstack, np.dstack, (Case(([_M, _M],)), Case(([_V, _V],))), rows=("cat",)),
    Record(
        "column_stack",
        joining.column_stack,
        np.column_stack,
        (Case(([_V, _V],)), Case(([_V, _M.T],))),
        rows=("cat",),
    ),
    Record(
        "split",
        joining.split,
        _split,
        (Case((_X, 3, 2)), Case((_X, 2)), Case((_X, [1, 2], 1)), Case((_X, [0, 4], -1)), Case((_I, 1))),
        rows=("index", "place"),
    ),
    Record(
        "chunk",
        joining.chunk,
        lambda x, chunks, dim=0: _split(x, -(-x.shape[dim] // chunks), dim),
        (Case((_X, 3, 2)), Case((_X, 5)), Case((_X, 2, -1))),
        rows=("index", "place"),
    ),
    Record(
        "tensor_split",
        joining.tensor_split,
        lambda x, parts, dim=0: np.array_split(x, parts, dim),
        (Case((_X, 3, 2)), Case((_X, 3)), Case((_X, (1, 5), 1)), Case((_X, (2, 1), 2)), Case((_X, (-1,), 2))),
        rows=("index", "place"),
    ),
    Record(
        "unbind",
        joining.unbind,
        lambda x, dim=0: [np.take(x, i, dim) for i in range(x.shape[dim])],
        (Case((_X,)), Case((_X, -1)), Case((_V,))),
        rows=("index", "place"),
    ),
    Record(
        "cartesian_prod",
        joining.cartesian_prod,
        lambda *xs: np.array(list(itertools.product(*xs))) if len(xs) > 1 else xs[0],
        (Case((_V, _N[0])), Case((_V, _V, _N[0])), Case((_V,))),
        rows=("stack",),
    ),
    Record(
        "combinations",
        joining.combinations,
        lambda x, r=2, with_replacement=False: np.array(
            list((itertools.combinations_with_replacement if with_replacement else itertools.combinations)(x, r))
        ),
        (Case((_V,)), Case((_X[0, 0], 3)), Case((_V, 2, True))),
        rows=("pick", "place"),
    ),
]
