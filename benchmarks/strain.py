"""What no peer is needed for: `python -m benchmarks.strain` measures memory per recorded operation, and a busy core.

A step is timed alone and while another process keeps one core busy, in turns.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import autograd_np as ag
from benchmarks.rows import ROWS
from benchmarks.worker import run_for

BUSY = "while True: pass"
STEPS = ("784-100×4-10, batch 100", "784-1024-1024-10, batch 256")


def bytes_per_operation(count: int = 100_000) -> float:
    """Return the memory that a recorded operation takes beyond its arrays: a chain x·w + b on four elements."""
    x, w, b = (ag.ones(4, requires_grad=True) for _ in range(3))

    def chain() -> Any:
        y = x
        for _ in range(count // 2):
            y = y * w + b
        return y

    gc.collect()
    tracemalloc.start()
    kept = chain()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # An array of four elements: its header and its values, as tracemalloc counts them.
    tracemalloc.start()
    arrays = [kept.numpy(force=True).copy() for _ in range(1000)]
    of_arrays = (tracemalloc.get_traced_memory()[0] - sys.getsizeof(arrays)) / len(arrays)
    tracemalloc.stop()
    return held / count - of_arrays


def busy_core(step: Callable[[], Any], rounds: int, turn: float) -> list[float]:
    """Return, round by round, how much longer a step takes while another process uses a core."""
    factors = []
    for _ in range(rounds):
        idle = statistics.median(run_for(step, turn))
        other = subprocess.Popen([sys.executable, "-c", BUSY])
        try:
            time.sleep(0.2)
            factors.append(statistics.median(run_for(step, turn)) / idle)
        finally:
            other.kill()
            other.wait()
    return factors


def main(given: list[str] | None = None) -> None:
    """Print both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strain", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--turn", type=float, default=0.5, metavar="SECONDS")
    options = parser.parse_args(given)
    print(f"memory per recorded operation, beyond arrays: {bytes_per_operation():.0f} bytes")
    from benchmarks.libraries import load

    for name in STEPS:
        step = load("autograd_np").prepare(ROWS[f"training step with Adam: {name}"])
        step()
        low, middle, high = statistics.quantiles(busy_core(step, options.rounds, options.turn), n=4, method="inclusive")
        print(f"step of {name} with one core busy: {middle:.2f} × idle ({low:.2f}–{high:.2f})")


if __name__ == "__main__":
    main()
