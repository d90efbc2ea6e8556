"""Systems of linear equations: inverses, determinants, solutions; batches along leading axes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Op, Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import linear_algebra as kernels
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.ops.arithmetic import square
from autograd_np.ops.decompositions import _diagonal, _inv, _lines, _matrices, _solve, _triangle
from autograd_np.ops.products import _matmul, _mT, matmul
from autograd_np.ops.reductions import _sum

__all__ = [
    "LeastSquares",
    "SignLogDet",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "inv",
    "inverse",
    "logdet",
    "lstsq",
    "matrix_exp",
    "matrix_power",
    "pinv",
    "pinverse",
    "slogdet",
    "solve",
    "solve_triangular",
]


class SignLogDet(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor


class LeastSquares(NamedTuple):
    """A least-squares solution, sums of squared errors (empty if not unique), ranks, singular values (empty)."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


# --- rows ---------------------------------------------------------------------------------------------------------


def _cofactor_rule(g: Any, y: Any, x: Any, singular: bool) -> Any:
    """Return det·(⟨g, A⁻ᵀ⟩·A⁻ᵀ - A⁻ᵀ·gᵀ·A⁻ᵀ) with det·A⁻ᵀ = y; singular matrices take a way without inverse."""
    if singular:
        return _cofactor_slope(g, x)
    turned = _mT(_inv(x))
    inner = _sum(g * turned, axes=(g.ndim - 2, g.ndim - 1), keepdims=True)
    return inner * y - _matmul(_matmul(y, _mT(g)), turned)


def _cofactor_slope(h: Any, x: Any) -> Any:
    """Return the derivative of the cofactors along h, without dividing by anything that may be 0.

    It is also their vector-Jacobian product, as a second derivative is symmetric. The adjugate comes from the
    recurrence M ← A·M - (tr(A·M) / k)·1 of Faddeev and LeVerrier, and M' is carried along by the product rule.
    """
    n = x.shape[-1]
    eye = np.eye(n, dtype=x.dtype)
    m, slope = eye, 0 * h
    for k in range(1, n):
        product = _matmul(x, m)
        moved = _matmul(h, m) if k == 1 else _matmul(h, m) + _matmul(x, slope)
        m = product - _traces(product) / k * eye
        slope = moved - _traces(moved) / k * eye
    return _mT(slope) * (-1) ** (n - 1)


def _traces(x: Any) -> Any:
    """Return the traces of matrices, as (..., 1, 1)."""
    return _lines(_sum(_diagonal(x), axes=(x.ndim - 2,), keepdims=True))


_det = Op("det", kernels.determinant, lambda g, _y, x: _lines(_lines(g)) * _cofactors(x))
#: The derivative of the determinant.
_cofactors = Op(
    "cofactors",
    kernels.cofactors,
    lambda g, y, x, singular: _cofactor_rule(g, y, x, singular),
    by_products={"singular": None},
)
_slogdet = Op(
    "slogdet",
    kernels.log_determinant,
    lambda g, _y, x: None if g[1] is None else _lines(_lines(g[1])) * _mT(_inv(x)),
    outputs=2,
)


def _pinv_rule(g: Any, y: Any, x: Any) -> Any:
    """Return -PᵀgPᵀ + (1 - AP)·gᵀ·P·Pᵀ + Pᵀ·P·gᵀ·(1 - PA), at matrices of constant rank."""
    turned, across = _mT(y), _mT(g)
    left = _matmul(across, _matmul(y, turned))
    right = _matmul(_matmul(turned, y), across)
    return (
        (left - _matmul(x, _matmul(y, left)))
        + (right - _matmul(_matmul(right, y), x))
        - _matmul(_matmul(turned, g), turned)
    )


_pinv = Op(
    "pinv",
    kernels.pseudoinverse,
    lambda g, y, x, rtol, atol, hermitian: _pinv_rule(g, y, x),
)


