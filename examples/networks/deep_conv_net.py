"""DeepConvNet: six small convolutions, dropout, He's weights: `python -m examples.networks.deep_conv_net`.

The source: (16 of 3×3) twice, pool, 32 of 3×3 and 32 of 3×3 with padding 2, pool, (64 of 3×3) twice, pool, 50 hidden
units with dropout 0.5, 10 scores with dropout 0.5; Adam with 0.001, batches of 100, 20 epochs; 99.4 % on MNIST.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


def pair(channels: int, filters: int, second_padding: int = 1) -> list[Any]:
    """Return two convolutions of 3×3 with ReLU, and pooling by 2."""
    return [
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(filters, filters, 3, padding=second_padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]


class DeepConvNet(nn.Module):
    """Three pairs of convolutions and two linear layers.

    The padding of 2 takes 14×14 to 16×16, so that the last pooling leaves 4×4; 8×8 images end at 1×1.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.maps = nn.Sequential(*pair(1, 16), *pair(16, 32, second_padding=2), *pair(32, 64))
        left = (size // 2 + 2) // 4
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(64 * left**2, 50), nn.ReLU(), nn.Dropout(0.5))
        self.scores = nn.Sequential(nn.Linear(50, 10), nn.Dropout(0.5))
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        return self.scores(self.hidden(self.maps(x)))


def train(model: Any, data: Any, epochs: int) -> float:
    """Train, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    steps = epochs * (len(data.train_labels) // 100)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps)
    return accuracy(torch, model, data.test_images, data.test_labels)


def run(setting: Setting) -> list[Row]:
    """Train on real digits."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("DeepConvNet")]
    size = data.train_images.shape[-1]
    epochs = setting.choose(10, 20)
    found = side_by_side(
        __name__,
        lambda module: module.DeepConvNet(size),
        lambda module, model: module.train(model, data, epochs),
        setting,
    )
    return [
        Row(
            "DeepConvNet",
            "test accuracy",
            percent(found.ours),
            found.ours > setting.choose(0.9, 0.98),
            f"{data.name}, {data.split}, {epochs} epochs",
            percent(found.torch),
            "99.4 %",
        )
    ]


if __name__ == "__main__":
    main(run)
