"""Transforms of the frame: padded, cut, mirrored, resized."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np import Generator
from autograd_np.errors import ShapeError
from nn.transforms import functional as F
from nn.transforms._arguments import Fill, mode, pair
from nn.transforms._draws import check_probability, count_of, interval, positive_interval, rectangles
from nn.transforms.base import Transform

__all__ = [
    "CenterCrop",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
    "Resize",
]


class Pad(Transform):
    """Add pixels around an image.

    Args:
        padding: how many: on every side, (left and right, top and bottom), or (left, top, right, bottom).
        fill: their value, one number or one per channel.
        padding_mode: "constant", "edge", "reflect" or "symmetric".

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.Pad.

    Example:
        >>> Pad(1)(np.ones((1, 1, 1)))[0, 1]
        array([0., 1., 0.])
    """

    def __init__(self, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def _apply(self, img: Any) -> Any:
        return F.pad(img, self.padding, self.fill, self.padding_mode)


class CenterCrop(Transform):
    """Cut out the middle; what lies outside the image is 0.

    Args:
        size: (height, width), or one number for both.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, *size), likewise.
    Source: torchvision.transforms.CenterCrop.

    Example:
        >>> CenterCrop(1)(np.arange(9).reshape(1, 3, 3))
        array([[[4]]])
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = pair("CenterCrop", size)

    def _apply(self, img: Any) -> Any:
        return F.center_crop(img, self.size)


class Resize(Transform):
    """Bring an image to another size.

    Args:
        size: (height, width), or one number for the shorter side, the other in proportion.
        interpolation: "bilinear" or "nearest".
        max_size: the most that the longer side may have, with one number for the shorter.
        antialias: let every pixel count where a bilinear image becomes smaller.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, OH, OW), likewise.
    Source: torchvision.transforms.Resize.

    Example:
        >>> Resize(14)(np.ones((3, 28, 56))).shape
        (3, 14, 28)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: str = "bilinear",
        max_size: int | None = None,
        antialias: bool = True,
    ) -> None:
        super().__init__()
        self.size = size
        self.interpolation = mode("Resize", interpolation)
        self.max_size = max_size
        self.antialias = antialias

    def _apply(self, img: Any) -> Any:
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)


class RandomCrop(Transform):
    """Cut out a window at a random place.

    Args:
        size: (height, width), or one number for both.
        padding: pixels added before, as in Pad.
        pad_if_needed: add as many as the window needs.
        fill: the value of added pixels.
        padding_mode: as in Pad.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, *size), likewise.
    Raises: ShapeError for an image smaller than the window.
    Source: torchvision.transforms.RandomCrop.

    Example:
        >>> RandomCrop(28, padding=2)(np.ones((1, 28, 28))).shape
        (1, 28, 28)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Fill = 0,
        padding_mode: str = "constant",
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.size = pair("RandomCrop", size)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    def _apply(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        height, width = self.size
        if self.pad_if_needed:
            missing = max(0, width - img.shape[-1]), max(0, height - img.shape[-2])
            if any(missing):
                img = F.pad(img, missing, self.fill, self.padding_mode)
        room = img.shape[-2] - height, img.shape[-1] - width
        if min(room) < 0:
            raise ShapeError(
                f"RandomCrop: the image of size {tuple(img.shape[-2:])} is smaller than the window {self.size}\n"
                "  fix: pass pad_if_needed=True"
            )
        top, left = (self.rng.integers(0, n + 1, count_of(img)) for n in room)
        return F.crop(img, top, left, height, width)


class RandomResizedCrop(Transform):
    """Cut out a rectangle of random area, proportion and place, and bring it to a size: a random zoom.

    Args:
        size: (height, width), or one number for both.
        scale: least and most share of the image's area.
        ratio: least and most width per height, before resizing.
        interpolation: "bilinear" or "nearest".
        antialias: let every pixel count where a bilinear image becomes smaller.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W) -> (C, *size), likewise.
    Source: torchvision.transforms.RandomResizedCrop; Szegedy et al. (2015).

    Example:
        >>> RandomResizedCrop(16)(np.ones((3, 40, 30))).shape
        (3, 16, 16)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: str = "bilinear",
        antialias: bool = True,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.size = pair("RandomResizedCrop", size)
        self.scale = interval("RandomResizedCrop: scale", scale)
        self.ratio = positive_interval("RandomResizedCrop: ratio", ratio)
        self.interpolation = mode("RandomResizedCrop", interpolation)
        self.antialias = antialias

    def _apply(self, img: Any) -> Any:
        H, W = img.shape[-2:]
        height, width, fits = rectangles(self.rng, count_of(img), H, W, self.scale, self.ratio)
        fits &= (height <= H) & (width <= W)
        # Where no draw fits, the largest rectangle of an allowed proportion in the middle.
        whole = min(max(W / H, self.ratio[0]), self.ratio[1])
        height, width = (
            np.where(fits, drawn, max(1, round(instead)))
            for drawn, instead in ((height, min(H, W / whole)), (width, min(W, H * whole)))
        )
        top, left = (
            np.where(fits, self.rng.integers(0, length - extent + 1), (length - extent) // 2)
            for length, extent in ((H, height), (W, width))
        )
        return F.resized_crop(img, top, left, height, width, self.size, self.interpolation, self.antialias)


class RandomHorizontalFlip(Transform):
    """Mirror left and right with a probability.

    Args:
        p: the probability.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.RandomHorizontalFlip.

    Example:
        >>> RandomHorizontalFlip(p=1.0)(np.array([[[1, 2]]]))
        array([[[2, 1]]])
    """

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        super().__init__(generator)
        self.p = check_probability("RandomHorizontalFlip", p)

    def _apply(self, img: Any) -> Any:
        return F.hflip(img, self.rng.random(count_of(img)) < self.p)


class RandomVerticalFlip(Transform):
    """Mirror top and bottom with a probability.

    Args:
        p: the probability.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.RandomVerticalFlip.

    Example:
        >>> RandomVerticalFlip(p=1.0)(np.array([[[1], [2]]])).ravel()
        array([2, 1])
    """

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        super().__init__(generator)
        self.p = check_probability("RandomVerticalFlip", p)

    def _apply(self, img: Any) -> Any:
        return F.vflip(img, self.rng.random(count_of(img)) < self.p)
