"""Transfer learning: a net that knows clean digits learns stained ones: `python -m examples.preparation.transfer`.

A square hides a part of each new image. The trained body is frozen, a new head is trained on 3 stained images of each
digit, then all is fine-tuned at a tenth of the learning rate.
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


def new_body(size: int) -> Any:
    """Return two convolutions that end in 64 features."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (size // 4) ** 2, 64),
        nn.ReLU(),
    )


def train(model: Any, images: Any, labels: Any, steps: int, lr: float) -> None:
    """Train those parameters that ask for gradients."""
    optimizer = optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    for _, rows in zip(range(steps), batches(len(labels), min(50, len(labels)), seed=0), strict=False):
        loss = F.cross_entropy(model(torch.from_numpy(images[rows])), torch.from_numpy(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def accuracy(model: Any, images: Any, labels: Any) -> float:
    """Return the share of right answers."""
    with torch.no_grad():
        return float((model(torch.from_numpy(images)).argmax(dim=1).numpy() == labels).mean())


def stained(images: Any, seed: int) -> Any:
    """Return the images with a black square somewhere, a third as wide as they are."""
    rng = np.random.default_rng(seed)
    found = images.copy()
    size = images.shape[-1]
    side = size // 3
    for image in found:
        top, left = rng.integers(0, size - side, 2)
        image[:, top : top + side, left : left + side] = 0
    return found


@threadpool_limits.wrap(limits=1)
def run(setting: Setting) -> list[Row]:
    """Compare a transferred net with one that starts from nothing."""
    torch.manual_seed(SEED)
    data = handwritten()
    size = data.train_images.shape[-1]
    few = np.concatenate([np.flatnonzero(data.train_labels == digit)[:3] for digit in range(10)])
    images, labels = stained(data.train_images[few], 1), data.train_labels[few]
    test_images, test_labels = stained(data.test_images, 2), data.test_labels

    body = new_body(size)
    train(nn.Sequential(body, nn.Linear(64, 10)), data.train_images, data.train_labels, 400, 1e-3)
    before = {name: p.detach().clone() for name, p in body.named_parameters()}

    body.requires_grad_(requires_grad=False)
    transferred = nn.Sequential(body, nn.Linear(64, 10))
    train(transferred, images, labels, 200, 3e-3)
    frozen = all(torch.equal(p, before[name]) for name, p in body.named_parameters())
    head_only = accuracy(transferred, test_images, test_labels)

    body.requires_grad_()
    train(transferred, images, labels, 50, 3e-4)
    tuned = accuracy(transferred, test_images, test_labels)

    scratch = nn.Sequential(new_body(size), nn.Linear(64, 10))
    train(scratch, images, labels, 250, 1e-3)
    alone = accuracy(scratch, test_images, test_labels)
    text = f"{percent(head_only)} new head, {percent(tuned)} fine-tuned, {percent(alone)} from nothing"
    holds = frozen and min(head_only, tuned) > alone + 0.05
    return [Row("transfer learning, clean to stained digits", "accuracy, 3 images a digit", text, holds, data.name)]


if __name__ == "__main__":
    main(run)
