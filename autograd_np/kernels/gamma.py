"""The logarithm of the gamma function, its derivatives, and the inverse of the error function, in double precision."""

from __future__ import annotations

import math

import numpy as np

from autograd_np._typing import Array

__all__ = ["erfinv", "lgamma", "polygamma"]

_EULER = 0.57721566490153286061
#: The Bernoulli numbers B₂, B₄, … of the series for large arguments.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
#: Beyond this those series are exact; smaller arguments are shifted up, or reduced to the neighbourhood of 2.
_FAR = 10


def _hurwitz(s: int, q: Array) -> Array:
    """Return Σ 1/(q + k)ˢ over all k >= 0 for positive q: ten terms, and Euler and Maclaurin's series for the rest."""
    inverse = 1 / (q + _FAR)
    tail = 0.5 * np.ones_like(inverse)
    rising = s / 2.0  # s(s+1)…(s+2j-2)/(2j)!, here for j = 1
    for j, b in enumerate(_BERNOULLI, start=1):
        tail = tail + b * rising * inverse ** (2 * j - 1)
        rising *= (s + 2 * j - 1) * (s + 2 * j) / ((2 * j + 1) * (2 * j + 2))
    head = sum((q + k) ** -float(s) for k in range(_FAR))
    return head + (1 / (s - 1) + tail * inverse) * inverse ** (s - 1)


#: log Γ(2 + z) = (1 - γ)z + Σ (-z)ᵏ(ζ(k) - 1)/k, with the lowest power first; for |z| <= 1/2 that is exact.
_NEAR = (1 - _EULER, *((-1) ** k * float(_hurwitz(k, np.array(2.0))) / k for k in range(2, 30)))


def _depth(y: Array) -> Array:
    """Return √(-log p) for the probability p = (1 - y)/2 of a tail, which is exact for y >= 1/2."""
    return np.sqrt(-np.log((1 - y) / 2))


# Quotients of polynomials for the quantiles of the normal distribution, the lowest power first: algorithm AS 241 of
# M. J. Wichura, Applied Statistics 37 (1988), good to 1e-16. Each is for some |erf x|, and is a function of t; the
# first gives the factor of y/2, the others x√2 itself.
_CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_SIDE = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
_TAIL = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip
_DEEP = 1 - 2 * math.exp(-25)
_INVERSE = (
    (0.0, 0.85, _CENTRE, lambda y: (y / 2, 0.180625 - y * y / 4)),
    (0.85, _DEEP, _SIDE, lambda y: (1.0, _depth(y) - 1.6)),
    (_DEEP, 1.0, _TAIL, lambda y: (1.0, _depth(y) - 5.0)),
)


def _lgamma_near(x: Array) -> Array:
    """Return log Γ for 0 <= x < 10, without cancellation near its zeros 1 and 2."""
    whole = np.round(x)
    z = x - whole  # exact
    above = np.ones_like(x)  # Γ(x) = Γ(2 + z)·(2 + z)(3 + z)…
    for k in range(2, _FAR):
        above *= np.where(whole > k, z + k, 1.0)
    below = np.where(whole < 1, x * (1 + x), np.where(whole < 2, x, 1.0))  # or over x, or over x(1 + x)
    return z * np.polyval(_NEAR[::-1], z) + np.log(above) - np.log(below)


def _lgamma_far(x: Array) -> Array:
    """Return Stirling's series."""
    inverse = 1 / x
    series = sum(b / (2 * j * (2 * j - 1)) * inverse ** (2 * j - 1) for j, b in enumerate(_BERNOULLI, start=1))
    return (x - 0.5) * (np.log(x) - 1) + (0.5 * math.log(2 * math.pi) - 0.5) + series


def lgamma(x: Array) -> Array:
    """Return log |Γ(x)|, and infinity at zero and the negative whole numbers.

    Example:
        >>> lgamma(np.array([0.5, 1.0, 5.0, -1.0])).round(4)
        array([0.5724, 0.    , 3.1781,    inf])
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    result = np.empty_like(wide)
    near = size < _FAR
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        result[near] = _lgamma_near(size[near])
        result[~near] = _lgamma_far(size[~near])
        negative = wide < 0
        if negative.any():
            # Γ(x)·Γ(-x) = -π / (x·sin πx), with the sine of an exactly reduced argument.
            below = wide[negative]
            sine = np.sin(math.pi * (below - np.round(below)))
            result[negative] = math.log(math.pi) - np.log(np.abs(below * sine)) - result[negative]
    result[np.isinf(wide)] = math.inf
    return result.astype(x.dtype, copy=False)


def _cotangent(n: int, x: Array) -> Array:
    """Return the n-th derivative of π·cot πx, a polynomial of the cotangent: each derivative brings -π(1 + cot²)."""
    polynomial = np.array([0.0, 1.0])
    for _ in range(n):
        slope = np.polynomial.polynomial.polyder(polynomial)
        polynomial = -np.polynomial.polynomial.polymul([1.0, 0.0, 1.0], slope)
    cotangent = 1 / np.tan(math.pi * (x - np.round(x)))
    return math.pi ** (n + 1) * np.polynomial.polynomial.polyval(cotangent, polynomial)


def _digamma_positive(x: Array) -> Array:
    far = x + _FAR
    inverse = 1 / (far * far)
    series = sum(b / (2 * j) * inverse**j for j, b in enumerate(_BERNOULLI, start=1))
    return np.log(far) - 0.5 / far - series - sum((1 / (x + k) for k in range(1, _FAR)), start=1 / x)


def _polygamma_positive(n: int, x: Array) -> Array:
    return (-1) ** (n + 1) * math.factorial(n) * _hurwitz(n + 1, x) if n else _digamma_positive(x)


def polygamma(x: Array, n: int) -> Array:
    """Return the derivative of order n + 1 of log Γ: the digamma function for n = 0.

    The poles 0, -1, -2, … are NaN for n = 0 but for 0 itself, which is infinite as PyTorch has it; else infinite.

    Example:
        >>> polygamma(np.array([1.0, -0.5]), 0).round(4), polygamma(np.array([1.0]), 1).round(4)
        (array([-0.5772,  0.0365]), array([1.6449]))
    """
    wide = np.asarray(x, np.float64)
    below = wide < 0
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        result = _polygamma_positive(n, np.where(below, 1 - wide, wide))
        if below.any():
            # ψ(1 - x) - ψ(x) = π·cot πx, differentiated n times.
            pole = math.nan if n == 0 else (-1) ** (n + 1) * math.inf
            reflected = (-1) ** n * result - _cotangent(n, wide)
            result = np.where(below, np.where(wide == np.round(wide), pole, reflected), result)
    return np.asarray(result).astype(x.dtype, copy=False)


def erfinv(y: Array) -> Array:
    """Return the x with erf x = y: infinite at ±1, NaN beyond.

    Example:
        >>> erfinv(np.array([0.0, 0.5, -1.0])).round(4)
        array([0.    , 0.4769,   -inf])
    """
    wide = np.asarray(y, np.float64)
    size = np.abs(wide)
    result = np.where(size == 1, math.inf, math.nan)
    for low, high, pair, variable in _INVERSE:
        part = (size >= low) & (size < high)
        chosen = size[part]
        if chosen.size:
            factor, t = variable(chosen)
            result[part] = factor * np.polyval(pair[0][::-1], t) / np.polyval(pair[1][::-1], t) * math.sqrt(0.5)
    return np.asarray(np.copysign(result, wide)).astype(y.dtype, copy=False)
