"""Over-fit two examples of each class before anything else: `python -m examples.preparation.overfit_tiny`.

A net that cannot learn eight points by heart has a mistake in it. Toy waves, whitened, 2-100-100-4, full batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import SEED, Row, Setting, main, number, percent
from nn import optim, transforms
from nn.datasets import Waves


def net() -> Any:
    """Return 2-100-100-4 with ReLU and He's weights."""
    model = nn.Sequential(nn.Linear(2, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 4))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return model


@threadpool_limits.wrap(limits=1)
def run(setting: Setting) -> list[Row]:
    """Train 100 epochs with Nesterov's momentum."""
    torch.manual_seed(SEED)
    points, labels = Waves("train").arrays()
    points = transforms.Whiten().fit(points).transform(points)
    few = np.concatenate([np.flatnonzero(labels == k)[:2] for k in range(4)])
    x, y = torch.from_numpy(points[few]), torch.from_numpy(labels[few])
    model = net()
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)
    for _ in range(100):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        scores = model(x)
    final, share = F.cross_entropy(scores, y).item(), (scores.argmax(dim=1) == y).float().mean().item()
    text = f"{number(final)}, {percent(share)}"
    holds = final < 2e-3 and share == 1
    return [Row("over-fitting 8 points", "loss, accuracy", text, holds, "waves, 100 epochs", "", "5.9e-4, 100 %")]


if __name__ == "__main__":
    main(run)
