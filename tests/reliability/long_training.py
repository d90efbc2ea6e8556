"""Long training: the same memory after 100 000 steps as after 10 000, also with the cycle collector off"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import autograd_np as ag
import nn
from nn import optim
from tests.reliability.rows import Row, stopwatch

__all__ = ["rows"]

#: Bytes by which the process may grow, once it has settled: allocators give and take some pages.
GROWTH = 1 << 20


def _dense() -> Callable[[], Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 1000)
    x, t = ag.randn(16, 8), ag.randint(3, (16,))

    def step() -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        return loss.item()

    return step


def _recurrent() -> Callable[[], Any]:
    model, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 1)
    optimizer = optim.SGD([*model.parameters(), *head.parameters()], lr=1e-3, momentum=0.9)
    x, t = ag.randn(4, 5, 4), ag.randn(4, 1)

    def step() -> Any:
        optimizer.zero_grad()
        y, _ = model(x)
        loss = ((head(y[:, -1]) - t) ** 2).mean()
        # A second derivative: the graph of the gradient has to go as well.
        (g,) = ag.autograd.grad(loss, [head.weight], create_graph=True)
        (loss + 1e-3 * (g**2).sum()).backward()
        optimizer.step()
        return loss.item()

    return step


def _convolutional() -> Callable[[], Any]:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2))
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    x, t = ag.randn(4, 1, 8, 8), ag.randint(2, (4,))

    def step() -> Any:
        loss = nn.functional.cross_entropy(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with ag.no_grad():
            model(x)
        return loss.item()

    return step


PROGRAMS = {"dense": _dense, "recurrent": _recurrent, "convolutional": _convolutional}


def _memory() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _main(name: str, steps: int, collector: str) -> None:
    if collector == "off":
        gc.disable()
    ag.manual_seed(1)
    step = PROGRAMS[name]()
    measured = []
    for number in range(steps):
        loss = step()
        assert loss == loss, "the loss is not a number"
        if (number + 1) % (steps // 10) == 0:
            measured.append(_memory())
    sys.stdout.write(json.dumps({"memory": measured, "objects": len(gc.get_objects())}))


def _run(name: str, steps: int, collector: str) -> list[int]:
    """Return what a process has in memory after each tenth of its training."""
    command = [sys.executable, "-m", __name__, name, str(steps), collector]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stderr
    memory: list[int] = json.loads(done.stdout)["memory"]
    return memory


def rows(full: bool) -> Iterator[Row]:
    """Train for 100 000 steps, or some hundreds, and look at the memory of the process."""
    steps = 100_000 if full else 300
    for collector in ("off", "on") if full else ("off",):
        for name in PROGRAMS if full else ("dense",):
            with stopwatch() as seconds:
                memory = _run(name, steps, collector)
            growth = memory[-1] - memory[0]
            assert not full or growth < GROWTH, f"{name}: {[m >> 10 for m in memory]} kB after each tenth"
            told = f"{steps:,} steps, collector {collector}"
            yield Row(
                f"a {name} net, trained",
                told,
                f"nothing; {memory[0] / 2**20:.1f} MB after a tenth, {memory[-1] / 2**20:.1f} MB at the end",
                seconds(),
            )


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
