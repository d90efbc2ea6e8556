"""Mining hard negatives, of a great many easy ones: `python -m examples.preparation.hard_negatives`.

Positives fill a disc, negatives the plane around it, most of them far off. Each step sees all positives and three times
as many negatives: drawn at random, or those that have the largest loss now, which lie along the rim.

Source: Shrivastava et al. (2016), Training region-based object detectors with online hard example mining.
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


def plane(count: int, seed: int) -> tuple[Any, Any]:
    """Return points (count, 2) of a square of side 10, and whether each lies in the disc of radius 1.2."""
    points = np.random.default_rng(seed).uniform(-5, 5, (count, 2))
    return points.astype(np.float32), (np.hypot(*points.T) < 1.2).astype(np.float32)


@threadpool_limits.wrap(limits=1)
def train(points: Any, labels: Any, steps: int, *, mining: bool) -> Any:
    """Return a net trained on positives and three times as many negatives a step."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    x, y = torch.from_numpy(points), torch.from_numpy(labels)
    positive, negative = np.flatnonzero(labels), np.flatnonzero(labels == 0)
    for _ in range(steps):
        if mining:
            with torch.no_grad():
                losses = F.binary_cross_entropy_with_logits(model(x)[:, 0], y, reduction="none").numpy()
            used = negative[np.argsort(-losses[negative])[: 3 * len(positive)]]
        else:
            used = rng.choice(negative, 3 * len(positive), replace=False)
        rows = torch.from_numpy(np.concatenate([positive, used]))
        loss = F.binary_cross_entropy_with_logits(model(x[rows])[:, 0], y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def run(setting: Setting) -> list[Row]:
    """Compare both on points that were not trained on."""
    points, labels = plane(3000, 0)
    test_points, test_labels = plane(20_000, 1)
    errors = {}
    for mining in (False, True):
        model = train(points, labels, 250, mining=mining)
        with torch.no_grad():
            predicted = model(torch.from_numpy(test_points))[:, 0].numpy() > 0
        errors[mining] = float((predicted != test_labels).mean())
    text = f"{percent(errors[True])}, at random {percent(errors[False])}"
    return [
        Row(
            "hard-negative mining",
            "error rate",
            text,
            errors[True] < errors[False],
            "a disc in a plane, 4.5 % positive",
        )
    ]


if __name__ == "__main__":
    main(run)