def _triangular_kernel(a: Any, b: Any, upper: bool, unitriangular: bool) -> Any:
    a = kernels.triangle(a, upper, 0)
    if unitriangular:
        places = np.arange(a.shape[-1])
        a[..., places, places] = 1
    return kernels.solution(a, b)


_solve_triangular = Op(
    "solve_triangular",
    _triangular_kernel,
    lambda g, y, a, _b, upper, unitriangular: (
        -_triangle(
            _matmul(_solve_triangular(_mT(a), g, upper=not upper, unitriangular=unitriangular), _mT(y)),
            upper=upper,
            offset=(1 if upper else -1) if unitriangular else 0,
        )
    ),
    lambda g, _y, a, _b, upper, unitriangular: _solve_triangular(
        _mT(a), g, upper=not upper, unitriangular=unitriangular
    ),
    broadcasts=True,
)


def _matrix_exp_rule(g: Any, x: Any) -> Any:
    """Return the upper right block of exp [[Aᵀ, g], [0, Aᵀ]], the derivative of the exponential along g."""
    n = x.shape[-1]
    eye = np.eye(2 * n, dtype=x.dtype)
    first, second = eye[:, :n], eye[:, n:]
    turned = _mT(x)
    both = _matmul(_matmul(first, turned), first.T) + _matmul(_matmul(second, turned), second.T)
    block = both + _matmul(_matmul(first, g), second.T)
    return _matmul(_matmul(first.T, _matrix_exp(block)), second)


_matrix_exp = Op("matrix_exp", kernels.exponential, lambda g, _y, x: _matrix_exp_rule(g, x))


# --- functions ----------------------------------------------------------------------------------------------------


def inv(input: TensorLike) -> Tensor:
    """Return the inverse of square matrices.

    Shapes: (..., n, n).
    Raises: DecompositionError if a matrix is singular, ShapeError if it is not square.
    Source: torch.linalg.inv.

    Example:
        >>> inv(as_tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5 , 0.  ],
                [0.  , 0.25]])
    """
    return _inv(_matrices("inv", input, square=True))


inverse = inv


