from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError, DTypeError, ShapeError
from nn.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)


class Point(NamedTuple):
    x: int
    y: float


class Squares(Dataset[int]):
    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> int:
        if not 0 <= index < self.n:
            raise IndexError(index)
        return index**2


class Stream(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(5))


class CountedStream(Stream):
    def __len__(self) -> int:
        return 5


def tensors(n: int) -> TensorDataset:
    return TensorDataset(ag.arange(n * 2, dtype=np.float32).reshape(n, 2), ag.arange(n))


# --- datasets ---------------------------------------------------------------------------------------------------------


def test_tensor_dataset() -> None:
    data = tensors(3)
    x, y = data[2]
    assert (len(data), x.tolist(), y.item()) == (3, [4, 5], 2)
    assert data[1:][1].tolist() == [1, 2]
    with pytest.raises(ShapeError, match=r"same length in axis 0, got shapes \(2,\), \(3,\)"):
        TensorDataset(ag.zeros(2), ag.zeros(3))
    with pytest.raises(ArgumentError, match="at least one tensor"):
        TensorDataset()


def test_subset_and_concatenation() -> None:
    both = Squares(3) + Subset(Squares(9), [8, 5])
    assert isinstance(both, ConcatDataset)
    assert [both[i] for i in range(-5, 5)] == [0, 1, 4, 64, 25] * 2
    with pytest.raises(IndexError, match="index 5 is out of range for 5 samples"):
        both[5]
    assert Subset(tensors(5), [4, 3, 2])[[0, 2]][1].tolist() == [4, 2]
    assert Subset(tensors(5), [4, 3, 2])[1:][1].tolist() == [3, 2]
    with pytest.raises(ArgumentError, match="at least one dataset"):
        ConcatDataset([])


def test_base_classes_say_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match=r"Dataset has no __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="has no __iter__"):
        iter(IterableDataset())
    with pytest.raises(NotImplementedError, match="has no __iter__"):
        iter(Sampler())


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_random_split_distributes_every_sample_once(lengths: list[int]) -> None:
    parts = random_split(range(sum(lengths)), lengths)
    assert [len(part) for part in parts] == lengths
    assert sorted(i for part in parts for i in part.indices) == list(range(sum(lengths)))


def test_random_split_by_fractions_and_seed() -> None:
    assert [len(p) for p in random_split(range(10), [0.5, 0.25, 0.25])] == [6, 2, 2]
    one, two = (random_split(range(99), [90, 9], ag.Generator().manual_seed(5))[1].indices for _ in range(2))
    assert one == two
    with pytest.raises(ArgumentError, match=r"lengths \[3, 4\] do not add up to the dataset's 10 samples"):
        random_split(range(10), [3, 4])


# --- samplers ---------------------------------------------------------------------------------------------------------


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


# --- collating --------------------------------------------------------------------------------------------------------


def test_collating_keeps_structure() -> None:
    batch = default_collate([{"p": Point(1, 2.0), "name": "a"}, {"p": Point(3, 4.0), "name": "b"}])
    assert isinstance(batch["p"], Point)
    assert batch["p"].x.tolist() == [1, 3]
    assert batch["p"].y.dtype == np.float64
    assert batch["name"] == ["a", "b"]
    assert default_collate([np.ones(2, np.float16), np.zeros(2, np.float16)]).dtype == np.float16
    assert default_collate([True, False]).dtype == np.bool_
    assert default_collate([np.float32(1), np.float32(2)]).dtype == np.float32


def test_collating_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"sample 1 of the batch has shape \(3,\), sample 0 has \(2,\)"):
        default_collate([ag.zeros(2), ag.zeros(3)])
    with pytest.raises(ShapeError, match=r"different lengths \[1, 2\]"):
        default_collate([(1,), (1, 2)])
    with pytest.raises(DTypeError, match="got object"):
        default_collate([object()])


# --- the loader -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 20), st.integers(1, 8), st.booleans(), st.booleans())
def test_every_sample_once(count: int, size: int, shuffle: bool, drop_last: bool) -> None:
    loader = DataLoader(tensors(count), size, shuffle=shuffle, drop_last=drop_last)
    batches = list(loader)
    assert len(batches) == len(loader)
    seen = [i for _, y in batches for i in y.tolist()]
    assert len(set(seen)) == len(seen) == (count - count % size if drop_last else count)
    for x, y in batches:
        assert x.tolist() == [[2.0 * i, 2.0 * i + 1] for i in y.tolist()]


