"""What runs in a worker process: tasks come in, batches go out, and the parent's end is noticed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import random
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple

import numpy as np

from autograd_np import manual_seed
from autograd_np.errors import AutogradError
from nn.utils.data import _transport
from nn.utils.data._reading import Mark, Recipe
from nn.utils.data.dataset import IterableDataset

__all__ = ["WorkerInfo", "get_worker_info", "worker_seed"]


@dataclass
class WorkerInfo:
    """Who this worker is: its number, how many there are, its seed, and its own copy of the dataset.

    Source: torch.utils.data.get_worker_info.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here:
    """The worker that this process is, if any, and whether somebody asked."""

    info: WorkerInfo | None = None
    asked = False


def get_worker_info() -> WorkerInfo | None:
    """Return who this worker is; None in the main process.

    A stream read by several workers takes its share by it, since each worker has its own copy of the dataset.

    Source: torch.utils.data.get_worker_info.

    Example:
        >>> class Shared(IterableDataset):
        ...     def __iter__(self):
        ...         info = get_worker_info()
        ...         first, step = (info.id, info.num_workers) if info else (0, 1)
        ...         return iter(range(first, 6, step))
        >>> list(Shared())
        [0, 1, 2, 3, 4, 5]
    """
    _Here.asked = True
    return _Here.info


def worker_seed() -> int | None:
    """Return this worker's seed of the epoch; None in the main process."""
    return None if _Here.info is None else _Here.info.seed


class Task(NamedTuple):
    """A batch to be read: its number in the epoch, and where the worker's random numbers of the epoch begin."""

    epoch: int
    base_seed: int
    number: int
    indices: Any


class Failure(NamedTuple):
    """An exception of a worker; `error` itself is None where it cannot be sent."""

    message: str
    trace: str
    kind: type[AutogradError]
    error: BaseException | None


class Reply(NamedTuple):
    """What a worker says: a task's batch, end or failure; with number -1, something of itself."""

    epoch: int
    number: int
    value: Any


