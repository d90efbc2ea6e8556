"""Augmentations as pictures, and what they bring with 100 images: `python -m examples.preparation.augmentation`."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import SEED, Row, Setting, batches, handwritten, main, percent
from nn import optim, transforms


def choices(size: int) -> dict[str, Any]:
    """Return each augmentation for images of this size."""
    return {
        "shift": transforms.RandomAffine(0, translate=(0.15, 0.15)),
        "rotate": transforms.RandomRotation(25, interpolation="bilinear"),
        "flip": transforms.RandomHorizontalFlip(1.0),
        "crop": transforms.RandomCrop(size, padding=size // 6),
        "zoom": transforms.RandomResizedCrop(size, scale=(0.5, 1.0)),
        "affine": transforms.RandomAffine(
            15, translate=(0.1, 0.1), scale=(0.8, 1.2), shear=15, interpolation="bilinear"
        ),
        "elastic": transforms.ElasticTransform(alpha=1.0 * size, sigma=size / 6),
        "blur": transforms.GaussianBlur(3, sigma=(0.5, 1.2)),
        "noise": transforms.GaussianNoise(sigma=0.15),
    }


def draw(images: Any, path: Any) -> None:
    """Draw six images, and what each augmentation makes of them."""
    kinds = choices(images.shape[-1])
    figure = Figure(figsize=(7, 8.4), layout="constrained")
    grid = figure.subplots(len(kinds) + 1, 6)
    for line, (name, change) in zip(grid, [("as they are", lambda x: x), *kinds.items()], strict=True):
        for axes, image in zip(line, images, strict=False):
            axes.imshow(np.asarray(change(image))[0], cmap="gray", vmin=0, vmax=1)
            axes.set_axis_off()
        line[0].set_title(name, fontsize=9, loc="left")
    figure.savefig(path, dpi=110)


@threadpool_limits.wrap(limits=1)
def trained(images: Any, labels: Any, steps: int, change: Any) -> Any:
    """Return a small convolutional net."""
    torch.manual_seed(SEED)
    size = images.shape[-1]
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (size // 4) ** 2, 10),
    )
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for _, rows in zip(range(steps), batches(len(images), 50, seed=0), strict=False):
        batch = images[rows] if change is None else np.asarray(change(images[rows]))
        loss = F.cross_entropy(model(torch.from_numpy(batch)), torch.from_numpy(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def run(setting: Setting) -> list[Row]:
    """Draw all; train with and without shifts and turns."""
    torch.manual_seed(SEED)
    data = handwritten(100)
    draw(data.train_images[:6], setting.picture("augmentation.png"))
    change = transforms.RandomAffine(10, translate=(0.12, 0.12), scale=(0.9, 1.1), interpolation="bilinear")
    # Held-out digits as they are, and moved: what a net meets that does not see centred images only.
    moved = np.asarray(transforms.RandomAffine(10, translate=(0.12, 0.12), interpolation="bilinear")(data.test_images))
    rows, shares = [], []
    for name, used in (("without", None), ("with", change)):
        model = trained(data.train_images, data.train_labels, setting.choose(300, 600), used)
        with torch.no_grad():
            predicted = model(torch.from_numpy(moved)).argmax(dim=1).numpy()
        shares.append(float((predicted == data.test_labels).mean()))
        holds = name == "without" or shares[1] > shares[0] + 0.05
        rows.append(Row(f"100 images, {name} augmentation", "accuracy, moved", percent(shares[-1]), holds, data.name))
    return rows


if __name__ == "__main__":
    main(run)
