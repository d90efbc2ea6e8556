"""Scattering: writing, adding and combining values at positions of a tensor, out of place.

Every function turns its positions into a key (see `autograd_np.kernels.indexing`). Where a place is written twice, the
last value stays, and only that one has a gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Scalar, TensorLike
from autograd_np.core import Op, Tensor, as_array, as_tensor, wrap
from autograd_np.errors import ArgumentError, DTypeError, ShapeError, raise_shape
from autograd_np.kernels import indexing as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.indexing import Key
from autograd_np.kernels.scattering import add_at, result_shape
from autograd_np.ops.indexing import _index, _pick, assigning, grid_key, read, unwrapped, vector
from autograd_np.ops.masking import checked_mask, expanded_both

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
]

# --- rows ---------------------------------------------------------------------------------------------------------


def _added(x: Array, values: Any, index: Key) -> Array:
    result = x.copy()
    add_at(result, index, values)
    return result


def _adding(name: str) -> Op:
    """Return a row that is its first operand with the second one added at a key, as often as a place is named."""
    return Op(
        name,
        _added,
        lambda g, _y, _x, _values, index: g,
        lambda g, _y, _x, _values, index: read(g, index),
        broadcasts=True,
    )


_scatter = assigning("scatter")
_index_copy = assigning("index_copy")
_index_fill = assigning("index_fill")
_index_put = assigning("index_put")
_masked_scatter = assigning("masked_scatter")
_put = assigning("put")

_scatter_add = _adding("scatter_add")
_index_add = _adding("index_add")
_index_put_add = _adding("index_put_add")
_put_add = _adding("put_add")


def _extreme_kernel(x: Array, values: Array, index: Key, largest: bool) -> tuple[Array, Array, Array]:
    """Return the extremes, and which part of a place's gradient its old value and each new one receives."""
    result = x.copy()
    with np.errstate(invalid="ignore"):
        (np.maximum if largest else np.minimum).at(result, index, values)
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
    old, new = (x == result).astype(kind), (values == result[index]).astype(kind)
    ties = old.copy()
    add_at(ties, index, new)
    # A place that holds NaN equals nothing.
    ties = np.maximum(ties, 1)
    return result, old / ties, new / ties[index]


#: Values that tie for an extreme share its gradient equally.
_scatter_extreme = Op(
    "scatter_extreme",
    _extreme_kernel,
    lambda g, _y, _x, _values, old, _new, index, largest: g * old,
    lambda g, _y, _x, _values, _old, new, index, largest: read(g, index) * new,
    by_products={"old": None, "new": None},
)


# --- along one axis, by a grid of positions -----------------------------------------------------------------------


def _like_kind(name: str, x: Tensor, values: Any) -> Any:
    """Return values that x can take without losing their kind: a number, or a tensor."""
    if isinstance(values, (bool, int, float)):
        return values
    given = as_tensor(values)
    if not np.can_cast(given.dtype, x.dtype, "same_kind"):
        raise DTypeError(
            f"{name}: values of {given.dtype} do not fit a tensor of {x.dtype}\n"
            "  fix: convert one of the two with .to(dtype)"
        )
    return given


def _scattered(name: str, x: Tensor, dim: int, index: TensorLike, src: Any) -> tuple[Key, Any]:
    """Return the key, and the part of the source that the index covers."""
    places, values = as_array(index), _like_kind(name, x, src)
    if x.ndim == 0:
        if places.size != 1:
            raise_shape(name, {"input": x.shape, "index": places.shape}, "a tensor without axes takes one position")
        kernels.check_positions(name, places, 1, 0)
        return (...,), values.reshape(()) if isinstance(values, Tensor) else values
    key = grid_key(name, x.shape, dim, places)
    if isinstance(values, Tensor) and values.shape != places.shape:
        if values.ndim != places.ndim or any(n > m for n, m in zip(places.shape, values.shape, strict=True)):
            table = {"index": places.shape, "src": values.shape}
            raise_shape(name, table, "the source needs as many axes as the index, and none may be shorter")
        values = _index(values, index=(*(slice(n) for n in places.shape), ...))
    return key, values


