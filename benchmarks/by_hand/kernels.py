"""Element-wise functions, reductions, products, normalisations, embedding and attention by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "add",
    "amax",
    "batch_norm",
    "chain",
    "cross_entropy",
    "div",
    "embedding",
    "exp",
    "gelu_tanh",
    "layer_norm",
    "linear",
    "log_softmax",
    "logsumexp",
    "matmul",
    "mean",
    "mse_loss",
    "mul",
    "relu",
    "relu6",
    "scaled_dot_product_attention",
    "softmax",
    "sum",
    "tanh",
    "var",
]

Pair = tuple[Any, Callable[[Any], tuple[Any, ...]]]


def chain(x: Any, a: Any, b: Any, c: Any, d: Any, length: int) -> Pair:
    """Multiply, add, subtract, divide, over and over; the gradient passes the same way back."""
    for _ in range(length // 4):
        x = x * a
        x = x + b
        x = x - c
        x = x / d

    def back(g: Any) -> Any:
        for _ in range(length // 4):
            g = g / d
            g = g * a
        return (g,)

    return x, back


def exp(x: Any) -> Pair:
    """Return eˣ, which is its own derivative."""
    y = np.exp(x)
    return y, lambda g: (g * y,)


def tanh(x: Any) -> Pair:
    """Return tanh x, whose derivative is 1 - tanh² x."""
    y = np.tanh(x)
    return y, lambda g: (g * (1 - y * y),)


def relu(x: Any) -> Pair:
    """Return max(x, 0)."""
    y = np.maximum(x, np.float32(0))
    return y, lambda g: (g * (y > 0),)


def relu6(x: Any) -> Pair:
    """Return x kept between 0 and 6."""
    y = np.clip(x, np.float32(0), np.float32(6))
    return y, lambda g: (g * ((y > 0) & (y < 6)),)


_ROOT = math.sqrt(2 / math.pi)


def gelu_tanh(x: Any) -> Pair:
    """Return x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³)))."""
    square = x * x
    t = np.tanh(_ROOT * x * (1 + 0.044715 * square))
    half = 0.5 * (1 + t)

    def back(g: Any) -> Any:
        slope = 0.5 * _ROOT * (1 - t * t) * (1 + 3 * 0.044715 * square)
        return (g * (half + x * slope),)

    return x * half, back


def mul(a: Any, b: Any) -> Pair:
    """Return a · b of the same shape."""
    return a * b, lambda g: (g * b, g * a)


def div(a: Any, b: Any) -> Pair:
    """Return a / b of the same shape."""

    def back(g: Any) -> Any:
        da = g / b
        return da, -da * a / b

    return a / b, back


def add(a: Any, b: Any) -> Pair:
    """Return a matrix plus a row."""
    return a + b, lambda g: (g, g.sum(0))


def sum(x: Any, dim: int | None = None) -> Pair:
    """Return the sum, of all or along an axis."""
    return x.sum(dim), lambda g: (_spread(g, x, dim),)


def mean(x: Any, dim: int) -> Pair:
    """Return the mean along an axis."""
    return x.mean(dim), lambda g: (_spread(g / np.float32(x.shape[dim]), x, dim),)


def amax(x: Any, dim: int) -> Pair:
    """Return the largest along an axis; equals share the gradient."""
    y = x.max(dim)

    def back(g: Any) -> Any:
        at = x == np.expand_dims(y, dim)
        return (at * np.expand_dims(g / at.sum(dim, dtype=np.float32), dim),)

    return y, back


def var(x: Any, dim: int) -> Pair:
    """Return the variance along an axis, with n - 1."""
    rest = x - x.mean(dim, keepdims=True)
    freedom = np.float32(x.shape[dim] - 1)
    return np.square(rest).sum(dim) / freedom, lambda g: (rest * np.expand_dims(2 * g / freedom, dim),)


def logsumexp(x: Any, dim: int) -> Pair:
    """Return log Σ eˣ along an axis; its gradient is the softmax."""
    top = x.max(dim, keepdims=True)
    e = np.exp(x - top)
    total = e.sum(dim, keepdims=True)
    y = (np.log(total) + top).squeeze(dim)
    return y, lambda g: (e * (np.expand_dims(g, dim) / total),)


def _spread(g: Any, x: Any, dim: int | None) -> Any:
    out = np.empty_like(x)
    out[...] = g if dim is None else np.expand_dims(g, dim)
    return out


def matmul(a: Any, b: Any) -> Pair:
    """Return a @ b, batched or not."""
    return a @ b, lambda g: (g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g)


def linear(x: Any, w: Any, b: Any) -> Pair:
    """Return x wᵀ + b over the last axis."""
    flat = x.reshape(-1, x.shape[-1])
    y = flat @ w.T
    y += b

    def back(g: Any) -> Any:
        g = g.reshape(-1, g.shape[-1])
        return (g @ w).reshape(x.shape), g.T @ flat, g.sum(0)

    return y.reshape(*x.shape[:-1], -1), back


def softmax(x: Any, dim: int = -1) -> Pair:
    """Return eˣ over its sum along an axis."""
    y = x - x.max(dim, keepdims=True)
    np.exp(y, out=y)
    y /= y.sum(dim, keepdims=True)

    def back(g: Any) -> Any:
        dx = g * y
        dx -= y * dx.sum(dim, keepdims=True)
        return (dx,)

    return y, back


def log_softmax(x: Any, dim: int = -1) -> Pair:
    """Return the logarithm of the softmax."""
    y = x - x.max(dim, keepdims=True)
    y -= np.log(np.exp(y).sum(dim, keepdims=True))
    return y, lambda g: (g - np.exp(y) * g.sum(dim, keepdims=True),)


def cross_entropy(scores: Any, classes: Any) -> Pair:
    """Return the mean of -log softmax at the right classes."""
    y, _ = log_softmax(scores)
    rows = np.arange(len(classes))

    def back(g: Any) -> Any:
        d = np.exp(y)
        d[rows, classes] -= 1
        d *= g / np.float32(len(classes))
        return (d,)

    return -y[rows, classes].mean(), back


def mse_loss(x: Any, y: Any) -> Pair:
    """Return the mean squared error."""
    rest = x - y
    return np.square(rest).mean(), lambda g: (rest * np.float32(2 * g / rest.size),)


def _normalized(x: Any, axes: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    centred = x - x.mean(axes, keepdims=True)
    inverse = 1 / np.sqrt(np.square(centred).mean(axes, keepdims=True) + np.float32(eps))
    centred *= inverse
    return centred, inverse


def _normalized_back(g: Any, z: Any, inverse: Any, axes: tuple[int, ...]) -> Any:
    dx = g - g.mean(axes, keepdims=True)
    dx -= z * (g * z).mean(axes, keepdims=True)
    dx *= inverse
    return dx


def layer_norm(x: Any, w: Any, b: Any, normalized_shape: tuple[int, ...] = (), eps: float = 1e-5) -> Pair:
    """Normalise the last axis, then scale and shift."""
    z, inverse = _normalized(x, (-1,), eps)
    over = tuple(range(x.ndim - 1))
    return z * w + b, lambda g: (_normalized_back(g * w, z, inverse, (-1,)), (g * z).sum(over), g.sum(over))


def batch_norm(x: Any, w: Any, b: Any, eps: float = 1e-5) -> Pair:
    """Normalise each channel over the batch, then scale and shift."""
    axes = (0, *range(2, x.ndim))
    wide = (-1, *[1] * (x.ndim - 2))
    z, inverse = _normalized(x, axes, eps)
    scale = w.reshape(wide)
    y = z * scale
    y += b.reshape(wide)
    return y, lambda g: (_normalized_back(g * scale, z, inverse, axes), (g * z).sum(axes), g.sum(axes))


def embedding(index: Any, table: Any) -> Pair:
    """Return the rows of a table; rows that are read twice add their gradients."""

    def back(g: Any) -> Any:
        d = np.zeros_like(table)
        np.add.at(d, index, g)
        return (d,)

    return table[index], back


def scaled_dot_product_attention(q: Any, k: Any, v: Any, is_causal: bool = False) -> Pair:
    """Return softmax(q kᵀ / √E) v, each place over those before it if causal."""
    scale = np.float32(1 / math.sqrt(q.shape[-1]))
    scores = (q * scale) @ k.swapaxes(-1, -2)
    if is_causal:
        scores += np.triu(np.full(scores.shape[-2:], -np.inf, np.float32), 1)
    share, softmax_back = softmax(scores)

    def back(g: Any) -> Any:
        (ds,) = softmax_back(g @ v.swapaxes(-1, -2))
        ds *= scale
        return ds @ k, ds.swapaxes(-1, -2) @ q, share.swapaxes(-1, -2) @ g

    return share @ v, back
