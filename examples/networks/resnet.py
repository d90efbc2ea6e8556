"""Residual blocks train at a depth where the plain net does not: `python -m examples.networks.resnet`.

A block adds what its two convolutions make of normalised, rectified maps to the maps themselves (pre-activation); where
sizes differ the shortcut is a convolution of 1×1. The plain net is the same without the shortcuts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, absent, handwritten, main, number, side_by_side
from examples.networks.training import fit, mnist_is_absent
from nn import optim


class Block(nn.Module):
    """Normalise, rectify, convolve, twice; and the shortcut around it.

    Shapes: (N, C, H, W) -> (N, O, H/stride, W/stride).
    """

    def __init__(self, channels: int, maps: int, stride: int, residual: bool) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
        self.residual = residual
        self.projection = None
        if residual and (stride != 1 or channels != maps):
            self.projection = nn.Conv2d(channels, maps, 1, stride, bias=False)

    def forward(self, x: Any) -> Any:
        """Return the block's maps."""
        ready = F.relu(self.norm1(x))
        y = self.conv2(F.relu(self.norm2(self.conv1(ready))))
        if not self.residual:
            return y
        return y + (x if self.projection is None else self.projection(ready))


class Net(nn.Module):
    """A convolution, three stages of blocks, the second and third at half the size, the mean of each map, and scores.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, blocks: int, residual: bool, width: int = 8) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1, bias=False)
        layers, channels = [], width
        for maps, stride in ((width, 1), (2 * width, 2), (4 * width, 2)):
            layers += [Block(channels, maps, stride, residual)]
            layers += [Block(maps, maps, 1, residual) for _ in range(blocks - 1)]
            channels = maps
        self.blocks = nn.Sequential(*layers)
        self.norm = nn.BatchNorm2d(channels)
        self.scores = nn.Linear(channels, 10)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = F.relu(self.norm(self.blocks(self.first(x))))
        return self.scores(x.mean(dim=(2, 3)))


def train(model: Any, data: Any, steps: int) -> list[float]:
    """Train, and return the loss at each step."""
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return fit(torch, model, optimizer, data.train_images, data.train_labels, steps, size=32)


def draw(path: Any, curves: dict[str, list[float]], title: str) -> None:
    """Write the losses, each the mean of ten steps."""
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for name, losses in curves.items():
        axes.plot(np.arange(len(losses) - 9) + 9, np.convolve(losses, np.full(10, 0.1), "valid"), label=name)
    axes.axhline(np.log(10), color="grey", linestyle=":", label="chance: log 10")
    axes.set(title=title, xlabel="step", ylabel="cross-entropy, mean of 10 steps", ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=120)


def run(setting: Setting) -> list[Row]:
    """Train both nets at the same depth."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("ResNet, pre-activation")]
    blocks, steps = setting.choose((8, 50), (14, 150))
    layers = 6 * blocks + 2
    rows, curves = [], {}
    for residual, name in ((True, "with shortcuts"), (False, "without shortcuts")):
        found = side_by_side(
            __name__,
            lambda module, residual=residual: module.Net(blocks, residual),
            lambda module, model: module.train(model, data, steps),
            setting,
        )
        curves[name] = found.ours
        last = float(np.mean(found.ours[-10:]))
        rows.append(
            Row(
                f"ResNet, pre-activation, {layers} layers, {name}",
                "loss, mean of the last 10 steps",
                number(last),
                last < 1.2 if residual else last > 1.9,
                f"{data.name}, {data.split}, {steps} steps of 32",
                number(None if found.torch is None else float(np.mean(found.torch[-10:]))),
                "trains" if residual else "does not train",
            )
        )
    draw(setting.picture("resnet.png"), curves, f"{layers} layers on {data.name}")
    return rows


if __name__ == "__main__":
    main(run)
