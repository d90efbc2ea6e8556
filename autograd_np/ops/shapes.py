"""Shapes: the same elements under other axes, as views: a write in place through one reaches the tensor itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import Tensor, UnaryOp, ViewOp, as_tensor
from autograd_np.errors import (
    ArgumentError,
    AutogradError,
    DTypeError,
    MutationError,
    ShapeError,
    aligned_shapes,
    raise_shape,
)
from autograd_np.kernels.axes import normalized_axes, normalized_axis
from autograd_np.kernels.shapes import integers

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "expand",
    "expand_as",
    "flatten",
    "ravel",
    "reshape",
    "reshape_as",
    "squeeze",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]

# --- rows ---------------------------------------------------------------------------------------------------------


def _reshaped(x: Array, shape: Shape) -> Array:
    return x.reshape(shape)


def _expanded(x: Array, shape: Shape) -> Array:
    y = np.broadcast_to(x, shape)
    # NumPy makes it read-only also where no two of its elements are one.
    return x.reshape(shape) if y.size == x.size else y


_reshape = ViewOp("reshape", _reshaped, lambda g, _y, _x, shape: g.reshape(_x.shape))
_squeeze = ViewOp("squeeze", _reshaped, lambda g, _y, _x, shape: g.reshape(_x.shape))
_unsqueeze = ViewOp("unsqueeze", _reshaped, lambda g, _y, _x, shape: g.reshape(_x.shape))
#: The engine sums the cotangent back to the operand's shape.
_expand = ViewOp("expand", _expanded, lambda g, _y, _x, shape: g, broadcasts=True)


def _summed_kernel(x: Array, shape: Shape) -> Array:
    lead = x.ndim - len(shape)
    shrunk = tuple(lead + i for i, n in enumerate(shape) if n != x.shape[lead + i])
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(np.int64)
    return np.asarray(x.sum(axis=(*range(lead), *shrunk), dtype=kind, keepdims=True)).reshape(shape)


_sum_to = UnaryOp("sum_to_size", _summed_kernel, lambda g, _y, _x, shape: _expand(g, shape=_x.shape))


# --- the same elements in another shape ---------------------------------------------------------------------------


def _resized(operation: str, x: Tensor, shape: Shape) -> Tensor:
    # NumPy takes any negative size for the one to be worked out.
    if min(shape, default=0) >= -1:
        try:
            return _reshape(x, shape=shape)
        except MutationError:
            raise
        except AutogradError:
            pass
    missing = shape.count(-1)
    known = math.prod(n for n in shape if n != -1)
    if any(n < -1 for n in shape):
        problem = f"sizes must not be negative, got {shape}"
    elif missing > 1:
        problem = f"only one size can be -1, got {shape}"
    elif missing and not known:
        problem = f"the size -1 in {shape} could be anything, since there are no elements"
    else:
        problem = f"{x.numel()} elements do not fill the shape {shape}"
    table = aligned_shapes({"tensor": x.shape, "wanted": shape})
    raise ShapeError(f"{operation}: {problem}\n{table}\n  fix: the sizes' product must be {x.numel()}")


def reshape(input: TensorLike, *sizes: Any, shape: Any = None) -> Tensor:
    """Arrange the elements in another shape: a view where the memory allows it, else a copy.

    Args:
        input: any tensor.
        sizes: the new shape; one size may be -1, to be worked out.
        shape: the same by name.

    Shapes: any; the number of elements stays.
    Raises: ShapeError if the elements do not fill the shape.
    Source: torch.reshape.

    Example:
        >>> reshape(as_tensor([1.0, 2.0, 3.0, 4.0]), (2, -1))
        tensor([[1., 2.],
                [3., 4.]])
    """
    return _resized("reshape", as_tensor(input), integers("reshape", sizes, shape))


def view(input: TensorLike, *sizes: Any, size: Any = None) -> Tensor:
    """Arrange the elements in another shape without copying.

    Args:
        input: any tensor.
        sizes: the new shape; one size may be -1, to be worked out.
        size: the same by name.

    Shapes: any; the number of elements stays.

    Raises:
        ShapeError: if the elements do not fill the shape, or only a copy could have it.
        DTypeError: for view(dtype), which would read the same bytes as another type.
    Source: torch.Tensor.view.

    Example:
        >>> x = as_tensor([1.0, 2.0, 3.0, 4.0])
        >>> view(x, 2, 2).shape
        (2, 2)
    """
    x = as_tensor(input)
    if len(sizes) == 1 and (isinstance(sizes[0], (type, np.dtype, str))):
        raise DTypeError(
            f"view: the bytes of {x.dtype} are not read as another type here\n"
            f"  fix: x.to({sizes[0]}) converts the values; x.numpy().view(...) reads the bytes"
        )
    shape = integers("view", sizes, size)
    result = _resized("view", x, shape)
    if result._view is None and x.numel():
        table = aligned_shapes({"tensor": x.shape, "view": result.shape})
        raise ShapeError(
            f"view: no view of this tensor's memory has the shape asked for (strides {x.stride()})\n{table}\n"
            "  fix: use reshape, or contiguous() first"
        )
    return result


def view_as(input: TensorLike, other: Tensor) -> Tensor:
    """Return the tensor as a view in another one's shape.

    Shapes: any two with as many elements.
    Raises: ShapeError as `view`.
    Source: torch.Tensor.view_as.

    Example:
        >>> view_as(as_tensor([1.0, 2.0]), as_tensor([[0.0], [0.0]])).shape
        (2, 1)
    """
    return view(input, other.shape)


def reshape_as(input: TensorLike, other: Tensor) -> Tensor:
    """Arrange the elements in another tensor's shape.

    Shapes: any two with as many elements.
    Raises: ShapeError as `reshape`.
    Source: torch.Tensor.reshape_as.

    Example:
        >>> reshape_as(as_tensor([1.0, 2.0]), as_tensor([[0.0], [0.0]])).shape
        (2, 1)
    """
    return reshape(input, other.shape)


def ravel(input: TensorLike) -> Tensor:
    """Return all elements along one axis.

    Shapes: (*) -> (n).
    Source: torch.ravel.

    Example:
        >>> ravel(as_tensor([[1.0], [2.0]]))
        tensor([1., 2.])
    """
    return _reshape(as_tensor(input), shape=(-1,))


def flatten(input: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the axes from `start_dim` to `end_dim` into one.

    Shapes: (N, C, H, W) -> (N, C·H·W) with start_dim 1.
    Raises: IndexingError for an axis out of range, ArgumentError if the end comes before the start.
    Source: torch.flatten.

    Example:
        >>> flatten(as_tensor([[[1.0, 2.0], [3.0, 4.0]]]), 1)
        tensor([[1., 2., 3., 4.]])
    """
    x = as_tensor(input)
    if x.ndim == 0:
        return _reshape(x, shape=(1,))
    start, end = (normalized_axis("flatten", dim, x.ndim) for dim in (start_dim, end_dim))
    if start > end:
        raise ArgumentError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    return _reshape(x, shape=(*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))


