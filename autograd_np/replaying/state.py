"""The state behind some objects, copied, to be put back and to be compared."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd_np.core import Tensor

__all__ = ["State"]

_FIXED = (
    bool, int, float, complex, str, bytes, type(None), type, ModuleType, FunctionType, BuiltinFunctionType, MethodType,
    np.dtype, np.generic, np.ufunc,
)  # fmt: skip
_SLOTS = ("_array", "_node", "_cell", "_view")


class State:
    """Everything mutable that can be reached from some objects.

    Args:
        roots: where to begin.
    """

    def __init__(self, roots: Any) -> None:
        self._arrays: list[tuple[Any, Any]] = []
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._tensors: list[tuple[Tensor, tuple[Any, ...]]] = []
        self._generators: list[tuple[Any, Any]] = []
        #: Arrays in the order they were met, for comparison.
        self.values: list[Any] = []
        self._seen: dict[int, Any] = {}
        self._visit(roots)

    def _visit(self, x: Any) -> None:
        if isinstance(x, _FIXED) or id(x) in self._seen:
            return
        self._seen[id(x)] = x
        if isinstance(x, np.ndarray):
            copy = x.copy(order="K")
            self.values.append(copy)
            if x.flags.writeable:
                self._arrays.append((x, copy))
        elif isinstance(x, np.random.Generator):
            self._generators.append((x, x.bit_generator.state))
        else:
            for part in self._parts(x):
                self._visit(part)

    def _parts(self, x: Any) -> list[Any]:
        """Note what a container or an object holds, and return it."""
        if isinstance(x, Tensor):
            self._tensors.append((x, tuple(getattr(x, name) for name in _SLOTS)))
            return [x._array, x._cell, x.__dict__]
        if isinstance(x, dict):
            self._dicts.append((x, dict(x)))
            return list(x.values())
        if isinstance(x, list):
            self._lists.append((x, list(x)))
        if isinstance(x, (list, tuple, set, frozenset)):
            return list(x)
        own = getattr(x, "__dict__", None)
        return [own] if isinstance(own, dict) else []

    def restore(self) -> None:
        """Put everything back."""
        for container, items in self._dicts:
            container.clear()
            container.update(items)
        for listed, values in self._lists:
            listed[:] = values
        for tensor, slots in self._tensors:
            for name, value in zip(_SLOTS, slots, strict=True):
                setattr(tensor, name, value)
        for array, copy in self._arrays:
            array[...] = copy
        for generator, state in self._generators:
            generator.bit_generator.state = state

    def difference(self, roots: Any) -> str:
        """Return what is not the same now, in words; nothing if all arrays are."""
        now = State(roots).values
        if len(now) != len(self.values):
            return f"number of arrays ({len(self.values)}, then {len(now)})"
        for a, b in zip(self.values, now, strict=True):
            if a.shape != b.shape or a.dtype != b.dtype or a.tobytes() != b.tobytes():
                return f"array of shape {b.shape}"
        return ""
