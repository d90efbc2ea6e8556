"""Models with modules that several tests draw."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as ag
import nn
from autograd_np import viz


class Block(nn.Module):
    """A residual block of two linear layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Any) -> Any:
        """Return x and what the block adds."""
        return x + self.down(ag.tanh(self.up(x)))


class Tower(nn.Module):
    """An embedding, some blocks, and scores through the embedding's own weight."""

    def __init__(self, blocks: int, width: int = 4) -> None:
        super().__init__()
        self.table = nn.Embedding(7, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(blocks)])
        self.head = nn.Linear(width, 7, bias=False)
        self.head.weight = self.table.weight

    def forward(self, codes: Any) -> Any:
        """Return scores."""
        x = self.table(codes)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def tower(blocks: int, *, named: bool = True) -> tuple[viz.Graph, Tower, Any]:
    """Return the traced loss of a tower, the tower, and the loss."""
    ag.manual_seed(0)
    model = Tower(blocks)
    with ag.record():
        loss = nn.functional.cross_entropy(model(ag.tensor([1, 2, 3])), ag.tensor([0, 1, 2]))
    return viz.trace(loss, names={"model": model} if named else None), model, loss


def cells(steps: int) -> viz.Graph:
    """Return the graph of one recurrent cell that runs over a sequence."""
    ag.manual_seed(0)
    cell = nn.RNNCell(3, 4)
    data = np.random.default_rng(0).normal(size=(steps, 2, 3)).astype("f4")
    with ag.record():
        h = ag.zeros(2, 4)
        for x in ag.tensor(data):
            h = cell(x, h)
        loss = (h * h).mean()
    return viz.trace(loss, names={"cell": cell})


def _classified(model: nn.Module, shape: tuple[int, ...]) -> viz.Graph:
    rng = np.random.default_rng(0)
    x, t = ag.tensor(rng.normal(size=shape).astype("f4")), ag.tensor(rng.integers(0, 10, shape[0]))
    with ag.record():
        loss = nn.functional.cross_entropy(model(x), t)
    return viz.trace(loss, names={"model": model, "x": x, "t": t, "loss": loss})


def two_layers() -> viz.Graph:
    """Return the graph of a two-layer net on 32 samples."""
    ag.manual_seed(0)
    return _classified(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), (32, 64))


def convolutional() -> viz.Graph:
    """Return the graph of a net of two convolutions on four small images."""
    ag.manual_seed(0)
    part = [nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU()]
    return _classified(nn.Sequential(*part, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 10)), (4, 1, 28, 28))
