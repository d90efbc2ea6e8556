"""The parent's side of the workers: started, given tasks, listened to, and never waited for once they are dead."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from typing import Any, NoReturn

from autograd_np.errors import ArgumentError, AutogradError
from nn.utils.data import _transport, worker
from nn.utils.data._reading import Mark, Recipe

__all__ = ["Pool", "WorkerBatches"]

#: How long a worker may take to finish the sample it is at, before it is terminated.
_GRACE = 2.0


class Pool:
    """Worker processes, each with a connection of its own: what happens to one cannot block another.

    Args:
        recipe: how batches are read.
        num_workers: how many processes.
        context: of multiprocessing.
        worker_init_fn: called in each worker with its number, before the first task.
        base_seed: worker i is seeded by base_seed + i.

    Raises: ArgumentError for a dataset that cannot be sent.
    """

    def __init__(
        self,
        recipe: Recipe,
        num_workers: int,
        context: Any,
        worker_init_fn: Callable[[int], None] | None,
        base_seed: int,
    ) -> None:
        self.epoch = -1
        self.dataset = type(recipe.dataset).__name__
        self.processes: list[Any] = []
        self.connections: list[Any] = []
        self._ready: set[int] = set()
        self._warned = False
        # Also runs at the interpreter's exit, before multiprocessing's own clearing up.
        self.close = weakref.finalize(self, _close, os.getpid(), self.processes, self.connections)
        parcel = worker.Parcel((recipe, worker_init_fn))
        try:
            for i in range(num_workers):
                self._start(i, num_workers, context, base_seed, parcel)
        except BaseException:
            self.close()
            raise

    def _start(self, i: int, num_workers: int, context: Any, base_seed: int, parcel: worker.Parcel) -> None:
        ours, theirs = context.Pipe()
        self.connections.append(ours)
        # Only a forked worker inherits our ends; it must not hold them open.
        inherited = list(self.connections) if context.get_start_method() == "fork" else []
        arguments = (i, num_workers, base_seed, parcel, theirs, inherited)
        process = context.Process(target=worker.run, args=arguments, name=f"DataLoader worker {i}", daemon=True)
        try:
            process.start()
        except (AttributeError, TypeError, ValueError, pickle.PicklingError) as error:
            raise ArgumentError(
                f"DataLoader: {self.dataset} cannot be sent to a worker: {type(error).__name__}: {error}\n"
                "  fix: define its class and functions at the top of a module (no lambda, nothing inside a function), "
                'or pass multiprocessing_context="fork" where the system has it'
            ) from error
        finally:
            theirs.close()
        self.processes.append(process)

    def send(self, i: int, task: worker.Task) -> None:
        """Give a task to worker i; that one has died is noticed when listening."""
        with contextlib.suppress(OSError):
            _transport.send(self.connections[i], _transport.pack(task))

    def stop(self) -> None:
        """End the workers without waiting for what they are at."""
        for process in self.processes:
            with contextlib.suppress(ValueError):  # closed already
                process.terminate()
        self.close()

    def receive(self, timeout: float | None) -> Iterator[tuple[int, worker.Reply]]:
        """Yield what arrives first, at least one reply of this epoch.

        Raises: AutogradError if a worker has failed or died, or if nothing arrives in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        by_source = {connection: i for i, connection in enumerate(self.connections)}
        by_source |= {process.sentinel: i for i, process in enumerate(self.processes)}
        heard = False
        while not heard:
            ready = wait(list(by_source), None if until is None else max(0.0, until - time.monotonic()))
            if not ready:
                self.stop()
                raise AutogradError(
                    f"DataLoader: no batch arrived within timeout={timeout:g} s from {len(self.processes)} workers, "
                    "which are alive\n  fix: raise timeout, or find out what a sample of the dataset waits for"
                )
            arrived = {by_source[source] for source in ready if source in self.connections}
            for i in arrived:
                reply = self._listen(i)
                if reply.number >= 0 and reply.epoch == self.epoch:
                    heard = True
                    yield i, reply
            # What a worker sent before it died has been taken first.
            for i in {by_source[source] for source in ready} - arrived:
                self._dead(i)

    def _listen(self, i: int) -> worker.Reply:
        try:
            reply: worker.Reply = _transport.receive(self.connections[i])
        except (EOFError, OSError):
            self._dead(i)
        if reply.number < 0 and isinstance(reply.value, worker.Failure):
            self.fail(i, reply.value)
        if reply.value is Mark.READY:
            self._ready.add(i)
        if reply.value is Mark.UNSHARDED and not self._warned:
            self._warned = True
            warnings.warn(
                f"DataLoader: each of {len(self.processes)} workers reads the whole of {self.dataset}, which does not "
                "ask get_worker_info() for its share: every sample comes once per worker\n"
                "  fix: let __iter__ take samples info.id, info.id + info.num_workers, …, or pass worker_init_fn",
                UserWarning,
                stacklevel=6,
            )
        return reply

    def fail(self, i: int, failure: worker.Failure) -> NoReturn:
        """Raise what failed in worker i, with its traceback."""
        text = f"{failure.message}\n  in worker {i} (pid {self.processes[i].pid}):\n{failure.trace.rstrip()}"
        try:
            error = failure.kind(text)
        except TypeError:  # a class of the user's, whose constructor wants more
            error = AutogradError(text)
        try:
            raise error from failure.error
        finally:
            del error  # else it and this frame would hold each other, and the workers

    def _dead(self, i: int) -> NoReturn:
        process = self.processes[i]
        process.join(_GRACE)
        code = process.exitcode
        how = f"exit code {code}"
        fix = "look above for what it printed; a dataset must not end the process"
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                how += f" ({signal.Signals(-code).name})"
            fix = "if nobody killed it, the system may have run out of memory: try fewer workers or smaller batches"
        elif i not in self._ready:
            how += ", before it could begin"
            fix = (
                'start the program below `if __name__ == "__main__":` of a file, as workers import its main module; '
                "what went wrong stands above"
            )
        raise AutogradError(f"DataLoader: worker {i} (pid {process.pid}) died with {how}\n  fix: {fix}")


