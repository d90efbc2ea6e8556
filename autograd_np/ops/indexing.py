"""Indexing: reading and writing at any NumPy index, and PyTorch's named ways of picking elements.

Every way of reading selects by a key (see `autograd_np.kernels.indexing`). The cotangent of a read is zero but at its
key, and the derivative of that is again a read: one pair of rows, closed under every order.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Op, Placed, Tensor, UnaryOp, ViewOp, as_array, as_tensor, overwrite
from autograd_np.errors import ArgumentError, AutogradError, MutationError, ShapeError, aligned_shapes, raise_shape
from autograd_np.kernels import indexing as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.indexing import Key, take_at
from autograd_np.kernels.scattering import add_at, assign_at, result_shape, winners

__all__ = [
    "embedding",
    "gather",
    "getitem",
    "index_select",
    "setitem",
    "take",
    "take_along_dim",
]

# --- rows ---------------------------------------------------------------------------------------------------------


class Placing(Op):
    """A row whose result is zero but at some places of a larger shape: the adjoint of reading there.

    On Tensors it records. On an array it gives the engine a `Placed`, which is added into one buffer however many such
    cotangents a tensor receives. So it must be the last step of a rule.

    Args:
        name: what errors, drawings and the registry call it.
        into: (buffer, values, **static) -> None, adds the values at their places in the buffer.
        rule: the cotangent of the values.
    """

    __slots__ = ("into",)

    def __init__(self, name: str, into: Callable[..., None], rule: Callable[..., Any]) -> None:
        def dense(values: Array, shape: tuple[int, ...], **static: Any) -> Array:
            buffer = np.zeros(shape, values.dtype)
            into(buffer, values, **static)
            return buffer

        super().__init__(name, dense, rule)
        self.into = into

    def __call__(self, values: Any, *, shape: tuple[int, ...], **static: Any) -> Any:
        if type(values) is np.ndarray:
            return Placed(values, lambda buffer: self.into(buffer, values, **static))
        return super().__call__(values, shape=shape, **static)


def picking(name: str) -> UnaryOp:
    """Return a row that copies what an advanced key selects."""
    return UnaryOp(name, take_at, lambda g, _y, _x, index: _place(g, shape=_x.shape, index=index))


def assigning(name: str) -> Op:
    """Return a row that is its first operand with the second one written at a key; the last write to a place stays."""
    return Op(
        name,
        _assigned,
        lambda g, _y, _x, _values, index: _erase(g, index=index),
        lambda g, _y, _x, _values, index: _written(g, index),
        broadcasts=True,
    )


def _assigned(x: Array, values: Any, index: Key) -> Array:
    result = x.copy()
    assign_at(result, index, values)
    return result


def read(x: Any, index: Key) -> Any:
    """Return what a key selects from an array or a Tensor: a view if it is basic, else a copy."""
    advanced = any(type(item) is np.ndarray for item in index)
    return _pick(x, index=index) if advanced else _index(x, index=index)


def _written(g: Any, index: Key) -> Any:
    """Return the cotangent of values written at a key: none where a later one was written over them."""
    picked, stays = read(g, index), winners(index, g.shape)
    return picked if stays is None else _keep(picked, stays)


_index = ViewOp("index", lambda x, index: x[index], lambda g, _y, _x, index: _place(g, shape=_x.shape, index=index))
_place = Placing(
    "place", lambda buffer, g, index: add_at(buffer, index, g), lambda g, _y, _g, shape, index: read(g, index)
)
_pick = picking("pick")
_setitem = assigning("setitem")
_erase = UnaryOp("erase", lambda x, index: _assigned(x, 0, index), lambda g, _y, _x, index: _erase(g, index=index))

_keep = Op("keep", lambda x, mask: np.where(mask, x, x.dtype.type(0)), lambda g, _y, _x, mask: _keep(g, mask), None)


_gather = picking("gather")
_index_select = picking("index_select")
_take = picking("take")


def _without(g: Any, index: Key, padding: int | None) -> Any:
    """Return an embedding's cotangent with zeros for the padding entry."""
    return g if padding is None else _keep(g, (index[0] != padding)[..., None])


