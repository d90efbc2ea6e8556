"""Records of autograd_np.ops.norms."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import norms
from tests.samples import Case, Record


def _drawn(*shape, seed=0.0):
    return np.sin(np.arange(float(np.prod(shape))) ** 1.2 * 1.3 + 0.4 + seed).reshape(shape)


_T = _drawn(2, 3, 4)
_M = _drawn(3, 4)
_SQUARE = _drawn(3, 3) + 2 * np.eye(3)
_INF = float("inf")
_SOME_ZEROS = np.array([[0.7, 0.0, -2.1], [0.0, 0.4, 0.6]])


def _vector_norm(x, p, axis, keepdims):
    size = np.abs(x)
    if p in {_INF, -_INF}:
        return (np.max if p > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if p == 0:
        return (size > 0).sum(axis=axis, keepdims=keepdims).astype(x.dtype)
    return (size**p).sum(axis=axis, keepdims=keepdims) ** (1 / p)


def _vector(x, ord=2, dim=None, keepdim=False, dtype=None):
    return _vector_norm(x, ord, tuple(dim) if isinstance(dim, list) else dim, keepdim)


def _matrix(x, ord="fro", dim=(-2, -1), keepdim=False, dtype=None):
    return np.linalg.norm(x, ord, tuple(dim), keepdim)


def _norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    if p == "nuc":
        return np.linalg.norm(x, "nuc", dim or (0, 1), keepdim)
    return _vector_norm(x, 2 if p in {"fro", None} else p, dim, keepdim)


_ORDERS = (2, 1, 3, 2.5, 0.5, 0, _INF, -_INF, -1)

RECORDS = [
    Record(
        "vector_norm",
        norms.vector_norm,
        _vector,
        (
            *(Case((_T,), {"ord": p}) for p in _ORDERS),
            *(Case((_T, p), {"dim": 1}) for p in _ORDERS),
            Case((_T,)),
            Case((_T,), {"dim": (0, 2), "keepdim": True, "dtype": "float64"}),
            Case((_SOME_ZEROS, 4)),
            Case((_SOME_ZEROS, 2), {"dim": 1}),
        ),
        rows=("norm_2", "norm_p", "norm_0", "abs_power", "signed_power", "divide_or_zero"),
        torch="linalg.vector_norm",
    ),
    Record(
        "matrix_norm",
        norms.matrix_norm,
        _matrix,
        (
            *(Case((_T, p)) for p in ("fro", "nuc", 2, -2, 1, -1, _INF, -_INF)),
            *(Case((_T, p), {"dim": (0, 2), "keepdim": True}) for p in ("fro", "nuc", 2, 1, _INF)),
            Case((_T,), {"dim": (2, 1), "ord": 1}),
        ),
        rows=("norm_2", "svd", "amax", "amin"),
        torch="linalg.matrix_norm",
    ),
    Record(
        "norm",
        norms.norm,
        _norm,
        (
            Case((_T,)),
            Case((_T, 2)),
            Case((_T,), {"p": 1, "dim": 0}),
            Case((_T,), {"p": _INF, "dim": (1, 2), "keepdim": True}),
            Case((_T,), {"p": 3, "dim": 1, "dtype": "float64"}),
            Case((_T,), {"p": None}),
            Case((_M,), {"p": "nuc"}),
            Case((_T,), {"p": "nuc", "dim": (0, 2), "keepdim": True}),
        ),
        rows=("norm_2", "norm_p"),
    ),
    Record(
        "dist",
        norms.dist,
        lambda a, b, p=2: _vector_norm(a - b, p, None, False),
        (Case((_M, _M + 1)), Case((_M, _M[0] * 2 + 1, 3)), Case((_M, 0.5 * _M, _INF))),
        rows=("norm_2", "norm_p"),
    ),
    Record(
        "cond",
        norms.cond,
        lambda x, p=None: np.linalg.cond(x, p),
        (Case((_M,)), *(Case((_SQUARE, p)) for p in (2, -2, "fro", "nuc", 1, -1, _INF, -_INF))),
        rows=("svd", "inv"),
        torch="linalg.cond",
    ),
    Record(
        "matrix_rank",
        norms.matrix_rank,
        lambda x, atol=None, rtol=None, tol=None, hermitian=False: np.linalg.matrix_rank(
            x, tol=tol or atol, **({} if rtol is None else {"rtol": rtol})
        ),
        (
            Case((_T,)),
            Case((np.outer(_drawn(3), _drawn(3)),)),
            Case((np.diag([1.0, 0.1, 0.01]),), {"rtol": 0.05}),
            Case((np.diag([1.0, 0.1, 0.01]),), {"tol": 0.5}),
            Case((np.diag([1.0, 0.1, 0.01]),), {"atol": 0.05}),
            Case((np.diag([1.0, 0.0]),), {"hermitian": True}),
        ),
        rows=(),
        order=0,
        torch=lambda torch, x, tol=None, **options: torch.linalg.matrix_rank(
            x, **(options if tol is None else {"atol": tol, "rtol": 0.0})
        ),
    ),
]
