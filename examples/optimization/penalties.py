"""L2 and L1 in one dimension, where the minimum is known: `python -m examples.optimization.penalties`.

min ½·α·(w - w₀)² + penalty lies at w₀/(1 + λ/α) with ½·λ·w², and at max(w₀ - λ/α, 0) with λ·|w|: L2 shrinks, L1 cuts.
"""

from __future__ import annotations

from typing import Any

import autograd_np as torch
from examples.harness import Row, Setting, main, number
from nn import optim


def minimum(alpha: float, start: float, lam: float, kind: str) -> float:
    """Return where gradient descent with a falling step ends."""
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer: Any = optim.SGD([w], lr=0.1)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + 0.01 * step))
    for _ in range(3000):
        penalty = 0.5 * lam * w**2 if kind == "L2" else lam * w.abs()
        loss = 0.5 * alpha * (w - start) ** 2 + penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return float(w.item())


def run(setting: Setting) -> list[Row]:
    """Compare with the formulas."""
    alpha, start = 1.0, 1.5
    rows = []
    for kind, lam, expected in (
        ("L2", 0.5, start / (1 + 0.5 / alpha)),
        ("L1", 0.5, start - 0.5 / alpha),
        ("L1", 2.0, 0.0),
    ):
        found = minimum(alpha, start, lam, kind)
        holds = abs(found - expected) < (1e-2 if expected == 0 else 1e-6)
        rows.append(
            Row(f"{kind}, λ = {lam}", "minimum", f"{found:.3f}", holds, "α = 1, w₀ = 1.5", "", number(expected))
        )
    return rows


if __name__ == "__main__":
    main(run)