def pinv(
    input: TensorLike,
    rcond: float | None = None,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> Tensor:
    """Return the pseudoinverse, which maps each vector to the shortest least-squares solution.

    Args:
        rcond: older name of rtol.
        atol: singular values up to this count as zero.
        rtol: the same, relative to the greatest; the larger size times the type's epsilon by default.
        hermitian: the matrices are symmetric.

    Shapes: (..., n, m) gives (..., m, n).
    Raises: DecompositionError for infinite or NaN elements.
    Source: torch.linalg.pinv; derivative: Golub and Pereyra (1973), for constant rank.

    Example:
        >>> pinv(as_tensor([[2.0], [0.0]]))
        tensor([[0.5, 0. ]])
    """
    x = _matrices("pinv", input)
    relative = rcond if rtol is None else rtol
    if relative is None and atol:
        relative = 0.0
    return _pinv(x, rtol=relative, atol=atol or 0.0, hermitian=hermitian)


pinverse = pinv


def det(input: TensorLike) -> Tensor:
    """Return the determinant of square matrices; the gradient is right also where it is 0.

    Shapes: (..., n, n) gives (...).
    Raises: ShapeError for matrices that are not square.
    Source: torch.linalg.det.

    Example:
        >>> det(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor(-2.)
    """
    return _det(_matrices("det", input, square=True))


def slogdet(input: TensorLike) -> SignLogDet:
    """Return the sign and the logarithm of the absolute value of determinants.

    Shapes: (..., n, n) gives (...) twice.
    Raises: ShapeError for matrices that are not square, DecompositionError in backward if one is singular.
    Source: torch.linalg.slogdet.

    Example:
        >>> slogdet(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        SignLogDet(sign=tensor(-1.), logabsdet=tensor(0.6931))
    """
    return SignLogDet(*_slogdet(_matrices("slogdet", input, square=True)))


def logdet(input: TensorLike) -> Tensor:
    """Return the logarithm of determinants: -∞ where they are 0, NaN where they are negative.

    Shapes: (..., n, n) gives (...).
    Raises: ShapeError for matrices that are not square, DecompositionError in backward if one is singular.
    Source: torch.logdet.

    Example:
        >>> logdet(as_tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor(2.0794)
    """
    sign, logarithm = _slogdet(_matrices("logdet", input, square=True))
    negative = sign._array < 0
    return logarithm + np.where(negative, np.nan, 0).astype(sign.dtype) if negative.any() else logarithm


def solve(A: TensorLike, B: TensorLike, *, left: bool = True) -> Tensor:
    """Return the X with A @ X = B.

    Args:
        left: False solves X @ A = B instead.

    Shapes: A (..., n, n), B (..., n, k) or vectors: (n,), or the shape of A without its last axis.
    Raises: DecompositionError if a matrix is singular, ShapeError if the sizes do not fit.
    Source: torch.linalg.solve.

    Example:
        >>> solve(as_tensor([[2.0, 0.0], [0.0, 4.0]]), as_tensor([2.0, 2.0]))
        tensor([1. , 0.5])
    """
    a, b = _matrices("solve", A, square=True), as_tensor(B)
    check_one_type("solve", a.dtype, b.dtype)
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    if vector and left:
        b = b.reshape((*b.shape, 1))
    if not b.ndim or (vector and not left) or b.shape[-2 if left else -1] != a.shape[-1]:
        expected = "B (..., n, k) or (..., n)" if left else "B (..., k, n)"
        raise_shape("solve", {"A": a.shape, "B": as_tensor(B).shape}, f"expected A (..., n, n) and {expected}")
    if not left:
        return _mT(_solve(_mT(a), _mT(b)))
    x = _solve(a, b)
    return x.reshape(x.shape[:-1]) if vector else x


def solve_triangular(
    A: TensorLike, B: TensorLike, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """Return the X with A @ X = B for triangular A; the other triangle is not read.

    Args:
        upper: A is upper triangular.
        left: False solves X @ A = B instead.
        unitriangular: take the diagonal of A as ones, without reading it.

    Shapes: A (..., n, n), B (..., n, k).
    Raises: DecompositionError if a matrix is singular, ShapeError if the sizes do not fit.
    Source: torch.linalg.solve_triangular.

    Example:
        >>> solve_triangular(as_tensor([[2.0, 0.0], [1.0, 4.0]]), as_tensor([[2.0], [5.0]]), upper=False)
        tensor([[1.],
                [1.]])
    """
    a, b = _matrices("solve_triangular", A, square=True), _matrices("solve_triangular", B)
    check_one_type("solve_triangular", a.dtype, b.dtype)
    if b.shape[-2 if left else -1] != a.shape[-1]:
        raise_shape("solve_triangular", {"A": a.shape, "B": b.shape}, "the sizes of A and B do not fit")
    if left:
        return _solve_triangular(a, b, upper=upper, unitriangular=unitriangular)
    return _mT(_solve_triangular(_mT(a), _mT(b), upper=not upper, unitriangular=unitriangular))


def cholesky_solve(B: TensorLike, L: TensorLike, upper: bool = False) -> Tensor:
    """Return the X with A @ X = B, where A = L·Lᵀ is given by its Cholesky factor.

    Args:
        upper: the factor is Lᵀ.

    Shapes: B (..., n, k), L (..., n, n).
    Raises: DecompositionError if the factor is singular, ShapeError if the sizes do not fit.
    Source: torch.cholesky_solve.

    Example:
        >>> cholesky_solve(as_tensor([[4.0], [8.0]]), as_tensor([[2.0, 0.0], [0.0, 2.0]]))
        tensor([[1.],
                [2.]])
    """
    factor = _matrices("cholesky_solve", L, square=True)
    lower = _mT(factor) if upper else factor
    return solve_triangular(_mT(lower), solve_triangular(lower, B, upper=False), upper=True)


def cholesky_inverse(L: TensorLike, upper: bool = False) -> Tensor:
    """Return the inverse of A = L·Lᵀ, given by its Cholesky factor.

    Args:
        upper: the factor is Lᵀ.

    Shapes: (..., n, n).
    Raises: DecompositionError if the factor is singular.
    Source: torch.cholesky_inverse.

    Example:
        >>> cholesky_inverse(as_tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([[0.25, 0.  ],
                [0.  , 1.  ]])
    """
    factor = _matrices("cholesky_inverse", L, square=True)
    return cholesky_solve(np.eye(factor.shape[-1], dtype=factor.dtype), factor, upper)


def lstsq(A: TensorLike, B: TensorLike, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """Return the X that makes ‖A @ X - B‖ least, the shortest one if there are several.

    Args:
        rcond: singular values up to this, relative to the greatest, count as zero.
        driver: accepted as in PyTorch; singular values are used in any case.

    Shapes: A (..., n, m), B (..., n, k) or, for a single matrix, (n,).
    Raises: ShapeError if the sizes do not fit.
    Source: torch.linalg.lstsq.

    Example:
        >>> lstsq(as_tensor([[1.0], [1.0]]), as_tensor([[1.0], [3.0]])).solution
        tensor([[2.]])
    """
    a, b = _matrices("lstsq", A), as_tensor(B)
    check_one_type("lstsq", a.dtype, b.dtype)
    vector = b.ndim == a.ndim - 1
    columns = b.reshape((*b.shape, 1)) if vector else b
    if columns.ndim < 2 or columns.shape[-2] != a.shape[-2]:
        raise_shape("lstsq", {"A": a.shape, "B": b.shape}, "expected A (..., n, m) and B (..., n, k) or (..., n)")
    if driver not in {None, "gels", "gelsy", "gelsd", "gelss"}:
        message = f"lstsq: driver must be 'gels', 'gelsy', 'gelsd' or 'gelss', got {driver!r}"
        raise ArgumentError(message)
    x = matmul(pinv(a, rcond), columns)
    values = np.linalg.svd(a._array, compute_uv=False)
    relative = max(a.shape[-2:]) * float(np.finfo(a.dtype).eps) if rcond is None else rcond
    rank = np.add.reduce(values > relative * values.max(axis=-1, keepdims=True, initial=0), axis=-1, dtype=np.int64)
    empty = as_tensor(np.zeros(0, a.dtype))
    residuals = empty
    if a.shape[-2] > a.shape[-1] and (rank == a.shape[-1]).all():
        residuals = square(matmul(a, x) - columns).sum(-2)
    return LeastSquares(x.reshape(x.shape[:-1]) if vector else x, residuals, as_tensor(rank), empty)


def matrix_power(input: TensorLike, n: int) -> Tensor:
    """Multiply square matrices n times by themselves; a negative n multiplies the inverse.

    Shapes: (..., n, n).
    Raises: DecompositionError if n is negative and a matrix singular, ShapeError for matrices that are not square.
    Source: torch.linalg.matrix_power.

    Example:
        >>> matrix_power(as_tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
        tensor([[1., 3.],
                [0., 1.]])
    """
    x = _matrices("matrix_power", input, square=True, floating=n < 0)
    if n < 0:
        x, n = _inv(x), -n
    if n == 0:
        eye = np.eye(x.shape[-1], dtype=x.dtype)
        return x * 0 + eye if x.is_floating_point() else as_tensor(np.zeros(x.shape, x.dtype) + eye)
    result: Tensor | None = None
    while True:
        if n & 1:
            result = x if result is None else _matmul(result, x)
        n >>= 1
        if not n:
            return result  # type: ignore[return-value]  # n was positive, so one bit was set
        x = _matmul(x, x)


def matrix_exp(input: TensorLike) -> Tensor:
    """Return the exponential of square matrices, 1 + A + A²/2 + A³/6 + ...

    Shapes: (..., n, n).
    Raises: ShapeError for matrices that are not square.
    Source: torch.linalg.matrix_exp.

    Example:
        >>> matrix_exp(as_tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]])
    """
    return _matrix_exp(_matrices("matrix_exp", input, square=True))
