"""Transforms of values: scaled, coloured, blurred, made noisy, erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np import Generator, Tensor
from autograd_np.errors import ArgumentError, DTypeError
from nn.transforms import functional as F
from nn.transforms._arguments import mapped
from nn.transforms._draws import check_probability, count_of, interval, positive_interval, rectangles
from nn.transforms.base import Transform

__all__ = [
    "ColorJitter",
    "GaussianBlur",
    "GaussianNoise",
    "Grayscale",
    "Normalize",
    "RandomErasing",
    "ToTensor",
]


class ToTensor(Transform):
    """Make a float32 tensor (C, H, W) of a picture (H, W) or (H, W, C); bytes are scaled from 0 to 1.

    Also for PIL's images. A Tensor is returned as it is.

    Shapes: (H, W) or (H, W, C) -> (C, H, W).
    Raises: ShapeError for another rank, and for an array whose channels seem to stand first.
    Source: torchvision.transforms.ToTensor.

    Example:
        >>> ToTensor()(np.full((2, 2), 51, np.uint8))
        tensor([[[0.2, 0.2],
                 [0.2, 0.2]]])
    """

    def _apply(self, img: Any) -> Tensor:
        return F.to_tensor(img)


class Normalize(Transform):
    """Subtract a mean and divide by a standard deviation, each one number or one per channel.

    Args:
        mean: of the training images.
        std: their standard deviation.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.Normalize.

    Example:
        >>> Normalize(0.5, 0.5)(np.array([[[0.0, 1.0]]]))
        array([[[-1.,  1.]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        super().__init__()
        if (np.asarray(std) <= 0).any():
            raise ArgumentError(f"Normalize: std must be positive, got {std}")
        self.mean = mean
        self.std = std

    def _apply(self, img: Any) -> Any:
        return F.normalize(img, self.mean, self.std)


class Grayscale(Transform):
    """Make a colour image grey.

    Args:
        num_output_channels: 1 or 3.

    Shapes: (3, H, W) or (N, 3, H, W) -> (num_output_channels, H, W), likewise.
    Source: torchvision.transforms.Grayscale.

    Example:
        >>> Grayscale()(np.ones((3, 2, 2))).shape
        (1, 2, 2)
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def _apply(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, self.num_output_channels)


class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue at random, in a random order.

    Args:
        brightness: how much: the factor comes from [1 - brightness, 1 + brightness], or from two given ends.
        contrast: likewise.
        saturation: likewise.
        hue: from [-hue, hue] or two given ends, within [-0.5, 0.5].
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W), C 1 or 3; floats from 0 to 1, or integers.
    Raises: ArgumentError for negative factors, or hues outside [-0.5, 0.5].
    Source: torchvision.transforms.ColorJitter.

    Example:
        >>> ColorJitter(brightness=(2, 2))(np.array([[[0.25, 0.75]]]))
        array([[[0.5, 1. ]]])
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.brightness = _factors("brightness", brightness)
        self.contrast = _factors("contrast", contrast)
        self.saturation = _factors("saturation", saturation)
        self.hue = interval("ColorJitter: hue", hue, symmetric=True)
        if not -0.5 <= self.hue[0] <= self.hue[1] <= 0.5:
            raise ArgumentError(f"ColorJitter: hue must lie in [-0.5, 0.5], got {hue}")

    def _apply(self, img: Any) -> Any:
        changes = (
            (F.adjust_brightness, self.brightness, 1),
            (F.adjust_contrast, self.contrast, 1),
            (F.adjust_saturation, self.saturation, 1),
            (F.adjust_hue, self.hue, 0),
        )
        rng = self.rng
        for i in rng.permutation(len(changes)):
            change, ends, neutral = changes[i]
            factor = rng.uniform(*ends, count_of(img))
            if ends != (neutral, neutral):
                img = change(img, factor)
        return img


def _factors(name: str, value: float | Sequence[float]) -> tuple[float, float]:
    if np.ndim(value) == 0:
        low, high = interval(f"ColorJitter: {name}", value, symmetric=True)
        return max(0.0, 1 + low), 1 + high
    low, high = interval(f"ColorJitter: {name}", value)
    if low < 0:
        raise ArgumentError(f"ColorJitter: {name} must not be negative, got {value}")
    return low, high


class GaussianBlur(Transform):
    """Blur by a bell of random width.

    Args:
        kernel_size: odd, one number or (width, height).
        sigma: least and most standard deviation, or one number.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.GaussianBlur.

    Example:
        >>> GaussianBlur(3)(np.ones((1, 4, 4))).shape
        (1, 4, 4)
    """

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        sigma: float | Sequence[float] = (0.1, 2.0),
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.kernel_size = kernel_size
        self.sigma = positive_interval("GaussianBlur: sigma", (sigma, sigma) if np.ndim(sigma) == 0 else sigma)

    def _apply(self, img: Any) -> Any:
        widths = self.rng.uniform(*self.sigma, (count_of(img), 1))
        return F.gaussian_blur(img, self.kernel_size, np.repeat(widths, 2, axis=1))


class GaussianNoise(Transform):
    """Add normal noise.

    Args:
        mean: of the noise.
        sigma: its standard deviation.
        clip: keep the values from 0 to 1.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W), floats.
    Raises: ArgumentError for a negative deviation, DTypeError for integers.
    Source: torchvision.transforms.v2.GaussianNoise.

    Example:
        >>> GaussianNoise(sigma=0.0)(np.ones((1, 1, 1)))
        array([[[1.]]])
    """

    def __init__(
        self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True, *, generator: Generator | None = None
    ) -> None:
        super().__init__(generator)
        if sigma < 0:
            raise ArgumentError(f"GaussianNoise: sigma must not be negative, got {sigma}")
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def _apply(self, img: Any) -> Any:
        rng = self.rng

        def kernel(image: Any) -> Any:
            if image.dtype.kind != "f":
                raise DTypeError(f"GaussianNoise: expected floats, got {image.dtype}\n  fix: put ToTensor() before it")
            exact = np.float64 if image.dtype == np.float64 else np.float32
            noisy = image + (rng.standard_normal(image.shape, exact) * self.sigma + self.mean)
            return (np.clip(noisy, 0, 1) if self.clip else noisy).astype(image.dtype, copy=False)

        return mapped("GaussianNoise", img, kernel)


class RandomErasing(Transform):
    """Replace a random rectangle with a probability.

    Args:
        p: the probability.
        scale: least and most share of the image's area.
        ratio: least and most height per width.
        value: what stands there: a number, one per channel, or "random" for normal noise.
        generator: where random numbers come from.

    Shapes: (C, H, W) or (N, C, H, W).
    Source: torchvision.transforms.RandomErasing; Zhong et al. (2017).

    Example:
        >>> RandomErasing(p=1.0, scale=(0.25, 0.25), ratio=(1, 1))(np.ones((1, 4, 4))).sum()
        np.float64(12.0)
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] | str = 0,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.p = check_probability("RandomErasing", p)
        self.scale = interval("RandomErasing: scale", scale)
        self.ratio = positive_interval("RandomErasing: ratio", ratio)
        if isinstance(value, str) and value != "random":
            raise ArgumentError(f"RandomErasing: value must be a number, one per channel, or 'random', got {value!r}")
        self.value = value

    def _apply(self, img: Any) -> Any:
        count, (H, W), rng = count_of(img), img.shape[-2:], self.rng
        chosen = rng.random(count) < self.p
        width, height, fits = rectangles(rng, count, W, H, self.scale, self.ratio)
        height, width = (np.where(chosen & fits, extent, 0) for extent in (height, width))
        top, left = rng.integers(0, H - height + 1), rng.integers(0, W - width + 1)
        shape = tuple(img.shape)
        value: Any = rng.standard_normal(shape) if self.value == "random" else np.asarray(self.value)
        return F.erase(img, top, left, height, width, value if value.ndim != 1 else value[:, None, None])
