"""Records of autograd_np.ops.part_writes."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import part_writes
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5, 1.0, 3.0])
_S = np.sin(np.arange(24.0)).reshape(2, 3, 4)


def _positions(size, stride, offset):
    return np.array(
        [offset + sum(i * s for i, s in zip(place, stride, strict=True)) for place in np.ndindex(*size)], int
    )


def _strided(x, size, stride, storage_offset=0):
    return x.ravel()[_positions(size, stride, storage_offset)].reshape(size)


def _strided_written(x, src, size, stride, storage_offset=0):
    result = x.ravel().copy()
    result[_positions(size, stride, storage_offset)] = src.ravel()
    return result.reshape(x.shape)


def _written(x, src, *index):
    result = x.copy()
    result[index] = src
    return result


def _diagonal_written(x, src, offset=0, dim1=0, dim2=1):
    result = np.moveaxis(x.copy(), (dim1, dim2), (-2, -1))
    for k in range(src.shape[-1]):
        result[..., k + max(-offset, 0), k + max(offset, 0)] = src[..., k]
    return np.moveaxis(result, (-2, -1), (dim1, dim2))


def _slice_written(x, src, dim=0, start=None, end=None, step=1):
    return _written(x, src, *(slice(None),) * (dim % x.ndim), slice(start, end, step))


def _written_there(torch, x, src, *sizes):
    # The gradient of torch.as_strided_scatter is 0 where the old values stay, and not where new ones come.
    result = x.clone()
    result.as_strided(*sizes).copy_(src)
    return result


RECORDS = [
    Record(
        "as_strided",
        # Strides count elements in memory, so that only one layout is theirs.
        lambda x, *sizes: part_writes.as_strided(x.contiguous(), *sizes),
        _strided,
        (
            Case((_X, (3, 2), (4, 1))),
            Case((_V, (3, 3), (1, 1))),
            Case((_V, (2, 4), (1, 0), 2)),
            Case((_M, (), (), 3)),
            Case((_M, (0, 2), (1, 1))),
        ),
        rows=("as_strided", "place_strided"),
    ),
    Record(
        "as_strided_scatter",
        lambda x, src, *sizes: part_writes.as_strided_scatter(x.contiguous(), src, *sizes),
        _strided_written,
        (
            Case((_V, _M[:, :2], (2, 2), (3, 1))),
            Case((_X, _M, (2, 3), (12, 2), 1)),
            Case((_V, np.array(0.3), (), (), 4)),
        ),
        rows=("write_view", "as_strided", "place_strided"),
        torch=_written_there,
    ),
    Record(
        "select_scatter",
        part_writes.select_scatter,
        lambda x, src, dim, index: _written(x, src, *(slice(None),) * (dim % x.ndim), index),
        (Case((_M, _V[:3], 0, 1)), Case((_X, _S[:, :, 0], -1, -2)), Case((_V, np.array(0.3), 0, 3))),
        rows=("write_view", "index"),
    ),
    Record(
        "slice_scatter",
        part_writes.slice_scatter,
        _slice_written,
        (
            Case((_X, _S)),
            Case((_X, _S[:, :, 1:3], 2), {"start": 1, "end": 3}),
            Case((_X, _S[:, ::2], -2), {"step": 2}),
            Case((_V, _V[:2], 0, -2)),
        ),
        rows=("write_view", "index"),
    ),
    Record(
        "diagonal_scatter",
        part_writes.diagonal_scatter,
        _diagonal_written,
        (
            Case((_M, _V[:2])),
            Case((_M, _V[:2], 1)),
            Case((_X, _S[0, :, :3][:, :2], -1, -1, 0)),
            Case((_X, _M, 0, 1, 2)),
        ),
        rows=("write_view", "diagonal"),
    ),
]
