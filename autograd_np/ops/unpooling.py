"""The way back from maxima: each value returns to the place that it was taken from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from autograd_np._typing import Shape, TensorLike
from autograd_np.core import Op, Tensor, as_tensor
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, raise_shape
from autograd_np.kernels import pooling as kernels
from autograd_np.kernels.windows import check_sizes, per_axis
from autograd_np.ops.pooling import _pool_gather, _steps
from autograd_np.ops.windows import Sizes, _as_given, _batched

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]

#: The spatial sizes, or those of the whole result.
WholeSize: TypeAlias = Sequence[int]

# --- rows ---------------------------------------------------------------------------------------------------------


def _row(rank: int) -> Op:
    """Return the row of values written at their indices; one that a later value replaced has no influence."""
    return Op(
        f"max_unpool{rank}d",
        kernels.max_unpool,
        lambda g, _y, _x, index, kept, size: _pool_gather(g, index) * kept,
        None,
        by_products={"kept": None},
    )


_UNPOOL = {rank: _row(rank) for rank in (1, 2, 3)}


# --- arguments ----------------------------------------------------------------------------------------------------


def _checked_index(name: str, indices: TensorLike, given: Shape) -> Tensor:
    """Return the indices as a Tensor of int64, of the input's shape."""
    index = as_tensor(indices)
    if index.dtype.kind not in "iu":
        message = (
            f"{name}: indices must be integers, got {index.dtype}\n  fix: take them from max_pool with return_indices"
        )
        raise DTypeError(message)
    if index.shape != given:
        raise_shape(
            name,
            {"input": given, "indices": index.shape},
            "there must be one index per element of the input",
            "give the values and the indices of the same max_pool",
        )
    return index.to(np.int64)


def _unpooled_size(name: str, given: Shape, windows: Sequence[Shape], output_size: WholeSize | None) -> Shape:
    """Return the spatial sizes before the pooling: as asked, if the pooling maps that to this input."""
    rank = len(windows[0])
    size = tuple((n - 1) * s - 2 * p + k for n, k, s, p in zip(given[-rank:], *windows, strict=True))
    if output_size is not None:
        asked = tuple(output_size)
        wanted = per_axis(name, "output_size", asked[-rank:] if len(asked) == len(given) else asked, rank)
        if any(abs(w - n) >= s for w, n, s in zip(wanted, size, windows[1], strict=True)):
            least, most = (tuple(n + sign * (s - 1) for n, s in zip(size, windows[1], strict=True)) for sign in (-1, 1))
            message = (
                f"{name}: output_size {asked} does not pool to an input of shape {given}: it must lie between {least} "
                f"and {most}\n  fix: give the shape that was pooled, with the pooling's kernel_size, stride and padding"
            )
            raise ArgumentError(message)
        size = wanted
    if min(size) < 1:
        message = f"{name}: kernel, stride and padding leave an output of {size}\n  fix: give less padding"
        raise ArgumentError(message)
    return size


# --- functions ----------------------------------------------------------------------------------------------------


def _unpooled(
    rank: int,
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: WholeSize | None,
) -> Tensor:
    name = f"max_unpool{rank}d"
    given = as_tensor(input)
    x, had_batch = _batched(name, given, rank)
    index = _checked_index(name, indices, given.shape)
    kernel = per_axis(name, "kernel_size", kernel_size, rank)
    windows = (kernel, _steps(name, stride, kernel), per_axis(name, "padding", padding, rank))
    check_sizes(name, kernel, windows[1], tuple((p, p) for p in windows[2]), (1,) * rank)
    size = _unpooled_size(name, given.shape, windows, output_size)
    places = index._array
    if places.size and not 0 <= places.min() <= places.max() < math.prod(size):
        message = (
            f"{name}: indices must lie in [0, {math.prod(size)}) for an output of {size}, got values from "
            f"{places.min()} to {places.max()}\n  fix: give output_size, the shape that was pooled"
        )
        raise IndexingError(message)
    return _as_given(_UNPOOL[rank](x, index.reshape(x.shape), size=size), had_batch)


