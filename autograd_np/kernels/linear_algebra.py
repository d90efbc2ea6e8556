"""Kernels of linear algebra: checks, triangles, decompositions whose failures say which matrix failed and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.errors import DecompositionError, DTypeError

__all__ = [
    "chain_order",
    "check_one_type",
    "cholesky",
    "cofactors",
    "determinant",
    "divide_or_nan",
    "eigen",
    "eigen_symmetric",
    "exponential",
    "gap_quotient",
    "inverse",
    "log_determinant",
    "pseudoinverse",
    "singular_values",
    "solution",
    "triangle",
]


def check_one_type(name: str, *dtypes: np.dtype[Any]) -> None:
    """Raise DTypeError unless the types are one type of numbers: products of matrices promote nothing silently.

    Example:
        >>> check_one_type("matmul", np.dtype("float32"), np.dtype("float32"))
    """
    if any(dtype != dtypes[0] for dtype in dtypes):
        types = " and ".join(str(dtype) for dtype in dtypes)
        message = f"{name}: expected same dtype for all operands, got {types}\n  fix: convert one with x.to(dtype)"
        raise DTypeError(message)
    if dtypes[0].kind == "b":
        message = f"{name}: booleans cannot be multiplied and added up\n  fix: convert them first, as in x.float()"
        raise DTypeError(message)


def chain_order(sizes: Sequence[int]) -> Callable[[int, int], int]:
    """Return where to split a chain of matrices so that multiplying costs least.

    Args:
        sizes: rows of the first matrix, then the columns of each.

    Returns: a function of (first, last) that gives the last matrix of the left part.

    Example:
        >>> chain_order([10, 100, 5, 50])(0, 2)
        1
    """
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], split[i, j] = min(options)
    return lambda first, last: split[first, last]


def triangle(x: Array, upper: bool, offset: int) -> Array:
    """Return the matrices with zeros below (or above) a diagonal."""
    return np.triu(x, offset) if upper else np.tril(x, offset)


# --- decompositions that say what went wrong ----------------------------------------------------------------------


def _first_failure(x: Array, failed: Callable[[Array], bool]) -> str:
    """Return words for the first matrix of a batch that failed; nothing for a single matrix."""
    if x.ndim == 2:
        return ""
    for place in np.ndindex(x.shape[:-2]):
        if failed(x[place]):
            return f" (matrix {place if len(place) > 1 else place[0]} of the batch)"
    return ""


def _fails(function: Callable[..., Any], *arguments: Any) -> bool:
    try:
        function(*arguments)
    except np.linalg.LinAlgError:
        return True
    return False


def _singular(name: str, x: Array) -> DecompositionError:
    which = _first_failure(x, lambda matrix: _fails(np.linalg.inv, matrix))
    return DecompositionError(
        f"{name}: a matrix of shape {x.shape[-2:]} is singular{which}: its rows depend on each other\n"
        "  fix: use pinv or lstsq, or add a small multiple of eye(n)"
    )


def _check_finite(name: str, x: Array) -> None:
    """Raise DecompositionError for infinities and NaN, on which the iterations of LAPACK do not end."""
    if not np.isfinite(x).all():
        message = f"{name}: the matrix has infinite or NaN elements\n  fix: look for the operation that made them"
        raise DecompositionError(message)


def inverse(x: Array) -> Any:
    """Return inverse matrices."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError as error:
        raise _singular("inv", x) from error


