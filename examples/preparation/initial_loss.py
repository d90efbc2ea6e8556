"""The loss before training, which must be log K: `python -m examples.preparation.initial_loss`.

With tiny weights a classifier gives all K classes the same probability; another loss points at a mistake.
"""

from __future__ import annotations

import math

import numpy as np

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, main


def initial_loss(classes: int, features: int = 20, count: int = 1000) -> float:
    """Return the cross-entropy of a linear classifier with weights of 1e-4."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((count, features)).astype(np.float32))
    y = torch.from_numpy(rng.integers(0, classes, count))
    model = nn.Linear(features, classes)
    nn.init.normal_(model.weight, std=1e-4)
    nn.init.zeros_(model.bias)
    return nn.functional.cross_entropy(model(x), y).item()


def run(setting: Setting) -> list[Row]:
    """Check ten classes and four."""
    torch.manual_seed(SEED)
    rows = []
    for classes, source in ((10, "2.302"), (4, "1.386")):
        found = initial_loss(classes)
        holds = abs(found - math.log(classes)) < 2e-3
        rows.append(Row(f"initial loss of {classes} classes", "loss", f"{found:.3f}", holds, "N(0, 1)", "", source))
    return rows


if __name__ == "__main__":
    main(run)