_embedding = UnaryOp(
    "embedding",
    lambda w, index, padding: take_at(w, index),
    lambda g, _y, _w, index, padding: _place(_without(g, index, padding), shape=_w.shape, index=index),
)


# --- indexing by brackets -----------------------------------------------------------------------------------------


def unwrapped(index: Any, level: int = 4) -> Any:
    """Return an index with arrays in place of Tensors; a warning names the line that many calls up."""
    if isinstance(index, Tensor):
        return index._array if index._array.dtype.char != "B" else _as_mask(index._array, level)
    if isinstance(index, tuple):
        return tuple(unwrapped(item, level + 2) for item in index)
    if isinstance(index, list):
        return [unwrapped(item) for item in index]
    return index


def _as_mask(index: Array, level: int) -> Array:
    """Return a uint8 Tensor's elements as a mask, which they are in PyTorch: they were booleans before it had any."""
    warnings.warn(
        "indexing: a uint8 tensor selects where it is not 0, as in PyTorch\n"
        "  fix: index.bool() says so, index.long() picks by position",
        stacklevel=level,
    )
    return index != 0


def getitem(input: TensorLike, index: Any) -> Tensor:
    """Select by any NumPy index: `input[index]`.

    Integers, slices (also with negative steps), None and an ellipsis select a view. Arrays, Tensors or lists of
    integers or booleans select a copy; where an integer array names a place twice, its gradients add up. An integer
    beside arrays is taken first, as in PyTorch, where NumPy would count it among the arrays. A uint8 Tensor is a mask,
    as in PyTorch, and a warning says so; a uint8 array of NumPy's holds positions.

    Shapes: any; the result's follows NumPy's rules.
    Raises: IndexingError for what cannot be an index or does not fit the shape.
    Source: torch.Tensor.__getitem__; numpy.ndarray.__getitem__.

    Example:
        >>> x = as_tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> getitem(x, (0, slice(1, None))), getitem(x, ([0, 1, 1], [2, 0, 0]))
        (tensor([2., 3.]), tensor([3., 4., 4.]))
    """
    x = as_tensor(input)
    if type(index) is int:
        key, basic = (index, ...), True
    else:
        key, basic = kernels.parsed("getitem", unwrapped(index))
    try:
        return _index(x, index=key) if basic else _pick(x, index=key)
    except MutationError:
        raise
    except AutogradError as error:
        raise kernels.index_error("getitem", key, x.shape) from error


def setitem(input: Tensor, index: Any, value: TensorLike) -> None:
    """Write at any NumPy index: `input[index] = value`.

    The value broadcasts to the selected shape and takes the tensor's type. Gradients reach the old values outside the
    index and the new ones inside. Where an integer array names a place twice, the last value stays and has the
    gradient.

    Shapes: the value's must broadcast to what the index selects.

    Raises:
        IndexingError: for what cannot be an index or does not fit the shape.
        ShapeError: if the value does not broadcast to what the index selects.
        MutationError: if the tensor cannot be written.
    Source: torch.Tensor.__setitem__; numpy.ndarray.__setitem__.

    Example:
        >>> x = as_tensor([1.0, 2.0, 3.0])
        >>> setitem(x, slice(0, 2), 7); x
        tensor([7., 7., 3.])
    """
    key, _ = kernels.parsed("setitem", unwrapped(index))
    if not (isinstance(value, Tensor) and _is_view_at(value, input, key)):
        write_at(input, _setitem, key, value)


