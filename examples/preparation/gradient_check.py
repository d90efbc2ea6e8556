"""Every kind of layer against central differences: `python -m examples.preparation.gradient_check`.

Double precision, h = 1e-5, and for each element |n - a| ≤ 1e-7·max(|n|, |a|, the tensor's largest |gradient|): without
that scale, right gradients near zero would fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as torch
import nn
from examples.foundations.numerical_gradient import numerical_gradient
from examples.harness import SEED, Row, Setting, main, number

#: Layer -> the shape of its input; integers below K where it is ("classes", shape, K).
LAYERS: dict[str, tuple[Callable[[], Any], Any]] = {
    "Linear": (lambda: nn.Linear(4, 3), (5, 4)),
    "Bilinear with itself": (lambda: nn.Bilinear(3, 3, 2), (4, 3)),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 3, padding=1), (2, 2, 6)),
    "Conv2d, strided, padded, grouped": (lambda: nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), (2, 2, 6, 5)),
    "Conv2d, dilated": (lambda: nn.Conv2d(1, 2, 3, dilation=2), (2, 1, 7, 7)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1), (2, 2, 4, 4)),
    "Conv3d": (lambda: nn.Conv3d(1, 2, 2), (1, 1, 3, 3, 3)),
    "MaxPool2d, overlapping": (lambda: nn.MaxPool2d(3, stride=2), (2, 2, 7, 7)),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), (2, 2, 4, 4)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3), (6, 3)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), (3, 2, 3, 3)),
    "LayerNorm": (lambda: nn.LayerNorm(4), (3, 4)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (2, 4, 3)),
    "Embedding": (lambda: nn.Embedding(5, 3), ("classes", (4,), 5)),
    "LSTM": (lambda: nn.LSTM(3, 2), (4, 2, 3)),
    "GRU": (lambda: nn.GRU(3, 2), (4, 2, 3)),
    "MultiheadAttention of itself": (lambda: nn.MultiheadAttention(4, 2), (3, 2, 4)),
    "PReLU": (nn.PReLU, (5, 4)),
    "Softmax": (lambda: nn.Softmax(dim=1), (3, 4)),
}


def output(layer: Any, x: Any) -> Any:
    """Return what a layer gives, its input standing for every operand that it takes."""
    if isinstance(layer, nn.Bilinear):
        return layer(x, x)
    result = layer(x, x, x) if isinstance(layer, nn.MultiheadAttention) else layer(x)
    return result[0] if isinstance(result, tuple) else result


def worst_error(layer: Any, x: Any) -> float:
    """Return the largest |n - a| / max(|n|, |a|, largest |gradient|) over input, weights and biases."""
    probe = torch.from_numpy(np.random.default_rng(1).standard_normal(tuple(output(layer, x).shape)))
    leaves = [p for p in (x, *layer.parameters()) if p.requires_grad]
    gradients = torch.autograd.grad((output(layer, x) * probe).sum(), leaves)
    worst = 0.0
    for leaf, gradient in zip(leaves, gradients, strict=True):
        with torch.no_grad():
            n = numerical_gradient(lambda: (output(layer, x) * probe).sum().item(), leaf.detach().numpy())
        a = gradient.numpy()
        scale = np.maximum(np.maximum(np.abs(n), np.abs(a)), np.abs(a).max())
        worst = max(worst, float((np.abs(n - a) / scale).max()))
    return worst


def run(setting: Setting) -> list[Row]:
    """Check each layer."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(0)
    rows = []
    for name, (make, shape) in LAYERS.items():
        layer = make().double()
        if shape[0] == "classes":
            x = torch.from_numpy(rng.integers(0, shape[2], shape[1]))
        else:
            x = torch.from_numpy(rng.standard_normal(shape)).requires_grad_()
        error = worst_error(layer, x)
        rows.append(Row(f"gradient check: {name}", "largest relative error", number(error), error <= 1e-7, "float64"))
    return rows


if __name__ == "__main__":
    main(run)
