"""The gamma function's logarithm and its derivatives, and the inverse error function, to their last digits."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from autograd_np.kernels import gamma, special

EULER = 0.57721566490153286
ZETA3 = 1.2020569031595943
INF, NAN = math.inf, math.nan


def near(actual, expected, tolerance=1e-14):
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("low", [-30.0, 0.0, 5.0, 100.0, 1e6])
def test_the_logarithm_of_gamma(low):
    x = low + np.linspace(0.013, 20.1, 700)
    near(gamma.lgamma(x), [math.lgamma(v) for v in x])


def test_the_logarithm_of_gamma_keeps_its_digits_near_its_zeros():
    d = np.array([1e-4, -1e-4, 1e-6, 1e-9, -1e-9, 2.0**-52])
    for x in (1, 2):
        z = (x + d) - x
        first = -EULER if x == 1 else 1 - EULER
        curvature, third = math.pi**2 / 6 - (x - 1), -2 * ZETA3 + 2 * (x - 1)
        fourth = math.pi**4 / 15 - 6 * (x - 1)
        expected = first * z + curvature * z**2 / 2 + third * z**3 / 6 + fourth * z**4 / 24
        np.testing.assert_allclose(gamma.lgamma(x + d), expected, rtol=1e-14)


def test_derivatives_at_known_places():
    near(gamma.polygamma(np.array([1.0, 0.5, 2.0]), 0), [-EULER, -EULER - 2 * math.log(2), 1 - EULER])
    near(gamma.polygamma(np.array([1.0, 0.5, 2.0]), 1), [math.pi**2 / 6, math.pi**2 / 2, math.pi**2 / 6 - 1])
    near(gamma.polygamma(np.array([1.0, 0.5]), 2), [-2 * ZETA3, -14 * ZETA3])
    near(gamma.polygamma(np.array([1.0, 0.5]), 3), [math.pi**4 / 15, math.pi**4])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 6])
def test_derivatives_follow_the_recurrence(n):
    x = np.concatenate([np.linspace(0.05, 30, 300), np.linspace(-29.97, -0.03, 300)])
    step = (-1) ** n * math.factorial(n) * x ** -(n + 1.0)
    low, high = gamma.polygamma(x, n), gamma.polygamma(x + 1, n)
    size = np.maximum(np.abs(low), np.abs(step))
    assert (np.abs(high - low - step) <= 1e-12 * size).all()


def test_derivatives_far_away():
    x = np.array([1e4, 1e8, 1e15, 1e300])
    near(gamma.polygamma(x, 0), np.log(x) - 0.5 / x - 1 / x / x / 12)
    near(gamma.polygamma(x, 1) * x, 1 + 0.5 / x + 1 / x / x / 6)
    near(gamma.polygamma(np.array([-1e6 - 0.5]), 1), np.pi**2 - 1e-6, 1e-12)


def test_poles_and_infinities():
    x = np.array([0.0, -0.0, -1.0, INF, -INF, NAN])
    np.testing.assert_array_equal(gamma.lgamma(x), [INF, INF, INF, INF, INF, NAN])
    np.testing.assert_array_equal(gamma.polygamma(x, 0), [-INF, INF, NAN, INF, NAN, NAN])
    np.testing.assert_array_equal(gamma.polygamma(x[[0, 2, 3, 5]], 1), [INF, INF, 0, NAN])
    np.testing.assert_array_equal(gamma.polygamma(x[[0, 2, 3, 5]], 2), [-INF, -INF, 0, NAN])


def test_the_inverse_error_function_is_a_quantile_of_the_normal_distribution():
    quantile = statistics.NormalDist(sigma=math.sqrt(0.5)).inv_cdf
    p = np.concatenate([np.linspace(0.001, 0.999, 500), 10.0 ** np.arange(-15, -3)])
    near(gamma.erfinv(2 * p - 1), [quantile(((2 * v - 1) + 1) / 2) for v in p], 1e-13)


def test_the_inverse_error_function_inverts():
    y = np.concatenate([np.linspace(-0.999, 0.999, 500), [1e-300, 1e-12, -1e-5]])
    np.testing.assert_allclose(special.erf(gamma.erfinv(y)), y, rtol=1e-14)
    small = 2.0 ** -np.arange(20.0, 53.0)
    np.testing.assert_allclose(special.erfc(gamma.erfinv(1 - small)), small, rtol=1e-13)
    np.testing.assert_array_equal(gamma.erfinv(np.array([1.0, -1.0, 1.5, -2.0, NAN])), [INF, -INF, NAN, NAN, NAN])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_types_and_shapes_stay(dtype, shape):
    x = np.full(shape, 0.5, dtype)
    for y in (gamma.lgamma(x), gamma.polygamma(x, 0), gamma.polygamma(x, 2), gamma.erfinv(x)):
        assert (y.dtype, y.shape) == (dtype, shape)
