"""Logged arrays written as Python: what is used once stands where it is used, the rest gets a line and a name."""

from __future__ import annotations

import ast
import keyword
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from autograd_np.core import Op
from autograd_np.errors import UnsupportedError
from autograd_np.tracing.logged import Logged, logged_in
from autograd_np.viz.sources import Copier, import_path

__all__ = ["Writer", "identifier", "laid_out", "shortest"]

#: Longest expression that is written inside another, longest line, and where comments begin at the earliest.
INSIDE, LINE, COMMENT = 64, 112, 48
_OPERATORS: dict[str, ast.operator] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "/": ast.Div(),
    "//": ast.FloorDiv(),
    "%": ast.Mod(),
    "**": ast.Pow(),
    "@": ast.MatMult(),
    "&": ast.BitAnd(),
    "|": ast.BitOr(),
    "^": ast.BitXor(),
}
_COMPARISONS: dict[str, ast.cmpop] = {
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
}
_STATEMENTS = frozenset({"store", "update", "do"})


def identifier(name: str) -> str:
    """Return a name that Python accepts and that reads like this one.

    Example:
        >>> identifier("net.0.weight"), identifier("2nd"), identifier("lambda"), identifier("σ")
        ('net_0_weight', '_2nd', 'lambda_', 'σ')
    """
    text = re.sub(r"\W", "_", name) or "_"
    if not text.isidentifier():
        text = f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


