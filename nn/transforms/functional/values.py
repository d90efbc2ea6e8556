"""Transforms of values: colours, blur, erased parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np import Tensor, from_numpy
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn.transforms import _images
from nn.transforms._arguments import each, mapped, pair, to_floats, to_type

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "erase",
    "gaussian_blur",
    "normalize",
    "rgb_to_grayscale",
    "to_tensor",
]

Array = npt.NDArray[Any]


def to_tensor(pic: Any) -> Tensor:
    """Return a picture (H, W), (H, W, C) as a float32 tensor (C, H, W); bytes are scaled from 0 to 1.

    Also for what NumPy can read as an array, such as PIL's images. A Tensor is returned as it is.

    Shapes: (H, W) or (H, W, C) -> (C, H, W).
    Raises: ShapeError for another rank, and for an array whose channels seem to stand first.
    Source: torchvision.transforms.functional.to_tensor.

    Example:
        >>> to_tensor(np.full((2, 2, 3), 255, np.uint8)).shape
        (3, 2, 2)
    """
    if isinstance(pic, Tensor):
        return pic
    image = np.asarray(pic)
    if image.dtype.kind not in "fiub":
        raise DTypeError(f"to_tensor: expected a picture, got {type(pic).__name__} of {image.dtype}")
    if image.ndim not in (2, 3):
        raise ShapeError(f"to_tensor: expected shape (H, W) or (H, W, C), got {image.shape}")
    if image.ndim == 3 and image.shape[0] in (1, 3, 4) and image.shape[2] not in (1, 2, 3, 4):
        raise ShapeError(
            f"to_tensor: an array has its channels last, (H, W, C), but shape {image.shape} seems to have them first\n"
            "  fix: x.transpose(1, 2, 0), or torch.from_numpy(x) / 255 for one that is (C, H, W)"
        )
    planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    if image.dtype == np.uint8:
        return from_numpy(np.divide(planes, 255, dtype=np.float32))
    kept = planes if image.dtype.kind == "f" else planes.astype(np.float32)
    return from_numpy(np.ascontiguousarray(kept))


def normalize(tensor: Any, mean: Any, std: Any) -> Any:
    """Subtract a mean and divide by a standard deviation, each one number or one per channel.

    Shapes: (C, H, W) or (N, C, H, W).
    Raises: DTypeError for integers, ArgumentError for a deviation that is not positive, ShapeError for other channels.
    Source: torchvision.transforms.functional.normalize.

    Example:
        >>> normalize(np.ones((1, 1, 2)), 0.5, 0.25)
        array([[[2., 2.]]])
    """
    centre, width = (np.atleast_1d(np.asarray(value, np.float64)) for value in (mean, std))
    if (width <= 0).any():
        raise ArgumentError(f"normalize: std must be positive, got {std}")

    def kernel(image: Array) -> Array:
        if image.dtype.kind != "f":
            raise DTypeError(f"normalize: expected floats, got {image.dtype}\n  fix: put ToTensor() before it")
        if not {len(centre), len(width)} <= {1, image.shape[1]}:
            raise ShapeError(
                f"normalize: the image has {image.shape[1]} channels, mean has {len(centre)} values, std {len(width)}"
            )
        shifted = image - centre.astype(image.dtype)[:, None, None]
        shifted /= width.astype(image.dtype)[:, None, None]
        return shifted

    return mapped("normalize", tensor, kernel)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Return the brightness 0.2989·red + 0.587·green + 0.114·blue, in one channel or three.

    Shapes: (3, H, W) or (N, 3, H, W), or one channel -> (num_output_channels, H, W), likewise.
    Raises: ShapeError for other channels.
    Source: torchvision.transforms.functional.rgb_to_grayscale.

    Example:
        >>> rgb_to_grayscale(np.ones((3, 1, 1))).shape
        (1, 1, 1)
    """
    if num_output_channels not in (1, 3):
        raise ArgumentError(f"rgb_to_grayscale: num_output_channels must be 1 or 3, got {num_output_channels}")

    def kernel(image: Array) -> Array:
        _coloured("rgb_to_grayscale", image)
        brightness = to_type(_images.gray(to_floats(image)), image.dtype)
        return np.repeat(brightness, num_output_channels, axis=1)

    return mapped("rgb_to_grayscale", img, kernel)


def _coloured(name: str, image: Array) -> None:
    if image.shape[1] not in (1, 3):
        raise ShapeError(f"{name}: expected an image of 1 or 3 channels, got {image.shape[1]}")


def _brightest(image: Array) -> float:
    return 1.0 if image.dtype.kind == "f" else float(np.iinfo(image.dtype).max)


def _blended(name: str, img: Any, factor: Any, other: Any) -> Any:
    def kernel(image: Array) -> Array:
        _coloured(name, image)
        share = each(name, factor, image)
        if (share < 0).any():
            raise ArgumentError(f"{name}: the factor must not be negative, got {factor}")
        floats = to_floats(image)
        return to_type(_images.blend(floats, other(floats), share, _brightest(image)), image.dtype)

    return mapped(name, img, kernel)


