"""Work on several threads: all of it, once each, with the caller's settings, errors included."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from autograd_np.errors import ArgumentError
from autograd_np.kernels import parallel
from autograd_np.kernels.parallel import for_each, get_num_threads, set_num_threads, slices


@pytest.fixture(autouse=True)
def _three_threads() -> Iterator[None]:
    before = get_num_threads()
    set_num_threads(3)
    yield
    set_num_threads(before)


def test_every_part_is_done_once() -> None:
    for count in (0, 1, 2, 50):
        times = [0] * count
        for_each(lambda i, times=times: times.__setitem__(i, times[i] + 1), range(count))
        assert times == [1] * count


def test_several_threads_take_part() -> None:
    meeting = threading.Barrier(3, timeout=10)
    for_each(lambda _: meeting.wait(), range(3))  # nobody gets past it alone


def test_one_thread_is_the_callers() -> None:
    set_num_threads(1)
    seen = set()
    for_each(lambda _: seen.add(threading.get_ident()), range(5))
    assert seen == {threading.get_ident()}


def test_inside_a_part_work_is_a_loop() -> None:
    seen = []

    def part(_: int) -> None:
        here = threading.get_ident()
        for_each(lambda _: (time.sleep(0.001), seen.append(threading.get_ident() == here)), range(3))

    for_each(part, range(4))
    assert seen == [True] * 12
    assert not parallel._here.inside


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_nobody_works_on_once_an_interrupt_has_reached_the_caller() -> None:
    busy: set[threading.Thread] = set()

    def part(_: int) -> None:
        here = threading.current_thread()
        busy.add(here)
        time.sleep(0.001 if here is threading.main_thread() else 0.1)
        busy.discard(here)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03)  # the caller has done its parts, and waits
        with pytest.raises(KeyboardInterrupt):
            for_each(part, range(3))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not busy


def test_an_error_reaches_the_caller_and_the_rest_is_left_out() -> None:
    begun = []

    def part(i: int) -> None:
        begun.append(i)
        if i == 1:
            raise ValueError("of part 1")
        time.sleep(0.001)

    with pytest.raises(ValueError, match="of part 1"):
        for_each(part, range(1000))
    assert len(begun) < 1000
    done = []
    for_each(done.append, range(5))
    assert sorted(done) == list(range(5))


def test_an_error_of_another_thread_reaches_the_caller() -> None:
    here = threading.get_ident()
    meeting = threading.Barrier(3, timeout=10)

    def part(_: int) -> None:
        meeting.wait()
        if threading.get_ident() != here:
            raise ValueError("elsewhere")

    with pytest.raises(ValueError, match="elsewhere"):
        for_each(part, range(3))


def test_the_callers_error_state_holds_everywhere() -> None:
    meeting = threading.Barrier(3, timeout=10)

    def part(_: int) -> None:
        meeting.wait()
        np.divide(np.ones(3), 0)

    with np.errstate(divide="ignore"):
        for_each(part, range(3))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        for_each(part, range(3))


def test_arrays_are_let_go_when_it_is_done() -> None:
    array = np.ones(3)
    gone = weakref.ref(array)
    for_each(lambda _, array=array: array.sum(), range(3))
    del array
    assert gone() is None


def test_callers_on_several_threads_do_not_disturb_each_other() -> None:
    found: dict[int, list[int]] = {}

    def call(number: int) -> None:
        for _ in range(50):
            into = [0] * 7
            for_each(lambda i, into=into: into.__setitem__(i, number), range(7))
            found.setdefault(number, []).append(sum(into))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(1, 5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == {number: [7 * number] * 50 for number in range(1, 5)}


def _doubled(count: int) -> list[int]:
    into = [0] * count
    set_num_threads(2)
    meeting = threading.Barrier(2, timeout=20)

    def part(i: int) -> None:
        meeting.wait()
        into[i] = 2 * i

    for_each(part, range(count))
    return into


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_child_processes_have_threads_of_their_own(method: str) -> None:
    for_each(lambda _: None, range(3))  # this process has started its own
    code = (
        "import multiprocessing, warnings\n"
        "from tests.kernels.test_parallel import _doubled\n"
        "if __name__ == '__main__':\n"
        "    warnings.simplefilter('ignore')\n"
        "    _doubled(2)\n"
        f"    with multiprocessing.get_context({method!r}).Pool(1) as pool:\n"
        "        print(pool.apply_async(_doubled, (4,)).get(timeout=50))\n"
    )
    done = subprocess.run(  # noqa: S603 (this interpreter, and our own text)
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[0, 2, 4, 6]\n"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2"}, 2),
        ({"OMP_NUM_THREADS": "many"}, 5),
        ({"OMP_NUM_THREADS": "0"}, 5),
        ({}, 5),
    ],
)
def test_the_environment_says_how_many(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: int
) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(parallel, "_cores", lambda: 5)
    monkeypatch.setattr(parallel._Setting, "threads", None)
    assert get_num_threads() == expected


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "2"])
def test_other_numbers_are_refused(number: object) -> None:
    with pytest.raises(ArgumentError, match="set_num_threads: expected a positive number of threads, got"):
        set_num_threads(number)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(("count", "at_most"), [(0, 3), (1, 3), (7, 3), (9, 3), (5, 0), (100, 33)])
def test_slices_cover_a_range_evenly(count: int, at_most: int) -> None:
    cut = slices(count, at_most)
    assert [i for piece in cut for i in range(count)[piece]] == list(range(count))
    lengths = [piece.stop - piece.start for piece in cut]
    assert all(0 < length <= max(at_most, 1) for length in lengths)
    assert len(cut) == -(-count // max(at_most, 1))
