"""Samplers: in which order, and how often, a loader visits the samples.

Those here draw all their random numbers when iteration begins, so that the order does not depend on what else draws
from the generator during the epoch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from autograd_np import Generator, as_tensor, multinomial, rand, randint, randperm
from autograd_np.errors import ArgumentError

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StratifiedSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """Base of samplers: subclasses define `__iter__`, which yields indices, and `__len__`.

    Source: torch.utils.data.Sampler.

    Example:
        >>> class Backwards(Sampler[int]):
        ...     def __iter__(self):
        ...         return iter([2, 1, 0])
        >>> list(Backwards())
        [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")


class SequentialSampler(Sampler[int]):
    """Visit every sample once, in order.

    Args:
        data_source: what is visited.

    Source: torch.utils.data.SequentialSampler.

    Example:
        >>> list(SequentialSampler("abc"))
        [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Visit samples in random order.

    Args:
        data_source: what is visited.
        replacement: draw each independently, so that some come twice and others not at all.
        num_samples: how many; as many as there are if not given.
        generator: where the order comes from.

    Raises: ArgumentError if the number is not positive.
    Source: torch.utils.data.RandomSampler.

    Example:
        >>> sorted(RandomSampler("abc"))
        [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if num_samples is not None and num_samples < 1:
            raise ArgumentError(f"RandomSampler: num_samples must be at least 1, got {num_samples}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """Return how many samples are visited."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        count, wanted = len(self.data_source), self.num_samples
        if not count:
            return iter(())
        if self.replacement:
            return iter(randint(count, (wanted,), generator=self.generator).tolist())
        passes = [randperm(count, generator=self.generator).numpy() for _ in range(-(-wanted // count))]
        return iter(np.concatenate(passes)[:wanted].tolist())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Visit given indices once, in random order.

    Args:
        indices: which samples.
        generator: where the order comes from.

    Source: torch.utils.data.SubsetRandomSampler.

    Example:
        >>> sorted(SubsetRandomSampler([7, 3]))
        [3, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        return (self.indices[i] for i in randperm(len(self.indices), generator=self.generator).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Visit samples with probabilities proportional to their weights, such as rare classes more often.

    Args:
        weights: one per sample; they need not add up to 1.
        num_samples: how many are visited.
        replacement: whether a sample may come again.
        generator: where the draws come from.

    Raises: ArgumentError if the number is not positive.
    Source: torch.utils.data.WeightedRandomSampler.

    Example:
        >>> list(WeightedRandomSampler([0.0, 2.0, 0.0], num_samples=2))
        [1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if num_samples < 1:
            raise ArgumentError(f"WeightedRandomSampler: num_samples must be at least 1, got {num_samples}")
        self.weights = as_tensor(weights)
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        draws = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        return iter(draws.tolist())

    def __len__(self) -> int:
        return self.num_samples


class StratifiedSampler(Sampler[int]):
    """Visit every sample once, at random, but with each class spread evenly: batches have nearly the whole's shares.

    Of a class with n samples, one falls at random into each n-th of the epoch.

    Args:
        labels: the class of each sample.
        generator: where the order comes from.

    Shapes: labels (N,).
    Raises: ArgumentError for labels that are not one per sample.
    Source: stratified sampling; PyTorch has no such sampler.

    Example:
        >>> labels = [0, 0, 0, 0, 1, 1]
        >>> order = list(StratifiedSampler(labels))
        >>> sorted(order), [sum(labels[i] for i in order[part]) for part in (slice(3), slice(3, 6))]
        ([0, 1, 2, 3, 4, 5], [1, 1])
    """

    def __init__(self, labels: Any, generator: Generator | None = None) -> None:
        self.labels = as_tensor(labels).numpy()
        if self.labels.ndim != 1:
            raise ArgumentError(f"StratifiedSampler: expected one label per sample, got shape {self.labels.shape}")
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        shuffled = randperm(len(self), generator=self.generator).numpy()
        offsets = rand(len(self), generator=self.generator, dtype=np.float64).numpy()
        classes = self.labels[shuffled]
        times = np.empty(len(self))
        for label in np.unique(classes):
            (places,) = np.nonzero(classes == label)
            times[places] = (np.arange(len(places)) + offsets[places]) / len(places)
        return iter(shuffled[np.argsort(times)].tolist())

    def __len__(self) -> int:
        return len(self.labels)


class BatchSampler(Sampler[list[int]]):
    """Gather the indices of another sampler into batches.

    Args:
        sampler: yields the indices.
        batch_size: how many form a batch.
        drop_last: leave out a last batch that is not full.

    Raises: ArgumentError for a batch size below 1.
    Source: torch.utils.data.BatchSampler.

    Example:
        >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if type(batch_size) is not int or batch_size < 1:
            raise ArgumentError(f"BatchSampler: batch_size must be an integer of at least 1, got {batch_size!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return self._batches(iter(self.sampler))

    def _batches(self, indices: Iterator[int]) -> Iterator[list[int]]:
        while len(batch := list(itertools.islice(indices, self.batch_size))) == self.batch_size:
            yield batch
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]  # a sampler without a length has no number of batches
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
