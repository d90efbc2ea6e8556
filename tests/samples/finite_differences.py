"""Records of autograd_np.ops.finite_differences."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import finite_differences
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_V = np.array([0.7, -1.3, 2.1, 0.4, -0.2])
_SPOTS = np.array([0.0, 0.4, 1.5, 1.9])


def _running(y, x=None, dx=1, dim=-1):
    y = np.moveaxis(y, dim, -1)
    if x is None:
        x = np.arange(y.shape[-1]) * dx
    elif x.ndim > 1:
        x = np.moveaxis(x, dim, -1)
    return np.moveaxis(np.stack([np.trapezoid(y[..., :k], x[..., :k]) for k in range(2, y.shape[-1] + 1)], -1), -1, dim)


def _gradient(x, spacing=1, dim=None, edge_order=1):
    steps = spacing if isinstance(spacing, (list, tuple)) else [spacing]
    axes = tuple(range(x.ndim)) if dim is None else dim
    slopes = np.gradient(x, *steps, axis=axes, edge_order=edge_order)
    return slopes if isinstance(slopes, tuple) else (slopes,)


RECORDS = [
    Record(
        "cumulative_trapezoid",
        finite_differences.cumulative_trapezoid,
        _running,
        (
            Case((_T,)),
            Case((_T,), {"dx": 0.5, "dim": 1}),
            Case((_T, _SPOTS)),
            Case((_T, _SPOTS[:3]), {"dim": 1}),
            Case((_T, np.cumsum(_T**2, axis=1)), {"dim": 1}),
        ),
        rows=("pair_sum", "pair_spread", "diff", "cumsum"),
    ),
    Record(
        "gradient",
        finite_differences.gradient,
        _gradient,
        (
            Case((_V,)),
            Case((_V,), {"spacing": 0.5, "edge_order": 2}),
            Case((_T,), {"dim": (0, 2)}),
            Case((_T,), {"dim": (1, 2), "spacing": [0.5, 2.0]}),
            Case((_T[0],), {"dim": 1, "edge_order": 2}),
            Case((np.arange(6) ** 2,)),
        ),
        rows=("diff", "cat"),
    ),
]
