"""Transforms that move pixels: turned, sheared, bent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np.errors import ArgumentError, ShapeError
from nn.transforms import _images
from nn.transforms._arguments import Fill, each, filling, mapped, mode, to_floats, to_type

__all__ = ["affine", "elastic_transform", "rotate"]

Array = npt.NDArray[Any]


def rotate(
    img: Any,
    angle: Any,
    interpolation: str = "nearest",
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = 0,
) -> Any:
    """Turn an image against the clock, by degrees.

    Args:
        img: the image.
        angle: one number, or (N,) for each image of a batch.
        interpolation: "nearest" or "bilinear".
        expand: make the canvas as large as the whole turned image; then the angle is one number.
        center: (x, y) of the point that stays, from the upper left corner; the image's middle if not given.
        fill: the value outside the image, one number or one per channel.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.functional.rotate.

    Example:
        >>> rotate(np.array([[[1, 2], [3, 4]]]), 90)
        array([[[2, 4],
                [1, 3]]])
    """
    how = mode("rotate", interpolation)

    def kernel(image: Array) -> Array:
        turns = -each("rotate", angle, image)
        matrices = _inverse_affine(turns, np.zeros((1, 2)), np.ones(1), np.zeros((1, 2)), _middle(image, center))
        out = image.shape[2:]
        if expand:
            if len(turns) > 1:
                raise ArgumentError("rotate: with expand=True all images of a batch turn by one angle")
            if center is not None:
                raise ArgumentError("rotate: expand=True turns about the middle\n  fix: leave out center")
            out = _expanded(image.shape[2:], float(turns[0]))
        return _warped("rotate", image, matrices, out, how, fill)

    return mapped("rotate", img, kernel)


def affine(
    img: Any,
    angle: Any,
    translate: Any,
    scale: Any,
    shear: Any,
    interpolation: str = "nearest",
    fill: Fill = 0,
    center: Sequence[float] | None = None,
) -> Any:
    """Turn with the clock, scale, shear and move an image.

    Args:
        img: the image.
        angle: in degrees.
        translate: (x, y) in pixels, (2,) or (N, 2).
        scale: how many times as large.
        shear: in degrees, along x or along (x, y): a number, (2,) or (N, 2).
        interpolation: "nearest" or "bilinear".
        fill: the value outside the image, one number or one per channel.
        center: (x, y) of the point that all but `translate` leave, from the upper left corner; the image's middle if
            not given.

    Shapes: (C, H, W) or (N, C, H, W).
    Raises: ArgumentError for a scale that is not positive.
    Source: torchvision.transforms.functional.affine.

    Example:
        >>> affine(np.array([[[1, 2, 3]]]), angle=0, translate=(1, 0), scale=1, shear=0)
        array([[[0, 1, 2]]])
    """
    how = mode("affine", interpolation)
    sheared = (shear, 0.0) if np.ndim(shear) == 0 else shear

    def kernel(image: Array) -> Array:
        scales = each("affine", scale, image)
        if (scales <= 0).any():
            raise ArgumentError(f"affine: scale must be positive, got {scale}")
        turns, moves, slants = (
            each("affine", value, image, width) for value, width in ((angle, 1), (translate, 2), (sheared, 2))
        )
        matrices = _inverse_affine(turns, moves, scales, slants, _middle(image, center))
        return _warped("affine", image, matrices, image.shape[2:], how, fill)

    return mapped("affine", img, kernel)


def _middle(image: Array, center: Sequence[float] | None) -> tuple[float, float]:
    """Return a centre (x, y) as seen from the middle of the image."""
    H, W = image.shape[2:]
    return (0.0, 0.0) if center is None else (center[0] - W / 2, center[1] - H / 2)


def _inverse_affine(angle: Array, translate: Array, scale: Array, shear: Array, center: tuple[float, float]) -> Array:
    """Return the maps from output to input, around the images' middle.

    Shapes: angle, scale (N,) and translate, shear (N, 2), or 1 for N -> (N, 2, 3).
    """
    turn, slant_x, slant_y = np.deg2rad(angle), np.deg2rad(shear[:, 0]), np.deg2rad(shear[:, 1])
    # Turn · shear along y · shear along x, of determinant 1.
    a = np.cos(turn - slant_y) / np.cos(slant_y)
    b = -a * np.tan(slant_x) - np.sin(turn)
    c = np.sin(turn - slant_y) / np.cos(slant_y)
    d = -c * np.tan(slant_x) + np.cos(turn)
    a, b, c, d, scale = np.broadcast_arrays(a, b, c, d, scale)
    inverse = np.stack([np.stack([d, -b], axis=-1), np.stack([-c, a], axis=-1)], axis=-2) / scale[:, None, None]
    middle = np.array(center)
    moved = middle[:, None] - inverse @ (middle + translate)[:, :, None]  # (N, 2, 1)
    return np.concatenate([np.broadcast_to(inverse, (len(moved), 2, 2)), moved], axis=-1)


def _expanded(size: tuple[int, ...], angle: float) -> tuple[int, int]:
    """Return height and width of the canvas that holds a turned image."""
    H, W = size
    c, s = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))

    # A hair's breadth beyond a pixel does not take another. A quarter turn needs just the other side's length.
    return math.ceil(round(H * c + W * s, 4)), math.ceil(round(W * c + H * s, 4))


def _warped(name: str, image: Array, matrices: Array, out: tuple[int, ...], how: str, fill: Fill) -> Array:
    y, x = _images.affine_coordinates(matrices, image.shape[2:], (out[0], out[1]))
    return _sampled(name, image, y, x, how, fill)


def _sampled(name: str, image: Array, y: Array, x: Array, how: str, fill: Fill) -> Array:
    floats = image if how == "nearest" else to_floats(image)
    return to_type(_images.warp(floats, y, x, how, filling(name, floats, fill)), image.dtype)


def elastic_transform(img: Any, displacement: Any, interpolation: str = "bilinear", fill: Fill = 0) -> Any:
    """Take each pixel from a place some pixels away.

    Args:
        img: the image.
        displacement: (x, y) of each pixel; 1 is half the image's width or height, as in `grid_sample`.
        interpolation: "nearest" or "bilinear".
        fill: the value outside the image, one number or one per channel.

    Shapes: (C, H, W) or (N, C, H, W); displacement (1, H, W, 2) or (N, H, W, 2).
    Raises: ShapeError for a displacement of another shape.
    Source: torchvision.transforms.functional.elastic_transform; Simard, Steinkraus, Platt (2003).

    Example:
        >>> elastic_transform(np.array([[[1.0, 2.0]]]), np.full((1, 1, 2, 2), (1.0, 0.0)))
        array([[[2., 0.]]])
    """
    how = mode("elastic_transform", interpolation)
    moves = np.asarray(displacement)

    def kernel(image: Array) -> Array:
        N, _, H, W = image.shape
        if moves.ndim != 4 or moves.shape[1:] != (H, W, 2) or moves.shape[0] not in (1, N):
            raise ShapeError(
                f"elastic_transform: expected a displacement of shape (1, {H}, {W}, 2) or ({N}, {H}, {W}, 2), got "
                f"{moves.shape}"
            )
        x = np.arange(W) + moves[..., 0] * (W / 2)
        y = np.arange(H)[:, None] + moves[..., 1] * (H / 2)
        return _sampled("elastic_transform", image, y, x, how, fill)

    return mapped("elastic_transform", img, kernel)
