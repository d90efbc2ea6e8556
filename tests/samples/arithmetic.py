"""Records of autograd_np.ops.arithmetic."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import arithmetic
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([1.2, -0.8, 0.5])
_C = np.array([[0.3], [0.9]])
_P = np.abs(_A)
_I = np.array([[7, -2, 3], [-5, 1, 4]])
_J = np.array([2, 3, -4])

_BOTH = ((-2.0, 2.0), (-2.0, 2.0))
_NOT_ZERO = (0.3, 2.0)
_HALVES = tuple(np.arange(-8, 9) / 2)


def _rounded(a, b, rounding_mode=None):
    quotient = np.asarray(a) / np.asarray(b)
    if rounding_mode is None:
        return quotient
    whole = np.floor(quotient) if rounding_mode == "floor" else np.trunc(quotient)
    return whole.astype(np.result_type(a, b))


def _fmod(a, b):
    return a - np.trunc(np.asarray(a) / b).astype(np.result_type(a, b)) * b


def _remainder(a, b):
    return a - np.floor(np.asarray(a) / b).astype(np.result_type(a, b)) * b


RECORDS = [
    Record(
        "add",
        arithmetic.add,
        lambda a, b, alpha=1: np.asarray(a) + alpha * np.asarray(b),
        (Case((_A, _B)), Case((_A, 2.0)), Case((_A, _B), {"alpha": 3}), Case((_A, _J))),
        rows=("add",),
        elementwise=True,
        domain=_BOTH,
    ),
    Record(
        "sub",
        arithmetic.sub,
        lambda a, b, alpha=1: np.asarray(a) - alpha * np.asarray(b),
        (Case((_A, _B)), Case((_A, 2.0)), Case((_A, _B), {"alpha": 0.5})),
        rows=("sub",),
        elementwise=True,
        domain=_BOTH,
    ),
    Record(
        "mul",
        arithmetic.mul,
        lambda a, b: np.asarray(a) * np.asarray(b),
        (Case((_A, _B)), Case((_A, -2)), Case((_I, _A))),
        rows=("mul",),
        elementwise=True,
        domain=_BOTH,
    ),
    Record(
        "div",
        arithmetic.div,
        _rounded,
        (
            Case((_A, np.abs(_B))),
            Case((_A, -2)),
            Case((_I, _J)),
            Case((_A, np.abs(_B)), {"rounding_mode": "floor"}),
            Case((_A, np.abs(_B)), {"rounding_mode": "trunc"}),
            Case((_I, _J), {"rounding_mode": "trunc"}),
            Case((_I, 3), {"rounding_mode": "floor"}),
        ),
        rows=("div", "floor_divide", "trunc", "zeros_like"),
    ),
    Record(
        "true_divide",
        arithmetic.true_divide,
        lambda a, b: np.asarray(a) / np.asarray(b),
        (Case((_A, np.abs(_B))), Case((_A, 4.0)), Case((_A, np.abs(_J)))),
        rows=("div",),
        elementwise=True,
        domain=((-2.0, 2.0), _NOT_ZERO),
    ),
    Record(
        "floor_divide",
        arithmetic.floor_divide,
        lambda a, b: _rounded(a, b, "floor"),
        (Case((_A, _B)), Case((_A, 0.77)), Case((_I, _J))),
        rows=("floor_divide",),
    ),
    Record(
        "remainder",
        arithmetic.remainder,
        _remainder,
        (Case((_A, _B)), Case((_A, 0.77)), Case((_I, _J))),
        rows=("remainder", "floor_divide"),
    ),
    Record(
        "fmod",
        arithmetic.fmod,
        _fmod,
        (Case((_A, _B)), Case((_A, 0.77)), Case((_I, _J))),
        rows=("fmod", "trunc"),
    ),
    Record(
        "pow",
        arithmetic.pow,
        np.power,
        (
            Case((_P, _B)),
            Case((_A, 3)),
            Case((_A, 4)),
            Case((_P, 0.5)),
            Case((_P, -1)),
            Case((_A, 2)),
            Case((_P, -1.5)),
            Case((2.0, _A)),
            Case((_A, 0)),
            Case((_P, _J)),
        ),
        rows=("pow", "pow_tensor", "square", "log_or_zero", "nonzero_mask", "root_at_zero"),
        elementwise=True,
        domain=((0.2, 2.0), (-2.0, 2.0)),
    ),
    Record("neg", arithmetic.neg, lambda x: -1 * x, (Case((_A,)),), rows=("neg",), elementwise=True),
    Record("positive", arithmetic.positive, lambda x: x, (Case((_A,)), Case((_I,))), rows=(), order=0),
    Record(
        "abs",
        arithmetic.abs,
        lambda x: np.where(x < 0, -x, x),
        (Case((_A,)),),
        rows=("abs", "sign"),
        elementwise=True,
        kinks=(0.0,),
    ),
    Record(
        "sign",
        arithmetic.sign,
        lambda x: (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype),
        (Case((_A,)),),
        rows=("sign", "zeros_like"),
        elementwise=True,
        kinks=(0.0,),
    ),
    Record("square", arithmetic.square, lambda x: x * x, (Case((_A,)),), rows=("square",), elementwise=True),
    Record(
        "sqrt",
        arithmetic.sqrt,
        lambda x: x**0.5,
        (Case((_P,)),),
        rows=("sqrt",),
        elementwise=True,
        domain=((0.2, 3.0),),
    ),
    Record(
        "rsqrt",
        arithmetic.rsqrt,
        lambda x: 1 / x**0.5,
        (Case((_P,)),),
        rows=("rsqrt",),
        elementwise=True,
        domain=((0.2, 3.0),),
    ),
    Record(
        "reciprocal",
        arithmetic.reciprocal,
        lambda x: 1 / x,
        (Case((_A,)),),
        rows=("reciprocal",),
        elementwise=True,
        domain=((0.3, 3.0),),
        kinks=(0.0,),
    ),
    *(
        Record(
            name,
            getattr(arithmetic, name),
            reference,
            (Case((_A,)),),
            rows=(name, "zeros_like"),
            elementwise=True,
            kinks=_HALVES,
        )
        for name, reference in (
            ("floor", lambda x: np.round(x - 0.5)),
            ("ceil", lambda x: -np.round(-x - 0.5)),
            ("trunc", lambda x: np.sign(x) * np.round(np.abs(x) - 0.5)),
        )
    ),
    Record(
        "round",
        arithmetic.round,
        lambda x, decimals=0: np.rint(x * 10**decimals) / 10**decimals,
        (Case((_A,)), Case((_A * 1.2345,), {"decimals": 1})),
        rows=("round", "zeros_like"),
    ),
    Record(
        "frac",
        arithmetic.frac,
        lambda x: np.sign(x) * (np.abs(x) % 1),
        (Case((_A,)),),
        rows=("sub", "trunc"),
        elementwise=True,
        kinks=_HALVES,
    ),
    Record(
        "lerp",
        arithmetic.lerp,
        lambda a, b, w: (1 - w) * a + w * b,
        (Case((_A, _B, _C)), Case((_A, _B, 0.25))),
        rows=("lerp",),
        elementwise=True,
        domain=(*_BOTH, (0.0, 1.0)),
    ),
    Record(
        "addcmul",
        arithmetic.addcmul,
        lambda x, a, b, value=1: x + value * (a * b),
        (Case((_A, _B, _C)), Case((_A, _B, _C), {"value": 0.5})),
        rows=("add", "mul"),
        elementwise=True,
        domain=(*_BOTH, (-2.0, 2.0)),
    ),
    Record(
        "addcdiv",
        arithmetic.addcdiv,
        lambda x, a, b, value=1: x + value * (a / b),
        (Case((_A, _B, _C)), Case((_A, _B, _C), {"value": -2})),
        rows=("add", "div"),
        elementwise=True,
        domain=(*_BOTH, _NOT_ZERO),
    ),
]
