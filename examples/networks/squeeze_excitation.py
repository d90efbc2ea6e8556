"""Squeeze-and-Excitation: each map is scaled by what all of them say: `python -m examples.networks.squeeze_excitation`.

The mean of every map, a linear layer to a sixteenth of their number, ReLU, one back, a sigmoid: a factor from 0 to 1
for each map. The same net is trained with and without.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


class SqueezeExcitation(nn.Module):
    """Scale the maps.

    Shapes: (N, C, H, W) -> the same.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x: Any) -> Any:
        """Return the maps times their factors."""
        factors = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean(dim=(2, 3))))))  # (N, C)
        return x * factors[:, :, None, None]


def net(scaled: bool) -> Any:
    """Return three convolutions, each with its maps scaled, and scores."""
    layers: list[Any] = []
    for channels, maps in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()]
        layers += [SqueezeExcitation(maps)] if scaled else []
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def train(model: Any, data: Any, epochs: int) -> float:
    """Train, the learning rate falling along a cosine, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    steps = epochs * (len(data.train_labels) // 50)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps, size=50, schedule=schedule)
    return accuracy(torch, model, data.test_images, data.test_labels)


def run(setting: Setting) -> list[Row]:
    """Train with and without."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("Squeeze-and-Excitation")]
    epochs = setting.choose(6, 3)
    rows = []
    for scaled, name in ((True, "Squeeze-and-Excitation"), (False, "the same net without")):
        found = side_by_side(
            __name__,
            lambda module, scaled=scaled: module.net(scaled),
            lambda module, model: module.train(model, data, epochs),
            setting,
        )
        rows.append(
            Row(
                name,
                "test accuracy",
                percent(found.ours),
                found.ours > 0.9,
                f"{data.name}, {data.split}, {epochs} epochs",
                percent(found.torch),
                "trains" if scaled else "",
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
