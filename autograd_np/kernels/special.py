"""Elementary functions that NumPy lacks, or has only in forms that overflow."""

from __future__ import annotations

import math

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.elementwise import by_parts, constant
from autograd_np.kernels.selection import clamp, relu, select

__all__ = [
    "binary_cross_entropy_with_logits",
    "elu",
    "elu_slope",
    "erf",
    "erfc",
    "gauss",
    "huber",
    "log_above",
    "power",
    "reciprocal_sqrt",
    "sigmoid",
    "sinc",
    "softplus",
    "softplus_slope",
    "xlogy",
]

_INF = math.inf

# Rational Chebyshev approximations of W. J. Cody, Mathematics of Computation 23 (1969): highest power first,
# each pair a quotient of polynomials, good to 1e-16 relative on its interval.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip
_INVERSE_SQRT_PI = 0.5641895835477562869
#: erfc underflows to zero beyond this; the squares in its exponent must not overflow before.
_LARGEST = 28.0
# erf x = tanh(x·S(x²)): in single precision a polynomial S of our own fit (least relative error on |x| <= 4, lowest
# power first) and NumPy's vectorised tanh are 20 times faster than the quotients, and good to 3e-7.
_SINGLE = (
    1.12837935, 0.102766897, -0.000183502302, -0.000630245456, 9.3089895e-05, -6.93714443e-06, 2.68153761e-07,
    -4.22596522e-09,
)  # fmt: skip


def _quotient(pair: tuple[tuple[float, ...], tuple[float, ...]], t: Array) -> Array:
    return np.polyval(pair[0], t) / np.polyval(pair[1], t)


def _erf_near(x: Array) -> Array:
    return x * _quotient(_NEAR, x * x)


def _erfc_positive(x: Array) -> Array:
    """Return erfc for x >= 0.46875, in double precision."""
    x = np.minimum(x, _LARGEST)
    inverse = 1.0 / np.square(np.maximum(x, 4.0))
    far = (_INVERSE_SQRT_PI - inverse * _quotient(_FAR, inverse)) / np.maximum(x, 4.0)
    # x² is rounded, and exp magnifies that; the square of a short head is exact, the rest is small.
    short = np.trunc(x * 16.0) / 16.0
    falling = np.exp(-short * short) * np.exp((short - x) * (short + x))
    return falling * np.where(x < 4.0, _quotient(_MIDDLE, np.minimum(x, 4.0)), far)


def _erf_single(x: Array) -> Array:
    """Return erf in single precision; beyond 4.4 it is 1, and the polynomial means nothing."""
    x = np.clip(x, -4.4, 4.4)
    square = x * x
    result = square * _SINGLE[-1]
    result += _SINGLE[-2]
    for coefficient in _SINGLE[-3::-1]:
        result *= square
        result += coefficient
    result *= x
    return np.tanh(result)


def erf(x: Array) -> Array:
    """Return the error function, 2/√π times the integral of exp(-t²) from 0 to x.

    Source: Cody, 1969.

    Example:
        >>> erf(np.array([0.0, 1.0])).round(6)
        array([0.      , 0.842701])
    """
    if x.dtype.itemsize <= 4:
        return _erf_single(x.astype(np.float32, copy=False)).astype(x.dtype, copy=False)
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    tail = np.sign(wide) * (1.0 - _erfc_positive(np.maximum(size, 0.46875)))
    near = _erf_near(np.clip(wide, -0.46875, 0.46875))
    return np.where(size < 0.46875, near, tail).astype(x.dtype, copy=False)


