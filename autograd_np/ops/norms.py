"""Norms of vectors and matrices, distances, condition and rank."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Axes, DTypeLike, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.kernels import reductions as kernels
from autograd_np.kernels.axes import normalized_axes
from autograd_np.ops.arithmetic import _abs, _divide_or_zero, _zeros_like
from autograd_np.ops.decompositions import _matrices, svdvals
from autograd_np.ops.extremes import _check_nonempty, amax, amin
from autograd_np.ops.reductions import _check_floating, _kept, _reduced, _sum
from autograd_np.ops.solving import inv

__all__ = ["cond", "dist", "matrix_norm", "matrix_rank", "norm", "vector_norm"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _absolute_power(x: Array, exponent: float) -> Any:
    """Return |x|^p, with 0 in place of ∞ at 0."""
    size = np.abs(x)
    if exponent >= 0:
        return np.power(size, exponent)
    zero = size == 0
    return np.where(zero, np.zeros((), x.dtype), np.power(np.where(zero, np.ones((), x.dtype), size), exponent))


#: |x|^p and sign(x)·|x|^p: each is the other's derivative, up to a factor.
_abs_power = UnaryOp(
    "abs_power",
    _absolute_power,
    lambda g, _y, x, exponent: g * (_signed_power(x, exponent=exponent - 1) * exponent) if exponent else _zeros_like(g),
)
_signed_power = UnaryOp(
    "signed_power",
    lambda x, exponent: np.sign(x) * _absolute_power(x, exponent),
    lambda g, _y, x, exponent: g * (_abs_power(x, exponent=exponent - 1) * exponent) if exponent else _zeros_like(g),
)


def _norm_2_kernel(x: Array, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    wide = x.astype(np.float32) if x.dtype.itemsize == 2 else x
    if axes is None and not keepdims:
        flat = wide.ravel(order="K")
        return np.sqrt(np.dot(flat, flat)).astype(x.dtype)
    return np.sqrt(kernels.add_reduce(np.square(wide), axis=axes, keepdims=keepdims)).astype(x.dtype)


_norm_2 = UnaryOp(
    "norm_2",
    _norm_2_kernel,
    lambda g, y, x, axes, keepdims: _kept(_divide_or_zero(g, y), x.shape, axes, keepdims) * x,
)
#: How many elements are not zero: constant but for its jumps.
_norm_0 = UnaryOp(
    "norm_0",
    lambda x, axes, keepdims: kernels.add_reduce(x != 0, axis=axes, keepdims=keepdims, dtype=x.dtype),
    lambda g, _y, x, axes, keepdims: _zeros_like(x),
)
_norm_p = UnaryOp(
    "norm_p",
    lambda x, p, axes, keepdims: np.power(kernels.sum_over(np.power(np.abs(x), p), axes, keepdims), 1 / p),
    lambda g, y, x, p, axes, keepdims: (
        _kept(g * _abs_power(y, exponent=1 - p), x.shape, axes, keepdims) * _signed_power(x, exponent=p - 1)
    ),
)


def _vector_norm(name: str, x: Tensor, p: float, how: dict[str, Any]) -> Tensor:
    """Return the norm of order p over the axes."""
    if p == 2:
        return _norm_2(x, **how)
    if p == 1:
        return _sum(_abs(x), **how)
    if p == 0:
        return _norm_0(x, **how)
    if math.isinf(p):
        _check_nonempty(name, x, how["axes"])
        extreme = amax if p > 0 else amin
        return extreme(_abs(x), how["axes"], how["keepdims"])
    return _norm_p(x, p=p, **how)


# --- functions ----------------------------------------------------------------------------------------------------


def vector_norm(
    input: TensorLike,
    ord: float = 2,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Return (Σ|x|^p)^(1/p) of all elements, or of those along some axes; where it is 0 the gradient is 0.

    Args:
        ord: p; infinity for the greatest and -infinity for the smallest |x|, 0 to count what is not zero.
        dim: axis or axes; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.

    Shapes: any.
    Raises: DTypeError for integers and booleans, IndexingError if a dim is out of range.
    Source: torch.linalg.vector_norm.

    Example:
        >>> vector_norm(as_tensor([3.0, -4.0])), vector_norm(as_tensor([3.0, -4.0]), 1)
        (tensor(5.), tensor(7.))
    """
    x = as_tensor(input, dtype)
    _check_floating("vector_norm", x)
    return _vector_norm("vector_norm", x, ord, _reduced("vector_norm", x.ndim, dim, keepdim, None, None))


