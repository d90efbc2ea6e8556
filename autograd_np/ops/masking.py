"""Masks: selecting, filling and finding elements by booleans."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Scalar, TensorLike
from autograd_np.core import Op, Tensor, as_array, as_tensor, overwrite, wrap
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, raise_shape
from autograd_np.kernels.shapes import integers
from autograd_np.ops.indexing import _keep, picking

__all__ = ["argwhere", "masked_fill", "masked_fill_", "masked_select", "nonzero", "unravel_index"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _masked_fill_kernel(x: Array, mask: Array, value: Any) -> Array:
    shape = np.broadcast_shapes(x.shape, mask.shape)
    result = x.copy() if shape == x.shape else np.broadcast_to(x, shape).copy()
    # Half the time of np.where.
    np.copyto(result, value, where=mask, casting="unsafe")
    return result


_masked_fill = Op(
    "masked_fill",
    _masked_fill_kernel,
    lambda g, _y, _x, mask, _value: _masked_fill(g, mask, 0.0),
    None,
    lambda g, _y, _x, mask, _value: _keep(g, mask),
    broadcasts=True,
)

_masked_select = picking("masked_select")


# --- selecting and filling ----------------------------------------------------------------------------------------


def checked_mask(name: str, mask: TensorLike) -> Array:
    """Return a mask as an array of booleans.

    Raises: DTypeError if it holds anything else.
    """
    array = as_array(mask)
    if array.dtype.kind != "b":
        raise DTypeError(
            f"{name}: the mask must hold booleans, got {array.dtype}\n  fix: compare, as in x > 0, or use mask.bool()"
        )
    return array


def masked_select(input: TensorLike, mask: TensorLike) -> Tensor:
    """Pick the elements where the mask is true, as a vector.

    Shapes: any two that broadcast.
    Raises: ShapeError if they do not, DTypeError if the mask holds no booleans.
    Source: torch.masked_select.

    Example:
        >>> masked_select(as_tensor([1.0, -2.0, 3.0]), [True, False, True])
        tensor([1., 3.])
    """
    x, chosen = as_tensor(input), checked_mask("masked_select", mask)
    x, chosen = expanded_both("masked_select", x, chosen)
    return _masked_select(x, index=(chosen.copy(),))


def expanded_both(name: str, x: Tensor, mask: Array) -> tuple[Tensor, Array]:
    """Return a tensor and a mask in the one shape that both broadcast to."""
    try:
        shape = np.broadcast_shapes(x.shape, mask.shape)
    except ValueError:
        raise_shape(name, {"input": x.shape, "mask": mask.shape}, "the mask and the input must broadcast")
    return (x if x.shape == shape else x.expand(shape)), np.broadcast_to(mask, shape)


def masked_fill(input: TensorLike, mask: TensorLike, value: Scalar | Tensor) -> Tensor:
    """Replace the elements where the mask is true by one value.

    Shapes: any two that broadcast; the value is a number or has no axes.
    Raises: ShapeError if they do not broadcast, DTypeError if the mask holds no booleans.
    Source: torch.masked_fill.

    Example:
        >>> masked_fill(as_tensor([1.0, 2.0]), [False, True], float("-inf"))
        tensor([  1., -inf])
    """
    x = as_tensor(input)
    chosen, one = _fill_operands(x, mask, value)
    return _masked_fill(x, chosen, one)


def masked_fill_(input: Tensor, mask: TensorLike, value: Scalar | Tensor) -> Tensor:
    """Replace the elements where the mask is true by one value, in place.

    Shapes: the mask's must broadcast to the tensor's; the value is a number or has no axes.
    Raises: ShapeError if it does not, DTypeError if the mask holds no booleans, MutationError if no write is possible.
    Source: torch.Tensor.masked_fill_.

    Example:
        >>> masked_fill_(as_tensor([1.0, 2.0]), [False, True], 0)
        tensor([1., 0.])
    """
    chosen, one = _fill_operands(input, mask, value)
    values, array = getattr(one, "_array", one), getattr(chosen, "_array", chosen)
    if np.broadcast_shapes(array.shape, input.shape) != input.shape:
        raise_shape(
            "masked_fill_", {"tensor": input.shape, "mask": array.shape}, "the mask must broadcast to the tensor"
        )

    def assign(x: Array) -> None:
        np.copyto(x, values, where=array, casting="unsafe")

    return overwrite(input, _masked_fill, assign, chosen, one)


def _fill_operands(x: Tensor, mask: TensorLike, value: Scalar | Tensor) -> tuple[Any, Any]:
    """Return mask and value as the row takes them, checked."""
    array = checked_mask("masked_fill", mask)
    one: Any = value if isinstance(value, (bool, int, float)) else as_tensor(value)
    if x.dtype.kind in "iu" and not isinstance(one, Tensor):
        bounds = np.iinfo(x.dtype)
        if not bounds.min <= one <= bounds.max:
            raise ArgumentError(
                f"masked_fill: {value} does not fit a tensor of {x.dtype}\n  fix: convert it with float()"
            )
    if isinstance(one, Tensor):
        if one.ndim:
            raise_shape("masked_fill", {"value": one.shape}, "the value must be a number or a tensor without axes")
        one = one if x.dtype.kind == "f" else one.detach()
    return (mask if isinstance(mask, Tensor) else array), one


# --- where elements are not zero ----------------------------------------------------------------------------------


def nonzero(input: TensorLike, *, as_tuple: bool = False) -> Any:
    """Return the positions of the elements that are not zero.

    Args:
        input: any values.
        as_tuple: return one vector of positions for each axis, ready to index with.

    Shapes: (*) -> (n, number of axes), n being how many there are.
    Source: torch.nonzero.

    Example:
        >>> nonzero(as_tensor([[0, 1], [2, 0]]))
        tensor([[0, 1],
                [1, 0]])
    """
    array = as_array(input)
    if not as_tuple:
        return wrap(np.argwhere(array), None)
    return tuple(wrap(positions, None) for positions in np.atleast_1d(array).nonzero())


def argwhere(input: TensorLike) -> Tensor:
    """Return the positions of the elements that are not zero.

    Shapes: (*) -> (n, number of axes), n being how many there are.
    Source: torch.argwhere.

    Example:
        >>> argwhere(as_tensor([0, 3, 4]))
        tensor([[1],
                [2]])
    """
    return wrap(np.argwhere(as_array(input)), None)


def unravel_index(indices: TensorLike, shape: Any) -> tuple[Tensor, ...]:
    """Return the positions along each axis of elements that are counted through the whole tensor.

    Args:
        indices: integers, as `argmax` without an axis gives them.
        shape: the tensor's shape.

    Shapes: any; one result of that shape for each axis.
    Raises: DTypeError unless the indices are integers, IndexingError if one lies outside the shape.
    Source: torch.unravel_index; numpy.unravel_index.

    Example:
        >>> unravel_index(as_tensor([5, 0]), (2, 3))
        (tensor([1, 0]), tensor([2, 0]))
    """
    places, sizes = (
        as_array(indices),
        integers("unravel_index", (shape,) if not isinstance(shape, int) else ((shape,),)),
    )
    if places.dtype.kind not in "iu":
        raise DTypeError(f"unravel_index: expected integers, got {places.dtype}\n  fix: convert them with long()")
    count = math.prod(sizes)
    if places.size and (places.min() < 0 or places.max() >= count):
        raise IndexingError(f"unravel_index: a tensor of shape {sizes} has the elements 0 to {count - 1} only")
    found = np.unravel_index(places.astype(np.intp), sizes)
    return tuple(wrap(np.asarray(position, np.int64), None) for position in found)
