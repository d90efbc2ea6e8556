"""What a recorded call read of Python's state, so that a change is noticed before the next replay.

The bytecode of each function that ran says which global variables, enclosing variables and attributes it names; their
values when it was called are what the recording holds for. Tensors, arrays and numbers are guarded by identity,
containers by that of their items, modules by that of all their parameters, buffers, children and hooks.
"""

from __future__ import annotations

import dis
import gc
import inspect
import os
import random
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_np.core import Tensor

__all__ = ["MANY", "PARTS", "Guards", "is_watched"]

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep
_HERE = str(Path(__file__).resolve().parent) + os.sep
_NUMPY = str(Path(np.__file__).resolve().parent) + os.sep
_STDLIB = str(Path(os.__file__).resolve().parent) + os.sep
_SIMPLE = (bool, int, float, str, bytes, type(None), np.generic, np.dtype)
_DRAWING = (np.random.Generator, np.random.RandomState, random.Random)
_CONTAINERS = (list, tuple, dict, set, frozenset, deque)
_OPAQUE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
#: Items of a container that are looked at; of a longer one only the length is.
MANY = 1000
#: Where modules keep what they consist of, and their hooks.
_DICTS = ("_parameters", "_buffers", "_modules")
PARTS = (*_DICTS, "_hooks")


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
    constants: set[str] = set()
    for step in dis.get_instructions(code):
        operation, value = step.opname, step.argval
        if operation.startswith(("LOAD_ATTR", "LOAD_METHOD")):
            found["attribute"].add(value)
        elif operation == "LOAD_CONST" and isinstance(value, str) and value.isidentifier():
            # getattr() may be called with it.
            constants.add(value)
        elif operation.startswith(("LOAD_GLOBAL", "LOAD_NAME")):
            found["global"].add(value)
        elif operation.startswith(("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE", "LOAD_FAST")):
            # Some instructions load several variables at once.
            found["local"].update(value if isinstance(value, tuple) else (value,))
    if "getattr" in found["global"]:
        found["attribute"] |= constants
    return _Reads(*map(frozenset, found.values()))


class Guards:
    """The state that a recording read.

    Args:
        function: whose call is recorded.
    """

    def __init__(self, function: Any) -> None:
        #: (container, key, value): what an attribute or a variable was.
        self.values: dict[tuple[int, Any], tuple[Any, Any, Any]] = {}
        #: (container, its items): what a list, tuple or dictionary held.
        self.contents: dict[int, tuple[Any, list[Any]]] = {}
        #: Tensors and arrays that were reached, by id.
        self.reached: dict[int, Any] = {}
        #: Whether a source of random numbers was named that the engine knows nothing of.
        self.draws = False
        self._seen: set[int] = set()
        self._attributes: set[str] = set()
        self._function = inspect.unwrap(function)
        self._kept: list[Any] = []
        defaults = getattr(self._function, "__defaults__", None) or ()
        for value in (*defaults, *(getattr(self._function, "__kwdefaults__", None) or {}).values()):
            self.persists(value)

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
        self._attributes |= reads.attributes
        inside = bool(free) and _is_defined_inside(frame)
        found: list[Any] = []
        for name in reads.globals & frame.f_globals.keys():
            value = frame.f_globals[name]
            self._value(frame.f_globals, name, value)
            drawing = value is random or value is np.random or (value is np and "random" in reads.attributes)
            if drawing or isinstance(getattr(value, "__self__", None), _DRAWING):
                self.draws = True
            if isinstance(value, FunctionType) and is_watched(value.__code__):
                self._named_function(frame.f_globals, name, value)
            found.append(value)
        for name in reads.locals & variables.keys():
            value = variables[name]
            if name in free and not inside:
                self._cell(frame, name, value)
            if id(value) in self._seen:
                found.append(value)
        self._look(found, reads.attributes)

    def _named_function(self, variables: dict[str, Any], name: str, function: FunctionType) -> None:
        """Guard which function a variable is, and note what it has for default arguments."""
        self.values.setdefault((id(variables), name), (variables, name, function))
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.persists(value)

    def finish(self) -> None:
        """Look once more, for what functions returned that was there before the call."""
        self._look(list(self._kept), self._attributes)

    def _look(self, found: list[Any], attributes: AbstractSet[str]) -> None:
        """Guard the attributes of these names of objects, and of what they hold."""
        looked: set[int] = set()
        while found:
            value = found.pop()
            if id(value) in looked or isinstance(value, (*_SIMPLE, Tensor, np.ndarray)):
                continue
            looked.add(id(value))
            if isinstance(value, _CONTAINERS):
                found += list(_items(value))[:MANY]
                continue
            for name in attributes:
                holder = _holder(value, name)
                if holder is not None:
                    part = holder[name] if isinstance(holder, dict) else getattr(holder, name)
                    self._value(holder, name, part)
                    found.append(part)

    def _cell(self, frame: FrameType, name: str, value: Any) -> None:
        """Guard an enclosing variable by the function's own cell, where the function can be found."""
        own = getattr(self._function, "__code__", None) is frame.f_code
        function = self._function if own else _function_of(frame)
        if function is not None and function.__closure__ is not None and name in function.__code__.co_freevars:
            cell = function.__closure__[function.__code__.co_freevars.index(name)]
            if not isinstance(value, _OPAQUE):
                self.values.setdefault((id(cell), "cell_contents"), (cell, "cell_contents", value))
        self._reach(value)

    def _value(self, holder: dict[str, Any], key: str, value: Any) -> None:
        if isinstance(value, _OPAQUE) or (key.startswith("__") and key.endswith("__")):
            return
        self.values.setdefault((id(holder), key), (holder, key, value))
        self._reach(value)

    def _reach(self, value: Any, depth: int = 0) -> None:
        """Note the Tensors and arrays behind a value, and what containers and modules consist of."""
        if isinstance(value, _DRAWING):
            self.draws = True
        if isinstance(value, (_SIMPLE, _OPAQUE)) or depth > 6:
            return
        if isinstance(value, (Tensor, np.ndarray)):
            self.reached[id(value)] = value
            return
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        self._kept.append(value)
        if isinstance(value, _CONTAINERS):
            items = list(_items(value))
            self.contents[id(value)] = (value, items)
            for item in items[:MANY]:
                self._reach(item, depth + 1)
            return
        own = getattr(value, "__dict__", None)
        if isinstance(own, dict) and all(isinstance(own.get(name), dict) for name in _DICTS):
            for name in PARTS:
                if isinstance(own.get(name), dict):
                    self._value(own, name, own[name])

    # --- afterwards ------------------------------------------------------------------------------------------------

    def changed(self) -> str | None:
        """Return the name of something that is no longer what it was, or None."""
        for holder, key, value in self.values.values():
            if not _same(_now(holder, key), value):
                return str(key)
        for container, items in self.contents.values():
            now = list(_items(container))
            pairs = zip(now[:MANY], items[:MANY], strict=False)
            if len(now) != len(items) or not all(_same(a, b) for a, b in pairs):
                return f"a {type(container).__name__} of {len(items)} items"
        return None