class Writer:
    """Writes the lines of a log.

    Args:
        entries: the log's entries.
        results: those whose values are asked for.
        copier: knows how the program calls functions and classes.
        settings: how the program calls objects that were defined above.
        taken: names that variables must not have.
    """

    def __init__(
        self,
        entries: Collection[Logged],
        results: Collection[Logged],
        copier: Copier,
        settings: dict[int, str],
        taken: Collection[str],
    ) -> None:
        self.entries = list(entries)
        self.copier = copier
        self.settings = settings
        self.taken = set(taken)
        self.uses: Counter[Logged] = Counter(results)
        #: As `uses`, without statements that write, and the places they write to.
        self._reads: Counter[Logged] = Counter(results)
        self._joined: set[Logged] = set()
        self.live: set[Logged] = set()
        self.results: dict[Logged, list[Logged]] = {}
        self.written: dict[Logged, ast.expr] = {}
        self._names: dict[Any, str] = {}
        self._temporaries = 0
        self._find_live()

    def _find_live(self) -> None:
        """Note which entries a result depends on, and how often each is used."""
        for entry in reversed(self.entries):
            if entry.form in _STATEMENTS or self.uses[entry]:
                self.live.add(entry)
                used = list(logged_in(entry.parts))
                self.uses.update(used)
                if entry.form not in _STATEMENTS and not (entry.form == "index" and entry.changed):
                    self._reads.update(used)
                if entry.form == "item":
                    self.results.setdefault(entry.parts[0], []).append(entry)
        # Inputs have no entries; those that are used are written as their names.
        for entry in [entry for entry in self.uses if entry.form == "input"]:
            self.live.add(entry)
            self.written[entry] = ast.Name(self.name(entry))
        for items in self.results.values():
            items.sort(key=lambda item: int(item.head))
        for entry in self.entries:
            if entry.form == "alias" and entry in self.live:
                self._join(entry)

    def _join(self, alias: Logged) -> None:
        """Give an alias's name to what it names, where nothing else uses that."""
        (source,) = alias.parts
        if source.form not in {"input", "alias"} and not source.wish and self._reads[source] == 1:
            source.wish, source.key, source.comment = alias.wish, alias.key or alias, alias.comment
            alias.key = source.key
            self._joined.add(alias)

    # --- names -----------------------------------------------------------------------------------------------------

    def name(self, entry: Logged) -> str:
        """Return the variable of an entry; entries with one key share one."""
        key = entry if entry.key is None else entry.key
        if key not in self._names:
            wished = identifier(entry.wish)
            if not entry.wish:
                self._temporaries += 1
                wished = f"t{self._temporaries}"
            name, count = wished, 1
            while name in self.taken:
                count += 1
                name = f"{wished}_{count}"
            self.taken.add(name)
            self._names[key] = name
        return self._names[key]

    # --- lines -----------------------------------------------------------------------------------------------------

    def lines(self, indent: str) -> Iterator[str]:
        """Yield the program's lines."""
        for entry in self.entries:
            if entry.form == "heading":
                yield f"{indent}# {entry.head}"
            elif entry in self.live:
                text = self._statement(entry) if entry.form in _STATEMENTS else self._definition(entry)
                # A call with several results is explained where the first of them is.
                comments = [item.comment for item in self.results.get(entry, ())] or [entry.comment]
                if text:
                    yield from laid_out(text, "; ".join(filter(None, comments)), indent)

    def _statement(self, entry: Logged) -> str:
        if entry.form == "do":
            return ast.unparse(self._call(entry))
        target, *rest = entry.parts
        if entry.form == "store":
            index, value = rest
            place = ast.Subscript(self.expression(target), self._index(index, target), ast.Store())
            return ast.unparse(ast.fix_missing_locations(ast.Assign([place], self.expression(value))))
        return f"{ast.unparse(self.expression(target))} {entry.head}= {ast.unparse(self.expression(rest[0]))}"

    def _definition(self, entry: Logged) -> str:
        """Return the line that gives an entry its name, or nothing if it needs none."""
        if entry.form == "item" or entry in self._joined:
            self.written[entry] = ast.Name(self.name(entry))
            return ""
        if entry in self.results:
            # A call with several results names them all at once.
            known = {int(item.head): self.name(item) for item in self.results[entry]}
            names = ", ".join(known.get(i, "_") for i in range(len(entry.value)))
            return f"{names}{',' if len(entry.value) == 1 else ''} = {ast.unparse(self._expression(entry))}"
        expression = self._expression(entry)
        text = ast.unparse(expression)
        if not entry.wish and self._stays_inside(entry) and len(text) <= INSIDE:
            self.written[entry] = expression
            return ""
        self.written[entry] = ast.Name(self.name(entry))
        return f"{self.name(entry)} = {text}"

    def _stays_inside(self, entry: Logged) -> bool:
        """Tell whether an expression may stand where it is used: once, and whatever it reads stays as it is."""
        if self.uses[entry] > 1:
            return False
        if entry.changed:
            # `x[0:2] += y` needs no name for x[0:2].
            return entry.form == "index" and self._only_updated(entry)
        return not any(part.changed for part in logged_in(entry.parts))

    def _only_updated(self, entry: Logged) -> bool:
        following = self.entries[entry.position + 1 :]
        user = next(e for e in following if e in self.live and entry in set(logged_in(e.parts)))
        return user.form in {"update", "store"} and user.parts[0] is entry

    # --- expressions -----------------------------------------------------------------------------------------------

    def expression(self, part: Any) -> ast.expr:
        """Return an argument as an expression."""
        return self.written[part] if isinstance(part, Logged) else self.literal(part)

    def _expression(self, entry: Logged) -> ast.expr:
        return _FORMS[entry.form](self, entry)

    def _operator(self, entry: Logged) -> ast.expr:
        a, *rest = [self.expression(part) for part in entry.parts]
        if not rest:
            return ast.UnaryOp(ast.USub() if entry.head == "-" else ast.Invert(), a)
        if entry.head in _COMPARISONS:
            return ast.Compare(a, [_COMPARISONS[entry.head]], rest)
        return ast.BinOp(a, _OPERATORS[entry.head], rest[0])

    def _subscript(self, entry: Logged) -> ast.expr:
        base, index = entry.parts
        return ast.Subscript(self.expression(base), self._index(index, base))

    def _attribute(self, entry: Logged) -> ast.expr:
        return ast.Attribute(self.expression(entry.parts[0]), entry.head)

    def _method(self, entry: Logged) -> ast.expr:
        return self._called(self._attribute(entry), entry.parts[1], entry.parts[2])

    def _alias(self, entry: Logged) -> ast.expr:
        return self.expression(entry.parts[0])

    def _call(self, entry: Logged) -> ast.expr:
        return self._called(ast.parse(entry.head, mode="eval").body, *entry.parts)

    def _called(self, function: ast.expr, args: Any, kwargs: dict[str, Any]) -> ast.expr:
        keywords = [ast.keyword(key, self.expression(value)) for key, value in kwargs.items()]
        return ast.Call(function, [self.expression(arg) for arg in args], keywords)

    def _index(self, index: Any, base: Logged) -> ast.expr:
        if not isinstance(index, tuple):
            return self._index_part(index)
        *first, last = index or (None, None)
        numbers = sum(isinstance(part, int) for part in first)
        if last is Ellipsis and first and numbers < base.value.ndim:
            # Dots at the end keep a single element an array; here they change nothing.
            index = tuple(first)
        if len(index) == 1:
            return self._index_part(index[0])
        return ast.Tuple([self._index_part(part) for part in index], ast.Load())

    def _index_part(self, part: Any) -> ast.expr:
        if isinstance(part, slice):
            bounds = [None if bound is None else self.expression(bound) for bound in (part.start, part.stop, part.step)]
            return ast.Slice(*bounds)
        return self.expression(part)

    def literal(self, value: Any) -> ast.expr:
        """Return anything but a logged array as an expression: the name of a setting, or what defines it."""
        return ast.Name(self.settings[id(value)]) if id(value) in self.settings else self.definition(value)

    def definition(self, value: Any) -> ast.expr:
        """Return the expression that makes an object like this one.

        Raises: UnsupportedError for what has no written form.
        """
        if value is None or value is Ellipsis or isinstance(value, (bool, str)):
            return ast.Constant(value)
        if isinstance(value, (int, float)):
            return _number(value)
        if isinstance(value, (tuple, list, dict, slice)):
            return self._collection(value)
        return self._of_numpy(value)

    def _collection(self, value: Any) -> ast.expr:
        if isinstance(value, slice):
            bounds = [self.expression(bound) for bound in (value.start, value.stop, value.step)]
            return ast.Call(ast.Name("slice"), bounds, [])
        if hasattr(value, "_fields"):
            keywords = [ast.keyword(key, self.expression(part)) for key, part in value._asdict().items()]
            return ast.Call(ast.Name(self.copier.type(type(value))), [], keywords)
        if isinstance(value, dict):
            return ast.Dict([self.literal(key) for key in value], [self.expression(v) for v in value.values()])
        return (ast.Tuple if isinstance(value, tuple) else ast.List)([self.expression(v) for v in value], ast.Load())

    def _of_numpy(self, value: Any) -> ast.expr:
        if isinstance(value, np.dtype):
            value = value.type
        if isinstance(value, type) and issubclass(value, np.generic):
            return _path(f"np.{value.__name__}")
        if isinstance(value, np.generic):
            return ast.Call(_path(f"np.{type(value).__name__}"), [_number(value.item())], [])
        if isinstance(value, np.ndarray):
            if not value.size:
                return ast.Call(_path("np.zeros"), [self.literal(value.shape), self._of_numpy(value.dtype)], [])
            # Without axes a NumPy number does the same and reads better.
            made = "np.array" if value.ndim else f"np.{value.dtype.type.__name__}"
            kind = [self._of_numpy(value.dtype)] if value.ndim else []
            return ast.Call(_path(made), [self.literal(shortest(value)), *kind], [])
        if isinstance(value, Op):
            return ast.Name(self.copier.row(value))
        if callable(value):
            return _path(import_path(value) or self.copier.function(value))
        message = f"numpy source: no way to write {value!r} of type {type(value).__name__}"
        raise UnsupportedError(message)


