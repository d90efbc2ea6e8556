from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError
from nn.utils.data import DataLoader, Prefetcher
from tests.nn.data.cases import Fatal, tensors


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "Prefetcher"]


def test_the_same_batches_in_the_same_order() -> None:
    def epochs(*, ahead: bool) -> list[Any]:
        loader = DataLoader(tensors(20), 3, shuffle=True, generator=ag.Generator().manual_seed(4))
        source = Prefetcher(loader, depth=3) if ahead else loader
        assert len(source) == 7
        return [[y.tolist() for _, y in source] for _ in range(2)]

    assert epochs(ahead=True) == epochs(ahead=False)
    assert not threads()


class Counting:
    """Numbers, and how many were taken."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for i in range(self.n):
            self.taken = i + 1
            yield i


def settled(source: Counting, expected: int) -> int:
    """Return how many were taken, once nothing more happens."""
    until = time.monotonic() + 5
    while source.taken < expected and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(0.02)
    return source.taken


@pytest.mark.parametrize("depth", [1, 3])
def test_so_many_are_loaded_ahead_and_no_more(depth: int) -> None:
    source = Counting(10)
    batches = iter(Prefetcher(source, depth))
    assert settled(source, depth) == depth
    assert next(batches) == 0
    assert settled(source, depth + 1) == depth + 1
    assert list(batches) == list(range(1, 10))
    assert list(batches) == []


def test_loading_goes_on_beside_the_step() -> None:
    step, loading = threading.Event(), threading.Event()

    def source() -> Iterator[int]:
        yield 0
        loading.set()
        assert step.wait(5)
        yield 1

    batches = iter(Prefetcher(source(), 2))
    assert next(batches) == 0
    assert loading.wait(5)  # the thread is at the second while we have the first
    step.set()
    assert next(batches) == 1


def test_exceptions_are_raised_where_the_batches_are_used() -> None:
    batches = iter(Prefetcher(DataLoader(Fatal(6, 4, "fails"), 2), 2))
    assert next(batches).tolist() == [0, 1]
    assert next(batches).tolist() == [2, 3]
    with pytest.raises(AutogradError, match="sample 4 of Fatal could not be loaded: LookupError: no such file"):
        next(batches)
    assert list(batches) == []
    with pytest.raises(ArgumentError, match="depth must be at least 1, got 0"):
        Prefetcher([], 0)


def test_an_abandoned_iteration_ends_its_thread() -> None:
    source = Counting(1000)
    for i in Prefetcher(source, 2):
        if i == 3:
            break
    gc.collect()
    assert not threads()
    assert source.taken < 10


def test_a_dropped_loader_is_freed() -> None:
    class Holder(list[int]):
        pass

    held = Holder([1, 2, 3])
    alive = weakref.ref(held)
    batches = iter(Prefetcher(held, 1))
    next(batches)
    del held, batches
    gc.collect()
    assert alive() is None


def test_an_ended_iteration_lets_its_source_go() -> None:
    class Held:
        left = 2

        def __iter__(self) -> Held:
            return self

        def __next__(self) -> int:
            self.left -= 1
            if self.left < 0:
                raise StopIteration
            return self.left

    held = Held()
    alive = weakref.ref(held)
    batches = iter(Prefetcher(held, 2))
    assert list(batches) == [1, 0]
    del held
    gc.collect()
    assert alive() is None
    assert list(batches) == []


def test_arrays_arrive_unchanged() -> None:
    arrays = [np.full(3, i) for i in range(3)]
    assert all(a is b for a, b in zip(Prefetcher(arrays), arrays, strict=True))


def test_an_error_holds_nothing_once_it_is_handled() -> None:
    class Held:
        pass

    def read() -> weakref.ref[Held]:
        held = Held()
        with pytest.raises(AutogradError):
            list(Prefetcher(DataLoader(Fatal(4, 1, "fails"), 2)))
        return weakref.ref(held)

    gc.disable()
    try:
        assert read()() is None
    finally:
        gc.enable()
