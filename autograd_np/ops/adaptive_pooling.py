"""Pooling over a given number of windows, which share out sequences, images or volumes evenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from autograd_np._typing import Shape, TensorLike
from autograd_np.core import Tensor, UnaryOp
from autograd_np.errors import ArgumentError
from autograd_np.kernels import adaptive_pooling as kernels
from autograd_np.kernels.windows import per_axis
from autograd_np.ops.pooling import _indexed_row, _pair_as_given, _pool_scatter
from autograd_np.ops.windows import Sizes, _as_given, _batched

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
]

#: One number of windows for all spatial axes, or one per axis; None keeps an axis as it is.
OutputSizes: TypeAlias = int | Sequence[int | None] | None

# --- rows ---------------------------------------------------------------------------------------------------------


def _avg_row(rank: int) -> UnaryOp:
    return UnaryOp(
        f"adaptive_avg_pool{rank}d",
        kernels.adaptive_avg_pool,
        lambda g, _y, _x, out: _adaptive_spread(g, size=_x.shape[2:]),
        promotion="float",
    )


_AVG = {rank: _avg_row(rank) for rank in (1, 2, 3)}
#: The adjoint of them all.
_adaptive_spread = UnaryOp(
    "adaptive_spread",
    kernels.adaptive_spread,
    lambda h, _y, _g, size: _AVG[len(size)](h, out=_g.shape[2:]),
)


def _max_row(rank: int) -> UnaryOp:
    """Return a row of maxima; where they lie is piecewise constant."""
    return UnaryOp(
        f"adaptive_max_pool{rank}d",
        kernels.adaptive_max_pool,
        lambda g, _y, _x, index, out: _pool_scatter(g, index, size=_x.shape[2:]),
        by_products={"index": None},
    )


_MAX = {rank: _max_row(rank) for rank in (1, 2, 3)}
_MAX_INDEXED = {
    rank: _indexed_row(f"adaptive_max_pool{rank}d_with_indices", kernels.adaptive_max_pool) for rank in (1, 2, 3)
}


# --- arguments ----------------------------------------------------------------------------------------------------


def _output_size(name: str, output_size: OutputSizes, size: Shape) -> Shape:
    """Return the number of windows along each axis, at least one."""
    listed = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,)
    counts = listed * len(size) if len(listed) == 1 else listed
    if None in counts and len(counts) == len(size):
        output_size = [n if count is None else count for count, n in zip(counts, size, strict=True)]
    out = per_axis(name, "output_size", cast("Sizes", output_size), len(size))
    if min(out) < 1 or min(size) < 1:
        message = f"{name}: output_size and the input must be at least 1 along every axis, got {out} and {size}"
        raise ArgumentError(message)
    return out


# --- averages -----------------------------------------------------------------------------------------------------


def _averaged(rank: int, input: TensorLike, output_size: OutputSizes) -> Tensor:
    name = f"adaptive_avg_pool{rank}d"
    x, had_batch = _batched(name, input, rank)
    return _as_given(_AVG[rank](x, out=_output_size(name, output_size, x.shape[2:])), had_batch)


def adaptive_avg_pool1d(input: TensorLike, output_size: OutputSizes) -> Tensor:
    """Average so many windows, spread evenly over sequences.

    Args:
        input: sequences.
        output_size: number of windows; None keeps the length.

    Shapes: input (N, C, L) or (C, L) -> (N, C, output_size).
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_avg_pool1d.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_avg_pool1d(ag.tensor([[[1.0, 5.0, 3.0]]]), 2)
        tensor([[[3., 4.]]])
    """
    return _averaged(1, input, output_size)


def adaptive_avg_pool2d(input: TensorLike, output_size: OutputSizes) -> Tensor:
    """Average so many windows, spread evenly over images; output_size 1 is global average pooling.

    Args:
        input: images.
        output_size: (OH, OW) or one number for both; None keeps the size of an axis.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N, C, OH, OW).
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_avg_pool2d.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_avg_pool2d(ag.tensor([[[1.0, 2.0], [3.0, 6.0]]]), 1)
        tensor([[[3.]]])
    """
    return _averaged(2, input, output_size)


def adaptive_avg_pool3d(input: TensorLike, output_size: OutputSizes) -> Tensor:
    """Average so many windows, spread evenly over volumes; output_size 1 is global average pooling.

    Args:
        input: volumes.
        output_size: (OD, OH, OW) or one number for all; None keeps the size of an axis.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW).
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_avg_pool3d.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_avg_pool3d(ag.tensor([[[[1.0, 2.0]], [[3.0, 6.0]]]]), 1)
        tensor([[[[3.]]]])
    """
    return _averaged(3, input, output_size)


# --- maxima -------------------------------------------------------------------------------------------------------


def _maxima(rank: int, input: TensorLike, output_size: OutputSizes) -> Tensor:
    name = f"adaptive_max_pool{rank}d"
    x, had_batch = _batched(name, input, rank)
    return _as_given(_MAX[rank](x, out=_output_size(name, output_size, x.shape[2:])), had_batch)


def _maxima_with_indices(rank: int, input: TensorLike, output_size: OutputSizes) -> tuple[Tensor, Tensor]:
    name = f"adaptive_max_pool{rank}d"
    x, had_batch = _batched(name, input, rank)
    return _pair_as_given(_MAX_INDEXED[rank](x, out=_output_size(name, output_size, x.shape[2:])), had_batch)


def adaptive_max_pool1d(input: TensorLike, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Take the maxima of so many windows, spread evenly over sequences.

    Args:
        input: sequences.
        output_size: number of windows; None keeps the length.
        return_indices: return as well where each maximum lies.

    Shapes: input (N, C, L) or (C, L) -> (N, C, output_size), with return_indices twice.
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_max_pool1d; torch.adaptive_max_pool1d always returns the indices as well, as
        `adaptive_max_pool1d_with_indices` does here.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_max_pool1d(ag.tensor([[[1.0, 5.0, 2.0]]]), 2)
        tensor([[[5., 5.]]])
    """
    return (_maxima_with_indices if return_indices else _maxima)(1, input, output_size)


