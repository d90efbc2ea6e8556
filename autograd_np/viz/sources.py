"""Copies functions by their source, with everything of ours that they use, into a program that needs only NumPy.

Docstrings lose their examples and annotations go, comments stay. What is not ours is imported.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, TypeAlias

from autograd_np.core import Op, Tensor
from autograd_np.errors import UnsupportedError

__all__ = ["Copier", "import_path"]

#: Packages that the program does not need: their functions are copied.
_OURS = frozenset({"autograd_np", "nn", "__main__"})
#: Remarks to checkers of our own code.
_REMARK = re.compile(r"[ \t]*# (?:noqa|type: ignore|fmt:).*")

_Function: TypeAlias = "ast.FunctionDef | ast.Lambda"
#: Start and end of a part of a text, in bytes, and what stands there instead.
_Edit: TypeAlias = tuple[int, int, str]


class _Module(NamedTuple):
    """A module's text, the beginning of each of its lines, its syntax, and the statement that defines each name."""

    text: bytes
    lines: list[int]
    tree: ast.Module
    definitions: dict[str, ast.stmt]
    #: Everything below a node, by the node's id: walking takes most of the time of a copy.
    walked: dict[int, list[Any]]

    def below(self, node: ast.AST) -> list[Any]:
        """Return a node and everything below it."""
        if id(node) not in self.walked:
            self.walked[id(node)] = list(ast.walk(node))
        return self.walked[id(node)]

    def start(self, node: Any) -> int:
        """Return where a node begins: at its first decorator, if it has any."""
        first = min([node, *getattr(node, "decorator_list", ())], key=lambda n: n.lineno)
        # An @ stands before a decorator.
        return self.at(first.lineno, node.col_offset if first is not node else first.col_offset)

    def end(self, node: Any) -> int:
        """Return where a node ends."""
        return self.at(node.end_lineno, node.end_col_offset)

    def at(self, line: int, column: int) -> int:
        """Return the position of a line and column, as syntax trees count them."""
        return self.lines[line - 1] + column

    def before_comments(self, start: int) -> int:
        """Return where the comment lines above a line begin."""
        while start and self.text[self.text.rfind(b"\n", 0, start - 1) + 1 : start].startswith(b"#"):
            start = self.text.rfind(b"\n", 0, start - 1) + 1
        return start


@lru_cache(maxsize=256)
def _module(path: str) -> _Module:
    source = "".join(linecache.getlines(path))
    if not source:
        message = f"there is no file {path}"
        raise OSError(message)
    text, tree = source.encode(), ast.parse(source)
    definitions = {bound: statement for statement in tree.body for bound in _bound_by(statement)}
    return _Module(text, [0, *accumulate(len(line) + 1 for line in text.split(b"\n"))], tree, definitions, {})


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (_called(alias) for alias in statement.names)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def _called(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]


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

    def _text(self, module: str) -> _Module:
        """Return a module's text.

        Raises: UnsupportedError if it has none.
        """
        try:
            return _module(str(self._variables(module).get("__file__")))
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
        alias = next(alias for alias in statement.names if _called(alias) == name)
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
        node = _found(self._text(module), function)
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
        edits = [*_without_annotations(node, source), *_shorter_docstrings(node, source)]
        edits += self._references(module, source, node, renamed)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            start = source.before_comments(start)
        text = source.text[start:end]
        for first, last, new in sorted(edits, reverse=True):
            text = text[: first - start] + new.encode() + text[last - start :]
        # The first line begins where the node does, the others where their file says.
        margin = b" " * (start - source.text.rfind(b"\n", 0, start) - 1)
        return _REMARK.sub("", textwrap.dedent((margin + text).decode()))

    def _references(self, module: str, source: _Module, node: ast.AST, renamed: Mapping[str, str]) -> Iterator[_Edit]:
        """Yield an edit for every name from outside that the program calls otherwise."""
        local = _local_names(node, source.below(node))
        values = self._variables(module)
        skipped = {id(part) for annotation in _annotations(source.below(node)) for part in source.below(annotation)}
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


