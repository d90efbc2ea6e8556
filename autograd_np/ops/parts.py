"""Parts of a tensor: slices, windows, diagonals and triangles."""

from __future__ import annotations

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, UnaryOp, ViewOp, as_tensor, wrap
from autograd_np.errors import ArgumentError, IndexingError, raise_shape
from autograd_np.kernels import shapes as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.conversion import clone
from autograd_np.ops.indexing import Placing, _index

__all__ = [
    "diag",
    "diag_embed",
    "diagonal",
    "narrow",
    "narrow_copy",
    "select",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
]

# --- rows ---------------------------------------------------------------------------------------------------------

_diagonal = ViewOp(
    "diagonal",
    kernels.diagonal,
    lambda g, _y, _x, offset, axis1, axis2: _diag_embed(g, shape=_x.shape, offset=offset, axis1=axis1, axis2=axis2),
)


def _add_diagonal(buffer: Array, values: Array, offset: int, axis1: int, axis2: int) -> None:
    view = kernels.diagonal(buffer, offset, axis1, axis2)
    view += values


_diag_embed = Placing(
    "diag_embed",
    _add_diagonal,
    lambda g, _y, _x, shape, offset, axis1, axis2: _diagonal(g, offset=offset, axis1=axis1, axis2=axis2),
)

_windows = ViewOp(
    "windows",
    kernels.windows,
    lambda g, _y, _x, axis, size, step: _place_windows(g, shape=_x.shape, axis=axis, size=size, step=step),
)
_place_windows = Placing(
    "place_windows",
    kernels.add_windows,
    lambda g, _y, _x, shape, axis, size, step: _windows(g, axis=axis, size=size, step=step),
)

_tril = UnaryOp("tril", lambda x, k: np.tril(x, k), lambda g, _y, _x, k: _tril(g, k=k))
_triu = UnaryOp("triu", lambda x, k: np.triu(x, k), lambda g, _y, _x, k: _triu(g, k=k))


# --- slices and windows -------------------------------------------------------------------------------------------


def narrow(input: TensorLike, dim: int, start: int | Tensor, length: int) -> Tensor:
    """Return `length` neighbours along one axis, from `start` on, as a view.

    Shapes: any.
    Raises: IndexingError if the part does not lie within the axis.
    Source: torch.narrow.

    Example:
        >>> narrow(as_tensor([1.0, 2.0, 3.0]), 0, 1, 2)
        tensor([2., 3.])
    """
    x = as_tensor(input)
    if x.ndim == 0:
        raise_shape("narrow", {"tensor": x.shape}, "a tensor without axes cannot be narrowed")
    axis = normalized_axis("narrow", dim, x.ndim)
    size = x.shape[axis]
    first = int(start) + size if int(start) < 0 else int(start)
    if length < 0 or not 0 <= first <= size - length:
        raise IndexingError(
            f"narrow: start {int(start)} and length {length} do not lie within axis {axis} of size {size}"
        )
    return _index(x, index=(*(slice(None),) * axis, slice(first, first + length), ...))


def narrow_copy(input: TensorLike, dim: int, start: int, length: int) -> Tensor:
    """Return `length` neighbours along one axis, from `start` on, as a copy.

    Shapes: any.
    Raises: IndexingError if the part does not lie within the axis.
    Source: torch.narrow_copy.

    Example:
        >>> narrow_copy(as_tensor([1.0, 2.0, 3.0]), 0, 1, 2)
        tensor([2., 3.])
    """
    return clone(narrow(input, dim, start, length))


def select(input: TensorLike, dim: int, index: int) -> Tensor:
    """Return one slice across an axis, without that axis, as a view.

    Shapes: any.
    Raises: IndexingError if the index is out of range.
    Source: torch.select.

    Example:
        >>> select(as_tensor([[1.0, 2.0], [3.0, 4.0]]), 1, 0)
        tensor([1., 3.])
    """
    x = as_tensor(input)
    if x.ndim == 0:
        raise_shape("select", {"tensor": x.shape}, "a tensor without axes has nothing to select from")
    axis, place = normalized_axis("select", dim, x.ndim), int(index)
    size = x.shape[axis]
    if not -size <= place < size:
        raise IndexingError(f"select: index {place} is out of range for axis {axis} of size {size}")
    return _index(x, index=(*(slice(None),) * axis, place, ...))


def unfold(input: TensorLike, dimension: int, size: int, step: int) -> Tensor:
    """Return windows along one axis as a view, each laid out along a new last axis.

    Args:
        input: any tensor.
        dimension: the axis that the windows move along.
        size: elements of a window.
        step: from the start of one window to that of the next.

    Shapes: (*, L, *) -> (*, (L - size) // step + 1, *, size).
    Raises: ArgumentError if no window fits, or the step is not positive.
    Source: torch.Tensor.unfold.

    Example:
        >>> unfold(as_tensor([1.0, 2.0, 3.0, 4.0, 5.0]), 0, 3, 2)
        tensor([[1., 2., 3.],
                [3., 4., 5.]])
    """
    x = as_tensor(input)
    if x.ndim == 0:
        return unfold(x.reshape((1,)), 0, size, step)[0]
    axis = normalized_axis("unfold", dimension, x.ndim)
    if not 0 <= size <= x.shape[axis] or step < 1:
        raise ArgumentError(
            f"unfold: expected a size between 0 and {x.shape[axis]}, the length of dim {axis}, and a positive step, "
            f"got size {size} and step {step}"
        )
    return _windows(x, axis=axis, size=size, step=step)


