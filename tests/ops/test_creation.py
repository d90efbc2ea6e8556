"""Creation: types and shapes as in PyTorch, and the words for what cannot be made."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError


def test_sizes_come_as_numbers_or_as_one_sequence() -> None:
    for make in (ag.zeros, ag.ones, ag.empty, ag.rand, ag.randn):
        assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == (2, 3)
        assert make(()).shape == make().shape == ()
        assert make(size=(2, 3)).shape == (2, 3)
        assert make(size=()).shape == ()
        with pytest.raises(ArgumentError, match=r"the size is given twice, as \(2,\) and as size=3"):
            make(2, size=3)
        with pytest.raises(ArgumentError, match="must not be negative"):
            make(-1)
        with pytest.raises(DTypeError, match="sizes must be integers"):
            make(1.5)


def test_every_maker_takes_dtype_device_and_requires_grad() -> None:
    for make in (ag.zeros, ag.ones, ag.rand, ag.randn):
        x = make(2, dtype=ag.float64, device="cpu", requires_grad=True)
        assert (x.dtype, x.requires_grad, x.is_leaf) == (ag.float64, True, True)


def test_the_bounds_of_arange_by_name() -> None:
    assert ag.arange(end=3).tolist() == ag.arange(start=0, end=3).tolist() == [0, 1, 2]
    with pytest.raises(ArgumentError, match=r"arange: no bound is given\n  fix: arange\(n\)"):
        ag.arange()


@pytest.mark.parametrize(
    ("args", "dtype", "values"),
    [
        ((4,), ag.int64, [0, 1, 2, 3]),
        ((1, 4), ag.int64, [1, 2, 3]),
        ((0, 1, 0.25), ag.float32, [0.0, 0.25, 0.5, 0.75]),
        ((3, 0, -1), ag.int64, [3, 2, 1]),
        ((2, 2), ag.int64, []),
        ((1.0,), ag.float32, [0.0]),
    ],
)
def test_arange(args, dtype, values) -> None:
    x = ag.arange(*args)
    assert x.dtype == dtype
    assert x.tolist() == values


def test_arange_and_linspace_edges() -> None:
    with pytest.raises(ArgumentError, match="does not lead from 0 to 3"):
        ag.arange(0, 3, -1)
    with pytest.raises(ArgumentError, match="step of 0"):
        ag.arange(0, 3, 0)
    assert ag.linspace(0, 1, 1).tolist() == [0.0]
    assert ag.linspace(1, 2, 0).tolist() == []
    np.testing.assert_allclose(ag.logspace(-1, 1, 3).numpy(), [0.1, 1, 10], rtol=1e-6)
    assert ag.arange(3, dtype=ag.float64).dtype == ag.float64


def test_full_takes_the_type_of_its_value() -> None:
    assert ag.full((2,), 1).dtype == ag.int64
    assert ag.full((2,), 1.0).dtype == ag.float32
    assert ag.full((2,), True).dtype == ag.bool
    assert ag.full((), 3.5).item() == 3.5
    assert ag.full(2, 1).shape == (2,)


def test_likes_take_shape_and_type() -> None:
    x = ag.ones(2, 3, dtype=ag.float64)
    for make in (ag.zeros_like, ag.ones_like, ag.empty_like, ag.rand_like, ag.randn_like):
        assert (make(x).shape, make(x).dtype) == ((2, 3), ag.float64)
        assert make(x, dtype=ag.float32).dtype == ag.float32
    assert ag.full_like(x, 2).tolist() == [[2.0] * 3] * 2


def test_eye_and_scalar_tensor() -> None:
    assert ag.eye(2, 3).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert ag.scalar_tensor(2).dtype == ag.float32


def test_new_tensors_take_the_type_of_the_old() -> None:
    x = ag.ones(1, dtype=ag.float64)
    assert x.new_zeros(2, 3).dtype == ag.float64
    assert x.new_ones((2,)).tolist() == [1.0, 1.0]
    assert x.new_full((2,), 7).tolist() == [7.0, 7.0]
    assert x.new_tensor([1, 2]).dtype == ag.float64
    assert x.new_empty(0).shape == (0,)
