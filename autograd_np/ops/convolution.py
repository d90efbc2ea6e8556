"""Convolutions of sequences, images and volumes. Their transposes are in transposed_convolution.py."""

from __future__ import annotations

from typing import NamedTuple

from autograd_np._typing import TensorLike
from autograd_np.core import Op, Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import convolution as kernels
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.kernels.windows import geometry, per_axis
from autograd_np.ops.reductions import _sum
from autograd_np.ops.windows import Sizes, _as_given, _batched, _borders

__all__ = ["conv1d", "conv2d", "conv3d"]

# --- rows ---------------------------------------------------------------------------------------------------------


class _Faces(NamedTuple):
    """The rows of one trilinear form, ⟨g, conv(x, w)⟩ = ⟨x, dx(g, w)⟩ = ⟨w, dw(g, x)⟩: each other's derivatives.

    The transposed convolution is dx again, with a bias and a name of its own.
    """

    conv: Op
    dx: Op
    dw: Op
    transpose: Op


def _faces(rank: int) -> _Faces:
    """Return the rows for inputs of so many spatial axes."""
    others = (0, *range(2, 2 + rank))
    conv = Op(
        f"conv{rank}d",
        kernels.conv,
        lambda g, _y, _x, w, _b, geo: dx(g, w, geo=geo),
        lambda g, _y, x, _w, _b, geo: dw(g, x, geo=geo),
        lambda g, _y, _x, _w, _b, geo: _sum(g, axes=others, keepdims=False),
    )
    dx = Op(
        f"conv{rank}d_dx",
        kernels.conv_dx,
        lambda h, _y, _g, w, geo: conv(h, w, None, geo=geo),
        lambda h, _y, g, _w, geo: dw(g, h, geo=geo),
    )
    dw = Op(
        f"conv{rank}d_dw",
        kernels.conv_dw,
        lambda h, _y, _g, x, geo: conv(x, h, None, geo=geo),
        lambda h, _y, g, _x, geo: dx(g, h, geo=geo),
    )
    transpose = Op(
        f"conv_transpose{rank}d",
        kernels.conv_transpose,
        lambda g, _y, _x, w, _b, geo: conv(g, w, None, geo=geo),
        lambda g, _y, x, _w, _b, geo: dw(x, g, geo=geo),
        lambda g, _y, _x, _w, _b, geo: _sum(g, axes=others, keepdims=False),
    )
    return _Faces(conv, dx, dw, transpose)


_FACES = {rank: _faces(rank) for rank in (1, 2, 3)}


# --- arguments ----------------------------------------------------------------------------------------------------


def _checked_weight(operation: str, x: Tensor, weight: TensorLike, bias: TensorLike | None) -> tuple[Tensor, ...]:
    """Return weight and bias as Tensors of the input's type and the right number of axes."""
    w = as_tensor(weight)
    b = None if bias is None else as_tensor(bias)
    check_one_type(operation, x.dtype, w.dtype, *(() if b is None else (b.dtype,)))
    if w.ndim != x.ndim:
        raise_shape(
            operation,
            {"input": x.shape, "weight": w.shape},
            f"the weight must have {x.ndim} axes, got {w.ndim}",
            "a weight is one filter (channels, *kernel) per output channel",
        )
    return (w,) if b is None else (w, b)


def _check_groups(operation: str, groups: int, what: str, channels: int) -> None:
    if groups < 1 or channels % groups:
        message = (
            f"{operation}: groups must be at least 1 and divide the {channels} {what} channels, got groups={groups}"
        )
        raise ArgumentError(message)


def _check_bias(operation: str, b: Tensor | None, channels: int, w: Tensor) -> None:
    if b is not None and b.shape != (channels,):
        raise_shape(
            operation,
            {"weight": w.shape, "bias": b.shape},
            f"the bias must hold one number per output channel, ({channels},)",
            "flatten the bias to one axis",
        )


# --- convolutions -------------------------------------------------------------------------------------------------

#: Moves the channels from the last axis to the second.
_FIRST = {1: "permute(0, 2, 1)", 2: "permute(0, 3, 1, 2)", 3: "permute(0, 4, 1, 2, 3)"}


