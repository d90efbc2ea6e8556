"""Formulas of operations: what a row computes, and what its rules say, by calling them on symbols.

A `Call` is one operation with names for its operands; the functions here return symbols, which `text` and `latex`
write. A rule that cannot be read (it is a kernel, or nobody's code but its author's) has no formula: drawings then
show numbers alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from autograd_np.core import Op, VariadicOp
from autograd_np.errors import AutogradError
from autograd_np.viz import generic
from autograd_np.viz.forms import BY_PRODUCTS, PARTS, RULES, SAID, Said, form_of, is_ours, unbroadcast
from autograd_np.viz.notation import bar
from autograd_np.viz.printing import LATEX, UNICODE, Printer, Style
from autograd_np.viz.simplify import simplified
from autograd_np.viz.symbols import Applied, Name, Number, Short, Symbol, Words, expanded_size, parts
from autograd_np.viz.tables import TABLES

__all__ = [
    "Call",
    "application",
    "is_elementwise",
    "latex",
    "local",
    "meanings",
    "received",
    "text",
    "written",
]

#: A rule that says more than this is not read out; a part that it says twice has a name from this size on.
LARGEST, NAMED = 400, 5
#: Names of parts, in the order in which they are taken.
_LETTERS = "stuvwabcdeh"


@dataclass(frozen=True)
class Call:
    """One operation on symbols.

    Args:
        row: the row.
        operands: names or numbers, one for each of the row's operands; None for one that is not given.
        output: the name of the result, or a tuple of names.
        upstream: the name of the gradient that arrives, or a tuple of names and None.
        static: the row's keywords.
    """

    row: Op
    operands: tuple[Symbol | None, ...]
    output: Any
    upstream: Any
    static: Mapping[str, Any]

    @classmethod
    def of(cls, row: Op, operands: tuple[Symbol | None, ...], output: Any, static: Mapping[str, Any]) -> Call:
        """Return the call with bars over the output's names for what arrives."""

        def arriving(name: Name) -> Name:
            return Name(bar(name.text), lambda: name.shape, name.dtype)

        upstream = tuple(map(arriving, output)) if isinstance(output, tuple) else arriving(output)
        return cls(row, operands, output, upstream, static)

    @classmethod
    def generic(cls, row: Op, **given: Any) -> Call:
        """Return a call of the row in general, under the names that its rules give their operands.

        Args:
            row: the row.
            given: names, output, shapes and settings that are known; see `autograd_np.viz.generic.call`.

        Example:
            >>> from autograd_np.core import registry
            >>> Call.generic(registry["matmul"]).operands
            (a, b)
        """
        operands, output, static = generic.call(row, **given)
        return cls.of(row, operands, output, static)


# --- texts --------------------------------------------------------------------------------------------------------


def written(symbol: Symbol, style: Style, *, forward: bool = False) -> str:
    """Return an expression in a style.

    Args:
        symbol: the expression.
        style: `UNICODE` or `LATEX` of `autograd_np.viz.printing`.
        forward: write it as drawings write operations, not rules.
    """
    return Printer(symbol, style, TABLES, forward=forward).text()


def text(symbol: Symbol, *, forward: bool = False) -> str:
    """Return an expression as plain text.

    Example:
        >>> text(Name("x") * (Name("y") + 1))
        'x·(y + 1)'
    """
    return written(symbol, UNICODE, forward=forward)


def latex(symbol: Symbol, *, forward: bool = False) -> str:
    r"""Return an expression in LaTeX's mathematics.

    Example:
        >>> latex(Name("x") / (Name("y") + 1))
        '\\frac{x}{y + 1}'
    """
    return written(symbol, LATEX, forward=forward)


def meanings(symbol: Symbol, style: Style = UNICODE) -> list[tuple[str, str]]:
    """Return what the names in an expression stand for: pairs of name and text.

    Example:
        >>> meanings(Name("x") * Short("s", Name("y") + 1))
        [('s', 'y + 1')]
    """
    found: dict[str, tuple[str, str]] = {}
    for part in _with_meanings(symbol):
        if isinstance(part, Short):
            name = written(part, style)
            found.setdefault(name, (name, written(part.meaning, style)))
        elif isinstance(part, Words) and part.where is not None:
            name, meaning = part.where
            found.setdefault(name, (style.name(name), style.words(meaning)))
    return list(found.values())


