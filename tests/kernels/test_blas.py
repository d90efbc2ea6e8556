"""OpenBLAS is kept to one thread and given back, and products in stretches are products."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.kernels import blas
from autograd_np.kernels.blas import one_thread, wide_product
from autograd_np.kernels.parallel import for_each
from tests.kernels.images import drawn


class _Counter:
    """Stands for OpenBLAS: a number of threads that is read and set."""

    def __init__(self) -> None:
        self.number = 4
        self.threads = blas._Threads(lambda: self.number, lambda number: setattr(self, "number", number))


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Counter]:
    found = _Counter()
    monkeypatch.setattr(blas, "_openblas", lambda: found.threads)
    yield found
    assert one_thread._inside == 0


def test_one_thread_inside_and_as_before_outside(counter: _Counter) -> None:
    with one_thread:
        with one_thread:
            assert counter.number == 1
        assert counter.number == 1
    assert counter.number == 4
    with pytest.raises(ValueError, match="x"), one_thread:
        raise ValueError("x")
    assert counter.number == 4


def test_the_last_thread_to_leave_gives_it_back(counter: _Counter) -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread:
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with one_thread:
        thread.start()
        entered.wait(10)
    assert counter.number == 1
    leave.set()
    thread.join()
    assert counter.number == 4


def test_parts_have_one_thread(counter: _Counter) -> None:
    seen = []
    for_each(lambda _: seen.append(counter.number), range(4))
    assert seen == [1] * 4
    assert counter.number == 4


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_openblas", lambda: None)
    with one_thread:
        np.testing.assert_array_equal(np.eye(2) @ np.eye(2), np.eye(2))


def test_this_machines_openblas_is_found() -> None:
    name = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]  # type: ignore[call-overload, index]  # NumPy's stubs
    threads = blas._openblas()
    assert (threads is not None) == ("openblas" in name)
    if threads is not None:
        before = threads.get()
        with one_thread:
            assert threads.get() == 1
        assert threads.get() == before


@given(st.integers(0, 3), st.integers(1, 5), st.integers(0, 4), st.integers(0, 300), st.sampled_from([1, 300, 1000]))
def test_product_is_the_product(batch: int, rows: int, height: int, wide: int, small: int) -> None:
    a, b = drawn((batch, rows, height)), drawn((batch, height, wide + 3), seed=1)[..., 3:]
    room = np.full((batch, rows, wide + 2), np.nan)
    out = room[..., 1:-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blas, "_SMALL", small)
        wide_product(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-12, atol=1e-12)
    assert np.isnan(room[..., 0]).all()
    assert np.isnan(room[..., -1]).all()
