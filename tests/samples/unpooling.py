"""Records of autograd_np.ops.unpooling."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import unpooling
from tests.kernels.images import each_axis, on_batches
from tests.samples import Case, Record

_I1 = np.array([[[1, 2, 5], [0, 3, 4]], [[1, 3, 4], [0, 2, 5]]])
_X1 = np.sin(np.arange(12.0) + 0.5).reshape(2, 2, 3)
_I2 = np.array([[[0, 7], [9, 14]], [[5, 3], [8, 15]]])
_X2 = np.sin(np.arange(16.0) + 0.5).reshape(2, 2, 2, 2)
_I3 = np.array([[[[3, 6]]], [[[1, 4]]]])
_X3 = np.sin(np.arange(4.0) + 0.5).reshape(1, 2, 1, 1, 2)


def _max_unpool(rank, x, index, kernel_size, stride=None, padding=0, output_size=None):
    kernel, borders = each_axis(kernel_size, rank), each_axis(padding, rank)
    steps = kernel if stride is None else each_axis(stride, rank)
    size = tuple((n - 1) * s - 2 * p + k for n, s, p, k in zip(x.shape[2:], steps, borders, kernel, strict=True))
    if output_size is not None:
        size = tuple(output_size)[-rank:]
    y = np.zeros((*x.shape[:2], *size))
    for at in np.ndindex(*x.shape):
        y[at[:2] + np.unravel_index(index[at], size)] = x[at]
    return y


RECORDS = [
    Record(
        "max_unpool1d",
        unpooling.max_unpool1d,
        on_batches(1, _max_unpool, batched=2),
        (
            Case((_X1, _I1, 2)),
            Case((_X1, _I1, 3, 2), {"output_size": (2, 2, 6)}),
            Case((_X1[0], _I1[0], 3, 2), {"padding": 1, "output_size": (6,)}),
        ),
        rows=("max_unpool1d", "pool_gather", "pool_scatter"),
        torch="nn.functional.max_unpool1d",
    ),
    Record(
        "max_unpool2d",
        unpooling.max_unpool2d,
        on_batches(2, _max_unpool, batched=2),
        (
            Case((_X2, np.stack([_I2, _I2[::-1]]), 2)),
            Case((_X2[0], _I2, (3, 2), 2), {"output_size": (5, 4)}),
            Case((_X2, np.stack([_I2, _I2]) * 2 // 3, 3, 2), {"padding": 1, "output_size": (2, 2, 4, 3)}),
        ),
        rows=("max_unpool2d", "pool_gather", "pool_scatter"),
        torch="nn.functional.max_unpool2d",
    ),
    Record(
        "max_unpool3d",
        unpooling.max_unpool3d,
        on_batches(3, _max_unpool, batched=2),
        (
            Case((_X3, _I3[None], 2)),
            Case((_X3[0], _I3, 3, 2), {"padding": 1, "output_size": (2, 2, 3)}),
        ),
        rows=("max_unpool3d", "pool_gather", "pool_scatter"),
        torch="nn.functional.max_unpool3d",
    ),
]