def unflatten(input: TensorLike, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one axis into several.

    Args:
        input: any tensor.
        dim: the axis to split.
        sizes: the sizes of the new axes; one may be -1, to be worked out.

    Shapes: (*, n, *) -> (*, sizes, *), n being the product of the sizes.
    Raises: ShapeError if the sizes do not multiply to the axis.
    Source: torch.unflatten.

    Example:
        >>> unflatten(as_tensor([1.0, 2.0, 3.0, 4.0]), 0, (2, -1)).shape
        (2, 2)
    """
    x, new = as_tensor(input), integers("unflatten", (sizes,))
    axis = normalized_axis("unflatten", dim, x.ndim)
    known = math.prod(n for n in new if n != -1)
    if new.count(-1) == 1 and known:
        new = tuple(x.shape[axis] // known if n == -1 else n for n in new)
    if math.prod(new) != x.shape[axis] or min(new, default=0) < 0:
        raise ShapeError(
            f"unflatten: the sizes {tuple(sizes)} do not multiply to {x.shape[axis]}, the size of dim {axis}"
        )
    return _reshape(x, shape=(*x.shape[:axis], *new, *x.shape[axis + 1 :]))


def squeeze(input: TensorLike, dim: int | Sequence[int] | None = None) -> Tensor:
    """Drop axes of size 1: all of them, or those among `dim`.

    Shapes: any.
    Raises: IndexingError for an axis out of range.
    Source: torch.squeeze.

    Example:
        >>> squeeze(as_tensor([[[1.0], [2.0]]])).shape, squeeze(as_tensor([[[1.0], [2.0]]]), 0).shape
        ((2,), (2, 1))
    """
    x = as_tensor(input)
    chosen = () if isinstance(dim, Sequence) and not dim else normalized_axes("squeeze", dim, x.ndim)
    return _squeeze(x, shape=tuple(n for axis, n in enumerate(x.shape) if n != 1 or axis not in chosen))


def unsqueeze(input: TensorLike, dim: int) -> Tensor:
    """Insert an axis of size 1 so that it becomes axis `dim` of the result.

    Shapes: any.
    Raises: IndexingError if the place is out of range.
    Source: torch.unsqueeze.

    Example:
        >>> unsqueeze(as_tensor([1.0, 2.0]), -1).shape
        (2, 1)
    """
    x = as_tensor(input)
    axis = normalized_axis("unsqueeze", dim, x.ndim + 1)
    return _unsqueeze(x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))


def _at_least(rank: int, tensors: tuple[Any, ...]) -> Any:
    listed = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    results = []
    for tensor in listed:
        x = as_tensor(tensor)
        # The third axis comes last, the others in front.
        front = 1 if rank == 3 and x.ndim == 1 else max(min(rank, 2) - x.ndim, 0)
        shape = (1,) * front + x.shape
        shape += (1,) * (rank - len(shape))
        results.append(x if x.ndim >= rank else _reshape(x, shape=shape))
    return results[0] if len(tensors) == 1 and listed is tensors else tuple(results)


def atleast_1d(*tensors: TensorLike) -> Any:
    """Give single numbers one axis; one tensor gives a tensor, several (or a list) a tuple.

    Shapes: any.
    Source: torch.atleast_1d.

    Example:
        >>> atleast_1d(as_tensor(2.0))
        tensor([2.])
    """
    return _at_least(1, tensors)


def atleast_2d(*tensors: TensorLike) -> Any:
    """Give tensors with fewer than two axes further ones in front; several tensors give a tuple.

    Shapes: (n) -> (1, n).
    Source: torch.atleast_2d.

    Example:
        >>> atleast_2d(as_tensor([2.0, 3.0])).shape
        (1, 2)
    """
    return _at_least(2, tensors)


def atleast_3d(*tensors: TensorLike) -> Any:
    """Give tensors with fewer than three axes further ones; several tensors give a tuple.

    Shapes: (n) -> (1, n, 1); (M, P) -> (M, P, 1).
    Source: torch.atleast_3d.

    Example:
        >>> atleast_3d(as_tensor([2.0, 3.0])).shape
        (1, 2, 1)
    """
    return _at_least(3, tensors)


# --- axes repeated without memory ---------------------------------------------------------------------------------


def expand(input: TensorLike, *sizes: Any, size: Any = None) -> Tensor:
    """Repeat along axes of size 1, and along new axes in front, without using memory; the view cannot be written.

    Args:
        input: any tensor.
        sizes: the new shape; -1 keeps an axis as it is.
        size: the same by name.

    Shapes: any shape that the input broadcasts to.
    Raises: ShapeError if it does not.
    Source: torch.Tensor.expand.

    Example:
        >>> expand(as_tensor([[1.0], [2.0]]), -1, 2)
        tensor([[1., 1.],
                [2., 2.]])
    """
    x, given = as_tensor(input), integers("expand", sizes, size)
    lead = len(given) - x.ndim
    shape = tuple(x.shape[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(given))
    if (
        lead < 0
        or any(n < 0 for n in shape)
        or any(m not in (1, n) for m, n in zip(x.shape, shape[lead:], strict=True))
    ):
        table = {"tensor": x.shape, "wanted": given}
        raise_shape("expand", table, "only axes of size 1 and new axes in front can grow; -1 keeps an axis")
    return _expand(x, shape=shape)


def expand_as(input: TensorLike, other: Tensor) -> Tensor:
    """Repeat the tensor to another one's shape without using memory.

    Shapes: any two of which the first broadcasts to the second.
    Raises: ShapeError if it does not.
    Source: torch.Tensor.expand_as.

    Example:
        >>> expand_as(as_tensor([1.0]), as_tensor([0.0, 0.0]))
        tensor([1., 1.])
    """
    return expand(input, other.shape)


def sum_to_size(input: TensorLike, *sizes: Any) -> Tensor:
    """Sum over the axes along which a shape would have to be repeated to become the tensor's: expand's counterpart.

    Args:
        input: any tensor.
        sizes: the new shape.

    Shapes: any shape that broadcasts to the input's.
    Raises: ShapeError if it does not.
    Source: torch.Tensor.sum_to_size.

    Example:
        >>> sum_to_size(as_tensor([[1.0, 2.0], [3.0, 4.0]]), 1, 2)
        tensor([[4., 6.]])
    """
    x, shape = as_tensor(input), integers("sum_to_size", sizes)
    lead = x.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[lead:], strict=True)):
        raise_shape("sum_to_size", {"tensor": x.shape, "wanted": shape}, "the shape must broadcast to the tensor's")
    return x if shape == x.shape else _sum_to(x, shape=shape)


def broadcast_to(input: TensorLike, size: Sequence[int]) -> Tensor:
    """Repeat the tensor to a shape without using memory.

    Shapes: any shape that the input broadcasts to.
    Raises: ShapeError if it does not.
    Source: torch.broadcast_to.

    Example:
        >>> broadcast_to(as_tensor([1.0, 2.0]), (2, 2))
        tensor([[1., 2.],
                [1., 2.]])
    """
    return expand(input, integers("broadcast_to", (size,)))


def broadcast_shapes(*shapes: Any) -> Shape:
    """Return the shape that tensors of these shapes broadcast to together.

    Raises: ShapeError if they do not broadcast.
    Source: torch.broadcast_shapes.

    Example:
        >>> broadcast_shapes((2, 1), (3,))
        (2, 3)
    """
    listed = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    try:
        return np.broadcast_shapes(*listed)
    except ValueError:
        table = {f"shape {i}": shape for i, shape in enumerate(listed)}
        raise_shape("broadcast_shapes", table, "sizes must be equal or 1 where they are aligned")


def broadcast_tensors(*tensors: TensorLike) -> tuple[Tensor, ...]:
    """Repeat tensors to the one shape that they broadcast to, without using memory.

    Shapes: any that broadcast.
    Raises: ShapeError if they do not.
    Source: torch.broadcast_tensors.

    Example:
        >>> a, b = broadcast_tensors(as_tensor([[1.0], [2.0]]), as_tensor([1.0, 2.0, 3.0]))
        >>> a.shape, b.shape
        ((2, 3), (2, 3))
    """
    xs = [as_tensor(x) for x in tensors]
    shape = broadcast_shapes(*(x.shape for x in xs))
    return tuple(expand(x, shape) for x in xs)