def adaptive_max_pool2d(input: TensorLike, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Take the maxima of so many windows, spread evenly over images.

    Args:
        input: images.
        output_size: (OH, OW) or one number for both; None keeps the size of an axis.
        return_indices: return as well where in its image, counted row by row, each maximum lies.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N, C, OH, OW), with return_indices twice.
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_max_pool2d.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_max_pool2d(ag.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 1)
        tensor([[[4.]]])
    """
    return (_maxima_with_indices if return_indices else _maxima)(2, input, output_size)


def adaptive_max_pool3d(input: TensorLike, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Take the maxima of so many windows, spread evenly over volumes.

    Args:
        input: volumes.
        output_size: (OD, OH, OW) or one number for all; None keeps the size of an axis.
        return_indices: return as well where in its volume, counted row by row, each maximum lies.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW), with return_indices twice.
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_max_pool3d.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_max_pool3d(ag.tensor([[[[1.0, 2.0]], [[4.0, 3.0]]]]), (2, None, 1))
        tensor([[[[2.]],
                 [[4.]]]])
    """
    return (_maxima_with_indices if return_indices else _maxima)(3, input, output_size)


def adaptive_max_pool1d_with_indices(input: TensorLike, output_size: OutputSizes) -> tuple[Tensor, Tensor]:
    """Take the maxima of so many windows of sequences, and where they lie: `adaptive_max_pool1d` with return_indices.

    Shapes: input (N, C, L) or (C, L) -> twice (N, C, output_size).
    Raises: as `adaptive_max_pool1d`.
    Source: torch.nn.functional.adaptive_max_pool1d_with_indices.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_max_pool1d_with_indices(ag.tensor([[[1.0, 5.0, 2.0]]]), 2)
        (tensor([[[5., 5.]]]), tensor([[[1, 1]]]))
    """
    return _maxima_with_indices(1, input, output_size)


def adaptive_max_pool2d_with_indices(input: TensorLike, output_size: OutputSizes) -> tuple[Tensor, Tensor]:
    """Take the maxima of so many windows of images, and where they lie: `adaptive_max_pool2d` with return_indices.

    Shapes: input (N, C, H, W) or (C, H, W) -> twice (N, C, OH, OW).
    Raises: as `adaptive_max_pool2d`.
    Source: torch.nn.functional.adaptive_max_pool2d_with_indices.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_max_pool2d_with_indices(ag.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 1)
        (tensor([[[4.]]]), tensor([[[2]]]))
    """
    return _maxima_with_indices(2, input, output_size)


def adaptive_max_pool3d_with_indices(input: TensorLike, output_size: OutputSizes) -> tuple[Tensor, Tensor]:
    """Take the maxima of so many windows of volumes, and where they lie: `adaptive_max_pool3d` with return_indices.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) -> twice (N, C, OD, OH, OW).
    Raises: as `adaptive_max_pool3d`.
    Source: torch.nn.functional.adaptive_max_pool3d_with_indices.

    Example:
        >>> import autograd_np as ag
        >>> adaptive_max_pool3d_with_indices(ag.tensor([[[[1.0, 2.0]], [[4.0, 3.0]]]]), 1)
        (tensor([[[[4.]]]]), tensor([[[[2]]]]))
    """
    return _maxima_with_indices(3, input, output_size)
