from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError, ShapeError
from nn.utils.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Sampler,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from tests.nn.data.cases import CountedStream, Squares, Stream, tensors


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


def test_chains_of_streams() -> None:
    chain = CountedStream() + CountedStream()
    assert isinstance(chain, ChainDataset)
    assert list(chain) == [0, 1, 2, 3, 4] * 2
    assert len(chain) == 10
    with pytest.raises(ArgumentError, match="ChainDataset: expected IterableDatasets, got Squares"):
        ChainDataset([Stream(), Squares(2)])
    with pytest.raises(ArgumentError, match="fix: chain streams by ChainDataset"):
        ConcatDataset([Stream()])


def test_stacked_datasets() -> None:
    pairs = StackDataset(Squares(4), "abcd")
    assert (len(pairs), pairs[2], pairs.__getitems__([3, 0])) == (4, (4, "c"), [(9, "d"), (0, "a")])
    named = StackDataset(square=Squares(4), letter="abcd")
    assert named[1] == {"square": 1, "letter": "b"}
    assert named.__getitems__([1]) == [{"square": 1, "letter": "b"}]
    (batch,) = DataLoader(named, 4)
    assert batch["square"].tolist() == [0, 1, 4, 9]
    for wrong in ((), ("ab", "cd")):
        with pytest.raises(ArgumentError, match="by position or by name, not both"):
            StackDataset(*wrong, **({"c": "ab"} if wrong else {}))
    with pytest.raises(ShapeError, match=r"same length, got \[2, 3\]"):
        StackDataset("ab", "abc")


class Many(Squares):
    """Reads many samples at once, and counts how often."""

    calls = 0

    def __getitems__(self, indices: list[int]) -> list[int]:
        type(self).calls += 1
        return [self[i] for i in indices]


class Doubled(Many):
    def __getitem__(self, index: int) -> int:
        return 2 * super().__getitem__(index)


class OneAlone(Subset[int]):
    def __getitem__(self, index: int) -> int:  # type: ignore[override]  # redefined without __getitems__
        return -int(super().__getitem__(index))


def test_many_samples_by_one_call() -> None:
    Many.calls = 0
    for data in (Many(6), Subset(Many(8), range(6)), StackDataset(Many(6))):
        assert [len(b) if isinstance(data, Squares | Subset) else len(b[0]) for b in DataLoader(data, 3)] == [3, 3]
    assert Many.calls == 6


def test_a_subclass_that_redefines_getitem_alone_is_heard() -> None:
    assert [b.tolist() for b in DataLoader(OneAlone(Many(8), [3, 2]), 2)] == [[-9, -4]]
    assert [b.tolist() for b in DataLoader(Doubled(3), 3)] == [[0, 2, 8]]


def test_what_fails_in_getitems_is_named() -> None:
    with pytest.raises(AutogradError, match=r"sample 7 of Many could not be loaded: IndexError: 7"):
        list(DataLoader(Many(6), sampler=[1, 7], batch_size=2))

    class TooFew(Many):
        def __getitems__(self, indices: list[int]) -> list[int]:
            return [0]

    with pytest.raises(ShapeError, match=r"TooFew.__getitems__: expected 2 samples, one per index, got 1"):
        list(DataLoader(TooFew(6), 2))
