"""The classic activations with their derivatives, as a picture: `python -m examples.foundations.activations`.

The derivatives come from the graph, not from formulas; formulas are what they are compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn.functional as F
from examples.harness import Row, Setting, main, number


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


#: Name -> function, and its derivative by hand.
ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "step": (lambda x: torch.heaviside(x, torch.zeros_like(x)) + 0 * x, lambda x: 0 * x),
    "sigmoid": (F.sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
    "tanh": (F.tanh, lambda x: 1 - (2 * _sigmoid(2 * x) - 1) ** 2),
    "ReLU": (F.relu, lambda x: 1.0 * (x > 0)),
    "LeakyReLU(.01)": (lambda x: F.leaky_relu(x, 0.01), lambda x: np.where(x > 0, 1, 0.01)),
    "PReLU, a = ¼": (lambda x: F.prelu(x, torch.tensor([0.25], dtype=x.dtype)), lambda x: np.where(x > 0, 1, 0.25)),
    "ELU(1)": (F.elu, lambda x: np.where(x > 0, 1, np.exp(x))),
    "ReLU6": (F.relu6, lambda x: 1.0 * ((x > 0) & (x < 6))),
    "softmax, first of (x, 0)": (
        lambda x: F.softmax(torch.stack([x, torch.zeros_like(x)]), dim=0)[0],
        lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
    ),
}


def values(function: Callable[[Any], Any], points: Any) -> tuple[Any, Any]:
    """Return the function and its derivative at the points."""
    x = torch.tensor(points, requires_grad=True)
    y = function(x)
    y.sum().backward()
    return y.detach().numpy(), x.grad.numpy()


def run(setting: Setting) -> list[Row]:
    """Draw all, and compare the derivatives with the formulas."""
    points = np.linspace(-7.03, 7.01, 400)  # no point on a kink
    figure = Figure(figsize=(9, 7.2), layout="constrained")
    worst = 0.0
    for axes, (name, (function, derivative)) in zip(figure.subplots(3, 3).flat, ACTIVATIONS.items(), strict=True):
        y, slope = values(function, points)
        worst = max(worst, float(np.abs(slope - derivative(points)).max()))
        axes.plot(points, y, label="y")
        axes.plot(points, slope, "--", label="∂y/∂x")
        axes.set_title(name, fontsize=10)
        axes.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.savefig(setting.picture("activations.png"), dpi=110)
    huge = F.softmax(torch.tensor([1000.0, 1001.0]), dim=0).tolist()
    safe = bool(np.allclose(huge, [_sigmoid(-1), _sigmoid(1)]))
    return [
        Row("activations", "largest error of a derivative", number(worst), worst < 1e-12, f"{len(points)} points"),
        Row("softmax of (1000, 1001)", "second probability", f"{huge[1]:.6f}", safe, "exact", source="overflow-safe"),
    ]


if __name__ == "__main__":
    main(run)
