"""Joining tensors and taking them apart again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, VariadicOp, as_array, as_tensor
from autograd_np.errors import ArgumentError, ShapeError, raise_shape
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.indexing import _index, getitem
from autograd_np.ops.repeating import meshgrid
from autograd_np.ops.shapes import atleast_1d, atleast_2d, atleast_3d

__all__ = [
    "cartesian_prod",
    "cat",
    "chunk",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "row_stack",
    "split",
    "stack",
    "tensor_split",
    "unbind",
    "vstack",
]

# --- rows ---------------------------------------------------------------------------------------------------------

_cat = VariadicOp(
    "cat",
    lambda *xs, axis, starts: np.concatenate(xs, axis),
    lambda g, _y, _xs, i, axis, starts: _index(g, index=_part(axis, starts[i], starts[i + 1])),
)
_stack = VariadicOp(
    "stack",
    lambda *xs, axis: np.stack(xs, axis),
    lambda g, _y, _xs, i, axis: _index(g, index=(*(slice(None),) * axis, i, ...)),
)


def _part(axis: int, start: int, stop: int) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, slice(start, stop), ...)


# --- joining ------------------------------------------------------------------------------------------------------


def _listed(name: str, tensors: Sequence[TensorLike] | Tensor) -> list[Tensor]:
    xs = [as_tensor(x) for x in tensors]
    if not xs:
        raise ArgumentError(f"{name}: expected at least one tensor")
    return xs


def cat(tensors: Sequence[TensorLike], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Join tensors along an axis that they have.

    Args:
        tensors: at least one; empty vectors fit any others, as in PyTorch.
        dim: the axis.
        axis: NumPy's name of dim.

    Shapes: equal but for `dim`.
    Raises: ShapeError if the other sizes differ, IndexingError for an axis out of range.
    Source: torch.cat; numpy.concatenate.

    Example:
        >>> cat([as_tensor([[1.0, 2.0]]), as_tensor([[3.0, 4.0]])], 1)
        tensor([[1., 2., 3., 4.]])
    """
    xs = _listed("cat", tensors)
    model = next((x for x in xs if x.shape != (0,)), xs[0])
    if model.ndim == 0:
        raise_shape("cat", {"tensor": model.shape}, "tensors without axes cannot be joined", "use stack")
    place = normalized_axis("cat", dim if axis is None else axis, model.ndim)
    for number, x in enumerate(xs):
        if x.shape != (0,) and x.shape[:place] + x.shape[place + 1 :] != model.shape[:place] + model.shape[place + 1 :]:
            table = {"first": model.shape, f"tensor {number}": x.shape}
            raise_shape("cat", table, f"all sizes but that of dim {place} must be equal")
    if model.ndim > 1:
        # An empty vector adds nothing, but takes part in the choice of the type.
        xs = [x if x.shape != (0,) else x.reshape((*model.shape[:place], 0, *model.shape[place + 1 :])) for x in xs]
    return _cat(*xs, axis=place, starts=(0, *itertools.accumulate(x.shape[place] for x in xs)))


