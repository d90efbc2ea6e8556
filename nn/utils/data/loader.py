"""DataLoader: batches of a dataset, in order or shuffled anew in every epoch."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd_np import Generator, randint
from autograd_np.errors import ArgumentError
from nn.utils.data._pool import Pool, WorkerBatches
from nn.utils.data._reading import Mark, Recipe
from nn.utils.data.dataset import IterableDataset
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
        num_workers: processes that load batches side by side; 0 loads in this process.
        collate_fn: makes a batch of a list of samples; stacks tensors if not given.
        pin_memory: accepted for PyTorch's sake; changes nothing.
        drop_last: leave out a last batch that is not full.
        timeout: seconds that a batch may take to come from a worker; 0 waits as long as it takes.
        worker_init_fn: called in each worker with its number, before it loads.
        multiprocessing_context: how workers start: "spawn" (the default), "fork", "forkserver", or a context.
        generator: where the random order comes from; autograd_np's if not given.
        prefetch_factor: batches per worker that are loaded ahead; 2 if not given.
        persistent_workers: keep the workers from epoch to epoch.
        pin_memory_device: accepted for PyTorch's sake; changes nothing.
        in_order: yield batches in the order of their indices, even where a later one is ready first.

    The order is the same with any number of workers. It follows from `generator`: its `get_state()` before an epoch
    brings that epoch back. With the default generator, whatever else draws from it in between has a say, too.

    Workers draw random numbers of their own: in each epoch worker i seeds autograd_np, NumPy and `random` by
    `base_seed + i`, where base_seed comes from `generator`. An IterableDataset takes its share by `get_worker_info()`.
    A program with workers starts below `if __name__ == "__main__":`, since spawned processes import its main module.

    Raises: ArgumentError for arguments that exclude each other. Iterating raises an AutogradError that names the
        sample, and the worker with its traceback, for what fails in the dataset, and for a worker that died.
    Source: torch.utils.data.DataLoader.

    Example:
        >>> import autograd_np as ag
        >>> from nn.utils.data import TensorDataset
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
        in_order: bool = True,
    ) -> None:
        self.dataset = dataset
        self.generator = generator
        self.collate_fn = collate_fn
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.in_order = in_order
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
        self._check_workers(num_workers, timeout, multiprocessing_context, prefetch_factor, persistent_workers)
        self.num_workers = num_workers
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.prefetch_factor = (prefetch_factor or 2) if num_workers else None
        self.persistent_workers = persistent_workers
        self._pool: Pool | None = None

    @staticmethod
    def _check_workers(count: int, timeout: float, context: Any, prefetch: int | None, persistent: bool) -> None:
        if type(count) is not int or count < 0:
            raise ArgumentError(f"DataLoader: num_workers must be an integer of at least 0, got {count!r}")
        if timeout < 0:
            raise ArgumentError(f"DataLoader: timeout must not be negative, got {timeout}")
        if prefetch is not None and prefetch < 1:
            raise ArgumentError(f"DataLoader: prefetch_factor must be at least 1, got {prefetch}")
        if isinstance(context, str) and context not in multiprocessing.get_all_start_methods():
            raise ArgumentError(
                f"DataLoader: multiprocessing_context {context!r} is none of this system's, "
                f"{multiprocessing.get_all_start_methods()}"
            )
        if not count and (prefetch is not None or persistent or context is not None):
            raise ArgumentError(
                "DataLoader: prefetch_factor, persistent_workers and multiprocessing_context need num_workers > 0\n"
                "  fix: for one batch ahead without processes, iterate over Prefetcher(loader)"
            )

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
        # Drawn for every number of workers, so that each leaves the generator in the same state.
        base_seed = int(randint(2**62, (), generator=self.generator))
        recipe = Recipe(self.dataset, self.collate_fn, self._samples_per_batch(), self.drop_last)
        indices = self._indices()
        if not self.num_workers:
            return _here(recipe, indices)
        pool = self._pool
        if pool is None or not pool.close.alive:
            context = self.multiprocessing_context
            if context is None or isinstance(context, str):
                context = multiprocessing.get_context(context or "spawn")
            pool = Pool(recipe, self.num_workers, context, self.worker_init_fn, base_seed)
        self._pool = pool if self.persistent_workers else None
        return WorkerBatches(
            pool,
            indices,
            base_seed,
            ahead=self.prefetch_factor or 1,
            timeout=self.timeout or None,
            in_order=self.in_order,
            keep=self.persistent_workers,
        )

    def _samples_per_batch(self) -> int | None:
        return 1 if self.batch_size is None and self.batch_sampler is not None else self.batch_size

    def _indices(self) -> Iterator[Any]:
        """Return an iterator over what each batch consists of: indices, one index, or nothing for a stream."""
        if self._streams:
            return itertools.repeat(None)
        return iter((self.sampler if self.batch_sampler is None else self.batch_sampler) or ())


def _here(recipe: Recipe, indices: Iterator[Any]) -> Iterator[Any]:
    """Yield batches read in this process."""
    read = recipe.reader()
    for where in indices:
        batch = read(where)
        if batch is Mark.END:
            return
        yield batch
