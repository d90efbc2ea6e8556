"""DataLoader: batches of a dataset, in order or shuffled anew in every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd_np import Generator
from autograd_np.errors import ArgumentError, AutogradError
from nn.utils.data.collate import default_collate
from nn.utils.data.dataset import IterableDataset, Subset, TensorDataset
from nn.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader"]


class DataLoader:
    """Iterate over a dataset in batches.

    Args:
        dataset: samples reached by index (a sequence will do), or an IterableDataset.
        batch_size: samples per batch; None yields single samples.
        shuffle: visit the samples in a new random order in every epoch.
        sampler: yields the indices instead, in an order of its own.
        batch_sampler: yields lists of indices instead; then none of the above may be given.
        num_workers: accepted for PyTorch's sake; batches are loaded in this process.
        collate_fn: makes a batch of a list of samples; stacks tensors if not given.
        pin_memory: accepted for PyTorch's sake; changes nothing.
        drop_last: leave out a last batch that is not full.
        timeout: accepted for PyTorch's sake; changes nothing.
        worker_init_fn: accepted for PyTorch's sake; never called.
        multiprocessing_context: accepted for PyTorch's sake; changes nothing.
        generator: where the random order comes from; autograd_np's if not given.
        prefetch_factor: accepted for PyTorch's sake; changes nothing.
        persistent_workers: accepted for PyTorch's sake; changes nothing.
        pin_memory_device: accepted for PyTorch's sake; changes nothing.

    Raises: ArgumentError for arguments that exclude each other.
    Source: torch.utils.data.DataLoader.

    Example:
        >>> import autograd_np as ag
        >>> data = TensorDataset(ag.zeros(10, 3), ag.arange(10))
        >>> [tuple(x.shape) for x, y in DataLoader(data, batch_size=4, shuffle=True)]
        [(4, 3), (4, 3), (2, 3)]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
    ) -> None:
        self.dataset = dataset
        self.num_workers = num_workers
        self.generator = generator
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self._streams = isinstance(dataset, IterableDataset)
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ArgumentError(
                    "DataLoader: batch_sampler decides on batches alone, so batch_size, shuffle, sampler and "
                    "drop_last cannot be given with it"
                )
            batch_size = None
        if sampler is not None and shuffle:
            raise ArgumentError(
                "DataLoader: sampler decides on the order alone, so shuffle=True cannot be given with it"
            )
        if self._streams and (shuffle or sampler is not None or batch_sampler is not None):
            raise ArgumentError("DataLoader: an IterableDataset decides on the order itself: no shuffle, no sampler")
        if batch_size is None and drop_last:
            raise ArgumentError("DataLoader: drop_last needs a batch_size")
        if sampler is None and not self._streams:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.sampler = sampler
        self.batch_size = batch_size
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(() if sampler is None else sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler

    def __len__(self) -> int:
        if self._streams:
            return self._stream_length()
        counted: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(counted)

    def _stream_length(self) -> int:
        count = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self._streams:
            return self._stream()
        return self._batches()

    def _batches(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            for index in self.sampler or ():
                sample = self._sample(index)
                yield sample if self.collate_fn is None else self.collate_fn(sample)
            return
        for indices in self.batch_sampler:
            whole = self._gathered(indices)
            yield self._collated([self._sample(i) for i in indices], indices) if whole is None else whole

    def _stream(self) -> Iterator[Any]:
        if self.batch_size is None:
            for sample in self.dataset:
                yield sample if self.collate_fn is None else self.collate_fn(sample)
            return
        batch: list[Any] = []
        for sample in self.dataset:
            batch.append(sample)
            if len(batch) == self.batch_size:
                yield self._collated(batch, None)
                batch = []
        if batch and not self.drop_last:
            yield self._collated(batch, None)

    def _gathered(self, indices: Sequence[Any]) -> list[Any] | None:
        """Return the batch by one read per tensor, where the dataset consists of tensors; None elsewhere."""
        if self.collate_fn is not None:
            return None
        dataset = self.dataset
        while type(dataset) is Subset:
            count = len(dataset.indices)
            if not all(-count <= i < count for i in indices):
                return None
            indices = [dataset.indices[i] for i in indices]
            dataset = dataset.dataset
        # A subclass may have a __getitem__ of its own.
        if type(dataset) is not TensorDataset:
            return None
        count = len(dataset)
        return dataset.batch(indices) if all(-count <= i < count for i in indices) else None

    def _sample(self, index: Any) -> Any:
        try:
            return self.dataset[index]
        except Exception as error:
            kind = type(self.dataset).__name__
            raise AutogradError(
                f"DataLoader: sample {index!r} of {kind} could not be loaded: {type(error).__name__}: {error}"
            ) from error

    def _collated(self, samples: list[Any], indices: Sequence[Any] | None) -> Any:
        if self.collate_fn is not None:
            return self.collate_fn(samples)
        try:
            return default_collate(samples)
        except AutogradError as error:
            where = "" if indices is None else f"\n  the samples of this batch have the indices {list(indices)}"
            raise type(error)(f"{error}{where}") from error
