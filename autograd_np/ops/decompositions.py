"""Factorisations of matrices: Cholesky, QR, eigenvalues, singular values; batches along leading axes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import BinaryOp, Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, UnsupportedError, raise_shape
from autograd_np.kernels import linear_algebra as kernels
from autograd_np.ops.products import _matmul, _mT
from autograd_np.ops.reductions import _check_floating, _sum

__all__ = [
    "QR",
    "SVD",
    "Eigen",
    "cholesky",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "qr",
    "svdvals",
]


class QR(NamedTuple):
    """An orthogonal and an upper triangular factor."""

    Q: Tensor
    R: Tensor


class Eigen(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class SVD(NamedTuple):
    """Left singular vectors as columns, singular values, right singular vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor


# --- rows: parts --------------------------------------------------------------------------------------------------

#: One triangle of matrices, the rest zero: its own adjoint.
_triangle = UnaryOp(
    "keep_triangle",
    kernels.triangle,
    lambda g, _y, _x, upper, offset: _triangle(g, upper=upper, offset=offset),
)


def _diagonal_kernel(x: Array) -> Array:
    return np.diagonal(x, axis1=-2, axis2=-1).copy()


def _on_diagonal_kernel(d: Array) -> Array:
    result = np.zeros((*d.shape, d.shape[-1]), d.dtype)
    places = np.arange(d.shape[-1])
    result[..., places, places] = d
    return result


#: The diagonals of square matrices, and diagonal matrices from them: adjoints of each other.
_diagonal = UnaryOp("matrix_diagonal", _diagonal_kernel, lambda g, _y, _x: _on_diagonal(g))
_on_diagonal = UnaryOp("on_diagonal", _on_diagonal_kernel, lambda g, _y, _d: _diagonal(g))


def _columns(d: Any) -> Any:
    """Return one value per column, (..., n) as (..., 1, n), so that it scales columns."""
    return d.reshape((*d.shape[:-1], 1, d.shape[-1]))


def _lines(d: Any) -> Any:
    """Return one value per row, (..., n) as (..., n, 1)."""
    return d.reshape((*d.shape, 1))


def _gap_rule_values(g: Any, y: Any, values: Any) -> Any:
    slope = -(g * _gap_quotient(y, values))
    return _sum(slope, axes=(slope.ndim - 2,), keepdims=False) - _sum(slope, axes=(slope.ndim - 1,), keepdims=False)


#: m[i, j] / (values[j] - values[i]) with 0 on the diagonal.
_gap_quotient = Op(
    "gap_quotient",
    kernels.gap_quotient,
    lambda g, _y, _m, values: _gap_quotient(g, values),
    lambda g, y, _m, values: _gap_rule_values(g, y, values),
)

#: a / b, and NaN where b is 0.
_divide_or_nan = BinaryOp(
    "divide_or_nan",
    kernels.divide_or_nan,
    lambda g, _y, _a, b: _divide_or_nan(g, b),
    lambda g, y, _a, b: -_divide_or_nan(g * y, b),
)

# --- rows: systems ------------------------------------------------------------------------------------------------

_inv = Op("inv", kernels.inverse, lambda g, y, _x: -_matmul(_matmul(_mT(y), g), _mT(y)))
_solve = Op(
    "solve",
    kernels.solution,
    lambda g, y, a, _b: -_matmul(_solve(_mT(a), g), _mT(y)),
    lambda g, _y, a, _b: _solve(_mT(a), g),
    broadcasts=True,
)

# --- rows: factorisations -----------------------------------------------------------------------------------------


def _cholesky_rule(g: Any, y: Any, upper: bool) -> Any:
    """Return S + Sᵀ over 2 with S = L⁻ᵀ·Φ(LᵀG)·L⁻¹, where Φ keeps the lower triangle and halves the diagonal."""
    factor, g = (_mT(y), _mT(g)) if upper else (y, g)
    inner = _matmul(_mT(factor), _triangle(g, upper=False, offset=0))
    inner = (_triangle(inner, upper=False, offset=0) + _triangle(inner, upper=False, offset=-1)) / 2
    half = _solve(_mT(factor), inner)
    whole = _mT(_solve(_mT(factor), _mT(half)))
    return (whole + _mT(whole)) / 2