def scatter(
    input: TensorLike,
    dim: int,
    index: TensorLike,
    src: TensorLike | None = None,
    *,
    value: Scalar | None = None,
    reduce: str | None = None,
) -> Tensor:
    """Write values along one axis at an array of positions: `result[i, index[i, j]] = src[i, j]` for dim 1.

    Args:
        input: what is written over.
        dim: the axis along which `index` holds positions.
        index: integers.
        src: the values, or one number for all positions.
        value: one number for all positions, by name.
        reduce: 'add' or 'multiply' to combine with the old values instead.

    Shapes: index as many axes as the input, none but `dim` longer; src at least index's.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range, DTypeError if the types
        do not fit, ArgumentError for another reduce.
    Source: torch.scatter.

    Example:
        >>> scatter(as_tensor([[0.0, 0.0, 0.0]]), 1, [[2, 0]], as_tensor([[5.0, 6.0]]))
        tensor([[6., 0., 5.]])
    """
    x = as_tensor(input)
    if (src is None) == (value is None):
        raise ArgumentError("scatter: expected either src or value")
    key, values = _scattered("scatter", x, dim, index, value if src is None else src)
    if reduce is None:
        return _scatter(x, values, index=key)
    if reduce == "add":
        return _scatter_add(x, values, index=key)
    if reduce == "multiply":
        full = (
            values if isinstance(values, Tensor) else wrap(np.full(result_shape(key, x.shape), values, x.dtype), None)
        )
        return _multiplied(x, key, full)
    raise ArgumentError(f"scatter: reduce must be None, 'add' or 'multiply', got {reduce!r}")


