"""Transposed convolutions of sequences, images and volumes: the adjoints of convolutions in their input."""

from __future__ import annotations

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.windows import check_sizes, geometry, per_axis
from autograd_np.ops.convolution import _FACES, _check_bias, _check_groups, _checked_weight
from autograd_np.ops.repeating import pad
from autograd_np.ops.windows import Sizes, _as_given, _batched

__all__ = ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def _transposed(
    rank: int,
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
    x, had_batch = _batched(name, input, rank)
    w, *rest = _checked_weight(name, x, weight, bias)
    b = rest[0] if rest else None
    _check_groups(name, groups, "input", x.shape[1])
    if x.shape[1] != w.shape[0]:
        raise_shape(
            name,
            {"input": x.shape, "weight": w.shape},
            f"the weight takes {w.shape[0]} channels and the input has {x.shape[1]}",
            "the input is (N, C, ...) and the weight (C, O/groups, ...): the other way round than in a convolution",
            {"input": 1, "weight": 0},
        )
    _check_bias(name, b, w.shape[1] * groups, w)
    steps = per_axis(name, "stride", stride, rank)
    gaps = per_axis(name, "dilation", dilation, rank)
    borders = per_axis(name, "padding", padding, rank)
    extra = per_axis(name, "output_padding", output_padding, rank)
    check_sizes(name, w.shape[2:], steps, tuple((p, p) for p in borders), gaps)
    if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, steps, gaps, strict=True)):
        message = (
            f"{name}: output_padding chooses among the sizes that a stride of {steps} maps to this input, so it must "
            f"be at least 0 and smaller than the stride or the dilation, got {extra}"
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
    ends = [_end(p, e, s) for p, e, s in zip(borders, extra, steps, strict=True)]
    reached = tuple(n - beyond for n, (_, beyond) in zip(size, ends, strict=True))
    cut = tuple((p, high) for p, (high, _) in zip(borders, ends, strict=True))
    geo = geometry(name, reached, w.shape[2:], steps, cut, gaps, groups)
    row = _FACES[rank].transpose
    if reached == size:
        return _as_given(row(x, w, b, geo=geo), had_batch)
    y = pad(row(x, w, None, geo=geo), [n for _, beyond in reversed(ends) for n in (0, beyond)])
    return _as_given(y if b is None else y + b.reshape((-1, *(1,) * rank)), had_batch)


def _end(padding: int, extra: int, stride: int) -> tuple[int, int]:
    """Return what is cut off at the end of an axis, and how many elements there no filter reaches.

    An extra below the stride is what the last, incomplete step leaves over. A larger one, which only a dilation above
    the stride allows, would count as further windows: it takes from what is cut off, and zeros follow where that ends.
    """
    if extra < stride:
        return padding, 0
    return max(padding - extra, 0), max(extra - padding, 0)


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
        output_padding: how much is left on at the end; smaller than the stride or the dilation.
        groups: blocks of channels that are handled separately.
        dilation: distance between the filter's elements.

    Shapes: input (N, C, L) or (C, L), weight (C, O/groups, K), bias (O,) -> (N, O, M),
        M = (L - 1)·stride - 2·padding + dilation·(K - 1) + output_padding + 1.
    Raises: ShapeError for a wrong number of axes or channels; ArgumentError for groups that do not divide the channels,
        strides below 1, and an output_padding that is as large as stride and dilation.
    Source: torch.nn.functional.conv_transpose1d.

    Example:
        >>> import autograd_np as ag
        >>> conv_transpose1d(ag.tensor([[[1.0, 2.0]]]), ag.tensor([[[1.0, 10.0]]]), stride=2)
        tensor([[[ 1., 10.,  2., 20.]]])
    """
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


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
        output_padding: how much is left on below and at the right; smaller than the stride or the dilation.
        groups: blocks of channels that are handled separately.
        dilation: distance between the filter's elements.

    Shapes: input (N, C, H, W) or (C, H, W), weight (C, O/groups, KH, KW), bias (O,) -> (N, O, OH, OW),
        OH = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1, OW alike.
    Raises: ShapeError for a wrong number of axes or channels; ArgumentError for groups that do not divide the channels,
        strides below 1, and an output_padding that is as large as stride and dilation.
    Source: torch.nn.functional.conv_transpose2d; Zeiler, Krishnan, Taylor and Fergus (2010).

    Example:
        >>> import autograd_np as ag
        >>> conv_transpose2d(ag.tensor([[[[1.0, 2.0]]]]), ag.tensor([[[[1.0], [3.0]]]]))
        tensor([[[[1., 2.],
                  [3., 6.]]]])
    """
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Lay down a filter, scaled by the element, at every element of volumes: the adjoint of `conv3d` in its input.

    Args:
        input: volumes.
        weight: filters, with the input's channels first.
        bias: one number per output channel.
        stride: step between the places where filters are laid down.
        padding: how much is cut off on all sides.
        output_padding: how much is left on at the end of each axis; smaller than the stride or the dilation.
        groups: blocks of channels that are handled separately.
        dilation: distance between the filter's elements.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), weight (C, O/groups, KD, KH, KW), bias (O,) -> (N, O, OD, OH, OW),
        OD = (D - 1)·stride - 2·padding + dilation·(KD - 1) + output_padding + 1, OH and OW alike.
    Raises: ShapeError for a wrong number of axes or channels; ArgumentError for groups that do not divide the channels,
        strides below 1, and an output_padding that is as large as stride and dilation.
    Source: torch.nn.functional.conv_transpose3d.

    Example:
        >>> import autograd_np as ag
        >>> conv_transpose3d(ag.tensor([[[[1.0, 2.0]]]]), ag.tensor([[[[[1.0]], [[3.0]]]]]))
        tensor([[[[1., 2.]],
                 [[3., 6.]]]])
    """
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)
