"""Gradient descent in two dimensions, its path on the contour: `python -m examples.foundations.gradient_descent`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
from examples.harness import Row, Setting, main, number


def descend(function: Callable[[Any], Any], start: tuple[float, ...], lr: float, steps: int) -> Any:
    """Return the points that x ← x - lr·∇f passes, start and end included: an array (steps + 1, dimensions)."""
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    path = [x.detach().numpy().copy()]
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(function(x), x)
        with torch.no_grad():
            x -= lr * gradient
        path.append(x.detach().numpy().copy())
    return np.stack(path)


def run(setting: Setting) -> list[Row]:
    """Go down x₀² + x₁² from (3, 4), with a good step and one that is too long, and draw both."""
    paths = {lr: descend(lambda x: (x**2).sum(), (3.0, 4.0), lr, 60) for lr in (0.1, 0.95)}
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    X, Y = np.meshgrid(np.linspace(-5, 5, 101), np.linspace(-5, 5, 101))
    for axes, (lr, path) in zip(figure.subplots(1, 2), paths.items(), strict=True):
        axes.contour(X, Y, X**2 + Y**2, levels=12, cmap="Greys", alpha=0.6)
        axes.plot(*path.T, marker="o", markersize=3, color="#a63c00")
        axes.set(title=f"x₀² + x₁², lr = {lr}", xlabel="x₀", ylabel="x₁", aspect="equal")
    figure.savefig(setting.picture("gradient_descent.png"), dpi=110)
    end = float(np.abs(paths[0.1][-1]).max())

    # On a·x²/2 each step multiplies x by 1 - lr·a, exactly.
    line = descend(lambda x: 0.5 * (x**2).sum(), (1.0,), 0.5, 100)[:, 0]
    exact = bool((line == 0.5 ** np.arange(101)).all())
    return [
        Row(
            "gradient descent from (3, 4)", "distance from (0, 0), 60 steps", number(end), end < 1e-5, "exact", "", "0"
        ),
        Row("gradient descent on x²/2, lr ½", "x = 0.5^k", "for all k ≤ 100" if exact else "no", exact, "exact"),
    ]


if __name__ == "__main__":
    main(run)