def matrix_norm(
    input: TensorLike,
    ord: float | str = "fro",
    dim: tuple[int, int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Return a norm of matrices.

    Args:
        ord: 'fro' for √Σx², 'nuc' for the sum of the singular values, 2 and -2 for the greatest and smallest of them,
            1 and -1 for the greatest and smallest sum |x| of a column, infinity and -infinity for those of a row.
        dim: the two axes of the matrices.
        keepdim: leave these axes with size 1.
        dtype: convert to this type first.

    Shapes: any with two axes or more.
    Raises: ArgumentError for another ord, ShapeError for vectors, IndexingError if a dim is out of range.
    Source: torch.linalg.matrix_norm.

    Example:
        >>> x = as_tensor([[3.0, 0.0], [0.0, -4.0]])
        >>> matrix_norm(x), matrix_norm(x, "nuc"), matrix_norm(x, 2)
        (tensor(5.), tensor(7.), tensor(4.))
    """
    x = as_tensor(input, dtype)
    _check_floating("matrix_norm", x)
    if x.ndim < 2 or len(dim) != 2:
        message = f"matrix_norm: expected matrices along two axes, got shape {x.shape} and dim={dim}"
        raise ShapeError(message)
    normalized_axes("matrix_norm", dim, x.ndim)
    row, column = (i % x.ndim for i in dim)
    if ord == "fro":
        return _norm_2(x, axes=(min(row, column), max(row, column)), keepdims=keepdim)
    if ord != "nuc" and (isinstance(ord, str) or abs(ord) not in {1, 2, math.inf}):
        message = f"matrix_norm: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}"
        raise ArgumentError(message)
    if ord == "nuc" or abs(float(ord)) == 2:
        result = _spectral_norm(_matrices_last(x, row, column), ord)
    else:
        first, second = (row, column) if abs(float(ord)) == 1 else (column, row)
        sums = _sum(_abs(x), axes=(first,), keepdims=True)
        result = (amax if float(ord) > 0 else amin)(sums, (second,), keepdim=True)
        return result if keepdim else result.reshape(tuple(n for i, n in enumerate(x.shape) if i not in (row, column)))
    return result.reshape(tuple(1 if i in (row, column) else n for i, n in enumerate(x.shape))) if keepdim else result


def _matrices_last(x: Tensor, row: int, column: int) -> Tensor:
    """Return the tensor with these axes at its end, the others in their order."""
    order = [i for i in range(x.ndim) if i not in (row, column)] + [row, column]
    return x if order == list(range(x.ndim)) else x.permute(tuple(order))


def _spectral_norm(x: Tensor, ord: float | str) -> Tensor:
    values = svdvals(x)
    if ord == "nuc":
        return _sum(values, axes=(values.ndim - 1,), keepdims=False)
    return amax(values, -1) if ord == 2 else amin(values, -1)


def norm(
    input: TensorLike,
    p: float | str | None = "fro",
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Return the norm of all elements, or of those along some axes; where it is 0 the gradient is 0.

    Args:
        p: order of the vectors' norm; 'fro' is 2; 'nuc' is the matrices' sum of singular values.
        dim: axis or axes; all if None.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.

    Shapes: any.
    Raises: DTypeError for integers and booleans, ArgumentError for an unknown p, IndexingError for a wrong dim.
    Source: torch.norm.

    Example:
        >>> norm(as_tensor([[3.0, 0.0], [0.0, -4.0]])), norm(as_tensor([3.0, -4.0]), float("inf"))
        (tensor(5.), tensor(4.))
    """
    x = as_tensor(input, dtype)
    _check_floating("norm", x)
    if p == "nuc":
        axes = normalized_axes("norm", dim, x.ndim) if dim is None or isinstance(dim, int) else tuple(dim)
        if len(axes) != 2:
            message = f"norm: 'nuc' is a norm of matrices and needs two axes, got dim={dim} for shape {x.shape}"
            raise ShapeError(message)
        return matrix_norm(x, "nuc", (axes[0], axes[1]), keepdim)
    if isinstance(p, str) and p != "fro":
        message = f"norm: p must be a number, 'fro' or 'nuc', got {p!r}"
        raise ArgumentError(message)
    order = 2.0 if p is None or isinstance(p, str) else p
    return _vector_norm("norm", x, order, _reduced("norm", x.ndim, dim, keepdim, None, None))


def dist(input: TensorLike, other: TensorLike, p: float = 2) -> Tensor:
    """Return the norm of the difference of two tensors.

    Shapes: any two that broadcast; the result is ().
    Raises: ShapeError if the shapes do not broadcast.
    Source: torch.dist.

    Example:
        >>> dist(as_tensor([1.0, 2.0]), as_tensor([4.0, 6.0]))
        tensor(5.)
    """
    return norm(as_tensor(input) - other, p)


def cond(input: TensorLike, p: float | str | None = None) -> Tensor:
    """Return the condition number: the norm of a matrix times that of its inverse.

    Args:
        p: which norm, as `matrix_norm` takes it; None is 2, the ratio of the extreme singular values.

    Shapes: (..., n, m) gives (...); square unless p is None, 2 or -2.
    Raises: DecompositionError if an inverse is needed and does not exist.
    Source: torch.linalg.cond.

    Example:
        >>> cond(as_tensor([[2.0, 0.0], [0.0, 0.5]]))
        tensor(4.)
    """
    x = _matrices("cond", input)
    if p in {None, 2, -2}:
        values = svdvals(x)
        greatest, least = amax(values, -1), amin(values, -1)
        if p == -2:
            return least / greatest
        with np.errstate(divide="ignore", invalid="ignore"):
            return greatest / least
    return matrix_norm(x, p) * matrix_norm(inv(x), p)


def matrix_rank(
    input: TensorLike,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
    tol: float | None = None,
) -> Tensor:
    """Return how many singular values are not negligible.

    Args:
        atol: absolute limit.
        rtol: limit relative to the greatest singular value; the larger size times the type's epsilon by default.
        hermitian: the matrices are symmetric.
        tol: absolute limit that replaces both.

    Shapes: (..., n, m) gives (...).
    Source: torch.linalg.matrix_rank.

    Example:
        >>> matrix_rank(as_tensor([[1.0, 2.0], [2.0, 4.0]]))
        tensor(1)
    """
    x = _matrices("matrix_rank", input)
    if 0 in x.shape[-2:]:
        return as_tensor(np.zeros(x.shape[:-2], np.int64))
    values = np.linalg.svd(x._array, compute_uv=False, hermitian=hermitian)
    if tol is not None:
        limit: Any = tol
    else:
        relative = (max(x.shape[-2:]) * float(np.finfo(x.dtype).eps) if not atol else 0.0) if rtol is None else rtol
        limit = np.maximum(atol or 0.0, relative * values.max(axis=-1, keepdims=True))
    return as_tensor(np.add.reduce(values > limit, axis=-1, dtype=np.int64))