def _same(now: Any, before: Any) -> bool:
    """Tell whether this is the very object, or an equal number or text."""
    if now is before:
        return True
    if not isinstance(before, _SIMPLE) or type(now) is not type(before):
        return False
    # A NaN that is another object is taken for a change: that costs a recording, and is never wrong.
    return bool(now == before)


def _items(container: Any) -> Iterator[Any]:
    return iter(container.values() if isinstance(container, dict) else container)


def _now(holder: Any, key: str) -> Any:
    try:
        return holder[key] if isinstance(holder, dict) else getattr(holder, key)
    except (KeyError, ValueError, AttributeError):
        return Guards  # what no variable of a user's is


def _holder(value: Any, attribute: str) -> Any:
    """Return what an attribute is read from: a dictionary of the object's, the object itself, or None if it has none.

    The object itself where the attribute is its class's, or a slot: assigning to either is noticed.
    """
    if isinstance(value, (*_SIMPLE, *_CONTAINERS, Tensor, np.ndarray, FunctionType, BuiltinFunctionType, MethodType)):
        return None
    own = getattr(value, "__dict__", None)
    if isinstance(value, ModuleType) and not _is_users(value):
        return None
    if isinstance(own, dict):
        for holder in (own, *(own.get(name) for name in _DICTS)):
            if isinstance(holder, dict) and attribute in holder:
                return holder
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == "builtins":
        return None
    for base in kind.__mro__:
        found = vars(base).get(attribute, Guards)
        if found is not Guards:
            constant = isinstance(found, (*_SIMPLE, *_CONTAINERS, Tensor, np.ndarray))
            slot = isinstance(found, MemberDescriptorType) and value is not kind and hasattr(value, attribute)
            return value if constant or slot else None
    return None


def _is_users(module: ModuleType) -> bool:
    """Tell whether a module's variables are the user's, rather than those of a library of functions."""
    file = getattr(module, "__file__", None) or ""
    return bool(file) and not file.startswith((_PACKAGE, _NUMPY, _STDLIB))


def _function_of(frame: FrameType) -> Any:
    """Return the function whose call a frame is, found among its caller's variables; None if it is not there."""
    code = frame.f_code
    for candidate in gc.get_referrers(code):
        if isinstance(candidate, FunctionType) and candidate.__code__ is code:
            cells = candidate.__closure__ or ()
            values = [frame.f_locals.get(n, Guards) for n in code.co_freevars]
            if all(_content(c) is v for c, v in zip(cells, values, strict=True)):
                return candidate
    return None


def _is_defined_inside(frame: FrameType) -> bool:
    """Tell whether the function was defined by one that is running: that one's frame has the enclosing variables."""
    outer = frame.f_back
    while outer is not None and not outer.f_code.co_filename.startswith(_HERE):
        if _defines(outer.f_code, frame.f_code):
            return True
        outer = outer.f_back
    return False


@lru_cache(maxsize=4096)
def _defines(outer: CodeType, code: CodeType) -> bool:
    inner = [constant for constant in outer.co_consts if isinstance(constant, CodeType)]
    return any(constant is code or _defines(constant, code) for constant in inner)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return Guards
