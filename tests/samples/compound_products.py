"""Records of autograd_np.ops.compound_products."""

from __future__ import annotations

import functools

import numpy as np

from autograd_np.ops import compound_products
from tests.samples import Case, Record


def _drawn(*shape, seed=0.0):
    return np.sin(np.arange(float(np.prod(shape))) * 1.3 + 0.4 + seed).reshape(shape)


_V, _W = _drawn(3), _drawn(2, seed=1)
_M, _K = _drawn(2, 3), _drawn(3, 4, seed=1)
_B, _C = _drawn(5, 2, 3), _drawn(5, 3, 2, seed=1)


def _plus(product):
    def reference(x, a, b, beta=1, alpha=1):
        return (beta * x if beta else 0) + alpha * product(a, b)

    return reference


_SCALED = {"beta": 3, "alpha": 2}

RECORDS = [
    Record(
        "addmm",
        compound_products.addmm,
        _plus(np.matmul),
        (Case((_drawn(2, 4), _M, _K)), Case((_drawn(4), _M, _K), _SCALED)),
        rows=("matmul", "add"),
    ),
    Record(
        "addmv",
        compound_products.addmv,
        _plus(np.matmul),
        (Case((_W, _M, _V)), Case((np.array(0.7), _M, _V), _SCALED)),
        rows=("mv", "add"),
    ),
    Record(
        "addr",
        compound_products.addr,
        _plus(np.outer),
        (Case((_M, _W, _V)), Case((_V, _W, _V), {"beta": 3.0, "alpha": 2.0})),
        rows=("mul", "add"),
    ),
    Record(
        "baddbmm",
        compound_products.baddbmm,
        _plus(np.matmul),
        (Case((_drawn(5, 2, 2), _B, _C)), Case((_drawn(2, 1), _B, _C), _SCALED)),
        rows=("matmul", "add"),
    ),
    Record(
        "addbmm",
        compound_products.addbmm,
        _plus(lambda a, b: np.matmul(a, b).sum(0)),
        (Case((_drawn(2, 2), _B, _C)), Case((_drawn(2), _B, _C), _SCALED)),
        rows=("matmul", "add", "sum"),
    ),
    Record(
        "tensordot",
        compound_products.tensordot,
        lambda a, b, dims=2: np.tensordot(a, b, dims),
        (
            Case((_B, _drawn(2, 3, 4))),
            Case((_M, _K), {"dims": 1}),
            Case((_M, _V), {"dims": 0}),
            Case((_B, _C), {"dims": ([0, 1], [0, 2])}),
            Case((_B, _C), {"dims": ([-1], [1])}),
        ),
        rows=("einsum",),
    ),
    Record(
        "multi_dot",
        compound_products.multi_dot,
        lambda chain: functools.reduce(np.matmul, chain),
        (
            Case(([_M, _K],)),
            Case(([_M, _K, _drawn(4, 1)],)),
            Case(([_drawn(1, 2), _M, _K, _drawn(4, 2)],)),
            Case(([_W, _M, _K],)),
            Case(([_M, _K, _drawn(4)],)),
            Case(([_W, _M, _V],)),
        ),
        rows=("matmul",),
        torch="linalg.multi_dot",
    ),
    Record(
        "chain_matmul",
        compound_products.chain_matmul,
        lambda *chain: functools.reduce(np.matmul, chain),
        (Case((_M, _K, _drawn(4, 2))), Case((_M * 1.5, _K))),
        rows=("matmul",),
    ),
    Record(
        "kron",
        compound_products.kron,
        np.kron,
        (Case((_V, _W)), Case((_M, _K)), Case((_V, _M)), Case((_B, _W))),
        rows=("mul",),
    ),
]
