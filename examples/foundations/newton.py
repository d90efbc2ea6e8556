"""Newton's method with exact second derivatives, from examples/hessian.py: `python -m examples.foundations.newton`."""

from __future__ import annotations

import autograd_np as ag
from examples.harness import SEED, Row, Setting, main, number
from examples.hessian import logistic, newton, quadratic


def run(setting: Setting) -> list[Row]:
    """Count the steps on a quadratic and on a logistic regression."""
    ag.manual_seed(SEED)
    loss, minimum = quadratic()
    w, norms = newton(loss, ag.zeros(5, dtype=ag.float64))
    away = (w - minimum).norm().item()
    steps = len(norms) - 1
    found = [
        Row("Newton's method, a quadratic", "steps", f"{steps}", steps == 1 and away < 1e-10, "5 dimensions", "", "1")
    ]
    loss, _, _ = logistic()
    _, norms = newton(loss, ag.zeros(3, dtype=ag.float64))
    text = f"{len(norms) - 1}, |gradient| {number(norms[-1])}"
    found.append(
        Row("the same, a logistic regression", "steps", text, len(norms) <= 9, "200 points in two clouds", "", "a few")
    )
    return found


if __name__ == "__main__":
    main(run)
