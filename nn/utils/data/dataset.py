"""Collections of samples, reached by index or one after the other."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from autograd_np import Generator, Tensor, as_tensor, randperm
from autograd_np.errors import ArgumentError, ShapeError

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Base of collections whose samples are reached by index: subclasses define `__getitem__` and `__len__`.

    A subclass that can read many samples at once also defines `__getitems__(indices)`, which returns a list of them;
    a DataLoader then calls it once per batch.

    Source: torch.utils.data.Dataset.

    Example:
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 4
        ...     def __getitem__(self, index):
        ...         return index ** 2
        >>> Squares()[3]
        9
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index)")

    def __add__(self, other: Dataset[T_co]) -> ConcatDataset[T_co]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Base of collections whose samples come one after the other: subclasses define `__iter__`.

    Source: torch.utils.data.IterableDataset.

    Example:
        >>> class Countdown(IterableDataset):
        ...     def __iter__(self):
        ...         return iter([3, 2, 1])
        >>> list(Countdown())
        [3, 2, 1]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")

    def __add__(self, other: Dataset[T_co]) -> ChainDataset[T_co]:  # type: ignore[override]  # as PyTorch: streams chain
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples that are the rows of tensors: one of each, as a tuple.

    Args:
        tensors: Tensors or arrays of the same length.

    Raises: ArgumentError for no tensors, ShapeError for different lengths.
    Source: torch.utils.data.TensorDataset.

    Example:
        >>> import autograd_np as ag
        >>> data = TensorDataset(ag.tensor([[1.0], [2.0]]), ag.tensor([0, 1]))
        >>> len(data), data[1]
        (2, (tensor([2.]), tensor(1)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        self.tensors = tuple(as_tensor(t) for t in tensors)
        if not self.tensors:
            raise ArgumentError("TensorDataset: expected at least one tensor")
        shapes = [t.shape for t in self.tensors]
        if not all(shapes) or len({shape[0] for shape in shapes}) > 1:
            listed = ", ".join(str(shape) for shape in shapes)
            raise ShapeError(f"TensorDataset: all tensors need the same length in axis 0, got shapes {listed}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        """Return the rows at these indices, as one tensor each: what collating them one by one would give."""
        where = np.asarray(indices)
        return [t[where] for t in self.tensors]


class Subset(Dataset[T_co]):
    """The samples of a dataset at given indices.

    Args:
        dataset: where the samples come from.
        indices: which of them, in this order.

    Source: torch.utils.data.Subset.

    Example:
        >>> Subset("abcd", [3, 0])[0]
        'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, (list, slice)):
            chosen = self.indices[index] if isinstance(index, slice) else [self.indices[i] for i in index]
            return self.dataset[chosen]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> Sequence[T_co]:
        return samples(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[T_co]):
    """Several datasets, one after the other.

    Args:
        datasets: the parts.

    Raises: ArgumentError for no parts, and for streams, whose samples have no index.
    Source: torch.utils.data.ConcatDataset.

    Example:
        >>> both = ConcatDataset(["ab", "cde"])
        >>> len(both), both[2], both[-1]
        (5, 'c', 'e')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ArgumentError("ConcatDataset: expected at least one dataset")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise ArgumentError(
                "ConcatDataset: the samples of an IterableDataset cannot be reached by index\n"
                "  fix: chain streams by ChainDataset"
            )
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __getitem__(self, index: Any) -> T_co:
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"ConcatDataset: index {index} is out of range for {len(self)} samples")
        part = bisect.bisect_right(self.cumulative_sizes, position)
        before = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][position - before]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T_co]):
    """Several streams, one after the other.

    Args:
        datasets: the parts.

    Raises: ArgumentError for a part that is no IterableDataset.
    Source: torch.utils.data.ChainDataset.

    Example:
        >>> class Countdown(IterableDataset):
        ...     def __iter__(self):
        ...         return iter([2, 1])
        >>> list(ChainDataset([Countdown(), Countdown()]))
        [2, 1, 2, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        for part in self.datasets:
            if not isinstance(part, IterableDataset):
                raise ArgumentError(
                    f"ChainDataset: expected IterableDatasets, got {type(part).__name__}\n"
                    "  fix: concatenate datasets with an index by ConcatDataset"
                )

    def __iter__(self) -> Iterator[T_co]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(part) for part in self.datasets)


class StackDataset(Dataset[Any]):
    """Several datasets side by side: sample i has each one's sample i, as a tuple or under its keyword.

    Args:
        args: the parts; samples are tuples.
        kwargs: the parts by name; samples are dicts.

    Raises: ArgumentError for none, or for both kinds; ShapeError for different lengths.
    Source: torch.utils.data.StackDataset.

    Example:
        >>> StackDataset("abc", range(3))[1], StackDataset(letter="abc", place=range(3))[2]
        (('b', 1), {'letter': 'c', 'place': 2})
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ArgumentError("StackDataset: expected datasets by position or by name, not both, and at least one")
        self.datasets: Any = args or kwargs
        lengths = [len(part) for part in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ShapeError(f"StackDataset: all datasets need the same length, got {lengths}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: part[index] for name, part in self.datasets.items()}
        return tuple(part[index] for part in self.datasets)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [samples(part, indices) for part in self.datasets.values()]
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        return list(zip(*(samples(part, indices) for part in self.datasets), strict=True))

    def __len__(self) -> int:
        return self._length


def samples(dataset: Any, indices: Sequence[Any]) -> Sequence[Any]:
    """Return the samples at these indices, by one call where the dataset offers it."""
    if not reads_many(dataset):
        return [dataset[index] for index in indices]
    found: Sequence[Any] = dataset.__getitems__(indices)
    if len(found) != len(indices):
        raise ShapeError(
            f"{type(dataset).__name__}.__getitems__: expected {len(indices)} samples, one per index, got {len(found)}"
        )
    return found


def reads_many(dataset: Any) -> bool:
    """Tell whether one call reads a batch: not where a subclass has redefined `__getitem__` alone."""
    for kind in type(dataset).__mro__:
        if "__getitems__" in vars(kind):
            return True
        if "__getitem__" in vars(kind):
            return False
    return False


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Distribute the samples at random over parts of given lengths.

    Args:
        dataset: where the samples come from.
        lengths: number of samples of each part, or fractions that add up to 1.
        generator: where the random order comes from.

    Raises: ArgumentError if the lengths do not add up to the dataset's.
    Source: torch.utils.data.random_split.

    Example:
        >>> train, held_out = random_split(range(10), [0.8, 0.2])
        >>> len(train), len(held_out), sorted([*train, *held_out]) == list(range(10))
        (8, 2, True)
    """
    total = len(dataset)
    counts = [int(n) for n in lengths]
    if any(isinstance(n, float) for n in lengths) and math.isclose(sum(lengths), 1):
        counts = [math.floor(total * fraction) for fraction in lengths]
        # What rounding down left over goes to the first parts, one each.
        for i in range(total - sum(counts)):
            counts[i % len(counts)] += 1
    if sum(counts) != total or min(counts, default=0) < 0:
        raise ArgumentError(
            f"random_split: lengths {list(lengths)} do not add up to the dataset's {total} samples\n"
            "  fix: give counts with that sum, or fractions with sum 1"
        )
    order = randperm(total, generator=generator).tolist()
    ends = list(itertools.accumulate(counts))
    return [Subset(dataset, order[end - count : end]) for end, count in zip(ends, counts, strict=True)]
