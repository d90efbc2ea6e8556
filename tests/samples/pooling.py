"""Records of autograd_np.ops.pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np.kernels.pooling import pool_geometry
from autograd_np.ops import pooling
from tests.kernels import images
from tests.samples import Case, Record

# No two elements are near each other, so that no maximum changes its place while a derivative is measured.
_X1 = (np.arange(20) * 7 % 20 * 0.3 - 2.5).reshape(2, 2, 5)
_X2 = (np.arange(60) * 23 % 60 * 0.1 - 2.5).reshape(2, 2, 3, 5)


def _spread(value: Any, rank: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * rank


def _batched(rank):
    """Return a decorator that lets a reference for (N, C, ...) take inputs without a batch axis."""

    def lifted(reference):
        def either(x, *rest, **options):
            if x.ndim == rank + 2:
                return reference(rank, x, *rest, **options)
            found = reference(rank, x[None], *rest, **options)
            return tuple(y[0] for y in found) if isinstance(found, tuple) else found[0]

        return either

    return lifted


def _geometry(rank, x, kernel_size, stride, padding, dilation, ceil_mode):
    kernel = _spread(kernel_size, rank)
    steps = kernel if stride is None else _spread(stride, rank)
    gaps = _spread(dilation, rank)
    return pool_geometry("pool", x.shape[2:], kernel, steps, _spread(padding, rank), gaps, ceil_mode=ceil_mode)


def _max_pool(rank, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    y, index = images.max_pool(x, _geometry(rank, x, kernel_size, stride, padding, dilation, ceil_mode))
    return (y, index) if return_indices else y


def _avg_pool(
    rank, x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    geo = _geometry(rank, x, kernel_size, stride, padding, 1, ceil_mode)
    around = _spread(padding if count_include_pad else 0, rank)
    counts = np.zeros(geo.out)
    for at in np.ndindex(*geo.out):
        for offset in np.ndindex(*geo.kernel):
            axes = zip(at, geo.stride, offset, geo.padding, geo.size, around, strict=True)
            counts[at] += all(-more <= i * s + o - low < n + more for i, s, o, (low, _), n, more in axes)
    return images.avg_pool(x, geo, divisor_override or counts)


def _adaptive(rank, x, output_size, reduce):
    out = tuple(n if m is None else m for n, m in zip(x.shape[2:], _spread(output_size, rank), strict=True))
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


_ADAPTIVE_1 = (Case((_X1, 2)), Case((_X1, 5)), Case((_X1[0], 1)))
_ADAPTIVE_2 = (Case((_X2, (2, 3))), Case((_X2, 1)), Case((_X2, (None, 2))), Case((_X2[0], (4, 5))))
_INDICES = {"return_indices": True}

RECORDS = [
    Record(
        "max_pool1d",
        pooling.max_pool1d,
        _batched(1)(_max_pool),
        (
            Case((_X1, 2)),
            Case((_X1, 3, 1), {"padding": 1, **_INDICES}),
            Case((_X1[0], 2, 2), {"ceil_mode": True}),
        ),
        rows=("max_pool1d", "pool_scatter", "pool_gather"),
        torch="nn.functional.max_pool1d",
    ),
    Record(
        "max_pool2d",
        pooling.max_pool2d,
        _batched(2)(_max_pool),
        (
            Case((_X2, 2)),
            Case((_X2, (2, 3), 1), {"padding": 1, **_INDICES}),
            Case((_X2, 2, (1, 2)), {"dilation": (2, 1), "ceil_mode": True}),
            Case((_X2[0], 2), _INDICES),
        ),
        rows=("max_pool2d", "pool_scatter", "pool_gather"),
        torch="nn.functional.max_pool2d",
    ),
    Record(
        "avg_pool1d",
        pooling.avg_pool1d,
        _batched(1)(_avg_pool),
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
        pooling.avg_pool2d,
        _batched(2)(_avg_pool),
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
        "adaptive_avg_pool1d",
        pooling.adaptive_avg_pool1d,
        _batched(1)(_adaptive_avg_pool),
        _ADAPTIVE_1,
        rows=("adaptive_avg_pool1d", "adaptive_spread"),
        torch="nn.functional.adaptive_avg_pool1d",
    ),
    Record(
        "adaptive_avg_pool2d",
        pooling.adaptive_avg_pool2d,
        _batched(2)(_adaptive_avg_pool),
        _ADAPTIVE_2,
        rows=("adaptive_avg_pool2d", "adaptive_spread"),
        torch="nn.functional.adaptive_avg_pool2d",
    ),
    Record(
        "adaptive_max_pool1d",
        pooling.adaptive_max_pool1d,
        _batched(1)(_adaptive_max_pool),
        (*_ADAPTIVE_1, Case((_X1, 3), _INDICES)),
        rows=("adaptive_max_pool1d", "pool_scatter", "pool_gather"),
        torch="nn.functional.adaptive_max_pool1d",
    ),
    Record(
        "adaptive_max_pool2d",
        pooling.adaptive_max_pool2d,
        _batched(2)(_adaptive_max_pool),
        (*_ADAPTIVE_2, Case((_X2, (3, 2)), _INDICES), Case((_X2[0], (1, 5)), _INDICES)),
        rows=("adaptive_max_pool2d", "pool_scatter", "pool_gather"),
        torch="nn.functional.adaptive_max_pool2d",
    ),
]