def adjust_brightness(img: Any, brightness_factor: Any) -> Any:
    """Multiply an image; 0 makes it black, 1 leaves it.

    Shapes: (C, H, W) or (N, C, H, W), floats from 0 to 1 or integers.
    Source: torchvision.transforms.functional.adjust_brightness.

    Example:
        >>> adjust_brightness(np.array([[[0.25, 0.75]]]), 2)
        array([[[0.5, 1. ]]])
    """
    return _blended("adjust_brightness", img, brightness_factor, lambda _: 0.0)


def adjust_contrast(img: Any, contrast_factor: Any) -> Any:
    """Move an image away from its mean brightness; 0 makes it even, 1 leaves it.

    Shapes: (C, H, W) or (N, C, H, W), floats from 0 to 1 or integers.
    Source: torchvision.transforms.functional.adjust_contrast.

    Example:
        >>> adjust_contrast(np.array([[[0.25, 0.75]]]), 0)
        array([[[0.5, 0.5]]])
    """
    return _blended(
        "adjust_contrast", img, contrast_factor, lambda x: _images.gray(x).mean(axis=(1, 2, 3), keepdims=True)
    )


def adjust_saturation(img: Any, saturation_factor: Any) -> Any:
    """Move colours away from grey; 0 makes the image grey, 1 leaves it.

    Shapes: (C, H, W) or (N, C, H, W), floats from 0 to 1 or integers.
    Source: torchvision.transforms.functional.adjust_saturation.

    Example:
        >>> adjust_saturation(np.ones((3, 1, 1)), 0).ravel().round(3)
        array([1., 1., 1.])
    """
    return _blended("adjust_saturation", img, saturation_factor, _images.gray)


def adjust_hue(img: Any, hue_factor: Any) -> Any:
    """Turn colours on the colour wheel, by a share of the full turn from -0.5 to 0.5.

    Shapes: (3, H, W) or (N, 3, H, W), floats from 0 to 1 or integers; one channel stays as it is.
    Source: torchvision.transforms.functional.adjust_hue; Smith, Color gamut transform pairs (1978).

    Example:
        >>> adjust_hue(np.array([1.0, 0, 0]).reshape(3, 1, 1), 1 / 3).ravel().round(6)
        array([0., 1., 0.])
    """

    def kernel(image: Array) -> Array:
        _coloured("adjust_hue", image)
        turn = each("adjust_hue", hue_factor, image)
        if (np.abs(turn) > 0.5).any():
            raise ArgumentError(f"adjust_hue: the factor must lie in [-0.5, 0.5], got {hue_factor}")
        if image.shape[1] == 1:
            return image
        scale = _brightest(image)
        return to_type(_images.turn_hue(to_floats(image) / scale, turn) * scale, image.dtype)

    return mapped("adjust_hue", img, kernel)


def gaussian_blur(img: Any, kernel_size: int | Sequence[int], sigma: Any = None) -> Any:
    """Blur by a bell of `kernel_size` pixels, the image reflected at its edge.

    Args:
        img: the image.
        kernel_size: odd, one number or (width, height).
        sigma: the bell's standard deviation, one number, or (across, along) of shape (2,) or (N, 2);
            0.15·kernel_size + 0.35 if not given.

    Shapes: (C, H, W) or (N, C, H, W).
    Raises: ArgumentError for an even size, or a deviation that is not positive.
    Source: torchvision.transforms.functional.gaussian_blur.

    Example:
        >>> gaussian_blur(np.eye(3)[None], 3, 1.0).round(3)[0, 1]
        array([0.372, 0.354, 0.372])
    """
    across, along = pair("gaussian_blur", kernel_size)
    if not across % 2 or not along % 2:
        raise ArgumentError(f"gaussian_blur: kernel_size must be odd, got {kernel_size}")
    given: Any = (0.15 * across + 0.35, 0.15 * along + 0.35) if sigma is None else sigma
    if np.ndim(given) == 0:
        given = (given, given)
    if not (np.asarray(given) > 0).all():
        raise ArgumentError(f"gaussian_blur: sigma must be positive, got {sigma}")

    def kernel(image: Array) -> Array:
        widths = each("gaussian_blur", given, image, 2)
        blurred = _images.blur(
            to_floats(image), _images.gaussian(widths[:, 0], across), _images.gaussian(widths[:, 1], along)
        )
        return to_type(blurred, image.dtype)

    return mapped("gaussian_blur", img, kernel)


def erase(img: Any, i: Any, j: Any, h: Any, w: Any, v: Any) -> Any:
    """Set the rectangle of height h and width w at row i and column j to a value, one per channel, or an image's.

    Shapes: (C, H, W) or (N, C, H, W); v broadcasts against it.
    Source: torchvision.transforms.functional.erase.

    Example:
        >>> erase(np.ones((1, 2, 2)), 0, 1, 1, 1, 0)
        array([[[1., 0.],
                [1., 1.]]])
    """

    def kernel(image: Array) -> Array:
        top, left, height, width = (each("erase", value, image)[:, None] for value in (i, j, h, w))
        rows, columns = np.arange(image.shape[2]), np.arange(image.shape[3])
        inside = ((rows >= top) & (rows < top + height))[:, :, None] & ((columns >= left) & (columns < left + width))[
            :, None, :
        ]
        return np.where(inside[:, None], np.asarray(v, image.dtype), image)

    return mapped("erase", img, kernel)
