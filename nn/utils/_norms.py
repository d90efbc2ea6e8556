"""The computations that both forms of weight norm and of spectral norm share."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor, linalg, no_grad
from autograd_np.errors import ArgumentError
from nn import functional as F

__all__ = ["as_matrix", "checked_axis", "norms_along", "power_iterations", "scaled"]


def checked_axis(dim: int | None, ndim: int, what: str) -> int | None:
    """Return the axis counted from 0; None stays.

    Raises: ArgumentError for -1, which PyTorch takes for None, and for an axis that is not there.
    """
    if dim is None:
        return None
    if dim == -1:
        raise ArgumentError(
            f"{what}: dim=-1 is ambiguous: in PyTorch it means one norm of the whole tensor\n"
            f"  fix: pass dim=None for that, or dim={ndim - 1} for the last axis"
        )
    if not -ndim <= dim < ndim:
        raise ArgumentError(f"{what}: dim {dim} does not fit a tensor with {ndim} axes")
    return dim % ndim


def norms_along(v: Tensor, dim: int | None) -> Tensor:
    """Return the norms of the slices along an axis, all other axes having size 1; one norm of everything for None."""
    if dim is None:
        return linalg.vector_norm(v)
    return linalg.vector_norm(v, dim=tuple(axis for axis in range(v.ndim) if axis != dim), keepdim=True)


def scaled(v: Tensor, g: Tensor, dim: int | None) -> Tensor:
    """Return g·v / |v|, slice by slice."""
    return v * (g / norms_along(v, dim))


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """Return the tensor with an axis in front and the others as one."""
    return weight.movedim(dim, 0).reshape(weight.shape[dim], -1)


def power_iterations(matrix: Tensor, u: Tensor, v: Tensor, count: int, eps: float, *, first: str) -> Any:
    """Return u and v nearer to the singular vectors of the largest singular value; `first` is updated first."""
    with no_grad():
        for _ in range(count):
            if first == "v":
                v = F.normalize(matrix.T @ u, dim=0, eps=eps)
            u = F.normalize(matrix @ v, dim=0, eps=eps)
            if first == "u":
                v = F.normalize(matrix.T @ u, dim=0, eps=eps)
    return u, v
