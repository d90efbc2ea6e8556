"""Copies functions by their source, with everything of ours that they use, into a program that needs only NumPy.

Docstrings lose their examples and annotations go, comments stay. What is not ours is imported.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from autograd_np.core import Op, Tensor
from autograd_np.errors import UnsupportedError
from autograd_np.viz.source_text import (
    Edit,
    ModuleText,
    annotations_in,
    called,
    local_names,
    module_text,
    shorter_docstrings,
    syntax_of,
    without_annotations,
)

__all__ = ["Copier", "import_path"]

#: Packages that the program does not need: their functions are copied.
_OURS = frozenset({"autograd_np", "nn", "__main__"})
#: Remarks to checkers of our own code.
_REMARK = re.compile(r"[ \t]*# (?:noqa|type: ignore|fmt:).*")

#: What shares work out to threads, as a program for reading has it: (line that imports, definition).
_PLAIN: dict[tuple[str, str], tuple[str, str]] = {
    ("autograd_np.kernels.parallel", "for_each"): (
        "",
        "def {name}(work, parts):\n    for part in parts:\n        work(part)",
    ),
    ("autograd_np.kernels.blas", "one_thread"): ("import contextlib", "{name} = contextlib.nullcontext()"),
}


def _is_copied(module: str) -> bool:
    """Tell whether what a module defines is copied: ours, and scripts, but no library's."""
    top = module.partition(".")[0]
    if top in _OURS or top in sys.stdlib_module_names or top == "numpy":
        return top in _OURS
    path = getattr(sys.modules.get(module), "__file__", None)
    return path is not None and "site-packages" not in path


def import_path(value: Any) -> str | None:
    """Return how a program that says `import numpy as np` calls a function of NumPy; None for others.

    Example:
        >>> import numpy as np
        >>> import_path(np.add), import_path(np.linalg.inv), import_path(len)
        ('np.add', 'np.linalg.inv', None)
    """
    name = getattr(value, "__name__", None)
    module = "numpy" if type(value).__name__ == "ufunc" else getattr(value, "__module__", None)
    if module is None or name is None or module.partition(".")[0] != "numpy":
        return None
    return f"np{module.removeprefix('numpy')}.{name}" if getattr(sys.modules.get(module), name, None) is value else None


