"""Layers with forward and backward methods, and the engine: `python -m examples.foundations.layers_by_hand`.

This is how books introduce back-propagation: each layer knows its own derivative. The engine gives the same gradients
without any of the backward methods. The graph of the small sum (apples and oranges) is drawn with the chain rule on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as torch
import nn.functional as F
from autograd_np import viz
from examples.harness import Row, Setting, main, number


class Multiply:
    """x·y."""

    def forward(self, x: Any, y: Any) -> Any:
        """Return the product."""
        self.x, self.y = x, y
        return x * y

    def backward(self, g: Any) -> Any:
        """Return the gradients of both factors."""
        return g * self.y, g * self.x


class Add:
    """x + y."""

    def forward(self, x: Any, y: Any) -> Any:
        """Return the sum."""
        return x + y

    def backward(self, g: Any) -> Any:
        """Return the gradients of both terms."""
        return g, g


class ReLU:
    """max(x, 0)."""

    def forward(self, x: Any) -> Any:
        """Return the activations."""
        self.positive = x > 0
        return x * self.positive

    def backward(self, g: Any) -> Any:
        """Return the gradient of x in a new array: the incoming one belongs to the layer above."""
        return g * self.positive


class Sigmoid:
    """1 / (1 + e^-x)."""

    def forward(self, x: Any) -> Any:
        """Return the activations."""
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, g: Any) -> Any:
        """Return the gradient of x."""
        return g * self.y * (1 - self.y)


class Affine:
    """x·W + b for inputs of any rank: all axes but the first are one."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b

    def forward(self, x: Any) -> Any:
        """Return the scores."""
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.W + self.b

    def backward(self, g: Any) -> Any:
        """Return the gradient of x; those of W and b stay in dW and db."""
        self.dW, self.db = self.x.T @ g, g.sum(0)
        return (g @ self.W.T).reshape(self.shape)


class SoftmaxWithLoss:
    """Cross-entropy of the softmax, as log-sum-exp; the mean over the batch is taken once."""

    def forward(self, x: Any, t: Any) -> Any:
        """Return the loss of one-hot targets."""
        shifted = x - x.max(1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        self.p, self.t = np.exp(log_p), t
        return -(t * log_p).sum() / len(x)

    def backward(self) -> Any:
        """Return (p - t)/N."""
        return (self.p - self.t) / len(self.p)


def net_by_hand(x: Any, t: Any, weights: list[Any]) -> tuple[Any, list[Any]]:
    """Return the loss of Affine, ReLU, Affine, Sigmoid, Affine, and the gradients of x and of all weights."""
    W1, b1, W2, b2, W3, b3 = weights
    affine = [Affine(W1, b1), Affine(W2, b2), Affine(W3, b3)]
    layers = [affine[0], ReLU(), affine[1], Sigmoid(), affine[2]]
    top = SoftmaxWithLoss()
    for layer in layers:
        x = layer.forward(x)
    loss = top.forward(x, t)
    g = top.backward()
    for layer in reversed(layers):
        g = layer.backward(g)
    return loss, [g, *(gradient for layer in affine for gradient in (layer.dW, layer.db))]


def net_by_engine(x: Any, t: Any, weights: list[Any]) -> tuple[Any, list[Any]]:
    """Return the same from the engine."""
    leaves = [torch.tensor(array, requires_grad=True) for array in [x, *weights]]
    inputs, W1, b1, W2, b2, W3, b3 = leaves
    h = torch.relu(inputs.flatten(1) @ W1 + b1)
    loss = F.cross_entropy(torch.sigmoid(h @ W2 + b2) @ W3 + b3, torch.tensor(t))
    loss.backward()
    return loss.item(), [leaf.grad.numpy() for leaf in leaves]


def shopping(setting: Setting) -> tuple[list[float], list[float]]:
    """Return the gradients of (2 apples at 100 + 3 oranges at 150)·1.1 by hand and from the engine; draw the graph."""
    apples, oranges, both, taxed = Multiply(), Multiply(), Add(), Multiply()
    taxed.forward(both.forward(apples.forward(100.0, 2.0), oranges.forward(150.0, 3.0)), 1.1)
    total, tax = taxed.backward(1.0)
    for_apples, for_oranges = both.backward(total)
    by_hand = [*apples.backward(for_apples), *oranges.backward(for_oranges), tax]

    names = ["apple price", "apples", "orange price", "oranges", "tax"]
    leaves = [torch.tensor(value, requires_grad=True) for value in (100.0, 2.0, 150.0, 3.0, 1.1)]
    for leaf, name in zip(leaves, names, strict=True):
        leaf.name = name
    a, n, o, m, rate = leaves
    with torch.record():
        price = (a * n + o * m) * rate
    price.name = "price"
    viz.render(price, setting.picture("shopping.svg"), title="What changes the price, and by how much")
    price.backward()
    return by_hand, [leaf.grad.item() for leaf in leaves]


def run(setting: Setting) -> list[Row]:
    """Compare by-hand gradients with the engine's."""
    by_hand, by_engine = shopping(setting)
    expected = [2.2, 110, 3.3, 165, 650]
    close = bool(np.allclose(by_hand, expected) and np.allclose(by_engine, expected))

    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 2, 3))
    t = np.eye(3)[[0, 2, 1, 1]]
    shapes = [(6, 5), (5,), (5, 4), (4,), (4, 3), (3,)]
    weights = [rng.standard_normal(shape) for shape in shapes]
    (mine, first), (theirs, second) = net_by_hand(x, t, weights), net_by_engine(x, t, weights)
    worst = max([abs(mine - theirs), *(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))])
    return [
        Row("Mul and Add by hand: apples and oranges", "gradients", "2.2 110 3.3 165 650", close, "one sum"),
        Row(
            "Affine, ReLU, Sigmoid, SoftmaxWithLoss by hand",
            "largest difference",
            number(worst),
            worst < 1e-12,
            "4×(2,3)",
        ),
    ]


if __name__ == "__main__":
    main(run)
