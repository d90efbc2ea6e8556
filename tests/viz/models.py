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
