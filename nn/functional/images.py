"""Grids of points on images, for `grid_sample`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["affine_grid"]


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Return where each pixel of a result lies in its source, for an affine map from one to the other.

    Args:
        theta: one matrix [A b] for each image: the pixel at p takes its value from the source's point A·p + b.
        size: shape of the result, (N, C, H, W) or (N, C, D, H, W).
        align_corners: -1 and 1 are the centres of the outermost pixels; else (also if None) their outer edges.

    Shapes: theta (N, 2, 3) -> (N, H, W, 2), or theta (N, 3, 4) -> (N, D, H, W, 3).
    Raises: ShapeError if theta does not fit the size, ArgumentError for a size without pixels, DTypeError for integers.
    Source: torch.nn.functional.affine_grid; Jaderberg et al., Spatial Transformer Networks (2015).

    Example:
        >>> import autograd_np as ag
        >>> shift = ag.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
        >>> affine_grid(shift, (1, 1, 1, 2))
        tensor([[[[0., 0.],
                  [1., 0.]]]])
    """
    wanted = tuple(size)
    rank = len(wanted) - 2
    if rank not in {2, 3} or theta.shape != (wanted[0], rank, rank + 1):
        raise ShapeError(
            "affine_grid: expected theta (N, 2, 3) with size (N, C, H, W), or theta (N, 3, 4) with size "
            f"(N, C, D, H, W), got theta {theta.shape} and size {wanted}"
        )
    if not theta.is_floating_point():
        raise DTypeError(
            f"affine_grid: theta must hold floating-point numbers, got {theta.dtype}\n  fix: theta.float()"
        )
    if min(wanted[2:]) < 1:
        raise ArgumentError(f"affine_grid: every axis needs at least one pixel, got size {wanted}")
    lines = [_line(n, bool(align_corners), theta) for n in wanted[2:]]
    # Coordinates begin with the last axis.
    grids = ag.meshgrid(*lines, indexing="ij")[::-1]
    places = ag.stack([*grids, ag.ones_like(grids[0])], -1).reshape(1, math.prod(wanted[2:]), rank + 1)
    return (places @ theta.transpose(1, 2)).reshape(wanted[0], *wanted[2:], rank)


def _line(count: int, corners: bool, like: Tensor) -> Tensor:
    """Return the coordinates of the pixels' centres along an axis; a single pixel lies in the middle."""
    if count == 1:
        return ag.zeros(1, dtype=like.dtype)
    centres = ag.linspace(-1, 1, count, dtype=like.dtype)
    return centres if corners else centres * ((count - 1) / count)
