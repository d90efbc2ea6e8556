"""Transforms of the frame: mirrored, padded, cut, resized."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np.errors import ArgumentError
from nn.transforms import _images
from nn.transforms._arguments import Fill, each, filling, mapped, mode, pair, to_floats, to_type

__all__ = [
    "center_crop",
    "crop",
    "hflip",
    "pad",
    "resize",
    "resized_crop",
    "vflip",
]

Array = npt.NDArray[Any]

_PADDING = ("constant", "edge", "reflect", "symmetric")


def hflip(img: Any, where: Any = True) -> Any:
    """Mirror left and right.

    Args:
        img: the image.
        where: which images of a batch, (N,).

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.functional.hflip.

    Example:
        >>> hflip(np.array([[[1, 2, 3]]]))
        array([[[3, 2, 1]]])
    """
    return mapped("hflip", img, lambda image: _flipped("hflip", image, image[..., ::-1], where))


def vflip(img: Any, where: Any = True) -> Any:
    """Mirror top and bottom.

    Args:
        img: the image.
        where: which images of a batch, (N,).

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.functional.vflip.

    Example:
        >>> vflip(np.array([[[1], [2]]])).ravel()
        array([2, 1])
    """
    return mapped("vflip", img, lambda image: _flipped("vflip", image, image[:, :, ::-1], where))


def _flipped(name: str, image: Array, flipped: Array, where: Any) -> Array:
    chosen = each(name, where, image).astype(bool)
    return np.where(chosen[:, None, None, None], flipped, image)


def pad(img: Any, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant") -> Any:
    """Add pixels around an image.

    Args:
        img: the image.
        padding: how many: on every side, (left and right, top and bottom), or (left, top, right, bottom).
        fill: their value, one number or one per channel.
        padding_mode: "constant", or what the image has there: "edge", "reflect" (without the edge), "symmetric".

    Shapes: (C, H, W) or (N, C, H, W).
    Raises: ArgumentError for another mode, or for padding that is negative or not 1, 2 or 4 numbers.
    Source: torchvision.transforms.functional.pad.

    Example:
        >>> pad(np.array([[[1, 2]]]), (1, 0), padding_mode="edge")
        array([[[1, 1, 2, 2]]])
    """
    given = (padding,) if isinstance(padding, int) else tuple(padding)
    if padding_mode not in _PADDING:
        raise ArgumentError(f"pad: padding_mode must be one of {', '.join(_PADDING)}, got {padding_mode!r}")
    if len(given) not in (1, 2, 4) or min(given) < 0:
        raise ArgumentError(f"pad: expected 1, 2 or 4 numbers that are not negative, got {padding}")
    left, top, right, bottom = given * (4 // len(given))

    def kernel(image: Array) -> Array:
        widths = ((0, 0), (0, 0), (top, bottom), (left, right))
        if padding_mode != "constant":
            return np.pad(image, widths, mode=padding_mode)  # type: ignore[call-overload]  # one of _PADDING
        return _framed("pad", image, widths, fill)

    return mapped("pad", img, kernel)


def _framed(name: str, image: Array, widths: Any, fill: Fill) -> Array:
    N, C, H, W = image.shape
    (_, _, (top, bottom), (left, right)) = widths
    framed = np.empty((N, C, H + top + bottom, W + left + right), image.dtype)
    framed[...] = filling(name, image, fill)
    framed[:, :, top : top + H, left : left + W] = image
    return framed


def crop(img: Any, top: Any, left: Any, height: int, width: int) -> Any:
    """Cut out a rectangle; what lies outside the image is 0.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, height, width) or (N, C, height, width).
    Source: torchvision.transforms.functional.crop.

    Example:
        >>> crop(np.arange(9).reshape(1, 3, 3), 1, 1, 2, 3)
        array([[[4, 5, 0],
                [7, 8, 0]]])
    """
    size = pair("crop", (height, width))

    def kernel(image: Array) -> Array:
        _, _, H, W = image.shape
        rows, columns = (each("crop", value, image).astype(np.intp) for value in (top, left))
        before = [max(0, -int(starts.min())) for starts in (rows, columns)]
        after = [
            max(0, int(starts.max()) + n - length)
            for starts, n, length in zip((rows, columns), size, (H, W), strict=True)
        ]
        if any(before) or any(after):
            widths = ((0, 0), (0, 0), (before[0], after[0]), (before[1], after[1]))
            image = _framed("crop", image, widths, 0)
        rows, columns = (
            np.broadcast_to(starts + n, len(image)) for starts, n in zip((rows, columns), before, strict=True)
        )
        return _images.windows(image, rows, columns, size)

    return mapped("crop", img, kernel)


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """Cut out the middle; what lies outside the image is 0.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, *output_size), likewise.
    Source: torchvision.transforms.functional.center_crop.

    Example:
        >>> center_crop(np.arange(9).reshape(1, 3, 3), 1)
        array([[[4]]])
    """
    height, width = pair("center_crop", output_size)

    def kernel(image: Array) -> Array:
        _, _, H, W = image.shape
        # PyTorch's rounding: of a margin that cannot be halved evenly, a crop and a padding differ.
        top, left = (
            round((length - n) / 2) if length >= n else -((n - length) // 2) for length, n in ((H, height), (W, width))
        )
        cut: Array = crop(image, top, left, height, width)
        return cut

    return mapped("center_crop", img, kernel)


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: str = "bilinear",
    max_size: int | None = None,
    antialias: bool = True,
) -> Any:
    """Bring an image to another size.

    Args:
        img: the image.
        size: (height, width), or one number for the shorter side, the other in proportion.
        interpolation: "bilinear" or "nearest".
        max_size: the most that the longer side may have, with one number for the shorter.
        antialias: let every pixel count where a bilinear image becomes smaller.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, OH, OW), likewise.
    Raises: ArgumentError for another interpolation, or sizes that are not positive integers.
    Source: torchvision.transforms.functional.resize.

    Example:
        >>> resize(np.array([[[0.0, 1.0, 2.0, 3.0]]]), (1, 2))
        array([[[0.71428571, 2.28571429]]])
    """
    how = mode("resize", interpolation)
    wanted = [size] if isinstance(size, (int, np.integer)) else list(size)
    pair("resize", wanted)
    if max_size is not None and (len(wanted) == 2 or max_size <= wanted[0]):
        raise ArgumentError(
            f"resize: max_size is for one size, the shorter side's, and must be larger; got {max_size} with size {size}"
        )

    def kernel(image: Array) -> Array:
        H, W = image.shape[2:]
        out = _proportional(H, W, wanted[0], max_size) if len(wanted) == 1 else (wanted[0], wanted[1])
        if out == (H, W):
            return image
        boxes = (np.zeros(1), np.zeros(1), np.full(1, H), np.full(1, W))
        return _resized(image, boxes, out, how, antialias=antialias)

    return mapped("resize", img, kernel)


def _proportional(H: int, W: int, shorter: int, most: int | None) -> tuple[int, int]:
    low, high = min(H, W), max(H, W)
    longer = int(shorter * high / low)
    if most is not None and longer > most:
        shorter, longer = int(most * shorter / longer), most
    return (shorter, longer) if H <= W else (longer, shorter)


def _resized(image: Array, boxes: Any, out: tuple[int, int], how: str, *, antialias: bool) -> Array:
    floats = image if how == "nearest" else to_floats(image)
    return to_type(_images.resize(floats, boxes, out, how, antialias=antialias), image.dtype)


def resized_crop(
    img: Any,
    top: Any,
    left: Any,
    height: Any,
    width: Any,
    size: int | Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = True,
) -> Any:
    """Cut out a rectangle within the image and bring it to a size.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, *size), likewise.
    Raises: ArgumentError for a rectangle that leaves the image.
    Source: torchvision.transforms.functional.resized_crop.

    Example:
        >>> resized_crop(np.arange(16.0).reshape(1, 4, 4), 0, 0, 2, 2, 1)
        array([[[2.5]]])
    """
    how, out = mode("resized_crop", interpolation), pair("resized_crop", size)

    def kernel(image: Array) -> Array:
        boxes = [each("resized_crop", value, image) for value in (top, left, height, width)]
        for start, extent, length in ((boxes[0], boxes[2], image.shape[2]), (boxes[1], boxes[3], image.shape[3])):
            if (start < 0).any() or (extent < 1).any() or (start + extent > length).any():
                raise ArgumentError(
                    f"resized_crop: the rectangle from {(top, left)} of size {(height, width)} leaves the image of "
                    f"size {image.shape[2:]}"
                )
        count = max(len(box) for box in boxes)
        return _resized(image, [np.broadcast_to(b, count) for b in boxes], out, how, antialias=antialias)

    return mapped("resized_crop", img, kernel)
