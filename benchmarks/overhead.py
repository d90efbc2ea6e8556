"""What recording costs: µs per operation where the arrays are so small that nothing else counts.

`python -m benchmarks.overhead` measures this engine and, where it is installed, PyTorch, each in a process of its
own. The processes take turns, round by round, so that a machine that changes its speed changes it for both; medians,
spreads (lower and upper quartile) and the ratio are of one run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO, Any, cast

#: One thread each: operations on four elements have nothing to share, and waiting threads would be measured instead.
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

PEERS = ("autograd_np", "torch")
TASKS = ("no_grad", "forward", "forward and backward")
CHAIN = 1000
LENGTHS = (1_000, 10_000, 100_000, 1_000_000)


class Library:
    """The same chain in one library: multiply, add, subtract, divide by tensors of four elements, over and over."""

    def __init__(self, name: str) -> None:
        module: Any = importlib.import_module(name)
        if name == "torch":
            module.set_num_threads(1)
        self.module = module
        self.x = module.tensor([0.5, 1.0, 1.5, 2.0], requires_grad=True)
        self.constants = [module.tensor([v] * 4) for v in (1.25, 0.125, 0.125, 1.25)]
        self.ones = module.ones(4)

    def chain(self, length: int) -> Any:
        """Return the end of a chain of so many operations."""
        y = self.x
        a, b, c, d = self.constants
        for _ in range(length // 4):
            y = y * a
            y = y + b
            y = y - c
            y = y / d
        return y

    def run(self, task: str, length: int) -> float:
        """Return the seconds that a task takes."""
        if task == "no_grad":
            with self.module.no_grad():
                return timed(lambda: self.chain(length))
        if task == "forward":
            return timed(lambda: self.chain(length))
        self.x.grad = None
        return timed(lambda: self.chain(length).backward(self.ones))


def timed(function: Callable[[], Any]) -> float:
    """Return the seconds of one call; what it made is released inside, as a training loop would."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def work(name: str) -> None:
    """Measure on request: each line on standard input names a task, a length and repetitions."""
    library = Library(name)
    print(json.dumps({"version": library.module.__version__}), flush=True)
    for line in sys.stdin:
        task, length, repetitions = json.loads(line)
        best = min(library.run(task, length) for _ in range(repetitions))
        print(json.dumps(best / length * 1e6), flush=True)


class Worker:
    """A process that measures one library when asked."""

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        command = [python, "-m", "benchmarks.overhead", "--work", name]
        environment = {**os.environ, **THREADS}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.version = self._answer()["version"]

    def ask(self, task: str, length: int, repetitions: int) -> float:
        """Return the microseconds per operation of the fastest repetition."""
        to = cast("IO[str]", self.process.stdin)
        to.write(json.dumps([task, length, repetitions]) + "\n")
        to.flush()
        return float(self._answer())

    def _answer(self) -> Any:
        line = cast("IO[str]", self.process.stdout).readline()
        if not line:
            sys.exit(f"benchmarks.overhead: the process that measures {self.name} ended early")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=30)


def in_turns(workers: list[Worker], task: str, length: int, rounds: int, repetitions: int) -> dict[str, list[float]]:
    """Return every worker's measurements; in every other round they go in the opposite order."""
    times: dict[str, list[float]] = {worker.name: [] for worker in workers}
    for turn in range(rounds):
        for worker in workers if turn % 2 == 0 else reversed(workers):
            times[worker.name].append(worker.ask(task, length, repetitions))
    return times


def row(label: str, times: dict[str, list[float]]) -> str:
    """Return a line of the table: median and quartiles of each library, and the median of the rounds' ratios."""
    cells = [f"{label:<24}"]
    for values in times.values():
        low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
        cells.append(f"{middle:6.2f} ({low:5.2f} to {high:5.2f})")
    ours = times["autograd_np"]
    cells.extend(
        f"{statistics.median(a / b for a, b in zip(ours, values, strict=True)):5.2f}"
        for name, values in times.items()
        if name != "autograd_np"
    )
    return "  ".join(cells)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="turns per task (default 11)")
    parser.add_argument("--longest", type=int, default=LENGTHS[-1], help="operations of the longest graph")
    parser.add_argument("--torch-python", default=sys.executable, help="a Python in which PyTorch is installed")
    parser.add_argument("--work", choices=PEERS, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure and print the tables."""
    options = arguments()
    if options.work:
        work(options.work)
        return
    workers = [Worker("autograd_np", sys.executable)]
    if options.torch_python != sys.executable or importlib.util.find_spec("torch"):
        workers.append(Worker("torch", options.torch_python))
    names = "  ".join(f"{f'{w.name} {w.version}':<24}" for w in workers)
    head = f"{'':<24}  {names}" + ("  ours / torch" if len(workers) > 1 else "")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, 1 thread in each library")
    print(f"µs per operation: median of {options.rounds} rounds (quartiles); each round the fastest of 5 runs\n")
    print(f"chain of {CHAIN} operations on 4 elements of float32\n{head}")
    for task in TASKS:
        print(row(task, in_turns(workers, task, CHAIN, options.rounds, 5)), flush=True)
    print(f"\nforward and backward, by length of the graph (one run a round)\n{head}")
    for length in (n for n in LENGTHS if n <= options.longest):
        rounds = max(2, min(options.rounds, 1_000_000 // length + 2))
        print(row(f"{length:,} operations", in_turns(workers, TASKS[-1], length, rounds, 1)), flush=True)
    if len(workers) == 1:
        print("\nPyTorch is not installed here; `make bench-peers` installs it, --torch-python names a Python with it")
    for worker in workers:
        worker.close()


if __name__ == "__main__":
    main()
