"""What transforms accept: an image or a batch, as an array or a Tensor, and parameters for all images or for each."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np import Tensor, from_numpy
from autograd_np.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["Fill", "InterpolationMode", "each", "filling", "mapped", "mode", "pair", "to_floats", "to_type"]

Array = npt.NDArray[Any]
Fill = float | Sequence[float]


class InterpolationMode(str, enum.Enum):
    """How values between pixels are found.

    Source: torchvision.transforms.InterpolationMode.
    """

    NEAREST = "nearest"
    BILINEAR = "bilinear"


def mode(name: str, interpolation: str) -> str:
    try:
        return InterpolationMode(interpolation).value
    except ValueError:
        raise ArgumentError(f"{name}: interpolation must be 'nearest' or 'bilinear', got {interpolation!r}") from None


def each(name: str, value: Any, image: Array, width: int = 1) -> Array:
    """Return a parameter as (N, width), or (1, width) where it is the same for all images; (N,) and (1,) for width 1.

    Raises: ShapeError for another number of values.
    """
    given = np.asarray(value, np.float64)
    result = given.reshape(-1) if width == 1 else np.atleast_2d(given)
    if len(result) not in (1, len(image)) or (width > 1 and result.shape[1:] != (width,)):
        raise ShapeError(f"{name}: expected {width} number(s), or as many for each of {len(image)} images, got {value}")
    return result


def pair(name: str, size: int | Sequence[int]) -> tuple[int, int]:
    """Return a height and a width; one number stands for both.

    Raises: ArgumentError if they are not positive integers.
    """
    given = tuple(size) if isinstance(size, (Sequence, np.ndarray)) else (size, size)
    given = given * 2 if len(given) == 1 else given
    if len(given) != 2 or not all(isinstance(n, (int, np.integer)) and n > 0 for n in given):
        raise ArgumentError(f"{name}: expected a positive integer or two (height, width), got {size}")
    return int(given[0]), int(given[1])


def mapped(name: str, image: Any, kernel: Callable[[Array], Array]) -> Any:
    """Apply a kernel on (N, C, H, W) to an array or Tensor of one image or a batch, and return the same kind.

    Raises: ShapeError for another rank, DTypeError for what is no image, ArgumentError for a tensor with a graph.
    """
    if isinstance(image, Tensor):
        if image.requires_grad:
            raise ArgumentError(
                f"{name}: transforms prepare data, and no gradient flows through them\n  fix: pass x.detach()"
            )
        return from_numpy(mapped(name, image.numpy(), kernel))
    if not isinstance(image, np.ndarray):
        raise DTypeError(
            f"{name}: expected an array or a Tensor, got {type(image).__name__}\n  fix: put ToTensor() before it"
        )
    if image.ndim not in (3, 4):
        raise ShapeError(
            f"{name}: expected an image (C, H, W) or a batch (N, C, H, W), got shape {image.shape}\n"
            "  fix: x[None] adds the axis of channels"
        )
    if image.dtype.kind not in "fiub":
        raise DTypeError(f"{name}: expected numbers, got {image.dtype}")
    result = kernel(image if image.ndim == 4 else image[None])
    return np.ascontiguousarray(result if image.ndim == 4 else result[0])


def to_floats(image: Array) -> Array:
    """Return the image in a type to compute with: float32, or float64 for what is wider."""
    if image.dtype.kind == "f":
        return image
    return image.astype(np.float32 if image.dtype.itemsize < 4 else np.float64)


def to_type(image: Array, dtype: np.dtype[Any]) -> Array:
    """Return computed values in the image's own type: rounded and within its range for integers."""
    if dtype.kind == "f":
        return image.astype(dtype, copy=False)
    if dtype.kind == "b":
        return image >= 0.5
    limits = np.iinfo(dtype)
    return np.clip(np.rint(image), limits.min, limits.max).astype(dtype)


def filling(name: str, image: Array, fill: Fill) -> Array:
    """Return a filling value as (C, 1, 1) or (1, 1, 1).

    Raises: ShapeError for another number of values.
    """
    values = np.atleast_1d(np.asarray(fill, image.dtype))
    if values.ndim != 1 or len(values) not in (1, image.shape[1]):
        raise ShapeError(f"{name}: fill must be one number or one for each of {image.shape[1]} channels, got {fill}")
    return values[:, None, None]
