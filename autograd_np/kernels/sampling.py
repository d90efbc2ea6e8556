"""Sampling on arrays: images read between their pixels, at points of their own for each image.

A value is a sum of pixels whose weights are polynomials of the point's fraction: the derivative in the image is the
adjoint, the one in the point is the same sum with the polynomials' derivatives. So each kernel takes how often to
differentiate along each coordinate, and the two close every order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.resampling import CUBIC, polynomial

__all__ = ["into_image", "into_image_slope", "sample", "sample_adjoint"]

#: Of each mode, the offset of its first tap, and its taps' weights as polynomials in the fraction.
_TAPS = {
    "nearest": (0, ((1.0,),)),
    "linear": (0, ((1.0, -1.0), (0.0, 1.0))),
    "cubic": (-1, CUBIC),
}


# --- taps ---------------------------------------------------------------------------------------------------------


def _differentiated(coefficients: tuple[float, ...], order: int) -> tuple[float, ...]:
    for _ in range(order):
        coefficients = tuple(k * c for k, c in enumerate(coefficients))[1:]
    return coefficients or (0.0,)


def _axis_taps(where: Array, size: int, mode: str, order: int, beyond: str) -> list[tuple[Array, Array, Array]]:
    """Return of each tap along one axis its positions, where these are inside the image, and its weights."""
    start, weights = _TAPS[mode]
    first = np.rint(where) if mode == "nearest" else np.floor(where)
    part = where - first
    taps = []
    for k, coefficients in enumerate(weights):
        place = _brought_inside(first + (start + k), size, beyond)
        # False for NaN too, which has no place.
        inside = (place >= 0) & (place < size)
        index = np.where(inside, place, 0).astype(np.intp)
        taps.append((index, inside, polynomial(_differentiated(coefficients, order), part)))
    return taps


def _terms(p: Array, size: Shape, mode: str, orders: tuple[int, ...], beyond: str) -> Iterator[tuple[Array, Array]]:
    """Yield for each pixel that a point's value depends on its flat index and its weight.

    Outside the image the index is that of an element behind the last one.

    Shapes: p (N, *out, rank) -> twice (N, P).
    """
    points = p.reshape(len(p), math.prod(p.shape[1:-1]), p.shape[-1])
    # A point's coordinates begin with the last axis.
    along = [_axis_taps(points[..., -1 - a], n, mode, orders[-1 - a], beyond) for a, n in enumerate(size)]
    for taps in itertools.product(*along):
        flat, inside, weight = taps[0]
        for (place, within, factor), n in zip(taps[1:], size[1:], strict=True):
            flat = flat * n + place
            inside = inside & within
            weight = weight * factor
        yield np.where(inside, flat, math.prod(size)), weight


def sample(x: Array, p: Array, mode: str, orders: tuple[int, ...], beyond: str = "zeros") -> Array:
    """Return the images' values at points, or their derivatives of these orders in the points' coordinates.

    Args:
        x: images.
        p: points in pixels, the last axis first.
        mode: 'nearest', 'linear' or 'cubic'.
        orders: how often to differentiate along each coordinate.
        beyond: what the pixels outside are: 'zeros', or as `into_image` says.

    Shapes: x (N, C, *size), p (N, *out, rank) -> (N, C, *out).

    Example:
        >>> sample(np.array([[[1.0, 3.0]]]), np.array([[[0.25], [1.5]]]), "linear", (0,))
        array([[[1.5, 1.5]]])
    """
    pixels = math.prod(x.shape[2:])
    images = np.zeros((*x.shape[:2], pixels + 1), x.dtype)
    images[..., :pixels] = x.reshape(*x.shape[:2], pixels)
    y = np.zeros((*x.shape[:2], math.prod(p.shape[1:-1])), x.dtype)
    for index, weight in _terms(p, x.shape[2:], mode, orders, beyond):
        for n, (image, places, factor) in enumerate(zip(images, index, weight, strict=True)):
            values = image.take(places, 1)
            values *= factor
            y[n] += values
    return y.reshape(*x.shape[:2], *p.shape[1:-1])


def sample_adjoint(g: Array, p: Array, size: Shape, mode: str, orders: tuple[int, ...], beyond: str = "zeros") -> Array:
    """Add values at points to the pixels that they were read from: the adjoint of `sample` in the images.

    Shapes: g (N, C, *out), p (N, *out, rank) -> (N, C, *size).

    Example:
        >>> sample_adjoint(np.array([[[4.0]]]), np.array([[[0.25]]]), (2,), "linear", (0,))
        array([[[3., 1.]]])
    """
    pixels = math.prod(size)
    images = np.zeros((*g.shape[:2], pixels + 1), g.dtype)
    values = g.reshape(*g.shape[:2], math.prod(g.shape[2:]))
    rows = np.arange(g.shape[1])[:, None] * (pixels + 1)
    for index, weight in _terms(p, size, mode, orders, beyond):
        for image, places, factor, value in zip(images, index, weight, values, strict=True):
            # One flat index is the fast form of `add.at`.
            np.add.at(image.reshape(-1), (rows + places).reshape(-1), (value * factor).reshape(-1))
    return images[..., :pixels].reshape(*g.shape[:2], *size)


# --- beyond the edge ----------------------------------------------------------------------------------------------


def _brought_inside(p: Array, size: Any, beyond: str) -> Array:
    """Return the coordinates with those beyond the edge brought back as `beyond` says."""
    if beyond == "zeros":
        return p
    if beyond != "border":
        p, _ = _mirrored(p, size, beyond)
    return np.clip(p, 0, np.asarray(size - 1, p.dtype))


def _mirrored(p: Array, size: Any, beyond: str) -> tuple[Array, Array]:
    """Return coordinates folded back at the mirrors, and in which direction they run there."""
    low = 0.0 if beyond == "reflect" else -0.5
    span = np.asarray(np.asarray(size) - 1 - 2 * low, p.dtype)
    # Between mirrors that coincide there is a single place, whatever the coordinate.
    width = np.where(span > 0, span, 1)
    away = np.abs(p - p.dtype.type(low))
    rest = np.fmod(away, width)
    even = np.fmod(np.floor(away / width), 2) == 0
    folded = np.where(even, rest, width - rest) + p.dtype.type(low)
    direction = np.where(even == (p >= low), 1, -1)
    return np.where(span > 0, folded, 0), np.where(span > 0, direction, 0).astype(p.dtype)


def into_image(p: Array, size: Shape, beyond: str) -> Array:
    """Return the points with every coordinate brought into the image.

    Args:
        p: points in pixels.
        size: the image's size along each coordinate.
        beyond: 'border' moves to the nearest pixel, 'reflect' mirrors at the outermost pixels' centres, 'symmetric' at
            the image's edges.

    Shapes: p (..., rank) -> the same.

    Example:
        >>> p = np.array([[-0.75], [2.5]])
        >>> into_image(p, (3,), "border").ravel(), into_image(p, (3,), "reflect").ravel()
        (array([0., 2.]), array([0.75, 1.5 ]))
    """
    return _brought_inside(p, np.array(size), beyond)


def into_image_slope(p: Array, size: Shape, beyond: str) -> Array:
    """Return the derivative of `into_image`: 1 or -1 in the direction of the image, 0 where a point is held.

    Shapes: p (..., rank) -> the same.

    Example:
        >>> into_image_slope(np.array([[-0.75], [1.5]]), (3,), "reflect").ravel()
        array([-1.,  1.])
    """
    sizes = np.array(size)
    direction: Any = 1
    if beyond != "border":
        p, direction = _mirrored(p, sizes, beyond)
    return ((p > 0) & (p < sizes - 1)).astype(p.dtype) * direction