_cholesky = Op("cholesky", kernels.cholesky, lambda g, y, _x, upper: _cholesky_rule(g, y, upper))


def _mirrored(m: Any) -> Any:
    """Return the symmetric matrix with the lower triangle of m."""
    return _triangle(m, upper=False, offset=0) + _mT(_triangle(m, upper=False, offset=-1))


def _qr_rule(g: tuple[Any, Any], y: tuple[Any, Any], shape: Shape, mode: str) -> Any:
    """Return (gQ + Q·mirrored(R·gRᵀ - gQᵀ·Q))·R⁻ᵀ; of a wide matrix A = [X, Y], with Y = X·(X⁻¹·Y), in two parts."""
    (gq, gr), (q, r) = g, y
    m, n = shape[-2:]
    if mode == "complete" and m > n:
        message = (
            f"qr: mode 'complete' has no derivative for a matrix of shape {(m, n)} with more rows than columns, since "
            "the last columns of Q may be any\n  fix: use mode='reduced'"
        )
        raise UnsupportedError(message)
    if mode == "r":
        message = "qr: mode 'r' keeps no Q, which the derivative needs\n  fix: use mode='reduced'"
        raise UnsupportedError(message)
    if m >= n:
        return _tall_qr_rule(gq, gr, q, r)
    eye = np.eye(n, dtype=q.dtype)
    first, rest = eye[:, :m], eye[:, m:]
    if gr is None:
        return _matmul(_tall_qr_rule(gq, None, q, _matmul(r, first)), first.T)
    gr_rest = _matmul(gr, rest)
    gq_all = _matmul(_matmul(q, _matmul(r, rest)), _mT(gr_rest))
    if gq is not None:
        gq_all = gq_all + gq
    left = _tall_qr_rule(gq_all, _matmul(gr, first), q, _matmul(r, first))
    return _matmul(left, first.T) + _matmul(_matmul(q, gr_rest), rest.T)