#: How the expression of each form of entry is written.
_FORMS: dict[str, Callable[[Writer, Logged], ast.expr]] = {
    "operator": Writer._operator,
    "index": Writer._subscript,
    "attribute": Writer._attribute,
    "method": Writer._method,
    "alias": Writer._alias,
    "call": Writer._call,
}


def _path(dotted: str) -> ast.expr:
    return ast.parse(dotted, mode="eval").body


def _number(value: Any) -> ast.expr:
    if isinstance(value, bool):
        return ast.Constant(value)
    if value != value:  # noqa: PLR0124 (NaN is what differs from itself)
        return _path("np.nan")
    size: ast.expr = _path("np.inf") if abs(value) == float("inf") else ast.Constant(abs(value))
    negative = value < 0 or str(value).startswith("-")
    return ast.UnaryOp(ast.USub(), size) if negative else size


def shortest(array: Any) -> Any:
    """Return an array's elements as nested lists of numbers, with as few digits as give back the same elements."""
    if array.dtype.kind != "f" or array.dtype.itemsize == 8:
        return array.tolist()
    digits = [float(str(value)) for value in array.ravel()]
    same = np.array_equal(np.array(digits, array.dtype), array.ravel(), equal_nan=True)
    return np.array(digits).reshape(array.shape).tolist() if same else array.tolist()


def laid_out(text: str, comment: str, indent: str) -> Iterator[str]:
    """Yield a statement's lines with its comment behind the last one, or above where there is no room."""
    first, *more = _broken(text, LINE - len(indent))
    lines = [f"{indent}{first}", *(f"{indent}    {line}" for line in more)]
    last = f"{lines[-1].ljust(COMMENT)}  # {comment}"
    if comment and len(last) > LINE + 8:
        yield f"{indent}# {comment}"
    elif comment:
        lines[-1] = last
    yield from lines


def _broken(text: str, width: int) -> list[str]:
    """Return a statement in lines, broken after commas and opening brackets.

    Example:
        >>> _broken("y = f(first, second)", 14)
        ['y = f(first,', 'second)']
    """
    places, depth, quoted = [], 0, False
    for i, c in enumerate(text):
        quoted ^= c == "'"
        if not quoted:
            depth += (c in "([{") - (c in ")]}")
            if (c == "," and depth) or (c == "(" and text[i - 1 : i].isidentifier()):
                places.append(i + 1)
    lines, start = [], 0
    while len(text) - start > width:
        ahead = [place for place in places if place > start]
        if not ahead:
            break
        stop = max((place for place in ahead if place - start <= width), default=ahead[0])
        lines.append(text[start:stop].strip())
        start = stop
    return [*lines, text[start:].strip()]
