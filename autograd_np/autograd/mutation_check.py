"""Who overwrote a saved value: checksums of all that is saved, and the lines that saved and wrote it.

The engine counts every write that a tensor operation makes, always, and a backward that needs the old values raises.
It cannot see writes past it: through a NumPy array that shares a tensor's memory, or in a kernel of one's own. Inside
`detect_mutation()` each saved array has a checksum, so that these raise too; and the error names both lines.
"""

from __future__ import annotations

import hashlib
import linecache
import os
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.autograd.function import FunctionOp
from autograd_np.core import Node, Tensor
from autograd_np.core.node import caller_line
from autograd_np.core.origin import line_of
from autograd_np.core.versions import VersionCell
from autograd_np.core.watching import Watcher, watched
from autograd_np.errors import MutationError

__all__ = ["detect_mutation"]


class _Array(NamedTuple):
    """One array that an operation saved: what it is to the operation, its position, and how it was then."""

    what: str
    position: int
    array: Array
    checksum: bytes
    copy: Array | None

    def changed(self) -> bool:
        return _checksum(self.array) != self.checksum

    def difference(self) -> str:
        """Return what happened to the first changed element, where the values are known from before."""
        if self.copy is None:
            return ""
        with np.errstate(invalid="ignore"):
            places = np.argwhere((self.copy != self.array) & ~((self.copy != self.copy) & (self.array != self.array)))
        if not len(places):
            return ""
        place = tuple(int(i) for i in places[0])
        return f"\n  element {place} was {self.copy[place]:.6g} when it was saved, and is {self.array[place]:.6g} now"


class _Kept:
    """What one operation saved, and between which events it was found to have changed."""

    __slots__ = ("__weakref__", "arrays", "window")

    def __init__(self, arrays: list[_Array]) -> None:
        self.arrays = arrays
        self.window: tuple[str, str] | None = None


class _Guarded(tuple[Any, ...]):  # noqa: SLOT001 (a tuple's subclass can have no slots)
    """An operation's saved values, which the engine asks for by a call: so they are looked at before they are used."""

    kept: _Kept

    def __call__(self, node: Node) -> tuple[Any, ...]:
        for position, cell in enumerate(node.cells):
            if cell is not None and cell.stamp > node.serial:
                raise _written(node, cell, position, self)
        for saved in self.kept.arrays:
            if saved.changed():
                raise _written_past(node, saved, self.kept.window)
        return tuple(self)


class _Mutations(Watcher):
    """Notes the checksums of what is saved, and the line of each write."""

    def __init__(self, every_operation: bool) -> None:
        self._every_operation = every_operation
        self._alive: list[weakref.ref[_Kept]] = []
        self._last = "the begin of detect_mutation()"

    def recorded(self, node: Node) -> None:
        if self._every_operation:
            self._look(f"{node.name!r} at {line_of(node)}")
        if isinstance(node.saved, tuple):
            arrays = list(_arrays_of(node, node.saved))
            if arrays:
                guarded = _Guarded(node.saved)
                guarded.kept = _Kept(arrays)
                node.saved = guarded
                if self._every_operation:
                    self._alive.append(weakref.ref(guarded.kept))

    def wrote(self, cell: VersionCell) -> None:
        cell.place = (cell.stamp, _here())
        if self._every_operation:
            self._look(f"{cell.writer!r} at {cell.place[1]}")

    def _look(self, event: str) -> None:
        """Find what has changed since the last event."""
        alive = []
        for reference in self._alive:
            kept = reference()
            if kept is not None and kept.window is None:
                if any(saved.changed() for saved in kept.arrays):
                    kept.window = (self._last, event)
                else:
                    alive.append(reference)
        self._alive = alive
        self._last = event


def _checksum(array: Array) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=8).digest()


def _here() -> str:
    """Return 'train.py:14: y.mul_(2)' for the user's line that is running."""
    file, line = caller_line()
    return f"{file.rpartition(os.sep)[2]}:{line}: {linecache.getline(file, line).strip()}".rstrip(": ")


