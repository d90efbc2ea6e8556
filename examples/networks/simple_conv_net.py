"""SimpleConvNet: convolution, ReLU, pooling and two linear layers: `python -m examples.networks.simple_conv_net`."""

from __future__ import annotations

from typing import Any

import autograd_np as torch
import nn
from examples.harness import Row, Setting, batches, handwritten, main, percent, side_by_side
from nn import optim


class SimpleConvNet(nn.Module):
    """30 filters of 5×5, pooling by 2, 100 hidden units.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 30, 5)
        self.pool = nn.MaxPool2d(2)
        self.hidden = nn.Linear(30 * ((size - 4) // 2) ** 2, 100)
        self.scores = nn.Linear(100, 10)

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = self.pool(torch.relu(self.conv(x)))
        return self.scores(torch.relu(self.hidden(x.flatten(1))))


def accuracy(model: Any, images: Any, labels: Any) -> float:
    """Return the share of right answers."""
    model.eval()
    with torch.no_grad():
        scores = torch.cat([model(torch.from_numpy(images[i : i + 500])) for i in range(0, len(images), 500)])
    model.train()
    return float((scores.argmax(dim=1) == torch.from_numpy(labels)).float().mean().item())


def train(model: Any, data: Any, steps: int, batch_size: int = 100, lr: float = 1e-3) -> float:
    """Train with Adam, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=lr)
    loss_of = nn.CrossEntropyLoss()
    for _, rows in zip(range(steps), batches(len(data.train_labels), batch_size, seed=0), strict=False):
        loss = loss_of(model(torch.from_numpy(data.train_images[rows])), torch.from_numpy(data.train_labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return accuracy(model, data.test_images, data.test_labels)


def run(setting: Setting) -> list[Row]:
    """Train on real digits."""
    data = handwritten(setting.choose(2000, None))
    size = data.train_images.shape[-1]
    passes = setting.choose(15, 20)
    found = side_by_side(
        __name__,
        lambda module: module.SimpleConvNet(size),
        lambda module, model: module.train(model, data, passes * len(data.train_labels) // 100),
        setting,
    )
    where = f"{data.name}, {data.split}, {passes} epochs"
    return [
        Row(
            "SimpleConvNet",
            "test accuracy",
            percent(found.ours),
            found.ours > 0.9,
            where,
            percent(found.torch),
            "98.8 %",
        )
    ]


if __name__ == "__main__":
    main(run)
