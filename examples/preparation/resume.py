"""A checkpoint from which training goes on bit for bit: `python -m examples.preparation.resume`.

It holds weights, running statistics, the optimiser's and the schedule's state, the history, and the state of the random
generator, so that dropout and the order of batches go on as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, handwritten, main
from nn import optim
from nn.training import Trainer
from nn.utils.data import DataLoader, TensorDataset


def prepared(data: Any) -> tuple[Trainer, Any]:
    """Return a trainer at its start, and the loader."""
    torch.manual_seed(SEED)
    images, labels = torch.from_numpy(data.train_images).flatten(1), torch.from_numpy(data.train_labels)
    model = nn.Sequential(
        nn.Linear(images.shape[1], 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10)
    )
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=schedule)
    return trainer, DataLoader(TensorDataset(images, labels), 50, shuffle=True)


@threadpool_limits.wrap(limits=1)
def run(setting: Setting) -> list[Row]:
    """Train 10 epochs straight, and 5 + a checkpoint + 5."""
    data = handwritten(1000)
    straight, loader = prepared(data)
    straight.fit(loader, 10)

    first, loader = prepared(data)
    first.fit(loader, 5)
    path = setting.picture("checkpoint.safetensors")
    first.save(path)

    second, loader = prepared(data)
    torch.manual_seed(123)  # nothing of the start may matter
    second.load(path)
    second.fit(loader, 10)

    mine, other = second.model.state_dict(), straight.model.state_dict()
    same = all(np.array_equal(mine[name].numpy(), other[name].numpy()) for name in other)
    same = same and second.history.epochs == straight.history.epochs
    return [Row("checkpoint", "5 + 5 epochs against 10", "identical" if same else "different", same, data.name)]


if __name__ == "__main__":
    main(run)
