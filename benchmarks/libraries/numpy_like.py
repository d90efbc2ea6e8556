"""What is the same text in every library whose arrays behave as NumPy's. `np` is the library's own NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as onp  # noqa: ICN001 (np is an argument here; this is the original)

_RNG = onp.random.default_rng(2)


def chain(x: Any, a: Any, b: Any, c: Any, d: Any, length: int) -> Any:
    """Return the end of a chain of so many operations."""
    for _ in range(length // 4):
        x = x * a
        x = x + b
        x = x - c
        x = x / d
    return x


def dropout_mask(shape: tuple[int, ...], share: float) -> Any:
    """Return a mask that keeps the mean."""
    return (_RNG.random(shape, onp.float32) >= share) * onp.float32(1 / (1 - share))


def gelu_tanh(np: Any, x: Any) -> Any:
    """Return x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³)))."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)))


def _softmax(np: Any, x: Any, dim: int = -1) -> Any:
    e = np.exp(x - np.max(x, axis=dim, keepdims=True))
    return e / np.sum(e, axis=dim, keepdims=True)


def _log_softmax(np: Any, x: Any, dim: int = -1) -> Any:
    rest = x - np.max(x, axis=dim, keepdims=True)
    return rest - np.log(np.sum(np.exp(rest), axis=dim, keepdims=True))


def _logsumexp(np: Any, x: Any, dim: int) -> Any:
    top = np.max(x, axis=dim, keepdims=True)
    return np.squeeze(np.log(np.sum(np.exp(x - top), axis=dim, keepdims=True)) + top, dim)


def _normal(np: Any, x: Any, w: Any, b: Any, axes: tuple[int, ...]) -> Any:
    rest = x - np.mean(x, axis=axes, keepdims=True)
    return rest / np.sqrt(np.mean(rest * rest, axis=axes, keepdims=True) + 1e-5) * w + b


def _batch_norm(np: Any, x: Any, w: Any, b: Any) -> Any:
    wide = (-1, *[1] * (len(x.shape) - 2))
    return _normal(np, x, np.reshape(w, wide), np.reshape(b, wide), (0, *range(2, len(x.shape))))


def _attention(np: Any, q: Any, k: Any, v: Any, is_causal: bool = False) -> Any:
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) * onp.float32(1 / math.sqrt(q.shape[-1]))
    if is_causal:
        scores = scores + onp.triu(onp.full(scores.shape[-2:], -onp.inf, onp.float32), 1)
    return np.matmul(_softmax(np, scores), v)


def _cross_entropy(np: Any, scores: Any, classes: Any) -> Any:
    return -np.mean(_log_softmax(np, scores)[onp.arange(len(scores)), classes])


def lstm(np: Any, x: Any, wx: Any, wh: Any, bx: Any, bh: Any) -> Any:
    """Return the outputs of all steps of an LSTM, one step after the other."""
    size = wh.shape[1]
    inputs = np.matmul(x, wx.T) + (bx + bh)
    h = c = onp.zeros((x.shape[0], size), onp.float32)
    found = []
    for at in range(x.shape[1]):
        gates = inputs[:, at] + np.matmul(h, wh.T)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * gates[:, p * size : (p + 1) * size])) for p in (0, 1, 3))
        c = f * c + i * np.tanh(gates[:, 2 * size : 3 * size])
        h = o * np.tanh(c)
        found.append(h)
    return np.stack(found, axis=1)


def functions(np: Any) -> dict[str, Any]:
    """Return the functions that any NumPy can express."""
    return {
        "chain": chain,
        "exp": np.exp,
        "tanh": np.tanh,
        "relu": lambda x: np.maximum(x, 0),
        "relu6": lambda x: np.clip(x, 0, 6),
        "gelu_tanh": lambda x: gelu_tanh(np, x),
        "mul": np.multiply,
        "div": np.divide,
        "add": np.add,
        "sum": lambda x, dim=None: np.sum(x, axis=dim),
        "mean": lambda x, dim: np.mean(x, axis=dim),
        "amax": lambda x, dim: np.max(x, axis=dim),
        "var": lambda x, dim: np.var(x, axis=dim, ddof=1),
        "logsumexp": lambda x, dim: _logsumexp(np, x, dim),
        "matmul": np.matmul,
        "linear": lambda x, w, b: np.matmul(x, w.T) + b,
        "softmax": lambda x, dim: _softmax(np, x, dim),
        "log_softmax": lambda x, dim: _log_softmax(np, x, dim),
        "cross_entropy": lambda x, y: _cross_entropy(np, x, y),
        "mse_loss": lambda x, y: np.mean((x - y) ** 2),
        "layer_norm": lambda x, w, b, normalized_shape=None: _normal(np, x, w, b, (-1,)),
        "batch_norm": lambda x, w, b: _batch_norm(np, x, w, b),
        "embedding": lambda index, table: table[index],
        "scaled_dot_product_attention": lambda q, k, v, is_causal=False: _attention(np, q, k, v, is_causal),
        "adaptive_avg_pool2d": lambda x, output_size: np.mean(x, axis=(2, 3), keepdims=True),
        "lstm": lambda *operands: lstm(np, *operands),
    }
