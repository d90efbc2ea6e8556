"""Records of autograd_np.ops.exponential."""

from __future__ import annotations

import math

import numpy as np

from autograd_np.ops import exponential
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.5])
_P = np.abs(_A)
_U = np.array([[0.2, 0.45], [0.7, 0.93]])
_WIDE = np.array([-8.0, -0.3, 0.0, 0.4, 3.0, 9.0])

_POSITIVE = ((0.2, 3.0),)
_BOTH = ((-2.0, 2.0), (-2.0, 2.0))

erf = np.vectorize(math.erf, otypes=[np.float64])
erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _xlogy(x, y):
    x, y = np.broadcast_arrays(x, y)
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


def _logit(x, eps=None):
    if eps is not None:
        x = np.minimum(np.maximum(x, eps), 1 - eps)
    return np.log(x / (1 - x))


RECORDS = [
    *(
        Record(
            name,
            getattr(exponential, name),
            reference,
            (Case((x,)),),
            rows=(name,),
            elementwise=True,
            domain=domain,
        )
        for name, reference, x, domain in (
            ("exp", lambda x: math.e**x, _A, ((-2.0, 2.0),)),
            ("exp2", lambda x: 2.0**x, _A, ((-2.0, 2.0),)),
            ("expm1", lambda x: np.exp(x) - 1, _A, ((-2.0, 2.0),)),
            ("log", lambda x: np.log2(x) * math.log(2), _P, _POSITIVE),
            ("log2", lambda x: np.log(x) / math.log(2), _P, _POSITIVE),
            ("log10", lambda x: np.log(x) / math.log(10), _P, _POSITIVE),
            ("log1p", lambda x: np.log(1 + x), _P, _POSITIVE),
        )
    ),
    Record(
        "sigmoid",
        exponential.sigmoid,
        lambda x: 1 / (1 + np.exp(-x)),
        (Case((_A,)), Case((_WIDE,))),
        rows=("sigmoid",),
        elementwise=True,
        domain=((-10.0, 10.0),),
    ),
    Record(
        "logit",
        exponential.logit,
        _logit,
        (Case((_U,)), Case((_U,), {"eps": 0.25})),
        rows=("logit", "clamp", "clamp_mask"),
        elementwise=True,
        domain=((0.05, 0.95),),
        kinks=(0.25, 0.75),
    ),
    Record(
        "logaddexp",
        exponential.logaddexp,
        lambda a, b: np.log(np.exp(a) + np.exp(b)),
        (Case((_A, _B)), Case((_A, 0.5))),
        rows=("logaddexp",),
        elementwise=True,
        domain=_BOTH,
    ),
    Record(
        "logaddexp2",
        exponential.logaddexp2,
        lambda a, b: np.log2(2.0**a + 2.0**b),
        (Case((_A, _B)),),
        rows=("logaddexp2",),
        elementwise=True,
        domain=_BOTH,
    ),
    Record(
        "xlogy",
        exponential.xlogy,
        _xlogy,
        (Case((_A, _P)), Case((2.0, _P)), Case((_A, 3.0))),
        rows=("xlogy", "xlogy_gap"),
        elementwise=True,
        domain=((0.2, 2.0), (0.2, 3.0)),
    ),
    Record(
        "erf",
        exponential.erf,
        erf,
        (Case((_A,)), Case((_WIDE,))),
        rows=("erf", "gauss"),
        elementwise=True,
        domain=((-4.0, 4.0),),
    ),
    Record(
        "erfc",
        exponential.erfc,
        erfc,
        (Case((_A,)), Case((_WIDE,))),
        rows=("erfc", "gauss"),
        elementwise=True,
        domain=((-4.0, 4.0),),
    ),
]
