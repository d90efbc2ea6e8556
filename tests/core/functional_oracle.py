"""What programs with views and writes in place mean, computed without either: values and derivatives, forwards.

Each element carries its first and second derivatives with respect to every element of every leaf, worked out as the
terms of a Taylor series: no graph, no reverse order, nothing shared with the engine. A `Storage` holds values. A
`Family` is a tensor with its views, and holds the derivatives of the storage's elements: a write changes both at the
places written. A detached tensor is another family on the same storage, without derivatives: so what is written
through it, or where nothing is recorded, changes the values alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS", "SLOTS", "Family", "Jets", "Storage", "constant", "merged"]

Array = Any

#: How many elements of leaves derivatives are taken with respect to.
SLOTS = 10


@dataclass
class Jets:
    """Values, with their first derivatives along one more axis and their second ones along two more."""

    value: Array
    first: Array
    second: Array

    def __add__(self, other: Jets) -> Jets:
        return Jets(self.value + other.value, self.first + other.first, self.second + other.second)

    def __mul__(self, other: Jets) -> Jets:
        a, b = self.value, other.value
        mixed = self.first[..., :, None] * other.first[..., None, :]
        mixed = mixed + other.first[..., :, None] * self.first[..., None, :]
        second = self.second * b[..., None, None] + other.second * a[..., None, None] + mixed
        return Jets(a * b, self.first * b[..., None] + other.first * a[..., None], second)

    def through(self, value: Array, slope: Array, bend: Array) -> Jets:
        """Return a function of these jets, by its value and its first two derivatives."""
        square = self.first[..., :, None] * self.first[..., None, :]
        second = slope[..., None, None] * self.second + bend[..., None, None] * square
        return Jets(value, slope[..., None] * self.first, second)

    def sum(self) -> Jets:
        """Return the sum of all elements."""
        axes = tuple(range(self.value.ndim))
        return Jets(self.value.sum(), self.first.sum(axes), self.second.sum(axes))

    def at(self, index: Any) -> Jets:
        """Return what an index selects of the values, with its derivatives."""
        return Jets(self.value[index], self.first[index], self.second[index])

    def spread(self, shape: tuple[int, ...]) -> Jets:
        """Return the jets broadcast to a shape."""
        return self + constant(np.zeros(shape))

    def within(self, bound: float) -> bool:
        """Tell whether all numbers are so small that what is computed from them stays exact enough to compare."""
        return all(np.abs(part).max(initial=0) < bound for part in (self.value, self.first, self.second))


def constant(value: Any) -> Jets:
    """Return values that depend on no leaf."""
    array = np.asarray(value, np.float64)
    return Jets(array, np.zeros((*array.shape, SLOTS)), np.zeros((*array.shape, SLOTS, SLOTS)))


def _sin(x: Jets) -> Jets:
    return x.through(np.sin(x.value), np.cos(x.value), -np.sin(x.value))


def _tanh(x: Jets) -> Jets:
    y = np.tanh(x.value)
    return x.through(y, 1 - y * y, -2 * y * (1 - y * y))


#: Functions of one operand, under the names of Tensor's methods.
FUNCTIONS: dict[str, Callable[[Jets], Jets]] = {
    "sin": _sin,
    "tanh": _tanh,
    "square": lambda x: x * x,
    "neg": lambda x: constant(-1.0) * x,
}


class Storage:
    """Values in a row, and when they were last written."""

    def __init__(self, values: Array) -> None:
        self.values = np.array(values, np.float64).reshape(-1)
        self.written = -1


@dataclass
class Family:
    """A tensor and its views: the derivatives of a storage's elements.

    Attributes:
        leaf: the first derivatives are the elements' own; views of it cannot be written while operations are recorded.
        reads: storages that these elements were computed from, each with the time when it was first read.
    """

    storage: Storage
    leaf: bool = False
    reads: dict[Storage, int] = field(default_factory=dict)
    first: Array = None
    second: Array = None

    def __post_init__(self) -> None:
        nothing = constant(np.zeros(self.storage.values.shape))
        if self.first is None:
            self.first, self.second = nothing.first, nothing.second

    def read(self, places: Array) -> Jets:
        """Return the elements at some places."""
        return Jets(self.storage.values[places], self.first[places], self.second[places])

    def write(self, places: Array, new: Jets, now: int, *, recorded: bool) -> None:
        """Write elements at some places: with their derivatives, if operations are recorded."""
        new = new.spread(places.shape)
        self.storage.values[places] = new.value
        self.storage.written = now
        if recorded:
            self.first[places], self.second[places] = new.first, new.second

    def require(self, places: Array, slot: int) -> None:
        """Make the elements a leaf, whose own slots begin at this one."""
        self.leaf = True
        self.first[places] = np.eye(SLOTS)[slot : slot + places.size].reshape((*places.shape, SLOTS))

    def copied(self, storage: Storage, places: Array) -> Family:
        """Return a family on another storage with the derivatives of these places, in order."""
        flat = places.reshape(-1)
        return Family(storage, self.leaf, dict(self.reads), self.first[flat].copy(), self.second[flat].copy())


def merged(*histories: dict[Storage, int]) -> dict[Storage, int]:
    """Return all storages that were read, each with the time when it was first read."""
    reads: dict[Storage, int] = {}
    for history in histories:
        for storage, time in history.items():
            reads[storage] = min(time, reads.get(storage, time))
    return reads
