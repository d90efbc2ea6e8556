"""Products that add, chain or pair up axes: the addmm family, tensordot, chains of matrices, Kronecker products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.linear_algebra import chain_order, check_one_type
from autograd_np.ops.einstein import _einsum
from autograd_np.ops.products import _ranked, bmm, matmul, mm, mv, outer
from autograd_np.ops.reductions import _sum

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "chain_matmul",
    "kron",
    "multi_dot",
    "tensordot",
]


def _scaled_sum(input: TensorLike, product: Tensor, beta: float, alpha: float) -> Tensor:
    """Return beta·input + alpha·product; with beta 0 the input does not count, whatever it holds."""
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        return scaled
    x = as_tensor(input)
    return (x if beta == 1 else x * beta) + scaled


def addmm(input: TensorLike, mat1: TensorLike, mat2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return beta·input + alpha·(mat1 @ mat2).

    Shapes: mat1 (n, k), mat2 (k, m), input broadcasts to (n, m).
    Raises: ShapeError for other ranks or unequal inner sizes.
    Source: torch.addmm.

    Example:
        >>> addmm(as_tensor([1.0]), as_tensor([[1.0, 2.0]]), as_tensor([[3.0], [4.0]]))
        tensor([[12.]])
    """
    return _scaled_sum(input, mm(mat1, mat2), beta, alpha)