def _convolved(
    rank: int,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    name = f"conv{rank}d"
    x, had_batch = _batched(name, input, rank)
    w, *rest = _checked_weight(name, x, weight, bias)
    b = rest[0] if rest else None
    _check_groups(name, groups, "output", w.shape[0])
    _check_groups(name, groups, "input", x.shape[1])
    if x.shape[1] != w.shape[1] * groups:
        raise_shape(
            name,
            {"input": x.shape, "weight": w.shape},
            f"with groups={groups} the weight takes {w.shape[1] * groups} channels and the input has {x.shape[1]}",
            "the input is (N, C, ...) and the weight (O, C/groups, ...); an input with its channels last needs "
            f"x.{_FIRST[rank]}",
            {"input": 1, "weight": 1},
        )
    _check_bias(name, b, w.shape[0], w)
    steps = per_axis(name, "stride", stride, rank)
    gaps = per_axis(name, "dilation", dilation, rank)
    kernel = w.shape[2:]
    borders = _borders(name, padding, kernel, steps, gaps)
    geo = geometry(name, x.shape[2:], kernel, steps, borders, gaps, groups)
    return _as_given(_FACES[rank].conv(x, w, b, geo=geo), had_batch)


def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Slide filters over sequences (cross-correlation: the filters are not turned about).

    Args:
        input: sequences.
        weight: filters.
        bias: one number per filter, added to its outputs.
        stride: step between windows.
        padding: zeros at both ends; 'same' keeps the length at stride 1, 'valid' adds none.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately.

    Shapes: input (N, C, L) or (C, L), weight (O, C/groups, K), bias (O,) -> (N, O, M),
        M = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1.
    Raises: ShapeError for a wrong number of axes or channels, or a kernel larger than the padded input; ArgumentError
        for groups that do not divide the channels, and for strides below 1; DTypeError for operands of several types.
    Source: torch.nn.functional.conv1d.

    Example:
        >>> conv1d(as_tensor([[[1.0, 2.0, 4.0, 8.0]]]), as_tensor([[[-1.0, 1.0]]]))
        tensor([[[1., 2., 4.]]])
    """
    return _convolved(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Slide filters over images (cross-correlation: the filters are not turned about).

    Args:
        input: images.
        weight: filters.
        bias: one number per filter, added to its outputs.
        stride: step between windows.
        padding: zeros around the image; 'same' keeps the size at stride 1, 'valid' adds none.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately; as many as channels is a depthwise convolution.

    Shapes: input (N, C, H, W) or (C, H, W), weight (O, C/groups, KH, KW), bias (O,) -> (N, O, OH, OW),
        OH = (H + 2·padding - dilation·(KH - 1) - 1) // stride + 1, OW alike.
    Raises: ShapeError for a wrong number of axes or channels, or a kernel larger than the padded input; ArgumentError
        for groups that do not divide the channels, and for strides below 1; DTypeError for operands of several types.
    Source: torch.nn.functional.conv2d; im2col after Chellapilla, Puri and Simard (2006).

    Example:
        >>> image = as_tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]])
        >>> conv2d(image, as_tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))
        tensor([[[-4., -4.],
                 [-4., -4.]]])
    """
    return _convolved(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Slide filters over volumes, or over the frames of films (cross-correlation: the filters are not turned about).

    Args:
        input: volumes.
        weight: filters.
        bias: one number per filter, added to its outputs.
        stride: step between windows.
        padding: zeros around the volume; 'same' keeps the size at stride 1, 'valid' adds none.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately; as many as channels is a depthwise convolution.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), weight (O, C/groups, KD, KH, KW), bias (O,) -> (N, O, OD, OH, OW),
        OD = (D + 2·padding - dilation·(KD - 1) - 1) // stride + 1, OH and OW alike.
    Raises: ShapeError for a wrong number of axes or channels, or a kernel larger than the padded input; ArgumentError
        for groups that do not divide the channels, and for strides below 1; DTypeError for operands of several types.
    Source: torch.nn.functional.conv3d; Ji, Xu, Yang and Yu, 3D Convolutional Neural Networks (2013).

    Example:
        >>> film = as_tensor([[[[1.0, 2.0]], [[4.0, 8.0]]]])
        >>> conv3d(film, as_tensor([[[[[-1.0]], [[1.0]]]]]))  # what changed from one frame to the next
        tensor([[[[3., 6.]]]])
    """
    return _convolved(3, input, weight, bias, stride, padding, dilation, groups)
