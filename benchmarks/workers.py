"""The driver's side of a worker: start a process for one library, ask, and replace it when it dies or hangs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any, cast

from benchmarks.protocol import Channel, Ended

#: What libraries read to choose their number of threads; the worker keeps to as many cores besides.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
#: Compiling a long chain has no end; a row that is not ready by then is left out for that library.
LIMIT = 120.0


class LostError(Exception):
    """The process died, or did not answer in time."""


class Worker:
    """A process that measures one library.

    Args:
        name: of the library, in LIBRARIES.
        python: the interpreter that has it.
        threads: how many it may use.
        limit: seconds within which a request must be answered.
    """

    def __init__(self, name: str, python: str, threads: int, limit: float = LIMIT) -> None:
        self.name = name
        self.python = python
        self.threads = threads
        self.limit = limit
        self.start()

    def start(self) -> None:
        """Start the process; `hello` is what it says of itself."""
        environment = {**os.environ, **dict.fromkeys(VARIABLES, str(self.threads)), "JAX_PLATFORMS": "cpu"}
        self.process = subprocess.Popen(
            [self.python, "-m", "benchmarks.worker", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment,
        )
        self.channel = Channel(cast("Any", self.process.stdout), cast("Any", self.process.stdin))
        self.hello = self._answer("hello", limit=LIMIT)

    def ask(self, request: str, *answers: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer.

        Raises: LostError where the process died or took too long; a new one is there for the next request.
        """
        try:
            self.channel.send(request, **fields)
            return self._answer(*answers, limit=self.limit)
        except LostError:
            self.close()
            self.start()
            raise

    def _answer(self, *kinds: str, limit: float) -> dict[str, Any]:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(limit, give_up)
        timer.start()
        try:
            return self.channel.receive(*kinds)
        except Ended:
            why = f"took more than {limit:g} s" if late.is_set() else "the process died"
            raise LostError(why) from None
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def importable(name: str, python: str) -> bool:
    """Tell whether an interpreter has a library."""
    code = f"import sys; from benchmarks.libraries import is_installed; sys.exit(not is_installed({name!r}))"
    return subprocess.run([python or sys.executable, "-c", code], check=False).returncode == 0
