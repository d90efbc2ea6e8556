"""Records of autograd_np.ops.adaptive_pooling."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import adaptive_pooling
from tests.kernels.images import each_axis, on_batches
from tests.samples import Case, Record
from tests.samples.pooling import _X1, _X2, _X3


def _adaptive(rank, x, output_size, reduce):
    out = tuple(n if m is None else m for n, m in zip(x.shape[2:], each_axis(output_size, rank), strict=True))
    y = np.zeros((*x.shape[:2], *out), np.asarray(reduce(x)).dtype)
    for at in np.ndindex(*y.shape):
        axes = zip(at[2:], x.shape[2:], out, strict=True)
        window = tuple(slice(i * n // m, -(-(i + 1) * n // m)) for i, n, m in axes)
        y[at] = reduce(x[at[:2] + window])
    return y


def _adaptive_avg_pool(rank, x, output_size):
    return _adaptive(rank, x, output_size, np.mean)


def _adaptive_max_pool(rank, x, output_size, return_indices=False):
    y = _adaptive(rank, x, output_size, np.max)
    if not return_indices:
        return y
    index = np.zeros(y.shape, np.int64)
    for at in np.ndindex(*y.shape):
        index[at] = np.flatnonzero(x[at[:2]] == y[at])[0]  # no two elements are equal
    return y, index


def _adaptive_max_pool_with_indices(rank, x, output_size):
    return _adaptive_max_pool(rank, x, output_size, return_indices=True)


_SIZES_1 = (Case((_X1, 2)), Case((_X1, 5)), Case((_X1[0], 1)))
_SIZES_2 = (Case((_X2, (2, 3))), Case((_X2, 1)), Case((_X2, (None, 2))), Case((_X2[0], (4, 5))))
_SIZES_3 = (Case((_X3, (2, 3, 2))), Case((_X3, 1)), Case((_X3, (None, 2, 4))), Case((_X3[0], (4, 1, 3))))
_INDICES = {"return_indices": True}
_INDEXED = "adaptive_max_pool{}d_with_indices".format

RECORDS = [
    *(
        Record(
            f"adaptive_avg_pool{rank}d",
            function,
            on_batches(rank, _adaptive_avg_pool),
            cases,
            rows=(f"adaptive_avg_pool{rank}d", "adaptive_spread"),
            torch=f"nn.functional.adaptive_avg_pool{rank}d",
        )
        for rank, function, cases in (
            (1, adaptive_pooling.adaptive_avg_pool1d, _SIZES_1),
            (2, adaptive_pooling.adaptive_avg_pool2d, _SIZES_2),
            (3, adaptive_pooling.adaptive_avg_pool3d, _SIZES_3),
        )
    ),
    *(
        Record(
            f"adaptive_max_pool{rank}d",
            function,
            on_batches(rank, _adaptive_max_pool),
            cases,
            rows=(f"adaptive_max_pool{rank}d", _INDEXED(rank), "pool_scatter", "pool_gather"),
            torch=f"nn.functional.adaptive_max_pool{rank}d",
        )
        for rank, function, cases in (
            (1, adaptive_pooling.adaptive_max_pool1d, (*_SIZES_1, Case((_X1, 3), _INDICES))),
            (
                2,
                adaptive_pooling.adaptive_max_pool2d,
                (*_SIZES_2, Case((_X2, (3, 2)), _INDICES), Case((_X2[0], (1, 5)), _INDICES)),
            ),
            (3, adaptive_pooling.adaptive_max_pool3d, (*_SIZES_3, Case((_X3, (3, 2, 2)), _INDICES))),
        )
    ),
    *(
        Record(
            _INDEXED(rank),
            function,
            on_batches(rank, _adaptive_max_pool_with_indices),
            (Case((x, 2)), Case((x[0], 3))),
            rows=(_INDEXED(rank), "pool_scatter", "pool_gather"),
            torch=f"nn.functional.{_INDEXED(rank)}",
        )
        for rank, function, x in (
            (1, adaptive_pooling.adaptive_max_pool1d_with_indices, _X1),
            (2, adaptive_pooling.adaptive_max_pool2d_with_indices, _X2),
            (3, adaptive_pooling.adaptive_max_pool3d_with_indices, _X3),
        )
    ),
]
