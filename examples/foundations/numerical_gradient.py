"""Central differences against back-propagation: `python -m examples.foundations.numerical_gradient`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, handwritten, main, number


def numerical_gradient(function: Callable[[], float], array: Any, h: float = 1e-5) -> Any:
    """Return (f(x + h) - f(x - h)) / 2h for each element of an array that the function reads."""
    found = np.empty_like(array)
    for place in np.ndindex(array.shape):
        before = array[place]
        array[place] = before + h
        above = function()
        array[place] = before - h
        below = function()
        array[place] = before
        found[place] = (above - below) / (2 * h)
    return found


def largest_disagreement(model: Any, loss_of: Callable[[], Any]) -> float:
    """Return the largest |n - a| over all parameters, each relative to its tensor's largest gradient."""
    model.zero_grad()
    loss_of().backward()
    worst = 0.0
    for parameter in model.parameters():
        array = parameter.detach().numpy()  # shares memory, so that writing into it moves the parameter
        with torch.no_grad():
            n = numerical_gradient(lambda: loss_of().item(), array)
        a = parameter.grad.numpy()
        worst = max(worst, float(np.abs(n - a).max() / max(np.abs(n).max(), np.abs(a).max())))
    return worst


def run(setting: Setting) -> list[Row]:
    """Compare both on the gradient of x₀² + x₁² and on a two-layer net for digits."""
    point = np.array([3.0, 4.0])
    simple = numerical_gradient(lambda: float((point**2).sum()), point)

    torch.manual_seed(SEED)
    data = handwritten()
    images = torch.from_numpy(data.train_images[:5].reshape(5, -1).astype(np.float64))
    labels = torch.from_numpy(data.train_labels[:5])
    hidden = setting.choose(8, 50)
    model = nn.Sequential(nn.Linear(images.shape[1], hidden), nn.Sigmoid(), nn.Linear(hidden, 10)).double()
    worst = largest_disagreement(model, lambda: nn.functional.cross_entropy(model(images), labels))
    return [
        Row(
            "gradient of x₀² + x₁²",
            "at (3, 4), by differences",
            f"({simple[0]:.6f}, {simple[1]:.6f})",
            bool(np.allclose(simple, [6, 8], atol=1e-8)),
            "exact",
            source="(6, 8)",
        ),
        Row(
            f"two-layer net {images.shape[1]}-{hidden}-10",
            "differences against back-propagation, relative",
            number(worst),
            worst < 1e-6,
            f"{data.name}, 5 images, float64",
            source="the gradients agree",
        ),
    ]


if __name__ == "__main__":
    main(run)
