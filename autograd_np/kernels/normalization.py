"""Normalisation on arrays: subtract the mean, divide by the standard deviation, scale and shift.

Batch normalisation takes its statistics per channel over samples and space, layer normalisation per row over the last
axes. Both work through the array in blocks that stay in the cache, so that each step of a formula costs no pass through
memory. Deviations are taken from the mean before they are squared: the mean of squares would cancel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from autograd_np._typing import Array

__all__ = [
    "batch_norm",
    "batch_norm_dw",
    "batch_norm_dx",
    "batch_norm_fixed",
    "layer_norm",
    "layer_norm_dw",
    "layer_norm_dx",
    "moments",
]

#: Elements of a block. Measured on (32, 64, 32, 32) and (64, 128, 256): 2¹⁷ to 2¹⁹ do alike, less costs a tenth more;
#: from 2²⁰ on the temporaries leave the cache, which costs up to twice as much.
_BLOCK = 1 << 18


def _blocks(count: int, size: int) -> Iterator[slice]:
    """Yield slices of `count` items of `size` elements each."""
    step = max(1, _BLOCK // max(size, 1))
    return (slice(i, i + step) for i in range(0, count, step))


# --- per channel --------------------------------------------------------------------------------------------------


def _by_channel(x: Array) -> Array:
    """Return the array as (N, C, L)."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _column(values: Array) -> Array:
    """Return one number per channel as (C, 1)."""
    return values.reshape(-1, 1)


def _statistics(values: Array, x: Array) -> Array:
    """Return one number per channel with the axes of `x`."""
    return values.reshape(1, -1, *(1,) * (x.ndim - 2))


def _sum_of_products(a: Array, b: Array) -> Array:
    """Return the sum of a·b per channel of (N, C, L)."""
    if a.shape[2] >= 16:
        return np.vecdot(a, b).sum(0)
    return np.einsum("ncl,ncl->c", a, b)


def moments(x: Array) -> tuple[Array, Array]:
    """Return mean and (biased) variance per channel.

    Shapes: x (N, C, *size) -> twice (1, C, *1).

    Example:
        >>> moments(np.array([[1.0], [3.0]]))
        (array([[2.]]), array([[1.]]))
    """
    cube = _by_channel(x)
    mean = cube.mean((0, 2))
    var = np.zeros_like(mean)
    for part in _blocks(len(cube), cube[0].size):
        deviation = cube[part] - _column(mean)
        var += _sum_of_products(deviation, deviation)
    var /= x.size // x.shape[1]
    return _statistics(mean, x), _statistics(var, x)


