"""What a recorded call read of Python's state, so that a change is noticed before the next replay.

The bytecode of each function that ran says which global variables, enclosing variables and attributes it names; their
values when it was called are what the recording holds for. Tensors, arrays and numbers are guarded by identity,
containers by that of their items, modules by that of all their parameters, buffers, children and hooks.
"""

from __future__ import annotations

import dis
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_np.core import Tensor

__all__ = ["Guards", "is_watched"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
_STDLIB = sysconfig.get_path("stdlib") + os.sep
_SIMPLE = (bool, int, float, str, bytes, type(None), np.generic, np.dtype)
_OPAQUE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
#: Items of a container that are looked at; of a longer one only the length is.
MANY = 1000
_DICTS = ("_parameters", "_buffers", "_modules")


@lru_cache(maxsize=4096)
def is_watched(code: CodeType) -> bool:
    """Tell whether a function is the user's or the library's above the engine, rather than Python's or NumPy's."""
    name = code.co_filename
    if name.startswith((_PACKAGE, _NUMPY, "<frozen", "<__array_function__", "<replayed")):
        return False
    return not name.startswith(_STDLIB) or "site-packages" in name


class _Reads(NamedTuple):
    """The names that a function's bytecode loads."""

    globals: frozenset[str]
    locals: frozenset[str]
    attributes: frozenset[str]


@lru_cache(maxsize=4096)
def _reads(code: CodeType) -> _Reads:
    found: dict[str, set[str]] = {"global": set(), "local": set(), "attribute": set()}
    for step in dis.get_instructions(code):
        operation, value = step.opname, step.argval
        if operation.startswith(("LOAD_ATTR", "LOAD_METHOD")):
            found["attribute"].add(value)
        elif operation.startswith(("LOAD_GLOBAL", "LOAD_NAME")):
            found["global"].add(value)
        elif operation.startswith(("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FAST")):
            # Some instructions load several variables at once.
            found["local"].update(value if isinstance(value, tuple) else (value,))
    return _Reads(*map(frozenset, found.values()))


class Guards:
    """The state that a recording read."""

    def __init__(self) -> None:
        #: (container, key, value): what an attribute or a variable was.
        self.values: dict[tuple[int, Any], tuple[Any, Any, Any]] = {}
        #: (container, its items): what a list, tuple or dictionary held.
        self.contents: dict[int, tuple[Any, list[Any]]] = {}
        #: Tensors and arrays that were reached, by id.
        self.reached: dict[int, Any] = {}
        self.last_changed: str | None = None
        self._seen: set[int] = set()
        self._kept: list[Any] = []

    def persists(self, value: Any) -> None:
        """Note an object that was there before the call."""
        if id(value) not in self._seen:
            self._reach(value)

    def called(self, frame: FrameType) -> None:
        """Note what a function that begins will read.

        Whatever it names as an attribute is looked for in every object that it can reach and that was there before the
        call: which of them it will be read from, through variables and loops, the bytecode alone does not say.
        """
        code, variables = frame.f_code, frame.f_locals
        reads, free = _reads(code), set(code.co_freevars)
        found: list[Any] = []
        for name in reads.globals & frame.f_globals.keys():
            self._value(frame.f_globals, name, frame.f_globals[name])
            found.append(frame.f_globals[name])
        for name in reads.locals & variables.keys():
            value = variables[name]
            if name in free and not _is_made_inside(frame, name):
                self._cell(frame, name, value)
            if id(value) in self._seen:
                found.append(value)
        looked: set[int] = set()
        while found:
            value = found.pop()
            if id(value) in looked or isinstance(value, (*_SIMPLE, Tensor, np.ndarray)):
                continue
            looked.add(id(value))
            if isinstance(value, (list, tuple, dict)):
                found += list(_items(value))[:MANY]
                continue
            for name in reads.attributes:
                holder = _holder(value, name)
                if holder is not None:
                    self._value(holder, name, holder[name])
                    found.append(holder[name])

    def _cell(self, frame: FrameType, name: str, value: Any) -> None:
        """Guard an enclosing variable by the function's own cell, where the function can be found."""
        function = _function_of(frame)
        if function is not None and function.__closure__ is not None and name in function.__code__.co_freevars:
            cell = function.__closure__[function.__code__.co_freevars.index(name)]
            if not isinstance(value, _OPAQUE):
                self.values.setdefault((id(cell), "cell_contents"), (cell, "cell_contents", value))
        self._reach(value)

    def _value(self, holder: dict[str, Any], key: str, value: Any) -> None:
        if isinstance(value, _OPAQUE):
            return
        if key.startswith("__") and key.endswith("__"):
            return
        self.values.setdefault((id(holder), key), (holder, key, value))
        self._reach(value)

    def _reach(self, value: Any, depth: int = 0) -> None:
        """Note the Tensors and arrays behind a value, and what containers and modules consist of."""
        if isinstance(value, (_SIMPLE, _OPAQUE)) or depth > 6:
            return
        if isinstance(value, (Tensor, np.ndarray)):
            self.reached[id(value)] = value
            return
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        self._kept.append(value)
        if isinstance(value, (list, tuple, dict)):
            items = list(_items(value))
            self.contents[id(value)] = (value, items)
            for item in items[:MANY]:
                self._reach(item, depth + 1)
            return
        own = getattr(value, "__dict__", None)
        if isinstance(own, dict) and all(isinstance(own.get(name), dict) for name in _DICTS):
            for name in (*_DICTS, "_hooks"):
                if isinstance(own.get(name), dict):
                    self._value(own, name, own[name])

    # --- afterwards ------------------------------------------------------------------------------------------------

    def changed(self) -> str | None:
        """Return the name of something that is no longer what it was, or None."""
        for holder, key, value in self.values.values():
            now = _now(holder, key)
            if now is not value and not (isinstance(value, _SIMPLE) and type(now) is type(value) and _equal(now, value)):
                return str(key)
        for container, items in self.contents.values():
            now = list(_items(container))
            if len(now) != len(items) or any(
                a is not b and not (isinstance(b, _SIMPLE) and type(a) is type(b) and _equal(a, b))
                for a, b in zip(now[:MANY], items)
            ):
                return f"a {type(container).__name__} of {len(items)} items"
        return None


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b or (a != a and b != b))


