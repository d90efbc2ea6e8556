"""What random transforms draw: from checked intervals, one value for each image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np.errors import ArgumentError

__all__ = ["check_probability", "count_of", "interval", "positive_interval", "rectangles"]

Array = npt.NDArray[Any]

_TRIES = 10


def count_of(img: Any) -> int:
    """Return how many images a batch has; 1 for a single one."""
    return int(img.shape[0]) if len(img.shape) == 4 else 1


def check_probability(name: str, p: float) -> float:
    """Return p.

    Raises: ArgumentError if it is no probability.
    """
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p must lie in [0, 1], got {p}")
    return p


def interval(name: str, value: Any, *, symmetric: bool = False) -> tuple[float, float]:
    """Return the two ends of an interval, in order; with `symmetric` one number stands for -value to value.

    Raises: ArgumentError for anything else.
    """
    if symmetric and np.ndim(value) == 0:
        if value < 0:
            raise ArgumentError(f"{name}: expected a number that is not negative, or two, got {value}")
        return -float(value), float(value)
    ends = tuple(float(v) for v in np.atleast_1d(value))
    if len(ends) != 2 or ends[0] > ends[1]:
        raise ArgumentError(f"{name}: expected two numbers, the smaller first, got {value}")
    return ends[0], ends[1]


def positive_interval(name: str, value: Any) -> tuple[float, float]:
    """Return the two ends of an interval above 0.

    Raises: ArgumentError for anything else.
    """
    low, high = interval(name, value)
    if low <= 0:
        raise ArgumentError(f"{name}: expected positive numbers, got {value}")
    return low, high


def rectangles(
    rng: np.random.Generator, count: int, H: int, W: int, scale: tuple[float, float], ratio: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """Return height and width of a random rectangle for each image, and whether it fits: the first of ten that does.

    Shapes: () -> (N,), (N,), (N,).
    """
    area = H * W * rng.uniform(*scale, (count, _TRIES))
    proportion = np.exp(rng.uniform(math.log(ratio[0]), math.log(ratio[1]), (count, _TRIES)))
    width = np.rint(np.sqrt(area * proportion)).astype(np.int64)
    height = np.rint(np.sqrt(area / proportion)).astype(np.int64)
    fits = (width > 0) & (width <= W) & (height > 0) & (height <= H)
    first = fits.argmax(axis=1)[:, None]
    chosen: list[Array] = [np.take_along_axis(drawn, first, axis=1)[:, 0] for drawn in (height, width, fits)]
    return chosen[0], chosen[1], chosen[2]
