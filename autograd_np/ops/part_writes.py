"""Tensors with one part replaced, which is what writing through a view does; and readings by strides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, ViewOp, as_tensor
from autograd_np.core.mutation import _write_view
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, raise_shape
from autograd_np.kernels import strides as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.shapes import integers
from autograd_np.ops.indexing import Placing, _index
from autograd_np.ops.parts import _diagonal, diagonal, select

__all__ = ["as_strided", "as_strided_scatter", "diagonal_scatter", "select_scatter", "slice_scatter"]

# --- rows ---------------------------------------------------------------------------------------------------------

_strided = ViewOp(
    "as_strided",
    kernels.strided,
    lambda g, _y, _x, size, stride, offset: _place_strided(g, shape=_x.shape, size=size, stride=stride, offset=offset),
)


def _add_strided(buffer: Array, values: Array, size: Any, stride: Any, offset: int) -> None:
    kernels.add_strided(buffer, values, size, stride, offset)


_place_strided = Placing(
    "place_strided",
    _add_strided,
    lambda g, _y, _g, shape, size, stride, offset: _strided(g, size=size, stride=stride, offset=offset),
)


# --- readings by strides ------------------------------------------------------------------------------------------


def storage_offset(input: TensorLike) -> int:
    """Return how many elements lie before the tensor's first one in the memory that it looks into.

    Source: torch.Tensor.storage_offset.

    Example:
        >>> storage_offset(as_tensor([1.0, 2.0, 3.0])[1:])
        1
    """
    array = as_tensor(input)._array
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return (array.ctypes.data - owner.ctypes.data) // array.itemsize


def _checked(name: str, x: Tensor, size: Sequence[int], stride: Sequence[int], offset: int | None) -> dict[str, Any]:
    """Return sizes, steps and the first place as the row takes them, all within the tensor's own elements."""
    shape, steps = integers(name, (size,)), integers(name, (stride,))
    if len(shape) != len(steps) or min((*shape, *steps), default=0) < 0:
        raise ArgumentError(f"{name}: expected one stride for each size, none negative, got {shape} and {steps}")
    if not x.is_contiguous():
        raise ArgumentError(
            f"{name}: the strides count elements in memory, where those of this tensor do not lie in order "
            f"(strides {x.stride()})\n  fix: contiguous() first"
        )
    first = 0 if offset is None else int(offset) - storage_offset(x)
    last = first + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if 0 not in shape and not (first >= 0 and last < x.numel()):
        raise IndexingError(
            f"{name}: size {shape}, stride {steps} and storage_offset {offset} reach the elements {first} to {last} "
            f"of a tensor that has {x.numel()}"
        )
    return {"size": shape, "stride": steps, "offset": first if 0 not in shape else 0}


