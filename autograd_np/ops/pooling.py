"""Maxima over windows of sequences, images and volumes, and what all pooling shares.

Averages are in average_pooling.py, given numbers of windows in adaptive_pooling.py, the way back in unpooling.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import Op, Tensor, UnaryOp
from autograd_np.kernels import pooling as kernels
from autograd_np.kernels.windows import ConvGeometry, per_axis
from autograd_np.ops.windows import Sizes, _as_given, _batched

__all__ = [
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
]

# --- rows ---------------------------------------------------------------------------------------------------------

#: Reading at an index and adding at it: each other's adjoints, and the derivatives of every maximum.
_pool_gather = Op(
    "pool_gather",
    kernels.pool_gather,
    lambda g, _y, _x, index: _pool_scatter(g, index, size=_x.shape[2:]),
    None,
)
_pool_scatter = Op("pool_scatter", kernels.pool_scatter, lambda h, _y, _g, index, size: _pool_gather(h, index), None)


#: Where maxima lie is piecewise constant.
_max_places = UnaryOp("max_places", kernels.max_places, None)
_max_spread = Op(
    "max_spread",
    kernels.max_spread,
    lambda h, _y, _g, x, geo: _pool_gather(h, _max_places(x, geo=geo)),
    None,
)


def _max_row(rank: int) -> UnaryOp:
    """Return a row of maxima; where they lie is found on the way back, which a pass without gradients never goes."""
    return UnaryOp(
        f"max_pool{rank}d",
        kernels.max_pool,
        lambda g, _y, x, geo: _max_spread(g, x, geo=geo),
    )


def _max_pool_with_places(x: Array, geo: ConvGeometry) -> tuple[Array, Array]:
    y = kernels.max_pool(x, geo)
    return y, kernels.max_places(x, geo, y)


def _indexed_row(name: str, kernel: Callable[..., tuple[Array, Array]]) -> UnaryOp:
    """Return a row of maxima whose second output is where they lie; the rule has a copy that no user can write to."""

    def both(x: Array, **static: Any) -> tuple[Array, Array, Array]:
        y, index = kernel(x, **static)
        return y, index, index.copy()

    return UnaryOp(
        name,
        both,
        lambda g, _y, _x, where, **_static: _pool_scatter(g[0], where, size=_x.shape[2:]),
        outputs=2,
        by_products={"where": None},
    )


_MAX = {rank: _max_row(rank) for rank in (1, 2, 3)}
_MAX_INDEXED = {rank: _indexed_row(f"max_pool{rank}d_with_indices", _max_pool_with_places) for rank in (1, 2, 3)}


# --- arguments ----------------------------------------------------------------------------------------------------


def _steps(name: str, stride: Sizes | None, kernel: Shape) -> Shape:
    """Return the step between windows: the window's size unless given."""
    if stride is None or (isinstance(stride, Sequence) and not stride):
        return kernel
    return per_axis(name, "stride", stride, len(kernel))


def _geometry(
    name: str,
    size: Shape,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
) -> ConvGeometry:
    """Return the geometry of the windows."""
    rank = len(size)
    kernel = per_axis(name, "kernel_size", kernel_size, rank)
    borders = per_axis(name, "padding", padding, rank)
    gaps = per_axis(name, "dilation", dilation, rank)
    steps = _steps(name, stride, kernel)
    return kernels.pool_geometry(name, size, kernel, steps, borders, gaps, ceil_mode=ceil_mode)


def _pair_as_given(found: tuple[Tensor, Tensor], had_batch: bool) -> tuple[Tensor, Tensor]:
    y, index = found
    return _as_given(y, had_batch), _as_given(index, had_batch)


# --- functions ----------------------------------------------------------------------------------------------------


def _max_pooled(rank: int, input: TensorLike, *windows: Any) -> Tensor:
    name = f"max_pool{rank}d"
    x, had_batch = _batched(name, input, rank)
    return _as_given(_MAX[rank](x, geo=_geometry(name, x.shape[2:], *windows)), had_batch)


def _max_pooled_with_indices(rank: int, input: TensorLike, *windows: Any) -> tuple[Tensor, Tensor]:
    name = f"max_pool{rank}d"
    x, had_batch = _batched(name, input, rank)
    return _pair_as_given(_MAX_INDEXED[rank](x, geo=_geometry(name, x.shape[2:], *windows)), had_batch)


