"""Records of autograd_np.ops.parts."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import parts
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5, 1.0, 3.0])
_S = np.array(1.5)
_I = np.arange(12).reshape(3, 4)


def _embedded(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    result = np.zeros((*x.shape[:-1], n, n))
    for i in range(x.shape[-1]):
        result[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return np.moveaxis(result, (-2, -1), (dim1, dim2))


def _windows(x: np.ndarray, dimension: int, size: int, step: int) -> np.ndarray:
    starts = range(0, x.shape[dimension] - size + 1, step)
    parts_of = [np.take(x, range(start, start + size), dimension) for start in starts]
    axis = dimension % x.ndim
    return np.stack([np.moveaxis(part, axis, -1) for part in parts_of], axis)


RECORDS = [
    Record(
        "narrow",
        parts.narrow,
        lambda x, dim, start, length: np.take(x, np.arange(length) + start % x.shape[dim], dim),
        (Case((_X, 2, 1, 2)), Case((_X, 0, -1, 1)), Case((_V, 0, 2, 0))),
        rows=("index", "place"),
    ),
    Record(
        "select",
        parts.select,
        lambda x, dim, index: np.take(x, index, dim),
        (Case((_X, 1, 2)), Case((_X, -1, -4)), Case((_V, 0, 1))),
        rows=("index", "place"),
    ),
    Record(
        "diagonal",
        parts.diagonal,
        lambda x, offset=0, dim1=0, dim2=1: np.diagonal(x, offset, dim1, dim2),
        (Case((_M,)), Case((_X, 1, 1, 2)), Case((_X, -1, -1, 0)), Case((_M, 9)), Case((_I, -1))),
        rows=("diagonal", "diag_embed"),
    ),
    Record(
        "diag_embed",
        parts.diag_embed,
        _embedded,
        (Case((_V,)), Case((_M, 1)), Case((_M, -2)), Case((_M, 0, 0, 2)), Case((_M, 1, 2, 0))),
        rows=("diagonal", "diag_embed"),
    ),
    Record(
        "diag",
        parts.diag,
        np.diag,
        (Case((_V,)), Case((_V, -1)), Case((_M,)), Case((_M, 1)), Case((_I,))),
        rows=("diagonal", "diag_embed"),
    ),
    Record("tril", parts.tril, np.tril, (Case((_M,)), Case((_X, 1)), Case((_X, -2)), Case((_I,))), rows=("tril",)),
    Record("triu", parts.triu, np.triu, (Case((_M,)), Case((_X, 1)), Case((_X, -2)), Case((_I,))), rows=("triu",)),
    Record(
        "tril_indices",
        parts.tril_indices,
        lambda row, col, offset=0: np.stack(np.tril_indices(row, offset, col)),
        (Case((3, 2)), Case((2, 4, 1)), Case((3, 3, -1))),
        rows=(),
        order=0,
    ),
    Record(
        "triu_indices",
        parts.triu_indices,
        lambda row, col, offset=0: np.stack(np.triu_indices(row, offset, col)),
        (Case((3, 2)), Case((2, 4, 1)), Case((3, 3, -1))),
        rows=(),
        order=0,
    ),
    Record(
        "Tensor.unfold",
        parts.unfold,
        _windows,
        (Case((_V, 0, 3, 2)), Case((_V, 0, 2, 1)), Case((_X, 1, 2, 1)), Case((_X, -1, 4, 3)), Case((_I, 0, 1, 2))),
        rows=("windows", "place_windows"),
        torch=lambda torch, x, dimension, size, step: x.unfold(dimension, size, step),
    ),
    Record(
        "narrow_copy",
        parts.narrow_copy,
        lambda x, dim, start, length: np.take(x, np.arange(length) + start % x.shape[dim], dim),
        (Case((_X, 2, 1, 2)), Case((_X, 0, -1, 1))),
        rows=("index", "clone"),
        torch=lambda torch, x, dim, start, length: torch.narrow(x, dim, start, length).clone(),
    ),
]
