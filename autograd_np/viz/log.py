"""The log of logged arrays: every expression and statement in the order it ran, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_np.core import Op
from autograd_np.tracing.logged import Logged, UntraceableError, logged_in, unwrapped

__all__ = ["Log"]


class Log:
    """Entries in the order they ran.

    Args:
        rows: called with a row, operands and settings when a row is called on logged arrays; returns the result.
        lifted: returns the arguments of an entry with logged arrays in place of those that are too long to write out.
    """

    #: Operators and NumPy's functions may stand for each other: what is written is read, not run again bit for bit.
    exact = False

    def __init__(
        self, rows: Callable[[Op, tuple[Any, ...], Mapping[str, Any]], Any], lifted: Callable[[Any], Any]
    ) -> None:
        self.rows = rows
        self.lifted = lifted
        self.entries: list[Logged] = []
        #: While kernels are tried: how many entries there may be, and that no branch may depend on values.
        self.limit: int | None = None
        self._known: dict[Any, Logged] = {}

    def add(self, form: str, head: str, parts: tuple[Any, ...], value: Any, *, pure: bool = True) -> Logged:
        """Return a new entry, or the one that is the same.

        Args:
            form: what kind of expression or statement it is.
            head: the operator, or what is called.
            parts: operands and arguments; logged arrays among them.
            value: what it computed.
            pure: whether the same again would give the same array, which nobody writes to.
        """
        parts = self.lifted(parts)
        key = (form, head, _key(parts)) if pure else None
        if key is not None and key in self._known:
            return self._known[key]
        if self.limit is not None and len(self.entries) >= self.limit:
            message = "the trace is too long"
            raise UntraceableError(message)
        entry = Logged(self, len(self.entries), form, head, parts, value)
        self.entries.append(entry)
        if key is not None:
            self._known[key] = entry
        return entry

    def heading(self, text: str) -> None:
        """Begin a part of the program."""
        self.entries.append(Logged(self, len(self.entries), "heading", text, (), None))

    def mark(self) -> Any:
        """Return where the log stands."""
        return len(self.entries), dict(self._known)

    def rewind(self, mark: Any) -> None:
        """Forget everything since a mark."""
        length, self._known = mark[0], dict(mark[1])
        del self.entries[length:]

    def changed(self, target: Logged) -> None:
        """Note that an array was written to, and with it whatever it is a view of."""
        todo = [target]
        while todo:
            part = todo.pop()
            if not part.changed:
                part.changed = True
                todo += [base for base in logged_in(part.parts) if _shares(part.value, base.value)]
        # What was read from it before may now read otherwise.
        self._known.clear()

    def attempt(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], limit: int
    ) -> Any:
        """Run a function on logged arrays; nothing is logged if that is not possible in so many entries.

        Raises: UntraceableError if so.
        """
        before, mark = self.limit, self.mark()
        last = len(self.entries) + limit
        self.limit = last if before is None else min(last, before)
        try:
            return function(*args, **kwargs)
        except Exception as error:
            # Whatever a kernel does that these arrays do not know, its source can be copied instead.
            self.rewind(mark)
            raise UntraceableError(str(error)) from error
        finally:
            self.limit = before

    def call(self, path: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the logged result of a function call; a tuple of results where it returns one."""
        with np.errstate(all="ignore"):
            value = function(*unwrapped(args), **unwrapped(dict(kwargs)))
        if value is None:
            message = f"{path} returned nothing: it does something that is not logged"
            raise UntraceableError(message)
        if not isinstance(value, (np.ndarray, np.generic, tuple, list)) or _is_fact(value):
            return value
        fresh = path in {
            "np.array",
            "np.zeros",
            "np.zeros_like",
            "np.empty",
            "np.empty_like",
            "np.ones_like",
            "np.full_like",
        }
        entry = self.add("call", path, (args, dict(kwargs)), value, pure=not fresh)
        return self.items(entry) if isinstance(value, (tuple, list)) else entry

    def items(self, entry: Logged) -> tuple[Any, ...]:
        """Return the results of a call that returns several; None stays None."""
        return tuple(
            None if value is None else self.add("item", str(i), (entry,), value) for i, value in enumerate(entry.value)
        )


def _shares(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)


def _is_fact(value: Any) -> bool:
    """Tell whether a function's result is no array but a fact such as a shape."""
    return isinstance(value, (tuple, list)) and not any(isinstance(item, (np.ndarray, np.generic)) for item in value)


def _key(part: Any) -> Any:
    """Return what two equal arguments have in common."""
    if isinstance(part, Logged):
        return "logged", part.position
    if isinstance(part, (tuple, list)):
        return type(part), *map(_key, part)
    if isinstance(part, dict):
        return "dict", *((key, _key(value)) for key, value in part.items())
    if isinstance(part, np.ndarray):
        return "array", id(part)
    return type(part), repr(part)
