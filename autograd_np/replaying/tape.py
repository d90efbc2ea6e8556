"""The tape: what a call did, one NumPy call after the other, with logged arrays in the place of arrays.

The recorded call itself runs eagerly. Beside it, every row that it called is run again on logged arrays, so that a
kernel of a line or two leaves that line and a larger one stands as one call; what comes out must be the eager result,
bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from autograd_np.core import Node, Op, Port, Tensor
from autograd_np.core.op import as_ndarray, value_of
from autograd_np.replaying.runtime import arrays_in
from autograd_np.tracing.logged import Logged, UntraceableError, logged_in, unwrapped

__all__ = ["PlacedLog", "RefusedError", "Tape", "as_entry", "frozen", "same"]

#: A kernel that comes to more entries than this stays one call.
LONGEST = 12
#: Functions of NumPy's whose result follows from shapes and types.
_FACTS = frozenset({np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.isscalar, np.iscomplexobj})


class RefusedError(Exception):
    """Why a call cannot be replayed."""


def same(a: Any, b: Any) -> bool:
    """Tell whether two results are the same: type, shape, layout and every bit."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if not isinstance(b, np.ndarray):
        return type(a) is type(b) and (
            a is b or bool(np.array_equal(a, b, equal_nan=isinstance(a, (float, np.floating))))
        )
    if not isinstance(a, np.ndarray) or a.shape != b.shape or a.dtype != b.dtype:
        return False
    steps = [(s, t) for n, s, t in zip(a.shape, a.strides, b.strides, strict=True) if n > 1]
    return all(s == t for s, t in steps) and a.tobytes() == b.tobytes()


def frozen(value: Any) -> Any:
    """Return a copy of an array in the very same layout, on which products and sums depend in their last bits."""
    if not isinstance(value, np.ndarray):
        return value
    low, high = byte_bounds(value)
    memory = np.empty(max(high - low, 1), np.uint8)
    start = value.__array_interface__["data"][0] - low
    result = np.ndarray(value.shape, value.dtype, memory, start if value.size else 0, value.strides)
    # Elements that share memory have one value.
    with np.errstate(all="ignore"):
        result[...] = value
    return result


