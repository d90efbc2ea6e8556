"""SimpleConvNet: convolution, ReLU, pooling and two linear layers: `python -m examples.networks.simple_conv_net`.

The source: 30 filters of 5×5 and 100 hidden units, Adam with 0.001, batches of 100, 20 epochs; 98.8 % on MNIST.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, absent, agreement, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


class SimpleConvNet(nn.Module):
    """30 filters of 5×5, pooling by 2, 100 hidden units.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 30, 5)
        self.pool = nn.MaxPool2d(2)
        self.hidden = nn.Linear(30 * ((size - 4) // 2) ** 2, 100)
        self.scores = nn.Linear(100, 10)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = self.pool(torch.relu(self.conv(x)))
        return self.scores(torch.relu(self.hidden(x.flatten(1))))


def train(model: Any, data: Any, epochs: int) -> tuple[float, list[float]]:
    """Train, and return the accuracy on held-out images and the loss at each step."""
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    steps = epochs * (len(data.train_labels) // 100)
    losses = fit(torch, model, optimizer, data.train_images, data.train_labels, steps)
    return accuracy(torch, model, data.test_images, data.test_labels), losses


def run(setting: Setting) -> list[Row]:
    """Train on real digits."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("SimpleConvNet")]
    size = data.train_images.shape[-1]
    epochs = setting.choose(15, 20)
    found = side_by_side(
        __name__,
        lambda module: module.SimpleConvNet(size),
        lambda module, model: module.train(model, data, epochs),
        setting,
    )
    (share, losses), (other, others) = found.ours, found.torch or (None, None)
    where = f"{data.name}, {data.split}, {epochs} epochs"
    return [
        Row(
            "SimpleConvNet",
            "test accuracy",
            percent(share),
            share > setting.choose(0.9, 0.975),
            where,
            percent(other),
            "98.8 %",
        ),
        *agreement("SimpleConvNet", losses, others),
    ]


if __name__ == "__main__":
    main(run)
