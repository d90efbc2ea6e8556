"""Resampling on arrays: an axis of n elements becomes one of m, each a weighted sum of a few old ones.

Every mode of interpolation is such a linear map, and images take one map per axis. A map is a list of entries: a new
element, an old one, a weight. Grouped by the new elements they compute the map, grouped by the old ones its adjoint, so
that one loop serves both directions and every order, and nothing is ever added at an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array

__all__ = ["CUBIC", "AxisMap", "polynomial", "resample", "resample_adjoint"]

#: Weights of the taps -1, 0, 1, 2 around a position as polynomials in its fraction, lowest power first.
#: Source: Keys, Cubic Convolution Interpolation for Digital Image Processing (1981), with a = -0.75.
CUBIC = (
    (0.0, -0.75, 1.5, -0.75),
    (1.0, 0.0, -2.25, 1.25),
    (0.0, 0.75, 1.5, -1.25),
    (0.0, 0.0, -0.75, 0.75),
)


class AxisMap(NamedTuple):
    """How an axis of `size` elements becomes one of `out`.

    Attributes:
        mode: 'nearest', 'nearest-exact', 'linear', 'cubic' or 'area'.
        size: number of old elements.
        out: number of new ones.
        step: how many old elements a new one advances, if that is not size / out.
        corners: the centres of the outermost elements coincide; else their outer edges do.
        antialias: average over all old elements that a new one covers where the axis shrinks.
    """

    mode: str
    size: int
    out: int
    step: float | None = None
    corners: bool = False
    antialias: bool = False


class _Tap(NamedTuple):
    """One term of the weighted sums: to these new elements it adds these old ones, times these weights."""

    places: slice | Array
    source: slice | Array
    weight: Array | None


# --- tables -------------------------------------------------------------------------------------------------------


def _step(axis: AxisMap, kind: np.dtype[Any]) -> float:
    """Return the step between new elements, rounded to the type as PyTorch has it: some sizes stand or fall with it."""
    if axis.corners:
        return float(kind.type(axis.size - 1) / kind.type(axis.out - 1)) if axis.out > 1 else 0.0
    if axis.step is not None:
        return float(kind.type(axis.step))
    return float(kind.type(axis.size) / kind.type(axis.out))


def _positions(axis: AxisMap, kind: np.dtype[Any]) -> Array:
    """Return where the new elements' centres lie among the old ones, whose centres are 0, 1, 2, …."""
    new, step = np.arange(axis.out, dtype=np.float64), _step(axis, kind)
    where = new * step if axis.corners else (new + 0.5) * step - 0.5
    return where.astype(kind)


def _nearest(axis: AxisMap, kind: np.dtype[Any]) -> Array:
    if axis.mode == "nearest":
        where = (np.arange(axis.out) * _step(axis, kind)).astype(kind)
    else:
        where = np.maximum(_positions(axis, kind), 0) + kind.type(0.5)
    # Single precision forgives a product that falls short of a whole number by a rounding error.
    return np.minimum(np.floor(where.astype(np.float32)).astype(np.intp), axis.size - 1)


def _linear(axis: AxisMap, kind: np.dtype[Any]) -> tuple[Array, Array]:
    where = np.maximum(_positions(axis, kind), 0)
    first = np.minimum(np.floor(where).astype(np.intp), axis.size - 1)
    part = np.clip(where - first, 0, 1)
    return np.stack([first, np.minimum(first + 1, axis.size - 1)]), np.stack([1 - part, part])


def _cubic(axis: AxisMap, kind: np.dtype[Any]) -> tuple[Array, Array]:
    where = _positions(axis, kind)
    first = np.minimum(np.floor(where).astype(np.intp), axis.size - 1)
    part = np.clip(where - first, 0, 1)
    index = np.clip(first + np.arange(-1, 3)[:, None], 0, axis.size - 1)
    return index, np.stack([polynomial(tap, part) for tap in CUBIC])


def polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Return the value of a polynomial, its coefficients given from the lowest power on.

    Example:
        >>> polynomial((1.0, 0.0, 2.0), np.array([3.0]))
        array([19.])
    """
    y = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        y *= x
        y += x.dtype.type(c)
    return y


def _area(axis: AxisMap, kind: np.dtype[Any]) -> tuple[Array, Array]:
    new = np.arange(axis.out)
    begin, end = new * axis.size // axis.out, -(-(new + 1) * axis.size // axis.out)
    return _windows(begin, end, np.ones((int((end - begin).max()), axis.out), kind))


def _antialiased(axis: AxisMap, kind: np.dtype[Any]) -> tuple[Array, Array]:
    """Return taps under a filter that is stretched over the old elements that a new one covers."""
    step = _step(axis, kind)
    stretch = max(step, 1.0)
    reach = (1 if axis.mode == "linear" else 2) * stretch
    centre = (np.arange(axis.out) + 0.5) * step
    begin = np.maximum((centre - reach + 0.5).astype(np.intp), 0)
    end = np.minimum((centre + reach + 0.5).astype(np.intp), axis.size)
    taps = np.arange((end - begin).max())[:, None]
    away = np.abs((begin + taps - centre + 0.5) / stretch)
    weight = np.maximum(1 - away, 0) if axis.mode == "linear" else _keys(away)
    return _windows(begin, end, weight.astype(kind))


def _keys(x: Array) -> Array:
    """Return the cubic filter at distances x, with a = -0.5: the one for filtering, where CUBIC interpolates."""
    near = polynomial((1.0, 0.0, -2.5, 1.5), x)
    return np.where(x < 1, near, np.where(x < 2, polynomial((2.0, -4.0, 2.5, -0.5), x), 0))


def _windows(begin: Array, end: Array, weight: Array) -> tuple[Array, Array]:
    """Return the taps of windows of unequal length, their weights adding up to one."""
    index = begin + np.arange(len(weight))[:, None]
    weight = np.where(index < end, weight, 0)
    return np.minimum(index, end - 1), weight / weight.sum(0)


def _is_copy(axis: AxisMap) -> bool:
    """Tell whether an axis stays as it is; between equal sizes PyTorch heeds a step in two modes only (of images)."""
    heeded = axis.mode in {"nearest-exact", "cubic"} and not axis.corners and not axis.antialias
    return axis.size == axis.out and (axis.step is None or not heeded)


def _table(axis: AxisMap, dtype: np.dtype[Any]) -> tuple[Array, Array | None]:
    """Return index and weight of each tap for each new element; without weights where they are all one.

    Shapes: twice (taps, out).
    """
    kind = np.dtype(np.float32) if dtype.itemsize <= 4 else np.dtype(np.float64)
    if axis.mode.startswith("nearest"):
        return _nearest(axis, kind)[None], None
    if axis.antialias:
        return _antialiased(axis, kind)
    return {"linear": _linear, "cubic": _cubic, "area": _area}[axis.mode](axis, kind)


def _entries(axis: AxisMap, dtype: np.dtype[Any]) -> tuple[Array, Array, Array | None]:
    """Return the map's entries that are not zero: for each a new element, an old one and a weight."""
    index, weight = _table(axis, dtype)
    new, old = np.tile(np.arange(axis.out), len(index)), index.reshape(-1)
    if weight is None:
        return new, old, None
    flat = weight.reshape(-1).astype(dtype)
    there = flat.nonzero()[0]
    return (new, old, flat) if len(there) == len(flat) else (new[there], old[there], flat[there])


def _taps(into: Array, source: Array, weight: Array | None, size: int) -> Iterator[_Tap]:
    """Yield terms of the sums in which each element of an axis of this size receives its sources one by one."""
    order = np.argsort(into, kind="stable")
    source, weight = source[order], None if weight is None else weight[order]
    count = np.bincount(into, minlength=size)
    start = np.cumsum(count) - count
    for k in range(int(count.max(initial=0))):
        places = np.flatnonzero(count > k)
        chosen = start[places] + k
        yield _Tap(_as_run(places), _as_run(source[chosen]), None if weight is None else weight[chosen])


def _as_run(index: Array) -> slice | Array:
    """Return a slice in place of evenly spaced positions: it reads and writes without a table."""
    if len(index) < 2:
        return slice(int(index[0]), int(index[0]) + 1) if len(index) else slice(0)
    step = int(index[1] - index[0])
    if step > 0 and (np.diff(index) == step).all():
        return slice(int(index[0]), int(index[-1]) + 1, step)
    return index


# --- maps ---------------------------------------------------------------------------------------------------------


def _applied(taps: Iterator[_Tap], x: Array, axis: int, out: int) -> Array:
    """Return the weighted sums along one axis."""
    lead = (slice(None),) * axis
    shape = (*x.shape[:axis], out, *x.shape[axis + 1 :])
    y: Array | None = None
    for places, source, weight in taps:
        part = x[(*lead, source)] if isinstance(source, slice) else x.take(source, axis)
        if weight is not None:
            scale = weight.reshape(-1, *(1,) * (x.ndim - 1 - axis))
            part = part * scale if part.base is not None else np.multiply(part, scale, out=part)
        if y is not None:
            y[(*lead, places)] += part
        elif part.base is None and part.shape == shape:
            y = part
        else:
            y = np.zeros(shape, x.dtype)
            y[(*lead, places)] = part
    return np.zeros(shape, x.dtype) if y is None else y


def _order(axes: Sequence[AxisMap]) -> list[int]:
    """Return the axes in the order that keeps what lies between two maps small; those left unchanged are left out."""
    changed = [i for i, axis in enumerate(axes) if not _is_copy(axis)]
    return sorted(changed, key=lambda i: (axes[i].out / axes[i].size, -i))


def resample(x: Array, axes: tuple[AxisMap, ...]) -> Array:
    """Map each of the last axes.

    Shapes: x (N, C, *size) -> (N, C, *out).

    Example:
        >>> resample(np.array([[[1.0, 3.0]]]), (AxisMap("linear", 2, 4),))
        array([[[1. , 1.5, 2.5, 3. ]]])
    """
    lead = x.ndim - len(axes)
    y = x
    for i in _order(axes):
        new, old, weight = _entries(axes[i], x.dtype)
        y = _applied(_taps(new, old, weight, axes[i].out), y, lead + i, axes[i].out)
    return y.copy() if y is x else y


def resample_adjoint(g: Array, axes: tuple[AxisMap, ...]) -> Array:
    """Apply the transposed map of each of the last axes: the adjoint of `resample`.

    Shapes: g (N, C, *out) -> (N, C, *size).

    Example:
        >>> resample_adjoint(np.array([[[1.0, 1.0, 1.0, 4.0]]]), (AxisMap("linear", 2, 4),))
        array([[[2., 5.]]])
    """
    lead = g.ndim - len(axes)
    x = g
    for i in reversed(_order(axes)):
        new, old, weight = _entries(axes[i], g.dtype)
        x = _applied(_taps(old, new, weight, axes[i].size), x, lead + i, axes[i].size)
    return x.copy() if x is g else x
