"""The paths of four optimisers down a narrow valley, as a picture: `python -m examples.optimization.paths`.

z = x²/20 + y² from (-7, 2): steep in y, flat in x, so that the gradient hardly ever points at the minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
from examples.harness import Row, Setting, main, number
from nn import optim

OPTIMIZERS: dict[str, Callable[[list[Any]], Any]] = {
    "SGD, lr .95": lambda params: optim.SGD(params, lr=0.95),
    "Momentum, lr .1": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "AdaGrad, lr 1.5": lambda params: optim.Adagrad(params, lr=1.5),
    "Adam, lr .3": lambda params: optim.Adam(params, lr=0.3),
}


def height(point: Any) -> Any:
    """Return x²/20 + y²."""
    return point[0] ** 2 / 20 + point[1] ** 2


def path(make: Callable[[list[Any]], Any], steps: int = 30) -> Any:
    """Return the points that an optimiser passes, an array (steps + 1, 2)."""
    point = torch.tensor([-7.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([point])
    found = [point.detach().numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        height(point).backward()
        optimizer.step()
        found.append(point.detach().numpy().copy())
    return np.stack(found)


def run(setting: Setting) -> list[Row]:
    """Draw the four paths; each must end far below its start."""
    figure = Figure(figsize=(9, 6.2), layout="constrained")
    X, Y = np.meshgrid(np.linspace(-10, 10, 201), np.linspace(-5, 5, 101))
    rows = []
    for axes, (name, make) in zip(figure.subplots(2, 2).flat, OPTIMIZERS.items(), strict=True):
        points = path(make)
        axes.contour(X, Y, height((X, Y)), levels=np.arange(0.25, 12, 1.0), cmap="Greys", alpha=0.6)
        axes.plot(*points.T, marker="o", markersize=3, color="#a63c00")
        axes.plot(0, 0, marker="+", color="black")
        axes.set(title=name, xlim=(-10, 10), ylim=(-5, 5))
        end = float(height(points[-1]))
        rows.append(Row(f"path of {name}", "height after 30 steps, from 6.45", number(end), end < 0.5, "x²/20 + y²"))
    figure.savefig(setting.picture("optimizer_paths.png"), dpi=110)
    return rows


if __name__ == "__main__":
    main(run)