class Parcel:
    """A value pickled as a whole, and opened by the worker itself, so that what fails there can be reported.

    A forked worker gets the value as it is.
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def __reduce__(self) -> Any:
        # Locks and queues of multiprocessing can be pickled only now, while a process is being started.
        return _Packed, (bytes(ForkingPickler.dumps(self._value)),)

    def open(self) -> Any:
        """Return the value."""
        return self._value


class _Packed(Parcel):
    def open(self) -> Any:
        return pickle.loads(self._value)  # noqa: S301 - our parent pickled it


def run(
    worker_id: int, num_workers: int, base_seed: int, parcel: Parcel, connection: Connection, siblings: list[Connection]
) -> None:
    """Serve tasks until the parent closes the connection.

    Args:
        worker_id: this worker's number.
        num_workers: how many there are.
        base_seed: of the first epoch.
        parcel: the recipe and worker_init_fn.
        connection: tasks come from it, replies go to it.
        siblings: ends that a forked worker inherits and has no use for.
    """
    # An interrupt from the keyboard reaches the whole group of processes; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in siblings:
        other.close()
    tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
    replies: queue.SimpleQueue[list[memoryview]] = queue.SimpleQueue()
    # The parent may send while this worker is still writing: with one thread for both, each could wait for the other.
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    seed = base_seed + worker_id
    _seed(seed, worker_id)
    try:
        recipe, worker_init_fn = _opened(parcel)
        _Here.info = WorkerInfo(worker_id, num_workers, seed, recipe.dataset)
        if worker_init_fn is not None:
            worker_init_fn(worker_id)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        if _told(connection, _failure(error)):
            while tasks.get() is not None:
                pass
        return
    if not _told(connection, Mark.READY):
        return
    threading.Thread(target=_send, args=(connection, replies), daemon=True).start()
    checked = worker_init_fn is not None or num_workers == 1 or not isinstance(recipe.dataset, IterableDataset)
    serve(tasks, replies, recipe, _Here.info, base_seed, checked=checked)


def _told(connection: Connection, value: Any) -> bool:
    """Say something of this worker itself; False if nobody listens, as the parent has given up already."""
    try:
        _transport.send(connection, _transport.pack(Reply(0, -1, value)))
    except OSError:
        return False
    return True


def _opened(parcel: Parcel) -> Any:
    try:
        return parcel.open()
    except Exception as error:
        raise AutogradError(
            f"DataLoader: the worker cannot read the dataset that it was sent: {type(error).__name__}: {error}\n"
            "  fix: define its class in a file that can be imported (a notebook's cells cannot), or pass "
            'multiprocessing_context="fork" where the system has it'
        ) from error


def serve(
    tasks: queue.SimpleQueue[Task | None],
    replies: queue.SimpleQueue[list[memoryview]],
    recipe: Recipe,
    info: WorkerInfo,
    base_seed: int,
    *,
    checked: bool,
) -> None:
    """Answer each task by one reply, in order; `checked` says that nobody need ask whether a stream is shared."""
    epoch, reader = -1, None
    while (task := tasks.get()) is not None:
        if task.epoch != epoch:
            if epoch >= 0 or task.base_seed != base_seed:
                info.seed = task.base_seed + info.id
                _seed(info.seed, info.id)
            epoch, reader = task.epoch, None
        try:
            reader = reader or recipe.reader()
            value = reader(task.indices)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            value = _failure(error)
        if not checked and not _Here.asked and value is not Mark.END:
            replies.put(_transport.pack(Reply(epoch, -1, Mark.UNSHARDED)))
        checked = True
        replies.put(_packed(Reply(epoch, task.number, value)))


def _receive(connection: Connection, tasks: queue.SimpleQueue[Task | None]) -> None:
    """Take tasks from the connection; when it closes, let the worker end, and see to it if the parent is dead."""
    epoch = -1
    with contextlib.suppress(EOFError, OSError):
        while (task := _transport.receive(connection)) is not None:
            if task.epoch != epoch:
                _clear(tasks)  # the parent has left that epoch
            epoch = task.epoch
            tasks.put(task)
    _clear(tasks)
    tasks.put(None)
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)  # nobody waits for the sample that is being read


def _clear(tasks: queue.SimpleQueue[Task | None]) -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            tasks.get_nowait()


def _send(connection: Connection, replies: queue.SimpleQueue[list[memoryview]]) -> None:
    try:
        while True:
            _transport.send(connection, replies.get())
    except OSError:
        return  # closed by the parent; the other thread hears of it too
    except BaseException:  # noqa: BLE001 - whatever it was
        traceback.print_exc()
        os._exit(1)  # a worker that cannot answer must not seem to be busy


def _packed(reply: Reply) -> list[memoryview]:
    try:
        return _transport.pack(reply)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        cause = AutogradError(
            f"DataLoader: this batch cannot be sent from the worker: {type(error).__name__}: {error}\n"
            "  fix: return arrays, tensors without a graph (x.detach()), numbers and text from the dataset"
        )
        cause.__cause__ = error
        return _transport.pack(reply._replace(value=_failure(cause)))


def _failure(error: Exception) -> Failure:
    cause = error.__cause__ or error
    trace = "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))
    try:
        pickle.loads(pickle.dumps(cause))  # noqa: S301 - just pickled; some exceptions fail only when read back
        sent: BaseException | None = cause
    except Exception:  # noqa: BLE001 - whatever it is, the text says what happened
        sent = None
    if isinstance(error, AutogradError):
        return Failure(str(error), trace, type(error), sent)
    return Failure(f"DataLoader: {type(error).__name__}: {error}", trace, AutogradError, sent)


def _seed(seed: int, worker_id: int) -> None:
    """Seed every generator that a dataset may draw from."""
    manual_seed(seed)
    random.seed(seed)
    words = np.random.SeedSequence([seed, worker_id]).generate_state(8)
    np.random.seed(words)  # noqa: NPY002 - datasets do draw from NumPy's old global generator
