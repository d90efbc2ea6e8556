"""Records of autograd_np.ops.decompositions.

Factors are unique only up to signs, or to the choice of a basis; where they are, gradients exist only of what does not
depend on that choice. So the factors enter here through products that are the same for every choice.
"""

from __future__ import annotations

import numpy as np

from autograd_np.ops import decompositions
from tests.samples import Case, Record


def _drawn(*shape, seed=0.0):
    return np.sin(np.arange(float(np.prod(shape))) ** 1.2 * 1.3 + 0.4 + seed).reshape(shape)


def _symmetric(x):
    """Return symmetric matrices with eigenvalues far apart, from any matrices."""
    spread = np.diag(2 * np.arange(x.shape[-1])).astype(x.dtype)
    return (x + x.swapaxes(-1, -2)) / 4 + spread


def _definite(x):
    return x @ x.swapaxes(-1, -2) + np.eye(x.shape[-1], dtype=x.dtype)


def _wide(x):
    """Return matrices with singular values far apart and from 0, from any matrices."""
    n, m = x.shape[-2:]
    sizes = (1 + 2 * np.arange(min(n, m))).reshape((-1, 1) if n <= m else (1, -1))
    return x / 3 + (np.eye(n, m) * sizes).astype(x.dtype)


def _mT(x):
    return x.swapaxes(-1, -2)


def _row(s):
    return s.reshape((*s.shape[:-1], 1, s.shape[-1]))


def _eigen_products(values, vectors):
    """Return eigenvalues, and a function of the matrices that needs values and vectors."""
    return values, (vectors * _row(values * values)) @ _mT(vectors), vectors * vectors


def _qr_products(q, r):
    return q * _row(_signs(r)), r * _mT(_row(_signs(r)))


def _signs(r):
    """Return the signs of the diagonal of R as constants: with them, Q and R are unique."""
    array = getattr(r, "_array", r)
    return np.sign(np.diagonal(array, axis1=-2, axis2=-1))


def _svd_products(u, s, vh):
    return s, u @ vh, u * u, vh * vh


_TALL, _FLAT, _SQUARE = _drawn(4, 2), _drawn(2, 4), _drawn(3, 3)
_BATCH = _drawn(2, 3, 3)


def _qr(x, mode="reduced"):
    if mode == "r":
        return np.linalg.qr(x, mode="r") ** 2
    return _qr_products(*np.linalg.qr(x, mode=mode))


def _own_qr(x, mode="reduced"):
    if mode == "r":
        return decompositions.qr(x, mode).R.detach() ** 2
    return _qr_products(*decompositions.qr(x, mode))


def _eig_matrices(x):
    """Return matrices with real eigenvalues that are not symmetric."""
    return x / 5 + np.diag(2 * np.arange(x.shape[-1])).astype(x.dtype)


def _eig_products(values, vectors):
    return values, vectors * vectors


RECORDS = [
    Record(
        "cholesky",
        lambda x, upper=False: decompositions.cholesky(_definite(x), upper=upper),
        lambda x, upper=False: np.linalg.cholesky(_definite(x), upper=upper),
        (Case((_SQUARE,)), Case((_BATCH,), {"upper": True})),
        rows=("cholesky", "keep_triangle", "solve"),
        torch=lambda torch, x, upper=False: torch.linalg.cholesky(
            x @ x.mT + torch.eye(x.shape[-1], dtype=x.dtype), upper=upper
        ),
    ),
    Record(
        "qr",
        _own_qr,
        _qr,
        (Case((_TALL,)), Case((_FLAT,)), Case((_SQUARE,), {"mode": "complete"}), Case((_BATCH,))),
        rows=("qr", "keep_triangle", "solve"),
        torch=None,
    ),
    Record(
        "eigh",
        lambda x, UPLO="L": _eigen_products(*decompositions.eigh(_symmetric(x), UPLO)),
        lambda x, UPLO="L": _eigen_products(*np.linalg.eigh(_symmetric(x), UPLO)),
        (Case((_SQUARE,)), Case((_BATCH,), {"UPLO": "U"})),
        rows=("eigh", "gap_quotient", "matrix_diagonal", "on_diagonal"),
        torch=None,
    ),
    Record(
        "eigvalsh",
        lambda x: decompositions.eigvalsh(_symmetric(x)),
        lambda x: np.linalg.eigvalsh(_symmetric(x)),
        (Case((_SQUARE,)), Case((_BATCH,))),
        rows=("eigh", "on_diagonal"),
        torch=None,
    ),
    Record(
        "eig",
        lambda x: _eig_products(*decompositions.eig(_eig_matrices(x))),
        lambda x: _eig_products(*np.linalg.eig(_eig_matrices(x))),
        (Case((_SQUARE,)), Case((_BATCH,))),
        rows=("eig", "gap_quotient", "matrix_diagonal", "on_diagonal", "solve"),
        torch=None,
    ),
    Record(
        "eigvals",
        lambda x: decompositions.eigvals(_eig_matrices(x)),
        lambda x: np.linalg.eigvals(_eig_matrices(x)),
        (Case((_SQUARE,)),),
        rows=("eig", "on_diagonal"),
        torch=None,
    ),
    Record(
        "svdvals",
        lambda x: decompositions.svdvals(_wide(x)),
        lambda x: np.linalg.svd(_wide(x), compute_uv=False),
        (Case((_TALL,)), Case((_FLAT,)), Case((_BATCH,))),
        rows=("svd", "on_diagonal"),
        torch=None,
    ),
]
