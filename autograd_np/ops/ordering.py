"""Order: sorting, selecting by rank, finding places in sorted sequences, distinct values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import ordering as kernels
from autograd_np.kernels.axes import normalized_axis

__all__ = [
    "ValuesIndices",
    "argsort",
    "bucketize",
    "kthvalue",
    "msort",
    "searchsorted",
    "sort",
    "topk",
    "unique",
    "unique_consecutive",
]


class ValuesIndices(NamedTuple):
    """Selected values, and where along the axis each was found.

    Source: torch.return_types.sort and its kin.
    """

    values: Tensor
    indices: Tensor


# --- rows ---------------------------------------------------------------------------------------------------------

#: Elements picked along an axis, and its adjoint: elements added up where they were picked. `distinct` promises that
#: no place is picked twice.
_pick = Op(
    "pick_along",
    lambda x, indices, axis, distinct: (
        np.take_along_axis(x, indices, axis) if x.ndim else x.repeat(indices.size).reshape(indices.shape)
    ),
    lambda g, _y, _x, indices, axis, distinct: _place(g, indices, shape=_x.shape, axis=axis, distinct=distinct),
    None,
)
_place = Op(
    "place_along",
    kernels.placed,
    lambda g, _y, _g, indices, shape, axis, distinct: _pick(g, indices, axis=axis, distinct=distinct),
    None,
)


def _kept_along(g: Any, where: Any) -> Any:
    """Return a selection's cotangent with the selected axis of size 1."""
    return g.reshape(where.shape)


_sort = UnaryOp(
    "sort",
    kernels.sort,
    lambda g, _y, _x, where, axis, descending: _place(g[0], where, shape=_x.shape, axis=axis, distinct=True),
    outputs=2,
    by_products={"where": None},
)
_argsort = UnaryOp("argsort", kernels.order, None)
_topk = UnaryOp(
    "topk",
    kernels.topk,
    lambda g, _y, _x, where, k, axis, largest: _place(g[0], where, shape=_x.shape, axis=axis, distinct=True),
    outputs=2,
    by_products={"where": None},
)
_kthvalue = UnaryOp(
    "kthvalue",
    kernels.kthvalue,
    lambda g, _y, _x, where, k, axis, keepdims, nan_first: _place(
        _kept_along(g[0], where), where, shape=_x.shape, axis=axis, distinct=True
    ),
    outputs=2,
    by_products={"where": None},
)
_searchsorted = Op("searchsorted", kernels.searchsorted, None, None)


# --- functions ----------------------------------------------------------------------------------------------------


def sort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesIndices:
    """Sort along an axis; equal elements always keep their order, and NaN counts as the greatest.

    Args:
        dim: axis to sort along.
        descending: from the greatest to the smallest.
        stable: accepted as in PyTorch; the order of equal elements is kept in any case.

    Shapes: any; values and indices have the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.sort.

    Example:
        >>> sort(as_tensor([3.0, 1.0, 2.0]))
        ValuesIndices(values=tensor([1., 2., 3.]), indices=tensor([1, 2, 0]))
    """
    x = as_tensor(input)
    return ValuesIndices(*_sort(x, axis=normalized_axis("sort", dim, x.ndim), descending=descending))


