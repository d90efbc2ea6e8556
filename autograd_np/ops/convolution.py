"""Convolutions and transposed convolutions of sequences and images."""

from __future__ import annotations

from typing import NamedTuple

from autograd_np._typing import TensorLike
from autograd_np.core import Op, Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import convolution as kernels
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.kernels.windows import check_sizes, geometry, per_axis
from autograd_np.ops.reductions import _sum
from autograd_np.ops.windows import Sizes, _as_given, _batched, _borders

__all__ = [
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
]

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
    """Return the rows for images of so many spatial axes."""
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


_FACES = {rank: _faces(rank) for rank in (1, 2)}


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


def _convolved(
    rank: int,
    letters: str,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    name = f"conv{rank}d"
    x, had_batch = _batched(name, input, rank, letters)
    w, *rest = _checked_weight(name, x, weight, bias)
    b = rest[0] if rest else None
    _check_groups(name, groups, "output", w.shape[0])
    _check_groups(name, groups, "input", x.shape[1])
    if x.shape[1] != w.shape[1] * groups:
        raise_shape(
            name,
            {"input": x.shape, "weight": w.shape},
            f"with groups={groups} the weight takes {w.shape[1] * groups} channels and the input has {x.shape[1]}",
            "the input is (N, C, ...) and the weight (O, C/groups, ...); images stored as (N, H, W, C) need "
            "x.permute(0, 3, 1, 2)",
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
    return _convolved(1, "C, L", input, weight, bias, stride, padding, dilation, groups)


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
    return _convolved(2, "C, H, W", input, weight, bias, stride, padding, dilation, groups)


# --- transposed convolutions --------------------------------------------------------------------------------------


def _transposed(
    rank: int,
    letters: str,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Tensor:
    name = f"conv_transpose{rank}d"
    x, had_batch = _batched(name, input, rank, letters)
    w, *rest = _checked_weight(name, x, weight, bias)
    b = rest[0] if rest else None
    _check_groups(name, groups, "input", x.shape[1])
    if x.shape[1] != w.shape[0]:
        raise_shape(
            name,
            {"input": x.shape, "weight": w.shape},
            f"the weight takes {w.shape[0]} channels and the input has {x.shape[1]}",
            "the input is (N, C, ...) and the weight (C, O/groups, ...): the other way round than in a convolution",
        )
    _check_bias(name, b, w.shape[1] * groups, w)
    steps = per_axis(name, "stride", stride, rank)
    gaps = per_axis(name, "dilation", dilation, rank)
    borders = per_axis(name, "padding", padding, rank)
    extra = per_axis(name, "output_padding", output_padding, rank)
    check_sizes(name, w.shape[2:], steps, tuple((p, p) for p in borders), gaps)
    if any(not 0 <= e < s for e, s in zip(extra, steps, strict=True)):
        message = (
            f"{name}: output_padding chooses among the sizes that a stride of {steps} maps to this input, so it must "
            f"be at least 0 and smaller than the stride, got {extra}"
        )
        raise ArgumentError(message)
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + e
        for n, s, p, d, k, e in zip(x.shape[2:], steps, borders, gaps, w.shape[2:], extra, strict=True)
    )
    if min(size) < 1:
        raise_shape(
            name,
            {"input": x.shape, "weight": w.shape},
            f"padding {borders} leaves nothing of the output: its spatial size would be {size}",
            "give less padding",
        )
    geo = geometry(name, size, w.shape[2:], steps, tuple((p, p) for p in borders), gaps, groups)
    return _as_given(_FACES[rank].transpose(x, w, b, geo=geo), had_batch)


def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Lay down a filter, scaled by the element, at every element of sequences: the adjoint of `conv1d` in its input.

    Args:
        input: sequences.
        weight: filters, with the input's channels first.
        bias: one number per output channel.
        stride: step between the places where filters are laid down.
        padding: how much is cut off at both ends.
        output_padding: how much is left on at the end; smaller than the stride.
        groups: blocks of channels that are handled separately.
        dilation: distance between the filter's elements.

    Shapes: input (N, C, L) or (C, L), weight (C, O/groups, K), bias (O,) -> (N, O, M),
        M = (L - 1)·stride - 2·padding + dilation·(K - 1) + output_padding + 1.
    Raises: ShapeError for a wrong number of axes or channels; ArgumentError for groups that do not divide the channels,
        strides below 1, and an output_padding that is not smaller than the stride.
    Source: torch.nn.functional.conv_transpose1d.

    Example:
        >>> conv_transpose1d(as_tensor([[[1.0, 2.0]]]), as_tensor([[[1.0, 10.0]]]), stride=2)
        tensor([[[ 1., 10.,  2., 20.]]])
    """
    return _transposed(1, "C, L", input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Lay down a filter, scaled by the element, at every element of images: the adjoint of `conv2d` in its input.

    Args:
        input: images.
        weight: filters, with the input's channels first.
        bias: one number per output channel.
        stride: step between the places where filters are laid down.
        padding: how much is cut off on all sides.
        output_padding: how much is left on below and at the right; smaller than the stride.
        groups: blocks of channels that are handled separately.
        dilation: distance between the filter's elements.

    Shapes: input (N, C, H, W) or (C, H, W), weight (C, O/groups, KH, KW), bias (O,) -> (N, O, OH, OW),
        OH = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1, OW alike.
    Raises: ShapeError for a wrong number of axes or channels; ArgumentError for groups that do not divide the channels,
        strides below 1, and an output_padding that is not smaller than the stride.
    Source: torch.nn.functional.conv_transpose2d; Zeiler, Krishnan, Taylor and Fergus (2010).

    Example:
        >>> conv_transpose2d(as_tensor([[[[1.0, 2.0]]]]), as_tensor([[[[1.0], [3.0]]]]))
        tensor([[[[1., 2.],
                  [3., 6.]]]])
    """
    return _transposed(2, "C, H, W", input, weight, bias, stride, padding, output_padding, groups, dilation)
