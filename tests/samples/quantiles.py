"""Records of autograd_np.ops.quantiles."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import quantiles
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_V = np.array([0.7, -1.3, 2.1, 0.4, -0.2])


def _quantile(x, q, dim=None, keepdim=False, interpolation="linear"):
    return np.quantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)


def _nanquantile(x, q, dim=None, keepdim=False, interpolation="linear"):
    return np.nanquantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)


_HOLES = np.where(np.arange(24).reshape(2, 3, 4) % 5 == 1, np.nan, _T)

RECORDS = [
    Record(
        "quantile",
        quantiles.quantile,
        _quantile,
        (
            Case((_V, 0.3)),
            Case((_T, 0.3)),
            Case((_T, 0.3), {"keepdim": True}),
            Case((_T, 0.3), {"dim": 1}),
            Case((_T, 0.5), {"dim": -1, "keepdim": True}),
            *(Case((_V, 0.6), {"interpolation": how}) for how in ("lower", "higher", "nearest", "midpoint")),
        ),
        rows=("sort", "pick_along", "place_along"),
        torch=lambda torch, x, q, **options: torch.quantile(x, q, **options),
    ),
    Record(
        "nanquantile",
        quantiles.nanquantile,
        _nanquantile,
        (
            Case((_V, 0.3)),
            Case((_T, 0.3), {"dim": 1}),
            Case((_HOLES, 0.5), {"dim": -1, "keepdim": True}),
            Case((_HOLES, 0.4), {"dim": 1}),
            Case((_HOLES, 0.7)),
            *(Case((_HOLES, 0.6), {"interpolation": how}) for how in ("lower", "higher", "nearest", "midpoint")),
        ),
        rows=("sort", "pick_along", "place_along"),
        torch=lambda torch, x, q, **options: torch.nanquantile(x, q, **options),
    ),
]
