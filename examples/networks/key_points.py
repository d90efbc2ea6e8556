"""A small hourglass finds the key points of a dart by heat maps: `python -m examples.networks.key_points`.

The net has one map for each point, at half the image's size: by a softmax over its positions it says how likely the
point is at each, and is to draw a small bell. It goes down to see the whole dart and up again to say where, with a
shortcut at each size. The place of a point is the centre of mass around the highest value of its map.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, batches, main, number, percent, side_by_side
from nn import optim
from nn.datasets import ShapeKeyPoints

STRIDE = 2


def layer(channels: int, maps: int, stride: int = 1) -> Any:
    """Return a convolution of 3×3, normalised and rectified."""
    return nn.Sequential(nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU())


class Hourglass(nn.Module):
    """One size: what is seen at it, plus what an hourglass at half of it sees.

    Shapes: (N, C, H, W) -> the same.
    """

    def __init__(self, maps: int, depth: int) -> None:
        super().__init__()
        self.beside = layer(maps, maps)
        self.down = layer(maps, maps, stride=2)
        self.inner = Hourglass(maps, depth - 1) if depth > 1 else layer(maps, maps)
        self.up = layer(maps, maps)

    def forward(self, x: Any) -> Any:
        """Return the maps."""
        below = self.up(self.inner(self.down(x)))
        return self.beside(x) + F.interpolate(below, scale_factor=2, mode="nearest")


class KeyPointNet(nn.Module):
    """A convolution to half the size, an hourglass over three sizes more, and a heat map for each point.

    Shapes: (N, 1, H, W) -> (N, K, H/2, W/2).
    """

    def __init__(self, points: int, maps: int = 16) -> None:
        super().__init__()
        self.first = layer(1, maps, stride=STRIDE)
        self.hourglass = Hourglass(maps, depth=3)
        self.maps = nn.Conv2d(maps, points, 1)

    def forward(self, x: Any) -> Any:
        """Return the heat maps."""
        return self.maps(self.hourglass(self.first(x)))


def darts(count: int, size: int, seed: int) -> tuple[Any, Any]:
    """Return images (N, 1, H, W) and their points (N, K, 2) in pixels."""
    samples = list(ShapeKeyPoints(count, size, seed))
    return tuple(np.stack([part.numpy() for part in parts]) for parts in zip(*samples, strict=True))


def heat_maps(points: Any, side: int, sigma: float = 1.0) -> Any:
    """Return bells around the points, each of sum 1.

    Shapes: (N, K, 2) -> (N, K, side, side).
    """
    centres = (np.arange(side) + 0.5) * STRIDE
    across, down = ((centres - points[..., axis, None]) ** 2 for axis in (0, 1))  # (N, K, side)
    bells = np.exp(-(across[..., None, :] + down[..., None]) / (2 * (sigma * STRIDE) ** 2))
    return (bells / bells.sum(axis=(2, 3), keepdims=True)).astype(np.float32)


def places(maps: Any) -> Any:
    """Return the centre of mass of the 3×3 values around each map's highest, in pixels of the image.

    Shapes: (N, K, H, W) -> (N, K, 2).
    """
    N, K, _, W = maps.shape
    rows, columns = np.divmod(maps.reshape(N, K, -1).argmax(axis=2), W)
    padded = np.pad(maps, [(0, 0), (0, 0), (1, 1), (1, 1)])
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))  # (N, K, H, W, 3, 3)
    weights = around[np.arange(N)[:, None], np.arange(K), rows, columns]
    mass = weights.sum(axis=(2, 3))
    right, below = ((weights.sum(axis=axis) @ np.array([-1, 0, 1])) / mass for axis in (2, 3))
    return (np.stack([columns + right, rows + below], axis=-1) + 0.5) * STRIDE


def train(model: Any, images: Any, points: Any, epochs: int, size: int = 20) -> None:
    """Train on the cross-entropy of bells and heat maps, the learning rate falling along a cosine."""
    targets = heat_maps(points, images.shape[-1] // STRIDE)
    steps = epochs * (len(images) // size)
    optimizer = optim.Adam(model.parameters(), lr=2e-2)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _, rows in zip(range(steps), batches(len(images), size, seed=0), strict=False):
        scores = model(torch.from_numpy(images[rows])).flatten(2).transpose(1, 2)  # (N, positions, K)
        loss = F.cross_entropy(scores, torch.from_numpy(targets[rows]).flatten(2).transpose(1, 2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def predicted(model: Any, images: Any) -> Any:
    """Return the heat maps."""
    model.eval()
    with torch.no_grad():
        maps = model(torch.from_numpy(images))
        return F.softmax(maps.flatten(2), dim=2).reshape(maps.shape).numpy()


def distances(model: Any, images: Any, points: Any) -> Any:
    """Return how far from its place each point was found, in pixels: (N, K)."""
    return np.linalg.norm(places(predicted(model, images)) - points, axis=2)


def draw(path: Any, model: Any, images: Any, points: Any) -> None:
    """Write four images with the points that were found, and the sum of the heat maps below each."""
    maps = predicted(model, images[:4])
    found = places(maps)
    size = images.shape[-1]
    figure = Figure(figsize=(10, 5.4), layout="constrained")
    axes = figure.subplots(2, 4)
    for i in range(4):
        axes[0, i].imshow(images[i, 0], cmap="gray", extent=(0, size, size, 0))
        for k, name in enumerate(ShapeKeyPoints.points):
            axes[0, i].plot(*found[i, k], "o", color=f"C{k}", label=name)
            axes[0, i].plot(*points[i, k], "x", color="white", markersize=4)
        axes[1, i].imshow(maps[i].sum(axis=0), extent=(0, size, size, 0))
        for row in axes[:, i]:
            row.set_axis_off()
    figure.suptitle("points found (dots) and true (crosses), and the heat maps, on images not seen")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=120)


def run(setting: Setting) -> list[Row]:
    """Train, and measure on images that were not seen."""
    size, count, held_out, epochs = setting.choose((32, 400, 100, 12), (64, 2000, 300, 8))
    near = size * 3 / 64
    images, points = darts(count, size, seed=0)
    unseen, true = darts(held_out, size, seed=1)
    kept: list[Any] = []

    def measure(module: Any, model: Any) -> Any:
        kept.append(model)
        module.train(model, images, points, epochs)
        return module.distances(model, unseen, true)

    found = side_by_side(__name__, lambda module: module.KeyPointNet(points.shape[1]), measure, setting)
    draw(setting.picture("key_points.png"), kept[0], unseen, true)
    share = [None if d is None else float((d < near).mean()) for d in found]
    middle = [None if d is None else float(np.median(d)) for d in found]
    name = "key points, hourglass"
    where = f"ShapeKeyPoints, {count} images to train on, {held_out} held out, {epochs} epochs"
    return [
        Row(
            name,
            f"points found within {near} of {size} pixels",
            percent(share[0]),
            share[0] > setting.choose(0.7, 0.95),
            where,
            percent(share[1]),
            "finds the points",
        ),
        Row(
            name,
            "median distance, pixels",
            number(middle[0]),
            middle[0] < 1,
            where,
            number(middle[1]),
        ),
    ]


if __name__ == "__main__":
    main(run)
