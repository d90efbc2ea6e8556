"""Readings by strides and tensors with one part replaced: bounds, writes through them, wrong shapes and types."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, MutationError, ShapeError


def test_strided_readings_are_views() -> None:
    x = ag.tensor(np.arange(6.0), requires_grad=True)
    y = x * 1
    corner = y.as_strided((2, 2), (3, 1), 1)
    corner.mul_(10)
    assert y.tolist() == [0, 10, 20, 3, 40, 50]
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 10, 10, 1, 10, 10])


def test_places_that_share_an_element_are_read_only_and_add_up() -> None:
    x = ag.tensor(np.arange(4.0), requires_grad=True)
    windows = (x * 1).as_strided((3, 2), (1, 1))
    assert windows.tolist() == [[0, 1], [1, 2], [2, 3]]
    with pytest.raises(MutationError, match="read-only or shared by several elements"):
        windows.add_(1)
    windows.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 2, 2, 1])


def test_offsets_count_from_where_the_memory_starts() -> None:
    x = ag.arange(8.0)
    part = x[2:]
    assert part.as_strided((2,), (2,)).tolist() == [2, 4]
    assert part.as_strided((2,), (2,), 3).tolist() == [3, 5]
    with pytest.raises(IndexingError, match=r"reach the elements -1 to 1 of a tensor that has 6"):
        part.as_strided((2,), (2,), 1)


def test_strided_readings_stay_inside_the_tensor() -> None:
    x = ag.arange(6.0)
    for size, stride, offset in (((4,), (2,), 0), ((1,), (1,), 6), ((2, 2), (5, 1), None)):
        with pytest.raises(IndexingError, match="as_strided: size"):
            ag.as_strided(x, size, stride, offset)
    assert ag.as_strided(x, (0, 3), (1, 1), 6).shape == (0, 3)
    with pytest.raises(ArgumentError, match="one stride for each size, none negative"):
        ag.as_strided(x, (2,), (-1,), 3)
    with pytest.raises(ArgumentError, match="one stride for each size"):
        ag.as_strided(x, (2, 2), (1,))
    with pytest.raises(ArgumentError, match=r"do not lie in order \(strides \(1, 3\)\)\n  fix: contiguous\(\) first"):
        ag.as_strided(x.reshape(2, 3).T, (2,), (1,))


def test_replaced_parts_leave_the_original_alone() -> None:
    x = ag.zeros(2, 3)
    assert x.select_scatter(ag.ones(3), 0, -1).tolist() == [[0, 0, 0], [1, 1, 1]]
    assert x.slice_scatter(ag.ones(2, 1), 1, 2).tolist() == [[0, 0, 1], [0, 0, 1]]
    assert x.diagonal_scatter(ag.ones(2), 1).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert x.as_strided_scatter(ag.ones(2), (2,), (5,)).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert not x.any()


def test_what_cannot_be_replaced_says_so() -> None:
    x = ag.zeros(2, 3)
    with pytest.raises(ShapeError, match="select_scatter: the source must have the shape of the part"):
        x.select_scatter(ag.ones(2), 0, 0)
    with pytest.raises(IndexingError, match="index 2 is out of range"):
        x.select_scatter(ag.ones(3), 0, 2)
    with pytest.raises(DTypeError, match=r"values of float32 do not fit a tensor of int64"):
        ag.zeros(3, dtype=ag.int64).slice_scatter(ag.ones(3))
    with pytest.raises(ArgumentError, match="the step must be positive"):
        x.slice_scatter(ag.ones(2, 3), step=-1)
    with pytest.raises(ShapeError, match="without axes cannot be sliced"):
        ag.slice_scatter(ag.tensor(1.0), ag.tensor(1.0))
    with pytest.raises(ArgumentError, match="one element may get several values"):
        ag.as_strided_scatter(ag.zeros(4), ag.ones(2, 2), (2, 2), (1, 1))