class Tape:
    """Entries in the order they ran, and which array is which entry.

    It is the log of its logged arrays: they call `add`, `call`, `items`, `rows` and `changed`.
    """

    #: What is logged is done again, so `x ** 2` and `np.power(x, 2)` are not the same.
    exact = True

    def __init__(self) -> None:
        self.entries: list[Logged] = []
        #: While kernels are tried: how many entries there may be, and that no branch may depend on values.
        self.limit: int | None = None
        self._errors: Any = None
        #: The entry whose memory an entry's array is, or looks into.
        self.roots: dict[Logged, Logged] = {}
        #: Entries that were written to.
        self.written: set[Logged] = set()
        self._known: dict[int, Logged] = {}
        #: Arrays are known by their id, so they stay alive while the tape runs.
        self._kept: list[Any] = []

    # --- which array is which --------------------------------------------------------------------------------------

    def bind(self, array: Any, entry: Logged) -> None:
        """Note that this very array is an entry's value."""
        self._kept.append(array)
        self._known[id(array)] = entry

    def entry_of(self, array: Any) -> Logged | None:
        """Return the entry whose value this very array is, if there is one."""
        return self._known.get(id(array))

    def symbol(self, array: Any, what: str = "an operation") -> Logged:
        """Return the entry of an array, or raise RefusedError: nobody knows where it came from."""
        found = self._known.get(id(array))
        if found is None:
            message = (
                f"{what} took an array of shape {array.shape} that no recorded operation made and replay does not "
                "watch\n  fix: pass it as an argument, or compute it with autograd_np's functions"
            )
            raise RefusedError(message)
        return found

    def source(self, form: str, head: Any, value: Any) -> Logged:
        """Return an entry for an array from outside: an input, a tensor's own array, a constant, a gradient."""
        # What a constant holds now; it may be written to later.
        entry = self.entry(form, frozen(value) if form == "constant" else head, (), value)
        self.bind(value, entry)
        return entry

    def lifted(self, part: Any, what: str) -> Any:
        """Return settings with entries in the place of arrays."""
        if isinstance(part, Tensor):
            return self.symbol(part._array, what)
        if isinstance(part, np.ndarray):
            return self.symbol(part, what)
        if type(part) in (tuple, list):
            return type(part)(self.lifted(item, what) for item in part)
        if type(part) is dict:
            return {key: self.lifted(item, what) for key, item in part.items()}
        if isinstance(part, slice) and arrays_in(part):
            return slice(*(self.lifted(item, what) for item in (part.start, part.stop, part.step)))
        return part

    # --- what logged arrays ask for --------------------------------------------------------------------------------

    def entry(self, form: str, head: Any, parts: tuple[Any, ...], value: Any) -> Logged:
        """Return a new entry.

        Args:
            form: what kind of call or statement it is.
            head: what is called, or what it is about.
            parts: arguments; entries among them.
            value: what it computed.
        """
        if self.limit is not None and len(self.entries) >= self.limit:
            message = "the trace is too long"
            raise UntraceableError(message)
        if self.limit is not None and np.geterr() != self._errors:
            message = "the kernel decides which warnings there are"
            raise UntraceableError(message)
        entry = Logged(self, len(self.entries), form, head, parts, value)
        self.entries.append(entry)
        self.roots[entry] = self._root_of(entry)
        return entry

    def _root_of(self, entry: Logged) -> Logged:
        if not isinstance(entry.value, np.ndarray):
            return entry
        # An item's memory may be that of what its call was given.
        parts = entry.parts[0].parts if entry.form == "item" else entry.parts
        for part in logged_in(parts):
            if isinstance(part.value, np.ndarray) and np.may_share_memory(part.value, entry.value):
                return self.roots[part]
        return entry

    def add(self, form: str, head: Any, parts: tuple[Any, ...], value: Any, *, pure: bool = True) -> Logged:
        """Return a new entry; `do` names its function by a path."""
        if form == "do":
            function: Any = np
            for name in head.split(".")[1:]:
                function = getattr(function, name)
            head = function
        return self.entry(form, head, parts, value)

    def call(self, path: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the logged result of a function call; a tuple of results where it returns one."""
        with np.errstate(all="ignore"):
            value = function(*unwrapped(tuple(args)), **unwrapped(dict(kwargs)))
        return self.result("call", function, (tuple(args), dict(kwargs)), value)

    def result(self, form: str, head: Any, parts: tuple[Any, ...], value: Any) -> Any:
        """Return the entry for a call's result, entries for the items of several, or the plain fact it returned."""
        if isinstance(value, (np.ndarray, np.generic)):
            return self.entry(form, head, parts, value)
        if isinstance(value, (tuple, list)) and arrays_in(value):
            return self.items(self.entry(form, head, parts, tuple(value)))
        if head in _FACTS:
            return value
        message = f"{head} returned {type(value).__name__}"
        raise UntraceableError(message)

    def items(self, entry: Logged) -> tuple[Any, ...]:
        """Return the results of a call that returns several; None stays None."""
        return tuple(
            self.entry("item", i, (entry,), value) if isinstance(value, (np.ndarray, np.generic)) else value
            for i, value in enumerate(entry.value)
        )

    def is_own(self, entry: Logged) -> bool:
        """Tell whether an entry made its array, and nobody else holds that."""
        made = entry.form in ("operator", "call", "method", "item")
        return made and self.roots[entry] is entry and entry.value.base is None

    def changed(self, target: Logged) -> None:
        """Note that an array was written to."""
        self.written.add(self.roots[target])

    # --- rows ------------------------------------------------------------------------------------------------------

    def rows(self, row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Answer a row that a rule or a kernel calls on logged arrays."""
        if hasattr(row, "into"):
            return PlacedLog(row, operands[0], dict(static))
        return self.kernel(row, operands, static)[0]

    def kernel(self, row: Op, operands: Sequence[Any], static: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
        """Return a row's results and by-products on entries, as what its kernel does or as one call of it."""
        if any(isinstance(x, Logged) and isinstance(x.value, np.generic) for x in operands):
            operands = [self.as_array(x) for x in operands]
        plain = unwrapped(dict(static))
        values, extras = row.run([unwrapped(x) for x in operands], plain)
        expected = (*(values if row.outputs > 1 else (values,)), *extras)
        parts = self.tried(lambda: row.kernel(*operands, **static), expected)
        if parts is None:
            entry = self.entry(
                "call", row.kernel, (tuple(operands), dict(static)), expected if len(expected) > 1 else expected[0]
            )
            parts = self.items(entry) if len(expected) > 1 else (entry,)
        return (parts[: row.outputs] if row.outputs > 1 else parts[0]), parts[row.outputs :]

    def tried(self, function: Callable[[], Any], expected: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Return what a function of entries gives if it leaves few entries and the same bits, else None."""

        def agreeing(found: Any) -> tuple[Any, ...] | None:
            parts = tuple(found) if len(expected) > 1 else (found,)
            parts = tuple(
                self.as_array(x) if isinstance(e, np.ndarray) else x for x, e in zip(parts, expected, strict=False)
            )
            return parts if len(parts) == len(expected) and all(map(same, unwrapped(parts), expected)) else None

        result: tuple[Any, ...] | None = self.attempt(function, agreeing)
        return result

    def attempt(self, function: Callable[[], Any], accepted: Callable[[Any], Any]) -> Any:
        """Return what `accepted` makes of a function's result; where it is None or something fails, log nothing."""
        length, limit, errors, written = len(self.entries), self.limit, self._errors, set(self.written)
        last = length + LONGEST
        self.limit, self._errors = (last if limit is None else min(last, limit)), np.geterr()
        result = None
        try:
            result = accepted(function())
        except Exception:  # noqa: BLE001, S110 (whatever a kernel does that logged arrays do not know, it is called)
            pass
        finally:
            self.limit, self._errors = limit, errors
        if result is None:
            self.rewind(length)
            self.written = written
        return result

    def rewind(self, length: int) -> None:
        """Forget everything since the tape was so long."""
        for entry in self.entries[length:]:
            del self.roots[entry]
        del self.entries[length:]

    def as_array(self, x: Any) -> Any:
        """Return an entry with an array where operators left a number."""
        if not (isinstance(x, Logged) and isinstance(x.value, np.generic)):
            return x
        return self.entry("call", np.asarray, ((x,), {}), np.asarray(x.value))

    def row_called(self, row: Op, operands: Sequence[Any], static: Mapping[str, Any], result: Any) -> None:
        """Log a row that was called on Tensors, and check that what was logged gives its result."""
        logged = [self.operand(row, x) for x in operands]
        settings = self.lifted(dict(static), row.name)
        tensors = result if isinstance(result, tuple) else (result,)
        eager = tuple(getattr(t, "_array", t) for t in tensors)
        for prepare in (row._promoted, list):
            length = len(self.entries)
            try:
                cast = [self._cast(x, y) for x, y in zip(logged, prepare(unwrapped(logged)), strict=True)]
                found, extras = self.kernel(row, cast, settings)
            except (TypeError, ValueError):
                self.rewind(length)
                continue
            parts = found if isinstance(found, tuple) else (found,)
            if all(map(same, unwrapped(parts), eager)):
                break
            # NumPy's front door enters rows without promotion.
            self.rewind(length)
        else:
            message = f"{row.name} gave another result when it was run again"
            raise RefusedError(message)
        for part, array in zip(parts, eager, strict=True):
            # What is logged from now on looks at the eager array, to which later writes go.
            part.value = array
            self.bind(array, part)
        self._bind_saved(row, tensors[0], cast, extras)

    def _bind_saved(self, row: Op, result: Any, cast: Sequence[Any], extras: Sequence[Any]) -> None:
        """Note which entries the node's saved arrays are: operands that were converted, and by-products."""
        node = getattr(result, "_node", None)
        node = node.edges[0] if isinstance(node, Port) else node
        if not isinstance(node, Node) or node.op is not row or type(node.saved) is not tuple:
            return
        known = [*cast, *extras]
        for value, entry in zip(node.saved[1:], known, strict=False):
            if isinstance(value, np.ndarray) and isinstance(entry, Logged) and id(value) not in self._known:
                self.bind(value, entry)

    def operand(self, row: Op, operand: Any) -> Any:
        """Return what stands for an operand of a row."""
        if isinstance(operand, (Tensor, np.ndarray)):
            return self.symbol(getattr(operand, "_array", operand), row.name)
        value = value_of(operand)
        if not isinstance(value, np.ndarray):
            return value
        if arrays_in(operand):
            message = f"{row.name} took a list with tensors in it\n  fix: stack() them"
            raise RefusedError(message)
        return self.source("constant", None, value)

    def _cast(self, x: Any, like: Any) -> Any:
        if isinstance(x, Logged) and x.value.dtype != like.dtype:
            return x.astype(like.dtype, copy=False)
        return x


class PlacedLog:
    """A cotangent that is zero but at some places, as rows that place values hand it to the engine."""

    def __init__(self, row: Any, values: Logged, static: dict[str, Any]) -> None:
        self.row = row
        self.values = values
        self.shape = static.pop("shape")
        self.static = static

    def add_into(self, tape: Tape, buffer: Logged) -> None:
        """Add the values into a buffer."""
        values = tape.as_array(self.values)
        tape.changed(buffer)
        self.row.into(buffer.value, values.value, **unwrapped(self.static))
        tape.entry("do", self.row.into, ((buffer, values), self.static), None)


def as_entry(tape: Tape, c: Any) -> Logged:
    """Return a rule's result as an entry; a plain array is a constant."""
    if isinstance(c, Logged):
        return tape.as_array(c)
    return tape.source("constant", None, as_ndarray(c))