class Copier:
    """Collects sources until nothing of ours is missing.

    Example:
        >>> from autograd_np.kernels import special
        >>> copier = Copier()
        >>> copier.function(special.reciprocal_sqrt)
        'reciprocal_sqrt'
        >>> list(copier.texts), list(copier.imports)
        (['reciprocal_sqrt'], ['import numpy as np'])
    """

    def __init__(self) -> None:
        #: Lines that import what is not ours.
        self.imports: dict[str, None] = {}
        #: Copied definitions by their name in the program; what one needs to be defined stands before it.
        self.texts: dict[str, str] = {}
        #: Every name that the copied part of the program uses.
        self.taken: set[str] = {"np"}
        self._names: dict[Any, str] = {}
        self._kept: list[Any] = []
        #: The variables of modules by name; those of a script are no longer in sys.modules when it has ended.
        self._spaces: dict[str, dict[str, Any]] = {}

    def function(self, value: Callable[..., Any], wished: str = "") -> str:
        """Return how the program calls a function; its source is copied on first use.

        Args:
            value: a function, one of NumPy's or ours.
            wished: a name for a lambda or a function inside another.

        Raises: UnsupportedError if there is no source of it.
        """
        path = import_path(value)
        if path is not None:
            return path
        plain = inspect.unwrap(value)
        if not isinstance(plain, FunctionType):
            message = f"numpy source: {value!r} is no function whose source could be copied"
            raise UnsupportedError(message)
        self._spaces.setdefault(plain.__module__, plain.__globals__)
        if "<locals>" not in plain.__qualname__ and "<lambda>" not in plain.__qualname__:
            return self._global(plain.__module__, plain.__name__)
        if id(plain) not in self._names:
            # The object is kept, so that its id stays its own.
            self._kept.append(plain)
            self._names[id(plain)] = new = self._unique(wished or plain.__name__.strip("<>"))
            self.texts[new] = self._inner(plain, new)
        return self._names[id(plain)]

    def type(self, kind: type) -> str:
        """Return how the program calls a class of ours."""
        return self._global(kind.__module__, kind.__name__)

    # --- definitions ---------------------------------------------------------------------------------------------

    def _unique(self, wished: str) -> str:
        # Names stay as they are where they can: without its underscore, one might meet a local variable.
        name, count = wished, 1
        while name in self.taken or hasattr(builtins, name):
            count += 1
            name = f"{wished}_{count}"
        self.taken.add(name)
        return name

    def _global(self, module: str, name: str) -> str:
        """Return what the program calls a module's `name`; its definition is copied with what it uses."""
        key = module, name
        if key in self._names:
            return self._names[key]
        if key in _PLAIN:
            needed, text = _PLAIN[key]
            self.imports.update(dict.fromkeys(filter(None, [needed])))
            self._names[key] = name = self._unique(name)
            self.texts[name] = text.format(name=name)
            return name
        value = self._variables(module)[name]
        if getattr(value, "__module__", "") == Tensor.__module__:
            message = (
                f"numpy source: a kernel uses {name!r}, which makes Tensors\n"
                "  fix: kernels take and return arrays; the row around them takes Tensors"
            )
            raise UnsupportedError(message)
        if isinstance(value, Op):
            self._names[key] = self.row(value)
            return self._names[key]
        statement = self._text(module).definitions.get(name)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self._names[key] = self._imported(statement, name)
        elif statement is None:
            message = f"numpy source: {module} does not define {name!r} by a statement of its own"
            raise UnsupportedError(message)
        else:
            # Entered before it is copied: functions may call themselves and each other.
            self._names[key] = new = self._unique(name)
            self.texts[new] = self._copied(module, statement, {name: new})
        return self._names[key]

    def _variables(self, module: str) -> dict[str, Any]:
        return self._spaces[module] if module in self._spaces else vars(sys.modules[module])

    def _text(self, module: str) -> ModuleText:
        """Return a module's text.

        Raises: UnsupportedError if it has none.
        """
        try:
            return module_text(str(self._variables(module).get("__file__")))
        except (OSError, SyntaxError) as error:
            message = (
                f"numpy source: the source of {module} cannot be read: {error}\n"
                "  fix: define kernels in a file, not at a prompt"
            )
            raise UnsupportedError(message) from error

    def row(self, row: Op) -> str:
        """Return how the program calls a row's kernel.

        Raises: UnsupportedError for a kernel that returns more than the row does.
        """
        if row.by_products:
            message = f"numpy source: a kernel calls the row {row.name!r}, whose own kernel returns by-products"
            raise UnsupportedError(message)
        return self.function(row.kernel, row.name)

    def _imported(self, statement: ast.Import | ast.ImportFrom, name: str) -> str:
        alias = next(alias for alias in statement.names if called(alias) == name)
        origin = statement.module if isinstance(statement, ast.ImportFrom) else None
        if origin is not None and _is_copied(origin):
            return self._global(origin, alias.name)
        written = alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
        self.imports[f"import {written}" if origin is None else f"from {origin} import {written}"] = None
        self.taken.add(name)
        return name

    def _inner(self, function: FunctionType, new: str) -> str:
        """Return the source of a lambda, or of a function inside another with what it takes from around it."""
        module = function.__module__
        node = syntax_of(self._text(module), function)
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        around = {name: self._written(cell.cell_contents, name) for name, cell in cells}
        if isinstance(node, ast.Lambda):
            body = self._copied(module, node.body, around)
            return f"def {new}({ast.unparse(node.args)}):\n    return {f'({body})' if chr(10) in body else body}"
        return self._copied(module, node, {**around, node.name: new})

    def _written(self, value: Any, name: str) -> str:
        if isinstance(value, Op):
            return self.row(value)
        if callable(value):
            return self.function(value, name)
        if isinstance(value, (bool, int, float, str, type(None))):
            return repr(value)
        message = f"numpy source: cannot write {name!r}, which a kernel takes from around it: {value!r}"
        raise UnsupportedError(message)

    # --- text ----------------------------------------------------------------------------------------------------

    def _copied(self, module: str, node: Any, renamed: Mapping[str, str]) -> str:
        """Return a definition's text, with names as the program has them."""
        source = self._text(module)
        start, end = source.start(node), source.end(node)
        edits = [*without_annotations(node, source), *shorter_docstrings(node, source)]
        edits += self._references(module, source, node, renamed)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            start = source.before_comments(start)
        text = source.text[start:end]
        for first, last, new in sorted(edits, reverse=True):
            text = text[: first - start] + new.encode() + text[last - start :]
        # The first line begins where the node does, the others where their file says.
        margin = b" " * (start - source.text.rfind(b"\n", 0, start) - 1)
        return _REMARK.sub("", textwrap.dedent((margin + text).decode()))

    def _references(self, module: str, source: ModuleText, node: ast.AST, renamed: Mapping[str, str]) -> Iterator[Edit]:
        """Yield an edit for every name from outside that the program calls otherwise."""
        local = local_names(node, source.below(node))
        values = self._variables(module)
        skipped = {id(part) for annotation in annotations_in(source.below(node)) for part in source.below(annotation)}
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and renamed.get(node.name, node.name) != node.name:
            name = node.name.encode()
            first = source.text.index(b" " + name, source.at(node.lineno, node.col_offset)) + 1
            yield first, first + len(name), renamed[node.name]
        for part in source.below(node):
            if id(part) in skipped:
                continue
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                holder = values.get(part.value.id)
                if part.value.id not in local and isinstance(holder, ModuleType) and _is_copied(holder.__name__):
                    skipped.add(id(part.value))
                    yield source.start(part), source.end(part), self._global(holder.__name__, part.attr)
            elif isinstance(part, ast.Name) and part.id in renamed:
                yield source.start(part), source.end(part), renamed[part.id]
            elif isinstance(part, ast.Name) and part.id not in local and part.id in values:
                new = self._global(module, part.id)
                if new != part.id:
                    yield source.start(part), source.end(part), new
