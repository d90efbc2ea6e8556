"""What of a tape is needed, in which order, how long its arrays live, and which of them leave the call."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_np.replaying.tape import RefusedError, Tape, frozen
from autograd_np.tracing.logged import Logged, logged_in

__all__ = ["AsTensor", "Plan", "Returned", "entries_in"]

#: Entries that do something for others to see.
_EFFECTS = frozenset({"effect", "deposit", "stamp", "grad", "check"})
#: Entries that write into an array.
_WRITES = frozenset({"update", "store", "do"})
#: Entries that compute an array from others, and nothing else.
_PURE = frozenset({"operator", "call", "method", "index", "attribute", "item"})
#: Entries for arrays that were there before the call.
_SOURCES = frozenset({"input", "array", "constant"})


class Returned:
    """An entry in what a call returned: as a Tensor, as the plain array it was, or as its owner's gradient."""

    def __init__(self, entry: Logged, *, array: bool = False, owner: Any = None) -> None:
        self.entry = entry
        self.array = array
        self.owner = owner


class AsTensor(NamedTuple):
    """A Tensor in the arguments of a function that is called again: the caller's own, or one around an entry."""

    tensor: Any
    entry: Any
    #: Whose gradient it is.
    owner: Any = None


def entries_in(returned: Any) -> set[Logged]:
    """Return the entries in a returned structure."""
    if isinstance(returned, Returned):
        return {returned.entry}
    if isinstance(returned, dict):
        returned = tuple(returned.values())
    return {e for item in returned for e in entries_in(item)} if isinstance(returned, (tuple, list)) else set()


class Plan:
    """The entries of a program.

    Args:
        tape: the recorded call.
        returned: the structure that was returned.
    """

    def __init__(self, tape: Tape, returned: Any) -> None:
        self.roots = tape.roots
        self.written = tape.written
        #: What a call returns.
        self.results = entries_in(returned)
        self.entries = self._checked_first(self._folded(self._needed(tape.entries)))
        #: Roots of the arrays that somebody else gets to see.
        self.leaving = {self.roots[e] for e in self.results}
        for entry in self.entries:
            if entry.form in ("effect", "deposit", "grad"):
                self.leaving.update(self.roots[e] for e in logged_in(entry.parts))
        #: Position of the last entry that looks at a root's memory.
        self.last: dict[Logged, int] = {}
        for position, entry in enumerate(self.entries):
            for root in self.touched(entry):
                self.last[root] = position

    def touched(self, entry: Logged) -> set[Logged]:
        """Return the roots of the memory that an entry looks at or makes."""
        return {self.roots[part] for part in (entry, *logged_in(entry.parts))}

    def _needed(self, entries: list[Logged]) -> list[Logged]:
        """Return the entries that something depends on."""
        needed = set(self.results)
        looked_at = {self.roots[e] for e in needed}
        kept = []
        for entry in reversed(entries):
            if entry.form in _WRITES:
                # A write counts where what it writes to is looked at later, or belongs to somebody else.
                target = self.roots[_target(entry)]
                wanted = target in looked_at or target.form not in _PURE
            else:
                wanted = entry in needed or entry.form in _EFFECTS
            if wanted:
                kept.append(entry)
                parts = list(logged_in(entry.parts))
                needed.update(parts)
                looked_at.update(self.roots[p] for p in parts)
        return kept[::-1]

    def _folded(self, entries: list[Logged]) -> list[Logged]:
        """Return the entries without those that compute the same at every replay: these become constants."""
        fixed: set[Logged] = set()
        for entry in entries:
            if self.roots[entry] in self.written:
                continue
            parts = list(logged_in(entry.parts))
            if entry.form == "constant":
                fixed.add(entry)
            elif isinstance(entry.value, (np.ndarray, np.generic)) and _is_pure(entry, parts, fixed):
                entry.form, entry.head, entry.parts = "constant", frozen(entry.value), ()
                self.roots[entry] = entry
                fixed.add(entry)
        used = {part for entry in entries for part in logged_in(entry.parts)} | self.results
        return [entry for entry in entries if entry.form != "constant" or entry in used]

    def _checked_first(self, entries: list[Logged]) -> list[Logged]:
        """Return the entries with those first that may still find that the program does not hold.

        Raises: RefusedError if something that the call changes would have to come before.
        """
        first: set[Logged] = set()
        for entry in reversed(entries):
            if entry.form == "check" or entry in first:
                first.add(entry)
                first.update(logged_in(entry.parts))
        for entry in first:
            # Integers from outside are no parameters, which optimisers move.
            outside = entry.form == "external" and entry.value.dtype.kind in "iu"
            fixed = entry.form in _PURE | _SOURCES or entry.form == "check" or outside
            if not fixed or self.roots[entry] in self.written:
                message = "the classes of a loss are computed from what the call itself changes"
                raise RefusedError(message)
        return [*(e for e in entries if e in first), *(e for e in entries if e not in first)]


def _is_pure(entry: Logged, parts: list[Logged], fixed: set[Logged]) -> bool:
    """Tell whether an entry computes something, and from constants alone."""
    return entry.form in _PURE and bool(parts) and all(part in fixed for part in parts)


def _target(entry: Logged) -> Logged:
    """Return what an entry writes to."""
    args, kwargs = entry.parts if entry.form == "do" else (entry.parts, {})
    target: Logged = kwargs.get("out", args[0])
    return target
