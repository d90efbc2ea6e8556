"""Transforms that move pixels: turned, sheared, bent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np import Generator
from autograd_np.errors import ArgumentError
from nn.transforms import _images
from nn.transforms import functional as F
from nn.transforms._arguments import Fill, mode
from nn.transforms._draws import count_of, interval, positive_interval
from nn.transforms.base import Transform

__all__ = ["ElasticTransform", "RandomAffine", "RandomRotation"]


class RandomRotation(Transform):
    """Turn by a random angle.

    Args:
        degrees: the least and most, or one number for -degrees to degrees.
        interpolation: "nearest" or "bilinear".
        expand: make the canvas as large as the turned image; a batch then turns by one angle.
        center: (x, y) of the point that stays; the image's middle if not given.
        fill: the value outside the image, one number or one per channel.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.RandomRotation.

    Example:
        >>> RandomRotation((90, 90))(np.array([[[1, 2], [3, 4]]]))
        array([[[2, 4],
                [1, 3]]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: str = "nearest",
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Fill = 0,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.degrees = interval("RandomRotation: degrees", degrees, symmetric=True)
        self.interpolation = mode("RandomRotation", interpolation)
        self.expand = expand
        self.center = center
        self.fill = fill

    def _apply(self, img: Any) -> Any:
        angles = self.rng.uniform(*self.degrees, 1 if self.expand else count_of(img))
        return F.rotate(img, angles, self.interpolation, self.expand, self.center, self.fill)


class RandomAffine(Transform):
    """Turn, move, scale and shear at random.

    Args:
        degrees: least and most angle, or one number for -degrees to degrees; 0 does not turn.
        translate: the most that is moved, as shares of width and height.
        scale: least and most size.
        shear: least and most angle along x, one number for -shear to shear, or four for x and y.
        interpolation: "nearest" or "bilinear".
        fill: the value outside the image, one number or one per channel.
        center: (x, y) of the point that all but `translate` leave; the image's middle if not given.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.RandomAffine.

    Example:
        >>> RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1), shear=5)(np.ones((4, 1, 8, 8))).shape
        (4, 1, 8, 8)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: str = "nearest",
        fill: Fill = 0,
        center: Sequence[float] | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.degrees = interval("RandomAffine: degrees", degrees, symmetric=True)
        if translate is not None and (len(translate) != 2 or not all(0 <= share <= 1 for share in translate)):
            raise ArgumentError(f"RandomAffine: translate must be two shares from 0 to 1, got {translate}")
        self.translate = translate
        self.scale = None if scale is None else positive_interval("RandomAffine: scale", scale)
        self.shear = None if shear is None else _shears(shear)
        self.interpolation = mode("RandomAffine", interpolation)
        self.fill = fill
        self.center = center

    def _apply(self, img: Any) -> Any:
        count, (H, W) = count_of(img), img.shape[-2:]
        angles = self.rng.uniform(*self.degrees, count)
        most = (0.0, 0.0) if self.translate is None else (self.translate[0] * W, self.translate[1] * H)
        # Whole pixels, as in PyTorch: a move alone leaves the image sharp.
        moves = np.rint(self.rng.uniform(-1, 1, (count, 2)) * most)
        scales = np.ones(1) if self.scale is None else self.rng.uniform(*self.scale, count)
        low, high = ((0.0, 0.0), (0.0, 0.0)) if self.shear is None else self.shear
        shears = self.rng.uniform(low, high, (count, 2))
        return F.affine(img, angles, moves, scales, shears, self.interpolation, self.fill, self.center)


def _shears(shear: float | Sequence[float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return least and most (x, y)."""
    if np.ndim(shear) == 1 and len(np.atleast_1d(shear)) == 4:
        x1, x2, y1, y2 = np.atleast_1d(shear)
        (x1, x2), (y1, y2) = (interval("RandomAffine: shear", ends) for ends in ((x1, x2), (y1, y2)))
        return (x1, y1), (x2, y2)
    low, high = interval("RandomAffine: shear", shear, symmetric=True)
    return (low, 0.0), (high, 0.0)


class ElasticTransform(Transform):
    """Bend the image by a smooth random field.

    Args:
        alpha: how far, of (x, y) or both: uniform noise from -1 to 1, blurred and times alpha, is the way that each
            pixel goes, twice over in pixels.
        sigma: the blur's standard deviation in pixels, of (x, y) or both: large for smooth bends.
        interpolation: "bilinear" or "nearest".
        fill: the value outside the image, one number or one per channel.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.ElasticTransform; Simard, Steinkraus, Platt (2003).

    Example:
        >>> ElasticTransform(alpha=20.0)(np.ones((1, 28, 28))).shape
        (1, 28, 28)
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 50.0,
        sigma: float | Sequence[float] = 5.0,
        interpolation: str = "bilinear",
        fill: Fill = 0,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.alpha = _two("ElasticTransform: alpha", alpha)
        self.sigma = _two("ElasticTransform: sigma", sigma)
        self.interpolation = mode("ElasticTransform", interpolation)
        self.fill = fill

    def _apply(self, img: Any) -> Any:
        H, W = img.shape[-2:]
        noise = 2 * self.rng.random((count_of(img), 2, H, W), np.float32) - 1
        if min(self.sigma) > 0:
            across, along = (_images.gaussian(np.array([s]), 2 * int(4 * s) + 1) for s in self.sigma)
            noise = _images.blur(noise, across, along)
        reach = np.array(self.alpha, np.float32) / np.array([W, H], np.float32)
        return F.elastic_transform(img, np.moveaxis(noise, 1, -1) * reach, self.interpolation, self.fill)


def _two(name: str, value: Any) -> tuple[float, float]:
    given = np.atleast_1d(value).astype(np.float64)
    if given.shape not in ((1,), (2,)) or (given < 0).any():
        raise ArgumentError(f"{name}: expected one number or two, not negative, got {value}")
    return float(given[0]), float(given[-1])