def _is_view_at(value: Tensor, target: Tensor, key: Key) -> bool:
    """Tell whether a value is the target's own view at this key, already written, as `x[key] += 1` hands it in."""
    view = value._view
    return (
        view is not None
        and view.base is target
        and view.op is _index
        and not any(type(item) is np.ndarray for item in key)
        and view.static["index"] == key
    )


def write_at(target: Tensor, row: Op, key: Key, value: Any) -> Tensor:
    """Write a value at a key in place, recorded as a row made by `assigning`, and return the target."""
    name = row.name
    new: Any = value
    if isinstance(value, Tensor):
        if target.dtype.kind != "f":
            new = value.detach()
        elif value.requires_grad and value.shape[:1] == (1,):
            # NumPy drops leading axes of size 1 that the place written to does not have.
            rank = len(result_shape(key, target.shape))
            new = value.reshape(value.shape[max(value.ndim - rank, 0) :])
    elif not isinstance(value, (int, float)):
        new = as_array(value)
    values = new._array if isinstance(new, Tensor) else new

    def assign(x: Array) -> None:
        try:
            assign_at(x, key, values)
        except OverflowError as error:
            raise ArgumentError(f"{name}: {values} does not fit the type {x.dtype}") from error
        except (IndexError, ValueError) as error:
            raise _write_error(name, key, x, values) from error

    return overwrite(target, row, assign, new, index=key)


def _write_error(name: str, key: Key, x: Array, values: Any) -> Exception:
    try:
        selected = take_at(np.broadcast_to(np.False_, x.shape), key).shape
    except (IndexError, ValueError):
        return kernels.index_error(name, key, x.shape)
    if np.ndim(values) == 0:
        return ArgumentError(f"{name}: {values} does not fit the type {x.dtype}")
    table = aligned_shapes({"selected": selected, "value": np.shape(values)})
    return ShapeError(f"{name}: the value must broadcast to the shape that the index selects\n{table}")


# --- picking along one axis ---------------------------------------------------------------------------------------