def _found(module: _Module, function: FunctionType) -> _Function:
    """Return the syntax of a lambda, or of a function inside another."""
    code = function.__code__
    kind = ast.Lambda if code.co_name == "<lambda>" else ast.FunctionDef
    near = [
        node
        for node in module.below(module.tree)
        if isinstance(node, kind)
        and min(n.lineno for n in (node, *getattr(node, "decorator_list", ()))) == code.co_firstlineno
        and tuple(a.arg for a in _arguments(node)) == _argument_names(code)
    ]
    # Several lambdas of one line and the same arguments differ in what they name.
    same = [node for node in near if isinstance(node, ast.FunctionDef) or _names_in(node) == _names_in(code)]
    if not near:
        message = f"numpy source: the source of {function.__qualname__} was not found in {function.__module__}"
        raise UnsupportedError(message)
    return (same or near)[0]


def _arguments(node: _Function) -> list[ast.arg]:
    a = node.args
    return [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]


def _argument_names(code: CodeType) -> tuple[str, ...]:
    extra = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + extra]


def _names_in(part: ast.Lambda | CodeType) -> tuple[str, ...]:
    if isinstance(part, CodeType):
        return part.co_names
    outer = compile(ast.Expression(part), "<lambda>", "eval")
    return next(c.co_names for c in outer.co_consts if isinstance(c, CodeType))


def _local_names(node: ast.AST, below: list[Any]) -> set[str]:
    """Return the names that a definition binds inside."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        # A constant's own name is the module's.
        return set()
    found = set()
    for part in below:
        if isinstance(part, ast.Name):
            if not isinstance(part.ctx, ast.Load):
                found.add(part.id)
        elif isinstance(part, ast.arg):
            found.add(part.arg)
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)) and part is not node and part.name:
            found.add(part.name)
    return found


def _annotations(below: list[Any]) -> Iterator[ast.expr]:
    for part in below:
        if isinstance(part, ast.arg) and part.annotation is not None:
            yield part.annotation
        elif isinstance(part, ast.FunctionDef) and part.returns is not None:
            yield part.returns
        elif isinstance(part, ast.AnnAssign):
            yield part.annotation


def _without_annotations(node: ast.AST, source: _Module) -> Iterator[_Edit]:
    """Yield the edits that leave annotations out; fields of a class need one, and have `object`."""
    below = source.below(node)
    fields = {id(statement) for part in below if isinstance(part, ast.ClassDef) for statement in part.body}
    for part in below:
        if isinstance(part, ast.arg) and part.annotation is not None:
            last = source.end(part.annotation)
            following = source.text[last : last + 3]
            # A default then stands without spaces, as it does beside a bare name.
            spaced = following == b" = "
            yield source.start(part) + len(part.arg.encode()), last + (3 if spaced else 0), "=" if spaced else ""
        elif isinstance(part, ast.FunctionDef) and part.returns is not None:
            first = source.text.rindex(b"->", 0, source.start(part.returns))
            yield len(source.text[:first].rstrip()), source.end(part.returns), ""
        elif isinstance(part, ast.AnnAssign):
            if id(part) in fields:
                yield source.start(part.annotation), source.end(part.annotation), "object"
            elif part.value is not None:
                yield source.end(part.target), source.end(part.annotation), ""
            else:
                yield source.start(part), source.end(part), "pass"


def _shorter_docstrings(node: ast.AST, source: _Module) -> Iterator[_Edit]:
    """Yield the edits that end docstrings before their examples, which import what the program does not have."""
    for part in source.below(node):
        if not isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            continue
        first = part.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            text = inspect.cleandoc(first.value.value).partition("Example:")[0].rstrip().replace("\\", "\\\\")
            margin = "\n" + " " * first.col_offset
            lines = text.splitlines()
            closing = f'{margin}"""' if len(lines) > 1 else '"""'
            body = "\n".join([lines[0], *(f"{margin[1:]}{line}" if line else "" for line in lines[1:])])
            yield source.start(first), source.end(first), f'"""{body}{closing}'
