"""Records of autograd_np.ops.histograms."""

from __future__ import annotations

import itertools

import numpy as np

from autograd_np.ops import histograms
from tests.samples import Case, Record

_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4)
_V = np.array([0.7, -1.3, 2.1, 0.4, -0.2])
_W = np.array([1.0, 0.5, 2.0, 0.25, 1.5])
_COUNTS = np.array([0, 2, 2, 5, 1])
_EDGES = np.array([-2.0, -0.25, 0.5, 3.0])


def _histc(x, bins=100, min=0, max=0):
    low, high = (min, max) if min != max else (x.min(), x.max())
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)


def _histogram(x, bins, range=None, weight=None, density=False):
    if isinstance(bins, int):
        low, high = (x.min(), x.max()) if range is None else range
        bins = np.array([low + (high - low) * i / bins for i in np.arange(bins + 1)])
    weights = np.ones(x.shape) if weight is None else weight
    inside = [
        (x >= a) & ((x < b) | ((i == len(bins) - 2) & (x == b))) for i, (a, b) in enumerate(itertools.pairwise(bins))
    ]
    counts = np.array([weights[chosen].sum() for chosen in inside])
    return counts / (counts.sum() * np.diff(bins)) if density else counts, bins


RECORDS = [
    Record(
        "histc",
        histograms.histc,
        _histc,
        (
            Case((_T,), {"bins": 5}),
            Case((_T,), {"bins": 4, "min": -0.5, "max": 0.5}),
            Case((_V, 3, -1, 1)),
        ),
        rows=("histc",),
        order=0,
    ),
    Record(
        "bincount",
        histograms.bincount,
        lambda x, weights=None, minlength=0: np.bincount(x, weights, minlength),
        (Case((_COUNTS,)), Case((_COUNTS,), {"minlength": 8}), Case((_COUNTS, _V))),
        rows=(),
        order=0,
    ),
    Record(
        "histogram",
        histograms.histogram,
        _histogram,
        (
            Case((_T, 4)),
            Case((_T, 4), {"range": (-0.5, 0.75)}),
            Case((_V, _EDGES)),
            Case((_V, 3), {"weight": _W}),
            Case((_V, _EDGES), {"weight": _W, "density": True}),
            Case((_V, 3), {"density": True}),
        ),
        rows=(),
        order=0,
    ),
]
