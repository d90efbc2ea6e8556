"""k-fold cross-validation on few images: `python -m examples.preparation.cross_validation`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import SEED, Row, Setting, handwritten, main, percent
from nn import optim


def folds(count: int, k: int, seed: int) -> Iterator[tuple[Any, Any]]:
    """Yield the indices to train on and to validate on, k times; each index is validated on once."""
    parts = np.array_split(np.random.default_rng(seed).permutation(count), k)
    for i, part in enumerate(parts):
        yield np.concatenate([other for j, other in enumerate(parts) if j != i]), part


def fit(images: Any, labels: Any, decay: float) -> Any:
    """Return a linear classifier."""
    torch.manual_seed(SEED)
    mean = images.mean(0)  # of the training part only
    model = nn.Linear(images.shape[1], 10)
    groups = [{"params": [model.weight], "weight_decay": decay}, {"params": [model.bias], "weight_decay": 0.0}]
    optimizer = optim.SGD(groups, lr=0.1, momentum=0.9)
    for _ in range(150):
        loss = F.cross_entropy(model(torch.from_numpy(images - mean)), torch.from_numpy(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return lambda x: model(torch.from_numpy(x - mean)).argmax(dim=1).numpy()


@threadpool_limits.wrap(limits=1)
def run(setting: Setting) -> list[Row]:
    """Choose a weight decay by 5 folds of 300 images, and try the choice on the held-out ones."""
    data = handwritten(300)
    images, labels = data.train_images.reshape(300, -1), data.train_labels
    test_images = data.test_images.reshape(len(data.test_images), -1)
    scores = {}
    for decay in (0.0, 0.01, 0.1, 1.0):
        shares = []
        for train, held in folds(300, 5, seed=0):
            predict = fit(images[train], labels[train], decay)
            shares.append(float((predict(images[held]) == labels[held]).mean()))
        scores[decay] = (float(np.mean(shares)), float(np.std(shares)))
    best = max(scores, key=lambda decay: scores[decay][0])
    tested = float((fit(images, labels, best)(test_images) == data.test_labels).mean())
    mean, spread = scores[best]
    text = f"decay {best:g}: {percent(mean)} ± {percent(spread)}; held out {percent(tested)}"
    holds = abs(tested - mean) < 0.08 and mean > 0.8 and best < 1
    return [Row("5-fold cross-validation", "accuracy", text, holds, f"{data.name}, 300 images")]


if __name__ == "__main__":
    main(run)