def solution(a: Array, b: Array) -> Any:
    """Return X with a @ X = b."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError as error:
        raise _singular("solve", a) from error


def cholesky(x: Array, upper: bool) -> Any:
    """Return the triangular factor with a positive diagonal; only that triangle of x is read."""
    try:
        return np.linalg.cholesky(x, upper=upper)
    except np.linalg.LinAlgError as error:
        which = _first_failure(x, lambda matrix: _fails(np.linalg.cholesky, matrix))
        message = (
            f"cholesky: a matrix of shape {x.shape[-2:]} is not positive definite{which}\n"
            "  fix: check that it is symmetric, or add a small multiple of eye(n)"
        )
        raise DecompositionError(message) from error


def eigen_symmetric(x: Array, upper: bool) -> tuple[Any, Any]:
    """Return the eigenvalues, rising, and eigenvectors of symmetric matrices; only one triangle is read."""
    _check_finite("eigh", x)
    values, vectors = np.linalg.eigh(x, "U" if upper else "L")
    return values, vectors


def eigen(x: Array) -> tuple[Any, Any]:
    """Return real eigenvalues and eigenvectors of matrices.

    Raises: DecompositionError if there are complex ones.
    """
    _check_finite("eig", x)
    values, vectors = np.linalg.eig(x)
    if values.dtype.kind == "c":
        message = (
            f"eig: a matrix of shape {x.shape[-2:]} has complex eigenvalues, and tensors hold real numbers\n"
            "  fix: use eigh for symmetric matrices, svd for singular values, or numpy.linalg.eig on x.detach().numpy()"
        )
        raise DecompositionError(message)
    return values, vectors


def singular_values(x: Array, full_matrices: bool) -> tuple[Any, Any, Any]:
    """Return U, the singular values, falling, and Vᵀ."""
    _check_finite("svd", x)
    u, s, vt = np.linalg.svd(x, full_matrices=full_matrices)
    return u, s, vt


def pseudoinverse(x: Array, rtol: float | None, atol: float, hermitian: bool) -> Any:
    """Return pseudoinverses: singular values up to max(atol, rtol·largest) count as zero."""
    _check_finite("pinv", x)
    if 0 in x.shape:
        return np.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)
    u, s, vt = np.linalg.svd(x, full_matrices=False, hermitian=hermitian)
    relative = max(x.shape[-2:]) * np.finfo(x.dtype).eps if rtol is None else rtol
    limit = np.maximum(atol, relative * s.max(axis=-1, keepdims=True)).astype(s.dtype)
    inverted = np.where(s > limit, 1 / np.where(s > limit, s, 1), np.zeros((), s.dtype))
    return np.swapaxes(vt, -1, -2) @ (inverted[..., None] * np.swapaxes(u, -1, -2))


# --- determinants -------------------------------------------------------------------------------------------------


def determinant(x: Array) -> Any:
    """Return determinants."""
    return np.linalg.det(x)


def log_determinant(x: Array) -> tuple[Any, Any]:
    """Return the sign and the logarithm of the absolute value of determinants; 0 and -∞ for singular matrices."""
    sign, logarithm = np.linalg.slogdet(x)
    return sign, logarithm


def _products_of_others(s: Array) -> Array:
    """Return for each element along the last axis the product of the others."""
    own = np.eye(s.shape[-1], dtype=bool)
    return np.where(own, np.ones((), s.dtype), s[..., None, :]).prod(axis=-1)


def cofactors(x: Array) -> tuple[Array, bool]:
    """Return the derivative of the determinant, also of singular matrices, and whether one of them is singular.

    With A = U·diag(s)·Vᵀ it is det U·det V·U·diag(products of the other singular values)·Vᵀ.

    Example:
        >>> cofactors(np.array([[1.0, 2.0], [2.0, 4.0]]))[0].round(6) + 0.0
        array([[ 4., -2.],
               [-2.,  1.]])
    """
    u, s, vt = np.linalg.svd(x)
    sign = np.round(np.linalg.det(u) * np.linalg.det(vt))
    result = (u * (sign[..., None] * _products_of_others(s))[..., None, :]) @ vt
    n = x.shape[-1]
    return result, bool(n and (s[..., -1] <= n * np.finfo(s.dtype).eps * s[..., 0]).any())


# --- functions of matrices ----------------------------------------------------------------------------------------


def divide_or_nan(a: Array, b: Array) -> Array:
    """Return a / b, and NaN where b is 0: it marks a derivative that does not exist, and is no error by itself.

    Example:
        >>> divide_or_nan(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
        array([0.5, nan])
    """
    zero = b == 0
    return np.where(zero, np.asarray(np.nan, a.dtype), a / np.where(zero, np.ones((), b.dtype), b))


def gap_quotient(m: Array, values: Array) -> Array:
    """Return m[i, j] / (values[j] - values[i]) with 0 on the diagonal; NaN for equal values, which have no gap.

    Example:
        >>> gap_quotient(np.ones((2, 2)), np.array([1.0, 3.0]))
        array([[ 0. ,  0.5],
               [-0.5,  0. ]])
    """
    own = np.eye(values.shape[-1], dtype=bool)
    gaps = np.where(own, np.ones((), values.dtype), values[..., None, :] - values[..., :, None])
    return np.where(own, np.zeros((), m.dtype), divide_or_nan(m, gaps))


def exponential(x: Array) -> Array:
    """Return matrix exponentials by scaling, a Padé approximant of degree 13, and squaring.

    Source: Higham, The scaling and squaring method for the matrix exponential revisited (2005).

    Example:
        >>> exponential(np.array([[0.0, 1.0], [0.0, 0.0]]))
        array([[1., 1.],
               [0., 1.]])
    """
    if not x.size:
        return x.copy()
    _check_finite("matrix_exp", x)
    wide = x.astype(np.float64)
    norm = float(np.abs(wide).sum(axis=-2).max())
    halvings = max(0, math.ceil(math.log2(norm / 5.4))) if norm > 5.4 else 0
    a = wide / 2.0**halvings
    weights = [
        math.factorial(26 - k) * math.factorial(13) // (math.factorial(13 - k) * math.factorial(k)) for k in range(14)
    ]
    power = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    sums = [np.zeros(x.shape), np.zeros(x.shape)]
    for k, weight in enumerate(weights):
        sums[k % 2] += power * (weight / weights[0])
        power = power @ a
    even, odd = sums
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        result = result @ result
    return result.astype(x.dtype)
