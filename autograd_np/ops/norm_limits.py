"""Slices whose norms are kept below a limit."""

from __future__ import annotations

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.norms import vector_norm
from autograd_np.ops.reductions import _check_floating
from autograd_np.ops.selection import where

__all__ = ["renorm"]


def renorm(input: TensorLike, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale every slice across an axis whose norm exceeds a limit down to it; the others stay as they are.

    Args:
        input: at least two axes.
        p: which norm.
        dim: the axis that counts the slices.
        maxnorm: the limit.

    Shapes: any of at least two axes; it stays.
    Raises: ShapeError for fewer axes, ArgumentError for a norm or limit below 0, DTypeError for integers.
    Source: torch.renorm.

    Example:
        >>> renorm(as_tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
        tensor([[0.6, 0.8],
                [0.3, 0.4]])
    """
    x = as_tensor(input)
    _check_floating("renorm", x)
    if x.ndim < 2:
        raise_shape("renorm", {"tensor": x.shape}, "expected at least two axes")
    if not p > 0 or not maxnorm >= 0:
        raise ArgumentError(f"renorm: expected p > 0 and maxnorm >= 0, got {p} and {maxnorm}")
    axis = normalized_axis("renorm", dim, x.ndim)
    norms = vector_norm(x, p, tuple(i for i in range(x.ndim) if i != axis), keepdim=True)
    # PyTorch's summand against a division by zero; it makes the results smaller by as much.
    return x * where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)
