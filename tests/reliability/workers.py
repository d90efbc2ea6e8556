"""Workers of the data loader that die at any moment are reported, and nothing hangs or stays behind

`python -m tests.reliability.workers <start method> <epochs>` kills workers of its own.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autograd_np.errors import AutogradError
from nn.utils.data import DataLoader, Dataset, Prefetcher
from tests.reliability.rows import Row, stopwatch

__all__ = ["Numbers", "rows"]

#: Seconds after which an epoch hangs.
LONGEST = 30
FOUND = (
    "mended: after an error the workers of a loader that nobody holds stayed until the cycle collector came; a worker "
    "whose parent had given up printed a traceback"
)
ENDS = (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV)


class Numbers(Dataset[Any]):
    """Sample i is an array of 25 000 times i: larger than what a pipe holds, so that batches are cut in the middle."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, index: int) -> Any:
        time.sleep(0.0005)
        return np.full(25_000, index, np.float32)


def _hung(*_: Any) -> None:
    """End the process, whatever its threads wait for."""
    faulthandler.dump_traceback()
    sys.stderr.write(f"an epoch takes more than {LONGEST} s\n")
    sys.stderr.flush()
    os._exit(1)


def _epoch(loader: Any, seconds: float, rng: random.Random) -> str:
    """Read an epoch while one of its workers is killed after so many seconds; return how it ended."""
    killed = []

    def kill() -> None:
        time.sleep(seconds)
        children = multiprocessing.active_children()
        if children:
            child = rng.choice(children)
            killed.append(child.pid)
            os.kill(child.pid, rng.choice(ENDS))

    killer = threading.Thread(target=kill)
    killer.start()
    signal.alarm(LONGEST)
    read = 0
    try:
        for number, batch in enumerate(loader):
            assert (batch.numpy() == np.arange(4 * number, 4 * number + 4)[:, None]).all(), "a batch is not as it was"
            read += 1
    except AutogradError as error:
        # A worker that is kept may have been killed as the epoch before ended.
        if "died with exit code" not in str(error):
            raise
        return "reported"
    finally:
        signal.alarm(0)
        killer.join()
    assert read == 10, f"the epoch ended after {read} of 10 batches"
    return "finished before" if killed else "nobody to kill"


def _main(method: str, epochs: int) -> dict[str, int]:
    signal.signal(signal.SIGALRM, _hung)
    gc.disable()  # what ends the workers is that nobody holds them any more
    rng = random.Random(f"{method} {epochs}")  # noqa: S311 - to be the same in every run
    start = time.perf_counter()
    outcomes: Counter[str] = Counter()
    options: dict[str, Any] = {"num_workers": 2, "multiprocessing_context": method}
    assert sum(1 for _ in DataLoader(Numbers(), 4, **options)) == 10
    span = time.perf_counter() - start
    kept = DataLoader(Numbers(), 4, persistent_workers=True, **options)
    for number in range(epochs):
        loader = kept if number % 2 else DataLoader(Numbers(), 4, **options)
        outcomes[_epoch(Prefetcher(loader) if number % 5 == 0 else loader, rng.uniform(0, span), rng)] += 1
        if number % 2 == 0:
            del loader
            until = time.monotonic() + LONGEST
            while len(multiprocessing.active_children()) > 2 and time.monotonic() < until:
                time.sleep(0.01)
            assert len(multiprocessing.active_children()) <= 2, "workers stay behind"
    del kept, loader
    assert multiprocessing.active_children() == [], "workers stay behind"
    return dict(outcomes)


def rows(full: bool) -> Iterator[Row]:
    """Kill a worker in each of several hundred epochs, or of some."""
    for method, many, few in (("fork", 400, 10), ("forkserver", 400, 0), ("spawn", 200, 2)):
        epochs = many if full else few
        if not epochs:
            continue
        with stopwatch() as seconds:
            command = [sys.executable, "-W", "ignore", "-m", __name__, method, str(epochs)]
            root = Path(__file__).parents[2]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)  # noqa: S603 - our own
            assert done.returncode == 0, done.stderr[-3000:]
            outcomes = json.loads(done.stdout.splitlines()[-1])
            told = f"{epochs} epochs: {', '.join(f'{count} {what}' for what, count in sorted(outcomes.items()))}"
            yield Row(
                f"one of two {method} workers killed (KILL, TERM, SEGV) at a random moment", told, FOUND, seconds()
            )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(sys.argv[1], int(sys.argv[2]))) + "\n")