def argsort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Return the indices that sort along an axis; equal elements keep their order.

    Shapes: any; the result has the shape of the input.
    Raises: IndexingError if dim is out of range.
    Source: torch.argsort.

    Example:
        >>> argsort(as_tensor([3.0, 1.0, 2.0]), descending=True)
        tensor([0, 2, 1])
    """
    x = as_tensor(input)
    return _argsort(x, axis=normalized_axis("argsort", dim, x.ndim), descending=descending)


def msort(input: TensorLike) -> Tensor:
    """Sort along the first axis.

    Shapes: any.
    Source: torch.msort.

    Example:
        >>> msort(as_tensor([[3.0, 1.0], [2.0, 4.0]]))
        tensor([[2., 1.],
                [3., 4.]])
    """
    return sort(input, 0).values


def topk(input: TensorLike, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesIndices:
    """Return the k largest or smallest elements along an axis, in order.

    Args:
        k: how many.
        dim: axis to select along.
        largest: False for the smallest.
        sorted: accepted as in PyTorch; the result is sorted in any case.

    Shapes: any; the selected axis shrinks to k.
    Raises: ArgumentError if k does not fit the axis, IndexingError if dim is out of range.
    Source: torch.topk.

    Example:
        >>> topk(as_tensor([3.0, 1.0, 2.0]), 2)
        ValuesIndices(values=tensor([3., 2.]), indices=tensor([0, 2]))
    """
    x = as_tensor(input)
    axis = normalized_axis("topk", dim, x.ndim)
    _check_rank("topk", k, 0, x.shape, axis)
    return ValuesIndices(*_topk(x, k=k, axis=axis, largest=largest))


def kthvalue(input: TensorLike, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """Return the k-th smallest element along an axis, counted from 1.

    Shapes: any; the axis is removed, or left with size 1 if `keepdim`.
    Raises: ArgumentError if k does not fit the axis, IndexingError if dim is out of range.
    Source: torch.kthvalue.

    Example:
        >>> kthvalue(as_tensor([3.0, 1.0, 2.0]), 2)
        ValuesIndices(values=tensor(2.), indices=tensor(2))
    """
    x = as_tensor(input)
    axis = normalized_axis("kthvalue", dim, x.ndim)
    _check_rank("kthvalue", k, 1, x.shape, axis)
    return ValuesIndices(*_kthvalue(x, k=k, axis=axis, keepdims=keepdim, nan_first=False))


def _check_rank(name: str, k: int, lowest: int, shape: Shape, axis: int) -> None:
    size = shape[axis] if shape else 1
    if not lowest <= k <= size:
        message = f"{name}: k must lie between {lowest} and the size {size} of dim {axis}, got {k} for shape {shape}"
        raise ArgumentError(message)


def searchsorted(
    sorted_sequence: TensorLike,
    input: TensorLike,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
) -> Tensor:
    """Return where each value would be inserted to keep the sequences sorted.

    Args:
        sorted_sequence: rising along its last axis.
        input: the values.
        out_int32: return int32 indices.
        right: behind equal elements instead of before them.
        side: 'left' or 'right', as NumPy says it.

    Shapes: sequence (n,) with values of any shape, or (..., n) and (..., m) with the same leading axes.
    Raises: ShapeError if leading axes differ, ArgumentError for another side.
    Source: torch.searchsorted.

    Example:
        >>> searchsorted(as_tensor([1.0, 3.0, 5.0]), as_tensor([3.0, 4.0]))
        tensor([1, 2])
        >>> searchsorted(as_tensor([1, 3]), 3, right=True)
        tensor(2)
    """
    sequence, values = as_tensor(sorted_sequence), as_tensor(input)
    if side not in {None, "left", "right"}:
        message = f"searchsorted: side must be 'left' or 'right', got {side!r}"
        raise ArgumentError(message)
    if sequence.ndim != 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise_shape(
            "searchsorted",
            {"sorted_sequence": sequence.shape, "input": values.shape},
            "the axes before the last must be equal, or the sequence one-dimensional",
        )
    found = _searchsorted(sequence, values, right=right or side == "right")
    return as_tensor(found._array.astype(np.int32)) if out_int32 else found


def bucketize(input: TensorLike, boundaries: TensorLike, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Return the number of the interval between the boundaries that each value falls into.

    Shapes: input any, boundaries (n,), rising.
    Source: torch.bucketize.

    Example:
        >>> bucketize(as_tensor([0.5, 3.0, 9.0]), as_tensor([1.0, 3.0, 5.0]))
        tensor([0, 1, 3])
    """
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def unique(
    input: TensorLike,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the distinct elements, or distinct slices along an axis, in rising order; there is no gradient.

    Args:
        sorted: accepted as in PyTorch; the result is sorted in any case.
        return_inverse: also return which of them each element is.
        return_counts: also return how often each occurs.
        dim: axis whose slices are compared; elements if None.

    Shapes: any; the result is (n,), or the input's shape with n in place of the size of dim.
    Source: torch.unique.

    Example:
        >>> unique(as_tensor([3, 1, 3]), return_counts=True)
        (tensor([1, 3]), tensor([1, 2]))
    """
    x = as_tensor(input)
    axis = None if dim is None else normalized_axis("unique", dim, x.ndim)
    values, inverse, counts = np.unique(x._array, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    inverse = inverse.reshape(x.shape if axis is None else x.shape[axis])
    return _chosen(values, (return_inverse, inverse), (return_counts, counts))


def unique_consecutive(
    input: TensorLike, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the elements, or the slices along an axis, without those equal to the one before.

    Shapes: any; the result is (n,), or the input's shape with n in place of the size of dim.
    Source: torch.unique_consecutive.

    Example:
        >>> unique_consecutive(as_tensor([1, 1, 2, 1]), return_counts=True)
        (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    x = as_tensor(input)
    axis = None if dim is None else normalized_axis("unique_consecutive", dim, x.ndim)
    array = x._array.reshape(-1) if axis is None else np.moveaxis(x._array, axis, 0)
    differs = (array[1:] != array[:-1]).any(axis=tuple(range(1, array.ndim)))
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(array), 1), np.bool_), differs]))
    inverse = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(array)))
    values = array[starts] if axis is None else np.moveaxis(array[starts], 0, axis)
    shape = x.shape if axis is None else x.shape[axis]
    counts = np.diff(starts, append=len(array))
    return _chosen(values, (return_inverse, inverse.reshape(shape)), (return_counts, counts))


def _chosen(values: Array, *extras: tuple[bool, Array]) -> Any:
    """Return the values as a Tensor, in a tuple with those extras that were asked for."""
    found = [as_tensor(np.ascontiguousarray(values) if values.ndim else values)]
    found += [as_tensor(extra) for asked, extra in extras if asked]
    return found[0] if len(found) == 1 else tuple(found)
