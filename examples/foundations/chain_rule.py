"""The chain rule on a small graph with a fan-out, worked and drawn: `python -m examples.foundations.chain_rule`."""

from __future__ import annotations

import autograd_np as torch
from autograd_np import viz
from examples.harness import Row, Setting, main, number


def run(setting: Setting) -> list[Row]:
    """Differentiate f = (x + y)/(2x + y): x reaches f on two paths, whose products are summed."""
    worst = 0.0
    for a, b in ((3.0, 1.0), (-2.0, 0.5), (0.25, 4.0)):
        x = torch.tensor(a, dtype=torch.float64, requires_grad=True)
        y = torch.tensor(b, dtype=torch.float64, requires_grad=True)
        x.name, y.name = "x", "y"
        with torch.record():
            f = (x + y) / (2 * x + y)
        f.name = "f"
        viz.render(f, setting.picture("fan_out.svg"), title="f = (x + y) / (2x + y)")
        f.backward()
        worst = max(worst, abs(x.grad.item() - -b / (2 * a + b) ** 2), abs(y.grad.item() - a / (2 * a + b) ** 2))
    return [
        Row("fan-out (x + y)/(2x + y)", "error of ∂f/∂x = -y/(2x + y)²", number(worst), worst < 1e-14, "three points")
    ]


if __name__ == "__main__":
    main(run)
