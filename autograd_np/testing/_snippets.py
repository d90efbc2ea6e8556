"""A failing call as a program: imports, operands by their values, the call. It runs as it stands where it can."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd_np.core import Op, Tensor
from autograd_np.testing.expressions import Expression

__all__ = ["program", "title"]

#: Modules by the names that everybody gives them.
_FRONTS = {"ag": "autograd_np", "np": "numpy"}


def title(fn: Callable[..., Any]) -> str:
    """Return how errors call a function: `my_tanh`, `Swish.apply`, `<lambda>`."""
    if isinstance(fn, Op):
        return fn.name
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, type):
        return f"{owner.__name__}.{fn.__name__}"
    return getattr(fn, "__qualname__", getattr(fn, "__name__", type(fn).__name__)).rpartition("<locals>.")[2]


def program(fn: Callable[..., Any], inputs: Sequence[Any], options: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
    """Return a program that calls `check_operation` with these arguments.

    Args:
        fn: the function under test.
        inputs: its operands.
        options: further arguments of the call.
        scope: global names of the module that called.
    """
    writer = _Writer(scope)
    called = writer.named(fn, "operation")
    names = []
    for i, value in enumerate(inputs):
        names.append(f"x{i}")
        writer.body.append(f"x{i} = {_value(value)}")
    given = "".join(f", {name}={writer.named(value, name)}" for name, value in options.items())
    listed = f"({', '.join(names)}{',' if len(names) == 1 else ''})"
    writer.body.append(f"check_operation({called}, {listed}{given})")
    imports = {"import autograd_np as ag", "from autograd_np.testing import check_operation", *writer.imports}
    if any("np." in line for line in [*writer.definitions, *writer.body]):
        imports.add("import numpy as np")
    return "\n".join(
        [*sorted(imports, key=lambda line: (line.startswith("from"), line)), "", *writer.definitions, *writer.body]
    )


class _Writer:
    """Collects the imports and definitions that the names in a program need."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.scope = scope
        self.imports: set[str] = set()
        self.definitions: list[str] = []
        self.body: list[str] = []

    def named(self, value: Any, wished: str) -> str:
        """Return an expression for a value, after writing down what that needs."""
        if isinstance(value, Expression):
            self.definitions += [repr(value), ""]
            return value.__name__
        if isinstance(value, (type(None), bool, int, float, str, tuple, np.ndarray, Tensor)):
            return _value(value)
        owner = getattr(value, "__self__", None)
        if isinstance(owner, type):
            return f"{self.named(owner, wished)}.{value.__name__}"
        found = self.imported(value, wished)
        if found:
            return found
        if isinstance(value, FunctionType):
            return self.defined(value, wished)
        return self.unknown(value, wished)

    def imported(self, value: Any, wished: str) -> str:
        """Return the name under which a value can be imported, or nothing."""
        if isinstance(value, ModuleType):
            own = value.__name__
            self.imports.add(f"import {own}" if own == wished else f"import {own} as {wished}")
            return wished
        name = getattr(value, "__name__", "")
        for short, module in _FRONTS.items():
            if name and getattr(sys.modules.get(module), name, None) is value:
                self.imports.add(f"import {module} as {short}")
                return f"{short}.{name}"
        for scope in (*_homes(value), self.scope):
            for name, other in scope.items():
                if other is value and name.isidentifier():
                    self.imports.add(f"from {_module_name(scope)} import {name}")
                    return name
        return ""

    def defined(self, function: FunctionType, wished: str) -> str:
        """Write a function's own text; a lambda gets the wished name."""
        text = _source(function)
        if not text:
            return self.unknown(function, wished)
        for name, value in _names_used(function):
            expression = self.named(value, name)
            if expression != name:
                self.definitions.append(f"{name} = {expression}")
        if text.startswith("lambda"):
            self.definitions.append(f"{wished} = {text}")
            return wished
        self.definitions += [text, ""]
        return function.__name__

    def unknown(self, value: Any, wished: str) -> str:
        self.definitions.append(f"{wished} = ...  # {re.sub(r' at 0x[0-9a-f]+', '', repr(value))}: not importable")
        return wished


def _homes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the names of the modules that a value may have been written in."""
    if isinstance(value, type):
        yield vars(sys.modules[value.__module__])
    parts = (*value.rules, value.kernel) if isinstance(value, Op) else (value,)
    yield from (part.__globals__ for part in parts if isinstance(part, FunctionType))


def _module_name(scope: Mapping[str, Any]) -> str:
    """Return the name that a module can be imported by, also where it is the program itself."""
    if scope["__name__"] != "__main__":
        return str(scope["__name__"])
    spec = scope.get("__spec__")
    return spec.name if spec is not None else Path(scope.get("__file__", "__main__")).stem


def _names_used(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the names that a function takes from outside, with their values."""
    code = function.__code__
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    yield from ((name, cell.cell_contents) for name, cell in cells)
    known = function.__globals__
    yield from ((name, known[name]) for name in code.co_names if name in known)


def _source(function: FunctionType) -> str:
    """Return a function's text; of a lambda only if no other begins in its line."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        if function.__name__ != "<lambda>":
            return text.rstrip()
        lines, first = inspect.findsource(function)
        whole = ast.parse("".join(lines))
    except (OSError, SyntaxError, TypeError):
        return ""
    here = [node for node in ast.walk(whole) if isinstance(node, ast.Lambda) and node.lineno == first + 1]
    return (ast.get_source_segment("".join(lines), here[0]) or "") if len(here) == 1 else ""


def _value(value: Any) -> str:
    """Return a value as Python: tensors and arrays by their elements, in their type."""
    if isinstance(value, Tensor):
        grad = ", requires_grad=True" if value.requires_grad else ""
        return f"ag.tensor({_elements(value._array)}, dtype=ag.{value.dtype}{grad})"
    if isinstance(value, np.ndarray):
        return f"np.array({_elements(value)}, dtype={value.dtype.name!r})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' if len(value) == 1 else ''})"
    return re.sub(r"\b(nan|inf)\b", r"float('\1')", repr(value)) if isinstance(value, float) else repr(value)


def _elements(array: Any) -> str:
    if not array.size and array.ndim > 1:
        return f"np.zeros({array.shape})"
    return re.sub(r"\b(nan|inf)\b", r"float('\1')", repr(array.tolist()))