def _arrays_of(node: Node, saved: tuple[Any, ...]) -> Iterator[_Array]:
    """Yield the arrays that a node's rules will read: saved values, by-products, keywords, what a Function left."""
    if isinstance(node.op, FunctionOp):
        context, kept, _ = saved[1]
        for k, tensor in enumerate(kept):
            if tensor is not None:
                yield _noted(node.op.saved_name(saved, k), k, tensor.array)
        for name, value in vars(context).items():
            if not name.startswith("_"):
                yield from (_noted(f"ctx.{name} of shape {array.shape}", -1, array) for array in _arrays_in(value))
        return
    first = 1 + len(node.edges)
    names = list(node.op.by_products)
    for position, value in enumerate(saved):
        what = f"its {names[position - first]}" if position >= first else node.op.saved_name(saved, position)
        for array in _arrays_in(value):
            yield _noted(what, position, array, _copy_of(node, position, array))
    for name, value in node.static.items():
        yield from (_noted(f"its {name} of shape {array.shape}", -1, array) for array in _arrays_in(value))


def _noted(what: str, position: int, array: Array, copy: Array | None = None) -> _Array:
    return _Array(what, position, array, _checksum(array), copy)


def _arrays_in(value: Any) -> Iterator[Array]:
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "O":
            yield value
    elif isinstance(value, Tensor):
        yield value._array
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _arrays_in(item)
    elif isinstance(value, dict):
        yield from _arrays_in(list(value.values()))


def _copy_of(node: Node, position: int, array: Array) -> Array | None:
    """Return the copy that record level made of a saved operand or output, if it is one of this array."""
    if node.info is None:
        return None
    operands = node.info.operands
    copy = node.info.output if position == 0 else operands[position - 1] if position <= len(operands) else None
    alike = isinstance(copy, np.ndarray) and copy.shape == array.shape and copy.dtype == array.dtype
    return copy if alike and copy is not array else None


def _written(node: Node, cell: VersionCell, position: int, saved: _Guarded) -> MutationError:
    """Return the error for a write that a tensor operation made."""
    stamp, line = cell.place
    where = line if stamp == cell.stamp else "a line outside detect_mutation()"
    found = next((known.difference() for known in saved.kept.arrays if known.position == position), "")
    return MutationError(
        f"backward: {node.op.name!r} saved {node.op.saved_name(saved, position)} for its derivative, but "
        f"{cell.writer!r} has written to that memory in place since\n"
        f"  saved at {line_of(node)}\n  written at {where}{found}\n"
        f"  fix: use the out-of-place form of {cell.writer!r}, or clone() the tensor before writing"
    )


def _written_past(node: Node, saved: _Array, window: tuple[str, str] | None) -> MutationError:
    """Return the error for a write that no tensor operation made."""
    if window is None:
        when = "after that and before this backward; detect_mutation(every_operation=True) says between which lines"
    else:
        when = f"after {window[0]}\n  and not later than {window[1]}"
    return MutationError(
        f"backward: {node.op.name!r} saved {saved.what} for its derivative, but that memory was written past the "
        "engine since: through a NumPy array or another alias that it does not know\n"
        f"  saved at {line_of(node)}\n  written {when}{saved.difference()}\n"
        "  fix: write to a copy, as in x.detach().numpy().copy() or tensor(array); or use the tensor's own operations"
    )


class detect_mutation(watched):
    """Catch every write to a saved value in backward, also past the engine, and name both lines, for a block.

    What is recorded keeps copies and checksums of all operands: use it to look for an error, not to train. What was
    recorded in the block is checked also by a backward after it.

    Args:
        every_operation: look at all saved values again at each operation and each write, so that the error can say
            between which lines the write happened. Costs the square of the number of operations.

    Raises: MutationError, from backward.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> with detect_mutation():
        ...     y = x * 3
        ...     z = (y * y).sum()
        ...     y.detach().numpy()[0] = 5.0
        ...     z.backward()
        Traceback (most recent call last):
        autograd_np.errors.MutationError: backward: 'mul' saved its a of shape (2,) for its derivative, but that...
    """

    def __init__(self, every_operation: bool = False) -> None:
        super().__init__(_Mutations(every_operation), _Mutations)
