from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError
from nn.utils.data import BatchSampler, RandomSampler, StratifiedSampler, SubsetRandomSampler, WeightedRandomSampler


def test_random_sampler() -> None:
    assert sorted(RandomSampler(range(5))) == list(range(5))
    assert len(RandomSampler(range(5), num_samples=12)) == 12
    assert Counter(RandomSampler(range(5), num_samples=10)) == Counter(dict.fromkeys(range(5), 2))
    drawn = list(RandomSampler(range(5), replacement=True, num_samples=100))
    assert set(drawn) == set(range(5))
    assert list(RandomSampler([])) == []
    with pytest.raises(ArgumentError, match="num_samples must be at least 1"):
        RandomSampler(range(3), num_samples=0)


def test_weighted_sampler_follows_the_weights() -> None:
    drawn = Counter(WeightedRandomSampler([1.0, 0.0, 3.0], 4000))
    assert drawn[1] == 0
    assert drawn[2] / drawn[0] == pytest.approx(3, rel=0.15)
    assert sorted(WeightedRandomSampler([1.0, 1.0], 2, replacement=False)) == [0, 1]
    assert len(WeightedRandomSampler([1.0], 7)) == 7
    with pytest.raises(ArgumentError, match="num_samples"):
        WeightedRandomSampler([1.0], 0)


@given(st.integers(0, 30), st.integers(1, 8), st.booleans())
def test_batch_sampler(count: int, size: int, drop_last: bool) -> None:
    batches = list(BatchSampler(range(count), size, drop_last))
    assert len(batches) == len(BatchSampler(range(count), size, drop_last))
    kept = count - count % size if drop_last else count
    assert [i for batch in batches for i in batch] == list(range(kept))
    assert all(len(batch) == size for batch in batches[:-1])


@pytest.mark.parametrize("size", [0, -1, True, 2.0])
def test_batch_size_must_be_a_positive_integer(size: Any) -> None:
    with pytest.raises(ArgumentError, match="batch_size must be an integer of at least 1"):
        BatchSampler(range(3), size, False)


@given(st.lists(st.integers(0, 4), max_size=40))
def test_stratified_sampler(labels: list[int]) -> None:
    sampler = StratifiedSampler(labels)
    order = list(sampler)
    assert sorted(order) == list(range(len(labels))) == list(range(len(sampler)))
    # Of a class with n samples, one falls into each n-th of the epoch.
    places = {label: [k for k, i in enumerate(order) if labels[i] == label] for label in set(labels)}
    for where in places.values():
        for k, place in enumerate(where):
            assert abs(place - (k + 0.5) * len(order) / len(where)) <= 0.5 * len(order) / len(where) + len(places)


def test_batches_have_their_share_of_a_rare_class() -> None:
    labels = np.arange(200) % 10 == 0
    shares = [sum(labels[i] for i in batch) for batch in BatchSampler(StratifiedSampler(labels), 20, False)]
    assert sum(shares) == 20
    assert set(shares) <= {1, 2, 3}


def test_stratified_order_is_random_and_seeded() -> None:
    labels = np.arange(60) % 3
    one, two = (list(StratifiedSampler(labels, ag.Generator().manual_seed(s))) for s in (1, 2))
    assert one != two
    assert one == list(StratifiedSampler(labels, ag.Generator().manual_seed(1)))
    assert len({tuple(labels[i] for i in order[:6]) for order in (one, two)}) == 2
    with pytest.raises(ArgumentError, match=r"one label per sample, got shape \(2, 2\)"):
        StratifiedSampler([[0, 1], [1, 0]])


@pytest.mark.parametrize(
    "sampler",
    [
        RandomSampler(range(9), num_samples=30),
        RandomSampler(range(9), replacement=True),
        SubsetRandomSampler(range(9)),
        WeightedRandomSampler([1.0] * 9, 9),
        StratifiedSampler([0, 1] * 5),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_the_order_is_drawn_when_iteration_begins(sampler: Any) -> None:
    def order(*, disturbed: bool) -> list[list[int]]:
        ag.manual_seed(3)
        batches = iter(BatchSampler(sampler, 2, False))
        if disturbed:
            ag.rand(1)
        return list(batches)

    assert order(disturbed=True) == order(disturbed=False)
