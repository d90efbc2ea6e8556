"""Products of vectors, matrices and batches of them."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import BinaryOp, Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import raise_shape
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.kernels.products import product
from autograd_np.ops.reductions import _sum

__all__ = [
    "bmm",
    "cross",
    "dot",
    "ger",
    "inner",
    "linear",
    "matmul",
    "mm",
    "mv",
    "outer",
    "trace",
    "vdot",
]

# --- rows ---------------------------------------------------------------------------------------------------------


def _mT(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _rows(x: Any) -> Any:
    """Return the array or Tensor as one matrix: all axes but the last flattened."""
    return x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


_matmul = BinaryOp(
    "matmul",
    product,
    lambda g, _y, _a, b: _matmul(g, _mT(b)),
    lambda g, _y, a, _b: _matmul(_mT(a), g),
    promotion=None,
)
#: Many rows times one matrix: (..., D) @ (D, O) as a single product.
_matmul_rows = BinaryOp(
    "matmul_rows",
    lambda a, b: product(_rows(a), b).reshape((*a.shape[:-1], b.shape[-1])),
    lambda g, _y, _a, b: _matmul_rows(g, _mT(b)),
    lambda g, _y, a, _b: _matmul(_mT(_rows(a)), _rows(g)),
    broadcasts=False,
    promotion=None,
)


#: Many rows times one vector: (..., k) @ (k,).
_mv = BinaryOp(
    "mv",
    lambda a, v: product(_rows(a), v).reshape(a.shape[:-1]),
    lambda g, _y, _a, v: g.reshape((*g.shape, 1)) * v,
    lambda g, _y, a, _v: _mv(_mT(_rows(a)), g.reshape((math.prod(g.shape),))),
    broadcasts=False,
    promotion=None,
)


def _linear_kernel(x: Array, w: Array, b: Array | None) -> Array:
    y = product(_rows(x), w.T)
    if b is not None:
        y += b
    return y if x.ndim == 2 else y.reshape((*x.shape[:-1], w.shape[0]))


def _linear_pullback(
    g: Array, _y: Any, x: Array, w: Array, _b: Any, *, wanted: tuple[bool, ...]
) -> tuple[Array | None, ...]:
    rows = _rows(g)
    return (
        product(rows, w).reshape((*g.shape[:-1], w.shape[1])) if wanted[0] else None,
        product(rows.T, _rows(x)) if wanted[1] else None,
        np.add.reduce(rows, 0) if wanted[2] else None,
    )


#: An affine map; all axes of x but the last count as one.
_linear = Op(
    "linear",
    _linear_kernel,
    lambda g, _y, _x, w, _b: _matmul_rows(g, w),
    lambda g, _y, x, _w, _b: _matmul(_mT(_rows(g)), _rows(x)),
    lambda g, _y, _x, _w, _b: _sum(g, axes=tuple(range(g.ndim - 1)), keepdims=False),
    pullback=_linear_pullback,
)
_dot = BinaryOp("dot", np.dot, lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a, broadcasts=False, promotion=None)
#: One trilinear form, c·(a × b): its faces are each other's derivatives.
_cross = Op(
    "cross",
    lambda a, b, axis: np.cross(a, b, axis=axis),
    lambda g, _y, _a, b, axis: _cross(b, g, axis=axis),
    lambda g, _y, a, _b, axis: _cross(g, a, axis=axis),
    broadcasts=True,
    promotion="category",
)


def _scaled_eye_kernel(g: Array, shape: Shape) -> Array:
    result = np.zeros(shape, g.dtype)
    np.fill_diagonal(result, g)
    return result


_trace = UnaryOp(
    "trace",
    lambda x: np.trace(x, dtype=None if x.dtype.kind == "f" else np.int64),
    lambda g, _y, _x: _scaled_eye(g, shape=_x.shape),
)
_scaled_eye = UnaryOp("scaled_eye", _scaled_eye_kernel, lambda g, _y, _x, shape: _trace(g))


# --- functions ----------------------------------------------------------------------------------------------------


def _raise_inner(name: str, a: Shape, b: Shape, first: str = "input", second: str = "other") -> NoReturn:
    """Raise the ShapeError for products whose inner sizes differ: it says which, and what would fit."""
    axis_b = -2 if len(b) > 1 else -1
    fix = ""
    if len(b) > 1 and b[-1] == a[-1]:
        fix = f"transpose {second}: {second}.mT has shape {(*b[:-2], b[-1], b[-2])}"
    elif len(a) > 1 and a[-2] == b[axis_b]:
        fix = f"transpose {first}: {first}.mT has shape {(*a[:-2], a[-1], a[-2])}"
    elif len(a) > 1 and len(b) > 1 and b[-1] == a[-2]:
        fix = f"swap the operands, or transpose both: {b} times {a} fits"
    raise_shape(
        name,
        {first: a, second: b},
        f"the inner sizes differ: dim -1 of {first} is {a[-1]}, dim {axis_b} of {second} is {b[axis_b]}",
        fix or f"reshape or transpose so that dim -1 of {first} equals dim {axis_b} of {second}",
        {first: -1, second: axis_b},
    )


def matmul(input: TensorLike, other: TensorLike) -> Tensor:
    """Multiply matrices, or batches of them; a vector counts as a row on the left and as a column on the right.

    Shapes: (..., n, k) and (..., k, m) give (..., n, m), where leading axes broadcast; either may be (k,).
    Raises: ShapeError if the inner sizes differ, DTypeError for operands of two types.
    Source: torch.matmul.

    Example:
        >>> matmul(as_tensor([[1.0, 2.0], [3.0, 4.0]]), as_tensor([10.0, 1.0]))
        tensor([12., 34.])
    """
    a, b = as_tensor(input), as_tensor(other)
    dtype = a._array.dtype
    if dtype is not b._array.dtype or dtype.kind == "b":
        check_one_type("matmul", dtype, b.dtype)
    shape_a, shape_b = a._array.shape, b._array.shape
    rank_a, rank_b = len(shape_a), len(shape_b)
    if not rank_a or not rank_b:
        shapes = {"input": shape_a, "other": shape_b}
        raise_shape("matmul", shapes, "a number has no product of matrices", "multiply with * instead")
    if shape_a[-1] != shape_b[-2 if rank_b > 1 else 0]:
        _raise_inner("matmul", shape_a, shape_b)
    if rank_b == 1:
        return _dot(a, b) if rank_a == 1 else _mv(a, b)
    if rank_a == 1:
        return _mv(_mT(b), a)
    return _matmul_rows(a, b) if rank_a > 2 and rank_b == 2 else _matmul(a, b)


def _ranked(name: str, rank: int, *operands: TensorLike) -> list[Tensor]:
    """Return the operands as Tensors, each with this many axes."""
    tensors = [as_tensor(x) for x in operands]
    if any(x.ndim != rank for x in tensors):
        what = {1: "vectors (n,)", 2: "matrices (n, k)", 3: "batches of matrices (N, n, k)"}[rank]
        shapes = {f"operand {i}": x.shape for i, x in enumerate(tensors)}
        raise_shape(name, shapes, f"expected {what}", "use matmul for other ranks, or reshape first")
    return tensors


def mm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """Multiply two matrices.

    Shapes: (n, k) and (k, m) give (n, m).
    Raises: ShapeError for other ranks or unequal inner sizes, DTypeError for operands of two types.
    Source: torch.mm.

    Example:
        >>> mm(as_tensor([[1.0, 2.0]]), as_tensor([[3.0], [4.0]]))
        tensor([[11.]])
    """
    return matmul(*_ranked("mm", 2, input, mat2))


def bmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """Multiply the matrices of two batches in pairs.

    Shapes: (N, n, k) and (N, k, m) give (N, n, m).
    Raises: ShapeError for other ranks, unequal inner sizes or batches, DTypeError for operands of two types.
    Source: torch.bmm.

    Example:
        >>> bmm(as_tensor([[[1.0, 2.0]]]), as_tensor([[[3.0], [4.0]]]))
        tensor([[[11.]]])
    """
    a, b = _ranked("bmm", 3, input, mat2)
    if a.shape[0] != b.shape[0]:
        shapes = {"input": a.shape, "mat2": b.shape}
        raise_shape("bmm", shapes, "the batches differ in size", "matmul broadcasts a batch of size 1")
    return matmul(a, b)


def mv(input: TensorLike, vec: TensorLike) -> Tensor:
    """Multiply a matrix by a vector.

    Shapes: (n, k) and (k,) give (n,).
    Raises: ShapeError for other ranks or unequal sizes, DTypeError for operands of two types.
    Source: torch.mv.

    Example:
        >>> mv(as_tensor([[1.0, 2.0], [3.0, 4.0]]), as_tensor([10.0, 1.0]))
        tensor([12., 34.])
    """
    (a,), (x,) = _ranked("mv", 2, input), _ranked("mv", 1, vec)
    return matmul(a, x)


def dot(input: TensorLike, tensor: TensorLike) -> Tensor:
    """Return the sum of the products of two vectors' elements.

    Shapes: (n,) and (n,) give ().
    Raises: ShapeError for other ranks or unequal sizes, DTypeError for operands of two types.
    Source: torch.dot.

    Example:
        >>> dot(as_tensor([1.0, 2.0]), as_tensor([3.0, 4.0]))
        tensor(11.)
    """
    return matmul(*_ranked("dot", 1, input, tensor))


vdot = dot


def inner(input: TensorLike, other: TensorLike) -> Tensor:
    """Return the dot products of all vectors along the last axes; with a number, the product.

    Shapes: (..., k) and (***, k) give (..., ***).
    Raises: ShapeError if the last axes differ in size, DTypeError for operands of two types.
    Source: torch.inner.

    Example:
        >>> inner(as_tensor([[1.0, 2.0], [3.0, 4.0]]), as_tensor([10.0, 1.0]))
        tensor([12., 34.])
    """
    a, b = as_tensor(input), as_tensor(other)
    if not a.ndim or not b.ndim:
        return a * b
    if a.shape[-1] != b.shape[-1]:
        raise_shape("inner", {"input": a.shape, "other": b.shape}, "the last axes differ in size")
    check_one_type("inner", a.dtype, b.dtype)
    return _matmul_rows(a, _mT(_rows(b))).reshape((*a.shape[:-1], *b.shape[:-1]))


def outer(input: TensorLike, vec2: TensorLike) -> Tensor:
    """Return the products of each element of one vector with each of another.

    Shapes: (n,) and (m,) give (n, m).
    Raises: ShapeError for other ranks.
    Source: torch.outer.

    Example:
        >>> outer(as_tensor([1.0, 2.0]), as_tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]])
    """
    a, b = _ranked("outer", 1, input, vec2)
    return a.reshape((-1, 1)) * b


ger = outer


def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """Return x·Wᵀ + b, the affine map of a fully connected layer.

    Shapes: input (..., D), weight (O, D) or (D,), bias (O,) or (); the result is (..., O), or (...) for (D,).
    Raises: ShapeError if the sizes do not fit, DTypeError for operands of several types.
    Source: torch.nn.functional.linear.

    Example:
        >>> linear(as_tensor([[1.0, 2.0]]), as_tensor([[3.0, 4.0], [5.0, 6.0]]), as_tensor([0.5, 0.0]))
        tensor([[11.5, 17. ]])
    """
    x, w = as_tensor(input), as_tensor(weight)
    b = None if bias is None else as_tensor(bias)
    dtype, sizes = x._array.dtype, w._array.shape
    if dtype is not w._array.dtype or dtype.kind == "b" or (b is not None and dtype is not b._array.dtype):
        check_one_type("linear", *(t.dtype for t in (x, w, b) if t is not None))
    if len(sizes) == 1:
        return matmul(x, w) if b is None else matmul(x, w) + b
    if len(sizes) != 2 or x._array.shape[-1:] != sizes[1:]:
        shapes = {"input": x.shape, "weight": w.shape}
        raise_shape("linear", shapes, "expected input (..., D) and weight (O, D) with the same D", _linear_fix(x, w))
    if b is not None and b._array.shape != sizes[:1]:
        if b.shape not in {(), (1,)}:
            shapes = {"weight": w.shape, "bias": b.shape}
            raise_shape("linear", shapes, f"expected one bias for each of the {w.shape[0]} rows of weight")
        return _linear(x, w, None) + b
    return _linear(x, w, b)


def _linear_fix(x: Tensor, w: Tensor) -> str:
    if w.ndim == 2 and x.ndim and x.shape[-1] == w.shape[0]:
        return "transpose weight: its rows are the outputs"
    if w.ndim == 2 and math.prod(x.shape[1:]) == w.shape[1]:
        return "flatten the input first, as in x.flatten(1)"
    return ""


def cross(input: TensorLike, other: TensorLike, dim: int | None = None) -> Tensor:
    """Return the cross products of the vectors of three elements along an axis.

    Args:
        dim: the axis; the first of size 3 if None.

    Shapes: two that broadcast, of the same rank, with size 3 along the axis.
    Raises: ShapeError if ranks differ or the axis is not of size 3, IndexingError if dim is out of range.
    Source: torch.cross.

    Example:
        >>> cross(as_tensor([1.0, 0.0, 0.0]), as_tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    a, b = as_tensor(input), as_tensor(other)
    shapes = {"input": a.shape, "other": b.shape}
    if dim is None:
        dim = next((i for i, n in enumerate(a.shape) if n == 3), 0)
    axis = normalized_axis("cross", dim, a.ndim)
    if a.ndim != b.ndim or not a.ndim or a.shape[axis] != 3 or b.shape[axis] != 3:
        raise_shape("cross", shapes, f"expected two tensors of the same rank with size 3 along dim {axis}")
    return _cross(a, b, axis=axis)


def trace(input: TensorLike) -> Tensor:
    """Return the sum of a matrix's diagonal.

    Shapes: (n, m) gives ().
    Raises: ShapeError for other ranks.
    Source: torch.trace.

    Example:
        >>> trace(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor(5.)
    """
    (x,) = _ranked("trace", 2, input)
    return _trace(x)
