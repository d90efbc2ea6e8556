"""Slopes and running integrals of functions that are known at points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Tensor, as_tensor, default_float
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.axes import normalized_axes, normalized_axis
from autograd_np.ops.cumulative import _diff, _pair_sum, cumsum
from autograd_np.ops.joining import cat
from autograd_np.ops.parts import narrow

__all__ = ["cumulative_trapezoid", "gradient"]


def cumulative_trapezoid(y: TensorLike, x: TensorLike | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """Integrate along an axis by the trapezoidal rule, keeping every partial integral.

    Args:
        y: values of the function.
        x: where they were taken; evenly spaced by `dx` if None.
        dx: distance of neighbours.
        dim: the axis.

    Shapes: y any with at least one axis, which becomes shorter by one; x (n,) for that axis, or as y.
    Raises: IndexingError if dim is out of range.
    Source: torch.cumulative_trapezoid.

    Example:
        >>> cumulative_trapezoid(as_tensor([1.0, 2.0, 3.0]))
        tensor([1.5, 4. ])
    """
    values = as_tensor(y)
    if values.ndim == 0:
        raise_shape("cumulative_trapezoid", {"y": values.shape}, "expected at least one axis")
    axis = normalized_axis("cumulative_trapezoid", dim, values.ndim)
    pairs = _pair_sum(values, axis=axis)
    if x is None:
        return cumsum(pairs * (dx / 2), axis)
    places = _along(as_tensor(x), axis, values.ndim)
    steps = _diff(places, axis=normalized_axis("cumulative_trapezoid", axis - values.ndim, places.ndim))
    return cumsum(pairs * steps / 2, axis)


def _along(places: Tensor, axis: int, rank: int) -> Tensor:
    """Return a vector laid along one axis; anything else as it is."""
    return places.reshape(tuple(-1 if i == axis else 1 for i in range(rank))) if places.ndim == 1 else places


def gradient(
    input: TensorLike, *, spacing: Any = 1, dim: int | Sequence[int] | None = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Estimate the derivative along each axis of a function known at points, to second order inside.

    The estimates are differentiable by the function's values; the points are constants.

    Args:
        input: values of the function.
        spacing: distance of neighbours: one number, one for each axis, or the coordinates along each as vectors.
        dim: the axis or axes; all if None.
        edge_order: 1 for differences of two points at the ends, 2 for parabolas through three.

    Shapes: any; one result of the input's shape for each axis.
    Raises: ArgumentError for another edge_order, spacings that do not match the axes, or axes that are too short.
    Source: torch.gradient; numpy.gradient.

    Example:
        >>> gradient(as_tensor([1.0, 4.0, 9.0, 16.0]))
        (tensor([3., 4., 6., 7.]),)
    """
    x = as_tensor(input)
    x = x if x.is_floating_point() else x.to(default_float())
    axes = normalized_axes("gradient", dim, x.ndim)
    if edge_order not in (1, 2):
        raise ArgumentError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    if isinstance(spacing, (int, float)):
        given: list[Any] = [spacing] * len(axes)
    else:
        given = list(spacing) if isinstance(spacing, Sequence) else [spacing]
    if len(given) != len(axes):
        raise ArgumentError(f"gradient: expected one spacing for each of {len(axes)} axes, got {len(given)}")
    return tuple(_slope(x, axis, steps, edge_order) for axis, steps in zip(axes, given, strict=True))


def _slope(x: Tensor, axis: int, spacing: Any, edge_order: int) -> Tensor:
    """Return the estimate along one axis: differences of neighbours, weighted by the distances."""
    size = x.shape[axis]
    if size <= edge_order:
        raise ArgumentError(f"gradient: dim {axis} has {size} elements; edge_order {edge_order} needs {edge_order + 1}")
    steps = _distances(spacing, size, axis, x.dtype).reshape(tuple(-1 if i == axis else 1 for i in range(x.ndim)))
    rises = _diff(x, axis=axis) / steps
    before, after = np.take(steps, range(size - 2), axis), np.take(steps, range(1, size - 1), axis)
    whole = before + after
    inside = narrow(rises, axis, 0, size - 2) * (after / whole) + narrow(rises, axis, 1, size - 2) * (before / whole)
    first, last = narrow(rises, axis, 0, 1), narrow(rises, axis, size - 2, 1)
    if edge_order == 2:
        a, b = np.take(steps, [0], axis), np.take(steps, [1], axis)
        y, z = np.take(steps, [-1], axis), np.take(steps, [-2], axis)
        first = first + (first - narrow(rises, axis, 1, 1)) * (a / (a + b))
        last = last + (last - narrow(rises, axis, size - 3, 1)) * (y / (y + z))
    return cat([first, inside, last], axis)


def _distances(spacing: Any, size: int, axis: int, dtype: np.dtype[Any]) -> Array:
    """Return the distances of neighbours along one axis."""
    if isinstance(spacing, (int, float)):
        return np.full(size - 1, spacing, dtype)
    places = as_tensor(spacing)._array
    if places.ndim == 0:
        return np.full(size - 1, places, dtype)
    if places.shape != (size,):
        raise ArgumentError(
            f"gradient: expected {size} coordinates for dim {axis}, got a spacing of shape {places.shape}"
        )
    return np.diff(places).astype(dtype)
