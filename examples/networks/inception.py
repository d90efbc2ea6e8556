"""The Inception module, and its 3×3 convolution in two factors: `python -m examples.networks.inception`.

Four branches look at the same maps: 1×1; 1×1 and 3×3; 1×1 and 5×5; pooling and 1×1. Their outputs stand beside each
other. From 192 maps of 28×28 to 256 (64, 96 → 128, 16 → 32, 32) that is 163 328 weights, where one 3×3 convolution has
442 368. A 1×3 convolution followed by a 3×1 sees what a 3×3 does with two thirds of the weights.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


def convolution(channels: int, maps: int, kernel: tuple[int, int]) -> Any:
    """Return a convolution that keeps the size, normalised and rectified."""
    padding = (kernel[0] // 2, kernel[1] // 2)
    return nn.Sequential(
        nn.Conv2d(channels, maps, kernel, padding=padding, bias=False), nn.BatchNorm2d(maps), nn.ReLU()
    )


def three(channels: int, maps: int, factorised: bool) -> list[Any]:
    """Return 3×3, or 1×3 and 3×1."""
    if factorised:
        return [convolution(channels, maps, (1, 3)), convolution(maps, maps, (3, 1))]
    return [convolution(channels, maps, (3, 3))]


class Inception(nn.Module):
    """Four branches beside each other.

    Args:
        channels: C.
        maps: of 1×1; of the 1×1 before 3×3, of 3×3; of the 1×1 before 5×5, of 5×5; of the 1×1 after pooling.
        factorised: 3×3 in two factors.

    Shapes: (N, C, H, W) -> (N, sum of the branches, H, W).
    """

    def __init__(self, channels: int, maps: tuple[int, int, int, int, int, int], factorised: bool = False) -> None:
        super().__init__()
        one, before3, three3, before5, five, pooled = maps
        point = (1, 1)
        self.branches = nn.ModuleList(
            [
                convolution(channels, one, point),
                nn.Sequential(convolution(channels, before3, point), *three(before3, three3, factorised)),
                nn.Sequential(convolution(channels, before5, point), convolution(before5, five, (5, 5))),
                nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), convolution(channels, pooled, point)),
            ]
        )

    def forward(self, x: Any) -> Any:
        """Return the branches' maps."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Net(nn.Module):
    """A convolution and two Inception modules, each at half the size of the one before; the mean of each map; scores.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, factorised: bool) -> None:
        super().__init__()
        self.first = convolution(1, 16, (3, 3))
        self.module1 = Inception(16, (8, 8, 16, 4, 4, 4), factorised)
        self.module2 = Inception(32, (16, 16, 32, 4, 8, 8), factorised)
        self.scores = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = self.module1(F.max_pool2d(self.first(x), 2))
        x = self.module2(F.max_pool2d(x, 2))
        return self.scores(x.mean(dim=(2, 3)))


def weights(model: Any) -> int:
    """Return the number of weights of the convolutions."""
    return sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, nn.Conv2d))


def train(model: Any, data: Any, epochs: int) -> float:
    """Train, the learning rate falling along a cosine, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    steps = epochs * (len(data.train_labels) // 50)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps, size=50, schedule=schedule)
    return accuracy(torch, model, data.test_images, data.test_labels)


def counts() -> list[Row]:
    """Count the weights of the source's module, whole and factorised, and of one 3×3 convolution in its place."""
    found = [
        ("Inception, 192 → 256 maps", Inception(192, (64, 96, 128, 16, 32, 32)), 163_328),
        ("one 3×3 in its place", nn.Conv2d(192, 256, 3, bias=False), 442_368),
        ("1×3 and 3×1 on 64 maps", nn.Sequential(*three(64, 64, factorised=True)), 2 * 3 * 64 * 64),
        ("3×3 on 64 maps", nn.Sequential(*three(64, 64, factorised=False)), 9 * 64 * 64),
    ]
    return [Row(name, "weights", str(weights(m)), weights(m) == n, "counted", "", str(n)) for name, m, n in found]


def run(setting: Setting) -> list[Row]:
    """Count the weights, and train both forms."""
    rows = counts()
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [*rows, absent("Inception")]
    epochs = setting.choose(4, 2)
    for factorised, name in ((False, "Inception"), (True, "Inception, 3×3 factorised")):
        found = side_by_side(
            __name__,
            lambda module, factorised=factorised: module.Net(factorised),
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
                "trains",
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