def max_unpool1d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: WholeSize | None = None,
) -> Tensor:
    """Write each maximum of sequences back to where `max_pool1d` found it, and zero elsewhere.

    Where windows overlap, so that an index comes twice, the last value stays and it alone has a gradient.

    Args:
        input: maxima.
        indices: where they lay: the second result of `max_pool1d` with return_indices.
        kernel_size: size of the windows of that pooling.
        stride: step between its windows; their size if not given.
        padding: its padding.
        output_size: size of the sequences that were pooled, in which the indices count; needed where several sizes pool
            to the same.

    Shapes: input and indices (N, C, L) or (C, L) -> (N, C, M),
        M = (L - 1)·stride - 2·padding + K, unless output_size says otherwise.
    Raises: ShapeError if input and indices differ in shape; ArgumentError for an output_size that does not pool to this
        input; IndexingError for an index outside the output; DTypeError for indices that are no integers.
    Source: torch.nn.functional.max_unpool1d; Zeiler and Fergus, Visualizing and Understanding Convolutional Networks
        (2014).

    Example:
        >>> import autograd_np as ag
        >>> values, places = ag.max_pool1d(ag.tensor([[1.0, 5.0, 2.0, 3.0]]), 2, return_indices=True)
        >>> max_unpool1d(values, places, 2)
        tensor([[0., 5., 0., 3.]])
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: WholeSize | None = None,
) -> Tensor:
    """Write each maximum of images back to where `max_pool2d` found it, and zero elsewhere.

    Where windows overlap, so that an index comes twice, the last value stays and it alone has a gradient.

    Args:
        input: maxima.
        indices: where they lay in the image, counted row by row: the second result of `max_pool2d` with
            return_indices.
        kernel_size: size of the windows of that pooling.
        stride: step between its windows; their size if not given.
        padding: its padding.
        output_size: size of the images that were pooled, in which the indices count; needed where several sizes pool
            to the same.

    Shapes: input and indices (N, C, H, W) or (C, H, W) -> (N, C, OH, OW),
        OH = (H - 1)·stride - 2·padding + KH and OW alike, unless output_size says otherwise.
    Raises: ShapeError if input and indices differ in shape; ArgumentError for an output_size that does not pool to this
        input; IndexingError for an index outside the output; DTypeError for indices that are no integers.
    Source: torch.nn.functional.max_unpool2d; Zeiler and Fergus, Visualizing and Understanding Convolutional Networks
        (2014).

    Example:
        >>> max_unpool2d(as_tensor([[[4.0, 8.0]]]), as_tensor([[[5, 6]]]), 2)
        tensor([[[0., 0., 0., 0.],
                 [0., 4., 8., 0.]]])
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: WholeSize | None = None,
) -> Tensor:
    """Write each maximum of volumes back to where `max_pool3d` found it, and zero elsewhere.

    Where windows overlap, so that an index comes twice, the last value stays and it alone has a gradient.

    Args:
        input: maxima.
        indices: where they lay in the volume, counted row by row: the second result of `max_pool3d` with
            return_indices.
        kernel_size: size of the windows of that pooling.
        stride: step between its windows; their size if not given.
        padding: its padding.
        output_size: size of the volumes that were pooled, in which the indices count; needed where several sizes pool
            to the same.

    Shapes: input and indices (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW),
        OD = (D - 1)·stride - 2·padding + KD, OH and OW alike, unless output_size says otherwise.
    Raises: ShapeError if input and indices differ in shape; ArgumentError for an output_size that does not pool to this
        input; IndexingError for an index outside the output; DTypeError for indices that are no integers.
    Source: torch.nn.functional.max_unpool3d; Zeiler and Fergus, Visualizing and Understanding Convolutional Networks
        (2014).

    Example:
        >>> max_unpool3d(as_tensor([[[[8.0]]]]), as_tensor([[[[4]]]]), (2, 1, 3))
        tensor([[[[0., 0., 0.]],
                 [[0., 8., 0.]]]])
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)
