"""The namespace `autograd_np.linalg`: linear algebra under the names of torch.linalg."""

from __future__ import annotations

from autograd_np._typing import Axes, DTypeLike, TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import ShapeError
from autograd_np.ops.arithmetic import _mul
from autograd_np.ops.compound_products import multi_dot
from autograd_np.ops.decompositions import QR, SVD, Eigen, cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from autograd_np.ops.norms import cond, matrix_norm, matrix_rank, vector_norm
from autograd_np.ops.products import cross as _cross_along
from autograd_np.ops.products import matmul
from autograd_np.ops.reductions import _check_floating
from autograd_np.ops.solving import (
    LeastSquares,
    SignLogDet,
    det,
    inv,
    lstsq,
    matrix_exp,
    matrix_power,
    pinv,
    slogdet,
    solve,
    solve_triangular,
)

__all__ = [
    "QR",
    "SVD",
    "Eigen",
    "LeastSquares",
    "SignLogDet",
    "cholesky",
    "cond",
    "cross",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vecdot",
    "vector_norm",
]


def cross(input: TensorLike, other: TensorLike, *, dim: int = -1) -> Tensor:
    """Return the cross products of the vectors of three elements along an axis, the last by default.

    Shapes: two that broadcast, of the same rank, with size 3 along the axis.
    Raises: ShapeError if ranks differ or the axis is not of size 3, IndexingError if dim is out of range.
    Source: torch.linalg.cross.

    Example:
        >>> cross(as_tensor([1.0, 0.0, 0.0]), as_tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    return _cross_along(input, other, dim)


def vecdot(x: TensorLike, y: TensorLike, *, dim: int = -1) -> Tensor:
    """Return the dot products of the vectors along an axis.

    Shapes: any two that broadcast; the axis is removed.
    Raises: ShapeError if the shapes do not broadcast, IndexingError if dim is out of range.
    Source: torch.linalg.vecdot.

    Example:
        >>> vecdot(as_tensor([[1.0, 2.0], [3.0, 4.0]]), as_tensor([10.0, 1.0]))
        tensor([12., 34.])
    """
    return _mul(as_tensor(x), as_tensor(y)).sum(dim)


def norm(
    A: TensorLike,
    ord: float | str | None = None,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Return a norm of vectors or of matrices, by the axes and the order asked for.

    Args:
        ord: None is the 2-norm of all elements; otherwise as `vector_norm` or `matrix_norm` take it.
        dim: one axis for norms of vectors, two for norms of matrices; without it the number of axes decides.
        keepdim: leave the reduced axes with size 1.
        dtype: convert to this type first.

    Shapes: any.
    Raises: ShapeError if an order is given for more than two axes, DTypeError for integers and booleans.
    Source: torch.linalg.norm.

    Example:
        >>> x = as_tensor([[3.0, 0.0], [0.0, -4.0]])
        >>> norm(x), norm(x, 2), norm(x, 1, dim=1)
        (tensor(5.), tensor(4.), tensor([3., 4.]))
    """
    x = as_tensor(A, dtype)
    _check_floating("norm", x)
    if ord is None:
        return vector_norm(x, 2, dim, keepdim)
    axes = tuple(range(x.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if len(axes) not in {1, 2}:
        message = (
            f"norm: ord={ord!r} is defined for vectors and matrices, and shape {x.shape} with dim={dim} gives "
            f"{len(axes)} axes\n  fix: pass dim with one or two axes, or ord=None for the 2-norm of all elements"
        )
        raise ShapeError(message)
    if len(axes) == 2:
        return matrix_norm(x, ord, (axes[0], axes[1]), keepdim)
    if isinstance(ord, str):
        message = f"norm: ord={ord!r} is a norm of matrices, which need two axes; got dim={dim} for shape {x.shape}"
        raise ShapeError(message)
    return vector_norm(x, ord, axes, keepdim)