# --- diagonals ----------------------------------------------------------------------------------------------------


def diagonal(input: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a diagonal of two axes as a view, along a new last axis.

    Args:
        input: any tensor of at least two axes.
        offset: 0 for the main diagonal, positive above it, negative below.
        dim1: the axis of rows.
        dim2: the axis of columns.

    Shapes: (M, P) -> (min(M, P)) for offset 0.
    Raises: ArgumentError if the two axes are one, IndexingError for an axis out of range.
    Source: torch.diagonal.

    Example:
        >>> diagonal(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([1., 4.])
    """
    x = as_tensor(input)
    if x.ndim < 2:
        raise_shape("diagonal", {"tensor": x.shape}, "expected at least two axes", "diag(x) makes a matrix of a vector")
    a, b = normalized_axis("diagonal", dim1, x.ndim), normalized_axis("diagonal", dim2, x.ndim)
    if a == b:
        raise ArgumentError(f"diagonal: dim1 and dim2 must differ, got {dim1} and {dim2}")
    return _diagonal(x, offset=offset, axis1=a, axis2=b)


def diag_embed(input: TensorLike, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices that are zero but on one diagonal, which holds the last axis of the input.

    Shapes: (*, n) -> (*, n + |offset|, n + |offset|).
    Raises: ArgumentError if the two axes are one, IndexingError for an axis out of range.
    Source: torch.diag_embed.

    Example:
        >>> diag_embed(as_tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    x = as_tensor(input)
    if x.ndim == 0:
        raise_shape("diag_embed", {"tensor": x.shape}, "expected at least one axis")
    a, b = (normalized_axis("diag_embed", dim, x.ndim + 1) for dim in (dim1, dim2))
    if a == b:
        raise ArgumentError(f"diag_embed: dim1 and dim2 must differ, got {dim1} and {dim2}")
    return _diag_embed(x, shape=kernels.embedded_shape(x.shape, offset, a, b), offset=offset, axis1=a, axis2=b)


def diag(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Return a matrix with this diagonal for a vector, the diagonal for a matrix.

    Shapes: (n) -> (n + |d|, n + |d|); (M, P) -> the length of its diagonal.
    Raises: ShapeError for other numbers of axes.
    Source: torch.diag.

    Example:
        >>> diag(as_tensor([1.0, 2.0])), diag(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        (tensor([[1., 0.],
                [0., 2.]]), tensor([1., 4.]))
    """
    x = as_tensor(input)
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    if x.ndim != 2:
        raise_shape("diag", {"tensor": x.shape}, "expected a vector or a matrix", "use diagonal or diag_embed")
    return _diagonal(x, offset=diagonal, axis1=0, axis2=1)


# --- triangles ----------------------------------------------------------------------------------------------------


def _matrices(name: str, input: TensorLike) -> Tensor:
    x = as_tensor(input)
    if x.ndim < 2:
        raise_shape(name, {"tensor": x.shape}, "expected matrices, in the last two axes")
    return x


def tril(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Return the lower triangles of the matrices of the last two axes, with zeros above.

    Args:
        input: matrices.
        diagonal: the last diagonal that is kept; 0 is the main one, positive ones lie above it.

    Shapes: (*, M, P) stays.
    Raises: ShapeError for fewer than two axes.
    Source: torch.tril.

    Example:
        >>> tril(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[1., 0.],
                [3., 4.]])
    """
    return _tril(_matrices("tril", input), k=diagonal)


def triu(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Return the upper triangles of the matrices of the last two axes, with zeros below.

    Args:
        input: matrices.
        diagonal: the first diagonal that is kept; 0 is the main one, positive ones lie above it.

    Shapes: (*, M, P) stays.
    Raises: ShapeError for fewer than two axes.
    Source: torch.triu.

    Example:
        >>> triu(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[1., 2.],
                [0., 4.]])
    """
    return _triu(_matrices("triu", input), k=diagonal)


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Return rows and columns of the lower triangle of a matrix.

    Args:
        row: rows of the matrix.
        col: its columns.
        offset: the last diagonal that belongs to the triangle.

    Source: torch.tril_indices.

    Example:
        >>> tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    return wrap(np.stack(np.tril_indices(row, offset, col)), None)


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Return rows and columns of the upper triangle of a matrix.

    Args:
        row: rows of the matrix.
        col: its columns.
        offset: the first diagonal that belongs to the triangle.

    Source: torch.triu_indices.

    Example:
        >>> triu_indices(2, 2)
        tensor([[0, 0, 1],
                [0, 1, 1]])
    """
    return wrap(np.stack(np.triu_indices(row, offset, col)), None)
