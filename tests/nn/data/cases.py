"""Datasets that the tests share: at the top of a module, so that a spawned worker can import them."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import autograd_np as ag
from nn.transforms import GaussianNoise
from nn.utils.data import Dataset, IterableDataset, TensorDataset, get_worker_info


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


class FromList(IterableDataset[Any]):
    def __init__(self, samples: list[Any]) -> None:
        self.samples = samples

    def __iter__(self) -> Iterator[Any]:
        return iter(self.samples)


def tensors(n: int) -> TensorDataset:
    return TensorDataset(ag.arange(n * 2, dtype=np.float32).reshape(n, 2), ag.arange(n))


# --- for workers ------------------------------------------------------------------------------------------------------


class Drawn(Squares):
    """The index, the worker's number and seed, and a draw of each generator."""

    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        assert info is not None
        assert info.dataset is self
        draws = ag.rand(1).item(), float(np.random.random()), random.random()  # noqa: NPY002, S311 - what users do
        return np.full(5000, index, np.float32), info.id, info.seed, np.array(draws)


class Slow(Squares):
    """Sample i takes i tenths of a second."""

    def __getitem__(self, index: int) -> int:
        time.sleep(index / 10)
        return index


class Fatal(Squares):
    """Its sample `bad` does something that a sample should not."""

    def __init__(self, n: int, bad: int, how: str) -> None:
        super().__init__(n)
        self.bad = bad
        self.how = how

    def __getitem__(self, index: int) -> Any:
        if index == self.bad:
            return getattr(self, self.how)()
        return index

    def exits(self) -> None:
        os._exit(3)

    def is_killed(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def hangs(self) -> None:
        time.sleep(60)

    def fails(self) -> None:
        raise LookupError("no such file")

    def fails_oddly(self) -> None:
        raise OddError(1, 2)

    def cannot_be_sent(self) -> Any:
        return lambda: None


class OddError(Exception):
    """Pickles, but cannot be read back."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class Shared(IterableDataset[int]):
    """Numbers below n, each worker its share."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Iterator[int]:
        info = get_worker_info()
        assert info is not None
        return iter(range(info.id, self.n, info.num_workers))


class NotReadBack(Squares):
    def __setstate__(self, state: Any) -> None:
        raise ValueError("the index file is missing")


def as_list(samples: list[Any]) -> list[Any]:
    return samples


def fails_to_begin(worker_id: int) -> None:
    if worker_id == 1:
        raise RuntimeError("no database")


class Noisy(Squares):
    """Noise, from a transform with a generator of its own."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.transform = GaussianNoise(sigma=1.0, clip=False, generator=ag.Generator().manual_seed(3))

    def __getitem__(self, index: int) -> Any:
        return self.transform(np.zeros((1, 1, 1))).item()
