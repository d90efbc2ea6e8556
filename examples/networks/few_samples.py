"""The convolutional net of text_vgg on few samples: `python -m examples.networks.few_samples`.

The source: MNIST, 63.6 % with 40 images to train on, 86.7 % with 400, 93.0 % with 3000, 96.3 % with 6000.
"""

from __future__ import annotations

from statistics import median

from examples.digits import Digits
from examples.harness import Row, Setting, absent, handwritten, main, percent
from examples.networks.text_vgg import CONVOLUTIONAL, trained
from examples.networks.training import mnist_is_absent


def part(data: Digits, count: int, draw: int) -> Digits:
    """Return the digits with `count` images to train on: the first ones, or the next as many for each further draw."""
    rows = slice(count * draw, count * (draw + 1))
    return data._replace(train_images=data.train_images[rows], train_labels=data.train_labels[rows])


def run(setting: Setting) -> list[Row]:
    """Train on more and more images; what 40 of them give depends on which, so the median of several draws is taken."""
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [absent("CNN on few samples")]
    rows = []
    for count, draws, steps, lr, source, bar in setting.choose(
        [(40, 1, 100, 5e-3, "63.6 %", 0.4), (400, 1, 200, 5e-3, "86.7 %", 0.7)],
        [
            (40, 5, 100, 5e-3, "63.6 %", 0.5),
            (400, 1, 300, 5e-3, "86.7 %", 0.85),
            (3000, 1, 800, 1e-3, "93.0 %", 0.93),
            (6000, 1, 1200, 1e-3, "96.3 %", 0.95),
        ],
    ):
        found = [trained(CONVOLUTIONAL, part(data, count, draw), [steps], setting, lr) for draw in range(draws)]
        ours = [figures.ours[0] for figures in found]
        theirs = [figures.torch[0] for figures in found if figures.torch]
        spread = "" if draws == 1 else f", best {percent(max(ours))}"
        rows.append(
            Row(
                f"CNN on {count} samples",
                "test accuracy" if draws == 1 else f"test accuracy, median of {draws} draws",
                percent(median(ours)) + spread,
                median(ours) > bar,
                f"{data.name}, {data.split}; {count} used, {steps} steps, learning rate {lr}",
                percent(median(theirs) if theirs else None),
                source,
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
