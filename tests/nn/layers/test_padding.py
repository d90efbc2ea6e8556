"""Padding layers beyond PyTorch's stored values: NumPy's own padding, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, ShapeError

NUMPY = {"Reflection": "reflect", "Replication": "edge", "Circular": "wrap", "Zero": "constant"}


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", NUMPY)
def test_numpy_pads_alike(kind: str, rank: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, *(4, 3, 5)[:rank]))
    widths = ((1, 2), (2, 0), (3, 1))[:rank]
    flat = [n for pair in widths[::-1] for n in pair]
    y = getattr(nn, f"{kind}Pad{rank}d")(flat)(ag.from_numpy(x))
    np.testing.assert_array_equal(y.numpy(), np.pad(x, [(0, 0), (0, 0), *widths], NUMPY[kind]))


def test_one_number_stands_for_all_sides() -> None:
    assert nn.ReflectionPad2d(1).padding == (1, 1, 1, 1)
    assert nn.ConstantPad3d(np.int64(2), 0).padding == (2,) * 6


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.ZeroPad2d((1, 2, 3)), ArgumentError, r"ZeroPad2d: padding must be 4 integers, or one for all"),
        (lambda: nn.CircularPad1d(1.5), ArgumentError, "CircularPad1d: padding must be 2 integers"),
        (lambda: nn.ReflectionPad1d(1)(ag.ones(2, 3, 4, 5)), ShapeError, r"expected .*\(N, C, L\) or \(C, L\)"),
        (lambda: nn.ReplicationPad3d(1)(ag.ones(2, 3)), ShapeError, r"ReplicationPad3d: .*\(C, D, H, W\)"),
        (lambda: nn.ReflectionPad1d(4)(ag.ones(2, 4)), ShapeError, "mode 'reflect' can add at most 3"),
        (lambda: nn.CircularPad1d(5)(ag.ones(2, 4)), ShapeError, "mode 'circular' can add at most 4"),
        (lambda: nn.ConstantPad1d(-3, 0)(ag.ones(1, 4)), ShapeError, "cut more off axis 1 than its 4 elements"),
    ],
)
def test_paddings_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