def test_reading_rows_at_once_is_collating_them_one_by_one() -> None:
    class Slow(TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index)

    slow = Slow(*tensors(7).tensors)
    for data, same in ((tensors(7), slow), (Subset(tensors(7), [5, 1, -1]), Subset(slow, [5, 1, -1]))):
        for batch, expected in zip(DataLoader(data, 2), DataLoader(same, 2), strict=True):
            assert isinstance(batch, list)
            assert [t.tolist() for t in batch] == [t.tolist() for t in expected]
            assert [t.dtype for t in batch] == [t.dtype for t in expected]


def test_shuffling_follows_the_seed_and_changes_each_epoch() -> None:
    def epochs() -> list[list[int]]:
        loader = DataLoader(tensors(50), 50, shuffle=True, generator=ag.Generator().manual_seed(2))
        return [y.tolist() for _ in range(2) for _, y in loader]

    first, second = epochs()
    assert first != second
    assert epochs() == [first, second]


def test_order_from_elsewhere() -> None:
    assert [b.tolist() for b in DataLoader(Squares(5), 2, sampler=[4, 0, 1])] == [[16, 0], [1]]
    assert [b.tolist() for b in DataLoader(Squares(5), batch_sampler=[[1, 2], [3]])] == [[1, 4], [9]]
    assert [b.tolist() for b in DataLoader(Squares(5), 5, sampler=SubsetRandomSampler([3]))] == [[9]]
    assert len(SubsetRandomSampler([3, 4])) == 2


def test_single_samples_and_own_collating() -> None:
    assert list(DataLoader(Squares(3), batch_size=None)) == [0, 1, 4]
    assert list(DataLoader(Squares(3), batch_size=None, collate_fn=str)) == ["0", "1", "4"]
    assert list(DataLoader(Squares(3), 2, collate_fn=sum)) == [1, 4]
    assert len(DataLoader(Squares(3), batch_size=None)) == 3


def test_streams() -> None:
    assert [b.tolist() for b in DataLoader(Stream(), 2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Stream(), 2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(), None)) == [0, 1, 2, 3, 4]
    assert list(DataLoader(Stream(), None, collate_fn=str)) == ["0", "1", "2", "3", "4"]
    assert len(DataLoader(CountedStream(), 2)) == 3
    assert len(DataLoader(CountedStream(), 2, drop_last=True)) == 2
    assert len(DataLoader(CountedStream(), None)) == 5
    with pytest.raises(TypeError):
        len(DataLoader(Stream(), 2))


def test_a_failing_sample_is_named() -> None:
    class Broken(Squares):
        def __getitem__(self, index: int) -> int:
            if index == 17:
                raise OSError("disk on fire")
            return index

    with pytest.raises(
        AutogradError, match=r"DataLoader: sample 17 of Broken could not be loaded: OSError: disk on fire"
    ) as caught:
        list(DataLoader(Broken(20), 4))
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(AutogradError, match="sample 9 of Subset"):
        list(DataLoader(Subset(tensors(3), [0, 1]), sampler=[0, 9]))
    with pytest.raises(AutogradError, match="sample 9 of TensorDataset"):
        list(DataLoader(tensors(3), sampler=[0, 9]))


def test_samples_that_do_not_fit_are_named() -> None:
    data = [ag.zeros(2), ag.zeros(2), ag.zeros(3)]
    with pytest.raises(ShapeError, match=r"indices \[2, 0\]"):
        list(DataLoader(data, 2, sampler=[2, 0]))
    with pytest.raises(ShapeError, match="sample 2 of the batch"):
        list(DataLoader(_AsStream(data), 3))


class _AsStream(IterableDataset[Any]):
    def __init__(self, samples: list[Any]) -> None:
        self.samples = samples

    def __iter__(self) -> Iterator[Any]:
        return iter(self.samples)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_sampler": [[0]], "shuffle": True}, "batch_sampler decides on batches alone"),
        ({"sampler": [0], "shuffle": True}, "sampler decides on the order alone"),
        ({"batch_size": None, "drop_last": True}, "drop_last needs a batch_size"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1"),
    ],
)
def test_arguments_that_exclude_each_other(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        DataLoader(Squares(3), **arguments)


def test_a_stream_has_no_order_to_choose() -> None:
    with pytest.raises(ArgumentError, match="no shuffle, no sampler"):
        DataLoader(Stream(), shuffle=True)
