"""Elementary functions that NumPy lacks, or has only in forms that overflow."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array

__all__ = ["erf", "erfc", "reciprocal_sqrt", "sigmoid", "softplus"]

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
_LARGEST = 27.0


def _quotient(pair: tuple[tuple[float, ...], tuple[float, ...]], t: Array) -> Array:
    return np.polyval(pair[0], t) / np.polyval(pair[1], t)


def _erf_near(x: Array) -> Array:
    return x * _quotient(_NEAR, x * x)


def _erfc_positive(x: Array) -> Array:
    """Return erfc for x >= 0.46875, in double precision."""
    x = np.minimum(x, _LARGEST)
    inverse = 1.0 / np.square(np.maximum(x, 4.0))
    far = (_INVERSE_SQRT_PI - inverse * _quotient(_FAR, inverse)) / np.maximum(x, 4.0)
    return np.exp(-x * x) * np.where(x < 4.0, _quotient(_MIDDLE, np.minimum(x, 4.0)), far)


def erf(x: Array) -> Array:
    """Return the error function, 2/√π times the integral of exp(-t²) from 0 to x.

    Source: Cody, 1969.

    Example:
        >>> erf(np.array([0.0, 1.0])).round(6)
        array([0.      , 0.842701])
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    with np.errstate(under="ignore"):
        tail = np.sign(wide) * (1.0 - _erfc_positive(np.maximum(size, 0.46875)))
    near = _erf_near(np.clip(wide, -0.46875, 0.46875))
    return np.where(size < 0.46875, near, tail).astype(x.dtype)


def erfc(x: Array) -> Array:
    """Return 1 - erf(x) without cancellation for large x.

    Source: Cody, 1969.

    Example:
        >>> float(erfc(np.array(6.0))) < 1e-16
        True
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    with np.errstate(under="ignore"):
        tail = _erfc_positive(np.maximum(size, 0.46875))
    near = 1.0 - _erf_near(np.clip(wide, -0.46875, 0.46875))
    result = np.where(size < 0.46875, near, np.where(wide > 0, tail, 2.0 - tail))
    with np.errstate(under="ignore"):
        return result.astype(x.dtype)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) by tanh x = 2σ(2x) - 1, which cannot overflow.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    half = np.multiply(x, 0.5)
    y = np.tanh(half)
    return np.add(np.multiply(y, 0.5), 0.5)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)) without overflow.

    Example:
        >>> softplus(np.array([-1000.0, 0.0, 1000.0])).round(4)
        array([0.000e+00, 6.931e-01, 1.000e+03])
    """
    with np.errstate(under="ignore"):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def reciprocal_sqrt(x: Array) -> Array:
    """Return 1 / √x.

    Example:
        >>> float(reciprocal_sqrt(np.array(4.0)))
        0.5
    """
    return np.reciprocal(np.sqrt(x))
