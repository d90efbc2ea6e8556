"""Nets whose weights, or weights and inputs, are ±1: `python -m examples.networks.binarised`.

The forward pass takes the sign of a weight (+1 for 0) times α, the mean size of the weights of its output unit. The
sign has no useful derivative, so backward lets the gradient straight through where |w| ≤ 1, and trains the float
weights behind the signs. In the XNOR variant the inputs of the layers are signs too, and a dot product of n signs is
2·(number of agreements) - n: XNOR and a count of bits. The image and the scores are not binarised.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from autograd_np.autograd import Function
from examples.harness import Row, Setting, absent, handwritten, main, number, percent, side_by_side
from examples.networks.training import accuracy, fit, mnist_is_absent
from nn import optim


class Sign(Function):
    """±1 forward, the identity within [-1, 1] backward.

    Shapes: any.
    """

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """Return the sign, with +1 for 0."""
        ctx.save_for_backward(x)
        return torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Return the gradient where the input was small."""
        (x,) = ctx.saved_tensors
        return g * (x.abs() <= 1)


def binary(weight: Any) -> Any:
    """Return ±α, α being the mean size of an output unit's weights.

    Shapes: (O, *) -> the same.
    """
    axes = tuple(range(1, weight.ndim))
    return Sign.apply(weight) * weight.abs().mean(dim=axes, keepdim=True)


class BinaryConv2d(nn.Conv2d):
    """A convolution with binary weights.

    Shapes: (N, C, H, W) -> (N, O, OH, OW).
    """

    def forward(self, x: Any) -> Any:
        """Return the filters' responses."""
        return F.conv2d(x, binary(self.weight), self.bias, self.stride, self.padding)


class BinaryLinear(nn.Linear):
    """A linear layer with binary weights.

    Shapes: (*, M) -> (*, P).
    """

    def forward(self, x: Any) -> Any:
        """Return the scores of the units."""
        return F.linear(x, binary(self.weight), self.bias)


class Net(nn.Module):
    """Two convolutions and two linear layers, all of them binary; with `xnor` their inputs too, but for the image.

    Shapes: (N, 1, H, W) -> scores (N, 10).
    """

    def __init__(self, size: int, xnor: bool) -> None:
        super().__init__()
        self.conv1 = BinaryConv2d(1, 32, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = BinaryConv2d(32, 32, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(32)
        self.hidden = BinaryLinear(32 * (size // 4) ** 2, 64, bias=False)
        self.norm3 = nn.BatchNorm1d(64)
        self.scores = BinaryLinear(64, 10)
        self.activation = Sign.apply if xnor else F.relu

    def forward(self, x: Any) -> Any:
        """Return the scores of the ten digits."""
        x = self.activation(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        x = self.activation(self.norm2(F.max_pool2d(self.conv2(x), 2)))
        x = self.activation(self.norm3(self.hidden(x.flatten(1))))
        return self.scores(x)


def train(model: Any, data: Any, epochs: int) -> float:
    """Train, the learning rate falling along a cosine, and return the accuracy on held-out images."""
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    steps = epochs * (len(data.train_labels) // 50)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    fit(torch, model, optimizer, data.train_images, data.train_labels, steps, size=50, schedule=schedule)
    return accuracy(torch, model, data.test_images, data.test_labels)


def xnor_difference(n: int = 1000) -> float:
    """Return the largest difference between the layer's products of signs and counted bits, on random vectors."""
    rng = np.random.default_rng(0)
    x, w = (np.where(rng.standard_normal((8, n)) >= 0, 1.0, -1.0) for _ in range(2))
    layer = F.linear(torch.from_numpy(x), torch.from_numpy(w)).numpy()
    agreements = (~((x > 0)[:, None] ^ (w > 0)[None])).sum(axis=2)
    return float(np.abs(layer - (2 * agreements - n)).max())


def run(setting: Setting) -> list[Row]:
    """Check the dot product, and train both variants."""
    gap = xnor_difference()
    rows = [
        Row("XNOR dot product, n = 1000", "difference from 2·count - n", number(gap), gap == 0, "random signs", "", "0")
    ]
    data = handwritten()
    if mnist_is_absent(setting, data):
        return [*rows, absent("binarised net")]
    size = data.train_images.shape[-1]
    epochs = setting.choose(5, 3)
    for xnor, name in ((False, "binarised net"), (True, "binarised net, XNOR variant")):
        found = side_by_side(
            __name__,
            lambda module, xnor=xnor: module.Net(size, xnor),
            lambda module, model: module.train(model, data, epochs),
            setting,
        )
        rows.append(
            Row(
                name,
                "test accuracy",
                percent(found.ours),
                found.ours > 0.85,
                f"{data.name}, {data.split}, {epochs} epochs",
                percent(found.torch),
                "trains",
            )
        )
    return rows


if __name__ == "__main__":
    main(run)
