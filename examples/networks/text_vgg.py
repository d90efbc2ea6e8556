"""Nets written as a line of text: `python -m examples.networks.text_vgg`.

The words are `conv_8` (8 maps of 3×3), `conv_16_5_2_2` (maps, kernel, stride, padding), `pool` and `FC_64`; the layer
of scores is added, so no word at all is a linear classifier. ELU, Adam, an L2 penalty on weights, batches of 64.

The source, on 70 % of MNIST's 60 000 images: the convolutional net below, which has 52 346 parameters, reaches 97.5 %
after 2 epochs (1312 steps) and 98.7 % after 8 (5250 steps); `FC_64` 95.5 %; no word 92 %.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Figures, Row, Setting, absent, handwritten, main, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim

CONVOLUTIONAL = "conv_8 pool conv_12 conv_12 conv_12 pool conv_36 conv_36 conv_36 pool FC_64"


def net(text: str, size: int) -> Any:
    """Return the net that the words describe, for images (1, size, size) of ten classes."""
    layers: list[Any] = []
    channels = 1
    flat = False
    for word in text.split():
        kind, *numbers = word.split("_")
        if kind == "conv":
            defaults = ["0", "3", "1", "1"]
            maps, kernel, stride, padding = (int(n) for n in numbers + defaults[len(numbers) :])
            layers += [nn.Conv2d(channels, maps, kernel, stride, padding), nn.ELU()]
            channels, size = maps, (size + 2 * padding - kernel) // stride + 1
        elif kind == "pool":
            layers.append(nn.MaxPool2d(2))
            size //= 2
        elif kind == "FC":
            width = int(numbers[0])
            layers += [*([] if flat else [nn.Flatten()]), nn.Linear(channels * size**2, width), nn.ELU()]
            channels, size, flat = width, 1, True
        else:
            raise ValueError(f"net: expected conv_…, pool or FC_…, got {word!r}")
    return nn.Sequential(*layers, *([] if flat else [nn.Flatten()]), nn.Linear(channels * size**2, 10))


def adam_with_decay(model: Any, lr: float, decay: float = 1e-4) -> Any:
    """Return Adam with an L2 penalty on the weights; biases have one axis and none of it."""
    parameters = list(model.parameters())
    weights, biases = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim == 1]
    return optim.Adam([{"params": weights, "weight_decay": decay}, {"params": biases}], lr=lr)


def train(model: Any, data: Any, stages: list[int], lr: float) -> list[float]:
    """Train, and return the accuracy on held-out images after each of these many steps."""
    optimizer = adam_with_decay(model, lr)
    size = min(64, len(data.train_labels))
    found = []
    for seed, (before, steps) in enumerate(zip([0, *stages], stages, strict=False)):
        fit(torch, model, optimizer, data.train_images, data.train_labels, steps - before, size, seed)
        found.append(accuracy(torch, model, data.test_images, data.test_labels))
    return found


def trained(text: str, data: Any, stages: list[int], setting: Setting, lr: float = 1e-3) -> Figures:
    """Return the accuracies of the net of these words."""
    size = data.train_images.shape[-1]
    return side_by_side(
        __name__,
        lambda module: module.net(text, size),
        lambda module, model: module.train(model, data, stages, lr),
        setting,
    )


def run(setting: Setting) -> list[Row]:
    """Count the parameters, and train the three nets."""
    data = handwritten()
    count = sum(p.numel() for p in net(CONVOLUTIONAL, 28).parameters())
    rows = [Row("VGG from text", "parameters for 28×28", str(count), count == 52_346, "counted", "", "52 346")]
    if mnist_is_absent(setting, data):
        return [*rows, absent("nets from text")]
    data = handwritten(round(0.7 * len(data.train_labels)))
    for text, sources, stages, bars in (
        (
            CONVOLUTIONAL,
            ["97.5 %", "98.7 %"],
            setting.choose([400], [1312, 5250]),
            setting.choose([0.8], [0.95, 0.965]),
        ),
        ("FC_64", ["95.5 %"], setting.choose([800], [5250]), setting.choose([0.9], [0.93])),
        ("", ["92 %"], setting.choose([800], [5250]), setting.choose([0.85], [0.9])),
    ):
        found = trained(text, data, stages, setting)
        theirs = found.torch or [None] * len(stages)
        for steps, ours, other, source, bar in zip(stages, found.ours, theirs, sources, bars, strict=False):
            rows.append(
                Row(
                    f"VGG from text `{text or '[]'}`",
                    f"test accuracy after {steps} steps of 64",
                    percent(ours),
                    ours > bar,
                    f"{data.name}, {data.split}",
                    percent(other),
                    source,
                )
            )
    return rows


if __name__ == "__main__":
    main(run)
