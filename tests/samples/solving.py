"""Records of autograd_np.ops.solving."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import solving
from tests.samples import Case, Record


def _drawn(*shape, seed=0.0):
    return np.sin(np.arange(float(np.prod(shape))) ** 1.2 * 1.3 + 0.4 + seed).reshape(shape)


_A = _drawn(3, 3) + 2 * np.eye(3)
_BATCH = _drawn(2, 3, 3) + 2 * np.eye(3)
_SINGULAR = np.outer(_drawn(3), _drawn(3, seed=1)) + np.outer(_drawn(3, seed=2), _drawn(3, seed=3))
_NEGATIVE = _A[[1, 0, 2]]
_TALL, _FLAT = _drawn(4, 2), _drawn(2, 4)


def _solve(a, b, left=True):
    if not left:
        return b @ np.linalg.inv(a)
    vector = b.ndim == 1 or b.shape == a.shape[:-1]
    return (np.linalg.inv(a) @ b[..., None])[..., 0] if vector else np.linalg.inv(a) @ b


def _triangle(a, upper, unitriangular):
    n = a.shape[-1]
    part = np.triu(a) if upper else np.tril(a)
    return part * (1 - np.eye(n)) + np.eye(n) if unitriangular else part


def _solve_triangular(a, b, upper, left=True, unitriangular=False):
    inverse = np.linalg.inv(_triangle(a, upper, unitriangular))
    return inverse @ b if left else b @ inverse


def _exponential(x):
    total = term = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    for k in range(1, 60):
        term = term @ x / k
        total = total + term
    return total


RECORDS = [
    Record("inv", solving.inv, np.linalg.inv, (Case((_A,)), Case((_BATCH,))), rows=("inv",), torch="linalg.inv"),
    Record(
        "pinv",
        solving.pinv,
        lambda x, rcond=None, rtol=None, atol=None, hermitian=False: np.linalg.pinv(x),
        (
            Case((_TALL,)),
            Case((_FLAT,)),
            Case((_BATCH,)),
            Case((_TALL,), {"rtol": 1e-10}),
            Case((_TALL,), {"atol": 1e-10}),
            Case((_TALL, 1e-10)),
        ),
        rows=("pinv",),
        torch=lambda torch, x, rcond=None, **options: torch.linalg.pinv(x, **options),
    ),
    Record(
        "det",
        solving.det,
        np.linalg.det,
        (Case((_A,)), Case((_BATCH,)), Case((np.stack([_A, _SINGULAR]),)), Case((_A[:1, :1],))),
        rows=("det", "cofactors", "inv", "matrix_diagonal"),
        torch="linalg.det",
    ),
    Record(
        "slogdet",
        solving.slogdet,
        lambda x: tuple(np.linalg.slogdet(x)),
        (Case((_A,)), Case((_BATCH,)), Case((_NEGATIVE,))),
        rows=("slogdet", "inv"),
        torch="linalg.slogdet",
    ),
    Record(
        "logdet",
        solving.logdet,
        lambda x: np.log(np.linalg.det(x)),
        (Case((_A,)), Case((_BATCH,))),
        rows=("slogdet", "inv"),
    ),
    Record(
        "solve",
        solving.solve,
        _solve,
        (
            Case((_A, _drawn(3))),
            Case((_A, _drawn(3, 2))),
            Case((_BATCH, _drawn(2, 3, 2))),
            Case((_BATCH, _drawn(2, 3))),
            Case((_BATCH, _drawn(3, 2))),
            Case((_A, _drawn(2, 3, 1))),
            Case((_A, _drawn(2, 3)), {"left": False}),
        ),
        rows=("solve",),
        torch="linalg.solve",
    ),
    Record(
        "solve_triangular",
        solving.solve_triangular,
        _solve_triangular,
        (
            Case((_A, _drawn(3, 2)), {"upper": True}),
            Case((_BATCH, _drawn(3, 2)), {"upper": False}),
            Case((_A, _drawn(3, 2)), {"upper": False, "unitriangular": True}),
            Case((_A, _drawn(2, 3)), {"upper": True, "left": False}),
            Case((_A, _drawn(2, 3)), {"upper": True, "left": False, "unitriangular": True}),
        ),
        rows=("solve_triangular", "keep_triangle"),
        torch="linalg.solve_triangular",
    ),
    Record(
        "cholesky_solve",
        solving.cholesky_solve,
        lambda b, f, upper=False: np.linalg.inv(np.triu(f).T @ np.triu(f) if upper else np.tril(f) @ np.tril(f).T) @ b,
        (Case((_drawn(3, 2), _A)), Case((_drawn(3, 2), _A), {"upper": True})),
        rows=("solve_triangular",),
        torch=None,
    ),
    Record(
        "cholesky_inverse",
        solving.cholesky_inverse,
        lambda f, upper=False: np.linalg.inv(np.triu(f).T @ np.triu(f) if upper else np.tril(f) @ np.tril(f).T),
        (Case((_A,)), Case((_A,), {"upper": True})),
        rows=("solve_triangular",),
        torch=None,
    ),
    Record(
        "lstsq",
        lambda a, b, driver=None: solving.lstsq(a, b, driver=driver).solution,
        lambda a, b, driver=None: np.linalg.pinv(a) @ b,
        (Case((_TALL, _drawn(4, 3))), Case((_FLAT, _drawn(2, 3)), {"driver": "gelsd"}), Case((_TALL, _drawn(4)))),
        rows=("pinv",),
        torch=None,
    ),
    Record(
        "matrix_power",
        solving.matrix_power,
        np.linalg.matrix_power,
        (Case((_A, 0)), Case((_A, 1)), Case((_A, 5)), Case((_BATCH, -2))),
        rows=("matmul", "inv"),
        torch="linalg.matrix_power",
    ),
    Record(
        "matrix_exp",
        solving.matrix_exp,
        _exponential,
        (Case((_A,)), Case((_BATCH / 4,)), Case((4 * _A,))),
        rows=("matrix_exp",),
        torch="linalg.matrix_exp",
    ),
]