def _close(owner: int, processes: list[Any], connections: list[Any]) -> None:
    """End the workers: those that wait for a task at once, others after the batch they are at, or by force."""
    if os.getpid() != owner:
        return  # a forked child has a copy of this object; the workers are not its own
    for connection in connections:
        with contextlib.suppress(OSError):
            _transport.send(connection, _transport.pack(None))
        connection.close()
    until = time.monotonic() + _GRACE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
    for end in ("terminate", "kill"):
        alive = [process for process in processes if process.is_alive()]
        for process in alive:
            getattr(process, end)()
        for process in alive:
            process.join(1.0)
    for process in processes:
        with contextlib.suppress(ValueError):  # not even killed: left to the system
            process.close()


class WorkerBatches:
    """The batches of one epoch, in the order of their indices, or as they become ready.

    Args:
        pool: the workers.
        indices: of each batch; an endless source for a stream, whose workers say when it ends.
        base_seed: of this epoch.
        ahead: how many batches per worker are under way or waiting.
        timeout: seconds that a batch may take; None for as long as it needs.
        in_order: wait for the next batch, even where a later one is ready.
        keep: leave the workers for another epoch.
    """

    def __init__(
        self,
        pool: Pool,
        indices: Iterator[Any],
        base_seed: int,
        *,
        ahead: int,
        timeout: float | None,
        in_order: bool,
        keep: bool,
    ) -> None:
        pool.epoch += 1
        self._pool = pool
        self._epoch = pool.epoch
        self._indices = indices
        self._base_seed = base_seed
        self._ahead = ahead
        self._timeout = timeout
        self._in_order = in_order
        self._keep = keep
        self._under_way = [0] * len(pool.processes)
        self._open = set(range(len(pool.processes)))  # workers whose stream has not ended
        self._turn = 0
        self._sent = self._taken = 0
        self._arrived: dict[int, tuple[int, Any]] = {}  # by number: which worker, and what
        self._guarded(self._fill)

    def __iter__(self) -> WorkerBatches:
        return self

    def __next__(self) -> Any:
        return self._guarded(self._next)

    def close(self) -> None:
        """End the epoch, and the workers unless they are to stay."""
        self._indices = iter(())
        self._arrived.clear()
        self._sent = self._taken
        if not self._keep:
            self._pool.close()

    def _guarded(self, step: Callable[[], Any]) -> Any:
        """Take a step; at the end of the epoch, and at a failure, let the workers go."""
        try:
            return step()
        except BaseException as end:
            if not isinstance(end, Exception):  # an interrupt
                self._pool.stop()
            self._keep = self._keep and isinstance(end, StopIteration)
            self.close()
            raise

    def _next(self) -> Any:
        if self._pool.epoch != self._epoch and self._taken < self._sent:
            raise AutogradError(
                "DataLoader: this iteration was given up when another one over the same workers began\n"
                "  fix: finish one before the next, or do without persistent_workers"
            )
        while True:
            self._fill()
            while (number := self._available()) is not None:
                i, value = self._arrived.pop(number)
                self._taken += 1
                if isinstance(value, worker.Failure):
                    self._pool.fail(i, value)
                if value is not Mark.END:
                    self._fill()
                    return value
            if self._taken == self._sent:
                raise StopIteration
            for i, reply in self._pool.receive(self._timeout):
                self._under_way[i] -= 1
                self._arrived[reply.number] = i, reply.value
                if reply.value is Mark.END:
                    self._open.discard(i)

    def _available(self) -> int | None:
        if self._in_order:
            return self._taken if self._taken in self._arrived else None
        return next(iter(self._arrived), None)

    def _fill(self) -> None:
        """Give out tasks until enough are under way or waiting."""
        while self._open and self._sent - self._taken < self._ahead * len(self._under_way):
            try:
                indices = next(self._indices)
            except StopIteration:
                return
            i = self._next_worker()
            self._pool.send(i, worker.Task(self._epoch, self._base_seed, self._sent, indices))
            self._under_way[i] += 1
            self._sent += 1

    def _next_worker(self) -> int:
        """Return the next in turn, so that a seed decides which worker reads what; out of order, the least busy."""
        if not self._in_order:
            return min(self._open, key=self._under_way.__getitem__)
        while self._turn % len(self._under_way) not in self._open:
            self._turn += 1
        self._turn += 1
        return (self._turn - 1) % len(self._under_way)
