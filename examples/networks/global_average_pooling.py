"""Three ways to the scores of a convolutional net: `python -m examples.networks.global_average_pooling`.

The usual one pools between its convolutions and ends in linear layers. One with global average pooling ends in the mean
of each map, and needs few weights there; one without pooling lets convolutions of stride 2 make the maps smaller. The
source: they train like the others. On VGG's last maps the linear layers are 102 760 448, 16 777 216 and 4 096 000
weights, the mean and one linear layer 512 000.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


def stage(channels: int, maps: int, halve: str) -> list[Any]:
    """Return a convolution of 3×3, normalised and rectified; `halve` is 'pooling', 'stride', or '' to keep the size."""
    stride = 2 if halve == "stride" else 1
    layers = [nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()]
    return [*layers, nn.MaxPool2d(2)] if halve == "pooling" else layers


def usual(size: int, halve: str = "pooling") -> Any:
    """Return a net with two linear layers at its end."""
    return nn.Sequential(
        *stage(1, 16, halve),
        *stage(16, 32, halve),
        *stage(32, 32, ""),
        nn.Flatten(),
        nn.Linear(32 * (size // 4) ** 2, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def averaging(size: int) -> Any:
    """Return a net that averages each map and has one linear layer; it takes images of any size."""
    return nn.Sequential(
        *stage(1, 16, "pooling"),
        *stage(16, 32, "pooling"),
        *stage(32, 32, ""),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
    )


def strided(size: int) -> Any:
    """Return the usual net with stride 2 instead of pooling."""
    return usual(size, "stride")


def train(model: Any, data: Any, epochs: int) -> float:
    """Train, the learning rate falling along a cosine, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    steps = epochs * (len(data.train_labels) // 100)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps, schedule=schedule)
    return accuracy(torch, model, data.test_images, data.test_labels)


def weights(model: Any) -> int:
    """Return the number of weights of the linear layers."""
    return sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, nn.Linear))


def run(setting: Setting) -> list[Row]:
    """Train the three nets."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("three ways to the scores")]
    size = data.train_images.shape[-1]
    epochs = setting.choose(8, 5)
    rows = []
    for build, name in (
        (usual, "pooling, two linear layers"),
        (averaging, "global average pooling"),
        (strided, "stride 2 instead of pooling"),
    ):
        found = side_by_side(
            __name__,
            lambda module, name=build.__name__: getattr(module, name)(size),
            lambda module, model: module.train(model, data, epochs),
            setting,
        )
        rows.append(
            Row(
                name,
                f"test accuracy ({weights(build(size))} weights in linear layers)",
                percent(found.ours),
                found.ours > setting.choose(0.9, 0.96),
                f"{data.name}, {data.split}, {epochs} epochs",
                percent(found.torch),
                "trains like the others",
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
