"""Averages over windows of sequences, images and volumes."""

from __future__ import annotations

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, UnaryOp
from autograd_np.errors import ArgumentError
from autograd_np.kernels import pooling as kernels
from autograd_np.kernels.windows import per_axis
from autograd_np.ops.pooling import _geometry
from autograd_np.ops.windows import Sizes, _as_given, _batched

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _avg_row(rank: int) -> UnaryOp:
    return UnaryOp(
        f"avg_pool{rank}d",
        kernels.avg_pool,
        lambda g, _y, _x, geo, divisor: _avg_spread(g, geo=geo, divisor=divisor),
        promotion="float",
    )


_AVG = {rank: _avg_row(rank) for rank in (1, 2, 3)}
#: The adjoint of them all.
_avg_spread = UnaryOp(
    "avg_spread",
    kernels.avg_spread,
    lambda h, _y, _g, geo, divisor: _AVG[len(geo.size)](h, geo=geo, divisor=divisor),
)


# --- functions ----------------------------------------------------------------------------------------------------


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
    x, had_batch = _batched(name, input, rank)
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
        >>> import autograd_np as ag
        >>> avg_pool1d(ag.tensor([[[1.0, 5.0, 2.0, 4.0]]]), 2)
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
        >>> import autograd_np as ag
        >>> avg_pool2d(ag.tensor([[[1.0, 2.0], [3.0, 6.0]]]), 2)
        tensor([[[3.]]])
    """
    return _avg_pooled(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Average each window of volumes.

    Args:
        input: volumes.
        kernel_size: size of the windows.
        stride: step between windows; their size if not given.
        padding: zeros around the volume; at most half a window.
        ceil_mode: let the last windows hang over the border instead of leaving elements out.
        count_include_pad: count the padding's zeros as elements.
        divisor_override: divide the windows' sums by this instead of their sizes.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW),
        OD = (D + 2·padding - KD) // stride + 1, OH and OW alike.
    Raises: ShapeError for a wrong number of axes or windows larger than the padded input; ArgumentError for sizes below
        1, a padding of more than half a window, or a divisor of zero.
    Source: torch.nn.functional.avg_pool3d.

    Example:
        >>> import autograd_np as ag
        >>> avg_pool3d(ag.tensor([[[[1.0, 2.0]], [[3.0, 6.0]]]]), (2, 1, 2))
        tensor([[[[3.]]]])
    """
    return _avg_pooled(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
