"""Simple shapes on a canvas, made up as they are asked for: to be detected, or to have their key points found.

Sample i follows from the seed and i alone: any part of the set can be made in any order, and by any worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np import Tensor, from_numpy, stack
from autograd_np.errors import ArgumentError
from nn.utils.data import Dataset

__all__ = ["ShapeBoxes", "ShapeKeyPoints"]

Array = npt.NDArray[Any]
Target = dict[str, Tensor]

_OVERLAP = 0.1
_TRIES = 20
# The dart of ShapeKeyPoints, its nose to the right: two triangles that share the line from nose to tail.
_DART = np.array([[1.0, 0.0], [-0.8, -0.7], [-0.3, 0.0], [-0.8, 0.7]])


class _Shapes(Dataset[Any]):
    def __init__(self, count: int, size: int, seed: int, smallest: int) -> None:
        name = type(self).__name__
        if count < 0 or size < smallest:
            raise ArgumentError(
                f"{name}: expected count of at least 0 and size of at least {smallest}, got {count} and {size}"
            )
        self.count = count
        self.size = size
        self.seed = seed

    def __len__(self) -> int:
        return self.count

    def _rng(self, index: int) -> tuple[int, np.random.Generator]:
        """Return the position and its generator.

        Raises: IndexError if the position is not in the set.
        """
        position = index + self.count if index < 0 else index
        if not 0 <= position < self.count:
            raise IndexError(f"{type(self).__name__}: index {index} is out of range for {self.count} samples")
        return position, np.random.default_rng([self.seed, position])


class ShapeBoxes(_Shapes):
    """Detection: circles, squares and triangles of random colour, place and size on a dark, noisy canvas.

    A sample is (image, target) in torchvision's form: the target has "boxes" (x1, y1, x2, y2) in pixels and "labels".
    Boxes fit their shapes closely and overlap little. As samples have different numbers of boxes, a DataLoader takes
    `collate_fn=ShapeBoxes.collate`.

    Args:
        count: how many samples.
        size: of the square canvas, at least 16.
        most: the most shapes on one canvas; each has at least one.
        seed: of everything.

    Shapes: image (3, H, W), float32 from 0 to 1; boxes (M, 4), float32; labels (M,), int64.
    Raises: ArgumentError for sizes that leave no room.
    Source: made up; the form of the targets is torchvision's.

    Example:
        >>> image, target = ShapeBoxes(10)[3]
        >>> image.shape, target["boxes"].shape, [ShapeBoxes.classes[i] for i in target["labels"].tolist()]
        ((3, 64, 64), (2, 4), ['triangle', 'circle'])
    """

    classes: Sequence[str] = ("circle", "square", "triangle")

    def __init__(self, count: int = 1000, size: int = 64, most: int = 3, seed: int = 0) -> None:
        super().__init__(count, size, seed, smallest=16)
        if most < 1:
            raise ArgumentError(f"ShapeBoxes: expected at least one shape per canvas, got most={most}")
        self.most = most

    def __getitem__(self, index: int) -> tuple[Tensor, Target]:
        _, rng = self._rng(index)
        wanted = int(rng.integers(1, self.most + 1))
        boxes: list[Array] = []
        while len(boxes) < wanted:
            box = self._place(rng, boxes)
            if box is None:
                break
            boxes.append(box)
        labels = rng.integers(len(self.classes), size=len(boxes))
        image = _canvas(rng, 3, self.size)
        for box, label in zip(boxes, labels, strict=True):
            colour = rng.uniform(0.5, 1, 3) * (rng.permutation(3) < 2)  # one channel stays dark
            cover = _COVERS[label](_grid(self.size), box)
            image += cover * (colour[:, None, None] - image)
        target = {
            "boxes": from_numpy(np.array(boxes, np.float32)),
            "labels": from_numpy(labels.astype(np.int64)),
        }
        return from_numpy(image.astype(np.float32)), target

    def _place(self, rng: np.random.Generator, others: list[Array]) -> Array | None:
        """Return a box that overlaps the others little; None where there is no room for one."""
        for _ in range(_TRIES):
            side = rng.uniform(0.18, 0.4) * self.size
            corner = rng.uniform(1, self.size - 1 - side, 2)
            box = np.concatenate([corner, corner + side])
            if all(_iou(box, other) <= _OVERLAP for other in others):
                return box
        return None

    @staticmethod
    def collate(samples: list[tuple[Tensor, Target]]) -> tuple[Tensor, list[Target]]:
        """Return the images as one tensor and the targets as a list.

        Shapes: (N, 3, H, W).
        """
        images, targets = zip(*samples, strict=True)
        return stack(images), list(targets)


class ShapeKeyPoints(_Shapes):
    """Key points: a dart, turned, scaled and moved at random; its nose, left wing, tail and right wing are to be found.

    Args:
        count: how many samples.
        size: of the square canvas, at least 16.
        seed: of everything.

    Shapes: image (1, H, W), float32 from 0 to 1; points (4, 2), (x, y) in pixels, float32.
    Raises: ArgumentError for a size that leaves no room.
    Source: made up.

    Example:
        >>> image, points = ShapeKeyPoints(10)[0]
        >>> image.shape, points.shape, bool((points > 0).all() and (points < 64).all())
        ((1, 64, 64), (4, 2), True)
    """

    points: Sequence[str] = ("nose", "left wing", "tail", "right wing")

    def __init__(self, count: int = 1000, size: int = 64, seed: int = 0) -> None:
        super().__init__(count, size, seed, smallest=16)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        _, rng = self._rng(index)
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        shape = _DART @ turn * rng.uniform(0.2, 0.35) * self.size  # (4, 2)
        low, high = 1 - shape.min(axis=0), self.size - 1 - shape.max(axis=0)
        points = shape + rng.uniform(low, high)
        nose, left, tail, right = points
        grid = _grid(self.size)
        # Of a pixel on the seam each triangle covers a part.
        cover = np.minimum(_polygon(grid, [nose, left, tail]) + _polygon(grid, [nose, tail, right]), 1)
        image = _canvas(rng, 1, self.size)
        image += cover * (rng.uniform(0.6, 1) - image)
        return from_numpy(image.astype(np.float32)), from_numpy(points.astype(np.float32))


def _canvas(rng: np.random.Generator, channels: int, size: int) -> Array:
    return rng.uniform(0, 0.2) + 0.05 * rng.random((channels, size, size))


def _grid(size: int) -> Array:
    """Return the centre (x, y) of each pixel.

    Shapes: () -> (2, H, W).
    """
    centres = np.arange(size) + 0.5
    return np.stack(np.broadcast_arrays(centres, centres[:, None]))


def _cover(distance: Array) -> Array:
    """Return how much of each pixel is covered, from the distance of its centre to the edge, negative inside."""
    return np.clip(0.5 - distance, 0, 1)


def _circle(grid: Array, box: Array) -> Array:
    centre = (box[:2] + box[2:]) / 2
    return _cover(np.hypot(*(grid - centre[:, None, None])) - (box[2] - box[0]) / 2)


def _square(grid: Array, box: Array) -> Array:
    low, high = box[:2, None, None], box[2:, None, None]
    return _cover(np.maximum(low - grid, grid - high).max(axis=0))


def _triangle(grid: Array, box: Array) -> Array:
    x1, y1, x2, y2 = box
    return _polygon(grid, [np.array(corner) for corner in (((x1 + x2) / 2, y1), (x2, y2), (x1, y2))])


def _polygon(grid: Array, corners: Sequence[Array]) -> Array:
    """Return the cover of a convex polygon, its corners in either order of turning."""
    x, y = grid
    (ax, ay), (bx, by), (cx, cy) = corners[:3]
    turning = np.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    distances = []
    for (px, py), (qx, qy) in zip(corners, [*corners[1:], corners[0]], strict=True):
        length = np.hypot(qx - px, qy - py)
        distances.append(turning * ((y - qy) * (px - qx) - (x - qx) * (py - qy)) / length)
    return _cover(np.max(distances, axis=0))


def _iou(a: Array, b: Array) -> float:
    """Return the intersection of two boxes over their union."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    return shared / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


_COVERS: Sequence[Callable[[Array, Array], Array]] = (_circle, _square, _triangle)
