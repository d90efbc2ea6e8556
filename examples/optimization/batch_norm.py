"""Batch norm against 16 scales of initial weights: `python -m examples.optimization.batch_norm`.

1000 images, 784-100×5-10 with ReLU, weights from N(0, σ²) for σ from 1 down to 1e-4, SGD of lr .01, batch 100.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
from examples.harness import Row, Setting, batches, handwritten, main, side_by_side
from nn import optim

SCALES = np.logspace(0, -4, num=16)


def net(inputs: int, std: float, normalized: bool) -> Any:
    """Return five hidden layers of 100, each with or without batch norm before its ReLU."""
    layers: list[Any] = []
    for width in [inputs] + [100] * 4:
        # Before batch norm a bias would be subtracted again.
        layers += [nn.Linear(width, 100, bias=not normalized)]
        layers += [nn.BatchNorm1d(100)] if normalized else []
        layers += [nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(100, 10))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model


def train(model: Any, images: Any, labels: Any, epochs: int) -> list[float]:
    """Return the accuracy on the training batches of each epoch."""
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    steps = len(labels) // 100
    history, right = [], 0.0
    for step, rows in zip(range(epochs * steps), batches(len(labels), 100, seed=0), strict=False):
        targets = torch.from_numpy(labels[rows])
        scores = model(torch.from_numpy(images[rows]))
        loss = nn.functional.cross_entropy(scores, targets)
        if not np.isfinite(loss.item()):
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right += (scores.argmax(dim=1) == targets).float().mean().item() / steps
        if (step + 1) % steps == 0:
            history.append(right)
            right = 0.0
    return [*history, *[0.1] * (epochs - len(history))]


def run(setting: Setting) -> list[Row]:
    """Train each scale both ways, and draw the sixteen pairs."""
    data = handwritten(1000)
    images = data.train_images.reshape(len(data.train_images), -1)
    epochs = setting.choose(12, 20)
    scales = SCALES[:: setting.choose(5, 1)]
    figure = Figure(figsize=(11, 2.6 * -(-len(scales) // 4)), layout="constrained")
    grid = figure.subplots(-(-len(scales) // 4), 4, sharex=True, sharey=True).flat
    found: dict[bool, list[float]] = {True: [], False: []}
    theirs: dict[bool, list[float]] = {True: [], False: []}
    for axes, std in zip(grid, scales, strict=True):
        for normalized in (True, False):
            with np.errstate(over="ignore", invalid="ignore"):  # the largest scale overflows without batch norm
                figures = side_by_side(
                    __name__,
                    lambda module, std=std, normalized=normalized: module.net(images.shape[1], float(std), normalized),
                    lambda module, model: module.train(model, images, data.train_labels, epochs),
                    setting,
                )
            found[normalized].append(figures.ours[-1])
            theirs[normalized] += [] if figures.torch is None else [figures.torch[-1]]
            axes.plot(range(1, epochs + 1), figures.ours, "-" if normalized else "--")
        axes.set(title=f"σ = {std:.2g}", ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    figure.axes[0].legend(["batch norm", "none"])
    figure.supxlabel("epoch")
    figure.supylabel("training accuracy")
    figure.savefig(setting.picture("batch_norm.png"), dpi=100)
    where = f"{data.name}, 1000 images, {epochs} epochs, {len(scales)} scales"
    good, others = ({key: sum(share > 0.5 for share in shares) for key, shares in d.items()} for d in (found, theirs))
    holds = good[True] > good[False] and good[True] >= len(scales) / 2
    return [
        Row(
            f"5 × 100 over weight scales, {name}",
            "scales that learn (above 50 %)",
            f"{good[normalized]} of {len(scales)}",
            holds,
            where,
            f"{others[normalized]} of {len(scales)}" if theirs[normalized] else "",
        )
        for normalized, name in ((True, "with batch norm"), (False, "without"))
    ]


if __name__ == "__main__":
    main(run)
