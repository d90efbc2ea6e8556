"""MobileNetV2: depthwise-separable convolutions in inverted residuals: `python -m examples.networks.mobilenet_v2`.

A depthwise convolution has one 3×3 filter for each map, and a 1×1 convolution mixes the maps: d² + 9d weights for d
maps, where one 3×3 convolution has 9d². An inverted residual is narrow outside and six times as wide inside: 1×1 up,
ReLU6, depthwise, ReLU6, 1×1 down and no activation (a ReLU would lose what the few maps hold). The shortcut is there
if and only if the stride is 1 and the widths are equal.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


def separable(channels: int, maps: int) -> Any:
    """Return a depthwise convolution of 3×3 and the 1×1 convolution that mixes its maps."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.Conv2d(channels, maps, 1, bias=False),
    )


class InvertedResidual(nn.Module):
    """Widen, filter each map by itself, narrow.

    Shapes: (N, C, H, W) -> (N, O, H/stride, W/stride).
    """

    def __init__(self, channels: int, maps: int, stride: int, expand: int = 6) -> None:
        super().__init__()
        wide = expand * channels
        self.layers = nn.Sequential(
            nn.Conv2d(channels, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
            nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
            nn.Conv2d(wide, maps, 1, bias=False),
            nn.BatchNorm2d(maps),
        )
        self.shortcut = stride == 1 and channels == maps

    def forward(self, x: Any) -> Any:
        """Return the block's maps."""
        return x + self.layers(x) if self.shortcut else self.layers(x)


class MobileNetV2(nn.Module):
    """A convolution, inverted residuals, a 1×1 convolution, the mean of each map, and scores.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.blocks = nn.Sequential(
            InvertedResidual(8, 12, stride=2),
            InvertedResidual(12, 12, stride=1),
            InvertedResidual(12, 16, stride=2),
            InvertedResidual(16, 16, stride=1),
        )
        self.last = nn.Sequential(nn.Conv2d(16, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU6())
        self.scores = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        return self.scores(self.last(self.blocks(self.first(x))).mean(dim=(2, 3)))


def train(model: Any, data: Any, epochs: int) -> float:
    """Train, the learning rate falling along a cosine, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    steps = epochs * (len(data.train_labels) // 50)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps, size=50, schedule=schedule)
    return accuracy(torch, model, data.test_images, data.test_labels)


def run(setting: Setting) -> list[Row]:
    """Count the weights of a separable convolution, and train."""
    d = 64
    count = sum(p.numel() for p in separable(d, d).parameters())
    rows = [
        Row(f"depthwise-separable, {d} maps", "weights", str(count), count == d * d + 9 * d, "counted", "", "d² + 9d")
    ]
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [*rows, absent("MobileNetV2")]
    epochs = setting.choose(5, 2)
    found = side_by_side(
        __name__,
        lambda module: module.MobileNetV2(),
        lambda module, model: module.train(model, data, epochs),
        setting,
    )
    return [
        *rows,
        Row(
            "MobileNetV2, small",
            "test accuracy",
            percent(found.ours),
            found.ours > 0.9,
            f"{data.name}, {data.split}, {epochs} epochs",
            percent(found.torch),
            "trains",
        ),
    ]


if __name__ == "__main__":
    main(run)
