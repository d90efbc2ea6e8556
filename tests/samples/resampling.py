"""Records of autograd_np.ops.resampling."""

from __future__ import annotations

import itertools
import math

import numpy as np

from autograd_np.ops import resampling
from tests.samples import Case, Record

_X1 = np.sin(np.arange(10.0) * 1.7 + 0.2).reshape(1, 2, 5)
_X2 = np.sin(np.arange(40.0) * 2.3 + 0.4).reshape(1, 2, 4, 5)
_X3 = np.sin(np.arange(24.0) * 1.3 + 0.1).reshape(1, 1, 2, 3, 4)
_BYTES = (np.arange(12) * 37 % 256).astype(np.uint8).reshape(1, 1, 3, 4)


# --- interpolation ----------------------------------------------------------------------------------------------------


def _keys(x, a):
    """Return the cubic kernel of Keys (1981)."""
    x = abs(x)
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def _matrix(n, m, mode, step, corners, antialias):
    """Return an axis's linear map, element by element."""
    w = np.zeros((m, n))
    for i in range(m):
        centre = i * (n - 1) / (m - 1) if corners and m > 1 else 0.0 if corners else (i + 0.5) * step - 0.5
        if mode == "nearest":
            w[i, min(int(i * step), n - 1)] = 1
        elif mode == "nearest-exact":
            w[i, min(int((i + 0.5) * step), n - 1)] = 1
        elif mode == "area":
            w[i, i * n // m : -(-(i + 1) * n // m)] = 1
        elif antialias:
            stretch = max(1.0, (n - 1) / (m - 1) if corners else step)
            away = [abs(j - (centre if not corners else (i + 0.5) * stretch - 0.5)) / stretch for j in range(n)]
            w[i] = [_keys(d, -0.5) if mode == "bicubic" else max(0.0, 1 - d) for d in away]
        elif mode == "bicubic":
            for j in range(math.floor(centre) - 1, math.floor(centre) + 3):
                w[i, min(max(j, 0), n - 1)] += _keys(j - centre, -0.75)
        else:
            w[i] = [max(0.0, 1 - abs(j - min(max(centre, 0), n - 1))) for j in range(n)]
    return w / w.sum(1, keepdims=True)


def _interpolate(
    x, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False
):
    for axis in range(2, x.ndim):
        n = x.shape[axis]
        if size is None:
            factor = scale_factor[axis - 2] if isinstance(scale_factor, tuple) else scale_factor
            m = math.floor(n * factor)
            step = n / m if recompute_scale_factor else 1 / factor
        else:
            m = size[axis - 2] if isinstance(size, tuple) else size
            step = n / m
        w = _matrix(n, m, mode, step, align_corners, antialias)
        x = np.moveaxis(np.tensordot(w.astype(x.dtype), x, (1, axis)), 0, axis)
    return x


# --- sampling ---------------------------------------------------------------------------------------------------------


def _moved(p, n, padding_mode, align_corners):
    """Return a coordinate with reflections taken one by one, or moved to the border."""
    if padding_mode == "reflection":
        low, high = (0, n - 1) if align_corners else (-0.5, n - 0.5)
        if low == high:
            return 0
        while not low <= p <= high:
            p = 2 * low - p if p < low else 2 * high - p
    return p if padding_mode == "zeros" else min(max(p, 0), n - 1)


def _grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    size = x.shape[2:]
    y = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for at in np.ndindex(*grid.shape[:-1]):
        weights = {}
        points = [
            (g + 1) / 2 * (n - 1) if align_corners else ((g + 1) * n - 1) / 2
            for g, n in zip(grid[at][::-1], size, strict=True)
        ]
        if mode != "bicubic":
            points = [_moved(p, n, padding_mode, align_corners) for p, n in zip(points, size, strict=True)]
        if mode == "nearest":
            weights[tuple(round(p) for p in points)] = 1.0
        else:
            reach, kernel = (2, lambda d: _keys(d, -0.75)) if mode == "bicubic" else (1, lambda d: max(0.0, 1 - abs(d)))
            near = [range(math.floor(p) - reach + 1, math.floor(p) + reach + 1) for p in points]
            for taps in itertools.product(*near):
                weight = math.prod(kernel(k - p) for k, p in zip(taps, points, strict=True))
                place = taps
                if mode == "bicubic":
                    moved = zip(taps, size, strict=True)
                    place = tuple(int(_moved(k, n, padding_mode, align_corners)) for k, n in moved)
                weights[place] = weights.get(place, 0.0) + weight
        for place, weight in weights.items():
            if all(0 <= k < n for k, n in zip(place, size, strict=True)):
                y[(at[0], slice(None), *at[1:])] += weight * x[(at[0], slice(None), *place)]
    return y


def _points(count, rank, shape, spread):
    """Return points in and around the image, none of them on a line where a weight has a kink."""
    return spread * np.sin(np.arange(float(count * rank)) * 1.9 + 0.3).reshape(*shape, rank)


_PAIR = np.sin(np.arange(24.0) * 2.3 + 0.4).reshape(2, 1, 3, 4)
_P2 = _points(6, 2, (2, 1, 3), 1.6)
_P3 = _points(4, 3, (1, 2, 2, 1), 1.2)
_OPTIONS = [
    {"mode": mode, "padding_mode": beyond, "align_corners": corners}
    for mode, beyond, corners in (
        *(("bilinear", beyond, corners) for beyond in ("zeros", "border", "reflection") for corners in (True, False)),
        ("nearest", "border", True),
        ("nearest", "reflection", False),
        ("bicubic", "zeros", False),
        ("bicubic", "border", True),
        ("bicubic", "reflection", True),
        ("bicubic", "reflection", False),
    )
]


# --- pixels and channels ----------------------------------------------------------------------------------------------


def _pixel_shuffle(x, r):
    *lead, channels, h, w = x.shape
    y = np.zeros((*lead, channels // (r * r), h * r, w * r), x.dtype)
    for c, i, j in np.ndindex(*y.shape[-3:]):
        y[..., c, i, j] = x[..., c * r * r + i % r * r + j % r, i // r, j // r]
    return y


def _pixel_unshuffle(x, r):
    *lead, channels, h, w = x.shape
    y = np.zeros((*lead, channels * r * r, h // r, w // r), x.dtype)
    for c, i, j in np.ndindex(*y.shape[-3:]):
        y[..., c, i, j] = x[..., c // (r * r), i * r + c % (r * r) // r, j * r + c % r]
    return y


def _channel_shuffle(x, groups):
    each = x.shape[1] // groups
    return x[:, [g * each + k for k in range(each) for g in range(groups)]]


_SMALL = np.sin(np.arange(32.0) * 1.1).reshape(1, 8, 2, 2)

RECORDS = [
    Record(
        "interpolate",
        resampling.interpolate,
        _interpolate,
        (
            Case((_X1, 8)),
            Case((_X1,), {"scale_factor": 1.5, "mode": "nearest-exact"}),
            Case((_X1,), {"scale_factor": 1.7, "mode": "linear"}),
            Case((_X1,), {"scale_factor": 1.7, "mode": "linear", "recompute_scale_factor": True}),
            Case((_X1, 9), {"mode": "linear", "align_corners": True}),
            Case((_X1, 1), {"mode": "linear", "align_corners": True}),
            Case((_X1, 3), {"mode": "area"}),
            Case((_X2, (8, 3))),
            Case((_X2, (4, 7)), {"mode": "bilinear"}),
            Case((_X2,), {"scale_factor": (1.3, 0.7), "mode": "bicubic"}),
            Case((_X2, (7, 4)), {"mode": "bicubic", "align_corners": True}),
            Case((_X2, (2, 7)), {"mode": "bilinear", "antialias": True}),
            Case((_X2, (3, 2)), {"mode": "bicubic", "antialias": True}),
            Case((_X2, 2), {"mode": "bicubic", "align_corners": True, "antialias": True}),
            Case((_X2, (4, 5)), {"mode": "bilinear"}),
            Case((_X3, (3, 3, 2)), {"mode": "trilinear"}),
            Case((_X3, 2), {"mode": "area"}),
            Case((_BYTES, (5, 2))),
        ),
        rows=("interpolate", "interpolate_adjoint"),
        torch="nn.functional.interpolate",
    ),
    Record(
        "grid_sample",
        resampling.grid_sample,
        _grid_sample,
        (
            *(Case((_PAIR, _P2), options) for options in _OPTIONS),
            Case((_X3, _P3)),
            Case((_X3, _P3), {"padding_mode": "reflection", "align_corners": False}),
            Case((_X3, _P3), {"mode": "nearest", "padding_mode": "border", "align_corners": True}),
            Case((_X2[:, :, :1], _P2[:1]), {"padding_mode": "reflection", "align_corners": True}),
        ),
        rows=("grid_sample", "grid_sample_adjoint", "into_image", "into_image_slope"),
        torch="nn.functional.grid_sample",
    ),
    Record(
        "pixel_shuffle",
        resampling.pixel_shuffle,
        _pixel_shuffle,
        (Case((_SMALL, 2)), Case((_SMALL[0, :4], 2)), Case((np.stack([_SMALL, -_SMALL]), 1))),
        rows=("reshape", "permute"),
    ),
    Record(
        "pixel_unshuffle",
        resampling.pixel_unshuffle,
        _pixel_unshuffle,
        (Case((_SMALL, 2)), Case((np.sin(np.arange(36.0)).reshape(1, 6, 6), 3))),
        rows=("reshape", "permute"),
    ),
    Record(
        "channel_shuffle",
        resampling.channel_shuffle,
        _channel_shuffle,
        (Case((_SMALL, 2)), Case((_SMALL[:, :6, 0], 3)), Case((_SMALL, 8))),
        rows=("reshape", "transpose"),
    ),
]
