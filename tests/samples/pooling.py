"""Records of autograd_np.ops.pooling."""

from __future__ import annotations

import numpy as np

from autograd_np.kernels.pooling import pool_geometry
from autograd_np.ops import pooling
from tests.kernels import images
from tests.kernels.images import each_axis, on_batches
from tests.samples import Case, Record

# No two elements are near each other, so that no maximum changes its place while a derivative is measured.
_X1 = (np.arange(20) * 7 % 20 * 0.3 - 2.5).reshape(2, 2, 5)
_X2 = (np.arange(60) * 23 % 60 * 0.1 - 2.5).reshape(2, 2, 3, 5)
_X3 = (np.arange(72) * 23 % 72 * 0.1 - 2.5).reshape(1, 2, 3, 3, 4)


def _geometry(rank, x, kernel_size, stride, padding, dilation, ceil_mode):
    kernel = each_axis(kernel_size, rank)
    steps = kernel if stride is None else each_axis(stride, rank)
    gaps = each_axis(dilation, rank)
    return pool_geometry("pool", x.shape[2:], kernel, steps, each_axis(padding, rank), gaps, ceil_mode=ceil_mode)


def _max_pool(rank, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    y, index = images.max_pool(x, _geometry(rank, x, kernel_size, stride, padding, dilation, ceil_mode))
    return (y, index) if return_indices else y


def _max_pool_with_indices(rank, x, *windows, **options):
    return _max_pool(rank, x, *windows, **options, return_indices=True)


_INDICES = {"return_indices": True}
_INDEXED = "max_pool{}d_with_indices".format

RECORDS = [
    Record(
        "max_pool1d",
        pooling.max_pool1d,
        on_batches(1, _max_pool),
        (
            Case((_X1, 2)),
            Case((_X1, 3, 1), {"padding": 1, **_INDICES}),
            Case((_X1[0], 2, 2), {"ceil_mode": True}),
            Case((_X1[0], 2, 1), {"dilation": 2}),
        ),
        rows=("max_pool1d", "max_pool1d_with_indices", "max_spread", "max_places", "pool_scatter", "pool_gather"),
        torch="nn.functional.max_pool1d",
    ),
    Record(
        "max_pool2d",
        pooling.max_pool2d,
        on_batches(2, _max_pool),
        (
            Case((_X2, 2)),
            Case((_X2, (2, 3), 1), {"padding": 1, **_INDICES}),
            Case((_X2, 2, (1, 2)), {"dilation": (2, 1), "ceil_mode": True}),
            Case((_X2[0], 2), _INDICES),
        ),
        rows=("max_pool2d", "max_pool2d_with_indices", "max_spread", "max_places", "pool_scatter", "pool_gather"),
        torch="nn.functional.max_pool2d",
    ),
    Record(
        "max_pool3d",
        pooling.max_pool3d,
        on_batches(3, _max_pool),
        (
            Case((_X3, 2)),
            Case((_X3, (2, 3, 2), 1), {"padding": (1, 1, 0), **_INDICES}),
            Case((_X3, 2, (1, 2, 2)), {"dilation": (2, 1, 1), "ceil_mode": True}),
            Case((_X3[0], (1, 2, 2)), _INDICES),
        ),
        rows=("max_pool3d", "max_pool3d_with_indices", "max_spread", "max_places", "pool_scatter", "pool_gather"),
        torch="nn.functional.max_pool3d",
    ),
    *(
        Record(
            _INDEXED(rank),
            function,
            on_batches(rank, _max_pool_with_indices),
            (Case((x, 2)), Case((x[0], 3, 2), {"padding": 1, "ceil_mode": True}), Case((x, 2, 1), {"dilation": 2})),
            rows=(_INDEXED(rank), "pool_scatter", "pool_gather"),
            torch=f"nn.functional.{_INDEXED(rank)}",
        )
        for rank, function, x in (
            (1, pooling.max_pool1d_with_indices, _X1),
            (2, pooling.max_pool2d_with_indices, _X2),
            (3, pooling.max_pool3d_with_indices, _X3),
        )
    ),
]
