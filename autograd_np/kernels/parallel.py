"""Independent parts of a kernel's work on several threads: NumPy's calls on large arrays leave the others running.

Parts are cut by what fits a cache, never by the number of threads, and each writes into a place of its own. What a
kernel returns is therefore the same to the last bit on any number of threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

from autograd_np.errors import ArgumentError
from autograd_np.kernels.blas import one_thread, slices

__all__ = ["for_each", "get_num_threads", "set_num_threads", "slices"]

T = TypeVar("T")

#: Every part needs the interpreter for some microseconds. More threads than this would mostly wait for it.
_MOST = 16


# --- the number of threads ----------------------------------------------------------------------------------------


class _Setting:
    """What was set."""

    threads: int | None = None


def get_num_threads() -> int:
    """Return how many threads kernels use: what was set, or OPENBLAS_NUM_THREADS, OMP_NUM_THREADS or the cores.

    Source: torch.get_num_threads.

    Example:
        >>> get_num_threads() >= 1
        True
    """
    if _Setting.threads is None:
        _Setting.threads = _from_environment() or min(_cores(), _MOST)
    return _Setting.threads


def set_num_threads(num: int) -> None:
    """Set how many threads kernels use. Their results do not depend on it.

    Raises: ArgumentError for anything but an integer of at least 1.
    Source: torch.set_num_threads.

    Example:
        >>> before = get_num_threads()
        >>> set_num_threads(2)
        >>> get_num_threads()
        2
        >>> set_num_threads(before)
    """
    if isinstance(num, bool) or not hasattr(num, "__index__") or num.__index__() < 1:
        message = f"set_num_threads: expected a positive number of threads, got {num!r}"
        raise ArgumentError(message)
    _Setting.threads = num.__index__()


def _from_environment() -> int | None:
    """Return what the user told NumPy's BLAS, in the order in which OpenBLAS asks."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        with suppress(ValueError):
            number = int(os.environ.get(name, ""))
            if number > 0:
                return number
    return None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- work ---------------------------------------------------------------------------------------------------------


def for_each(work: Callable[[T], object], parts: Sequence[T]) -> None:
    """Call `work` on every part, on as many threads as `get_num_threads` says, of which the caller's is one.

    Parts must not depend on each other nor write to the same elements. They begin in their order. `work` gets arrays,
    not Tensors: what is recorded is a setting of the caller's thread. NumPy's `errstate` is the caller's everywhere,
    and BLAS has one thread. Inside `work`, for_each is an ordinary loop. To wake a thread takes some microseconds, so
    work that takes less than a hundred is better one part.

    Raises: what `work` raises; parts that had not begun then are left out.

    Example:
        >>> squares = [0] * 3
        >>> for_each(lambda i: squares.__setitem__(i, i * i), range(3))
        >>> squares
        [0, 1, 4]
    """
    helpers = min(get_num_threads(), len(parts)) - 1
    with one_thread:
        if helpers < 1 or _here.inside:
            for part in parts:
                work(part)
        else:
            _Job(work, parts).run(helpers)


class _Job:
    """The parts of one call: those that nobody has begun, and for each that has ended None or its exception."""

    def __init__(self, work: Callable[[Any], object], parts: Sequence[Any]) -> None:
        self._work = work
        self._left = deque(parts)
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()
        self._failed = False
        #: An entry for each worker that is inside; to append and to pop is one step for all threads.
        self._helping: list[None] = []

    def run(self, helpers: int) -> None:
        """Do all parts together with so many workers; a worker that comes late finds nothing left."""
        total = len(self._left)
        _here.inside = True
        try:
            _workers.send(self, helpers)
            self.take_part()
            outcomes = [self._ended.get() for _ in range(total)]
        except BaseException:
            # An interrupt, which may come while workers are at their parts: they must not write once the caller has it.
            self._failed = True
            self._left.clear()
            while self._helping:
                time.sleep(1e-4)
            raise
        finally:
            _here.inside = False
            del self._work  # which a worker that comes late would keep, with all its arrays
        for error in filter(None, outcomes):
            raise error

    def help(self) -> None:
        """Take part as a worker."""
        self._helping.append(None)
        try:
            self.take_part()
        finally:
            self._helping.pop()

    def take_part(self) -> None:
        """Do parts until none is left."""
        with suppress(IndexError):
            while True:
                self._ended.put(self._outcome(self._left.popleft()))

    def _outcome(self, part: Any) -> BaseException | None:
        try:
            if not self._failed:
                self._work(part)
        except BaseException as error:  # noqa: BLE001 (it is raised in the thread that called)
            self._failed = True
            return error
        return None


class _Workers:
    """Threads that sleep until there is a job. They are started when first needed, and end with the process."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: a child process has none of its parent's threads."""
        self._jobs: SimpleQueue[tuple[_Job, Context]] = SimpleQueue()
        self._count = 0
        self._starting = threading.Lock()

    def send(self, job: _Job, helpers: int) -> None:
        """Ask so many workers to take part."""
        if self._count < helpers:
            self._start(helpers)
        for _ in range(helpers):
            self._jobs.put((job, copy_context()))

    def _start(self, wanted: int) -> None:
        with self._starting:
            for number in range(self._count, wanted):
                threading.Thread(target=_serve, args=(self._jobs,), name=f"kernels-{number}", daemon=True).start()
                self._count += 1


def _serve(jobs: SimpleQueue[tuple[_Job, Context]]) -> None:
    _here.inside = True
    while True:
        job, context = jobs.get()
        context.run(job.help)
        del job, context


class _Here(threading.local):
    """Whether this thread is doing a part."""

    inside = False


_here = _Here()
_workers = _Workers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workers.forget)
