"""Newton's method with exact second derivatives: a quadratic in one step, a logistic regression in a few.

`python -m examples.hessian`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np.autograd.functional import hessian
from nn import functional as F


def newton(loss: Callable[[Any], Any], w: Any, tolerance: float = 1e-10, most: int = 20) -> tuple[Any, list[float]]:
    """Return where the gradient vanishes, and the gradient's norm before each step: w ← w - H⁻¹·∇."""
    norms: list[float] = []
    for _ in range(most):
        w = w.detach().requires_grad_()
        (gradient,) = ag.autograd.grad(loss(w), w)
        norms.append(gradient.norm().item())
        if norms[-1] < tolerance:
            break
        w = w.detach() - ag.linalg.solve(hessian(loss, w), gradient)
    return w.detach(), norms


def quadratic(dimensions: int = 5) -> tuple[Callable[[Any], Any], Any]:
    """Return ½·wᵀAw - bᵀw with a positive definite A, and its minimum A⁻¹b."""
    root = ag.randn(dimensions, dimensions, dtype=ag.float64)
    A = root @ root.T + ag.eye(dimensions, dtype=ag.float64)
    b = ag.randn(dimensions, dtype=ag.float64)
    return lambda w: 0.5 * w @ A @ w - b @ w, ag.linalg.solve(A, b)


def logistic(samples: int = 200) -> tuple[Callable[[Any], Any], Any, Any]:
    """Return the loss of a logistic regression on two overlapping clouds, its inputs and its classes."""
    rng = np.random.default_rng(0)
    y = (np.arange(samples) % 2).astype(np.float64)
    clouds = rng.standard_normal((samples, 2)) + np.outer(2 * y - 1, [1.0, 0.5])
    x = ag.from_numpy(np.c_[clouds, np.ones(samples)])
    target = ag.from_numpy(y)
    # A little weight decay keeps the Hessian invertible whatever the data.
    return lambda w: F.binary_cross_entropy_with_logits(x @ w, target) + 1e-3 * (w @ w), x, target


def main() -> None:
    """Print how fast the gradient vanishes."""
    ag.manual_seed(0)
    loss, minimum = quadratic()
    w, norms = newton(loss, ag.zeros(5, dtype=ag.float64))
    print("quadratic: |gradient| " + " → ".join(f"{n:.1e}" for n in norms))
    print(f"  {len(norms) - 1} step; distance from the exact minimum {(w - minimum).norm().item():.1e}")

    loss, x, target = logistic()
    w, norms = newton(loss, ag.zeros(3, dtype=ag.float64))
    right = ((x @ w > 0) == (target > 0.5)).to(ag.float64).mean().item()
    print("logistic regression: |gradient| " + " → ".join(f"{n:.1e}" for n in norms))
    print(f"  {len(norms) - 1} steps; the number of right digits doubles each time; {right:.1%} classified right")

    H = hessian(loss, w)
    smallest = ag.linalg.eigvalsh(H)[0].item()
    print(f"  Hessian there: symmetric to {(H - H.T).abs().max().item():.0e}, smallest eigenvalue {smallest:.3f}")


if __name__ == "__main__":
    main()
