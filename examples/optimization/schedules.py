"""Learning-rate schedules as a picture, and what they are good for: `python -m examples.optimization.schedules`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import autograd_np as torch
from examples.harness import Row, Setting, main, number
from nn import optim
from nn.optim import lr_scheduler

EPOCHS = 40

SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "halved each 5 epochs": lambda o: lr_scheduler.StepLR(o, 5, gamma=0.5),
    "×0.1 each 20": lambda o: lr_scheduler.StepLR(o, 20, gamma=0.1),
    "exponential, ×0.95": lambda o: lr_scheduler.ExponentialLR(o, 0.95),
    "1/t": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "on plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=2),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, EPOCHS),
    "warm-up, then cosine": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LinearLR(o, 0.1, total_iters=5), lr_scheduler.CosineAnnealingLR(o, EPOCHS - 5)],
        milestones=[5],
    ),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=EPOCHS + 1),
}


def noisy_descent(make: Callable[[Any], Any] | None) -> tuple[list[float], float]:
    """Return the step sizes of an SGD on ½x² with noisy gradients, and the mean of x² over the last five epochs."""
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal(2000) + 3, requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1)
    schedule = make(optimizer) if make is not None else None
    sizes, ends = [], []
    for epoch in range(EPOCHS):
        sizes.append(optimizer.param_groups[0]["lr"])
        for _ in range(10):
            noise = torch.from_numpy(rng.standard_normal(2000))
            loss = (0.5 * x**2 + noise * x).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        mean = (x.detach() ** 2).mean().item()
        if isinstance(schedule, lr_scheduler.ReduceLROnPlateau):
            schedule.step(mean)
        elif schedule is not None:
            schedule.step()
        if epoch >= EPOCHS - 5:
            ends.append(mean)
    return sizes, float(np.mean(ends))


def run(setting: Setting) -> list[Row]:
    """Draw each, and show that a falling step size averages the noise away."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    _, constant = noisy_descent(None)
    rows = [Row("no schedule", "mean x² at the end", number(constant), True, "½x² with noisy gradients, lr .1")]
    for axes, (name, make) in zip(figure.subplots(2, 4, sharex=True, sharey=True).flat, SCHEDULES.items(), strict=True):
        sizes, end = noisy_descent(make)
        axes.step(range(1, EPOCHS + 1), sizes, where="mid", color="#a63c00")
        axes.set_title(name, fontsize=10)
        axes.grid(alpha=0.3)
        rows.append(Row(f"schedule: {name}", "mean x² at the end", number(end), end < constant, "the same"))
    figure.supxlabel("epoch")
    figure.supylabel("learning rate")
    figure.savefig(setting.picture("schedules.png"), dpi=110)
    return rows


if __name__ == "__main__":
    main(run)