def stack(tensors: Sequence[TensorLike], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Join tensors along a new axis.

    Args:
        tensors: at least one.
        dim: the place of the new axis in the result.
        axis: NumPy's name of dim.

    Shapes: all equal.
    Raises: ShapeError if they differ, IndexingError for a place out of range.
    Source: torch.stack; numpy.stack.

    Example:
        >>> stack([as_tensor([1.0, 2.0]), as_tensor([3.0, 4.0])], 1)
        tensor([[1., 3.],
                [2., 4.]])
    """
    xs = _listed("stack", tensors)
    for number, x in enumerate(xs):
        if x.shape != xs[0].shape:
            table = {"first": xs[0].shape, f"tensor {number}": x.shape}
            raise_shape("stack", table, "all shapes must be equal", "cat joins along an axis that is there")
    return _stack(*xs, axis=normalized_axis("stack", dim if axis is None else axis, xs[0].ndim + 1))


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join side by side: vectors end to end, others along their second axis.

    Shapes: equal but for the second axis (vectors: any).
    Raises: ShapeError if the other sizes differ.
    Source: torch.hstack; numpy.hstack.

    Example:
        >>> hstack([as_tensor([1.0]), as_tensor([2.0, 3.0])])
        tensor([1., 2., 3.])
    """
    xs = [atleast_1d(x) for x in _listed("hstack", tensors)]
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join one below the other; vectors become rows.

    Shapes: equal but for the first axis.
    Raises: ShapeError if the other sizes differ.
    Source: torch.vstack; numpy.vstack.

    Example:
        >>> vstack([as_tensor([1.0, 2.0]), as_tensor([3.0, 4.0])])
        tensor([[1., 2.],
                [3., 4.]])
    """
    return cat([atleast_2d(x) for x in _listed("vstack", tensors)], 0)


def dstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join along the third axis.

    Shapes: equal but for the third axis.
    Raises: ShapeError if the other sizes differ.
    Source: torch.dstack; numpy.dstack.

    Example:
        >>> dstack([as_tensor([1.0, 2.0]), as_tensor([3.0, 4.0])]).shape
        (1, 2, 2)
    """
    return cat([atleast_3d(x) for x in _listed("dstack", tensors)], 2)


def column_stack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join along the second axis; vectors become columns.

    Shapes: as many rows in all.
    Raises: ShapeError if they differ.
    Source: torch.column_stack; numpy.column_stack.

    Example:
        >>> column_stack([as_tensor([1.0, 2.0]), as_tensor([3.0, 4.0])])
        tensor([[1., 3.],
                [2., 4.]])
    """
    xs = _listed("column_stack", tensors)
    return cat([x if x.ndim > 1 else x.reshape((x.numel(), 1)) for x in xs], 1)


# --- taking apart -------------------------------------------------------------------------------------------------


def _axis_of(name: str, x: Tensor, dim: int) -> int:
    if x.ndim == 0:
        raise_shape(name, {"tensor": x.shape}, "a tensor without axes has no parts")
    return normalized_axis(name, dim, x.ndim)


def _between(x: Tensor, axis: int, bounds: Sequence[int]) -> tuple[Tensor, ...]:
    """Return the parts of an axis between neighbouring bounds, as views."""
    return tuple(_index(x, index=_part(axis, start, stop)) for start, stop in itertools.pairwise(bounds))


def split(tensor: TensorLike, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Take an axis apart into views of a given size, the last one shorter if need be; or of the sizes listed.

    NumPy's split takes the number of parts instead: that is `chunk` or `tensor_split`.

    Args:
        tensor: any tensor.
        split_size_or_sections: the size of each part, or a list of sizes that add up to the axis.
        dim: the axis.

    Shapes: any.
    Raises: ShapeError if listed sizes do not add up to the axis, ArgumentError for a size below 1.
    Source: torch.split.

    Example:
        >>> split(as_tensor([1.0, 2.0, 3.0]), 2), split(as_tensor([1.0, 2.0, 3.0]), [1, 2])
        ((tensor([1., 2.]), tensor([3.])), (tensor([1.]), tensor([2., 3.])))
    """
    x, given = as_tensor(tensor), split_size_or_sections
    axis = _axis_of("split", x, dim)
    length = x.shape[axis]
    if not isinstance(given, Sequence):
        if given < 0 or (given == 0 and length):
            raise ArgumentError(f"split: the size of a part must be at least 1, got {given}")
        return _between(x, axis, (*range(0, max(length, 1), max(given, 1)), length))
    if sum(given) != length or min(given, default=0) < 0:
        raise ShapeError(f"split: the sizes {list(given)} do not add up to {length}, the size of dim {axis}")
    return _between(x, axis, (0, *itertools.accumulate(given)))


def chunk(input: TensorLike, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Take an axis apart into at most this many views of equal size, but for a shorter last one.

    Shapes: any.
    Raises: ArgumentError for fewer than one part, IndexingError for an axis out of range.
    Source: torch.chunk.

    Example:
        >>> chunk(as_tensor([1.0, 2.0, 3.0]), 2)
        (tensor([1., 2.]), tensor([3.]))
    """
    x = as_tensor(input)
    axis = _axis_of("chunk", x, dim)
    if chunks < 1:
        raise ArgumentError(f"chunk: expected at least one part, got {chunks}")
    length = x.shape[axis]
    size = -(-length // chunks)
    return _between(x, axis, (*range(0, length, size), length) if length else (0,) * (chunks + 1))


def tensor_split(
    input: TensorLike, indices_or_sections: int | Sequence[int] | Tensor, dim: int = 0
) -> tuple[Tensor, ...]:
    """Take an axis apart into so many views of nearly equal size; or before each of the positions listed.

    Shapes: any.
    Raises: ArgumentError for fewer than one part, IndexingError for an axis out of range.
    Source: torch.tensor_split; numpy.array_split.

    Example:
        >>> tensor_split(as_tensor([1.0, 2.0, 3.0]), 2), tensor_split(as_tensor([1.0, 2.0, 3.0]), (1,))
        ((tensor([1., 2.]), tensor([3.])), (tensor([1.]), tensor([2., 3.])))
    """
    x = as_tensor(input)
    axis = _axis_of("tensor_split", x, dim)
    length, given = x.shape[axis], as_array(indices_or_sections)
    if given.ndim == 0:
        count = int(given)
        if count < 1:
            raise ArgumentError(f"tensor_split: expected at least one part, got {count}")
        small, longer = divmod(length, count)
        return _between(x, axis, [i * small + min(i, longer) for i in range(count + 1)])
    starts = [*given.tolist(), None]
    pieces = itertools.pairwise([0, *starts])
    return tuple(_index(x, index=(*(slice(None),) * axis, slice(a, b), ...)) for a, b in pieces)


def unbind(input: TensorLike, dim: int = 0) -> tuple[Tensor, ...]:
    """Return every slice across an axis, without that axis, as views.

    Shapes: any.
    Raises: IndexingError for an axis out of range.
    Source: torch.unbind.

    Example:
        >>> unbind(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        (tensor([1., 2.]), tensor([3., 4.]))
    """
    x = as_tensor(input)
    axis = _axis_of("unbind", x, dim)
    return tuple(_index(x, index=(*(slice(None),) * axis, i, ...)) for i in range(x.shape[axis]))


# --- combining elements -------------------------------------------------------------------------------------------


def cartesian_prod(*tensors: TensorLike) -> Tensor:
    """Return every combination of one element from each vector, as rows.

    Shapes: (M), (P) -> (M·P, 2); one vector stays as it is.
    Raises: ShapeError for a tensor of several axes.
    Source: torch.cartesian_prod.

    Example:
        >>> cartesian_prod(as_tensor([1, 2]), as_tensor([3, 4]))
        tensor([[1, 3],
                [1, 4],
                [2, 3],
                [2, 4]])
    """
    grids = meshgrid(*tensors)
    columns = [x.reshape((-1,)) for x in grids]
    return columns[0] if len(columns) == 1 else stack(columns, 1)


def combinations(input: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return every choice of `r` elements of a vector, in order, as rows.

    Shapes: (n) -> (number of choices, r).
    Raises: ShapeError unless the input is a vector, ArgumentError for a negative r.
    Source: torch.combinations.

    Example:
        >>> combinations(as_tensor([1, 2, 3]))
        tensor([[1, 2],
                [1, 3],
                [2, 3]])
    """
    x = as_tensor(input)
    if x.ndim != 1:
        raise_shape("combinations", {"tensor": x.shape}, "expected a vector")
    if r < 0:
        raise ArgumentError(f"combinations: expected a number of elements, got {r}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows: Array = np.array(list(choose(range(x.numel()), r)), dtype=np.intp).reshape(-1, r)
    return getitem(x, rows)


concat = concatenate = cat
row_stack = vstack