def batch_norm(x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """Return (x - mean)/√(var + eps)·weight + bias with the statistics of each channel, and the statistics.

    Shapes: x (N, C, *size), weight and bias (C,) or None -> like x, and twice (1, C, *1).

    Example:
        >>> batch_norm(np.array([[1.0], [3.0]]), None, np.array([5.0]), 0.0)
        (array([[4.],
               [6.]]), array([[2.]]), array([[1.]]))
    """
    mean, var = moments(x)
    return batch_norm_fixed(x, mean, var, weight, bias, eps), mean, var


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
    cube, target = _by_channel(x), _by_channel(y)
    scale = 1 / np.sqrt(_column(var) + x.dtype.type(eps))
    if weight is not None:
        scale *= _column(weight)
    for part in _blocks(len(cube), cube[0].size if len(cube) else 1):
        block = np.subtract(cube[part], _column(mean), out=target[part])
        block *= scale
        if bias is not None:
            block += _column(bias)
    return y


def batch_norm_dx(g: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float) -> Array:
    """Return the cotangent of x: what is left of `g` without its mean and without its part along x.

    With x̂ = (x - mean)/√(var + eps): weight/√(var + eps)·(g - mean(g) - x̂·mean(g·x̂)).

    Shapes: g and x (N, C, *size) -> the same.

    Example:
        >>> x = np.array([[1.0], [3.0], [8.0]])
        >>> bool(abs(batch_norm_dx(x, x, None, *moments(x), 0.0)).max() < 1e-14)
        True
    """
    result = np.empty(x.shape, x.dtype)
    cube, upstream, target = _by_channel(x), _by_channel(g), _by_channel(result)
    count = x.size // x.shape[1]
    centre = _column(mean)
    inverse = 1 / np.sqrt(_column(var) + x.dtype.type(eps))
    common = _column(upstream.sum((0, 2))) / count
    along = _column(_dot_deviation(upstream, cube, centre)) * (inverse * inverse / -count)
    scale = inverse if weight is None else inverse * _column(weight)
    for part in _blocks(len(cube), cube[0].size):
        block = np.subtract(cube[part], centre, out=target[part])
        block *= along
        block += upstream[part]
        block -= common
        block *= scale
    return result


def batch_norm_dw(g: Array, x: Array, mean: Array, var: Array, eps: float) -> Array:
    """Return the cotangent of the weight, Σ g·x̂.

    Shapes: g and x (N, C, *size) -> (C,).

    Example:
        >>> x = np.array([[1.0], [3.0]])
        >>> batch_norm_dw(x, x, *moments(x), 0.0)
        array([2.])
    """
    total = _dot_deviation(_by_channel(g), _by_channel(x), _column(mean))
    total /= np.sqrt(var.reshape(-1) + x.dtype.type(eps))
    return total


def _dot_deviation(g: Array, x: Array, centre: Array) -> Array:
    """Return Σ g·(x - centre) per channel of (N, C, L)."""
    total = np.zeros(x.shape[1], x.dtype)
    for part in _blocks(len(x), x[0].size if len(x) else 1):
        total += _sum_of_products(g[part], x[part] - centre)
    return total


# --- per row ------------------------------------------------------------------------------------------------------


def _by_row(x: Array, axes: int) -> Array:
    """Return the array as a matrix whose rows are its last `axes` axes."""
    width = math.prod(x.shape[x.ndim - axes :])
    return x.reshape(math.prod(x.shape[: x.ndim - axes]), width)


def _row_means(rows: Array) -> Array:
    """Return the mean of each row as (R, 1): a matrix product adds short rows faster than a sum does."""
    return rows @ np.full((rows.shape[1], 1), 1 / rows.shape[1], rows.dtype)


def _row_products(a: Array, b: Array) -> Array:
    """Return the mean of a·b over each row as (R, 1)."""
    return np.vecdot(a, b)[:, None] / a.dtype.type(a.shape[1])


def layer_norm(x: Array, weight: Array | None, bias: Array | None, axes: int, eps: float) -> tuple[Array, Array, Array]:
    """Return (x - mean)/√(var + eps)·weight + bias with the statistics of the last `axes` axes, and the statistics.

    Shapes: x (..., *rest), weight and bias (*rest) or None -> like x, and twice (..., *1).

    Example:
        >>> layer_norm(np.array([[1.0, 3.0]]), np.array([1.0, 2.0]), None, 1, 0.0)
        (array([[-1.,  2.]]), array([[2.]]), array([[1.]]))
    """
    y = np.empty(x.shape, x.dtype)
    rows, target = _by_row(x, axes), _by_row(y, axes)
    mean, var = np.empty((2, len(rows), 1), x.dtype)
    for part in _blocks(*rows.shape):
        mean[part] = _row_means(rows[part])
        block = np.subtract(rows[part], mean[part], out=target[part])
        var[part] = _row_products(block, block)
        block *= 1 / np.sqrt(var[part] + x.dtype.type(eps))
        if weight is not None:
            block *= weight.reshape(-1)
        if bias is not None:
            block += bias.reshape(-1)
    kept = (*x.shape[: x.ndim - axes], *(1,) * axes)
    return y, mean.reshape(kept), var.reshape(kept)


def layer_norm_dx(g: Array, x: Array, weight: Array | None, mean: Array, var: Array, axes: int, eps: float) -> Array:
    """Return the cotangent of x, (h - mean(h) - x̂·mean(h·x̂))/√(var + eps) with h = g·weight.

    Shapes: g and x (..., *rest), weight (*rest) or None -> like x.

    Example:
        >>> x = np.array([[1.0, 3.0, 8.0]])
        >>> _, mean, var = layer_norm(x, None, None, 1, 0.0)
        >>> bool(abs(layer_norm_dx(x, x, None, mean, var, 1, 0.0)).max() < 1e-14)
        True
    """
    result = np.empty(x.shape, x.dtype)
    rows, upstream, target = _by_row(x, axes), _by_row(g, axes), _by_row(result, axes)
    centre = mean.reshape(-1, 1)
    inverse = 1 / np.sqrt(var.reshape(-1, 1) + x.dtype.type(eps))
    for part in _blocks(*rows.shape):
        block = target[part]
        if weight is None:
            block[...] = upstream[part]
        else:
            np.multiply(upstream[part], weight.reshape(-1), out=block)
        block -= _row_means(block)
        deviation = rows[part] - centre[part]
        deviation *= _row_products(block, deviation) * np.square(inverse[part])
        block -= deviation
        block *= inverse[part]
    return result


def layer_norm_dw(g: Array, x: Array, mean: Array, var: Array, axes: int, eps: float) -> Array:
    """Return the cotangent of the weight, Σ g·x̂ over all rows.

    Shapes: g and x (..., *rest) -> (*rest).

    Example:
        >>> x = np.array([[1.0, 3.0]])
        >>> layer_norm_dw(x, x, np.array([[2.0]]), np.array([[1.0]]), 1, 0.0)
        array([-1.,  3.])
    """
    rows, upstream = _by_row(x, axes), _by_row(g, axes)
    result = np.zeros(x.shape[x.ndim - axes :], x.dtype)
    total = result.reshape(-1)
    centre = mean.reshape(-1, 1)
    inverse = 1 / np.sqrt(var.reshape(-1, 1) + x.dtype.type(eps))
    for part in _blocks(*rows.shape):
        product = rows[part] - centre[part]
        product *= upstream[part]
        total += (inverse[part].T @ product).reshape(-1)
    return result