def as_strided(
    input: TensorLike, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Read a tensor's elements at any steps, as a view; places may show one element several times.

    Such a view can be written only if no two places may show one element. Unlike PyTorch, it never leaves the
    tensor's own elements.

    Args:
        input: a contiguous tensor.
        size: the shape of the result.
        stride: for each axis, how many elements lie between neighbours.
        storage_offset: the first element, counted from where the memory starts; the tensor's own first one if None.

    Shapes: any -> size.
    Raises: IndexingError if it leaves the tensor, ArgumentError if the memory is not in order or sizes and strides
        do not match.
    Source: torch.as_strided.

    Example:
        >>> as_strided(as_tensor([1.0, 2.0, 3.0, 4.0]), (3, 2), (1, 1))
        tensor([[1., 2.],
                [2., 3.],
                [3., 4.]])
    """
    x = as_tensor(input)
    return _strided(x, **_checked("as_strided", x, size, stride, storage_offset))


# --- one part replaced --------------------------------------------------------------------------------------------


def _replaced(name: str, x: Tensor, src: TensorLike, part: Tensor, view_of: ViewOp, static: dict[str, Any]) -> Tensor:
    """Return x with other values in the place of a part, which a row with these keywords reads."""
    values = as_tensor(src)
    if values.shape != part.shape:
        table = {"src": values.shape, "part": part.shape}
        raise_shape(name, table, "the source must have the shape of the part that it replaces")
    if not np.can_cast(values.dtype, x.dtype, "same_kind"):
        raise DTypeError(
            f"{name}: values of {values.dtype} do not fit a tensor of {x.dtype}\n"
            "  fix: convert one of the two with .to(dtype)"
        )
    result: Tensor = _write_view(x, values, view_of=view_of, static=static)
    return result


def select_scatter(input: TensorLike, src: TensorLike, dim: int, index: int) -> Tensor:
    """Return a copy with one slice across an axis replaced.

    Shapes: src as `select(input, dim, index)`.
    Raises: ShapeError if it is not, IndexingError if the index is out of range, DTypeError if the types do not fit.
    Source: torch.select_scatter.

    Example:
        >>> select_scatter(as_tensor([[1.0, 2.0], [3.0, 4.0]]), as_tensor([8.0, 9.0]), 0, 1)
        tensor([[1., 2.],
                [8., 9.]])
    """
    x = as_tensor(input)
    part = select(x.detach(), dim, index)
    axis = normalized_axis("select_scatter", dim, x.ndim)
    place = {"index": (*(slice(None),) * axis, int(index), ...)}
    return _replaced("select_scatter", x, src, part, _index, place)


def slice_scatter(
    input: TensorLike,
    src: TensorLike,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """Return a copy with the slice start:end:step of an axis replaced.

    Shapes: src as that slice of the input.
    Raises: ShapeError if it is not, ArgumentError if the step is not positive, DTypeError if the types do not fit.
    Source: torch.slice_scatter.

    Example:
        >>> slice_scatter(as_tensor([1.0, 2.0, 3.0]), as_tensor([8.0, 9.0]), start=1)
        tensor([1., 8., 9.])
    """
    x = as_tensor(input)
    if step < 1:
        raise ArgumentError(f"slice_scatter: the step must be positive, got {step}")
    if x.ndim == 0:
        raise_shape("slice_scatter", {"tensor": x.shape}, "a tensor without axes cannot be sliced")
    axis = normalized_axis("slice_scatter", dim, x.ndim)
    place = (*(slice(None),) * axis, slice(start, end, step), ...)
    return _replaced("slice_scatter", x, src, _index(x.detach(), index=place), _index, {"index": place})


def diagonal_scatter(input: TensorLike, src: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a copy with a diagonal of two axes replaced.

    Shapes: src as `diagonal(input, offset, dim1, dim2)`.
    Raises: ShapeError if it is not, ArgumentError if the two axes are one, DTypeError if the types do not fit.
    Source: torch.diagonal_scatter.

    Example:
        >>> diagonal_scatter(as_tensor([[1.0, 2.0], [3.0, 4.0]]), as_tensor([8.0, 9.0]))
        tensor([[8., 2.],
                [3., 9.]])
    """
    x = as_tensor(input)
    part = diagonal(x.detach(), offset, dim1, dim2)
    axes = {"axis1": normalized_axis("diagonal", dim1, x.ndim), "axis2": normalized_axis("diagonal", dim2, x.ndim)}
    return _replaced("diagonal_scatter", x, src, part, _diagonal, {"offset": offset, **axes})


def as_strided_scatter(
    input: TensorLike,
    src: TensorLike,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """Return a copy with the elements that `as_strided` reads replaced.

    Shapes: src has shape `size`.
    Raises: as `as_strided`; ArgumentError also if two places may show one element, ShapeError for another source.
    Source: torch.as_strided_scatter.

    Example:
        >>> as_strided_scatter(as_tensor([1.0, 2.0, 3.0, 4.0]), as_tensor([8.0, 9.0]), (2,), (2,))
        tensor([8., 2., 9., 4.])
    """
    x = as_tensor(input)
    static = _checked("as_strided_scatter", x, size, stride, storage_offset)
    if kernels.overlaps(static["size"], static["stride"]):
        raise ArgumentError(
            f"as_strided_scatter: with size {static['size']} and stride {static['stride']} one element may get "
            "several values"
        )
    return _replaced("as_strided_scatter", x, src, _strided(x.detach(), **static), _strided, static)
