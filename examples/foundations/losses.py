"""The losses, their values and gradients worked out by hand: `python -m examples.foundations.losses`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_np as torch
import nn
import nn.functional as F
from examples.harness import Row, Setting, main, number

TARGET = [0.0, 1.0, 0.0]
CLOSE, FAR = [0.1, 0.7, 0.2], [0.1, 0.5, 0.4]


def half_squared_error(y: Any, t: Any) -> Any:
    """Return ½·Σ(y - t)²."""
    return 0.5 * ((y - t) ** 2).sum()


def cross_entropy_of_probabilities(y: Any, t: Any) -> Any:
    """Return -Σ t·log(y + 1e-7), the form that guards against log 0; a net uses `F.cross_entropy` on its scores."""
    return -(t * (y + 1e-7).log()).sum()


def hinge(scores: Any, target: Any) -> Any:
    """Return Σ max(0, s_k - s_target + 1) over the other classes, the multi-class hinge of support vector machines.

    Source: Weston and Watkins (1999).
    """
    margins = (scores - scores[target] + 1).clamp(min=0)
    return margins.sum() - 1


def focal(scores: Any, target: int, a: float, gamma: float) -> Any:
    """Return -a·(1 - p)^γ·log p of the right class.

    Source: Lin et al. (2017).
    """
    log_p = F.log_softmax(scores, dim=0)[target]
    return -a * (1 - log_p.exp()) ** gamma * log_p


def run(setting: Setting) -> list[Row]:
    """Compare with numbers from the sources and with formulas."""
    double = torch.float64
    t = torch.tensor(TARGET, dtype=double)
    close, far = torch.tensor(CLOSE, dtype=double), torch.tensor(FAR, dtype=double)
    scores = torch.tensor([0.35, -0.85, 1.25], dtype=double, requires_grad=True)
    loss = F.cross_entropy(scores[None], torch.tensor([2]))
    loss.backward()
    p = F.softmax(scores.detach(), dim=0)
    formula = (p - torch.tensor([0.0, 0.0, 1.0], dtype=double)).numpy()
    gradient_error = float(np.abs(scores.grad.numpy() - formula).max())
    checks = {
        "½ squared error": (half_squared_error(close, t), 0.07),
        "½ squared error, farther": (half_squared_error(far, t), 0.21),
        "cross-entropy of probabilities": (cross_entropy_of_probabilities(close, t), 0.3566748010815999),
        "softmax with loss": (loss, 0.4246310),
        "hinge": (hinge(scores, 2), 0.1),
        "focal, γ = 0": (focal(scores, 2, 1.0, 0.0), 0.4246310),
        "focal, γ = 2": (focal(scores, 2, 0.25, 2.0), 0.25 * (1 - p[2].item()) ** 2 * 0.4246310),
        "smooth-L1 of 0.5 and 2": (nn.SmoothL1Loss(reduction="sum")(2 * close.new_tensor([0.25, 1]), 0 * t[:2]), 1.625),
        "logistic": (F.binary_cross_entropy_with_logits(2 * t[1:2], t[1:2]), math.log1p(math.exp(-2))),
    }
    rows = []
    for name, (value, expected) in checks.items():
        found = value.item()
        rows.append(
            Row(name, "value", f"{found:.7f}", abs(found - expected) < 1e-6, "exact numbers", source=f"{expected:.7f}")
        )
    rows.append(
        Row("softmax with loss", "gradient minus (p - t)", number(gradient_error), gradient_error < 1e-12, "one")
    )
    return rows


if __name__ == "__main__":
    main(run)
