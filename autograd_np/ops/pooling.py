"""Pooling of sequences and images: maxima and averages over windows, or over a given number of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd_np._typing import Shape, TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.kernels import pooling as kernels
from autograd_np.kernels.windows import ConvGeometry, per_axis
from autograd_np.ops.windows import Sizes, _as_given, _batched

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "max_pool1d",
    "max_pool2d",
]

#: As `Sizes`, where None keeps an axis as it is.
OutputSizes: TypeAlias = int | Sequence[int | None]

# --- rows ---------------------------------------------------------------------------------------------------------

#: Reading at an index and adding at it: each other's adjoints, and the derivatives of every maximum.
_pool_gather = Op(
    "pool_gather",
    kernels.pool_gather,
    lambda g, _y, _x, index: _pool_scatter(g, index, size=_x.shape[2:]),
    None,
)
_pool_scatter = Op("pool_scatter", kernels.pool_scatter, lambda h, _y, _g, index, size: _pool_gather(h, index), None)


def _max_row(name: str, kernel: Any) -> UnaryOp:
    """Return a row of maxima; where they lie is piecewise constant."""
    return UnaryOp(
        name,
        kernel,
        lambda g, _y, _x, index, **_static: _pool_scatter(g, index, size=_x.shape[2:]),
        by_products={"index": None},
    )


def _avg_row(rank: int) -> UnaryOp:
    return UnaryOp(
        f"avg_pool{rank}d",
        kernels.avg_pool,
        lambda g, _y, _x, geo, divisor: _avg_spread(g, geo=geo, divisor=divisor),
        promotion="float",
    )


def _adaptive_row(rank: int) -> UnaryOp:
    return UnaryOp(
        f"adaptive_avg_pool{rank}d",
        kernels.adaptive_avg_pool,
        lambda g, _y, _x, out: _adaptive_spread(g, size=_x.shape[2:]),
        promotion="float",
    )


_MAX = {rank: _max_row(f"max_pool{rank}d", kernels.max_pool) for rank in (1, 2)}
_ADAPTIVE_MAX = {rank: _max_row(f"adaptive_max_pool{rank}d", kernels.adaptive_max_pool) for rank in (1, 2)}
_AVG = {rank: _avg_row(rank) for rank in (1, 2)}
_ADAPTIVE_AVG = {rank: _adaptive_row(rank) for rank in (1, 2)}
#: The averages' adjoints.
_avg_spread = UnaryOp(
    "avg_spread",
    kernels.avg_spread,
    lambda h, _y, _g, geo, divisor: _AVG[len(geo.size)](h, geo=geo, divisor=divisor),
)
_adaptive_spread = UnaryOp(
    "adaptive_spread",
    kernels.adaptive_spread,
    lambda h, _y, _g, size: _ADAPTIVE_AVG[len(size)](h, out=_g.shape[2:]),
)


# --- arguments ----------------------------------------------------------------------------------------------------

_LETTERS = {1: "C, L", 2: "C, H, W"}


def _geometry(
    name: str,
    size: Shape,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
) -> ConvGeometry:
    """Return the geometry of the windows; the stride is the window's size unless given."""
    rank = len(size)
    kernel = per_axis(name, "kernel_size", kernel_size, rank)
    steps = kernel
    if stride is not None and not (isinstance(stride, Sequence) and not stride):
        steps = per_axis(name, "stride", stride, rank)
    borders = per_axis(name, "padding", padding, rank)
    gaps = per_axis(name, "dilation", dilation, rank)
    return kernels.pool_geometry(name, size, kernel, steps, borders, gaps, ceil_mode=ceil_mode)


def _output_size(name: str, output_size: OutputSizes, size: Shape) -> Shape:
    """Return the number of windows along each axis, at least one."""
    listed: Any = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,)
    if len(listed) == 1:
        listed *= len(size)
    if len(listed) == len(size):
        listed = [n if count is None else count for count, n in zip(listed, size, strict=True)]
    out = per_axis(name, "output_size", listed, len(size))
    if min(out) < 1 or min(size) < 1:
        message = f"{name}: output_size and the input must be at least 1 along every axis, got {out} and {size}"
        raise ArgumentError(message)
    return out


# --- maxima -------------------------------------------------------------------------------------------------------


