"""Records of autograd_np.ops.numbers."""

from __future__ import annotations

import math

import numpy as np

from autograd_np.ops import numbers
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.5])
_I = np.array([[12, -9, 8], [15, 0, 7]])
_J = np.array([8, 6, -4])
_K = np.array([2, -3, 0])
_FAR = np.array([3.0, -0.3, 12.0, 0.19])
_LARGE = np.array([0.0, 0.5, -3.0, 12.0, 45.0])


def _series(x):
    """Sum the power series of I₀, whose terms are all positive."""
    terms = [np.ones_like(x)]
    for k in range(1, 120):
        terms.append(terms[-1] * (x / 2) ** 2 / k**2)
    return sum(terms)


def _mvlgamma(x, p):
    single = np.vectorize(math.lgamma)
    return p * (p - 1) / 4 * math.log(math.pi) + sum(single(x - j / 2) for j in range(p))


def _mantissa(x):
    exponent = np.where(x == 0, 0, np.floor(np.log2(np.abs(np.where(x == 0, 1, x)))) + 1).astype(np.int32)
    return x / 2.0**exponent, exponent


def _ldexp_there(torch, x, other):
    # With whole exponents its gradient is 0 wherever 2^other is a fraction.
    whole = not isinstance(other, torch.Tensor) or not other.is_floating_point()
    return torch.ldexp(x, torch.as_tensor(other).to(x.dtype) if whole and x.is_floating_point() else other)


RECORDS = [
    Record("gcd", numbers.gcd, np.vectorize(math.gcd), (Case((_I, _J)), Case((_I, 6))), rows=("gcd",), order=0),
    Record("lcm", numbers.lcm, np.vectorize(math.lcm), (Case((_I, _J)), Case((_I, 6))), rows=("lcm",), order=0),
    Record("frexp", numbers.frexp, _mantissa, (Case((_A,)), Case((_FAR,))), rows=("frexp", "ldexp")),
    Record(
        "ldexp",
        numbers.ldexp,
        lambda x, other: x * 2.0 ** np.asarray(other, float),
        (Case((_A, _K)), Case((_A, _B)), Case((_I, _K)), Case((_A, 3))),
        rows=("ldexp", "mul", "pow_tensor"),
        torch=_ldexp_there,
    ),
    Record(
        "nextafter",
        numbers.nextafter,
        lambda a, b: a + np.sign(b - a) * 2e-16,
        (Case((_A, _B)),),
        rows=("nextafter",),
        order=0,
    ),
    Record(
        "rsub",
        numbers.rsub,
        lambda a, b, alpha=1: b - alpha * a,
        (Case((_A, _B)), Case((_A, 2.0)), Case((_A, _B), {"alpha": 0.5})),
        rows=("sub", "mul"),
        elementwise=True,
        domain=((-2.0, 2.0), (-2.0, 2.0)),
    ),
    Record(
        "i0",
        numbers.i0,
        _series,
        (Case((_A,)), Case((_LARGE,))),
        rows=("bessel_i",),
        elementwise=True,
        domain=((-3.0, 45.0),),
    ),
    Record(
        "mvlgamma",
        numbers.mvlgamma,
        _mvlgamma,
        (Case((np.abs(_A) + 1.5, 1)), Case((np.abs(_A) + 1.5, 3))),
        rows=("lgamma",),
    ),
]
