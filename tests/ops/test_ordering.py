"""Order: types, ties, NaN, empty tensors and errors; values and derivatives are in the records."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, IndexingError, ShapeError

NAN = float("nan")


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32"])
@pytest.mark.parametrize("descending", [False, True])
def test_equal_elements_keep_their_order(dtype, descending):
    array = np.array([1, 0, 1, 1, 0]).astype(dtype)
    values, indices = ag.tensor(array).sort(descending=descending)
    assert indices.tolist() == ([0, 2, 3, 1, 4] if descending else [1, 4, 0, 2, 3])
    assert values.dtype == np.dtype(dtype)
    assert ag.tensor(array).argsort(descending=descending).tolist() == indices.tolist()


def test_nan_is_the_greatest():
    x = ag.tensor([2.0, NAN, 1.0])
    assert x.sort().indices.tolist() == [2, 0, 1]
    assert x.sort(descending=True).indices.tolist() == [1, 0, 2]
    assert x.topk(1).indices.tolist() == [1]
    assert x.topk(1, largest=False).indices.tolist() == [2]
    assert x.kthvalue(1).values.item() == 1


def test_each_place_gets_its_own_gradient_back():
    x = ag.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    (x.sort(-1, descending=True).values * ag.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [[1, 100, 10]]


@pytest.mark.parametrize("k", range(6))
@pytest.mark.parametrize("largest", [False, True])
def test_selected_are_the_first_of_the_sorted(k, largest):
    x = ag.tensor(np.random.default_rng(0).permutation(60).reshape(3, 5, 4))
    values, indices = x.topk(k, 1, largest=largest)
    wanted = x.sort(1, descending=largest)
    np.testing.assert_array_equal(values.numpy(), wanted.values.numpy()[:, :k])
    np.testing.assert_array_equal(indices.numpy(), wanted.indices.numpy()[:, :k])


@pytest.mark.parametrize(("name", "lowest"), [("topk", 0), ("kthvalue", 1)])
@pytest.mark.parametrize("k", [-1, 4])
def test_a_rank_must_fit_the_axis(name, lowest, k):
    message = rf"{name}: k must lie between {lowest} and the size 3 of dim 1, got {k} for shape \(2, 3\)"
    with pytest.raises(ArgumentError, match=message):
        getattr(ag, name)(ag.ones(2, 3), k)


def test_an_axis_out_of_range_is_named():
    with pytest.raises(IndexingError, match="sort: dim 1 is out of range for a tensor of 1 axes"):
        ag.sort(ag.ones(3), 1)


def test_empty_tensors():
    x = ag.zeros(2, 0)
    assert x.sort().values.shape == x.sort(0).indices.shape == (2, 0)
    assert x.topk(0).values.shape == (2, 0)
    assert ag.unique(x).shape == ag.unique_consecutive(x).shape == (0,)
    assert ag.searchsorted(ag.zeros(0), ag.tensor([1.0])).tolist() == [0]


def test_unique_leaves_nan_distinct_as_pytorch_does():
    assert ag.unique(ag.tensor([NAN, 1.0, NAN])).shape == (3,)


def test_results_of_unique_do_not_share_memory():
    x = ag.tensor([1, 2, 3])
    for y in (ag.unique(x), ag.unique_consecutive(x)):
        y.zero_()
    assert x.tolist() == [1, 2, 3]


def test_places_in_rows():
    rows = ag.tensor([[1, 3, 5], [2, 4, 6]])
    assert ag.searchsorted(rows, ag.tensor([[3, 9], [3, 0]])).tolist() == [[1, 3], [1, 0]]
    assert ag.searchsorted(ag.tensor([1.0, 2.0]), 1.5).item() == 1
    with pytest.raises(ShapeError, match="axes before the last must be equal"):
        ag.searchsorted(rows, ag.tensor([[1]]))
    with pytest.raises(ArgumentError, match="side must be 'left' or 'right', got 'middle'"):
        ag.searchsorted(rows, rows, side="middle")


def test_indices_may_be_written_to_without_harm():
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = x.sort()
    indices.zero_()
    (values * ag.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [3, 1, 2]
