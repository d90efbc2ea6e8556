"""One class in twenty, and three ways to see it all the same: `python -m examples.preparation.class_imbalance`.

A classifier that always says no is right 19 times in 20; so what is measured is the error rate with each class weighing
the same. Weights in the loss, over-sampling and under-sampling each bring it down.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import SEED, Row, Setting, main, percent
from nn import optim

RARE = 0.05


def clouds(count: int, seed: int) -> tuple[Any, Any]:
    """Return points (count, 2) and classes: a rare cloud that overlaps with a common one."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < RARE).astype(np.int64)
    points = rng.standard_normal((count, 2)) + labels[:, None] * [1.8, 1.2]
    return points.astype(np.float32), labels


def weighted_error(predicted: Any, labels: Any) -> float:
    """Return the mean of the error rates of the classes."""
    return float(np.mean([(predicted[labels == k] != k).mean() for k in np.unique(labels)]))


def chosen(labels: Any, way: str, rng: np.random.Generator) -> Any:
    """Return the rows that an epoch uses.

    Args:
        labels: all classes.
        way: 'over-sampling', 'under-sampling', or anything else for all rows.
        rng: draws rows.
    """
    rare, common = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    if way == "over-sampling":
        return np.concatenate([common, rng.choice(rare, len(common))])
    if way == "under-sampling":
        return np.concatenate([rng.choice(common, len(rare), replace=False), rare])
    return np.arange(len(labels))


@threadpool_limits.wrap(limits=1)
def train(way: str, points: Any, labels: Any, epochs: int) -> Any:
    """Return a net trained one of the ways."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    weight = torch.tensor([1.0, (1 - RARE) / RARE]) if way == "weights in the loss" else None
    x, y = torch.from_numpy(points), torch.from_numpy(labels)
    for _ in range(epochs):
        rows = torch.from_numpy(chosen(labels, way, rng))
        loss = F.cross_entropy(model(x[rows]), y[rows], weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def run(setting: Setting) -> list[Row]:
    """Compare the ways on 4000 held-out points."""
    points, labels = clouds(2000, 0)
    test_points, test_labels = clouds(4000, 1)
    rows, plain = [], 1.0
    for way in ("nothing", "weights in the loss", "over-sampling", "under-sampling"):
        model = train(way, points, labels, 150)
        with torch.no_grad():
            predicted = model(torch.from_numpy(test_points)).argmax(dim=1).numpy()
        error, raw = weighted_error(predicted, test_labels), float((predicted != test_labels).mean())
        plain = error if way == "nothing" else plain
        text = f"{percent(error)} (unweighted {percent(raw)})"
        holds = way == "nothing" or error < 0.8 * plain
        rows.append(Row(f"class imbalance: {way}", "weighted error rate", text, holds, "two clouds, 5 % rare"))
    return rows


if __name__ == "__main__":
    main(run)
