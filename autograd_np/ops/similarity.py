"""How alike vectors are, pair by pair: bilinear forms, cosines and distances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Op, Tensor, as_tensor
from autograd_np.errors import ArgumentError, DTypeError, ShapeError, raise_shape
from autograd_np.kernels import distances as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.ops.arithmetic import _divide_or_zero
from autograd_np.ops.indexing import index_select
from autograd_np.ops.norms import norm
from autograd_np.ops.products import matmul
from autograd_np.ops.reductions import _mean, _sum
from autograd_np.ops.selection import clamp_min

__all__ = ["bilinear", "cdist", "cosine_similarity", "pairwise_distance", "pdist"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _towards(g: Any, y: Any, a: Any, b: Any) -> Any:
    """Return Σ g·(a - b)/|a - b| over the second set; around its centre, where a sum and a product cancel least."""
    share = _divide_or_zero(g, y)
    centre = _mean(b, axes=(len(b.shape) - 2,), keepdims=True)
    total = _sum(share, axes=(len(share.shape) - 1,), keepdims=True)
    return total * (a - centre) - share @ (b - centre)


#: Euclidean distances; the derivatives are products of matrices too.
_cdist = Op(
    "cdist",
    kernels.distances,
    lambda g, y, a, b: _towards(g, y, a, b),
    lambda g, y, a, b: _towards(g.swapaxes(-1, -2), y.swapaxes(-1, -2), b, a),
    broadcasts=True,
)

# --- vectors and their partners -----------------------------------------------------------------------------------


def _broadcast(name: str, x1: TensorLike, x2: TensorLike) -> tuple[Tensor, Tensor]:
    """Return both in the shape that they broadcast to."""
    a, b = as_tensor(x1), as_tensor(x2)
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise_shape(name, {"x1": a.shape, "x2": b.shape}, "the two must broadcast")
    return (a if a.shape == shape else a.expand(shape)), (b if b.shape == shape else b.expand(shape))


def cosine_similarity(x1: TensorLike, x2: TensorLike, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between vectors: their dot product divided by both norms.

    Args:
        x1: vectors.
        x2: vectors.
        dim: the axis along which the vectors lie.
        eps: least value that a norm is divided by.

    Shapes: any two that broadcast -> the same without `dim`.
    Raises: ShapeError if the shapes do not broadcast, IndexingError if there is no such axis, DTypeError for integers.
    Source: torch.cosine_similarity.

    Example:
        >>> cosine_similarity(as_tensor([[3.0, 4.0]]), as_tensor([[3.0, 0.0]]))
        tensor([0.6])
    """
    a, b = _broadcast("cosine_similarity", x1, x2)
    axis = normalized_axis("cosine_similarity", dim, a.ndim)
    lengths = (clamp_min(norm(x, 2, axis, keepdim=True), eps) for x in (a, b))
    product: Tensor = (a / next(lengths)) * (b / next(lengths))
    return _sum(product, axes=(axis,), keepdims=False)


