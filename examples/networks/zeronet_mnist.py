"""Four hidden layers of 16 on MNIST: `python -m examples.networks.zeronet_mnist`.

The source: 784-16-16-16-16-10, ReLU, Adam with 0.009, batches of 1000, 50 epochs; 97.0 % on the images to train on,
94.1 % on those held out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


class ZeroNet(nn.Module):
    """Linear layers with ReLU between them.

    Shapes: (N, *) with D values each -> scores (N, 10).
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        widths = [inputs, 16, 16, 16, 16, 10]
        self.layers = nn.ModuleList([nn.Linear(*pair) for pair in pairwise(widths)])

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


def train(model: Any, data: Any, epochs: int, size: int) -> tuple[float, float]:
    """Train, and return the accuracy on the images to train on and on those held out."""
    optimizer = optim.Adam(model.parameters(), lr=0.009)
    fit(torch, model, optimizer, data.train_images, data.train_labels, epochs * len(data.train_labels) // size, size)
    return (
        accuracy(torch, model, data.train_images, data.train_labels),
        accuracy(torch, model, data.test_images, data.test_labels),
    )


def run(setting: Setting) -> list[Row]:
    """Train on digits."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("ZeroNet on MNIST")]
    inputs = data.train_images[0].size
    epochs, size = 50, setting.choose(100, 1000)
    found = side_by_side(
        __name__,
        lambda module: module.ZeroNet(inputs),
        lambda module, model: module.train(model, data, epochs, size),
        setting,
    )
    theirs = found.torch or (None, None)
    where = f"{data.name}, {data.split}, {epochs} epochs, batches of {size}"
    return [
        Row("ZeroNet on MNIST", f"{part} accuracy", percent(ours), ours > bar, where, percent(other), source)
        for part, ours, bar, other, source in (
            ("train", found.ours[0], 0.97, theirs[0], "97.0 %"),
            ("test", found.ours[1], 0.9, theirs[1], "94.1 %"),
        )
    ]


if __name__ == "__main__":
    main(run)