def _items(container: Any) -> Iterator[Any]:
    return iter(container.values() if isinstance(container, dict) else container)


def _now(holder: Any, key: str) -> Any:
    try:
        return holder[key] if isinstance(holder, dict) else getattr(holder, key)
    except (KeyError, ValueError):
        return Guards  # what no variable of a user's is


def _holder(value: Any, attribute: str) -> dict[str, Any] | None:
    """Return the dictionary that an attribute lies in: the object's own, or one of a module's."""
    if isinstance(value, (*_SIMPLE, Tensor, np.ndarray)):
        return None
    if isinstance(value, ModuleType) and not is_ours(value):
        return None
    if isinstance(value, (FunctionType, BuiltinFunctionType, MethodType, type)):
        return None
    own = getattr(value, "__dict__", None)
    if not isinstance(own, dict):
        return None
    if attribute in own:
        return own
    for name in _DICTS:
        inner = own.get(name)
        if isinstance(inner, dict) and attribute in inner:
            return inner
    return None


def is_ours(module: ModuleType) -> bool:
    """Tell whether a module's variables are the user's, rather than those of a library of functions."""
    file = getattr(module, "__file__", None) or ""
    return bool(file) and not file.startswith((_PACKAGE, _NUMPY, _STDLIB))


def _function_of(frame: FrameType) -> Any:
    """Return the function whose call a frame is, found among its caller's variables; None if it is not there."""
    code = frame.f_code
    import gc

    for candidate in gc.get_referrers(code):
        if isinstance(candidate, FunctionType) and candidate.__code__ is code:
            cells = candidate.__closure__ or ()
            values = [frame.f_locals.get(n, Guards) for n in code.co_freevars]
            if all(_content(c) is v for c, v in zip(cells, values)):
                return candidate
    return None


def _is_made_inside(frame: FrameType, name: str) -> bool:
    """Tell whether an enclosing variable belongs to a function that is running: it is younger than the recording."""
    outer = frame.f_back
    while outer is not None and not outer.f_code.co_filename.startswith(_HERE):
        if name in outer.f_code.co_cellvars:
            return True
        outer = outer.f_back
    return False


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return Guards


_ = sys
