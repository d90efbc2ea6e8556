"""The convolutional net of text_vgg on few samples: `python -m examples.networks.few_samples`.

The source: MNIST, 63.6 % with 40 images to train on, 86.7 % with 400, 93.0 % with 3000, 96.3 % with 6000.
"""

from __future__ import annotations

from examples.harness import Row, Setting, absent, handwritten, main, percent
from examples.networks.text_vgg import CONVOLUTIONAL, trained
from examples.networks.training import mnist_is_absent


def run(setting: Setting) -> list[Row]:
    """Train on more and more images."""
    if mnist_is_absent(setting, handwritten()):
        return [absent("CNN on few samples")]
    rows = []
    for count, steps, lr, source, bar in setting.choose(
        [(40, 100, 5e-3, "63.6 %", 0.45), (400, 200, 5e-3, "86.7 %", 0.7)],
        [
            (40, 100, 5e-3, "63.6 %", 0.55),
            (400, 300, 5e-3, "86.7 %", 0.85),
            (3000, 800, 1e-3, "93.0 %", 0.93),
            (6000, 1200, 1e-3, "96.3 %", 0.95),
        ],
    ):
        data = handwritten(count)
        found = trained(CONVOLUTIONAL, data, [steps], setting, lr)
        rows.append(
            Row(
                f"CNN on {count} samples",
                "test accuracy",
                percent(found.ours[0]),
                found.ours[0] > bar,
                f"{data.name}, {data.split}, {steps} steps, learning rate {lr}",
                percent(found.torch and found.torch[0]),
                source,
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