def _with_meanings(symbol: Symbol) -> Iterator[Symbol]:
    """Yield the parts of an expression, and below each name the parts of what it stands for."""
    for part in parts(symbol):
        yield part
        if isinstance(part, Short):
            yield from _with_meanings(part.meaning)


# --- what a row computes ------------------------------------------------------------------------------------------


def application(call: Call) -> Symbol:
    """Return what an operation computes.

    Example:
        >>> from autograd_np.core import registry
        >>> text(application(Call.generic(registry["lerp"])))
        'start + weight·(end - start)'
    """
    form = form_of(call.row)
    if form is not None:
        found = form(*call.operands, **call.static)
        if isinstance(found, Symbol):
            return found
    return Applied(call.row, call.operands, call.static)


@lru_cache(maxsize=4096)
def is_elementwise(row: Op) -> bool:
    """Tell whether each element of a row's result comes from the operands' elements at the same place alone.

    The kernel is tried out: on four by four elements at once, and on each of them.

    Example:
        >>> from autograd_np.core import registry
        >>> is_elementwise(registry["exp"]), is_elementwise(registry["cumsum"])
        (True, False)
    """
    if row.outputs > 1 or isinstance(row, VariadicOp) or not row.rules or hasattr(row, "definition"):
        return False
    if getattr(row, "random", False):
        # Trying it out would take numbers that the program expects to be its own.
        return False
    operands, static = generic.grids(row)
    try:
        with np.errstate(all="ignore"):
            whole = row.on_arrays(*operands, **static)
            for i, j in np.ndindex(4, 4):
                single = row.on_arrays(*(x[i : i + 1, j : j + 1] for x in operands), **static)
                same = np.allclose(whole[i : i + 1, j : j + 1], single, rtol=1e-6, atol=0, equal_nan=True)
                if single.shape != (1, 1) or not same:
                    return False
            return bool(whole.shape == (4, 4))
    except Exception:  # noqa: BLE001 (kernels are anybody's code, and fail as they like on what they are not made for)
        return False


# --- what its rules say -------------------------------------------------------------------------------------------


def local(call: Call, slot: int) -> Symbol | None:
    """Return the derivative of an element-wise operation's output with respect to one operand; None for others.

    Example:
        >>> from autograd_np.core import registry
        >>> text(local(Call.generic(registry["tanh"]), 0))
        '1 - y²'
    """
    return _derived(call, slot, Number(1)) if is_elementwise(call.row) else None


def received(call: Call, slot: int) -> Symbol | None:
    """Return what an operand receives for the gradient that arrives, summed to its shape; None if it cannot be read.

    Example:
        >>> from autograd_np.core import registry
        >>> text(received(Call.generic(registry["matmul"]), 1)) == "aᵀ·y\u0304"
        True
    """
    found = _derived(call, slot, call.upstream)
    return None if found is None else simplified(_summed(call, slot, found))


def _derived(call: Call, slot: int, upstream: Any) -> Symbol | None:
    """Return what a rule says, simplified, with names for larger parts that it says more than once."""
    try:
        found = _ruled(call, slot, upstream)
        if found is None or expanded_size(found) > LARGEST:
            return None
        found = _with_known_part(call, found)
        taken = {part.text for part in parts(found) if isinstance(part, (Name, Short))}
        letters = [letter for letter in _LETTERS if letter not in taken]
        once: set[int] = set()
        while True:
            shortened = _Shortened(found, letters, once)
            result: Symbol = simplified(shortened.symbol)
            counts = Counter(part.text for part in _with_meanings(result) if isinstance(part, Short))
            # What the simplified expression says only once needs no name.
            single = {key for key, name in shortened.names.items() if counts[name] < 2}
            if not single:
                return result
            once |= single
    except AutogradError:
        return Words("no derivative")
    except Exception:  # noqa: BLE001 (rules are anybody's code, and fail as they like on what they are not made for)
        return None


def _ruled(call: Call, slot: int, upstream: Any) -> Symbol | None:
    """Return what a rule says as it stands."""
    row = call.row
    variadic = isinstance(row, VariadicOp)
    rule = row.rules[0] if variadic else row.rules[slot] if slot < len(row.rules) else None
    if rule is None:
        return None
    if variadic:
        return rule(upstream, call.output, call.operands, slot, **call.static)
    key = (row.name, slot)
    if is_ours(row) and (key in RULES or key in SAID):
        said = RULES.get(key) or SAID[key]
        if not isinstance(said, Said):
            return said(upstream, call.output, *call.operands, **call.static)
        operands = (_first(upstream), _first(call.output), *call.operands)
        return Words(said.text, operands, latex=said.latex, where=said.where)
    if rule is getattr(row, "pullback", None):
        # A fused row: its rule is a kernel.
        return None
    return rule(upstream, call.output, *call.operands, *_by_products(call), **call.static)


