"""Records of autograd_np.ops.average_pooling."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import average_pooling
from tests.kernels import images
from tests.kernels.images import each_axis, on_batches
from tests.samples import Case, Record
from tests.samples.pooling import _X1, _X2, _X3, _geometry


def _avg_pool(
    rank, x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    geo = _geometry(rank, x, kernel_size, stride, padding, 1, ceil_mode)
    around = each_axis(padding if count_include_pad else 0, rank)
    counts = np.zeros(geo.out)
    for at in np.ndindex(*geo.out):
        for offset in np.ndindex(*geo.kernel):
            axes = zip(at, geo.stride, offset, geo.padding, geo.size, around, strict=True)
            counts[at] += all(-more <= i * s + o - low < n + more for i, s, o, (low, _), n, more in axes)
    return images.avg_pool(x, geo, divisor_override or counts)


RECORDS = [
    Record(
        "avg_pool1d",
        average_pooling.avg_pool1d,
        on_batches(1, _avg_pool),
        (
            Case((_X1, 2)),
            Case((_X1, 3, 2), {"padding": 1, "ceil_mode": True}),
            Case((_X1[0], 3, 1), {"padding": 1, "count_include_pad": False}),
        ),
        rows=("avg_pool1d", "avg_spread"),
        torch="nn.functional.avg_pool1d",
    ),
    Record(
        "avg_pool2d",
        average_pooling.avg_pool2d,
        on_batches(2, _avg_pool),
        (
            Case((_X2, (1, 5))),
            Case((_X2, 2, 1), {"padding": 1, "ceil_mode": True}),
            Case((_X2[0], 3, 2), {"padding": 1, "count_include_pad": False}),
            Case((_X2, 2), {"divisor_override": 3}),
        ),
        rows=("avg_pool2d", "avg_spread"),
        torch="nn.functional.avg_pool2d",
    ),
    Record(
        "avg_pool3d",
        average_pooling.avg_pool3d,
        on_batches(3, _avg_pool),
        (
            Case((_X3, (1, 3, 2))),
            Case((_X3, 2, (1, 2, 2)), {"padding": (0, 1, 1), "ceil_mode": True}),
            Case((_X3[0], 3, 2), {"padding": 1, "count_include_pad": False}),
            Case((_X3, 2), {"divisor_override": 3}),
        ),
        rows=("avg_pool3d", "avg_spread"),
        torch="nn.functional.avg_pool3d",
    ),
]