def addmv(input: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return beta·input + alpha·(mat @ vec).

    Shapes: mat (n, k), vec (k,), input broadcasts to (n,).
    Raises: ShapeError for other ranks or unequal sizes.
    Source: torch.addmv.

    Example:
        >>> addmv(as_tensor([1.0]), as_tensor([[1.0, 2.0]]), as_tensor([3.0, 4.0]))
        tensor([12.])
    """
    return _scaled_sum(input, mv(mat, vec), beta, alpha)


def addr(input: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return beta·input + alpha·(vec1 ⊗ vec2).

    Shapes: vec1 (n,), vec2 (m,), input broadcasts to (n, m).
    Raises: ShapeError for other ranks.
    Source: torch.addr.

    Example:
        >>> addr(as_tensor([[1.0]]), as_tensor([2.0]), as_tensor([3.0]))
        tensor([[7.]])
    """
    return _scaled_sum(input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return beta·input + alpha·(batch1 @ batch2), matrix by matrix.

    Shapes: batch1 (N, n, k), batch2 (N, k, m), input broadcasts to (N, n, m).
    Raises: ShapeError for other ranks, unequal inner sizes or batches.
    Source: torch.baddbmm.

    Example:
        >>> baddbmm(as_tensor([1.0]), as_tensor([[[1.0, 2.0]]]), as_tensor([[[3.0], [4.0]]]))
        tensor([[[12.]]])
    """
    return _scaled_sum(input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return beta·input + alpha·(Σ over the batch of batch1 @ batch2).

    Shapes: batch1 (N, n, k), batch2 (N, k, m), input broadcasts to (n, m).
    Raises: ShapeError for other ranks, unequal inner sizes or batches.
    Source: torch.addbmm.

    Example:
        >>> addbmm(as_tensor([1.0]), as_tensor([[[1.0]], [[2.0]]]), as_tensor([[[3.0]], [[4.0]]]))
        tensor([[12.]])
    """
    products = bmm(batch1, batch2)
    total = _sum(products, axes=(0,), keepdims=False)
    return _scaled_sum(input, total if total.dtype == products.dtype else total.to(products.dtype), beta, alpha)


def tensordot(a: TensorLike, b: TensorLike, dims: int | Sequence[Any] = 2) -> Tensor:
    """Sum the products of two tensors over pairs of axes.

    Args:
        dims: how many last axes of a and first axes of b; or the axes of a and the axes of b as two lists.

    Shapes: the axes that are left of a, followed by those that are left of b.
    Raises: ShapeError if paired axes differ in size, DTypeError for operands of two types.
    Source: torch.tensordot.

    Example:
        >>> tensordot(as_tensor([[1.0, 2.0]]), as_tensor([[3.0], [4.0]]), 1)
        tensor([[11.]])
    """
    x, y = as_tensor(a), as_tensor(b)
    check_one_type("tensordot", x.dtype, y.dtype)
    if isinstance(dims, int):
        if not 0 <= dims <= min(x.ndim, y.ndim):
            message = f"tensordot: dims={dims} does not fit tensors of {x.ndim} and {y.ndim} axes"
            raise ArgumentError(message)
        first, second = list(range(x.ndim - dims, x.ndim)), list(range(dims))
    else:
        lists = [[side] if isinstance(side, int) else [int(i) for i in side] for side in dims]
        first = [normalized_axis("tensordot", i, x.ndim) for i in lists[0]]
        second = [normalized_axis("tensordot", i, y.ndim) for i in lists[1]]
    if [x.shape[i] for i in first] != [y.shape[j] for j in second]:
        shapes = {"a": x.shape, "b": y.shape}
        raise_shape("tensordot", shapes, f"dims {first} of a and dims {second} of b differ in size")
    labels_x = tuple(range(x.ndim))
    paired = dict(zip(second, first, strict=True))
    labels_y = tuple(paired.get(j, x.ndim + j) for j in range(y.ndim))
    output = (*(i for i in labels_x if i not in first), *(i for i in labels_y if i >= x.ndim))
    return _einsum(x, y, inputs=(labels_x, labels_y), output=output)


def multi_dot(tensors: Sequence[TensorLike]) -> Tensor:
    """Multiply a chain of matrices in the order that costs least; the first and the last may be vectors.

    Shapes: (n, k), (k, l), ..., (p, m) give (n, m).
    Raises: ArgumentError for fewer than two, ShapeError if neighbours do not fit.
    Source: torch.linalg.multi_dot.

    Example:
        >>> multi_dot([as_tensor([[1.0, 2.0]]), as_tensor([[3.0], [4.0]]), as_tensor([[10.0]])])
        tensor([[110.]])
    """
    chain = [as_tensor(x) for x in tensors]
    if len(chain) < 2:
        message = f"multi_dot: expected at least two matrices, got {len(chain)}"
        raise ArgumentError(message)
    row, column = chain[0].ndim == 1, chain[-1].ndim == 1
    if row:
        chain[0] = chain[0].reshape((1, -1))
    if column:
        chain[-1] = chain[-1].reshape((-1, 1))
    _ranked("multi_dot", 2, *chain)
    split = chain_order([chain[0].shape[0], *(x.shape[1] for x in chain)])

    def product(first: int, last: int) -> Tensor:
        if first == last:
            return chain[first]
        middle = split(first, last)
        return matmul(product(first, middle), product(middle + 1, last))

    result = product(0, len(chain) - 1)
    if row or column:
        result = result.reshape((*(() if row else result.shape[:1]), *(() if column else result.shape[1:])))
    return result


def chain_matmul(*matrices: TensorLike) -> Tensor:
    """Multiply a chain of matrices in the order that costs least.

    Shapes: (n, k), (k, l), ..., (p, m) give (n, m).
    Raises: ShapeError if neighbours do not fit.
    Source: torch.chain_matmul.

    Example:
        >>> chain_matmul(as_tensor([[1.0, 2.0]]), as_tensor([[3.0], [4.0]]), as_tensor([[10.0]]))
        tensor([[110.]])
    """
    return as_tensor(matrices[0]) if len(matrices) == 1 else multi_dot(matrices)


def kron(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the Kronecker product: a block of `other` for each element of `input`.

    Shapes: sizes multiply axis by axis; the one with fewer axes gets axes of size 1 in front.
    Source: torch.kron.

    Example:
        >>> kron(as_tensor([1.0, 10.0]), as_tensor([1.0, 2.0]))
        tensor([ 1.,  2., 10., 20.])
    """
    a, b = as_tensor(input), as_tensor(other)
    rank = max(a.ndim, b.ndim)
    sizes_a = (1,) * (rank - a.ndim) + a.shape
    sizes_b = (1,) * (rank - b.ndim) + b.shape
    blocks = a.reshape(tuple(n for size in sizes_a for n in (size, 1)))
    repeated = b.reshape(tuple(n for size in sizes_b for n in (1, size)))
    return (blocks * repeated).reshape(tuple(n * m for n, m in zip(sizes_a, sizes_b, strict=True)))
