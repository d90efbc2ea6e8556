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
    "gelu",
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


def _last(x: Any) -> Any:
    """Return the sum along the last axis: einsum adds four times as fast as sum."""
    return np.einsum("...i->...", x)


def _first(x: Any) -> Any:
    """Return the sum over all axes but the last: a product with ones is twice as fast as sum."""
    rows = x.reshape(-1, x.shape[-1])
    return np.ones(len(rows), x.dtype) @ rows


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
    # between two numbers: NumPy compares with one, as maximum does, element by element
    y = x.clip(0, np.inf)

    def back(g: Any) -> Any:
        d = (y > 0).astype(g.dtype)
        d *= g
        return (d,)

    return y, back


def relu6(x: Any) -> Pair:
    """Return x kept between 0 and 6."""
    y = np.clip(x, np.float32(0), np.float32(6))
    return y, lambda g: (g * ((y > 0) & (y < 6)),)


#: Φ(x) = (1 + tanh(x·S(x²)))/2 for |x| <= 6 to 3e-8, highest power first.
_S = (1.75628e-9, -1.322663565e-7, 3.964774029e-6, -5.530632103e-5, -3.259473562e-5, 3.633308440e-2, 7.978849415e-1)


def gelu(x: Any) -> Pair:
    """Return x·Φ(x) with the normal distribution function Φ."""
    near = x.clip(-6, 6)
    square = near * near
    phi = square * _S[0]
    for c in _S[1:-1]:
        phi += c
        phi *= square
    phi += _S[-1]
    phi *= near
    np.tanh(phi, out=phi)
    phi *= 0.5
    phi += 0.5

    def back(g: Any) -> Any:
        d = x * x
        d *= -0.5
        np.exp(d, out=d)
        d *= x
        d *= 1 / math.sqrt(2 * math.pi)
        d += phi
        d *= g
        return (d,)

    return x * phi, back


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
    return a + b, lambda g: (g, _first(g))


def sum(x: Any, dim: int | None = None) -> Pair:
    """Return the sum, of all or along an axis."""
    y = _last(x) if dim == x.ndim - 1 else _first(x) if dim == 0 else _last(_last(x))
    return y, lambda g: (_spread(g, x, dim),)


def mean(x: Any, dim: int) -> Pair:
    """Return the mean along an axis."""
    return _last(x) / np.float32(x.shape[dim]), lambda g: (_spread(g / np.float32(x.shape[dim]), x, dim),)


def amax(x: Any, dim: int) -> Pair:
    """Return the largest along an axis; equals share the gradient."""
    y = np.take_along_axis(x, x.argmax(dim, keepdims=True), dim).squeeze(dim)

    def back(g: Any) -> Any:
        at = x == np.expand_dims(y, dim)
        return (at * np.expand_dims(g / at.sum(dim, dtype=np.float32), dim),)

    return y, back


def var(x: Any, dim: int) -> Pair:
    """Return the variance along an axis, with n - 1."""
    rest = x - (_last(x) / np.float32(x.shape[dim]))[:, None]
    freedom = np.float32(x.shape[dim] - 1)
    return np.vecdot(rest, rest) / freedom, lambda g: (rest * np.expand_dims(2 * g / freedom, dim),)


def logsumexp(x: Any, dim: int) -> Pair:
    """Return log Σ eˣ along an axis; its gradient is the softmax."""
    top = x.max(dim, keepdims=True)
    e = x - top
    np.exp(e, out=e)
    total = _last(e)[:, None]
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
        return (g @ w).reshape(x.shape), g.T @ flat, _first(g)

    return y.reshape(*x.shape[:-1], -1), back


def softmax(x: Any, dim: int = -1) -> Pair:
    """Return eˣ over its sum along an axis."""
    y = x - x.max(dim, keepdims=True)
    np.exp(y, out=y)
    y /= _last(y)[..., None]

    def back(g: Any) -> Any:
        dx = g - np.vecdot(g, y)[..., None]
        dx *= y
        return (dx,)

    return y, back


def log_softmax(x: Any, dim: int = -1) -> Pair:
    """Return the logarithm of the softmax."""
    y = x - x.max(dim, keepdims=True)
    y -= np.log(_last(np.exp(y)))[..., None]
    return y, lambda g: (g - np.exp(y) * _last(g)[..., None],)


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
    count = x.dtype.type(x.shape[-1])
    z = x - (_last(x) / count)[..., None]
    inverse = (1 / np.sqrt(np.vecdot(z, z) / count + x.dtype.type(eps)))[..., None]
    z *= inverse
    y = z * w
    y += b

    def back(g: Any) -> Any:
        dw, dx = g * z, g * w
        along = np.vecdot(dx, z) / count
        dx -= (_last(dx) / count)[..., None]
        dx -= z * along[..., None]
        dx *= inverse
        return dx, _first(dw), _first(g)

    return y, back


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
        d, flat, rows = np.zeros_like(table), index.reshape(-1), g.reshape(-1, g.shape[-1])
        order = np.argsort(flat.astype(np.uint16 if len(table) <= 1 << 16 else flat.dtype), kind="stable")
        sorted_index = flat[order]
        starts = np.flatnonzero(np.append(True, sorted_index[1:] != sorted_index[:-1]))
        counts = np.diff(starts, append=len(order))
        d[sorted_index[starts]] = rows[order[starts]]
        for k in range(1, counts.max()):  # the second row of each index that has one, the third, …
            more = starts[counts > k]
            d[sorted_index[more]] += rows[order[more + k]]
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
