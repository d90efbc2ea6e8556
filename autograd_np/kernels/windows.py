"""Windows over images: where they lie, how they are read without a copy, and how values are added back to them.

Convolution and pooling share this geometry. Nothing here depends on the number of spatial axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_np._typing import Array, Shape
from autograd_np.errors import ArgumentError, ShapeError, aligned_shapes

__all__ = [
    "ConvGeometry",
    "check_sizes",
    "col2im",
    "fold",
    "geometry",
    "im2col",
    "inside",
    "padded",
    "per_axis",
    "spread",
    "unfold",
    "windows",
]


class ConvGeometry(NamedTuple):
    """Where windows lie: the sizes of everything, one entry per spatial axis.

    Example:
        >>> ConvGeometry((227, 227), (11, 11), (4, 4), ((0, 0), (0, 0)), (1, 1)).out
        (55, 55)
    """

    size: Shape
    kernel: Shape
    stride: Shape
    padding: tuple[tuple[int, int], ...]
    dilation: Shape
    groups: int = 1

    @property
    def padded(self) -> Shape:
        """Return the spatial sizes with the border."""
        return tuple(n + low + high for n, (low, high) in zip(self.size, self.padding, strict=True))

    @property
    def extent(self) -> Shape:
        """Return what the kernel spans, with the gaps that dilation leaves in it."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def out(self) -> Shape:
        """Return the number of windows along each axis: (padded - extent) // stride + 1."""
        return tuple((n - e) // s + 1 for n, e, s in zip(self.padded, self.extent, self.stride, strict=True))


def per_axis(operation: str, name: str, value: int | Sequence[int], rank: int) -> Shape:
    """Return one integer per spatial axis; a single one stands for all.

    Raises: ArgumentError for another number of them, or for anything but integers.

    Example:
        >>> per_axis("conv2d", "stride", 2, 2), per_axis("conv2d", "stride", (2, 1), 2)
        ((2, 2), (2, 1))
    """
    listed = tuple(value) if isinstance(value, Sequence) else (value,)
    if len(listed) == 1:
        listed *= rank
    if len(listed) != rank or not all(hasattr(n, "__index__") for n in listed):
        axes = "one integer" if rank == 1 else f"one integer or {rank}, one per spatial axis"
        message = f"{operation}: {name} must be {axes}, got {value!r}"
        raise ArgumentError(message)
    return tuple(n.__index__() for n in listed)


def check_sizes(
    operation: str, kernel: Shape, stride: Shape, padding: tuple[tuple[int, int], ...], dilation: Shape
) -> None:
    """Raise ArgumentError for a kernel, stride or dilation below 1, or a negative padding.

    Example:
        >>> check_sizes("conv1d", (3,), (1,), ((1, 1),), (1,))
    """
    for name, values in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if min(values) < 1:
            message = f"{operation}: {name} must be at least 1 along every axis, got {values}"
            raise ArgumentError(message)
    if min(map(min, padding)) < 0:
        message = f"{operation}: padding must not be negative, got {padding}\n  fix: slice the input to crop it"
        raise ArgumentError(message)


def geometry(
    operation: str,
    size: Shape,
    kernel: Shape,
    stride: Shape,
    padding: tuple[tuple[int, int], ...],
    dilation: Shape,
    groups: int = 1,
) -> ConvGeometry:
    """Return the geometry after checking that it has windows.

    Raises: ArgumentError for a kernel, stride or dilation below 1 or a negative padding; ShapeError for a kernel larger
        than the padded input.

    Example:
        >>> geometry("conv2d", (5, 4), (3, 3), (2, 1), ((1, 1), (0, 0)), (1, 1)).out
        (3, 2)
    """
    check_sizes(operation, kernel, stride, padding, dilation)
    geo = ConvGeometry(size, kernel, stride, padding, dilation, groups)
    if any(e > n for e, n in zip(geo.extent, geo.padded, strict=True)):
        table = aligned_shapes({"padded input": geo.padded, "kernel": geo.extent})
        message = (
            f"{operation}: the kernel is larger than the padded input\n{table}\n"
            f"  where the input is {size}, the padding {padding} and the dilation {dilation}\n"
            "  fix: give a larger input or more padding, or a smaller kernel or dilation"
        )
        raise ShapeError(message)
    return geo


# --- windows ------------------------------------------------------------------------------------------------------


def windows(x: Array, geo: ConvGeometry, axis: int) -> Array:
    """Return every window of `x` without a copy.

    Shapes: x with the padded spatial sizes from `axis` on -> the same axes before and after, and between them the
        kernel's axes, then the windows'.

    Example:
        >>> geo = ConvGeometry((4,), (2,), (2,), ((0, 0),), (1,))
        >>> windows(np.arange(4), geo, 0)
        array([[0, 2],
               [1, 3]])
    """
    return _strided(x, geo, axis, geo.out, writeable=False)


def _strided(x: Array, geo: ConvGeometry, axis: int, counts: Shape, *, writeable: bool) -> Array:
    n = len(geo.kernel)
    steps = x.strides[axis : axis + n]
    shape = (*x.shape[:axis], *geo.kernel, *counts, *x.shape[axis + n :])
    strides = (
        *x.strides[:axis],
        *(step * d for step, d in zip(steps, geo.dilation, strict=True)),
        *(step * s for step, s in zip(steps, geo.stride, strict=True)),
        *x.strides[axis + n :],
    )
    return as_strided(x, shape, strides, writeable=writeable)


def spread(values: Array, into: Array, geo: ConvGeometry, axis: int) -> None:
    """Add values laid out as `windows` gives them to where they came from: the adjoint of `windows`.

    Example:
        >>> geo = ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,))
        >>> x = np.zeros(3)
        >>> spread(np.ones((2, 2)), x, geo, 0)
        >>> x
        array([1., 2., 1.])
    """
    n = len(geo.kernel)
    counts = values.shape[axis + n : axis + 2 * n]
    if all(s >= e for s, e in zip(geo.stride, geo.extent, strict=True)):
        # No two windows share an element, so all can be added at once.
        view = _strided(into, geo, axis, counts, writeable=True)
        view += values
        return
    before = (slice(None),) * axis
    for offset in np.ndindex(*geo.kernel):
        where = tuple(
            slice(o * d, o * d + s * (m - 1) + 1, s)
            for o, d, s, m in zip(offset, geo.dilation, geo.stride, counts, strict=True)
        )
        into[before + where] += values[before + offset]


def inside(geo: ConvGeometry, axis: int) -> tuple[slice, ...]:
    """Return the index of the input within its padded form.

    Example:
        >>> inside(ConvGeometry((4,), (3,), (1,), ((1, 1),), (1,)), 1)
        (slice(None, None, None), slice(1, 5, None))
    """
    spatial = (slice(low, low + n) for n, (low, _) in zip(geo.size, geo.padding, strict=True))
    return (*(slice(None),) * axis, *spatial)


def padded(x: Array, geo: ConvGeometry, fill: float = 0) -> Array:
    """Return images (N, C, *size) with the geometry's border; the array itself if there is none.

    Example:
        >>> padded(np.ones((1, 1, 2)), ConvGeometry((2,), (2,), (1,), ((1, 0),), (1,)))
        array([[[0., 1., 1.]]])
    """
    if geo.padded == geo.size:
        return x
    result = np.full((*x.shape[:2], *geo.padded), fill, x.dtype)
    result[inside(geo, 2)] = x
    return result


# --- windows as matrices ------------------------------------------------------------------------------------------


def unfold(x: Array, geo: ConvGeometry) -> Array:
    """Return the windows as columns.

    Shapes: x (N, C, *size) -> (N, C·KH·KW, L).

    Example:
        >>> unfold(np.arange(3.0).reshape(1, 1, 3), ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,)))
        array([[[0., 1.],
                [1., 2.]]])
    """
    y = np.empty((*x.shape[:2], *geo.kernel, *geo.out), x.dtype)
    y[...] = windows(padded(x, geo), geo, 2)
    return y.reshape(len(x), x.shape[1] * math.prod(geo.kernel), math.prod(geo.out))


def fold(columns: Array, geo: ConvGeometry) -> Array:
    """Add columns to where `unfold` takes them from: its adjoint.

    Shapes: columns (N, C·KH·KW, L) -> (N, C, *size).

    Example:
        >>> fold(np.ones((1, 2, 2)), ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,)))
        array([[[1., 2., 1.]]])
    """
    channels = columns.shape[1] // math.prod(geo.kernel)
    return _folded(columns.reshape(len(columns), channels, *geo.kernel, *geo.out), geo)


def im2col(x: Array, geo: ConvGeometry) -> Array:
    """Return the windows as rows, one per output position.

    Shapes: x (N, C, *size) -> (N·OH·OW, C·KH·KW).

    Example:
        >>> im2col(np.arange(3.0).reshape(1, 1, 3), ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,)))
        array([[0., 1.],
               [1., 2.]])
    """
    axes = len(geo.kernel)
    view = windows(padded(x, geo), geo, 2)
    order = (0, *range(2 + axes, 2 + 2 * axes), *range(1, 2 + axes))
    rows = np.ascontiguousarray(view.transpose(order))
    return rows.reshape(len(x) * math.prod(geo.out), x.shape[1] * math.prod(geo.kernel))


def col2im(rows: Array, geo: ConvGeometry) -> Array:
    """Add rows to where `im2col` takes them from: its adjoint.

    Shapes: rows (N·OH·OW, C·KH·KW) -> (N, C, *size).

    Example:
        >>> col2im(np.ones((2, 2)), ConvGeometry((3,), (2,), (1,), ((0, 0),), (1,)))
        array([[[1., 2., 1.]]])
    """
    axes = len(geo.kernel)
    count, channels = len(rows) // math.prod(geo.out), rows.shape[1] // math.prod(geo.kernel)
    values = rows.reshape(count, *geo.out, channels, *geo.kernel)
    return _folded(values.transpose(0, *range(1 + axes, 2 + 2 * axes), *range(1, 1 + axes)), geo)


def _folded(values: Array, geo: ConvGeometry) -> Array:
    """Add windows (N, C, *kernel, *out) into images (N, C, *size)."""
    canvas = np.zeros((*values.shape[:2], *geo.padded), values.dtype)
    spread(values, canvas, geo, 2)
    return canvas[inside(geo, 2)]
