"""Repetition: tiles, repeated elements, padding, and grids of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Scalar, TensorLike
from autograd_np.core import Tensor, UnaryOp, as_array, as_tensor
from autograd_np.errors import ArgumentError, ShapeError, raise_shape
from autograd_np.kernels import indexing
from autograd_np.kernels import shapes as kernels
from autograd_np.kernels.axes import normalized_axis
from autograd_np.kernels.shapes import integers
from autograd_np.ops.indexing import picking
from autograd_np.ops.shapes import _expand, _reshape

__all__ = ["meshgrid", "pad", "repeat", "repeat_interleave", "tile"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _untiled(g: Any, shape: tuple[int, ...], repeats: tuple[int, ...]) -> Any:
    """Return the sum over all repetitions of a tensor of this shape."""
    sizes = (1,) * (len(repeats) - len(shape)) + shape
    split = g.reshape(tuple(n for pair in zip(repeats, sizes, strict=True) for n in pair))
    return split.sum(tuple(range(0, 2 * len(repeats), 2))).reshape(shape)


def _unrepeated(g: Any, shape: tuple[int, ...], repeats: int, axis: int) -> Any:
    """Return the sum over the neighbours that one element became."""
    return g.reshape((*shape[: axis + 1], repeats, *shape[axis + 1 :])).sum((axis + 1,))


_repeat = UnaryOp("repeat", kernels.tiled, lambda g, _y, _x, repeats: _untiled(g, _x.shape, repeats))
_repeat_interleave = UnaryOp(
    "repeat_interleave",
    lambda x, repeats, axis: np.repeat(x, repeats, axis),
    lambda g, _y, _x, repeats, axis: _unrepeated(g, _x.shape, repeats, axis),
)
_repeat_each = picking("repeat_each")

#: Padding backwards cuts off, and cutting off backwards pads: the row is its own adjoint with negative widths.
_pad = UnaryOp(
    "pad",
    kernels.padded,
    lambda g, _y, _x, widths, value: _pad(g, widths=tuple((-before, -after) for before, after in widths), value=0),
)
_pad_by = picking("pad_by")


# --- functions ----------------------------------------------------------------------------------------------------


def repeat(input: TensorLike, *repeats: Any, sizes: Any = None) -> Tensor:
    """Lay the tensor side by side with itself, as often as said along each axis; NumPy calls this tile.

    Args:
        input: any tensor.
        repeats: how often along each axis; more entries than axes add axes in front.
        sizes: the same by name.

    Shapes: (M, P) -> (r0·M, r1·P).
    Raises: ShapeError if there are fewer entries than axes, ArgumentError if one is negative.
    Source: torch.Tensor.repeat.

    Example:
        >>> repeat(as_tensor([1.0, 2.0]), 2, 2)
        tensor([[1., 2., 1., 2.],
                [1., 2., 1., 2.]])
    """
    x, times = as_tensor(input), integers("repeat", repeats, sizes)
    if len(times) < x.ndim:
        raise ShapeError(
            f"repeat: expected at least one entry for each of {x.ndim} axes (shape {x.shape}), got {times}"
        )
    return _repeat(x, repeats=_not_negative("repeat", times))


def _not_negative(name: str, times: tuple[int, ...]) -> tuple[int, ...]:
    if any(n < 0 for n in times):
        raise ArgumentError(f"{name}: repeats must not be negative, got {times}")
    return times


def tile(input: TensorLike, *repeats: Any, dims: Any = None) -> Tensor:
    """Lay the tensor side by side with itself; axes without an entry are not repeated.

    Args:
        input: any tensor.
        repeats: how often along each axis, for the last axes if there are fewer entries than axes.
        dims: the same by name.

    Shapes: (M, P) -> (M, r·P) for one entry r.
    Raises: ArgumentError if an entry is negative.
    Source: torch.tile; numpy.tile.

    Example:
        >>> tile(as_tensor([[1.0, 2.0]]), 2)
        tensor([[1., 2., 1., 2.]])
    """
    x, times = as_tensor(input), integers("tile", repeats, dims)
    return _repeat(x, repeats=_not_negative("tile", (1,) * (x.ndim - len(times)) + times))


def repeat_interleave(
    input: TensorLike, repeats: TensorLike | None = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Repeat each element, or each slice along an axis, in place; NumPy calls this repeat.

    Args:
        input: any tensor.
        repeats: how often, one number for all or one for each; without it, `input` holds these numbers, and the result
            is each position as often as its number says.
        dim: the axis; None repeats the elements of the flattened tensor.
        output_size: the length that the axis will have; it is checked.

    Shapes: (*, n, *) -> (*, sum of repeats, *).
    Raises: ShapeError if there is not one number for each slice, ArgumentError if one is negative.
    Source: torch.repeat_interleave; numpy.repeat.

    Example:
        >>> repeat_interleave(as_tensor([1.0, 2.0]), 2), repeat_interleave(as_tensor([5.0, 6.0]), [2, 1])
        (tensor([1., 1., 2., 2.]), tensor([5., 5., 6.]))
    """
    if repeats is None:
        times = as_array(input)
        return repeat_interleave(np.arange(times.size), times, 0, output_size=output_size)
    x, times = as_tensor(input), as_array(repeats)
    if dim is None or x.ndim == 0:
        x, dim = x.reshape((-1,)), 0
    axis = normalized_axis("repeat_interleave", dim, x.ndim)
    if times.dtype.kind not in "iu" or times.ndim > 1 or times.size not in (1, x.shape[axis]):
        message = f"expected an integer, or one for each of {x.shape[axis]} slices of dim {axis}"
        raise_shape("repeat_interleave", {"input": x.shape, "repeats": times.shape}, message)
    _not_negative("repeat_interleave", tuple(times.reshape(-1).tolist()))
    if times.size == 1:
        once = int(times.reshape(()))
        result = _repeat_interleave(x, repeats=once, axis=axis)
    else:
        result = _repeat_each(x, index=indexing.along(axis, np.repeat(np.arange(x.shape[axis]), times)))
    size = result.shape[axis]
    if output_size not in (None, size):
        raise ShapeError(f"repeat_interleave: output_size is {output_size}, but the repeats add up to {size}")
    return result


_MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: TensorLike, pad: Sequence[int], mode: str = "constant", value: Scalar | None = None) -> Tensor:
    """Add elements before and after along the last axes.

    Args:
        input: any tensor.
        pad: how many before and after the last axis, then the axis before it, and so on; negative ones cut off.
        mode: 'constant', 'reflect' (mirrored at the edge element), 'replicate' (the edge element repeated) or
            'circular' (the other end).
        value: what the mode 'constant' adds; zero if not given.

    Shapes: (N, C, H, W) -> (N, C, H + 2, W + 2) for pad (1, 1, 1, 1).
    Raises: ArgumentError for an unknown mode or a wrong number of widths, ShapeError if widths do not fit the shape.
    Source: torch.nn.functional.pad.

    Example:
        >>> pad(as_tensor([1.0, 2.0, 3.0]), (2, 1), "reflect"), pad(as_tensor([1.0, 2.0, 3.0]), (-1, 1))
        (tensor([3., 2., 1., 2., 3., 2.]), tensor([2., 3., 0.]))
    """
    x, widths = as_tensor(input), integers("pad", (tuple(pad),))
    if mode not in _MODES:
        raise ArgumentError(f"pad: mode must be one of {_MODES}, got {mode!r}")
    if len(widths) % 2 or len(widths) > 2 * x.ndim:
        raise ArgumentError(
            f"pad: expected two widths for each of at most {x.ndim} axes, the last axis first, got {widths}"
        )
    if value is not None and mode != "constant":
        raise ArgumentError(f"pad: a value belongs to the mode 'constant', got {mode!r}")
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2) + list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    for axis, (before, after) in enumerate(pairs):
        _check_widths(x.shape, axis, before, after, mode)
    if mode == "constant":
        return _pad(x, widths=tuple(pairs), value=value or 0)
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            places = kernels.padding_positions(mode, x.shape[axis], before, after)
            x = _pad_by(x, index=indexing.along(axis, places))
    return x


def _check_widths(shape: tuple[int, ...], axis: int, before: int, after: int, mode: str) -> None:
    size = shape[axis]
    left = size + min(before, 0) + min(after, 0)
    if left < 0:
        raise ShapeError(
            f"pad: widths {(before, after)} cut more off axis {axis} than its {size} elements (shape {shape})"
        )
    most = {"constant": max(before, after), "reflect": size - 1, "circular": left, "replicate": max(before, after)}[
        mode
    ]
    if max(before, after) > most or (mode == "replicate" and max(before, after) > 0 and not size):
        raise ShapeError(
            f"pad: mode {mode!r} can add at most {max(most, 0)} elements to either end of axis {axis} (shape {shape}), "
            f"got {(before, after)}"
        )


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return one tensor for each vector, all of the shape of the grid that they span, holding its coordinates.

    Args:
        tensors: vectors or single numbers; or one list of them.
        indexing: 'ij' for one axis per vector in order, 'xy' to swap the first two.

    Shapes: (M), (P) -> (M, P), (M, P).
    Raises: ShapeError for a tensor of several axes, ArgumentError for another indexing.
    Source: torch.meshgrid.

    Example:
        >>> meshgrid(as_tensor([1, 2]), as_tensor([3, 4]))
        (tensor([[1, 1],
                [2, 2]]), tensor([[3, 4],
                [3, 4]]))
    """
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}")
    listed = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    xs = [as_tensor(x) for x in listed]
    for x in xs:
        if x.ndim > 1:
            raise_shape("meshgrid", {"tensor": x.shape}, "expected vectors", "flatten it first")
    order = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        order[:2] = [1, 0]
    shape = [1] * len(xs)
    for place, x in zip(order, xs, strict=True):
        shape[place] = x.numel()
    lines = [tuple(-1 if a == place else 1 for a in range(len(xs))) for place in order]
    return tuple(_expand(_reshape(x, shape=line), shape=tuple(shape)) for x, line in zip(xs, lines, strict=True))
