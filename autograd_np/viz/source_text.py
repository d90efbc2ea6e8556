"""The text of a module beside its syntax, and the edits that make a definition part of a program of its own."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from types import CodeType, FunctionType
from typing import Any, NamedTuple, TypeAlias

from autograd_np.errors import UnsupportedError

__all__ = [
    "Edit",
    "ModuleText",
    "annotations_in",
    "called",
    "local_names",
    "module_text",
    "shorter_docstrings",
    "syntax_of",
    "without_annotations",
]

_Function: TypeAlias = "ast.FunctionDef | ast.Lambda"
#: Start and end of a part of a text, in bytes, and what stands there instead.
Edit: TypeAlias = tuple[int, int, str]


class ModuleText(NamedTuple):
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
def module_text(path: str) -> ModuleText:
    """Return a module's text by the path of its file, or what a doctest or notebook says it is.

    Example:
        >>> from autograd_np.viz import source_text
        >>> "module_text" in module_text(source_text.__file__).definitions
        True

    Raises: OSError if there is no such file.
    """
    source = "".join(linecache.getlines(path))
    if not source:
        message = f"there is no file {path}"
        raise OSError(message)
    text, tree = source.encode(), ast.parse(source)
    definitions = {bound: statement for statement in tree.body for bound in _bound_by(statement)}
    return ModuleText(text, [0, *accumulate(len(line) + 1 for line in text.split(b"\n"))], tree, definitions, {})


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (called(alias) for alias in statement.names)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def called(alias: ast.alias) -> str:
    """Return the name that an import binds.

    Example:
        >>> [called(alias) for alias in ast.parse("import os.path, numpy as np").body[0].names]
        ['os', 'np']
    """
    return (alias.asname or alias.name).partition(".")[0]


def syntax_of(module: ModuleText, function: FunctionType) -> _Function:
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


def local_names(node: ast.AST, below: list[Any]) -> set[str]:
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


def annotations_in(below: list[Any]) -> Iterator[ast.expr]:
    """Yield every annotation among these parts of a syntax tree.

    Example:
        >>> [part.id for part in annotations_in(list(ast.walk(ast.parse("def f(x: int) -> str: ..."))))]
        ['str', 'int']
    """
    for part in below:
        if isinstance(part, ast.arg) and part.annotation is not None:
            yield part.annotation
        elif isinstance(part, ast.FunctionDef) and part.returns is not None:
            yield part.returns
        elif isinstance(part, ast.AnnAssign):
            yield part.annotation


def without_annotations(node: ast.AST, source: ModuleText) -> Iterator[Edit]:
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


def shorter_docstrings(node: ast.AST, source: ModuleText) -> Iterator[Edit]:
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
