"""Real processes. To spawn one costs half a second, so only some tests do: the others fork them from a server that
has imported all it needs. What happens after the start is the same.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError
from nn.utils.data import DataLoader, Prefetcher, _pool, default_collate, get_worker_info, worker
from nn.utils.data._reading import Recipe
from tests.nn.data import cases
from tests.nn.data.cases import Drawn, Fatal, NotReadBack, Shared, Squares, Stream, tensors

SPAWN = multiprocessing.get_context("spawn")
if sys.platform == "win32":
    QUICK: Any = SPAWN
else:
    QUICK = multiprocessing.get_context("forkserver")
    QUICK.set_forkserver_preload(["tests.nn.data.cases"])

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
ROOT = Path(__file__).parents[3]


def loader_of(dataset: Any, batch_size: int = 2, num_workers: int = 2, **options: Any) -> DataLoader:
    options = {"multiprocessing_context": QUICK} | options
    return DataLoader(dataset, batch_size, num_workers=num_workers, **options)


@pytest.fixture(autouse=True)
def _no_process_stays() -> Any:
    yield
    gc.collect()
    assert multiprocessing.active_children() == []


def generator() -> ag.Generator:
    return ag.Generator().manual_seed(11)


def test_the_same_order_with_any_number_of_workers() -> None:
    def epochs(workers: int, **options: Any) -> list[list[list[int]]]:
        loader = DataLoader(
            tensors(41), 4, shuffle=True, drop_last=True, num_workers=workers, generator=generator(), **options
        )
        assert len(loader) == 10
        return [[y.tolist() for _, y in loader] for _ in range(2)]

    here = epochs(0)
    assert here[0] != here[1]
    assert epochs(2, persistent_workers=True) == here  # spawned, as nothing else is said
    assert epochs(1, prefetch_factor=1, multiprocessing_context=QUICK) == here
    assert epochs(2, persistent_workers=True, multiprocessing_context=QUICK) == here
    assert epochs(2, multiprocessing_context=QUICK) == here
    loader = loader_of(tensors(12), 4, in_order=False)
    assert sorted(y.tolist() for _, y in Prefetcher(loader)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_workers_have_seeds_and_random_numbers_of_their_own() -> None:
    def epochs(**options: Any) -> list[Any]:
        loader = loader_of(Drawn(12), generator=generator(), **options)
        return [list(loader) for _ in range(2)]

    kept, renewed = epochs(persistent_workers=True), epochs()
    first = kept[0]
    assert [x[:, 0].tolist() for x, *_ in first] == [[2 * i, 2 * i + 1] for i in range(6)]
    assert all(x.numpy().flags.writeable and x.dtype == np.float32 for x, *_ in first)
    assert [ids.tolist() for _, ids, _, _ in first] == [[0, 0], [1, 1]] * 3
    seeds = {ids[0].item(): seed[0].item() for _, ids, seed, _ in first}
    assert seeds[1] == seeds[0] + 1
    draws = np.array([[d.numpy() for *_, d in epoch] for epoch in kept])
    # Nothing is drawn twice: not by two workers, not in two epochs, not from two generators.
    assert len(np.unique(draws)) == draws.size
    assert (draws == np.array([[d.numpy() for *_, d in epoch] for epoch in renewed])).all()
    assert get_worker_info() is None


def test_a_failing_sample_is_named_with_its_traceback() -> None:
    loader = loader_of(Fatal(12, 7, "fails"), collate_fn=cases.as_list, persistent_workers=True)
    batches = iter(loader)
    # What comes before it in order is delivered first, as without workers.
    assert [next(batches) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(
        AutogradError,
        match=r"(?s)DataLoader: sample 7 of Fatal could not be loaded: LookupError: no such file\n"
        r"  in worker 1 \(pid \d+\):\nTraceback .*cases\.py.*, in fails\n.*LookupError: no such file",
    ) as caught:
        next(batches)
    assert isinstance(caught.value.__cause__, LookupError)
    assert list(batches) == []
    # The next epoch starts new workers, and a batch that cannot be sent is an error, too.
    loader.dataset.how = "cannot_be_sent"
    with pytest.raises(AutogradError, match=r"this batch cannot be sent from the worker: .*\n  fix: return arrays"):
        list(loader)
    loader.dataset.how = "fails_oddly"
    with pytest.raises(AutogradError, match="OddError: 1 and 2") as caught:
        list(loader)
    assert caught.value.__cause__ is None


@needs_signals
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("exits", r"worker 1 \(pid \d+\) died with exit code 3\n  fix: look above"),
        ("is_killed", r"worker 1 \(pid \d+\) died with exit code -9 \(SIGKILL\)\n  fix: .* out of memory"),
    ],
)
def test_a_worker_that_dies_is_reported(how: str, message: str) -> None:
    start = time.monotonic()
    with pytest.raises(AutogradError, match=message):
        list(loader_of(Fatal(12, 3, how)))
    assert time.monotonic() - start < 10


def test_a_worker_that_hangs_is_reported_and_ended() -> None:
    order = [0, 1]
    loader = loader_of(Fatal(4, 2, "hangs"), sampler=order, persistent_workers=True, timeout=60)
    assert [b.tolist() for b in loader] == [[0, 1]]
    order[:] = [2]
    loader.timeout = 0.1
    start = time.monotonic()
    with pytest.raises(AutogradError, match=r"no batch arrived within timeout=0.1 s from 2 workers, which are alive"):
        list(loader)
    assert time.monotonic() - start < 2


def test_workers_that_cannot_begin() -> None:
    with pytest.raises(AutogradError, match=r"(?s)RuntimeError: no database\n  in worker 1 .*fails_to_begin"):
        list(loader_of(Squares(4), worker_init_fn=cases.fails_to_begin))
    with pytest.raises(
        AutogradError,
        match=r"(?s)cannot read the dataset that it was sent: ValueError: the index file is missing\n  fix: define its "
        r"class in a file .*\n  in worker \d",
    ):
        list(loader_of(NotReadBack(4)))

    class Local(Squares):
        pass

    with pytest.raises(ArgumentError, match=r"Local cannot be sent to a worker: (.|\n)*fix: define its class"):
        list(DataLoader(Local(4), num_workers=1))


def test_a_failure_holds_nothing_once_it_is_handled() -> None:
    def reads() -> None:
        loader = loader_of(Fatal(4, 1, "fails"), persistent_workers=True)
        with contextlib.suppress(AutogradError):
            list(loader)
        iter(loader)  # new workers
        assert len(multiprocessing.active_children()) == 2

    gc.collect()
    gc.disable()
    try:
        reads()
        assert multiprocessing.active_children() == []
    finally:
        gc.enable()


def test_a_worker_is_silent_where_the_parent_has_given_up(capfd: pytest.CaptureFixture[str]) -> None:
    ours, theirs = SPAWN.Pipe()
    ours.close()
    parcel = worker.Parcel((Recipe(Squares(3), None, 1, False), None))
    process = SPAWN.Process(target=worker.run, args=(0, 1, 0, parcel, theirs, []))
    process.start()
    theirs.close()
    process.join(30)
    assert capfd.readouterr().err == ""


def test_streams_are_shared_by_the_workers() -> None:
    batches = [b.tolist() for b in loader_of(Shared(11))]
    assert batches == [[0, 2], [1, 3], [4, 6], [5, 7], [8, 10], [9]]
    with pytest.warns(UserWarning, match=r"each of 2 workers reads the whole of Stream, .*\n  fix: let __iter__"):
        batches = [b.tolist() for b in loader_of(Stream(), 3, drop_last=True)]
    assert batches == [[0, 1, 2]] * 2


def test_one_epoch_at_a_time_over_kept_workers() -> None:
    loader = loader_of(Squares(20), 2, 1, persistent_workers=True)
    given_up = iter(loader)
    assert next(given_up).tolist() == [0, 1]
    processes = multiprocessing.active_children()
    assert [b[0].item() for b in loader] == [i**2 for i in range(0, 20, 2)]
    assert multiprocessing.active_children() == processes
    with pytest.raises(AutogradError, match="given up when another one over the same workers began"):
        next(given_up)
    # That closed the workers; the next epoch has new ones.
    assert len(list(loader)) == 10


def test_a_new_epoch_does_not_wait_for_what_was_left_of_the_last() -> None:
    order = [0] + 10 * [3]
    loader = loader_of(cases.Slow(4), 1, 1, sampler=order, persistent_workers=True, prefetch_factor=10)
    assert next(iter(loader)).tolist() == [0]
    order[:] = [1, 2, 0]
    start = time.monotonic()
    assert [b.item() for b in loader] == [1, 2, 0]
    assert time.monotonic() - start < 2


def test_leaving_early_ends_the_workers() -> None:
    start = time.monotonic()
    for batch in loader_of(Drawn(10_000), 100, prefetch_factor=4):
        assert batch[0].shape == (100, 5000)
        break
    gc.collect()
    assert multiprocessing.active_children() == []
    assert time.monotonic() - start < 10


def test_a_worker_that_is_busy_is_ended_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pool, "_GRACE", 0.1)
    start = time.monotonic()
    for _ in loader_of(Fatal(100, 2, "hangs"), 1):
        break
    gc.collect()
    assert multiprocessing.active_children() == []
    assert time.monotonic() - start < 10


@needs_signals
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_workers_take_what_cannot_be_pickled() -> None:
    offset = 5

    class Local(Squares):
        def __getitem__(self, index: int) -> int:
            return index + offset

    loader = DataLoader(
        Local(6),
        2,
        num_workers=2,
        multiprocessing_context="fork",
        collate_fn=lambda samples: default_collate(samples[::-1]),
        generator=generator(),
    )
    assert [b.tolist() for b in loader] == [[6, 5], [8, 7], [10, 9]]
    with pytest.raises(AutogradError, match="SIGKILL"):
        list(DataLoader(Fatal(12, 3, "is_killed"), 2, num_workers=2, multiprocessing_context="fork"))


SCRIPT = """
    import sys, time
    from nn.utils.data import DataLoader
    from tests.nn.data.cases import Fatal, Squares

    def main(dataset, context=None):
        loader = DataLoader(dataset, 2, num_workers=2, persistent_workers=True, multiprocessing_context=context)
        for batch in loader:
            print(batch.tolist(), flush=True)
