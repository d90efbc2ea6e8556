"""Records of autograd_np.ops.shapes."""

from __future__ import annotations

import numpy as np

from autograd_np.core import as_tensor
from autograd_np.ops import conversion, shapes
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5])
_S = np.array(1.5)
_EMPTY = np.zeros((0, 3))
_I = np.arange(6).reshape(2, 3)


def _expanded(x, *sizes):
    lead = len(sizes) - x.ndim
    return np.broadcast_to(x, [x.shape[i - lead] if n == -1 else n for i, n in enumerate(sizes)])


def _sum_to_size(x, *sizes):
    shape = sizes[0] if sizes and isinstance(sizes[0], tuple) else sizes
    result = np.zeros(shape)
    for place in np.ndindex(x.shape):
        kept = place[x.ndim - len(shape) :]
        result[tuple(min(i, n - 1) for i, n in zip(kept, shape, strict=True))] += x[place]
    return result


RECORDS = [
    Record(
        "reshape",
        shapes.reshape,
        lambda x, *sizes, shape=None: x.reshape(*sizes) if shape is None else x.reshape(shape),
        (
            Case((_X, (4, 6))),
            Case((_X, (2, -1))),
            Case((_M, (1, 6, 1))),
            Case((_S, (1, 1))),
            Case((_EMPTY, (3, 0))),
            Case((_I, (-1,))),
            Case((_X,), {"shape": (6, 4)}),
        ),
        rows=("reshape",),
    ),
    Record(
        # Only memory in order has every view; test_shapes.py holds when there is none.
        "view",
        lambda x, *sizes: shapes.view(conversion.contiguous(x), *sizes),
        lambda x, *sizes: x.reshape(*sizes),
        (Case((_X, 4, 6)), Case((_X, (2, -1))), Case((_S, 1)), Case((_EMPTY, 0, 1, 3))),
        rows=("reshape",),
        torch=lambda torch, x, *sizes: x.view(*sizes),
    ),
    Record(
        "view_as",
        lambda x, y: shapes.view_as(conversion.contiguous(x), y),
        lambda x, y: x.reshape(y.shape),
        (Case((_M, _I.reshape(3, 2))),),
        rows=("reshape",),
        torch=lambda torch, x, y: x.view_as(y),
    ),
    Record(
        "reshape_as",
        shapes.reshape_as,
        lambda x, y: x.reshape(y.shape),
        (Case((_M, _I.reshape(3, 2))),),
        rows=("reshape",),
        torch=lambda torch, x, y: x.reshape_as(y),
    ),
    Record("ravel", shapes.ravel, np.ravel, (Case((_X,)), Case((_S,)), Case((_EMPTY,))), rows=("reshape",)),
    Record(
        "flatten",
        shapes.flatten,
        lambda x, start_dim=0, end_dim=-1: x.reshape(
            *x.shape[:start_dim], -1, *x.shape[len(x.shape) + end_dim + 1 if end_dim < 0 else end_dim + 1 :]
        ),
        (Case((_X,)), Case((_X, 1)), Case((_X, 0, 1)), Case((_X, 0, -2)), Case((_S,))),
        rows=("reshape",),
    ),
    Record(
        "unflatten",
        shapes.unflatten,
        lambda x, dim, sizes: x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :]),
        (Case((_X, 2, (2, 2))), Case((_X, 2, (2, -1))), Case((_X, 0, (2, 1)))),
        rows=("reshape",),
    ),
    Record(
        "squeeze",
        shapes.squeeze,
        lambda x, dim=None: (
            x.squeeze() if dim is None else x.squeeze(tuple(d for d in np.atleast_1d(dim) if x.shape[d] == 1))
        ),
        (
            Case((_M[None, :, None],)),
            Case((_M[None, :, None], 2)),
            Case((_M[None, :, None], (0, -2))),
            Case((_M[None], 1)),
            Case((_S,)),
        ),
        rows=("squeeze",),
    ),
    Record(
        "unsqueeze",
        shapes.unsqueeze,
        np.expand_dims,
        (Case((_M, 0)), Case((_M, -1)), Case((_M, 1)), Case((_S, 0))),
        rows=("unsqueeze",),
    ),
    *(
        Record(
            f"atleast_{rank}d",
            getattr(shapes, f"atleast_{rank}d"),
            getattr(np, f"atleast_{rank}d"),
            (Case((_S,)), Case((_V,)), Case((_M,)), Case((_X,)), Case((_S, _V))),
            rows=("reshape",),
        )
        for rank in (1, 2, 3)
    ),
    Record(
        "expand",
        shapes.expand,
        _expanded,
        (
            Case((_M, 4, 2, 3)),
            Case((_M[:, None], -1, 5, -1)),
            Case((_S, 2, 2)),
            Case((_M[:1], 0, 3)),
            Case((_I, 2, -1, 3)),
        ),
        rows=("expand",),
        torch=lambda torch, x, *sizes: x.expand(*sizes),
    ),
    Record(
        "expand_as",
        shapes.expand_as,
        lambda x, y: np.broadcast_to(x, y.shape),
        (Case((_V, _I)),),
        rows=("expand",),
        torch=lambda torch, x, y: x.expand_as(y),
    ),
    Record(
        "broadcast_to",
        shapes.broadcast_to,
        np.broadcast_to,
        (Case((_V, (2, 3))), Case((_S, (0, 2)))),
        rows=("expand",),
    ),
    Record(
        "broadcast_tensors",
        shapes.broadcast_tensors,
        np.broadcast_arrays,
        (Case((_M, _V, _S)), Case((_M[:, :1], _V))),
        rows=("expand",),
    ),
    Record(
        "broadcast_shapes",
        lambda a, b: as_tensor(np.array(shapes.broadcast_shapes(a.shape, b.shape))),
        lambda a, b: np.array(np.broadcast(a, b).shape),
        (Case((_M, _V)), Case((_M[:, :1], _V))),
        rows=(),
        order=0,
        torch=lambda torch, a, b: torch.tensor(torch.broadcast_shapes(a.shape, b.shape)),
    ),
    Record(
        "Tensor.sum_to_size",
        shapes.sum_to_size,
        _sum_to_size,
        (Case((_X, 3, 4)), Case((_X, (1, 3, 1))), Case((_X, 1)), Case((_X, (2, 3, 4))), Case((_X, ()))),
        rows=("sum_to_size", "expand"),
        torch=lambda torch, x, *sizes: x.sum_to_size(*sizes),
    ),
]