def erfc(x: Array) -> Array:
    """Return 1 - erf(x) without cancellation for large x.

    Source: Cody, 1969.

    Example:
        >>> float(erfc(np.array(6.0))) < 1e-16
        True
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    tail = _erfc_positive(np.maximum(size, 0.46875))
    near = 1.0 - _erf_near(np.clip(wide, -0.46875, 0.46875))
    result = np.where(size < 0.46875, near, np.where(wide > 0, tail, 2.0 - tail))
    return result.astype(x.dtype, copy=False)


def gauss(x: Array) -> Array:
    """Return exp(-x²); where it is zero anyway, the square does not overflow.

    Example:
        >>> gauss(np.array([0.0, 1e300]))
        array([1., 0.])
    """
    y = np.empty_like(x)
    x.clip(-40, 40, out=y)
    np.multiply(y, y, out=y)
    np.negative(y, out=y)
    return np.exp(y, out=y)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)); an exponential that overflows gives the right 0.

    The form by tanh is a third faster in single precision, but loses all digits of small results.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    y = np.empty_like(x)
    with np.errstate(over="ignore"):
        by_parts(_sigmoid_part, x, y)
    return y


def _sigmoid_part(x: Array, y: Array) -> None:
    np.negative(x, out=y)
    np.exp(y, out=y)
    np.add(y, constant(1.0, y.dtype), out=y)
    np.reciprocal(y, out=y)


def softplus(x: Array, beta: float = 1.0, threshold: float = _INF) -> Array:
    """Return log(1 + exp(βx)) / β without overflow, and x itself where βx > threshold.

    Example:
        >>> softplus(np.array([-1000.0, 0.0, 1000.0])).round(4)
        array([0.000e+00, 6.931e-01, 1.000e+03])
    """
    scaled = x if beta == 1 else np.asarray(x * beta)
    y = np.empty_like(x)
    by_parts(_softplus_part, scaled, y)
    if beta != 1:
        y /= beta
    if threshold < _INF:
        linear = scaled > threshold
        if linear.any():
            np.copyto(y, x, where=linear)
    return y


def _softplus_part(x: Array, y: Array) -> None:
    np.abs(x, out=y)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    np.add(y, relu(x), out=y)


def softplus_slope(x: Array, beta: float, threshold: float) -> Array:
    """Return the derivative of softplus: σ(βx), and 1 where βx > threshold.

    Example:
        >>> softplus_slope(np.array([0.0, 1.0]), 1.0, 0.5)
        array([0.5, 1. ])
    """
    scaled = x if beta == 1 else np.asarray(x * beta)
    s = sigmoid(scaled)
    linear = scaled > threshold
    if linear.any():
        np.copyto(s, 1, where=linear)
    return s


def reciprocal_sqrt(x: Array) -> Array:
    """Return 1 / √x.

    Example:
        >>> float(reciprocal_sqrt(np.array(4.0)))
        0.5
    """
    return np.reciprocal(np.sqrt(x))


def elu(x: Array, alpha: float, scale: float, rate: float) -> Array:
    """Return scale·x where x is positive, scale·α·(exp(rate·x) - 1) elsewhere.

    Example:
        >>> elu(np.array([-1000.0, 2.0]), 0.5, 2.0, 1.0)
        array([-1.,  4.])
    """
    negative = np.expm1(x.clip(-_INF, 0) * rate)
    return relu(x) * scale + negative * (alpha * scale)


def elu_slope(x: Array, up: float, down: float, rate: float) -> Array:
    """Return `up` where x is positive, down·exp(rate·x) elsewhere.

    Example:
        >>> elu_slope(np.array([0.0, 2.0]), 1.0, 0.5, 1.0)
        array([0.5, 1. ])
    """
    falling = np.exp(x.clip(-_INF, 0) * rate) * down
    return select(x > 0, np.asarray(up, x.dtype), np.asarray(falling))


def huber(d: Array, delta: float) -> Array:
    """Return d²/2 where |d| <= δ, δ·(|d| - δ/2) beyond.

    Example:
        >>> huber(np.array([0.5, -3.0]), 1.0)
        array([0.125, 2.5  ])
    """
    limited = clamp(d, -delta, delta)
    return limited * (d - 0.5 * limited)


def log_above(x: Array, low: float) -> Array:
    """Return log x, and `low` where it would be less.

    Example:
        >>> log_above(np.array([0.0, 1.0]), -100.0)
        array([-100.,    0.])
    """
    positive = x > 0
    return np.maximum(np.where(positive, np.log(np.where(positive, x, 1)), low), low)


def binary_cross_entropy_with_logits(x: Array, t: Array) -> Array:
    """Return log(1 + exp(x)) - t·x, without cancellation where the score is large and right.

    Example:
        >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 1.0])).round(4)
        array([0.6931, 0.    ])
    """
    y = np.empty(np.broadcast_shapes(x.shape, t.shape), np.result_type(x, t))
    np.abs(x, out=y)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    y += relu(x) - t * x
    return y


def power(x: Array, exponent: float) -> Array:
    """Return x to a power; small whole ones are products, which are 5 times faster than the general function.

    Example:
        >>> power(np.array([2.0, 3.0]), 3), power(np.array([4]), -0.5)
        (array([ 8., 27.]), array([0.5]))
    """
    if exponent == 3:
        return x * x * x
    if exponent == 4:
        square = x * x
        return square * square
    if x.dtype.kind == "f":
        if exponent == 0.5:
            return np.sqrt(x)
        if exponent == -1:
            return np.reciprocal(x)
    return np.power(x, exponent)


def sinc(x: Array, order: int = 0) -> Array:
    """Return the derivative of this order of sin(πx)/(πx), exact also near 0.

    From x·f = sin(πx)/π follows x·f⁽ⁿ⁾ + n·f⁽ⁿ⁻¹⁾ = πⁿ⁻¹·sin(πx + nπ/2), which serves away from 0, the power series
    elsewhere.

    Example:
        >>> sinc(np.array([0.0, 0.5, 1.0])).round(4), float(sinc(np.array(0.0), 2)) == -math.pi**2 / 3
        (array([1.    , 0.6366, 0.    ]), True)
    """
    wide = np.asarray(x, np.float64)
    near = np.abs(wide) < 1
    small, large = np.where(near, wide, 0.0), np.where(near, 1.0, wide)
    # Every n-th derivative of x²ᵏ that is left, with coefficients (-1)ᵏπ²ᵏ/(2k+1)!
    series = np.zeros_like(wide)
    for k in range(20, -1, -1):
        power = 2 * k - order
        if power >= 0:
            factor = (-1) ** k * math.pi ** (2 * k) / math.factorial(2 * k + 1)
            series = series + factor * math.perm(2 * k, order) * small**power
    far = np.sin(math.pi * large) / (math.pi * large)
    for n in range(1, order + 1):
        far = (math.pi ** (n - 1) * np.sin(math.pi * large + n * math.pi / 2) - n * far) / large
    return np.where(near, series, far).astype(x.dtype, copy=False)


def xlogy(x: Array, y: Array) -> Array:
    """Return x·log y, and 0 where x is 0 unless y is NaN.

    Example:
        >>> xlogy(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
        array([0., 0.])
    """
    return x * np.log(np.where((x == 0) & ~np.isnan(y), 1, y))
