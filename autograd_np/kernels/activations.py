"""Activation functions that keep more than their result, and their ways back; steps are in place, part by part."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.elementwise import by_parts, constant
from autograd_np.kernels.special import erf, sigmoid

__all__ = ["gelu", "gelu_back", "gelu_tanh", "gelu_tanh_back", "silu", "silu_back"]

# Φ(x) = (1 + tanh(x·S(x²)))/2: in single precision a polynomial S of our own fit (least greatest error on |x| <= 5.6,
# highest power first) gives Φ to 3e-8, half of its last digit.
_LOGIT = tuple(
    np.array(c, np.float32)
    for c in (1.756279827e-9, -1.322663565e-7, 3.964774029e-6, -5.530632103e-5, -3.259473562e-5, 3.633308440e-2,
              7.978849415e-1)
)  # fmt: skip
#: Here tanh is 1 to the last digit, as it must be for what is beyond; further out the polynomial means nothing.
_END = 6.0
_DENSITY = 1 / math.sqrt(2 * math.pi)
# The formula by tanh: tanh(x·(A + B·x²)).
_A = math.sqrt(2 / math.pi)
_B = 0.044715 * _A
#: From here on tanh is 1; the square of larger numbers may overflow.
_TANH_END = 40.0


def silu(x: Array) -> tuple[Array, Array]:
    """Return x·σ(x) and σ(x).

    Example:
        >>> silu(np.array([0.0]))
        (array([0.]), array([0.5]))
    """
    s = sigmoid(x)
    return x * s, s


def silu_back(g: Array, _y: Any, x: Array, s: Array, *, wanted: Any) -> tuple[Array]:
    """Return g·s·(1 + x·(1 - s)).

    Example:
        >>> silu_back(np.array([2.0]), None, np.array([0.0]), np.array([0.5]), wanted=(True,))
        (array([1.]),)
    """
    one = constant(1.0, x.dtype)

    def work(g: Array, x: Array, s: Array, d: Array) -> None:
        np.subtract(one, s, out=d)
        np.multiply(d, x, out=d)
        np.add(d, one, out=d)
        np.multiply(d, s, out=d)
        np.multiply(d, g, out=d)

    d = np.empty_like(x)
    by_parts(work, g, x, s, d)
    return (d,)


def gelu(x: Array) -> tuple[Array, Array]:
    """Return x·Φ(x) and Φ(x), the normal distribution function.

    Source: Hendrycks and Gimpel, 2016.

    Example:
        >>> gelu(np.array([0.0]))
        (array([0.]), array([0.5]))
    """
    if x.dtype == np.float32:
        y, phi = np.empty_like(x), np.empty_like(x)
        by_parts(_gelu_single, x, y, phi)
        return y, phi
    phi = erf(x * math.sqrt(0.5))
    phi *= 0.5
    phi += 0.5
    return x * phi, phi


def _gelu_single(x: Array, y: Array, phi: Array) -> None:
    half = constant(0.5, x.dtype)
    near = x.clip(-_END, _END, out=y)
    square = np.multiply(near, near)
    np.multiply(square, _LOGIT[0], out=phi)
    for c in _LOGIT[1:-1]:
        np.add(phi, c, out=phi)
        np.multiply(phi, square, out=phi)
    np.add(phi, _LOGIT[-1], out=phi)
    np.multiply(phi, near, out=phi)
    np.tanh(phi, out=phi)
    np.multiply(phi, half, out=phi)
    np.add(phi, half, out=phi)
    np.multiply(x, phi, out=y)


def gelu_back(g: Array, _y: Any, x: Array, phi: Array, *, wanted: Any) -> tuple[Array]:
    """Return g·(Φ(x) + x·exp(-x²/2)/√(2π)).

    Example:
        >>> gelu_back(np.array([2.0]), None, np.array([0.0]), np.array([0.5]), wanted=(True,))
        (array([1.]),)
    """
    scale, density = constant(-0.5, x.dtype), constant(_DENSITY, x.dtype)

    def work(g: Array, x: Array, phi: Array, d: Array) -> None:
        np.multiply(x, x, out=d)
        np.multiply(d, scale, out=d)
        np.exp(d, out=d)
        np.multiply(d, x, out=d)
        np.multiply(d, density, out=d)
        np.add(d, phi, out=d)
        np.multiply(d, g, out=d)

    d = np.empty_like(x)
    with np.errstate(over="ignore"):
        by_parts(work, g, x, phi, d)
    return (d,)


def gelu_tanh(x: Array) -> tuple[Array, Array]:
    """Return x·t(x) and t(x) = (1 + tanh(√(2/π)·(x + 0.044715x³)))/2, which is near Φ(x).

    Source: Hendrycks and Gimpel, 2016.

    Example:
        >>> gelu_tanh(np.array([0.0]))
        (array([0.]), array([0.5]))
    """
    a, b, half = constant(_A, x.dtype), constant(_B, x.dtype), constant(0.5, x.dtype)

    def work(x: Array, y: Array, phi: Array) -> None:
        near = x.clip(-_TANH_END, _TANH_END, out=y)
        np.multiply(near, near, out=phi)
        np.multiply(phi, b, out=phi)
        np.add(phi, a, out=phi)
        np.multiply(phi, near, out=phi)
        np.tanh(phi, out=phi)
        np.multiply(phi, half, out=phi)
        np.add(phi, half, out=phi)
        np.multiply(x, phi, out=y)

    y, phi = np.empty_like(x), np.empty_like(x)
    by_parts(work, x, y, phi)
    return y, phi


def gelu_tanh_back(g: Array, _y: Any, x: Array, phi: Array, *, wanted: Any) -> tuple[Array]:
    """Return g·(t + x·t'), with t' = 2t(1 - t)·√(2/π)·(1 + 3·0.044715x²).

    Example:
        >>> gelu_tanh_back(np.array([2.0]), None, np.array([0.0]), np.array([0.5]), wanted=(True,))
        (array([1.]),)
    """
    one, a, b = constant(1.0, x.dtype), constant(2 * _A, x.dtype), constant(6 * _B, x.dtype)

    def work(g: Array, x: Array, phi: Array, d: Array) -> None:
        near = x.clip(-_TANH_END, _TANH_END, out=np.empty_like(x))
        np.multiply(near, near, out=d)
        np.multiply(d, b, out=d)
        np.add(d, a, out=d)
        np.multiply(d, near, out=d)
        rest = np.subtract(one, phi, out=near)
        np.multiply(rest, phi, out=rest)
        np.multiply(d, rest, out=d)
        np.add(d, phi, out=d)
        np.multiply(d, g, out=d)

    d = np.empty_like(x)
    by_parts(work, g, x, phi, d)
    return (d,)
