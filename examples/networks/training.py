"""The loop that classifiers of this folder share; `torch` is this project or PyTorch, whose model it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from examples.digits import Digits
from examples.harness import Setting, batches


def scores(torch: Any, model: Any, images: Any, size: int = 500) -> Any:
    """Return the model's scores (N, K) in evaluation, as an array."""
    model.eval()
    with torch.no_grad():
        parts = [model(torch.from_numpy(images[i : i + size])).numpy() for i in range(0, len(images), size)]
    model.train()
    return np.concatenate(parts)


def accuracy(torch: Any, model: Any, images: Any, labels: Any) -> float:
    """Return the share of right answers."""
    return float(np.mean(scores(torch, model, images).argmax(axis=1) == labels))


def fit(
    torch: Any,
    model: Any,
    optimizer: Any,
    images: Any,
    labels: Any,
    steps: int,
    size: int = 100,
    seed: int = 0,
    schedule: Any = None,
) -> list[float]:
    """Take steps on the cross-entropy of shuffled batches, and return the loss before each.

    Args:
        torch: what the model is made of.
        model: gives scores (N, K).
        optimizer: of the model's parameters.
        images: (N, *).
        labels: classes (N,).
        steps: how many.
        size: images in a batch.
        seed: order of the images.
        schedule: of the learning rate, by steps.
    """
    losses = []
    for _, rows in zip(range(steps), batches(len(labels), size, seed), strict=False):
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(images[rows])), torch.from_numpy(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
        losses.append(loss.item())
    return losses


def mnist_is_absent(setting: Setting, data: Digits) -> bool:
    """Tell whether the sources' size is asked for and MNIST is not here: its figures then have nothing to stand on."""
    return setting.full and not data.name.startswith("MNIST")
