"""A net of two layers, its gradient by differences and by backward: `python -m examples.networks.two_layer_net`.

The source: 784-50-10, sigmoid, weights from N(0, 0.01²), batches of 100, learning rate 0.1. Trained by back-propagation
it reaches 94.7 % on MNIST's test images after 10 000 iterations; by numerical differences a step takes seconds, and
gives the same gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, absent, handwritten, main, number, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


class TwoLayerNet(nn.Module):
    """A hidden layer of sigmoids, and scores.

    Shapes: (N, *) with D values each -> scores (N, 10).
    """

    def __init__(self, inputs: int, hidden: int = 50) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.scores = nn.Linear(hidden, 10)
        for layer in (self.hidden, self.scores):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        return self.scores(torch.sigmoid(self.hidden(x.flatten(1))))


def numerical_gradient(model: Any, images: Any, labels: Any, h: float = 1e-4) -> list[Any]:
    """Return (loss(p + h) - loss(p - h)) / 2h for every number p of every parameter: two forward passes for each."""
    gradients = []
    with torch.no_grad():
        for parameter in model.parameters():
            values = parameter.view(-1)  # shares the parameter's memory
            gradient = np.empty(len(values))
            for i in range(len(values)):
                before = values[i].item()
                values[i] = before + h
                above = F.cross_entropy(model(images), labels).item()
                values[i] = before - h
                gradient[i] = (above - F.cross_entropy(model(images), labels).item()) / (2 * h)
                values[i] = before
            gradients.append(gradient.reshape(tuple(parameter.shape)))
    return gradients


def difference(model: Any, images: Any, labels: Any, steps: int = 2, lr: float = 0.1) -> float:
    """Train by the numerical gradient, and return its largest difference from back-propagation's."""
    model.double()
    images, labels = torch.from_numpy(images).double(), torch.from_numpy(labels)
    largest = 0.0
    for _ in range(steps):
        model.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        for parameter, gradient in zip(model.parameters(), numerical_gradient(model, images, labels), strict=True):
            largest = max(largest, float(np.abs(parameter.grad.numpy() - gradient).max()))
            with torch.no_grad():
                parameter.sub_(lr * torch.from_numpy(gradient))
    return largest


def train(model: Any, data: Any, steps: int) -> float:
    """Train by back-propagation, and return the accuracy on held-out images."""
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps)
    return accuracy(torch, model, data.test_images, data.test_labels)


def run(setting: Setting) -> list[Row]:
    """Compare the gradients, then train."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("TwoLayerNet")]
    inputs = data.train_images[0].size
    few = data.train_images[:3], data.train_labels[:3]
    gap = side_by_side(
        __name__,
        lambda module: module.TwoLayerNet(inputs),
        lambda module, model: module.difference(model, *few),
        setting,
    )
    steps = setting.choose(3000, 10_000)
    found = side_by_side(
        __name__,
        lambda module: module.TwoLayerNet(inputs),
        lambda module, model: module.train(model, data, steps),
        setting,
    )
    shape = f"{inputs}-50-10"
    weights = sum(p.numel() for p in TwoLayerNet(inputs).parameters())
    return [
        Row(
            f"TwoLayerNet {shape}, numerical gradient",
            "largest difference from backward's",
            number(gap.ours),
            gap.ours < 1e-6,
            f"{data.name}, 3 images, all {weights} parameters, 2 steps",
            number(gap.torch),
            "they agree",
        ),
        Row(
            f"TwoLayerNet {shape}, backward",
            "test accuracy",
            percent(found.ours),
            found.ours > setting.choose(0.9, 0.94),
            f"{data.name}, {data.split}, {steps} steps of 100",
            percent(found.torch),
            "94.7 %",
        ),
    ]


if __name__ == "__main__":
    main(run)
