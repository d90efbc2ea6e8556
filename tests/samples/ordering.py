"""Records of autograd_np.ops.ordering."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import ordering
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_N = np.array([[3, 1, 3, 0], [0, 5, 5, 2]])
_SCALAR = np.array(0.7)


def _order(x, dim, descending):
    if not x.ndim:
        return np.array(0)
    if descending:
        # A stable order of the negatives; the integers here are far from their limits.
        return np.argsort(-x, axis=dim, kind="stable")
    return np.argsort(x, axis=dim, kind="stable")


def _at(x, indices, dim):
    return np.take_along_axis(x, indices, dim) if x.ndim else x


def _sort(x, dim=-1, descending=False, stable=False):
    indices = _order(x, dim, descending)
    return _at(x, indices, dim), indices


def _topk(x, k, dim=-1, largest=True, sorted=True):
    indices = _order(x, dim, largest)
    indices = np.take(indices, range(k), axis=dim) if x.ndim else indices
    return _at(x, indices, dim), indices


def _kthvalue(x, k, dim=-1, keepdim=False):
    if not x.ndim:
        return x, np.array(0)
    indices = np.take(_order(x, dim, False), [k - 1], axis=dim)
    values = _at(x, indices, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _searchsorted(sequence, values, right=False, side=None, out_int32=False):
    before = np.less_equal if right or side == "right" else np.less
    found = before(sequence[..., None, :], np.asarray(values)[..., None]).sum(-1)
    return found.astype(np.int32 if out_int32 else np.int64).reshape(np.shape(values))


def _unique(x, sorted=True, return_inverse=False, return_counts=False, dim=None):
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    inverse = inverse.reshape(x.shape if dim is None else x.shape[dim])
    return tuple(v for v, asked in ((values, True), (inverse, return_inverse), (counts, return_counts)) if asked)


def _unique_consecutive(x, return_inverse=False, return_counts=False, dim=None):
    items = list(x.ravel()) if dim is None else list(np.moveaxis(x, dim, 0))
    runs: list[list[int]] = []
    for i, item in enumerate(items):
        if runs and np.array_equal(items[runs[-1][0]], item):
            runs[-1].append(i)
        else:
            runs.append([i])
    values = np.array([items[run[0]] for run in runs])
    inverse = np.concatenate([np.full(len(run), k) for k, run in enumerate(runs)])
    shape = x.shape if dim is None else x.shape[dim]
    values = values if dim is None else np.moveaxis(values, 0, dim)
    extras = ((inverse.reshape(shape), return_inverse), (np.array([len(run) for run in runs]), return_counts))
    return (values, *(v for v, asked in extras if asked))


_SORTED = np.array([-0.8, -0.1, -0.1, 0.4, 0.9])
_RUNS = np.array([[1, 1, 2], [2, 2, 1]])

RECORDS = [
    Record(
        "sort",
        ordering.sort,
        _sort,
        (
            Case((_T,)),
            Case((_T,), {"dim": 1, "descending": True}),
            Case((_T,), {"dim": -1, "stable": True}),
            Case((_SCALAR,)),
        ),
        rows=("sort", "place_along", "pick_along"),
    ),
    Record(
        "argsort",
        ordering.argsort,
        lambda x, dim=-1, descending=False, stable=False: _order(x, dim, descending),
        (Case((_T,), {"dim": 0}), Case((_N,), {"descending": True, "stable": True}), Case((_SCALAR,))),
        rows=("argsort",),
        order=0,
    ),
    Record("msort", ordering.msort, lambda x: np.sort(x, axis=0), (Case((_T,)),), rows=("sort",)),
    Record(
        "topk",
        ordering.topk,
        _topk,
        (
            Case((_T, 2)),
            Case((_T, 1), {"dim": 1, "largest": False}),
            Case((_T, 4)),
            Case((_T, 0)),
            Case((_SCALAR, 1)),
        ),
        rows=("topk", "place_along"),
    ),
    Record(
        "kthvalue",
        ordering.kthvalue,
        _kthvalue,
        (Case((_T, 2)), Case((_T, 3), {"dim": 1, "keepdim": True}), Case((_SCALAR, 1))),
        rows=("kthvalue", "place_along"),
    ),
    Record(
        "searchsorted",
        ordering.searchsorted,
        _searchsorted,
        (
            Case((_SORTED, np.array([[0.4, -2.0], [-0.1, 2.0]]))),
            Case((_SORTED, np.array([-0.1, 0.9])), {"right": True}),
            Case((_SORTED, np.array([-0.1, 0.9])), {"side": "right", "out_int32": True}),
            Case((np.sort(_T), _T[..., :2])),
        ),
        rows=("searchsorted",),
        order=0,
    ),
    Record(
        "bucketize",
        ordering.bucketize,
        lambda x, boundaries, right=False: _searchsorted(boundaries, x, right=right),
        (Case((_T, _SORTED)), Case((_SORTED, _SORTED), {"right": True})),
        rows=("searchsorted",),
        order=0,
    ),
    Record(
        "unique",
        ordering.unique,
        _unique,
        (
            Case((_N,)),
            Case((_N,), {"return_inverse": True, "return_counts": True}),
            Case((_N[:, [0, 1, 0, 2]],), {"dim": 1, "return_inverse": True, "return_counts": True}),
        ),
        rows=(),
        order=0,
    ),
    Record(
        "unique_consecutive",
        ordering.unique_consecutive,
        _unique_consecutive,
        (
            Case((_RUNS,)),
            Case((_RUNS,), {"return_inverse": True, "return_counts": True}),
            Case((_RUNS,), {"dim": 1, "return_inverse": True, "return_counts": True}),
        ),
        rows=(),
        order=0,
    ),
]