def _max_pooled(
    rank: int,
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Tensor | tuple[Tensor, Tensor]:
    name = f"max_pool{rank}d"
    x, had_batch = _batched(name, input, rank, _LETTERS[rank])
    geo = _geometry(name, x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    y = _as_given(_MAX[rank](x, geo=geo), had_batch)
    if not return_indices:
        return y
    index = as_tensor(kernels.max_pool(x._array, geo)[1])
    return y, _as_given(index, had_batch)


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

    Shapes: input (N, C, L) or (C, L) -> (N, C, M), M = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1 or a padding of more than half a window.
    Source: torch.nn.functional.max_pool1d.

    Example:
        >>> max_pool1d(as_tensor([[[1.0, 5.0, 2.0, 3.0]]]), 2)
        tensor([[[5., 3.]]])
    """
    return _max_pooled(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


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
        >>> image = as_tensor([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 8.0, 7.0]]])
        >>> max_pool2d(image, 2, return_indices=True)
        (tensor([[[4., 8.]]]), tensor([[[5, 6]]]))
    """
    return _max_pooled(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _adaptive_max_pooled(rank: int, input: TensorLike, output_size: OutputSizes, return_indices: bool) -> Any:
    name = f"adaptive_max_pool{rank}d"
    x, had_batch = _batched(name, input, rank, _LETTERS[rank])
    out = _output_size(name, output_size, x.shape[2:])
    y = _as_given(_ADAPTIVE_MAX[rank](x, out=out), had_batch)
    if not return_indices:
        return y
    return y, _as_given(as_tensor(kernels.adaptive_max_pool(x._array, out)[1]), had_batch)


def adaptive_max_pool1d(input: TensorLike, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Take the maxima of so many windows, spread evenly over sequences.

    Shapes: input (N, C, L) or (C, L) -> (N, C, output_size), with return_indices twice.
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_max_pool1d.

    Example:
        >>> adaptive_max_pool1d(as_tensor([[[1.0, 5.0, 2.0]]]), 2)
        tensor([[[5., 5.]]])
    """
    return _adaptive_max_pooled(1, input, output_size, return_indices)


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
        >>> adaptive_max_pool2d(as_tensor([[[1.0, 2.0], [4.0, 3.0]]]), 1)
        tensor([[[4.]]])
    """
    return _adaptive_max_pooled(2, input, output_size, return_indices)


# --- averages -----------------------------------------------------------------------------------------------------


def _avg_pooled(
    rank: int,
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    name = f"avg_pool{rank}d"
    x, had_batch = _batched(name, input, rank, _LETTERS[rank])
    geo = _geometry(name, x.shape[2:], kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        message = f"{name}: divisor_override must not be zero"
        raise ArgumentError(message)
    border = per_axis(name, "padding", padding, rank)
    divisor = divisor_override or kernels.window_sizes(geo, border, count_include_pad=count_include_pad)
    return _as_given(_AVG[rank](x, geo=geo, divisor=divisor), had_batch)


def avg_pool1d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Average each window of sequences.

    Args:
        input: sequences.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        padding: zeros before and after; at most half a window.
        ceil_mode: let the last window hang over the end instead of leaving elements out.
        count_include_pad: count the padding's zeros as elements.

    Shapes: input (N, C, L) or (C, L) -> (N, C, M), M = (L + 2·padding - K) // stride + 1.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1 or a padding of more than half a window.
    Source: torch.nn.functional.avg_pool1d.

    Example:
        >>> avg_pool1d(as_tensor([[[1.0, 5.0, 2.0, 4.0]]]), 2)
        tensor([[[3., 3.]]])
    """
    return _avg_pooled(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Average each window of images.

    Args:
        input: images.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        padding: zeros around the image; at most half a window.
        ceil_mode: let the last windows hang over the border instead of leaving elements out.
        count_include_pad: count the padding's zeros as elements.
        divisor_override: divide the windows' sums by this instead of their sizes.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N, C, OH, OW), OH = (H + 2·padding - KH) // stride + 1, OW alike.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1, a padding of more than half a window, or a divisor of zero.
    Source: torch.nn.functional.avg_pool2d.

    Example:
        >>> avg_pool2d(as_tensor([[[1.0, 2.0], [3.0, 6.0]]]), 2)
        tensor([[[3.]]])
    """
    return _avg_pooled(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _adaptive_avg_pooled(rank: int, input: TensorLike, output_size: OutputSizes) -> Tensor:
    name = f"adaptive_avg_pool{rank}d"
    x, had_batch = _batched(name, input, rank, _LETTERS[rank])
    out = _output_size(name, output_size, x.shape[2:])
    return _as_given(_ADAPTIVE_AVG[rank](x, out=out), had_batch)


def adaptive_avg_pool1d(input: TensorLike, output_size: OutputSizes) -> Tensor:
    """Average so many windows, spread evenly over sequences.

    Shapes: input (N, C, L) or (C, L) -> (N, C, output_size).
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_avg_pool1d.

    Example:
        >>> adaptive_avg_pool1d(as_tensor([[[1.0, 5.0, 3.0]]]), 2)
        tensor([[[3., 4.]]])
    """
    return _adaptive_avg_pooled(1, input, output_size)


def adaptive_avg_pool2d(input: TensorLike, output_size: OutputSizes) -> Tensor:
    """Average so many windows, spread evenly over images; output_size 1 is global average pooling.

    Args:
        input: images.
        output_size: (OH, OW) or one number for both; None keeps the size of an axis.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N, C, OH, OW).
    Raises: ShapeError for a wrong number of axes, ArgumentError for an output_size below 1.
    Source: torch.nn.functional.adaptive_avg_pool2d.

    Example:
        >>> adaptive_avg_pool2d(as_tensor([[[1.0, 2.0], [3.0, 6.0]]]), 1)
        tensor([[[3.]]])
    """
    return _adaptive_avg_pooled(2, input, output_size)
