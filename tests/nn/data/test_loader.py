from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError, ShapeError
from nn.utils.data import DataLoader, RandomSampler, Subset, SubsetRandomSampler, TensorDataset
from tests.nn.data.cases import CountedStream, FromList, Squares, Stream, tensors


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
        list(DataLoader(FromList(data), 3))


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_workers": -1}, "num_workers must be an integer of at least 0, got -1"),
        ({"num_workers": 1.5}, "num_workers must be an integer"),
        ({"num_workers": 1, "timeout": -1}, "timeout must not be negative"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor must be at least 1"),
        ({"num_workers": 1, "multiprocessing_context": "spoon"}, "'spoon' is none of this system's"),
        ({"persistent_workers": True}, "need num_workers > 0\n  fix: .* Prefetcher"),
        ({"prefetch_factor": 2}, "need num_workers > 0"),
        ({"multiprocessing_context": "spawn"}, "need num_workers > 0"),
    ],
)
def test_arguments_of_workers(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        DataLoader(Squares(3), **arguments)


def test_the_generators_state_brings_an_epoch_back() -> None:
    generator = ag.Generator().manual_seed(5)
    loader = DataLoader(Squares(30), 7, shuffle=True, generator=generator)
    list(loader)
    state = generator.get_state()
    second, third = ([b.tolist() for b in loader] for _ in range(2))
    assert second != third
    generator.set_state(state)
    assert [[b.tolist() for b in loader] for _ in range(2)] == [second, third]


def test_what_others_draw_during_an_epoch_changes_nothing() -> None:
    def epoch(*, disturbed: bool) -> list[list[int]]:
        ag.manual_seed(8)
        batches = iter(DataLoader(Squares(20), 3, sampler=RandomSampler(range(20), num_samples=50)))
        if disturbed:
            ag.rand(1)
        return [b.tolist() for b in batches]

    assert epoch(disturbed=True) == epoch(disturbed=False)


def test_a_failing_collate_fn_and_stream_are_named() -> None:
    with pytest.raises(AutogradError, match=r"collate_fn failed: TypeError: .*\n  .* indices \[0, 1\]"):
        list(DataLoader(Squares(3), 2, collate_fn="".join))  # type: ignore[arg-type]  # numbers are no text

    class Breaking(Stream):
        def __iter__(self) -> Any:
            yield 1
            raise OSError("connection lost")

    with pytest.raises(AutogradError, match="the stream Breaking failed after 1 samples: OSError: connection lost"):
        list(DataLoader(Breaking(), 4))
    with pytest.raises(ShapeError, match=r"sample 0 has .*\n  .*\n  samples 2 to 3 of the stream"):
        list(DataLoader(FromList([ag.zeros(n) for n in (2, 2, 2, 3)]), 2))
    with pytest.raises(AutogradError, match="sample 0 of the stream"):
        list(DataLoader(Stream(), None, collate_fn=len))
