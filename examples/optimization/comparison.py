"""Seven optimisers on the same net and batches, their loss curves: `python -m examples.optimization.comparison`.

784-100-100-100-100-10 with ReLU and He's initial weights, batch 128, 2000 steps in the full setting.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
from examples.harness import Row, Setting, batches, handwritten, main, number, side_by_side
from nn import optim

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda params: optim.SGD(params, lr=0.01),
    "Momentum": lambda params: optim.SGD(params, lr=0.01, momentum=0.9),
    "Nesterov": lambda params: optim.SGD(params, lr=0.01, momentum=0.9, nesterov=True),
    "AdaGrad": lambda params: optim.Adagrad(params, lr=0.01),
    "RMSProp": lambda params: optim.RMSprop(params, lr=0.001, alpha=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.001),
    "AMSGrad": lambda params: optim.Adam(params, lr=0.001, amsgrad=True),
}


def multi_layer_net(sizes: list[int], activation: Any = nn.ReLU) -> Any:
    """Return linear layers with an activation between them, He's weights and zero biases."""
    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), activation()]
        nn.init.kaiming_normal_(layers[-2].weight, nonlinearity="relu")
        nn.init.zeros_(layers[-2].bias)
    return nn.Sequential(*layers[:-1])


def train(model: Any, images: Any, labels: Any, optimizer: Any, steps: int, batch_size: int = 128) -> list[float]:
    """Return the loss at each step."""
    losses = []
    for _, rows in zip(range(steps), batches(len(labels), batch_size, seed=0), strict=False):
        loss = nn.functional.cross_entropy(model(torch.from_numpy(images[rows])), torch.from_numpy(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def smoothed(losses: list[float], width: int) -> Any:
    """Return running means."""
    return np.convolve(losses, np.ones(width) / width, mode="valid")


def run(setting: Setting) -> list[Row]:
    """Train with each, and draw the curves."""
    data = handwritten()
    images, labels = data.train_images.reshape(len(data.train_labels), -1), data.train_labels
    steps = setting.choose(120, 2000)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    rows = []
    for name in OPTIMIZERS:
        found = side_by_side(
            __name__,
            lambda module: module.multi_layer_net([images.shape[1], 100, 100, 100, 100, 10]),
            lambda module, model, name=name: module.train(
                model, images, labels, module.OPTIMIZERS[name](model.parameters()), steps
            ),
            setting,
        )
        axes.plot(smoothed(found.ours, steps // 40), label=name)
        last = float(np.mean(found.ours[-20:]))
        other = None if found.torch is None else float(np.mean(found.torch[-20:]))
        rows.append(
            Row(
                f"784-100×4-10 with {name}",
                "training loss, last 20 steps",
                number(last),
                last < (1.5 if name == "SGD" else 0.5),
                f"{data.name}, {steps} steps of 128",
                number(other),
            )
        )
    axes.set(xlabel="step", ylabel="cross-entropy", yscale="log", title=f"{data.name}: the same net, the same batches")
    axes.legend(ncols=2)
    axes.grid(alpha=0.3)
    figure.savefig(setting.picture("optimizers.png"), dpi=110)
    return rows


if __name__ == "__main__":
    main(run)