def gather(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """Pick along one axis, by an index array of positions: `result[i, j] = input[i, index[i, j]]` for dim 1.

    Shapes: input any; index as many axes, none but `dim` longer than the input's; the result has index's.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range.
    Source: torch.gather.

    Example:
        >>> gather(as_tensor([[1.0, 2.0], [3.0, 4.0]]), 1, [[1], [0]])
        tensor([[2.],
                [3.]])
    """
    x, places = as_tensor(input), as_array(index)
    if x.ndim == 0:
        return gather(x.reshape((1,)), 0, places.reshape(-1)).reshape(places.shape)
    return _gather(x, index=grid_key("gather", x.shape, dim, places))


def grid_key(name: str, shape: tuple[int, ...], dim: int, places: Array) -> Key:
    """Return the key of gather or scatter after checking it against the shape of the tensor that it indexes."""
    axis = normalized_axis(name, dim, len(shape))
    if places.ndim != len(shape) or any(n > shape[a] for a, n in enumerate(places.shape) if a != axis and places.size):
        raise_shape(
            name,
            {"input": shape, "index": places.shape},
            f"the index needs as many axes as the input, and none but dim {axis} may be longer",
        )
    return kernels.grid(axis, kernels.check_positions(name, places, shape[axis], axis))


def take_along_dim(input: TensorLike, indices: TensorLike, dim: int | None = None) -> Tensor:
    """Pick along one axis by positions, as argmax and argsort return them; the other axes broadcast.

    Args:
        input: where to pick from.
        indices: positions along `dim`; negative ones count from the end.
        dim: the axis; None picks from the flattened tensor.

    Shapes: indices as many axes as the input.
    Raises: ShapeError if the shapes do not broadcast, IndexingError if a position is out of range.
    Source: torch.take_along_dim; numpy.take_along_axis.

    Example:
        >>> x = as_tensor([[3.0, 1.0, 2.0]])
        >>> take_along_dim(x, [[1, 2, 0]], 1)
        tensor([[1., 2., 3.]])
    """
    x, places = as_tensor(input), as_array(indices)
    if dim is None:
        return take_along_dim(x.reshape((-1,)), places.reshape(-1), 0)
    axis = normalized_axis("take_along_dim", dim, x.ndim)
    if places.ndim != x.ndim:
        table = {"input": x.shape, "indices": places.shape}
        raise_shape("take_along_dim", table, "the indices need as many axes as the input")
    places = kernels.check_positions("take_along_dim", kernels.from_front(places, x.shape[axis]), x.shape[axis], axis)
    sizes = [max(n, m) if 1 in (n, m) else n for n, m in zip(x.shape, places.shape, strict=True)]
    sizes[axis] = places.shape[axis]
    try:
        places = np.broadcast_to(places, sizes)
        wanted = [x.shape[axis] if a == axis else n for a, n in enumerate(sizes)]
        whole = x if list(x.shape) == wanted else x.expand(wanted)
    except (ValueError, AutogradError):
        table = {"input": x.shape, "indices": places.shape}
        raise_shape("take_along_dim", table, f"all axes but dim {axis} must broadcast")
    return _gather(whole, index=kernels.grid(axis, places))


def take(input: TensorLike, index: TensorLike) -> Tensor:
    """Pick from the flattened tensor; negative positions count from the end.

    Shapes: the result has index's.
    Raises: IndexingError if a position is out of range.
    Source: torch.take.

    Example:
        >>> take(as_tensor([[1.0, 2.0], [3.0, 4.0]]), [0, -1])
        tensor([1., 4.])
    """
    x, places = as_tensor(input), as_array(index)
    size = x.numel()
    return _take(x.reshape((-1,)), index=(kernels.check_positions("take", kernels.from_front(places, size), size, 0),))


def index_select(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """Pick whole slices along one axis.

    Shapes: index a vector; the result has the input's shape, with index's length along `dim`.
    Raises: ShapeError if index is no vector, IndexingError if a position is out of range.
    Source: torch.index_select.

    Example:
        >>> index_select(as_tensor([[1.0, 2.0], [3.0, 4.0]]), 1, [1, 1])
        tensor([[2., 2.],
                [4., 4.]])
    """
    x, places = as_tensor(input), as_array(index)
    if x.ndim == 0:
        return index_select(x.reshape((1,)), 0, places).reshape(())
    axis = normalized_axis("index_select", dim, x.ndim)
    positions = kernels.check_positions("index_select", vector("index_select", places), x.shape[axis], axis)
    return _index_select(x, index=kernels.along(axis, positions))


def vector(name: str, index: Array) -> Array:
    """Return an index as a vector; a single position is one of length 1."""
    if index.ndim > 1:
        raise_shape(name, {"index": index.shape}, "the index must be a vector", "flatten it first")
    return index.reshape(-1)


def embedding(weight: TensorLike, indices: TensorLike, padding_idx: int | None = None) -> Tensor:
    """Look up one row of a table for each index.

    Args:
        weight: the table.
        indices: which rows; integers.
        padding_idx: a row that receives no gradient.

    Shapes: weight (K, E), indices (*) -> (*, E).
    Raises: IndexingError if an index is out of range, ShapeError if the table is not a matrix.
    Source: torch.embedding, torch.nn.functional.embedding.

    Example:
        >>> embedding(as_tensor([[0.0, 0.0], [1.0, 2.0]]), [1, 0, 1])
        tensor([[1., 2.],
                [0., 0.],
                [1., 2.]])
    """
    w, places = as_tensor(weight), as_array(indices)
    if w.ndim != 2:
        raise_shape("embedding", {"weight": w.shape}, "the table must be a matrix (K, E)")
    padding = None if padding_idx is None else normalized_axis("embedding: padding_idx", padding_idx, w.shape[0])
    return _embedding(w, index=(kernels.check_positions("embedding", places, w.shape[0], 0),), padding=padding)
