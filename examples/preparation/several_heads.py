"""One body, three heads, and labels that are missing: `python -m examples.preparation.several_heads`.

The heads tell the digit, whether it is even, and whether it is above four. Most images carry only some of the labels:
a missing one is -1, and is masked out of the loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import SEED, Row, Setting, batches, handwritten, main, percent
from nn import optim

HEADS = {"digit": 10, "even": 2, "above four": 2}


class ManyHeads(nn.Module):
    """A shared layer, and a linear head for each question.

    Shapes: (N, D) -> {head: scores (N, K)}.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, 64), nn.ReLU())
        self.heads = nn.ModuleDict({name: nn.Linear(64, classes) for name, classes in HEADS.items()})

    def forward(self, x: Any) -> dict[str, Any]:
        """Return the scores of each head."""
        features = self.body(x)
        return {name: head(features) for name, head in self.heads.items()}


def masked_loss(scores: dict[str, Any], targets: dict[str, Any]) -> Any:
    """Return the sum over the heads of the mean loss over the labels that are there.

    A head without a label in this batch adds nothing, rather than 0/0.
    """
    parts = [
        F.cross_entropy(scores[name], target, ignore_index=-1)
        for name, target in targets.items()
        if bool((target >= 0).any())
    ]
    return sum(parts[1:], parts[0])


def answers(labels: Any) -> dict[str, Any]:
    """Return the label of each head."""
    return {"digit": labels, "even": (labels % 2 == 0).astype(np.int64), "above four": (labels > 4).astype(np.int64)}


@threadpool_limits.wrap(limits=1)
def run(setting: Setting) -> list[Row]:
    """Train with six labels in ten missing."""
    torch.manual_seed(SEED)
    data = handwritten(2000)
    images = data.train_images.reshape(len(data.train_images), -1)
    rng = np.random.default_rng(0)
    labels = {
        name: np.where(rng.random(len(values)) < 0.6, -1, values) for name, values in answers(data.train_labels).items()
    }
    model = ManyHeads(images.shape[1])
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    for _, rows in zip(range(600), batches(len(images), 50, seed=0), strict=False):
        targets = {name: torch.from_numpy(values[rows]) for name, values in labels.items()}
        loss = masked_loss(model(torch.from_numpy(images[rows])), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        scores = model(torch.from_numpy(data.test_images.reshape(len(data.test_images), -1)))
    found = {
        name: float((scores[name].argmax(dim=1).numpy() == values).mean())
        for name, values in answers(data.test_labels).items()
    }
    text = ", ".join(f"{name} {percent(share)}" for name, share in found.items())
    holds = min(found.values()) > 0.85
    return [Row("three heads, 60 % of labels missing", "accuracy", text, holds, data.name)]


if __name__ == "__main__":
    main(run)
