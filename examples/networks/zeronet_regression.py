"""A net of four hidden layers of 16 learns a sum of two waves: `python -m examples.networks.zeronet_regression`.

The source: 1-16-16-16-16-1, ReLU, 1000 points to train on and 100 held out, batches of 100, 2000 epochs. SGD leaves a
mean squared error of 23.5 on the former and 34.5 on the latter; Adam from kaiming-uniform weights 0.242 and 0.591.
The source's learning rate of SGD, 0.002, acted on gradients that were divided by the batch size twice; with the right
gradient 1e-4 is comparable and 0.002 diverges. Where a run ends depends much on the initial weights, which are
kaiming-uniform for both here, so the median and the best of several are given. It depends on rounding too: in float64
this project and PyTorch agree to ten digits for hundreds of epochs, in float32 each goes its own way.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, batches, main, number, side_by_side
from nn import optim
from nn.datasets import Trigonometric


class ZeroNet(nn.Module):
    """Linear layers with ReLU between them.

    Shapes: (N, 1) -> (N, 1).
    """

    def __init__(self) -> None:
        super().__init__()
        widths = [1, 16, 16, 16, 16, 1]
        self.layers = nn.ModuleList([nn.Linear(*pair) for pair in pairwise(widths)])
        for layer in self.layers:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")

    def forward(self, x: Any) -> Any:
        """Return the function's value."""
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


def train(model: Any, parts: Any, epochs: int, adam: bool) -> tuple[float, float]:
    """Train, and return the mean squared errors on the points to train on and on those held out."""
    inputs, targets = parts[0]
    optimizer = optim.Adam(model.parameters(), lr=0.01) if adam else optim.SGD(model.parameters(), lr=1e-4)
    schedule = optim.lr_scheduler.LambdaLR(
        optimizer, lambda epoch: (1 + math.cos(math.pi * epoch / epochs)) / 2 if adam else 1.0
    )
    size = 100
    rows = batches(len(inputs), size, seed=0)
    for _ in range(epochs):
        for _ in range(len(inputs) // size):
            batch = next(rows)
            loss = F.mse_loss(model(torch.from_numpy(inputs[batch])), torch.from_numpy(targets[batch]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    with torch.no_grad():
        return tuple(F.mse_loss(model(torch.from_numpy(x)), torch.from_numpy(y)).item() for x, y in parts)


def several(count: int) -> Any:
    """Return nets with different initial weights."""
    return nn.ModuleList([ZeroNet() for _ in range(count)])


def summary(errors: list[tuple[float, float]] | None, which: int) -> str:
    """Return the median and the best as text, '' where there was no run."""
    if errors is None:
        return ""
    found = [pair[which] for pair in errors]
    return f"{number(float(np.median(found)))}, best {number(min(found))}"


def experiment(setting: Setting, adam: bool) -> list[Row]:
    """Train several nets, one after the other."""
    parts = [Trigonometric(train=train).arrays() for train in (True, False)]
    count = setting.choose(1, 5)
    if adam:
        name, sources = "Adam 0.01 with cosine decay", ("0.242", "0.591")
        epochs, bars = setting.choose((250, (200, 150)), (2000, (0.9, 0.6)))
    else:
        name, sources = "SGD 1e-4", ("23.5", "34.5")
        epochs, bars = setting.choose((400, (900, 700)), (2000, (35, 35)))
    found = side_by_side(
        __name__,
        lambda module: module.several(count),
        lambda module, models: [module.train(model, parts, epochs, adam) for model in models],
        setting,
    )
    where = f"trigonometric, {len(parts[0][0])} to train, {len(parts[1][0])} held out, {epochs} epochs"
    return [
        Row(
            f"ZeroNet regression, {name}",
            f"{part} MSE, median of {count}",
            summary(found.ours, which),
            float(np.median([pair[which] for pair in found.ours])) < bars[which],
            where,
            summary(found.torch, which),
            sources[which],
        )
        for which, part in enumerate(("train", "test"))
    ]


def run(setting: Setting) -> list[Row]:
    """Train with SGD and with Adam."""
    return [*experiment(setting, adam=False), *experiment(setting, adam=True)]


if __name__ == "__main__":
    main(run)