def scatter_add(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """Add values along one axis at an array of positions: `result[i, index[i, j]] += src[i, j]` for dim 1.

    Shapes: index as many axes as the input, none but `dim` longer; src at least index's.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range, DTypeError if the types
        do not fit.
    Source: torch.scatter_add.

    Example:
        >>> scatter_add(as_tensor([0.0, 0.0]), 0, [1, 1, 0], as_tensor([1.0, 2.0, 5.0]))
        tensor([5., 3.])
    """
    x = as_tensor(input)
    key, values = _scattered("scatter_add", x, dim, index, src)
    return _scatter_add(x, values, index=key)


def scatter_reduce(
    input: TensorLike, dim: int, index: TensorLike, src: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Combine values along one axis at an array of positions with what is there.

    Args:
        input: the old values.
        dim: the axis along which `index` holds positions.
        index: integers.
        src: the new values.
        reduce: 'sum', 'prod', 'mean', 'amax' or 'amin'.
        include_self: False leaves the old value out wherever a new one comes.

    Shapes: index as many axes as the input, none but `dim` longer; src at least index's.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range, DTypeError if the types
        do not fit, ArgumentError for another reduce.
    Source: torch.scatter_reduce.

    Example:
        >>> x, src = as_tensor([1.0, 1.0]), as_tensor([4.0, 6.0])
        >>> scatter_reduce(x, 0, [0, 0], src, "amax"), scatter_reduce(x, 0, [0, 0], src, "mean", include_self=False)
        (tensor([6., 1.]), tensor([5., 1.]))
    """
    x = as_tensor(input)
    identities = {"sum": 0, "mean": 0, "prod": 1, "amax": _lowest(x.dtype), "amin": _highest(x.dtype)}
    if reduce not in identities:
        raise ArgumentError(f"scatter_reduce: reduce must be one of {tuple(identities)}, got {reduce!r}")
    key, values = _scattered("scatter_reduce", x, dim, index, as_tensor(src))
    start = x if include_self else _scatter(x, identities[reduce], index=key)
    if reduce in ("sum", "mean"):
        total = _scatter_add(start, values, index=key)
        return total if reduce == "sum" else _averaged(total, key, include_self=include_self)
    if reduce == "prod":
        return _multiplied(start, key, values)
    return _scatter_extreme(start, values, index=key, largest=reduce == "amax")


def _lowest(dtype: np.dtype[Any]) -> Any:
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False


def _highest(dtype: np.dtype[Any]) -> Any:
    return math.inf if dtype.kind == "f" else np.iinfo(dtype).max if dtype.kind in "iu" else True


def _averaged(total: Tensor, key: Key, *, include_self: bool) -> Tensor:
    """Return sums divided by how many numbers went into each."""
    counts = np.full(total.shape, int(include_self), np.int64)
    add_at(counts, key, 1)
    counts = np.maximum(counts, 1)
    if total.dtype.kind != "f":
        return wrap((total._array // counts).astype(total.dtype), None)
    return total / counts.astype(total.dtype)


def _multiplied(x: Tensor, key: Key, values: Tensor) -> Tensor:
    """Return x times all the values at each place, without dividing, so that zeros have their derivatives too."""
    if not values.numel():
        return x
    places = np.arange(x.numel()).reshape(x.shape)[key].reshape(-1)
    found, which, counts = np.unique(places, return_inverse=True, return_counts=True)
    order = np.argsort(which, kind="stable")
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    # One row for each place that is met, with ones where it is met less often than others.
    ones = wrap(np.ones((len(found), int(counts.max())), x.dtype), None)
    table = _scatter(ones, values.reshape((-1,)), index=(which.reshape(-1), rank))
    flat = x.reshape((-1,))
    product = _pick(flat, index=(found,))
    for column in range(table.shape[1]):
        product = product * _index(table, index=(..., column))
    return _scatter(flat, product, index=(found,)).reshape(x.shape)


# --- whole slices along one axis ----------------------------------------------------------------------------------


def _slices(name: str, x: Tensor, dim: int, index: TensorLike, source: Any) -> tuple[Key, Any]:
    """Return the key of slices along an axis, and the source, whose shape must be theirs."""
    places, values = vector(name, as_array(index)), _like_kind(name, x, source)
    if x.ndim == 0:
        kernels.check_positions(name, places, 1, 0)
        return (...,), values.reshape(()) if isinstance(values, Tensor) else values
    axis = normalized_axis(name, dim, x.ndim)
    key = kernels.along(axis, kernels.check_positions(name, places, x.shape[axis], axis))
    expected = (*x.shape[:axis], len(places), *x.shape[axis + 1 :])
    if isinstance(values, Tensor) and values.shape != expected and (values.ndim or len(expected) > 1):
        table = {"slices": expected, "source": values.shape}
        raise_shape(name, table, f"the source needs one slice along dim {axis} for each position")
    return key, values


def index_add(input: TensorLike, dim: int, index: TensorLike, source: TensorLike, *, alpha: Scalar = 1) -> Tensor:
    """Add slices along one axis at positions; where one repeats, all of its slices add up.

    Args:
        input: what is added to.
        dim: the axis.
        index: a vector of positions.
        source: one slice for each position.
        alpha: scales the source.

    Shapes: source the input's, with index's length along `dim`.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range, DTypeError if the types
        do not fit.
    Source: torch.index_add.

    Example:
        >>> index_add(as_tensor([0.0, 0.0]), 0, [0, 0], as_tensor([1.0, 2.0]))
        tensor([3., 0.])
    """
    x = as_tensor(input)
    key, values = _slices("index_add", x, dim, index, as_tensor(source))
    return _index_add(x, values if alpha == 1 else values * alpha, index=key)


def index_copy(input: TensorLike, dim: int, index: TensorLike, source: TensorLike) -> Tensor:
    """Write slices along one axis at positions; where one repeats, the last slice stays.

    Shapes: source the input's, with index's length along `dim`.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range, DTypeError if the types
        do not fit.
    Source: torch.index_copy.

    Example:
        >>> index_copy(as_tensor([1.0, 2.0, 3.0]), 0, [2, 0], as_tensor([8.0, 9.0]))
        tensor([9., 2., 8.])
    """
    x = as_tensor(input)
    key, values = _slices("index_copy", x, dim, index, as_tensor(source))
    return _index_copy(x, values, index=key)


def index_fill(input: TensorLike, dim: int, index: TensorLike, value: Scalar | Tensor) -> Tensor:
    """Write one value into slices along one axis.

    Shapes: index a vector; the value a number, or a tensor without axes.
    Raises: IndexingError if a position is out of range, ShapeError if the value has axes.
    Source: torch.index_fill.

    Example:
        >>> index_fill(as_tensor([1.0, 2.0, 3.0]), 0, [0, 2], -1)
        tensor([-1.,  2., -1.])
    """
    x, one = as_tensor(input), value if isinstance(value, (bool, int, float)) else as_tensor(value)
    if isinstance(one, Tensor) and one.ndim:
        raise_shape("index_fill", {"value": one.shape}, "the value must be a number or a tensor without axes")
    key, _ = _slices("index_fill", x, dim, index, 0)
    return _index_fill(x, one if x.dtype.kind == "f" or not isinstance(one, Tensor) else one.detach(), index=key)


# --- anywhere -----------------------------------------------------------------------------------------------------


def index_put(input: TensorLike, indices: Any, values: TensorLike, accumulate: bool = False) -> Tensor:
    """Write values where `input[indices]` would read, or add them.

    Args:
        input: what is written over.
        indices: a tuple of positions or masks, one for each axis from the first on.
        values: they broadcast to what the indices select.
        accumulate: add, as often as a place is named, instead of writing the last value.

    Shapes: values must broadcast to what the indices select.
    Raises: IndexingError if an index does not fit, ShapeError if the values do not broadcast.
    Source: torch.index_put.

    Example:
        >>> index_put(as_tensor([1.0, 2.0]), ([0, 0],), as_tensor([5.0, 6.0]), accumulate=True)
        tensor([12.,  2.])
    """
    x = as_tensor(input)
    new = _like_kind("index_put", x, values)
    key, _ = kernels.parsed("index_put", unwrapped(tuple(indices)))
    try:
        selected = kernels.take_at(np.broadcast_to(np.False_, x.shape), key).shape
    except (IndexError, ValueError) as error:
        raise kernels.index_error("index_put", key, x.shape) from error
    if isinstance(new, Tensor):
        try:
            fits = np.broadcast_shapes(new.shape, selected) == selected
        except ValueError:
            fits = False
        if not fits:
            table = {"selected": selected, "values": new.shape}
            raise_shape("index_put", table, "the values must broadcast to the shape that the indices select")
    return (_index_put_add if accumulate else _index_put)(x, new, index=key)


def put(input: TensorLike, index: TensorLike, source: TensorLike, accumulate: bool = False) -> Tensor:
    """Write values at positions counted through the flattened tensor, or add them; negative ones count from the end.

    Shapes: source as many elements as index.
    Raises: IndexingError if a position is out of range, ShapeError if there is not one value for each.
    Source: torch.Tensor.put.

    Example:
        >>> put(as_tensor([[1.0, 2.0], [3.0, 4.0]]), [0, -1], as_tensor([8.0, 9.0]))
        tensor([[8., 2.],
                [3., 9.]])
    """
    x, size = as_tensor(input), as_tensor(input).numel()
    places = kernels.check_positions("put", kernels.from_front(as_array(index), size), size, 0)
    values = _like_kind("put", x, as_tensor(source))
    if values.numel() != places.size:
        raise_shape("put", {"index": places.shape, "source": values.shape}, "expected one value for each position")
    flat = x.reshape((-1,))
    result = (_put_add if accumulate else _put)(flat, values.reshape((-1,)), index=(places.reshape(-1),))
    return result.reshape(x.shape)


def masked_scatter(input: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """Write the source's elements, in order, where the mask is true.

    Shapes: input and mask any two that broadcast; source at least as many elements as the mask has true ones.
    Raises: ShapeError if they do not broadcast or the source is too short, DTypeError if the mask holds no booleans.
    Source: torch.masked_scatter.

    Example:
        >>> masked_scatter(as_tensor([0.0, 0.0, 0.0]), [True, False, True], as_tensor([1.0, 2.0, 3.0]))
        tensor([1., 0., 2.])
    """
    x, chosen = expanded_both("masked_scatter", as_tensor(input), checked_mask("masked_scatter", mask))
    values, count = _like_kind("masked_scatter", x, as_tensor(source)), int(chosen.sum())
    if values.numel() < count:
        raise ShapeError(f"masked_scatter: the mask selects {count} elements, but the source has {values.numel()}")
    first = _index(values.reshape((-1,)), index=(slice(count), ...))
    return _masked_scatter(x, first, index=(chosen.copy(),))
