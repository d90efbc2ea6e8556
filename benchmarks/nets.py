"""The nets that are trained: their weights and a batch, in NumPy alone, so that every library starts from the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

#: So small that thousands of steps on one batch leave the weights where they are. A step costs the same, while a net
#: that has learnt its batch has gradients near zero, which some processors multiply slowly.
LEARNING_RATE = 1e-6
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Weights:
    """Collects a net's weights in the order of PyTorch's `parameters()`."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.arrays: list[Any] = []

    def matrix(self, *shape: int) -> None:
        """Add a weight of a layer, scaled by what enters one unit."""
        scale = 1 / math.sqrt(math.prod(shape[1:]))
        self.arrays.append(np.float32(scale) * self.rng.standard_normal(shape, np.float32))

    def linear(self, inputs: int, outputs: int) -> None:
        """Add the weight and the bias of a linear layer."""
        self.matrix(outputs, inputs)
        self.arrays.append(np.zeros(outputs, np.float32))

    def convolution(self, channels: int, maps: int, size: int, *, bias: bool = False) -> None:
        """Add the filters, and the bias if there is one."""
        self.matrix(maps, channels, size, size)
        if bias:
            self.arrays.append(np.zeros(maps, np.float32))

    def norm(self, size: int) -> None:
        """Add the scale and the shift of a normalisation."""
        self.arrays += [np.ones(size, np.float32), np.zeros(size, np.float32)]


@dataclass(frozen=True)
class Net:
    """A net and its batch.

    Args:
        kind: the name under which each library builds it.
        x: shape of a batch.
        fill: adds the weights.
        y: shape of targets of the mean squared error; None for cross-entropy over ten classes.
        options: what the kind needs to be built.
        fast: whether it is in the subset for CI.
    """

    kind: str
    x: tuple[int, ...]
    fill: Callable[[Weights], None]
    y: tuple[int, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    fast: bool = False

    def weights(self) -> list[Any]:
        """Return new arrays of weights, the same ones each time."""
        weights = Weights()
        self.fill(weights)
        return weights.arrays

    def batch(self) -> tuple[Any, Any]:
        """Return inputs and targets."""
        rng = np.random.default_rng(1)
        x = rng.standard_normal(self.x, np.float32)
        return x, (rng.integers(10, size=self.x[0]) if self.y is None else rng.standard_normal(self.y, np.float32))


def _mlp(*widths: int, batch: int, fast: bool = False) -> Net:
    def fill(weights: Weights) -> None:
        for pair in pairwise(widths):
            weights.linear(*pair)

    target = (batch, widths[-1]) if widths[-1] == 1 else None
    return Net("mlp", (batch, widths[0]), fill, target, {"widths": widths}, fast)


def _simple_conv_net(weights: Weights) -> None:
    weights.convolution(1, 30, 5, bias=True)
    weights.linear(30 * 12 * 12, 100)
    weights.linear(100, 10)


def _deep_conv_net(weights: Weights) -> None:
    for channels, maps in pairwise((1, 16, 16, 32, 32, 64, 64)):
        weights.convolution(channels, maps, 3, bias=True)
    weights.linear(64 * 4 * 4, 50)
    weights.linear(50, 10)


#: The nine blocks of a ResNet-20: channels in, maps out, stride.
BLOCKS = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2


def _resnet(weights: Weights) -> None:
    for channels, maps, stride in BLOCKS:
        weights.convolution(channels, maps, 3)
        weights.norm(maps)
        weights.convolution(maps, maps, 3)
        weights.norm(maps)
        if stride != 1:
            weights.convolution(channels, maps, 1)
            weights.norm(maps)


def _mobilenet(weights: Weights) -> None:
    weights.convolution(24, 144, 1)
    weights.norm(144)
    weights.convolution(1, 144, 3)
    weights.norm(144)
    weights.convolution(144, 24, 1)
    weights.norm(24)


def _lstm(weights: Weights) -> None:
    weights.matrix(4 * 128, 64)
    weights.matrix(4 * 128, 128)
    weights.arrays += [np.zeros(4 * 128, np.float32), np.zeros(4 * 128, np.float32)]


def _gpt(weights: Weights) -> None:
    weights.norm(128)
    weights.linear(128, 3 * 128)
    weights.linear(128, 128)
    weights.norm(128)
    weights.linear(128, 4 * 128)
    weights.linear(4 * 128, 128)


NETS = {
    "ZeroNet 1-16×4-1, batch 100": _mlp(1, 16, 16, 16, 16, 1, batch=100, fast=True),
    "784-50-10, batch 100": _mlp(784, 50, 10, batch=100, fast=True),
    "784-100×4-10, batch 100": _mlp(784, 100, 100, 100, 100, 10, batch=100, fast=True),
    "784-1024-1024-10, batch 256": _mlp(784, 1024, 1024, 10, batch=256),
    "SimpleConvNet, batch 100": Net("simple_conv_net", (100, 1, 28, 28), _simple_conv_net),
    "DeepConvNet, batch 100": Net("deep_conv_net", (100, 1, 28, 28), _deep_conv_net),
    "ResNet-20 blocks, batch 32": Net("resnet", (32, 16, 32, 32), _resnet, (32, 64, 8, 8)),
    "MobileNetV2 block, batch 32": Net("mobilenet", (32, 24, 28, 28), _mobilenet, (32, 24, 28, 28)),
    "LSTM 64 to 128, seq 64, batch 32": Net("lstm", (32, 64, 64), _lstm, (32, 64, 128)),
    "GPT block, 4 heads, 128 wide, seq 128, batch 8": Net("gpt", (8, 128, 128), _gpt, (8, 128, 128)),
}
