"""Records of autograd_np.ops.scattering."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import scattering
from tests.samples import Case, Record

_X = np.arange(1.0, 16.0).reshape(3, 5) ** 1.1
_V = np.array([0.5, -1.5, 2.5])
_S = np.array(1.5)
_I = np.arange(6).reshape(2, 3)
#: Every place comes up once, or several times.
_ONCE = np.array([[0, 1, 2, 0], [2, 0, 0, 1]])
_OFTEN = np.array([[0, 1, 2, 0], [0, 0, 2, 1]])
_SRC = np.array([[0.4, 1.7, -2.2, 0.9], [-1.1, 0.3, 2.6, 1.4]])
_WIDE = np.array([[0.4, 1.7, -2.2, 0.9, 5.0], [-1.1, 0.3, 2.6, 1.4, 6.0], [7.0, 8.0, 9.0, 10.0, 11.0]])
_FOUR = np.array([[0.0, 1.7, -2.2, 0.9], [0.0, 0.3, 2.6, 1.4]])
_MASK = np.array([[True, False, False, True, False]] * 3)

_COMBINED = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "amax": np.max,
    "amin": np.min,
}


def _places(x, dim, index):
    for place in np.ndindex(index.shape):
        yield place, ((*place[:dim], index[place], *place[dim + 1 :]) if x.ndim else ())


def _scattered(x, dim, index, src=None, *, value=None, reduce=None):
    src = value if src is None else src
    result = x.copy()
    for place, target in _places(x, dim, index):
        new = src[place] if np.ndim(src) else src
        result[target] = {"add": result[target] + new, "multiply": result[target] * new, None: new}[reduce]
    return result


def _reduced(x, dim, index, src, reduce, include_self=True):
    result = x.copy()
    found = {}
    for place, target in _places(x, dim, index):
        found.setdefault(target, [x[target]] if include_self else []).append(src[place])
    for target, values in found.items():
        result[target] = _COMBINED[reduce](values)
    return result


def _slices(x, dim, index, source, how):
    result = np.moveaxis(x.copy(), dim, 0)
    for i, n in enumerate(index):
        new = np.moveaxis(source, dim, 0)[i] if np.ndim(source) else source
        result[n] = result[n] + new if how == "add" else new
    return np.moveaxis(result, 0, dim)


def _put(x, index, source, accumulate=False):
    result = x.reshape(-1).copy()
    for n, new in zip(np.ravel(index), np.ravel(source), strict=True):
        result[n] = result[n] + new if accumulate else new
    return result.reshape(x.shape)


def _index_put(x, indices, values, accumulate=False):
    result = x.copy()
    if accumulate:
        np.add.at(result, indices, values)
    else:
        result[indices] = values
    return result


def _masked(x, mask, source):
    shape = np.broadcast(x, mask).shape
    result = np.broadcast_to(x, shape).copy()
    chosen = np.broadcast_to(mask, shape)
    result[chosen] = source.reshape(-1)[: chosen.sum()]
    return result


RECORDS = [
    Record(
        "scatter",
        scattering.scatter,
        _scattered,
        (
            Case((_X, 0, _ONCE, _SRC)),
            Case((_X, 1, np.array([[3, 0]]), _WIDE)),
            Case((_X, 0, _ONCE, 2.5)),
            Case((_X, 0, _ONCE), {"value": 2}),
            Case((_X, 0, _OFTEN, _SRC), {"reduce": "add"}),
            Case((_X, 0, _OFTEN, _SRC), {"reduce": "multiply"}),
            Case((_X, 0, _OFTEN, 3.0), {"reduce": "multiply"}),
            Case((_X, 0, _ONCE[:, :0], _SRC), {"reduce": "multiply"}),
            # PyTorch gives a gradient to values that were written over, too.
            Case((_V, 0, np.array([1, 1, 0]), _SRC[0, :3])),
            Case((_S, 0, np.array(0), np.array(3.0))),
            Case((_I, 1, np.array([[2, 0]]), np.array([[7, 8]]))),
        ),
        rows=("scatter", "scatter_add", "erase", "keep", "index"),
        torch=None,
    ),
    Record(
        "scatter_add",
        scattering.scatter_add,
        lambda x, dim, index, src: _scattered(x, dim, index, src, reduce="add"),
        (
            Case((_X, 0, _OFTEN, _SRC)),
            Case((_V, 0, np.array([1, 1, 0]), _SRC[0, :3])),
            Case((_S, 0, np.array([0]), np.array([3.0]))),
        ),
        rows=("scatter_add",),
    ),
    Record(
        "scatter_reduce",
        scattering.scatter_reduce,
        _reduced,
        (
            *(Case((_X, 0, _OFTEN, _SRC), {"reduce": how}) for how in _COMBINED),
            *(Case((_X, 0, _OFTEN, _SRC), {"reduce": how, "include_self": False}) for how in _COMBINED),
        ),
        rows=("scatter_add", "scatter", "scatter_extreme", "div", "mul"),
    ),
    Record(
        "index_add",
        scattering.index_add,
        lambda x, dim, index, source, alpha=1: _slices(x, dim, index, alpha * source, "add"),
        (
            Case((_X, 0, np.array([0, 2, 0]), _WIDE)),
            Case((_X, 1, np.array([4, 4]), _WIDE[:, :2])),
            Case((_X, 0, np.array([1]), _WIDE[:1]), {"alpha": 3}),
        ),
        rows=("index_add", "mul"),
    ),
    Record(
        "index_copy",
        scattering.index_copy,
        lambda x, dim, index, source: _slices(x, dim, index, source, "copy"),
        (Case((_X, 0, np.array([2, 0]), _WIDE[:2])), Case((_X, -1, np.array([3]), _WIDE[:, :1]))),
        rows=("index_copy", "erase"),
    ),
    Record(
        "index_fill",
        scattering.index_fill,
        lambda x, dim, index, value: _slices(x, dim, index, value, "copy"),
        (Case((_X, 0, np.array([2, 0]), 2.5)), Case((_X, 1, np.array([3]), _S)), Case((_I, 1, np.array([0]), 9))),
        rows=("index_fill", "erase"),
    ),
    Record(
        "index_put",
        scattering.index_put,
        _index_put,
        (
            Case((_X, (np.array([0, 2]), np.array([1, 1])), _V[:2])),
            Case((_X, (np.array([0, 2]),), _S)),
            Case((_X, (np.array([True, False, True]),), _WIDE[:2])),
            Case((_X, (np.array([0, 0]), np.array([1, 1])), _V[:2], True)),
            Case((_X, (np.array([1, 1]),), _WIDE[0], True)),
        ),
        rows=("index_put", "index_put_add", "erase"),
    ),
    Record(
        "put",
        scattering.put,
        _put,
        (
            Case((_X, np.array([0, -1, 3]), _V)),
            Case((_X, np.array([[0], [0], [3]]), _V), {"accumulate": True}),
            Case((_S, np.array(0), np.array(4.0))),
        ),
        rows=("put", "put_add", "reshape"),
        torch=lambda torch, x, *args, **options: x.put(*args, **options),
    ),
    Record(
        "masked_scatter",
        scattering.masked_scatter,
        _masked,
        (Case((_X, _MASK, _WIDE)), Case((_X, _MASK[0], _WIDE)), Case((_V[:, None], _MASK, _WIDE))),
        rows=("masked_scatter", "erase", "index"),
    ),
]
