"""What to watch while a net trains, as pictures: `python -m examples.preparation.monitor`.

Loss, accuracy on training and held-out images, and for each layer how large a step is beside its weights, Σ|Δ|/Σ|p|:
around 1e-3 is healthy, 1e-1 too bold, 1e-5 too timid.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, handwritten, main, number, percent
from nn import optim
from nn.training import Trainer, UpdateRatios, draw_curves
from nn.utils.data import DataLoader, TensorDataset


def accuracy(scores: Any, labels: Any) -> float:
    """Return the share of right answers."""
    return float((scores.argmax(dim=1) == labels).float().mean().item())


@threadpool_limits.wrap(limits=1)
def watched(lr: float, epochs: int, data: Any) -> tuple[Trainer, UpdateRatios]:
    """Train with SGD of this step size, and return the trainer and what was watched."""
    torch.manual_seed(SEED)
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    images, labels, test_images, test_labels = (torch.from_numpy(array) for array in arrays)
    size = images[0].numel()
    model = nn.Sequential(nn.Flatten(), nn.Linear(size, 100), nn.ReLU(), nn.Linear(100, 10))
    ratios = UpdateRatios()
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=lr, momentum=0.9),
        metrics={"accuracy": accuracy},
        callbacks=[ratios],
    )
    loader = DataLoader(TensorDataset(images, labels), 50, shuffle=True)
    trainer.fit(loader, epochs, validation=[(test_images, test_labels)])
    return trainer, ratios


def run(setting: Setting) -> list[Row]:
    """Train with a step that is too small, one that is right, and one that is too large."""
    data = handwritten(2000)
    epochs = setting.choose(10, 30)
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    rows = []
    for lr, style in ((1e-4, ":"), (1e-2, "-"), (1.0, "--")):
        trainer, ratios = watched(lr, epochs, data)
        weights = {name: values for name, values in ratios.ratios.items() if name.endswith("weight")}
        for name, values in weights.items():
            axes.plot(range(1, epochs + 1), values, style, label=f"lr {lr:g}: {name}")
        mean = float(np.mean(list(weights.values())))
        share = trainer.history.last["validation_accuracy"]
        text = f"{number(mean)}; {percent(share)} held out"
        holds = (1e-3 / 5 < mean < 5e-3 and share > 0.85) if lr == 1e-2 else share < 0.7
        rows.append(Row(f"update ratio, lr {lr:g}", "Σ|Δ|/Σ|p|", text, holds, data.name, "", "about 1e-3"))
        if lr == 1e-2:
            draw_curves(trainer.history, setting.picture("monitor.png"))
    axes.set(yscale="log", xlabel="epoch", ylabel="Σ|Δ| / Σ|p|", title="how large a step is beside the weights")
    axes.legend(fontsize=7)
    axes.grid(alpha=0.3)
    figure.savefig(setting.picture("update_ratios.png"), dpi=110)
    return rows


if __name__ == "__main__":
    main(run)
