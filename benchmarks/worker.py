"""The process that measures one library: `python -m benchmarks.worker NAME`, which the driver starts."""

from __future__ import annotations

import importlib
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.protocol import Channel, Ended

#: getrusage counts kilobytes, on macOS bytes.
UNIT = 1 if sys.platform == "darwin" else 1024
MOST = 1000


def limit_cores(threads: int) -> int:
    """Keep this process to so many cores, where the system can: it binds the libraries that read no variable."""
    if not hasattr(os, "sched_setaffinity"):
        return threads
    cores = sorted(os.sched_getaffinity(0))[:threads]
    os.sched_setaffinity(0, cores)
    return len(cores)


def run_for(function: Callable[[], Any], turn: float) -> list[float]:
    """Return the seconds of each run in a turn; one run is always made.

    The first run of a turn is not counted unless it alone fills the turn: others have had the caches meanwhile.
    What a run returns is released inside it, as a training loop would.
    """
    seconds: list[float] = []
    clock = time.perf_counter
    began = clock()
    while len(seconds) <= MOST:
        started = clock()
        function()
        ended = clock()
        seconds.append(ended - started)
        if ended - began > turn:
            break
    return seconds[1:] or seconds


def peak() -> int:
    """Return the most memory that this process has held, in bytes.

    Linux hands getrusage's figure on from the process that started this one, so there its own record is read.
    """
    record = Path("/proc/self/status")
    if record.is_file():
        return next(int(text.split()[1]) * 1024 for text in record.read_text().splitlines() if text.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def make(name: str, key: str) -> Callable[[], Any]:
    """Return the function that does a row once, after a first run of it."""
    from benchmarks.libraries import load
    from benchmarks.rows import ROWS

    function = load(name).prepare(ROWS[key])
    function()
    return function


def serve(name: str, channel: Channel) -> None:
    """Answer requests until there are no more."""
    from benchmarks.libraries import Absent

    function: Callable[[], Any] | None = None
    while True:
        message = channel.receive("make", "time", "memory")
        if message["kind"] == "make":
            function = None  # the last row's memory is released before the next row takes its own
            before = peak()
            try:
                function = make(name, message["row"])
            except Absent as reason:
                channel.send("absent", why=str(reason))
            except Exception as error:  # noqa: BLE001 (one library's trouble with a row is a cell, not the run's end)
                channel.send("absent", why=f"{type(error).__name__}: {error}".partition("\n")[0])
            else:
                channel.send("made")
        elif function is None:
            raise RuntimeError(f"{message['kind']} before a row was made")
        elif message["kind"] == "time":
            channel.send("times", seconds=run_for(function, message["turn"]))
        else:
            for _ in range(message["runs"]):
                function()
            channel.send("peak", before=before, after=peak())


def main() -> None:
    """Import the library, say so, and serve."""
    name, threads = sys.argv[1], limit_cores(int(os.environ["OMP_NUM_THREADS"]))
    # What a library prints goes to standard error, so that it cannot stand among the answers.
    channel = Channel(sys.stdin, os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    from benchmarks.libraries import LIBRARIES, load

    started = time.perf_counter()
    package: Any = importlib.import_module(LIBRARIES[name].package)
    if name == "autograd_np":
        importlib.import_module("nn")
    imported = time.perf_counter() - started
    load(name)  # what its rows import belongs neither to its import nor to the memory of a step
    channel.send(
        "hello",
        version=getattr(package, "__version__", None) or metadata.version(package.__name__),
        imported=imported,
        threads=threads,
    )
    try:
        serve(name, channel)
    except Ended:
        return


if __name__ == "__main__":
    main()
