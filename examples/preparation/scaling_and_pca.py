"""Centring, scaling, PCA and whitening by the training set: `python -m examples.preparation.scaling_and_pca`.

The picture shows two classes of waves after each step, and digits rebuilt from ever more principal components.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from examples.harness import Row, Setting, handwritten, main, number
from nn import transforms
from nn.datasets import Waves


def draw_waves(steps: dict[str, Any], train: Any, labels: Any, path: Any) -> None:
    """Draw the training points after each step."""
    figure = Figure(figsize=(12, 2.8), layout="constrained")
    for axes, (name, step) in zip(figure.subplots(1, len(steps)), steps.items(), strict=True):
        axes.scatter(*step(train).T, c=labels, s=4, cmap="viridis")
        axes.set(title=name, aspect="equal" if name != "as they are" else "auto")
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def draw_rebuilt(images: Any, size: int, counts: list[int], path: Any) -> None:
    """Draw images, and the same from so many components."""
    figure = Figure(figsize=(8, 1.1 * (len(counts) + 1)), layout="constrained")
    grid = figure.subplots(len(counts) + 1, 8)
    for line, count in zip(grid, [0, *counts], strict=True):
        shown = transforms.PCA(count).fit(images).reconstruct(images[:8]) if count else images[:8]
        for axes, image in zip(line, shown, strict=True):
            axes.imshow(image.reshape(size, size), cmap="gray")
            axes.set_axis_off()
        line[0].set_title(f"{count} components" if count else "as they are", fontsize=8, loc="left")
    figure.savefig(path, dpi=110)


def run(setting: Setting) -> list[Row]:
    """Fit each on the training part and apply it to the test part."""
    train, labels = Waves("train").arrays()
    test, _ = Waves("test").arrays()
    steps = {
        "as they are": lambda x: x,
        "centred": transforms.Center().fit(train),
        "standardised": transforms.Standardize().fit(train),
        "in [-1, 1]": transforms.MinMax().fit(train),
        "whitened": transforms.Whiten().fit(train),
    }
    draw_waves(steps, train, labels, setting.picture("preparation.png"))
    mean = float(np.abs(steps["centred"](train).mean(0)).max())
    spread = float(np.abs(steps["standardised"](train).std(0) - 1).max())
    scaled = steps["in [-1, 1]"](train)
    white = steps["whitened"](train)
    covariance = float(np.abs(white.T @ white / len(white) - np.eye(2)).max())
    outside = float(np.abs(steps["standardised"](test).mean(0)).max())

    data = handwritten()
    size = data.train_images.shape[-1]
    images = data.train_images.reshape(len(data.train_images), -1)
    pca = transforms.PCA(0.95).fit(images)
    kept = pca.transform(images[:1]).shape[1]
    held_out = data.test_images.reshape(len(data.test_images), -1)
    lost = float(((pca.reconstruct(held_out) - held_out) ** 2).sum() / ((held_out - images.mean(0)) ** 2).sum())
    draw_rebuilt(images, size, [4, 12, kept], setting.picture("pca.png"))
    return [
        Row("centring", "largest mean", number(mean), mean < 1e-5, "waves, training part"),
        Row("standardising", "largest |σ - 1|", number(spread), spread < 1e-5, "waves, training part"),
        Row("the same on the test part", "largest mean", number(outside), 0 < outside < 0.5, "waves, test part"),
        Row(
            "min-max",
            "range",
            f"[{scaled.min():.0f}, {scaled.max():.0f}]",
            bool(np.allclose([scaled.min(), scaled.max()], [-1, 1])),
            "waves",
        ),
        Row("PCA whitening", "covariance minus identity", number(covariance), covariance < 1e-3, "waves"),
        Row(
            "PCA, 95 % rule",
            "components, variance lost on held-out images",
            f"{kept} of {images.shape[1]}, {lost:.1%}",
            kept < images.shape[1] / 2 and 0.02 < lost < 0.08,
            data.name,
        ),
    ]


if __name__ == "__main__":
    main(run)
