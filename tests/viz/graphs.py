"""Graphs that several tests draw."""

from __future__ import annotations

import numpy as np

import autograd_np as ag
from autograd_np import viz
from autograd_np.core import Tensor


def leaf(value: object, name: str | None = None) -> Tensor:
    tensor = ag.tensor(value, dtype=ag.float64, requires_grad=True)
    tensor.name = name
    return tensor


def sum_of_square() -> viz.Graph:
    """Return the graph of L = (x·y + x)² at x = 2, y = 3."""
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    u = x * y
    v = u + x
    loss = v**2
    return viz.trace(loss, names={"u": u, "v": v, "L": loss})


def logistic_regression() -> viz.Graph:
    """Return a graph with broadcasting, matrices, a constant and statistics."""
    rng = np.random.default_rng(0)
    with ag.record():
        data, target = ag.tensor(rng.normal(size=(8, 3))), ag.tensor(np.arange(8) % 2.0)
        data.name, target.name = "X", "t"
        w, b = leaf(rng.normal(size=3), "w"), leaf(0.5, "b")
        p = (data @ w + b).sigmoid()
        loss = -(target * p.log() + (1 - target) * (1 - p).log()).mean()
    return viz.trace(loss, names={"p": p, "loss": loss}, params={"w": w, "b": b})


def recurrent(steps: int) -> viz.Graph:
    """Return the graph of one weight used at every step."""
    w, h = leaf(0.5, "w"), leaf(1.0, "h0")
    for _ in range(steps):
        h = (h * w).tanh()
    return viz.trace(h)


def web(operations: int) -> viz.Graph:
    """Return a graph without chains: every operation has two operands among those a few before it."""
    rng = np.random.default_rng(0)
    pool = [leaf(1.0 + i / 8, f"x{i}") for i in range(4)]
    for _ in range(operations):
        a, b = rng.integers(max(0, len(pool) - 4), len(pool), 2)
        pool.append(pool[a] * pool[b] if rng.random() < 0.5 else (pool[a] + pool[b]).sin())
    return viz.trace(pool[-1])
