"""Windows of images written as matrices, and added back to images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from autograd_np._typing import Shape, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import windows as kernels
from autograd_np.kernels.windows import ConvGeometry, geometry, per_axis

__all__ = ["fold", "im2col", "unfold"]

#: One integer for all spatial axes, or one per axis.
Sizes: TypeAlias = int | Sequence[int]

# --- rows ---------------------------------------------------------------------------------------------------------

_unfold = UnaryOp("unfold", kernels.unfold, lambda g, _y, _x, geo: _fold(g, geo=geo))
_fold = UnaryOp("fold", kernels.fold, lambda g, _y, _x, geo: _unfold(g, geo=geo))
_im2col = UnaryOp("im2col", kernels.im2col, lambda g, _y, _x, geo: _col2im(g, geo=geo))
_col2im = UnaryOp("col2im", kernels.col2im, lambda g, _y, _x, geo: _im2col(g, geo=geo))


# --- arguments, also for convolution and pooling ------------------------------------------------------------------

_LETTERS = {1: "C, L", 2: "C, H, W", 3: "C, D, H, W"}


def _batched(operation: str, input: TensorLike, rank: int, letters: str = "") -> tuple[Tensor, bool]:
    """Return the input with a batch axis, and whether it had one."""
    x = as_tensor(input)
    if x.ndim not in {rank + 1, rank + 2}:
        letters = letters or _LETTERS[rank]
        raise_shape(
            operation,
            {"input": x.shape},
            f"the input must be (N, {letters}) or ({letters}), got {x.ndim} axes",
            "add the axes that are missing, for a single channel x.unsqueeze(1)",
        )
    had_batch = x.ndim == rank + 2
    return (x if had_batch else x.reshape((1, *x.shape))), had_batch


def _as_given(y: Tensor, had_batch: bool) -> Tensor:
    """Return the output without the batch axis that the input did not have."""
    return y if had_batch else y.reshape(y.shape[1:])


def _borders(
    operation: str, padding: Sizes | str, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after each spatial axis; 'same' puts the odd element after."""
    if isinstance(padding, str):
        if padding == "valid":
            return ((0, 0),) * len(kernel)
        if padding != "same":
            message = f"{operation}: padding must be integers, 'same' or 'valid', got {padding!r}"
            raise ArgumentError(message)
        if max(stride) > 1:
            message = (
                f"{operation}: padding='same' keeps the size only at stride 1, got stride {stride}\n"
                "  fix: give the padding as a number, usually kernel_size // 2"
            )
            raise ArgumentError(message)
        totals = (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        return tuple((total // 2, total - total // 2) for total in totals)
    return tuple((p, p) for p in per_axis(operation, "padding", padding, len(kernel)))


def _windows(
    operation: str, size: Shape, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> ConvGeometry:
    """Return the geometry of windows from a function's arguments."""
    rank = len(size)
    kernel = per_axis(operation, "kernel_size", kernel_size, rank)
    steps = per_axis(operation, "stride", stride, rank)
    gaps = per_axis(operation, "dilation", dilation, rank)
    return geometry(operation, size, kernel, steps, _borders(operation, padding, kernel, steps, gaps), gaps)


# --- functions ----------------------------------------------------------------------------------------------------


def im2col(input: TensorLike, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1) -> Tensor:
    """Write the windows of images as the rows of a matrix; a convolution is that matrix times the filters.

    Args:
        input: images.
        kernel_size: size of the windows.
        stride: step between windows.
        padding: zeros around the image.
        dilation: distance between a window's elements.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N·OH·OW, C·KH·KW), each row channel by channel.
    Raises: ShapeError for a wrong number of axes or a window larger than the padded input; ArgumentError for sizes
        below 1.
    Source: Chellapilla, Puri and Simard, High Performance Convolutional Neural Networks for Document Processing (2006).

    Example:
        >>> im2col(as_tensor([[[1, 2, 3], [4, 5, 6]]]), 2)
        tensor([[1, 2, 4, 5],
                [2, 3, 5, 6]])
    """
    x, _ = _batched("im2col", input, 2)
    return _im2col(x, geo=_windows("im2col", x.shape[2:], kernel_size, stride, padding, dilation))


def unfold(input: TensorLike, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """Write the windows of each image as the columns of a matrix.

    Args:
        input: images.
        kernel_size: size of the windows.
        dilation: distance between a window's elements.
        padding: zeros around the image.
        stride: step between windows.

    Shapes: input (N, C, H, W) or (C, H, W) -> (N, C·KH·KW, L) or (C·KH·KW, L), with L = OH·OW windows.
    Raises: ShapeError for a wrong number of axes or a window larger than the padded input; ArgumentError for sizes
        below 1.
    Source: torch.nn.functional.unfold.

    Example:
        >>> unfold(as_tensor([[[1, 2, 3], [4, 5, 6]]]), 2)
        tensor([[1, 2],
                [2, 3],
                [4, 5],
                [5, 6]])
    """
    x, had_batch = _batched("unfold", input, 2)
    geo = _windows("unfold", x.shape[2:], kernel_size, stride, padding, dilation)
    return _as_given(_unfold(x, geo=geo), had_batch)


def fold(
    input: TensorLike,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Add windows, given as the columns of a matrix, into images: the adjoint of `unfold`, not its inverse.

    Args:
        input: windows.
        output_size: size of the images.
        kernel_size: size of the windows.
        dilation: distance between a window's elements.
        padding: width of the border that is added into, and cut off.
        stride: step between windows.

    Shapes: input (N, C·KH·KW, L) or (C·KH·KW, L) -> (N, C, H, W) or (C, H, W), (H, W) = output_size.
    Raises: ShapeError if the input does not hold C·KH·KW rows and as many columns as there are windows; ArgumentError
        for sizes below 1.
    Source: torch.nn.functional.fold.

    Example:
        >>> fold(as_tensor([[1, 2], [2, 3], [4, 5], [5, 6]]), (2, 3), 2)
        tensor([[[ 1,  4,  3],
                 [ 4, 10,  6]]])
    """
    x, had_batch = _batched("fold", input, 1, "C·KH·KW, L")
    size = per_axis("fold", "output_size", output_size, 2)
    geo = _windows("fold", size, kernel_size, stride, padding, dilation)
    rows, columns = math.prod(geo.kernel), math.prod(geo.out)
    if x.shape[1] % rows or x.shape[2] != columns:
        raise_shape(
            "fold",
            {"input": x.shape},
            f"images of {size} have {columns} windows of {geo.kernel}, so the input must be (N, C·{rows}, {columns})",
            "give unfold and fold the same kernel_size, dilation, padding and stride",
        )
    return _as_given(_fold(x, geo=geo), had_batch)
