"""Train a small convolutional net on real digits, and draw what happened: `python -m examples.demo`.

Writes out/training.png (loss and accuracy), out/graph.svg (the loss as a computation graph with the chain rule on it)
and out/steps.html (the same, step by step).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import autograd_np as ag
import nn
from autograd_np import viz
from examples import digits
from nn import optim
from nn.optim import lr_scheduler
from nn.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    """Two convolutions with batch norm and pooling, then two linear layers.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(32)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.3)
        self.hidden = nn.Linear(32 * (size // 4) ** 2, 64)
        self.scores = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = self.pool(self.norm1(self.conv1(x)).relu())
        x = self.pool(self.norm2(self.conv2(x)).relu())
        x = self.drop(x.flatten(1))
        return self.scores(self.hidden(x).relu())


class Epoch(NamedTuple):
    """What is remembered of an epoch."""

    loss: float
    train_accuracy: float
    test_accuracy: float


def accuracy(net: Net, images: Any, labels: Any) -> float:
    """Return the share of images whose digit gets the highest score."""
    net.eval()
    with ag.no_grad():
        right = [
            (net(x).argmax(dim=1) == y).sum().item()
            for x, y in DataLoader(TensorDataset(images, labels), batch_size=500)
        ]
    net.train()
    return float(sum(right)) / len(labels)


# Products this small are faster on one thread, and do not wait for a core that another program has.
@threadpool_limits.wrap(limits=1)
def train(net: Net, data: digits.Digits, epochs: int, batch_size: int) -> list[Epoch]:
    """Train with Adam and a falling step size; return what each epoch gave."""
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    images, labels, test_images, test_labels = (ag.from_numpy(array) for array in arrays)
    loader = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True)
    loss_of = nn.CrossEntropyLoss()
    optimizer = optim.Adam(net.parameters(), lr=5e-3)
    schedule = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    history = []
    with tqdm(total=epochs * len(loader), unit="batch") as bar:
        for epoch in range(1, epochs + 1):
            total, right = 0.0, 0
            for x, y in loader:
                scores = net(x)
                loss = loss_of(scores, y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(y)
                right += (scores.argmax(dim=1) == y).sum().item()
                bar.update()
            schedule.step()
            history.append(Epoch(total / len(labels), right / len(labels), accuracy(net, test_images, test_labels)))
            bar.set_description(f"epoch {epoch}/{epochs}: loss {history[-1].loss:.3f}")
            bar.set_postfix_str(f"held-out {history[-1].test_accuracy:.2%}")
    return history


def draw_history(history: list[Epoch], title: str, path: Path) -> None:
    """Write the curves of loss and accuracy."""
    epochs = np.arange(1, len(history) + 1)
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [e.loss for e in history], marker="o", markersize=3, color="#a63c00")
    left.set(title="training loss", xlabel="epoch", ylabel="cross-entropy", yscale="log")
    right.plot(epochs, [e.train_accuracy for e in history], marker="o", markersize=3, label="training (with dropout)")
    right.plot(epochs, [e.test_accuracy for e in history], marker="s", markersize=3, label="held out")
    right.set(title=f"accuracy: {history[-1].test_accuracy:.2%} held out", xlabel="epoch", ylim=(0.8, 1.005))
    right.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    right.legend(loc="lower right")
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    figure.suptitle(title)
    figure.savefig(path, dpi=120)


def draw_graph(net: Net, data: digits.Digits, folder: Path) -> list[Path]:
    """Write the graph of the loss of the two hardest images: as a picture, and as a page to step through."""
    net.eval()
    with ag.no_grad():
        scores = net(ag.from_numpy(data.test_images[:500]))
        losses = nn.CrossEntropyLoss(reduction="none")(scores, ag.from_numpy(data.test_labels[:500]))
    hardest = losses.topk(2).indices.numpy()
    images, labels = ag.from_numpy(data.test_images[hardest]), ag.from_numpy(data.test_labels[hardest])
    images.name, labels.name = "images", "labels"
    with ag.record():
        loss = nn.CrossEntropyLoss()(net(images), labels)
    loss.name = "loss"
    graph = viz.trace(loss, params=net)
    title = "Cross-entropy of the two hardest digits, and what each step passes back"
    return [Path(viz.render(graph, folder / name, title=title)) for name in ("graph.svg", "steps.html")]


def main(arguments: list[str] | None = None) -> float:
    """Run the demo, and return the accuracy on held-out digits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", "--small", action="store_true", help="few epochs, for a first look and for CI")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    ag.manual_seed(1)
    data = digits.load()
    size = data.train_images.shape[-1]
    net = Net(size)
    # About as many images in all, whatever the size of the training set.
    epochs = 20 if size < 28 else max(1, round(24_000 / len(data.train_labels)))
    print(f"data: {data.name}; {data.split}")
    history = train(net, data, min(epochs, 2) if options.quick else epochs, batch_size=64)
    options.out.mkdir(parents=True, exist_ok=True)
    draw_history(
        history, f"{data.name}, {sum(p.numel() for p in net.parameters())} parameters", options.out / "training.png"
    )
    written = [options.out / "training.png", *draw_graph(net, data, options.out)]
    print(f"held-out accuracy: {history[-1].test_accuracy:.2%} ({data.name}; {data.split})")
    print(f"time: {time.perf_counter() - start:.1f} s")
    print("written: " + ", ".join(str(path) for path in written))
    return history[-1].test_accuracy


if __name__ == "__main__":
    main()