def _first(symbols: Any) -> Any:
    """Return the symbol, or the first of several that there is."""
    return next((s for s in symbols if s is not None), None) if isinstance(symbols, tuple) else symbols


def _by_products(call: Call) -> list[Any]:
    """Return what stands for a row's by-products: short ones as what they are, others by name."""
    found: list[Any] = []
    for position, (name, expression) in enumerate(call.row.by_products.items()):
        word = BY_PRODUCTS.get((call.row.name, name), BY_PRODUCTS.get(name, name))
        if word is False:
            found.append(False)
        elif expression is None:
            shape = partial(generic.by_product_shape, call.row, call.operands, call.static, position)
            found.append(Name(str(word), shape))
        else:
            meaning = expression(*call.operands, **call.static)
            found.append(meaning if expanded_size(meaning) < NAMED else Short(str(word), meaning))
    return found


def _with_known_part(call: Call, symbol: Symbol) -> Symbol:
    """Return a rule's expression with the name that everybody uses for a part of it, such as x̂ in normalisations."""
    known = PARTS.get(call.row.name)
    if known is None or not is_ours(call.row):
        return symbol
    name, of = known
    part = of(*call.operands, *_by_products(call), **call.static)
    made: dict[int, Symbol] = {}

    def replaced(inner: Any) -> Any:
        if inner == part:
            return Short(name, part)
        if not isinstance(inner, Applied):
            return inner
        if id(inner) not in made:
            made[id(inner)] = Applied(inner.row, tuple(map(replaced, inner.operands)), inner.static, inner.output)
        return made[id(inner)]

    found: Symbol = replaced(symbol)
    return found


class _Shortened:
    """A rule's expression in which parts that stand there more than once, as the same object, have a name.

    They are what its author gave a name, too.
    """

    def __init__(self, symbol: Symbol, letters: list[str], once: set[int]) -> None:
        self.uses: Counter[int] = Counter()
        self.names: dict[int, str] = {}
        self._letters = iter(letters)
        self._once = once
        self._made: dict[int, Any] = {}
        self._count(symbol, set())
        self.symbol = self._replaced(symbol)

    def _count(self, symbol: Any, seen: set[int]) -> None:
        if id(symbol) in seen:
            return
        seen.add(id(symbol))
        for operand in symbol.operands:
            if operand is not None:
                self.uses[id(operand)] += 1
                self._count(operand, seen)

    def _replaced(self, symbol: Any) -> Any:
        if not isinstance(symbol, Applied):
            return symbol
        key = id(symbol)
        if key not in self._made:
            operands = tuple(self._replaced(operand) for operand in symbol.operands)
            made: Symbol = Applied(symbol.row, operands, symbol.static, symbol.output)
            if self.uses[key] > 1 and key not in self._once and expanded_size(symbol) >= NAMED:
                self.names[key] = next(self._letters)
                made = Short(self.names[key], made)
            self._made[key] = made
        return self._made[key]


# --- undone broadcasting ------------------------------------------------------------------------------------------

#: Rows whose last two axes are matrices, so that only the axes before them broadcast.
_BATCHED = {"matmul", "solve", "solve_triangular", "cdist"}


def _summed(call: Call, slot: int, symbol: Symbol) -> Any:
    """Return what the engine makes of a rule's result: the sum over the axes along which the operand was repeated."""
    operand = call.operands[slot]
    if not call.row.broadcasts or operand is None or symbol == Number(0) or isinstance(symbol, Words):
        return symbol
    try:
        return unbroadcast(symbol, _shape(call, operand, symbol), operand.shape)
    except Exception:  # noqa: BLE001 (a kernel that cannot tell its result's shape leaves the rule as it is)
        return symbol


def _shape(call: Call, operand: Symbol, symbol: Symbol) -> tuple[Any, ...]:
    """Return the shape of a rule's result, without computing where that can be avoided."""
    if call.row.name in _BATCHED:
        return (*call.output.shape[:-2], *operand.shape[-2:])
    return call.output.shape if is_elementwise(call.row) else symbol.shape
