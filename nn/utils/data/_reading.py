"""How one batch is read: the same in this process and in a worker."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from autograd_np.errors import AutogradError
from nn.utils.data.collate import default_collate, default_convert
from nn.utils.data.dataset import IterableDataset, Subset, TensorDataset, reads_many, samples

__all__ = ["Mark", "Recipe"]


class Mark(enum.Enum):
    """What stands in a batch's place: a stream's end, and what a worker says of itself."""

    END = enum.auto()
    READY = enum.auto()
    UNSHARDED = enum.auto()


class Recipe(NamedTuple):
    """All that reading needs: `batch_size` is None where single samples are read, and counts only for streams."""

    dataset: Any
    collate_fn: Callable[[Any], Any] | None
    batch_size: int | None
    drop_last: bool

    def reader(self) -> Callable[[Any], Any]:
        """Return a function from indices (one index without batches, anything for a stream) to a batch."""
        if isinstance(self.dataset, IterableDataset):
            batches = self._stream()
            return lambda _indices: next(batches, Mark.END)
        return self._sample if self.batch_size is None else self._batch

    def _sample(self, index: Any) -> Any:
        return self._collated(self._at(index), f"sample {index!r}")

    def _batch(self, indices: Sequence[Any]) -> Any:
        whole = self._gathered(indices)
        if whole is not None:
            return whole
        return self._collated(self._samples(indices), f"the samples of this batch have the indices {list(indices)}")

    def _stream(self) -> Iterator[Any]:
        kind = type(self.dataset).__name__
        count = 0
        stream = iter(self.dataset)
        while True:
            batch: list[Any] = []
            for _ in range(self.batch_size or 1):
                try:
                    batch.append(next(stream))
                except StopIteration:
                    break
                except Exception as error:
                    raise AutogradError(
                        f"DataLoader: the stream {kind} failed after {count} samples: {_said(error)}"
                    ) from error
                count += 1
            if not batch:
                return
            if self.batch_size is None:
                yield self._collated(batch[0], f"sample {count - 1} of the stream")
            elif len(batch) == self.batch_size or not self.drop_last:
                yield self._collated(batch, f"samples {count - len(batch)} to {count - 1} of the stream")

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
        if not isinstance(dataset, TensorDataset) or type(dataset).__getitem__ is not TensorDataset.__getitem__:
            return None
        count = len(dataset)
        return dataset.batch(indices) if all(-count <= i < count for i in indices) else None

    def _samples(self, indices: Sequence[Any]) -> Sequence[Any]:
        if not reads_many(self.dataset):
            return [self._at(index) for index in indices]
        try:
            return samples(self.dataset, indices)
        except Exception:
            for index in indices:  # one of them by itself shows which it was
                self._at(index)
            raise

    def _at(self, index: Any) -> Any:
        try:
            return self.dataset[index]
        except Exception as error:
            raise AutogradError(
                f"DataLoader: sample {index!r} of {type(self.dataset).__name__} could not be loaded: {_said(error)}"
            ) from error

    def _collated(self, found: Any, which: str) -> Any:
        collate = self.collate_fn
        if collate is None:
            collate = default_convert if self.batch_size is None else default_collate
        try:
            return collate(found)
        except AutogradError as error:
            raise type(error)(f"{error}\n  {which}") from error
        except Exception as error:
            raise AutogradError(f"DataLoader: collate_fn failed: {_said(error)}\n  {which}") from error


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
