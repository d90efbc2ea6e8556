"""Normalisation on arrays: subtract the mean, divide by the standard deviation, scale and shift.

Batch normalisation takes its statistics per channel over samples and space, layer normalisation per row over the last
axes. Both work through the array in blocks that stay in the cache, so that each step of a formula costs no pass through
memory. Deviations are taken from the mean before they are squared: the mean of squares would cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.rows import by_column, by_row, column_sums, row_products, row_sums

__all__ = ["batch_norm", "batch_norm_back", "batch_norm_fixed", "layer_norm", "layer_norm_back", "moments"]

#: Which operands' cotangents are asked for.
Wanted: TypeAlias = Sequence[bool]

#: Elements of a block. Measured on (32, 64, 32, 32) and (4096, 768): every halving costs a tenth more, for the calls;
#: larger ones leave threads without work.
_BLOCK = 1 << 18


def _each(work: Callable[[Any], object], parts: Sequence[Any]) -> None:
    """Do all parts; for a single one no thread is asked."""
    if len(parts) == 1:
        work(parts[0])
    else:
        for_each(work, parts)


def _inverse(var: Array, eps: float) -> Array:
    """Return one over the standard deviation of each channel or row."""
    return np.reciprocal(np.sqrt(var.reshape(-1) + var.dtype.type(eps)))


# --- per channel --------------------------------------------------------------------------------------------------

# All are of shape (N, C, L), values per channel (C,). Where L is 1 the channels are columns, else each is a row.


def _by_channel(x: Array) -> Array:
    """Return the array as (N, C, L)."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _sample_blocks(cube: Array) -> list[slice]:
    if cube.size <= _BLOCK:
        return [slice(None)]
    return slices(len(cube), _BLOCK // max(cube.shape[1] * cube.shape[2], 1))


def _apply(function: np.ufunc, x: Array, values: Array, out: Array) -> None:
    """Write function(x, values) with one value for each channel."""
    samples, channels, size = x.shape
    if size == 1:
        by_column(function, x[:, :, 0], values, out[:, :, 0])
    else:
        rows = (samples * channels, size)
        by_row(function, x.reshape(rows), np.concatenate([values] * samples), out.reshape(rows))


def _sum(x: Array) -> Array:
    """Return the sum of each channel."""
    samples, channels, size = x.shape
    if size == 1:
        return column_sums(x[:, :, 0])
    return column_sums(row_sums(x.reshape(-1, size)).reshape(samples, channels))


def _sum_of_products(a: Array, b: Array) -> Array:
    """Return the sum of a·b over each channel."""
    if a.shape[2] == 1:
        return column_sums(a[:, :, 0] * b[:, :, 0])
    samples, channels, size = a.shape
    return column_sums(row_products(a.reshape(-1, size), b.reshape(-1, size)).reshape(samples, channels))


def _deviations(cube: Array, out: Array | None = None) -> tuple[Array, Array]:
    """Return mean and (biased) variance of each channel, and write the deviations from the mean."""
    parts, count = _sample_blocks(cube), cube.dtype.type(cube.shape[0] * cube.shape[2])
    sums = np.empty((len(parts), cube.shape[1]), cube.dtype)

    def add(number: int) -> None:
        sums[number] = _sum(cube[parts[number]])

    def deviate(number: int) -> None:
        part = cube[parts[number]]
        block = np.empty_like(part) if out is None else out[parts[number]]
        _apply(np.subtract, part, mean, block)
        sums[number] = _sum_of_products(block, block)

    _each(add, range(len(parts)))
    mean = np.add.reduce(sums, axis=0) / count
    _each(deviate, range(len(parts)))
    return mean, np.add.reduce(sums, axis=0) / count


def _statistics(values: Array, x: Array) -> Array:
    """Return one number per channel with the axes of `x`."""
    return values.reshape(1, -1, *(1,) * (x.ndim - 2))


def moments(x: Array) -> tuple[Array, Array]:
    """Return mean and (biased) variance per channel.

    Shapes: x (N, C, *size) -> twice (1, C, *1).

    Example:
        >>> moments(np.array([[1.0], [3.0]]))
        (array([[2.]]), array([[1.]]))
    """
    mean, var = _deviations(_by_channel(x))
    return _statistics(mean, x), _statistics(var, x)


def batch_norm(x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """Return (x - mean)/√(var + eps)·weight + bias with the statistics of each channel, and the statistics.

    Shapes: x (N, C, *size), weight and bias (C,) or None -> like x, and twice (1, C, *1).

    Example:
        >>> batch_norm(np.array([[1.0], [3.0]]), None, np.array([5.0]), 0.0)
        (array([[4.],
               [6.]]), array([[2.]]), array([[1.]]))
    """
    y = np.empty(x.shape, x.dtype)
    target = _by_channel(y)
    mean, var = _deviations(_by_channel(x), target)
    _scale(target, target, None, var, weight, bias, eps)
    return y, _statistics(mean, x), _statistics(var, x)


def batch_norm_fixed(x: Array, mean: Array, var: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """Return (x - mean)/√(var + eps)·weight + bias with given statistics.

    Shapes: x (N, C, *size), mean and var with C elements, weight and bias (C,) or None -> like x.

    Example:
        >>> one = np.array([1.0])
        >>> batch_norm_fixed(np.array([[1.0], [3.0]]), one, 4 * one, None, None, 0.0)
        array([[0.],
               [1.]])
    """
    y = np.empty(x.shape, x.dtype)
    _scale(_by_channel(x), _by_channel(y), mean.reshape(-1), var, weight, bias, eps)
    return y


def _scale(
    cube: Array, out: Array, mean: Array | None, var: Array, weight: Array | None, bias: Array | None, eps: float
) -> None:
    """Write (x - mean)/√(var + eps)·weight + bias; where there is no mean, it was subtracted before."""
    scale = _inverse(var, eps)
    if weight is not None:
        scale *= weight.reshape(-1)

    def work(part: slice) -> None:
        block = out[part]
        if mean is None:
            _apply(np.multiply, cube[part], scale, block)
        else:
            _apply(np.subtract, cube[part], mean, block)
            _apply(np.multiply, block, scale, block)
        if bias is not None:
            _apply(np.add, block, bias.reshape(-1), block)

    _each(work, _sample_blocks(cube))


def batch_norm_back(
    g: Array,
    _y: Any,
    x: Array,
    weight: Array | None,
    _bias: Any,
    mean: Array,
    var: Array,
    *,
    wanted: Wanted,
    eps: float,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the cotangents of x, weight and bias.

    With x̂ = (x - mean)/√(var + eps), that of x is weight/√(var + eps)·(g - mean(g) - x̂·mean(g·x̂)): what is left of `g`
    without its mean and without its part along x. That of the weight is Σ g·x̂, that of the bias Σ g.

    Shapes: g and x (N, C, *size) -> the same, (C,), (C,); None for what is not wanted.

    Example:
        >>> x = np.array([[1.0], [3.0], [8.0]])
        >>> dx, dw, db = batch_norm_back(x, None, x, None, None, *moments(x), wanted=(True, True, True), eps=0.0)
        >>> bool(abs(dx).max() < 1e-14), dw.round(6), db
        (True, array([8.831761]), array([12.]))
    """
    cube, upstream = _by_channel(x), _by_channel(g)
    parts, centre, inverse = _sample_blocks(cube), mean.reshape(-1), _inverse(var, eps)
    dx = np.empty(x.shape, x.dtype)
    target = _by_channel(dx)
    sums = np.empty((2, len(parts), cube.shape[1]), x.dtype)

    def add(number: int) -> None:
        part = parts[number]
        sums[0, number] = _sum(upstream[part])
        _apply(np.subtract, cube[part], centre, target[part])
        sums[1, number] = _sum_of_products(upstream[part], target[part])

    _each(add, range(len(parts)))
    db, along = np.add.reduce(sums, axis=1)
    dw = along * inverse
    if not wanted[0]:
        return None, dw, db.copy()
    count = x.dtype.type(cube.shape[0] * cube.shape[2])
    common, steep = db / count, dw * inverse / -count
    scale = inverse if weight is None else inverse * weight

    def work(part: slice) -> None:
        block = target[part]
        _apply(np.multiply, block, steep, block)
        block += upstream[part]
        _apply(np.subtract, block, common, block)
        _apply(np.multiply, block, scale, block)

    _each(work, parts)
    return dx, dw, db.copy()


# --- per row ------------------------------------------------------------------------------------------------------


def _by_row(x: Array, axes: int) -> Array:
    """Return the array as a matrix whose rows are its last `axes` axes."""
    width = math.prod(x.shape[x.ndim - axes :])
    return x.reshape(math.prod(x.shape[: x.ndim - axes]), width)


def _row_blocks(rows: Array) -> list[slice]:
    if rows.size <= _BLOCK:
        return [slice(None)]
    return slices(len(rows), _BLOCK // max(rows.shape[1], 1))


def layer_norm(x: Array, weight: Array | None, bias: Array | None, axes: int, eps: float) -> tuple[Array, Array, Array]:
    """Return (x - mean)/√(var + eps)·weight + bias with the statistics of the last `axes` axes, and the statistics.

    Shapes: x (..., *rest), weight and bias (*rest) or None -> like x, and twice (..., *1).

    Example:
        >>> layer_norm(np.array([[1.0, 3.0]]), np.array([1.0, 2.0]), None, 1, 0.0)
        (array([[-1.,  2.]]), array([[2.]]), array([[1.]]))
    """
    y = np.empty(x.shape, x.dtype)
    rows, target = _by_row(x, axes), _by_row(y, axes)
    mean, var = np.empty((2, len(rows)), x.dtype)
    count = x.dtype.type(rows.shape[1])

    def work(part: slice) -> None:
        block = target[part]
        centre = np.divide(row_sums(rows[part]), count, out=mean[part])
        by_row(np.subtract, rows[part], centre, block)
        spread = np.divide(row_products(block, block), count, out=var[part])
        by_row(np.multiply, block, _inverse(spread, eps), block)
        if weight is not None:
            by_column(np.multiply, block, weight.reshape(-1), block)
        if bias is not None:
            by_column(np.add, block, bias.reshape(-1), block)

    _each(work, _row_blocks(rows))
    kept = (*x.shape[: x.ndim - axes], *(1,) * axes)
    return y, mean.reshape(kept), var.reshape(kept)


def layer_norm_back(
    g: Array,
    _y: Any,
    x: Array,
    weight: Array | None,
    _bias: Any,
    mean: Array,
    var: Array,
    *,
    wanted: Wanted,
    axes: int,
    eps: float,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the cotangents of x, weight and bias.

    With x̂ = (x - mean)/√(var + eps) and h = g·weight, that of x is (h - mean(h) - x̂·mean(h·x̂))/√(var + eps), of the
    weight Σ g·x̂ and that of the bias Σ g over all rows.

    Shapes: g and x (..., *rest), weight (*rest) or None -> like x, (*rest), (*rest); None for what is not wanted.

    Example:
        >>> x, w = np.array([[1.0, 3.0]]), np.array([1.0, 1.0])
        >>> _, mean, var = layer_norm(x, w, None, 1, 0.0)
        >>> layer_norm_back(x, None, x, w, None, mean, var, wanted=(False, True, True), axes=1, eps=0.0)
        (None, array([-1.,  3.]), array([1., 3.]))
    """
    rows, upstream = _by_row(x, axes), _by_row(g, axes)
    parts, width = _row_blocks(rows), rows.shape[1]
    dx = np.empty(x.shape, x.dtype) if wanted[0] else None
    target = None if dx is None else _by_row(dx, axes)
    dw, db = np.empty((2, len(parts), width), x.dtype)
    centre, inverse = mean.reshape(-1), _inverse(var, eps)

    def work(number: int) -> None:
        part = parts[number]
        h, scale = upstream[part], inverse[part]
        if wanted[2]:
            db[number] = column_sums(h)
        if not (wanted[0] or wanted[1]):
            return
        deviation = by_row(np.subtract, rows[part], centre[part], np.empty_like(rows[part]))
        if wanted[1]:
            np.matmul(scale, h * deviation, out=dw[number])
        if target is not None:
            block = target[part]
            h = h if weight is None else by_column(np.multiply, h, weight.reshape(-1), block)
            shift = row_sums(h) / width
            along = row_products(h, deviation) / width
            by_row(np.multiply, deviation, along * np.square(scale), deviation)
            np.subtract(h, deviation, out=block)
            by_row(np.subtract, block, shift, block)
            by_row(np.multiply, block, scale, block)

    _each(work, range(len(parts)))
    rest = x.shape[x.ndim - axes :]
    return (
        dx,
        np.add.reduce(dw, axis=0).reshape(rest) if wanted[1] else None,
        np.add.reduce(db, axis=0).reshape(rest) if wanted[2] else None,
    )