"""


def script(tmp_path: Path, tail: str) -> subprocess.Popen[str]:
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(SCRIPT) + "\n" + textwrap.dedent(tail))
    warnings = "error,ignore:This process:DeprecationWarning"  # it has threads of BLAS, and forks
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": warnings}
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def test_a_program_without_a_main_guard_is_told(tmp_path: Path) -> None:
    with script(tmp_path, "main(Squares(4))") as program:
        _, errors = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "died with exit code 1, before it could begin" in errors
    assert 'fix: start the program below `if __name__ == "__main__":` of a file' in errors


@needs_signals
@pytest.mark.parametrize(
    ("context", "end"), [("spawn", signal.SIGINT), ("spawn", signal.SIGKILL), ("fork", signal.SIGKILL)]
)
def test_an_interrupt_or_a_kill_leaves_nothing_behind(tmp_path: Path, context: str, end: signal.Signals) -> None:
    tail = f"""
        if __name__ == "__main__":
            main(Fatal(100, 7, "hangs"), {context!r})
    """
    with script(tmp_path, tail) as program:
        assert program.stdout is not None
        assert [program.stdout.readline() for _ in range(3)] == ["[0, 1]\n", "[2, 3]\n", "[4, 5]\n"]
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        workers = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        if end is signal.SIGINT:
            os.killpg(program.pid, end)  # as the keyboard does
        else:
            program.send_signal(end)
        _, errors = program.communicate(timeout=30)
    if end is signal.SIGINT:
        assert errors.count("Traceback") == 1
        assert "KeyboardInterrupt" in errors
    assert "resource_tracker" not in errors
    until = time.monotonic() + 10
    while (left := [pid for pid in workers if runs(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    assert left == []


def runs(pid: int) -> bool:
    """Tell whether a process of ours still runs; one that waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