def _tall_qr_rule(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    parts = 0
    if gr is not None:
        parts = _matmul(r, _mT(_triangle(gr, upper=True, offset=0)))
    if gq is not None:
        parts = parts - _matmul(_mT(gq), q)
    total = _matmul(q, _mirrored(parts))
    if gq is not None:
        total = total + gq
    return _mT(_solve(r, _mT(total)))


_qr = Op(
    "qr",
    lambda x, mode: tuple(np.linalg.qr(x, "reduced" if mode == "r" else mode)),
    lambda g, y, _x, mode: _qr_rule(g, y, _x.shape, mode),
    outputs=2,
)


def _eigh_rule(g: tuple[Any, Any], y: tuple[Any, Any]) -> Any:
    """Return V·(diag(gλ) + (Vᵀ·gV) / gaps)·Vᵀ."""
    (gl, gv), (values, vectors) = g, y
    inner = 0
    if gl is not None:
        inner = _on_diagonal(gl)
    if gv is not None:
        inner = inner + _gap_quotient(_matmul(_mT(vectors), gv), values)
    return _matmul(_matmul(vectors, inner), _mT(vectors))


_eigh = Op("eigh", kernels.eigen_symmetric, lambda g, y, _x, upper: _eigh_rule(g, y), outputs=2)


def _eig_rule(g: tuple[Any, Any], y: tuple[Any, Any]) -> Any:
    """Return V⁻ᵀ·(diag(gλ) + (Vᵀ·gV - VᵀV·diag(Vᵀ·gV)) / gaps)·Vᵀ, for columns of length 1."""
    (gl, gv), (values, vectors) = g, y
    turned = _mT(vectors)
    inner = 0
    if gl is not None:
        inner = _on_diagonal(gl)
    if gv is not None:
        along = _matmul(turned, gv)
        along = along - _matmul(turned, vectors) * _columns(_diagonal(along))
        inner = inner + _gap_quotient(along, values)
    return _solve(turned, _matmul(inner, turned))


_eig = Op("eig", kernels.eigen, lambda g, y, _x: _eig_rule(g, y), outputs=2)


def _skew(m: Any) -> Any:
    return m - _mT(m)


def _svd_rule(g: tuple[Any, Any, Any], y: tuple[Any, Any, Any], shape: Shape, full_matrices: bool) -> Any:
    """Return U·[diag(gS) + (skew(Uᵀ·gU) / gaps)·S + S·(skew(Vᵀ·gV) / gaps)]·Vᵀ and what lies outside U and V.

    The gaps are those of the squares of the singular values.
    """
    (gu, gs, gvt), (u, s, vt) = g, y
    m, n = shape[-2:]
    if full_matrices and m != n:
        if gu is not None or gvt is not None:
            message = (
                f"svd: with full_matrices=True the vectors beyond the singular values of a matrix of shape {(m, n)} "
                "may be any, and have no derivative\n  fix: use full_matrices=False"
            )
            raise UnsupportedError(message)
        k = s.shape[-1]
        u, vt = _matmul(u, np.eye(m, k, dtype=u.dtype)), _matmul(np.eye(k, n, dtype=u.dtype), vt)
    inner = 0
    if gs is not None:
        inner = _on_diagonal(gs)
    squares = s * s
    if gu is not None:
        inner = inner + _gap_quotient(_skew(_matmul(_mT(u), gu)), squares) * _columns(s)
    if gvt is not None:
        inner = inner + _gap_quotient(_skew(_matmul(vt, _mT(gvt))), squares) * _lines(s)
    total = _matmul(_matmul(u, inner), vt)
    if gu is not None and m > n:
        scaled = _divide_or_nan(gu, _columns(s))
        total = total + _matmul(scaled - _matmul(u, _matmul(_mT(u), scaled)), vt)
    if gvt is not None and n > m:
        scaled = _divide_or_nan(gvt, _lines(s))
        total = total + _matmul(u, scaled - _matmul(_matmul(scaled, _mT(vt)), vt))
    return total


_svd = Op(
    "svd",
    kernels.singular_values,
    lambda g, y, _x, full_matrices: _svd_rule(g, y, _x.shape, full_matrices),
    outputs=3,
)


# --- functions ----------------------------------------------------------------------------------------------------


def _matrices(name: str, input: TensorLike, *, square: bool = False, floating: bool = True) -> Tensor:
    """Return the operand as a Tensor of matrices, floating and square ones if asked."""
    x = as_tensor(input)
    if floating:
        _check_floating(name, x)
    if x.ndim < 2:
        raise_shape(name, {"input": x.shape}, "expected a matrix (n, m), or a batch of them (..., n, m)")
    if square and x.shape[-1] != x.shape[-2]:
        fix = "use pinv, lstsq or svd for others"
        raise_shape(name, {"input": x.shape}, "expected square matrices (..., n, n)", fix)
    return x


def cholesky(input: TensorLike, *, upper: bool = False) -> Tensor:
    """Return the lower triangular L with L·Lᵀ = A for symmetric positive definite A.

    Args:
        upper: return Lᵀ, read from the upper triangle of A.

    Shapes: (..., n, n).
    Raises: DecompositionError if a matrix is not positive definite, ShapeError if it is not square.
    Source: torch.linalg.cholesky; derivative: Murray, Differentiation of the Cholesky decomposition (2016).

    Example:
        >>> cholesky(as_tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    return _cholesky(_matrices("cholesky", input, square=True), upper=upper)


def qr(input: TensorLike, mode: str = "reduced") -> QR:
    """Return Q with orthonormal columns and upper triangular R with Q·R = A.

    Args:
        mode: 'reduced' for Q (n, k) with k = min(n, m); 'complete' for Q (n, n); 'r' for R alone, with an empty Q.

    Shapes: (..., n, m).
    Raises: ArgumentError for another mode, UnsupportedError in backward where the mode has no derivative.
    Source: torch.linalg.qr.

    Example:
        >>> q, r = qr(as_tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> (q @ r).round(decimals=4)
        tensor([[3., 1.],
                [4., 2.]])
    """
    if mode not in {"reduced", "complete", "r"}:
        message = f"qr: mode must be 'reduced', 'complete' or 'r', got {mode!r}"
        raise ArgumentError(message)
    x = _matrices("qr", input)
    q, r = _qr(x, mode=mode)
    return QR(as_tensor(np.zeros(0, x.dtype)) if mode == "r" else q, r)


def eigh(input: TensorLike, UPLO: str = "L") -> Eigen:
    """Return the eigenvalues of symmetric matrices, rising, and orthonormal eigenvectors.

    The gradient of eigenvectors is NaN where eigenvalues are equal, as such vectors are not unique.

    Args:
        UPLO: 'L' or 'U', the triangle that is read.

    Shapes: (..., n, n) gives (..., n) and (..., n, n).
    Raises: ShapeError for matrices that are not square, DecompositionError for infinite or NaN elements.
    Source: torch.linalg.eigh.

    Example:
        >>> eigh(as_tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([1., 2.])
    """
    return Eigen(*_eigh(_matrices("eigh", input, square=True), upper=_upper("eigh", UPLO)))


def _upper(name: str, triangle: str) -> bool:
    if triangle.upper() not in {"L", "U"}:
        message = f"{name}: UPLO must be 'L' or 'U', got {triangle!r}"
        raise ArgumentError(message)
    return triangle.upper() == "U"


def eigvalsh(input: TensorLike, UPLO: str = "L") -> Tensor:
    """Return the eigenvalues of symmetric matrices, rising.

    Shapes: (..., n, n) gives (..., n).
    Raises: ShapeError for matrices that are not square, DecompositionError for infinite or NaN elements.
    Source: torch.linalg.eigvalsh.

    Example:
        >>> eigvalsh(as_tensor([[2.0, 1.0], [1.0, 2.0]])).round(decimals=4)
        tensor([1., 3.])
    """
    return eigh(input, UPLO).eigenvalues


def eig(input: TensorLike) -> Eigen:
    """Return the eigenvalues of matrices that have real ones only, and eigenvectors of length 1.

    Shapes: (..., n, n) gives (..., n) and (..., n, n).
    Raises: DecompositionError if an eigenvalue is complex, ShapeError for matrices that are not square.
    Source: torch.linalg.eig, which returns complex tensors.

    Example:
        >>> eig(as_tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([2., 1.])
    """
    return Eigen(*_eig(_matrices("eig", input, square=True)))


def eigvals(input: TensorLike) -> Tensor:
    """Return the eigenvalues of matrices that have real ones only.

    Shapes: (..., n, n) gives (..., n).
    Raises: DecompositionError if an eigenvalue is complex, ShapeError for matrices that are not square.
    Source: torch.linalg.eigvals, which returns complex tensors.

    Example:
        >>> eigvals(as_tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([2., 1.])
    """
    return eig(input).eigenvalues


def svd(input: TensorLike, full_matrices: bool = True) -> SVD:
    """Return U, S and Vh with A = U·diag(S)·Vh, the singular values falling.

    The gradient of U and Vh is NaN where such vectors are not unique: where singular values are equal, or are 0 in a
    matrix that is not square.

    Args:
        full_matrices: return all of U (n, n) and Vh (m, m), which have no derivative unless n = m.

    Shapes: (..., n, m) gives (..., n, k), (..., k) and (..., k, m) with k = min(n, m).
    Raises: DecompositionError for infinite or NaN elements, UnsupportedError in backward through full matrices.
    Source: torch.linalg.svd.

    Example:
        >>> svd(as_tensor([[0.0, 2.0], [1.0, 0.0]]), full_matrices=False).S
        tensor([2., 1.])
    """
    return SVD(*_svd(_matrices("svd", input), full_matrices=full_matrices))


def svdvals(input: TensorLike) -> Tensor:
    """Return the singular values, falling.

    Shapes: (..., n, m) gives (..., min(n, m)).
    Raises: DecompositionError for infinite or NaN elements.
    Source: torch.linalg.svdvals.

    Example:
        >>> svdvals(as_tensor([[0.0, 2.0], [1.0, 0.0]]))
        tensor([2., 1.])
    """
    return svd(input, full_matrices=False).S
