"""Taking tensors apart along the axes that hstack, vstack and dstack join; older names of split and chunk."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.ops.joining import chunk, split, tensor_split

__all__ = [
    "dsplit",
    "hsplit",
    "split_with_sizes",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
]


def _equally(name: str, input: TensorLike, parts: int | Sequence[int], rank: int, axis: int) -> tuple[Tensor, ...]:
    x = as_tensor(input)
    if x.ndim < rank:
        raise_shape(name, {"tensor": x.shape}, f"expected at least {rank} axes")
    if isinstance(parts, int) and (parts < 1 or x.shape[axis] % parts):
        raise ArgumentError(
            f"{name}: dim {axis} of size {x.shape[axis]} cannot be taken apart into {parts} equal parts\n"
            "  fix: tensor_split takes unequal ones"
        )
    return tensor_split(x, parts, axis)


def hsplit(input: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Take a tensor apart side by side: a vector along its one axis, others along their second.

    Args:
        input: any tensor with axes.
        indices_or_sections: how many equal parts, or the positions before which to cut.

    Shapes: (M, P) -> (M, P / sections) each.
    Raises: ShapeError for a tensor without axes, ArgumentError if the parts would not be equal.
    Source: torch.hsplit; numpy.hsplit.

    Example:
        >>> hsplit(as_tensor([1.0, 2.0, 3.0, 4.0]), 2)
        (tensor([1., 2.]), tensor([3., 4.]))
    """
    x = as_tensor(input)
    return _equally("hsplit", x, indices_or_sections, 1, 0 if x.ndim == 1 else 1)


def vsplit(input: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Take a tensor apart along its first axis.

    Shapes: (M, P) -> (M / sections, P) each; or cut before the positions given.
    Raises: ShapeError for fewer than two axes, ArgumentError if the parts would not be equal.
    Source: torch.vsplit; numpy.vsplit.

    Example:
        >>> vsplit(as_tensor([[1.0], [2.0]]), 2)
        (tensor([[1.]]), tensor([[2.]]))
    """
    return _equally("vsplit", input, indices_or_sections, 2, 0)


def dsplit(input: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Take a tensor apart along its third axis.

    Shapes: (M, P, n) -> (M, P, n / sections) each; or cut before the positions given.
    Raises: ShapeError for fewer than three axes, ArgumentError if the parts would not be equal.
    Source: torch.dsplit; numpy.dsplit.

    Example:
        >>> dsplit(as_tensor([[[1.0, 2.0]]]), 2)
        (tensor([[[1.]]]), tensor([[[2.]]]))
    """
    return _equally("dsplit", input, indices_or_sections, 3, 2)


def split_with_sizes(input: TensorLike, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Take an axis apart into views of the sizes listed.

    Shapes: any; the sizes add up to the axis.
    Raises: ShapeError if they do not.
    Source: torch.split_with_sizes.

    Example:
        >>> split_with_sizes(as_tensor([1.0, 2.0, 3.0]), [1, 2])
        (tensor([1.]), tensor([2., 3.]))
    """
    return split(input, tuple(split_sizes), dim)


#: In PyTorch these skip a check of later writes; here every write through a view is followed.
unsafe_chunk = chunk
unsafe_split = split
unsafe_split_with_sizes = split_with_sizes
