"""Records of autograd_np.ops.conversion."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import conversion
from tests.samples import Case, Record

_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_S = np.array(1.5)
_I = np.arange(6).reshape(2, 3)


def _to(torch, x, *args, **options):
    return x.to(*(getattr(torch, np.dtype(a).name) if isinstance(a, type) else a for a in args), **options)


RECORDS = [
    Record("clone", conversion.clone, np.copy, (Case((_M,)), Case((_S,)), Case((_I,))), rows=("clone",)),
    Record(
        "contiguous",
        lambda x: conversion.contiguous(x.swapaxes(0, 1)),
        lambda x: x.T,
        (Case((_M,)), Case((_I,))),
        rows=("contiguous", "transpose"),
        torch=lambda torch, x: x.transpose(0, 1).contiguous(),
    ),
    Record(
        "cast",
        conversion.cast,
        lambda x, dtype: x.astype(dtype),
        (Case((_I,), {"dtype": np.float32}), Case((_M,), {"dtype": np.int64}), Case((_M,), {"dtype": np.float64})),
        rows=(),
        order=0,
        torch=lambda torch, x, dtype: x.to(dtype),
    ),
    Record(
        # To a wider type and back: a check by differences needs as many digits on both sides.
        "to",
        lambda x: conversion.to(conversion.to(x, np.longdouble), x.dtype),
        np.copy,
        (Case((_M,)), Case((_S,))),
        rows=("cast",),
        torch=None,
    ),
    Record(
        "type_as",
        conversion.type_as,
        lambda x, y: x.astype(y.dtype),
        (Case((_I, _M)), Case((_M, _I)), Case((_M, _S))),
        rows=(),
        order=0,
        torch=lambda torch, x, y: x.type_as(y),
    ),
    Record(
        "detach",
        conversion.detach,
        lambda x: x,
        (Case((_M,)),),
        rows=(),
        order=0,
    ),
]
