"""Joining and taking apart: inverses of each other, PyTorch's ways of dividing, types, and the messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError, IndexingError, ShapeError
from autograd_np.testing import strategies


def counted(*shape: int) -> Any:
    return np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)


@given(strategies.shapes(min_dims=1, max_dims=3, min_side=1), st.data())
def test_what_was_taken_apart_can_be_joined(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = ag.tensor(counted(*shape), requires_grad=True)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = data.draw(st.integers(1, 5))
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[dim]), max_size=3)))
    ways = [x.split(n, dim), x.chunk(n, dim), x.tensor_split(n, dim), x.tensor_split(cuts, dim)]
    ways.append(x.split(np.diff([0, *cuts, shape[dim]]).tolist(), dim))
    for parts in ways:
        assert ag.cat(parts, dim).tolist() == x.tolist()
    assert ag.stack(x.unbind(dim), dim).tolist() == x.tolist()
    y = ag.cat(ways[0], dim) * 2 + ag.stack(x.unbind(dim), dim) * 3
    y.backward(ag.tensor(counted(*shape)))
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), counted(*shape) * 5)


@pytest.mark.parametrize(
    ("parts", "sizes"),
    [
        (lambda x: x.split(3), [3, 3, 1]),
        (lambda x: x.split(9), [7]),
        (lambda x: x.split([2, 0, 5]), [2, 0, 5]),
        (lambda x: x.chunk(3), [3, 3, 1]),
        (lambda x: x.chunk(5), [2, 2, 2, 1]),
        (lambda x: x.chunk(9), [1] * 7),
        (lambda x: x.tensor_split(3), [3, 2, 2]),
        (lambda x: x.tensor_split((2, 9)), [2, 5, 0]),
        (lambda x: x.tensor_split(ag.tensor([1, -1])), [1, 5, 1]),
        (lambda x: x[:0].split(3), [0]),
        (lambda x: x[:0].split(0), [0]),
        (lambda x: x[:0].chunk(2), [0, 0]),
        (lambda x: x[:0].unbind(), []),
    ],
)
def test_pieces_have_pytorchs_sizes(parts: Any, sizes: list[int]) -> None:
    assert [p.shape[0] for p in parts(ag.zeros(7))] == sizes


def test_types_are_promoted_together() -> None:
    assert ag.cat([ag.zeros(2, dtype=ag.int64), ag.zeros(2)]).dtype == np.float32
    assert ag.cat([ag.zeros(2, dtype=ag.int32), ag.zeros(2, dtype=ag.bool)]).dtype == np.int32
    assert ag.stack([ag.tensor(1), ag.tensor(2.5)]).tolist() == [1.0, 2.5]
    x, y = ag.zeros(2, requires_grad=True), ag.zeros(2, dtype=ag.float64, requires_grad=True)
    ag.cat([x, y]).sum().backward()
    assert x.grad is not None
    assert y.grad is not None
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)


def test_an_empty_vector_joins_anything() -> None:
    collected = ag.tensor([])
    for _ in range(2):
        collected = ag.cat([collected, ag.ones(1, 3)])
    assert collected.shape == (2, 3)
    assert ag.cat([ag.zeros(0), ag.zeros(2, 3, dtype=ag.int64)], 1).dtype == np.float32


def test_one_tensor_may_come_several_times() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    (ag.cat([x, x, x]) * ag.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [9.0, 12.0]


def test_arrays_and_axis_are_accepted() -> None:
    assert ag.cat([np.ones((1, 2)), ag.zeros(1, 2)], axis=1).shape == (1, 4)
    assert ag.stack([np.ones(2), np.zeros(2)], axis=-1).shape == (2, 2)
    assert ag.stack(ag.zeros(3, 2), 1).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ag.cat([]), ArgumentError, "cat: expected at least one tensor"),
        (lambda: ag.cat([ag.tensor(1.0)]), ShapeError, r"without axes cannot be joined(.|\n)*stack"),
        (
            lambda: ag.cat([ag.zeros(2, 3), ag.zeros(3, 3)], 1),
            ShapeError,
            r"cat: all sizes but that of dim 1 must be equal\n +first: 2 3\n +tensor 1: 3 3\n +\^",
        ),
        (lambda: ag.cat([ag.zeros(2, 3), ag.zeros(3)]), ShapeError, "all sizes but that of dim 0"),
        (lambda: ag.cat([ag.zeros(2, 3)], 2), IndexingError, "cat: dim 2 is out of range"),
        (lambda: ag.stack([]), ArgumentError, "stack: expected at least one tensor"),
        (lambda: ag.stack([ag.zeros(2), ag.zeros(3)]), ShapeError, r"stack: all shapes must be equal(.|\n)*cat"),
        (lambda: ag.stack([ag.zeros(2)], 2), IndexingError, "stack: dim 2 is out of range"),
        (lambda: ag.zeros(3).split(0), ArgumentError, "at least 1, got 0"),
        (lambda: ag.zeros(3).split([1, 1]), ShapeError, r"\[1, 1\] do not add up to 3"),
        (lambda: ag.zeros(3).split([4, -1]), ShapeError, "do not add up to 3"),
        (lambda: ag.tensor(1.0).split(1), ShapeError, "split: a tensor without axes has no parts"),
        (lambda: ag.zeros(3).chunk(0), ArgumentError, "chunk: expected at least one part, got 0"),
        (lambda: ag.zeros(3).tensor_split(0), ArgumentError, "tensor_split: expected at least one part"),
        (lambda: ag.tensor(1.0).unbind(), ShapeError, "unbind: a tensor without axes"),
        (lambda: ag.combinations(ag.zeros(2, 2)), ShapeError, "combinations: expected a vector"),
        (lambda: ag.combinations(ag.zeros(2), -1), ArgumentError, "combinations: expected a number of elements"),
    ],
)
def test_errors_say_what_came_and_what_was_expected(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