def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Return the norm of the difference of each vector and its partner.

    Args:
        x1: vectors along the last axis.
        x2: vectors along the last axis.
        p: order of the norm.
        eps: added to every difference, so that the distance of equal vectors has a gradient.
        keepdim: leave the vectors' axis with size 1.

    Shapes: any two that broadcast, such as (N, D) and (N, D) -> (N,).
    Raises: ShapeError if the shapes do not broadcast, DTypeError for integers.
    Source: torch.pairwise_distance.

    Example:
        >>> pairwise_distance(as_tensor([[1.0, 2.0]]), as_tensor([[4.0, 6.0]]), eps=0.0)
        tensor([5.])
    """
    a, b = _broadcast("pairwise_distance", x1, x2)
    return norm(a - b + eps, p, -1, keepdim)


# --- all pairs ----------------------------------------------------------------------------------------------------


_COMPUTE_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """Return the norms of the differences of each vector of one set from each of another.

    Args:
        x1: vectors.
        x2: vectors.
        p: order of the norm; not negative.
        compute_mode: changes nothing: a product of matrices is used for the order 2, and no digits are lost.

    Shapes: (*, N, D) and (*, M, D), with leading axes that broadcast -> (*, N, M).
    Raises: ShapeError if the shapes do not fit, ArgumentError for a negative order, DTypeError unless both are of one
        floating type.
    Source: torch.cdist.

    Example:
        >>> cdist(as_tensor([[0.0, 0.0], [3.0, 0.0]]), as_tensor([[0.0, 4.0]]))
        tensor([[4.],
                [5.]])
    """
    a, b = as_tensor(x1), as_tensor(x2)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        message = f"cdist: expected (*, N, D) and (*, M, D) with the same D, got {a.shape} and {b.shape}"
        raise ShapeError(message)
    _check_distance("cdist", p, a, b)
    if compute_mode is not None and compute_mode not in _COMPUTE_MODES:
        raise ArgumentError(f"cdist: compute_mode must be one of {', '.join(_COMPUTE_MODES)}, got {compute_mode!r}")
    if p == 2:
        return _cdist(a, b)
    left = a.reshape((*a.shape[:-1], 1, a.shape[-1]))
    right = b.reshape((*b.shape[:-2], 1, *b.shape[-2:]))
    return norm(left - right, p, -1)


def _check_distance(name: str, p: float, *xs: Tensor) -> None:
    if p < 0:
        raise ArgumentError(f"{name}: the order of the norm must not be negative, got {p}")
    check_one_type(name, *(x.dtype for x in xs))
    if xs[0].dtype.kind != "f":
        raise DTypeError(f"{name}: expected floating-point numbers, got {xs[0].dtype}\n  fix: x.float()")


def pdist(input: TensorLike, p: float = 2.0) -> Tensor:
    """Return the distances between all pairs of rows: the upper triangle of `cdist(x, x)`, row by row.

    Args:
        input: rows.
        p: order of the norm; not negative.

    Shapes: (N, D) -> (N·(N - 1)/2,).
    Raises: ShapeError for another number of axes, ArgumentError for a negative order, DTypeError for integers.
    Source: torch.pdist; scipy.spatial.distance.pdist.

    Example:
        >>> pdist(as_tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]))
        tensor([3., 4., 5.])
    """
    x = as_tensor(input)
    if x.ndim != 2:
        raise_shape("pdist", {"input": x.shape}, "expected rows (N, D)")
    _check_distance("pdist", p, x)
    count = x.shape[0]
    first, second = np.triu_indices(count, 1)
    if p == 2:
        return index_select(_cdist(x, x).reshape((-1,)), 0, first * count + second)
    return norm(index_select(x, 0, first) - index_select(x, 0, second), p, -1)


# --- forms --------------------------------------------------------------------------------------------------------


def bilinear(input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """Return x1ᵀ·W·x2 + b for each pair of vectors, with one matrix W for each feature of the result.

    Shapes: input1 (*, M) and input2 (*, P) with the same leading axes, weight (O, M, P), bias (O,) -> (*, O).
    Raises: ShapeError if the shapes do not fit; DTypeError unless all are of one type.
    Source: torch.bilinear.

    Example:
        >>> one = as_tensor([[1.0, 2.0]])
        >>> bilinear(one, as_tensor([[3.0]]), as_tensor([[[1.0], [10.0]]]))
        tensor([[63.]])
    """
    a, b, w = as_tensor(input1), as_tensor(input2), as_tensor(weight)
    shift = None if bias is None else as_tensor(bias)
    check_one_type("bilinear", *(t.dtype for t in (a, b, w, shift) if t is not None))
    fits = a.ndim and b.ndim and w.ndim == 3 and (a.shape[-1], b.shape[-1]) == w.shape[1:]
    if not fits or a.shape[:-1] != b.shape[:-1]:
        raise_shape(
            "bilinear",
            {"input1": a.shape, "input2": b.shape, "weight": w.shape},
            "expected input1 (*, M) and input2 (*, P) with the same leading axes, and weight (O, M, P)",
        )
    if shift is not None and shift.shape != w.shape[:1]:
        raise_shape("bilinear", {"weight": w.shape, "bias": shift.shape}, f"expected bias {w.shape[:1]}")
    out, m, p = w.shape
    count = math.prod(a.shape[:-1])
    # One product for all features at once; its rows (O, P) then meet the second vectors.
    left = matmul(a.reshape((count, m)), w.transpose(0, 1).reshape((m, out * p))).reshape((count, out, p))
    y = matmul(left, b.reshape((count, p, 1))).reshape((*a.shape[:-1], out))
    return y if shift is None else y + shift
