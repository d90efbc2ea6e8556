"""Activations through five layers for each initialisation: `python -m examples.optimization.initialization`.

Too large weights drive a sigmoid to its ends, too small ones make all units alike; Xavier's and He's keep the spread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
import nn
from examples.harness import SEED, Row, Setting, main, number

#: Name -> activation, and how a weight matrix is filled.
CHOICES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sigmoid, N(0, 1)": (torch.sigmoid, lambda w: nn.init.normal_(w, std=1.0)),
    "sigmoid, N(0, .01)": (torch.sigmoid, lambda w: nn.init.normal_(w, std=0.01)),
    "tanh, Xavier normal": (torch.tanh, nn.init.xavier_normal_),
    "ReLU, N(0, .01)": (torch.relu, lambda w: nn.init.normal_(w, std=0.01)),
    "ReLU, Xavier normal": (torch.relu, nn.init.xavier_normal_),
    "ReLU, He normal": (torch.relu, lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu")),
    "ReLU, He uniform": (torch.relu, lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu")),
}


def activations(activation: Callable[[Any], Any], fill: Callable[[Any], Any], layers: int = 5, width: int = 100) -> Any:
    """Return what each of five layers of 100 units gives on 1000 random inputs: an array (5, 1000, 100)."""
    x = torch.randn(1000, width)
    found = []
    for _ in range(layers):
        x = activation(x @ fill(torch.empty(width, width)).T)
        found.append(x.numpy())
    return np.stack(found)


def run(setting: Setting) -> list[Row]:
    """Draw the histograms."""
    torch.manual_seed(SEED)
    figure = Figure(figsize=(10, 11), layout="constrained")
    grid = figure.subplots(len(CHOICES), 5)
    rows = []
    for line, (name, (activation, fill)) in zip(grid, CHOICES.items(), strict=True):
        found = activations(activation, fill)
        for depth, (axes, values) in enumerate(zip(line, found, strict=True), 1):
            top = 3.0 if "ReLU" in name else 1.0
            shown = values[values != 0]  # half of a ReLU's outputs would hide the others
            axes.hist(shown, bins=30, range=(-top if "tanh" in name else 0, top), color="#005f86")
            axes.set_yticks([])
            axes.set_title(f"{name}: layer {depth}" if depth == 1 else f"layer {depth}", fontsize=8)
        # Too large weights push a sigmoid to its ends; too small ones leave hardly any spread.
        first, last = float(found[0].std()), float(found[-1].std())
        stuck = float(((found[-1] < 0.05) | (found[-1] > 0.95)).mean()) if "sigmoid" in name else 0.0
        healthy = 0.4 < last / first < 2.5 and last > 0.1 and stuck < 0.5
        text = f"{number(first)}, {number(last)}" + (f"; {stuck:.0%} at an end" if stuck > 0.5 else "")
        holds = healthy == ("He" in name or "tanh" in name)
        rows.append(Row(f"initial weights: {name}", "spread in layers 1 and 5", text, holds, "5×100, 1000 inputs"))
    figure.savefig(setting.picture("initialization.png"), dpi=90)
    return rows


if __name__ == "__main__":
    main(run)
