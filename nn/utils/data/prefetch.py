"""Batches loaded ahead by a thread of this process."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from autograd_np.errors import ArgumentError

__all__ = ["Prefetcher"]


class Prefetcher:
    """Load the next batches in a thread while the current one is being used.

    NumPy's large operations and reading files release the interpreter, so they go on beside the training step;
    Python code does not, and needs a DataLoader's workers. In front of a loader with workers, this takes the time that
    the batches need to arrive. The order is the loader's, and its exceptions are raised here.

    A thread draws from the same generators as the training step: give the loader and its transforms their own.

    Args:
        loader: what is iterated over, once per iteration: a DataLoader or any other iterable.
        depth: how many batches are loaded ahead at most.

    Raises: ArgumentError if depth is below 1.
    Source: our own; PyTorch has no loader that prefetches by a thread.

    Example:
        >>> list(Prefetcher(["a", "b", "c"], depth=2))
        ['a', 'b', 'c']
    """

    def __init__(self, loader: Iterable[Any], depth: int = 2) -> None:
        if depth < 1:
            raise ArgumentError(f"Prefetcher: depth must be at least 1, got {depth}")
        self.loader = loader
        self.depth = depth

    def __len__(self) -> int:
        return len(self.loader)  # type: ignore[arg-type]  # an iterable without a length has none here either

    def __iter__(self) -> Iterator[Any]:
        return _Ahead(iter(self.loader), self.depth)


class _Shared:
    """What the thread and its reader share; the thread holds nothing else, so that a dropped reader ends it."""

    def __init__(self, batches: Iterator[Any], depth: int) -> None:
        self.batches: Iterator[Any] | None = batches
        self.room = threading.Semaphore(depth)
        self.loaded: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self.stopped = False

    def load(self) -> None:
        """Fill the queue; close with what ended the iteration."""
        try:
            while True:
                self.room.acquire()
                if self.stopped or self.batches is None:
                    return
                self.loaded.put((True, next(self.batches)))
        except BaseException as end:  # noqa: BLE001 - StopIteration too: the reader raises it
            self.loaded.put((False, end))
        finally:
            self.batches = None  # a loader's workers end with their iterator


class _Ahead:
    def __init__(self, batches: Iterator[Any], depth: int) -> None:
        self._shared = _Shared(batches, depth)
        self._thread = threading.Thread(target=self._shared.load, name="Prefetcher", daemon=True)
        self.close = weakref.finalize(self, _stop, self._shared, self._thread)
        self._thread.start()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self.close.alive:
            raise StopIteration
        more, value = self._shared.loaded.get()
        if more:
            self._shared.room.release()
            return value
        self.close()
        try:
            raise value
        finally:
            del value  # else it and this frame would hold each other, and all that the callers hold


def _stop(shared: _Shared, thread: threading.Thread) -> None:
    shared.stopped = True
    shared.room.release()
    if thread is not threading.current_thread():
        thread.join()
