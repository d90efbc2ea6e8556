"""Random search of learning rate and weight decay, coarse to fine: `python -m examples.optimization.random_search`.

Values are drawn evenly in their logarithm. Where the best lies on the edge of its range, the range is moved outwards
before it is narrowed: the optimum may be outside.

Source: Bergstra and Bengio (2012), Random search for hyper-parameter optimization.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, batches, handwritten, main, percent
from examples.optimization.weight_decay import accuracy, parameter_groups
from nn import optim


class Range(NamedTuple):
    """Bounds as powers of ten."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """Return a value drawn evenly in its logarithm."""
        return float(10 ** rng.uniform(self.low, self.high))

    def around(self, best: float) -> Range:
        """Return half the range around the best; moved outwards where the best lies within a tenth of an edge."""
        width, power = self.high - self.low, math.log10(best)
        if power < self.low + 0.1 * width:
            power -= width / 4
        elif power > self.high - 0.1 * width:
            power += width / 4
        return Range(power - width / 4, power + width / 4)


class Trial(NamedTuple):
    """A pair that was tried, and the validation accuracy that it gave."""

    lr: float
    decay: float
    accuracy: float


def attempt(lr: float, decay: float, data: Any, validation: tuple[Any, Any], steps: int) -> Trial:
    """Return the trial of one short training."""
    torch.manual_seed(SEED)
    images = data.train_images.reshape(len(data.train_images), -1)
    model = nn.Sequential(nn.Linear(images.shape[1], 50), nn.ReLU(), nn.Linear(50, 10))
    optimizer = optim.SGD(parameter_groups(model, decay), lr=lr)
    for _, rows in zip(range(steps), batches(len(images), 50, seed=0), strict=False):
        scores = model(torch.from_numpy(images[rows]))
        loss = nn.functional.cross_entropy(scores, torch.from_numpy(data.train_labels[rows]))
        if not math.isfinite(loss.item()):
            return Trial(lr, decay, 0.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Trial(lr, decay, accuracy(model, *validation))


def search(data: Any, validation: tuple[Any, Any], rounds: int, count: int, steps: int) -> list[list[Trial]]:
    """Return the trials of each round; the first range is far too low on purpose."""
    rng = np.random.default_rng(SEED)
    rates, decays = Range(-6, -2), Range(-8, -2)
    found = []
    for _ in range(rounds):
        pairs = [(rates.draw(rng), decays.draw(rng)) for _ in range(count)]
        found.append([attempt(lr, decay, data, validation, steps) for lr, decay in pairs])
        best = max(found[-1], key=lambda trial: trial.accuracy)
        rates, decays = rates.around(best.lr), decays.around(best.decay)
    return found


def run(setting: Setting) -> list[Row]:
    """Search on 500 images with 200 others to validate on, and draw every trial."""
    data = handwritten(700)
    validation = data.train_images[500:].reshape(200, -1), data.train_labels[500:]
    data = data._replace(train_images=data.train_images[:500], train_labels=data.train_labels[:500])
    rounds = search(data, validation, 4, setting.choose(12, 50), setting.choose(150, 400))
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for trials, marker in zip(rounds, "osv*", strict=True):
        lrs, decays, shares = zip(*trials, strict=True)
        dots = axes.scatter(lrs, decays, c=shares, marker=marker, cmap="viridis", vmin=0, vmax=1, edgecolors="grey")
    axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="weight decay", title="rounds: ○ □ ▽ ★")
    figure.colorbar(dots, label="validation accuracy")
    figure.savefig(setting.picture("random_search.png"), dpi=110)
    bests = [max(trial.accuracy for trial in trials) for trials in rounds]
    best = max((trial for trials in rounds for trial in trials), key=lambda trial: trial.accuracy)
    holds = bests[-1] >= bests[0] and best.lr > 10**-2 and bests[-1] > 0.85
    text = f"{percent(bests[0])} → {percent(bests[-1])}, lr {best.lr:.2g}, decay {best.decay:.1g}"
    where = f"{data.name}, 500 to train, 200 to validate"
    return [Row("random search, coarse to fine", "validation accuracy, first to last round", text, holds, where)]


if __name__ == "__main__":
    main(run)
