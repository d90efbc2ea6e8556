"""A small training that can be stopped after any epoch and taken up again from a file, also by another process.

`python -m tests.nn.resumable <kind> <file to go on from> <epochs> <file to write>`
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import autograd_np as ag
import nn
from nn import optim
from nn.utils.data import DataLoader, TensorDataset

#: What belongs into a checkpoint.
PARTS = ("model", "optimizer", "schedule", "rng", "order")


class Training:
    """A model with dropout and batch norm, its optimiser and schedule, and data in a new order in every epoch."""

    def __init__(self, kind: str) -> None:
        ag.manual_seed(1)
        x = ag.randn(40, 6)
        t = (x[:, 0] * x[:, 1] > 0).long()
        self.model = nn.Sequential(
            nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.3), nn.LazyLinear(2, bias=kind == "adam")
        )
        self.model.eval()(x[:2])
        parameters = self.model.parameters()
        if kind == "adam":
            self.optimizer: Any = optim.Adam(parameters, lr=0.05, amsgrad=True)
            self.schedule: Any = optim.lr_scheduler.StepLR(self.optimizer, 3, gamma=0.5)
        else:
            self.optimizer = optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True)
            self.schedule = optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 10)
        self.order = ag.Generator().manual_seed(2)
        self.loader = DataLoader(TensorDataset(x, t), batch_size=16, shuffle=True, generator=self.order)
        self.losses: list[float] = []

    def train(self, epochs: int) -> Training:
        loss_of = nn.CrossEntropyLoss()
        self.model.train()
        for _ in range(epochs):
            for x, t in self.loader:
                self.optimizer.zero_grad()
                loss = loss_of(self.model(x), t)
                loss.backward()
                self.optimizer.step()
                self.losses.append(loss.item())
            self.schedule.step()
        return self

    def save(self, path: Path) -> None:
        checkpoint = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rng": ag.get_rng_state(),
            "order": self.order.get_state(),
            "losses": self.losses,
        }
        ag.save(checkpoint, path)

    def load(self, path: Path, without: str = "") -> Training:
        """Take up a checkpoint, or all of it but one part."""
        saved = ag.load(path)
        self.losses = saved["losses"]
        for part in PARTS:
            if part == without:
                continue
            if part == "rng":
                ag.set_rng_state(saved["rng"])
            elif part == "order":
                self.order.set_state(saved["order"])
            else:
                getattr(self, part).load_state_dict(saved[part])
        return self

    def result(self) -> dict[str, Any]:
        """Return everything that training leaves, as bytes."""
        state = {key: value.numpy().tobytes() for key, value in self.model.state_dict().items()}
        return {**state, "losses": self.losses, "lr": self.optimizer.param_groups[0]["lr"]}


if __name__ == "__main__":
    kind, source, epochs, target = sys.argv[1:]
    Training(kind).load(Path(source)).train(int(epochs)).save(Path(target))
