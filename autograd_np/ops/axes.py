"""Axes: their order, and the order of the elements along them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, UnaryOp, ViewOp, as_tensor
from autograd_np.errors import ArgumentError, ShapeError, raise_shape
from autograd_np.kernels import shapes as kernels
from autograd_np.kernels.axes import normalized_axes, normalized_axis
from autograd_np.kernels.shapes import integers

__all__ = [
    "adjoint",
    "flip",
    "fliplr",
    "flipud",
    "moveaxis",
    "movedim",
    "permute",
    "roll",
    "rot90",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
]

# --- rows ---------------------------------------------------------------------------------------------------------

_transpose = ViewOp("transpose", lambda x, a, b: x.swapaxes(a, b), lambda g, _y, _x, a, b: g.swapaxes(a, b))
_permute = ViewOp(
    "permute",
    lambda x, axes: x.transpose(axes),
    lambda g, _y, _x, axes: _permute(g, axes=tuple(axes.index(axis) for axis in range(len(axes)))),
)

_flip = UnaryOp("flip", kernels.flipped, lambda g, _y, _x, axes: _flip(g, axes=axes))
_roll = UnaryOp(
    "roll",
    lambda x, shifts, axes: np.roll(x, shifts, axes),
    lambda g, _y, _x, shifts, axes: _roll(g, shifts=tuple(-n for n in shifts), axes=axes),
)


# --- axes in another order ----------------------------------------------------------------------------------------


def permute(input: TensorLike, *order: Any, dims: Any = None) -> Tensor:
    """Put the axes in another order.

    Args:
        input: any tensor.
        order: for each axis of the result, which axis of the input it is.
        dims: the same by name.

    Shapes: any.
    Raises: ShapeError if there is not one entry per axis, ArgumentError if an axis comes twice.
    Source: torch.permute.

    Example:
        >>> permute(as_tensor([[[1.0, 2.0, 3.0]]]), 2, 0, 1).shape
        (3, 1, 1)
    """
    x, given = as_tensor(input), integers("permute", order, dims)
    if len(given) != x.ndim:
        raise ShapeError(f"permute: a tensor of {x.ndim} axes (shape {x.shape}) needs as many dims, got {given}")
    axes = tuple(normalized_axis("permute", dim, x.ndim) for dim in given)
    if len(set(axes)) != len(axes):
        raise ArgumentError(f"permute: dims {given} names an axis twice")
    return _permute(x, axes=axes)


def transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    """Swap two axes.

    Shapes: any.
    Raises: IndexingError for an axis out of range.
    Source: torch.transpose.

    Example:
        >>> transpose(as_tensor([[1.0, 2.0, 3.0]]), 0, 1).shape
        (3, 1)
    """
    x = as_tensor(input)
    a, b = normalized_axis("transpose", dim0, x.ndim), normalized_axis("transpose", dim1, x.ndim)
    return _transpose(x, a=a, b=b) if x.ndim else _permute(x, axes=())


def movedim(input: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Move axes to other places; the others keep their order.

    Shapes: any.
    Raises: ArgumentError if there are not as many destinations as sources, IndexingError for an axis out of range.
    Source: torch.movedim.

    Example:
        >>> movedim(as_tensor([[[1.0, 2.0]]]), -1, 0).shape
        (2, 1, 1)
    """
    x = as_tensor(input)
    pairs = [
        [normalized_axis("movedim", dim, x.ndim) for dim in (dims if isinstance(dims, Sequence) else (dims,))]
        for dims in (source, destination)
    ]
    sources, targets = pairs
    if len(sources) != len(targets) or any(len(set(p)) != len(p) for p in pairs):
        raise ArgumentError(
            f"movedim: expected as many different destinations as sources, got {source} and {destination}"
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for target, moved in sorted(zip(targets, sources, strict=True)):
        order.insert(target, moved)
    return _permute(x, axes=tuple(order[: x.ndim]))


def t(input: TensorLike) -> Tensor:
    """Transpose a matrix; vectors and single numbers stay as they are.

    Shapes: (M, P) -> (P, M).
    Raises: ShapeError for more than two axes.
    Source: torch.t.

    Example:
        >>> t(as_tensor([[1.0, 2.0, 3.0]])).shape
        (3, 1)
    """
    x = as_tensor(input)
    if x.ndim > 2:
        raise_shape("t", {"tensor": x.shape}, "expected at most two axes", "use mT, transpose(a, b) or permute")
    return T(x)


def T(input: TensorLike) -> Tensor:
    """Reverse the order of all axes.

    Shapes: (M, P) -> (P, M).
    Source: torch.Tensor.T; numpy.ndarray.T.

    Example:
        >>> as_tensor([[1.0, 2.0, 3.0]]).T.shape
        (3, 1)
    """
    x = as_tensor(input)
    return _permute(x, axes=tuple(range(x.ndim))[::-1])


def mT(input: TensorLike) -> Tensor:
    """Transpose each matrix of the last two axes.

    Shapes: (*, M, P) -> (*, P, M).
    Raises: ShapeError for fewer than two axes.
    Source: torch.Tensor.mT.

    Example:
        >>> as_tensor([[[1.0, 2.0, 3.0]]]).mT.shape
        (1, 3, 1)
    """
    x = as_tensor(input)
    if x.ndim < 2:
        raise_shape("mT", {"tensor": x.shape}, "expected matrices, in the last two axes")
    return _transpose(x, a=x.ndim - 2, b=x.ndim - 1)


def H(input: TensorLike) -> Tensor:
    """Transpose a matrix and take complex conjugates, of which real numbers have none.

    Shapes: (M, P) -> (P, M).
    Raises: ShapeError unless there are two axes.
    Source: torch.Tensor.H.

    Example:
        >>> as_tensor([[1.0, 2.0, 3.0]]).H.shape
        (3, 1)
    """
    x = as_tensor(input)
    if x.ndim != 2:
        raise_shape("H", {"tensor": x.shape}, "expected a matrix", "use mH for batches of matrices")
    return T(x)


# --- elements in another order ------------------------------------------------------------------------------------


def flip(input: TensorLike, *axes: Any, dims: Any = None) -> Tensor:
    """Reverse the order of the elements along some axes; a copy.

    Args:
        input: any tensor.
        axes: which axes.
        dims: the same by name.

    Shapes: any.
    Raises: IndexingError for an axis out of range, ArgumentError if one comes twice.
    Source: torch.flip.

    Example:
        >>> flip(as_tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
        tensor([[2., 1.],
                [4., 3.]])
    """
    x, given = as_tensor(input), integers("flip", axes, dims)
    return _flip(x, axes=normalized_axes("flip", given, x.ndim) if given else ())


def fliplr(input: TensorLike) -> Tensor:
    """Reverse the order of the columns.

    Shapes: (M, P, *) stays.
    Raises: ShapeError for fewer than two axes.
    Source: torch.fliplr.

    Example:
        >>> fliplr(as_tensor([[1.0, 2.0]]))
        tensor([[2., 1.]])
    """
    x = as_tensor(input)
    if x.ndim < 2:
        raise_shape("fliplr", {"tensor": x.shape}, "expected at least two axes")
    return _flip(x, axes=(1,))


def flipud(input: TensorLike) -> Tensor:
    """Reverse the order of the rows.

    Shapes: (M, *) stays.
    Raises: ShapeError for a tensor without axes.
    Source: torch.flipud.

    Example:
        >>> flipud(as_tensor([1.0, 2.0]))
        tensor([2., 1.])
    """
    x = as_tensor(input)
    if x.ndim < 1:
        raise_shape("flipud", {"tensor": x.shape}, "expected at least one axis")
    return _flip(x, axes=(0,))


def roll(input: TensorLike, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Shift the elements along axes; what leaves at one end comes back at the other.

    Args:
        input: any tensor.
        shifts: by how many places, for each axis.
        dims: the axes; None rolls the flattened tensor and gives it its shape back.

    Shapes: any.
    Raises: ArgumentError if there are not as many shifts as dims, IndexingError for an axis out of range.
    Source: torch.roll.

    Example:
        >>> roll(as_tensor([1.0, 2.0, 3.0]), 1)
        tensor([3., 1., 2.])
    """
    x, by = as_tensor(input), integers("roll", (shifts,))
    along = () if dims is None else integers("roll", (dims,))
    if not along and len(by) == 1:
        return _roll(x.reshape((-1,)), shifts=by, axes=(0,)).reshape(x.shape)
    if len(by) != len(along):
        raise ArgumentError(f"roll: expected one shift for each dim, got shifts {by} and dims {along}")
    if x.ndim == 0:
        raise_shape("roll", {"tensor": x.shape}, "a tensor without axes has no dims to roll", "leave dims out")
    return _roll(x, shifts=by, axes=tuple(normalized_axis("roll", dim, x.ndim) for dim in along))


def rot90(input: TensorLike, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Rotate by 90 degrees `k` times in the plane of two axes, from the first towards the second.

    Shapes: (M, P) -> (P, M) for odd k.
    Raises: ArgumentError unless two different axes are named, IndexingError for an axis out of range.
    Source: torch.rot90.

    Example:
        >>> rot90(as_tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[2., 4.],
                [1., 3.]])
    """
    x = as_tensor(input)
    if len(dims) != 2 or x.ndim < 2:
        raise ArgumentError(
            f"rot90: expected two dims and a tensor of at least two axes, got {dims} and shape {x.shape}"
        )
    a, b = (normalized_axis("rot90", dim, x.ndim) for dim in dims)
    if a == b:
        raise ArgumentError(f"rot90: the two dims must differ, got {tuple(dims)}")
    turns = k % 4
    if turns % 2:
        return _transpose(_flip(x, axes=(b if turns == 1 else a,)), a=a, b=b)
    return _flip(x, axes=tuple(sorted((a, b))) if turns else ())


adjoint = mT
moveaxis = movedim
swapaxes = swapdims = transpose
