"""Four noisy waves told apart by an MLP, plain and with batch normalisation: `python -m examples.networks.toy_waves`.

The source: [2, 100, 100, 4], inputs whitened by PCA, all points in one batch, Nesterov's momentum 0.9. Plain: learning
rate 10^-2.1, 10 000 epochs, 80 % on the validation points and 95 % on those to train on. With batch normalisation and
no bias: 10^0.07, 200 epochs, 80 %, evaluated by running statistics or by those of the points to train on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, main, percent, side_by_side
from examples.networks.training import accuracy, scores
from nn import optim
from nn.datasets import Waves


class Points(NamedTuple):
    """Points (N, 2) and classes (N,), to train on and to validate."""

    x_train: Any
    y_train: Any
    x_validation: Any
    y_validation: Any


def whitened() -> Points:
    """Return the waves, turned to their principal axes and of variance 1, by the points to train on."""
    x, y = Waves("train").arrays()
    x_validation, y_validation = Waves("validation").arrays()
    mean = x.mean(axis=0)
    axes, variances, _ = np.linalg.svd(np.cov((x - mean).T))
    turned = [((points - mean) @ axes / np.sqrt(variances + 1e-5)).astype(np.float32) for points in (x, x_validation)]
    return Points(turned[0], y, turned[1], y_validation)


def mlp(normalised: bool) -> Any:
    """Return [2, 100, 100, 4] with ReLU; a layer that is normalised needs no bias."""
    layers: list[Any] = []
    for inputs in (2, 100):
        linear = nn.Linear(inputs, 100, bias=not normalised)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        layers += [linear, nn.BatchNorm1d(100), nn.ReLU()] if normalised else [linear, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(100, 4))


def several(count: int, normalised: bool) -> Any:
    """Return nets with different initial weights."""
    return nn.ModuleList([mlp(normalised) for _ in range(count)])


def train(model: Any, data: Points, epochs: int, lr: float) -> None:
    """Train on all points at once."""
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)
    for _ in range(epochs):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def use_training_statistics(model: Any, x: Any) -> None:
    """Put the statistics of these points in the place of the running ones."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.momentum = 1.0
    with torch.no_grad():
        model.train()(torch.from_numpy(x))


def measured(models: Any, data: Points, epochs: int, lr: float) -> dict[str, float]:
    """Train the nets one after the other, and return the medians of their accuracies."""
    found = []
    for model in models:
        train(model, data, epochs, lr)
        shares = {
            "train": accuracy(torch, model, data.x_train, data.y_train),
            "validation": accuracy(torch, model, data.x_validation, data.y_validation),
        }
        use_training_statistics(model, data.x_train)
        shares["validation by training statistics"] = accuracy(torch, model, data.x_validation, data.y_validation)
        found.append(shares)
    return {name: float(np.median([shares[name] for shares in found])) for name in found[0]}


def draw(path: Any, model: Any, data: Points) -> None:
    """Write the regions where the model answers with each class, and the validation points."""
    grid = np.meshgrid(*[np.linspace(-2.5, 2.5, 200, dtype=np.float32)] * 2)
    answers = scores(torch, model, np.stack([axis.ravel() for axis in grid], axis=1)).argmax(axis=1)
    figure = Figure(figsize=(6, 5.4), layout="constrained")
    axes = figure.subplots()
    colors = [f"C{k}" for k in range(4)]
    axes.contourf(*grid, answers.reshape(grid[0].shape), levels=np.arange(5) - 0.5, colors=colors, alpha=0.25)
    for k, color in enumerate(colors):
        axes.scatter(*data.x_validation[data.y_validation == k].T, s=14, color=color, label=f"class {k}")
    axes.set(
        title="the MLP's answers, and the validation points",
        xlabel="first principal axis, whitened",
        ylabel="second principal axis, whitened",
    )
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)


def experiment(setting: Setting, data: Points, normalised: bool) -> list[Row]:
    """Train nets of one kind, and draw what the first answers."""
    count = setting.choose(1, 3)
    exponent, epochs = (0.07, 200) if normalised else (-2.1, setting.choose(2500, 10_000))
    trained = []

    def train_all(module: Any, models: Any) -> dict[str, float]:
        trained.append(models[0])
        return module.measured(models, data, epochs, 10**exponent)

    found = side_by_side(__name__, lambda module: module.several(count, normalised), train_all, setting)
    if not normalised:
        draw(setting.picture("toy_waves.png"), trained[0], data)
    wanted = {
        "train": ("", 0.85) if normalised else ("95 %", setting.choose(0.85, 0.93)),
        "validation": ("80 %", setting.choose(0.68, 0.72)),
    }
    if normalised:
        wanted["validation by training statistics"] = wanted["validation"]
    name = f"toy MLP{' with batch norm' if normalised else ''}, [2, 100, 100, 4]"
    where = (
        f"waves, {len(data.y_train)} to train, {len(data.y_validation)} to validate, {epochs} epochs, median of {count}"
    )
    return [
        Row(
            name,
            f"{measure} accuracy",
            percent(found.ours[measure]),
            found.ours[measure] > bar,
            where,
            percent((found.torch or {}).get(measure)),
            source,
        )
        for measure, (source, bar) in wanted.items()
    ]


def run(setting: Setting) -> list[Row]:
    """Train both kinds."""
    data = whitened()
    return [*experiment(setting, data, normalised=False), *experiment(setting, data, normalised=True)]


if __name__ == "__main__":
    main(run)
