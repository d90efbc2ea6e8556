"""Kernels on batches of images (N, C, H, W), pure NumPy; what differs from image to image comes as an array (N,)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

__all__ = [
    "affine_coordinates",
    "blend",
    "blur",
    "gaussian",
    "gray",
    "resampling",
    "resize",
    "turn_hue",
    "warp",
    "windows",
]

Array = npt.NDArray[Any]

#: Lines up to this length are blurred by a matrix.
_SHORT = 64
#: How much red, green and blue add to the brightness (ITU-R BT.601).
_GRAY = np.array([0.2989, 0.587, 0.114])


# --- geometry ---------------------------------------------------------------------------------------------------------


def warp(image: Array, y: Array, x: Array, interpolation: str, fill: Array) -> Array:
    """Return the image's values at the given places; what lies outside is `fill`.

    Shapes: image (N, C, H, W); fill (C, 1, 1) or (1, 1, 1); y, x (N, OH, OW) or (1, OH, OW),
        in pixels, 0 at the centre of the first -> (N, C, OH, OW).
    """
    N, C, H, W = image.shape
    framed = np.empty((N, C, H + 2, W + 2), image.dtype)
    framed[...] = fill
    framed[:, :, 1:-1, 1:-1] = image
    flat = framed.reshape(N, C, -1)
    # In the frame, one pixel outside is as good as anywhere outside.
    y, x = np.clip(y + 1, 0, H + 1), np.clip(x + 1, 0, W + 1)

    def at(rows: Array, columns: Array) -> Array:
        places = (rows * (W + 2) + columns).reshape(len(y), -1)
        if len(places) == 1:
            found = flat.take(places[0], axis=2)
        else:
            found = np.stack([one.take(where, axis=1) for one, where in zip(flat, places, strict=True)])
        return found.reshape(N, C, *y.shape[1:])

    if interpolation == "nearest":
        return at(np.rint(y).astype(np.intp), np.rint(x).astype(np.intp))
    top, left = np.minimum(y.astype(np.intp), H), np.minimum(x.astype(np.intp), W)
    down = (y - top).astype(framed.dtype)[:, None]
    right = (x - left).astype(framed.dtype)[:, None]
    upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    return upper * (1 - down) + lower * down


def affine_coordinates(matrices: Array, size: tuple[int, int], out: tuple[int, int]) -> tuple[Array, Array]:
    """Return where each output pixel comes from, given maps from output to input around the two centres.

    Shapes: matrices (N, 2, 3), of (x, y, 1) -> y (N, OH, OW), x (N, OH, OW).
    """
    across = np.arange(out[1]) - (out[1] - 1) / 2
    along = (np.arange(out[0]) - (out[0] - 1) / 2)[:, None]
    (a, b, c), (d, e, f) = np.moveaxis(matrices[..., None, None], 0, 2)  # each (N, 1, 1)
    x = a * across + b * along + c + (size[1] - 1) / 2
    y = d * across + e * along + f + (size[0] - 1) / 2
    return y, x


def resampling(length: int, out: int, start: float, extent: float, *, antialias: bool) -> tuple[Array, Array]:
    """Return which pixels count, and how much, where `extent` of them from `start` on become `out`.

    A triangle lies around each place. With `antialias` it is as wide as the step, where that makes the image smaller,
    so that every pixel counts.

    Shapes: () -> pixels (K, OUT), weights (K, OUT), whose columns have the sum 1.
    """
    step = extent / out
    width = max(step, 1.0) if antialias else 1.0
    places = start + (np.arange(out) + 0.5) * step
    pixels = np.ceil(places - width - 0.5).astype(np.intp) + np.arange(math.floor(2 * width) + 1)[:, None]
    weights = np.maximum(0, 1 - np.abs(pixels + 0.5 - places) / width)
    weights *= (pixels >= start) & (pixels < start + extent)
    return np.clip(pixels, 0, length - 1), weights / weights.sum(axis=0)


def resize(
    image: Array, boxes: tuple[Array, Array, Array, Array], out: tuple[int, int], interpolation: str, *, antialias: bool
) -> Array:
    """Return a part of each image at another size.

    Shapes: image (N, C, H, W); boxes (top, left, height, width), each (N,) or (1,) -> (N, C, OH, OW).
    """
    if len(boxes[0]) > 1:
        parts = [
            resize(image[i : i + 1], tuple(side[i : i + 1] for side in boxes), out, interpolation, antialias=antialias)  # type: ignore[arg-type]  # four of them
            for i in range(len(image))
        ]
        return np.concatenate(parts)
    top, left, height, width = (float(side[0]) for side in boxes)
    for axis, n, start, extent in ((2, out[0], top, height), (3, out[1], left, width)):
        if interpolation == "nearest":
            image = image.take((start + np.floor(np.arange(n) * (extent / n))).astype(np.intp), axis=axis)
            continue
        pixels, weights = resampling(image.shape[axis], n, start, extent, antialias=antialias)
        weights = weights.astype(image.dtype)[..., None] if axis == 2 else weights.astype(image.dtype)
        mixed = image.take(pixels[0], axis=axis) * weights[0]
        for k in range(1, len(pixels)):
            mixed += image.take(pixels[k], axis=axis) * weights[k]
        image = mixed
    return image


def windows(image: Array, top: Array, left: Array, out: tuple[int, int]) -> Array:
    """Return a window of each image.

    Shapes: image (N, C, H, W); top, left (N,) -> (N, C, OH, OW).
    """
    if len(image) == 1:
        i, j = int(top[0]), int(left[0])
        return image[:, :, i : i + out[0], j : j + out[1]]
    views = sliding_window_view(image, out, axis=(2, 3))  # (N, C, H', W', OH, OW)
    cut: Array = views[np.arange(len(image)), :, top, left]
    return cut


# --- values -----------------------------------------------------------------------------------------------------------


def gaussian(sigma: Array, size: int) -> Array:
    """Return bells of the given widths, each with sum 1.

    Shapes: sigma (N,) -> (N, size).
    """
    places = np.arange(size) - (size - 1) / 2
    bells = np.exp(-0.5 * (places / sigma[:, None]) ** 2)
    total: Array = bells / bells.sum(axis=1, keepdims=True)
    return total


def blur(image: Array, across: Array, along: Array) -> Array:
    """Weigh each pixel with its neighbours, the edge reflected.

    Shapes: image (N, C, H, W); across (N, KW) and along (N, KH), or (1, …) -> (N, C, H, W).
    """
    for axis, bells in ((3, across.astype(image.dtype)), (2, along.astype(image.dtype))):
        count, length = bells.shape[1], image.shape[axis]
        half = count // 2
        how: Any = "reflect" if length > 1 else "edge"
        if length <= _SHORT:
            # A product with a matrix: of short lines it is one call instead of one per neighbour.
            neighbours = sliding_window_view(np.pad(np.arange(length), half, mode=how), count)  # (L, K)
            links = np.zeros((count, length, length), image.dtype)
            links[np.arange(count), np.arange(length)[:, None], neighbours] = 1
            matrix = (bells @ links.reshape(count, -1)).reshape(-1, 1, length, length)
            image = image @ matrix.swapaxes(2, 3) if axis == 3 else matrix @ image
            continue
        widths = [(0, 0)] * 4
        widths[axis] = (half, half)
        padded = np.moveaxis(np.pad(image, widths, mode=how), axis, 0)
        weights = bells.T[:, :, None, None]  # (K, N, 1, 1)
        mixed = padded[:length] * weights[0]
        for k in range(1, count):
            mixed += padded[k : k + length] * weights[k]
        image = np.moveaxis(mixed, 0, axis)
    return image


def gray(image: Array) -> Array:
    """Return the brightness of each pixel: a weighted sum of red, green and blue.

    Shapes: (N, 3, H, W) -> (N, 1, H, W).
    """
    if image.shape[1] == 1:
        return image
    brightness: Array = np.tensordot(_GRAY.astype(image.dtype), image, axes=(0, 1))[:, None]
    return brightness


def blend(image: Array, other: Array | float, factor: Array, brightest: float) -> Array:
    """Return factor · image + (1 - factor) · other, within the range of an image.

    Shapes: image (N, C, H, W); factor (N,) -> (N, C, H, W).
    """
    share = factor.astype(image.dtype)[:, None, None, None]
    mixed: Array = np.clip(share * image + (1 - share) * other, 0, brightest)
    return mixed


def turn_hue(image: Array, turn: Array) -> Array:
    """Return colours turned on the colour wheel; their brightest and darkest channel keep their values.

    Shapes: image (N, 3, H, W), from 0 to 1; turn (N,), 1 for the whole wheel -> (N, 3, H, W).
    """
    red, green, blue = np.moveaxis(image, 1, 0)
    high, low = image.max(axis=1), image.min(axis=1)
    spread = high - low
    divisor = np.where(spread > 0, spread, 1)
    # The wheel has six sectors, 0 at red; a grey has no place on it, and 0 serves.
    hue = np.select(
        [high == red, high == green],
        [(green - blue) / divisor, 2 + (blue - red) / divisor],
        4 + (red - green) / divisor,
    )
    hue = (hue + 6 * turn.astype(image.dtype)[:, None, None]) % 6
    channels = []
    for offset in (5, 3, 1):
        sector = (hue + offset) % 6
        channels.append(high - spread * np.clip(np.minimum(sector, 4 - sector), 0, 1))
    return np.stack(channels, axis=1)
