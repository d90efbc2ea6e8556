"""Large graphs: a million operations forward, backward and freed, without recursion and in linear time"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd_np as ag
from tests.reliability.rows import Row

__all__ = ["rows"]


def _chain(count: int) -> tuple[Any, Any, float]:
    """Each operation reads the one before: as deep as it is long. The gradient is the product of all factors."""
    x = ag.tensor(1.0, requires_grad=True, dtype=np.float64)
    y = x
    for _ in range(count):
        y = y * 0.9999999
    return x, y, 0.9999999**count


def _wide(count: int) -> tuple[Any, Any, float]:
    """One leaf that every operation reads, and a sum over all."""
    x = ag.tensor(2.0, requires_grad=True, dtype=np.float64)
    parts = [x * x for _ in range(count)]
    return x, ag.stack(parts).sum(), 4.0 * count


def _diamonds(count: int) -> tuple[Any, Any, float]:
    """Each operation reads the one before twice: 2^count paths, each node visited once."""
    x = ag.tensor(1.0, requires_grad=True, dtype=np.float64)
    y = x
    for number in range(count):
        y = y * 0.5 if number % 2 else y + y
    return x, y, 1.0 if count % 2 == 0 else 2.0


def _recurrence(count: int) -> tuple[Any, Any, float]:
    """A recurrent cell by hand: h = tanh(w·h + x) reads one weight in every step."""
    w = ag.tensor(0.0, requires_grad=True, dtype=np.float64)
    x = ag.tensor(0.5, dtype=np.float64)
    h = ag.tensor(0.0, dtype=np.float64)
    for _ in range(count // 3):
        h = ag.tanh(w * h + x)
    # With w = 0: dh/dw = (1 - tanh²(x))·tanh(x).
    return w, h, (1 - np.tanh(0.5) ** 2) * np.tanh(0.5)


def _measured(make: Callable[[int], tuple[Any, Any, float]], count: int) -> float:
    """Return the seconds that a graph takes, forward, backward and freed; check its gradient and that it is gone."""
    gc.collect()
    before = len(gc.get_objects())
    start = time.perf_counter()
    leaf, output, expected = make(count)
    output.backward()
    gradient = leaf.grad.item()
    del output
    seconds = time.perf_counter() - start
    assert abs(gradient - expected) <= 1e-9 * abs(expected), f"the gradient is {gradient}, expected {expected}"
    left = len(gc.get_objects()) - before
    assert left < 1000, f"{left} objects are left of a graph of {count}"
    return seconds


def rows(full: bool) -> Iterator[Row]:
    """Measure graphs of a million operations, or of some thousands."""
    count = 1_000_000 if full else 10_000
    gc_on = gc.isenabled()
    gc.disable()
    try:
        for make in (_chain, _wide, _diamonds, _recurrence):
            tenth = min(_measured(make, count // 10) for _ in range(3))
            seconds = _measured(make, count)
            # Ten times as many may take ten times as long; memory's growth and noise have their share.
            assert not full or seconds < 30 * tenth, (
                f"{make.__name__}: {tenth:.2f} s for a tenth, {seconds:.2f} s for all"
            )
            what = f"forward, backward and freed: {(make.__doc__ or '').partition('.')[0]}"
            told = f"{count:,} operations, limit of recursion {sys.getrecursionlimit()}, cycle collector off"
            yield Row(what, told, f"nothing; {seconds / tenth:.0f} times as long as a tenth of it", seconds)
    finally:
        if gc_on:
            gc.enable()