def max_pool1d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the maximum of each window of sequences; its gradient goes to the first that equals it.

    Args:
        input: sequences.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        padding: elements before and after that never are the maximum; at most half a window.
        dilation: distance between a window's elements.
        ceil_mode: let the last window hang over the end instead of leaving elements out.
        return_indices: return as well where each maximum lies.

    Shapes: input (N, C, L) or (C, L) -> (N, C, M), with return_indices twice,
        M = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1 or a padding of more than half a window.
    Source: torch.nn.functional.max_pool1d.

    Example:
        >>> import autograd_np as ag
        >>> max_pool1d(ag.tensor([[[1.0, 5.0, 2.0, 3.0]]]), 2)
        tensor([[[5., 3.]]])
    """
    pooled = _max_pooled_with_indices if return_indices else _max_pooled
    return pooled(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the maximum of each window of images; its gradient goes to the first that equals it, row by row.

    Args:
        input: images.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        padding: border that never holds the maximum; at most half a window.
        dilation: distance between a window's elements.
        ceil_mode: let the last windows hang over the border instead of leaving elements out.
        return_indices: return as well where in its image, counted row by row, each maximum lies.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N, C, OH, OW), with return_indices twice,
        OH = (H + 2·padding - dilation·(KH - 1) - 1) // stride + 1, OW alike.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1 or a padding of more than half a window.
    Source: torch.nn.functional.max_pool2d.

    Example:
        >>> import autograd_np as ag
        >>> image = ag.tensor([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 8.0, 7.0]]])
        >>> max_pool2d(image, 2, return_indices=True)
        (tensor([[[4., 8.]]]), tensor([[[5, 6]]]))
    """
    pooled = _max_pooled_with_indices if return_indices else _max_pooled
    return pooled(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the maximum of each window of volumes; its gradient goes to the first that equals it.

    Args:
        input: volumes.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        padding: border that never holds the maximum; at most half a window.
        dilation: distance between a window's elements.
        ceil_mode: let the last windows hang over the border instead of leaving elements out.
        return_indices: return as well where in its volume, counted row by row, each maximum lies.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW), with return_indices twice,
        OD = (D + 2·padding - dilation·(KD - 1) - 1) // stride + 1, OH and OW alike.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1 or a padding of more than half a window.
    Source: torch.nn.functional.max_pool3d.

    Example:
        >>> import autograd_np as ag
        >>> film = ag.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[8.0, 7.0], [6.0, 5.0]]]])
        >>> max_pool3d(film, (2, 1, 2)), max_pool3d(film, 2)
        (tensor([[[[8.],
                   [6.]]]]), tensor([[[[8.]]]]))
    """
    pooled = _max_pooled_with_indices if return_indices else _max_pooled
    return pooled(3, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d_with_indices(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the maximum of each window of sequences, and where it lies: `max_pool1d` with return_indices.

    Shapes: input (N, C, L) or (C, L) -> twice (N, C, M).
    Raises: as `max_pool1d`.
    Source: torch.nn.functional.max_pool1d_with_indices.

    Example:
        >>> import autograd_np as ag
        >>> max_pool1d_with_indices(ag.tensor([[[1.0, 5.0, 2.0, 3.0]]]), 2)
        (tensor([[[5., 3.]]]), tensor([[[1, 3]]]))
    """
    return _max_pooled_with_indices(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the maximum of each window of images, and where it lies: `max_pool2d` with return_indices.

    Shapes: input (N, C, H, W) or (C, H, W) -> twice (N, C, OH, OW).
    Raises: as `max_pool2d`.
    Source: torch.nn.functional.max_pool2d_with_indices.

    Example:
        >>> import autograd_np as ag
        >>> max_pool2d_with_indices(ag.tensor([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 8.0, 7.0]]]), 2)
        (tensor([[[4., 8.]]]), tensor([[[5, 6]]]))
    """
    return _max_pooled_with_indices(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the maximum of each window of volumes, and where it lies: `max_pool3d` with return_indices.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) -> twice (N, C, OD, OH, OW).
    Raises: as `max_pool3d`.
    Source: torch.nn.functional.max_pool3d_with_indices.

    Example:
        >>> import autograd_np as ag
        >>> max_pool3d_with_indices(ag.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[8.0, 7.0], [6.0, 5.0]]]]), 2)
        (tensor([[[[8.]]]]), tensor([[[[4]]]]))
    """
    return _max_pooled_with_indices(3, input, kernel_size, stride, padding, dilation, ceil_mode)
