"""Records of autograd_np.ops.gamma."""

from __future__ import annotations

import math
import statistics
from functools import partial

import numpy as np

from autograd_np.ops import gamma
from tests.samples import Case, Record

_A = np.array([[0.3, 1.2, 2.7], [4.1, 0.8, 11.5]])
#: Between two poles.
_NEGATIVE = np.array([-3.7, -3.45, -3.6, -3.3])
_Y = np.array([[0.1, -0.45, 0.87], [-0.96, 0.6, -0.02]])


@partial(np.vectorize, otypes=[float])
def _lgamma(x):
    return math.lgamma(x)


@partial(np.vectorize, otypes=[float])
def _polygamma(n, x):
    """Sum the series of 1/(x + k)^(n + 1), with the integral over what is left."""
    k = np.arange(20000)
    left = x + k.size - 0.5
    if n == 0:
        return math.log(left) - np.sum(1 / (x + k))
    return (-1) ** (n + 1) * math.factorial(n) * (np.sum((x + k) ** -(n + 1.0)) + left**-n / n)


@partial(np.vectorize, otypes=[float])
def _erfinv(y):
    return statistics.NormalDist().inv_cdf((1 + y) / 2) / math.sqrt(2)


RECORDS = [
    Record(
        "lgamma",
        gamma.lgamma,
        _lgamma,
        (Case((_A,)), Case((_NEGATIVE,))),
        rows=("lgamma", "polygamma"),
        elementwise=True,
        domain=((0.2, 12.0),),
    ),
    Record(
        "digamma",
        gamma.digamma,
        lambda x: _polygamma(0, x),
        (Case((_A,)), Case((_NEGATIVE,))),
        rows=("polygamma",),
        elementwise=True,
        domain=((0.2, 12.0),),
    ),
    Record(
        "polygamma",
        gamma.polygamma,
        _polygamma,
        (*(Case((n, _A)) for n in (0, 1, 2)), Case((0, _NEGATIVE)), Case((2, _NEGATIVE))),
        rows=("polygamma",),
    ),
    Record(
        "erfinv",
        gamma.erfinv,
        _erfinv,
        (Case((_Y,)),),
        rows=("erfinv", "exp"),
        elementwise=True,
        domain=((-0.9, 0.9),),
    ),
]
