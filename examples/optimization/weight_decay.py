"""Weight decay, L1 and dropout against over-fitting 300 images: `python -m examples.optimization.weight_decay`.

784-100×6-10 with ReLU, SGD of lr .01 and batch 100 for 200 epochs. Decay acts on weights, never on biases.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

import autograd_np as torch
import nn
from examples.harness import Row, Setting, batches, handwritten, main, percent, side_by_side
from nn import optim


def net(inputs: int, dropout: float = 0.0) -> Any:
    """Return six hidden layers of 100 with ReLU, He's weights, and dropout where asked."""
    layers: list[Any] = []
    for width in [inputs] + [100] * 5:
        layers += [nn.Linear(width, 100), nn.ReLU(), nn.Dropout(dropout)]
    model = nn.Sequential(*layers, nn.Linear(100, 10))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return model


def parameter_groups(model: Any, decay: float) -> list[dict[str, Any]]:
    """Return weights that decay and biases that do not."""
    weights = [p for p in model.parameters() if p.dim() > 1]
    biases = [p for p in model.parameters() if p.dim() <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]


def accuracy(model: Any, images: Any, labels: Any) -> float:
    """Return the share of right answers."""
    model.eval()
    with torch.no_grad():
        right = (model(torch.from_numpy(images)).argmax(dim=1) == torch.from_numpy(labels)).float().mean().item()
    model.train()
    return float(right)


def train(model: Any, data: Any, epochs: int, l2: float = 0.0, l1: float = 0.0) -> list[tuple[float, float]]:
    """Return accuracy on training and held-out images after each epoch."""
    optimizer = optim.SGD(parameter_groups(model, l2), lr=0.01)
    flat = data.train_images.reshape(len(data.train_images), -1), data.test_images.reshape(len(data.test_images), -1)
    steps = len(data.train_labels) // 100
    history = []
    for step, rows in zip(range(epochs * steps), batches(len(data.train_labels), 100, seed=0), strict=False):
        scores = model(torch.from_numpy(flat[0][rows]))
        loss = nn.functional.cross_entropy(scores, torch.from_numpy(data.train_labels[rows]))
        if l1:
            loss = loss + l1 * sum(p.abs().sum() for p in model.parameters() if p.dim() > 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % steps == 0:
            history.append((accuracy(model, flat[0], data.train_labels), accuracy(model, flat[1], data.test_labels)))
    return history


def run(setting: Setting) -> list[Row]:
    """Train with and without, and draw both accuracies."""
    data = handwritten(300)
    size = data.train_images[0].size
    epochs = setting.choose(120, 200)
    # λ = .1 is the source's; in few epochs it would not let the net learn at all.
    decay = setting.choose(0.02, 0.1)
    cases: dict[str, dict[str, float]] = {
        "none": {},
        f"L2, λ = {decay}": {"l2": decay},
        "L1, λ = .001": {"l1": 0.001},
        "dropout, p = .1": {"dropout": 0.1},
    }
    figure = Figure(figsize=(13, 3.4), layout="constrained")
    rows, gaps = [], []
    for axes, (name, options) in zip(figure.subplots(1, len(cases), sharey=True), cases.items(), strict=True):
        penalties = {key: value for key, value in options.items() if key != "dropout"}
        found = side_by_side(
            __name__,
            lambda module, options=options: module.net(size, options.get("dropout", 0.0)),
            lambda module, model, penalties=penalties: module.train(model, data, epochs, **penalties),
            setting,
        )
        training, held_out = found.ours[-1]
        gaps.append(training - held_out)
        axes.plot(range(1, epochs + 1), found.ours, label=["training", "held out"])
        axes.set(title=name, xlabel="epoch", ylim=(0, 1.02))
        axes.grid(alpha=0.3)
        other = "" if found.torch is None else f"{percent(found.torch[-1][0])}, {percent(found.torch[-1][1])}"
        holds = training > 0.7 and (name == "none" or gaps[-1] <= gaps[0] + 0.02)
        where = f"{data.name}, 300 to train, {epochs} epochs" + ("; masks differ" if "dropout" in name else "")
        text = f"{percent(training)}, {percent(held_out)}"
        rows.append(Row(f"6 × 100 on 300 images, {name}", "accuracy: training, held out", text, holds, where, other))
    figure.axes[0].legend()
    figure.savefig(setting.picture("weight_decay.png"), dpi=110)
    return rows


if __name__ == "__main__":
    main(run)
