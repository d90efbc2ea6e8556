"""Symbols: what stands for arrays where a row or a rule is asked what it computes, not to compute it.

Rows are called on symbols as they are on arrays, and answer with the symbol of the call: the third reading of a row.
A rule that is called on symbols thus returns its own formula, as a tree. `evaluate` computes what a tree says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_np.core import Op
from autograd_np.viz.notation import number
from autograd_np.viz.symbols_operators import ArrayLike

__all__ = [
    "Applied",
    "Constant",
    "Name",
    "Number",
    "Short",
    "Symbol",
    "Words",
    "evaluate",
    "expanded_size",
    "lifted",
    "parts",
    "sample",
    "settled",
]

#: Rows of numbers whose values are known: with sizes and settings, rules count.
_ARITHMETIC = {"add", "sub", "mul", "div", "neg", "floor_divide", "remainder", "pow_tensor", "abs"}


class Symbol(ArrayLike):
    """An expression that rules take for an array.

    Example:
        >>> x, y = Name("x"), Name("y")
        >>> x * y + 1
        add(mul(x, y), 1)
        >>> from autograd_np.core import registry
        >>> registry["exp"](x)
        exp(x)
    """

    __slots__ = ()

    #: What it is made of.
    operands: tuple[Any, ...] = ()

    def __op__(self, row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Answer a row in place of its kernel: a symbol of the call, or a tuple of them for several outputs."""
        symbols = tuple(lifted(operand) for operand in operands)
        if row.outputs > 1:
            return tuple(Applied(row, symbols, static, k) for k in range(row.outputs))
        return Applied(row, symbols, static)


class Name(Symbol):
    """A name: of an operand, an output, a cotangent, a setting, a size.

    Args:
        text: the name.
        shape: sizes of the axes, if they are known: numbers, or names of numbers; or a function that finds them out.
        dtype: element type.
        value: the number that the name stands for where rules count with it.

    Example:
        >>> n = Name("n", (), value=3)
        >>> n - 1, (n - 1).known, max(n, 1)
        (sub(n, 1), 2, n)
    """

    __slots__ = ("_dtype", "_shape", "text", "value")

    def __init__(
        self,
        text: str,
        shape: tuple[Any, ...] | Callable[[], tuple[Any, ...]] | None = None,
        dtype: Any = np.float64,
        value: Any = None,
    ) -> None:
        self.text = text
        self._shape = shape
        self._dtype = dtype
        self.value = value

    @property
    def known(self) -> Any:
        """Return the number that this is, or None."""
        return self.value

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return the sizes of the axes."""
        if callable(self._shape):
            self._shape = _found(self, self._shape)
        return super().shape if self._shape is None else self._shape

    @property
    def has_shape(self) -> bool:
        """Tell whether the sizes are known without finding them out."""
        return isinstance(self._shape, tuple)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the element type."""
        return np.dtype(self._dtype)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (int, float)):
            return bool(self.value == other)
        return isinstance(other, Name) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return self.text


class Number(Symbol):
    """A number."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def known(self) -> Any:
        """Return the number."""
        return self.value

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return no axes."""
        return ()

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Number) else other))

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return number(self.value)


class Constant(Symbol):
    """An array that a rule makes for itself."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return the sizes of the axes."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the element type."""
        return np.dtype(self.array.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and np.array_equal(self.array, other.array)

    def __hash__(self) -> int:
        return hash(self.array.shape)

    def __repr__(self) -> str:
        return f"array{self.array.shape}"


class Short(Symbol):
    """A name, or a function's name, for a longer expression: Φ(x).

    Args:
        text: the name.
        meaning: the expression.
        operands: what the function is of; nothing for a name.
    """

    __slots__ = ("meaning", "operands", "text")

    def __init__(self, text: str, meaning: Symbol, operands: tuple[Symbol, ...] = ()) -> None:
        self.text = text
        self.meaning = meaning
        self.operands = operands

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return the sizes of the axes."""
        return self.meaning.shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Short) and (self.text, self.operands) == (other.text, other.operands)

    def __hash__(self) -> int:
        return hash((self.text, self.operands))

    def __repr__(self) -> str:
        return f"{self.text}({', '.join(map(repr, self.operands))})" if self.operands else self.text


class Words(Symbol):
    """What is said in words, because no row says it: "x̄ at each maximum".

    Args:
        text: with {0}, {1}, … for the operands.
        operands: what the words are about.
        latex: the text for LaTeX, if it is another.
        where: what the words need explained, as name and meaning.
    """

    __slots__ = ("latex", "operands", "text", "where")

    def __init__(
        self,
        text: str,
        operands: tuple[Symbol | None, ...] = (),
        *,
        latex: str = "",
        where: tuple[str, str] | None = None,
    ) -> None:
        self.text = text
        self.operands = operands
        self.latex = latex
        self.where = where

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and (self.text, self.operands) == (other.text, other.operands)

    def __hash__(self) -> int:
        return hash((self.text, self.operands))

    def __repr__(self) -> str:
        return self.text.format(*map(repr, self.operands))


class Applied(Symbol):
    """A row called on symbols.

    Args:
        row: the row.
        operands: symbols; None for an operand that is not given.
        static: the row's keywords; symbols may stand in them.
        output: which output this is, for rows that have several.
    """

    __slots__ = ("_known", "_shape", "operands", "output", "row", "static")

    def __init__(
        self, row: Op, operands: tuple[Symbol | None, ...], static: Mapping[str, Any], output: int | None = None
    ) -> None:
        self.row = row
        self.operands = operands
        self.static = static
        self.output = output
        self._shape: tuple[Any, ...] | None = None
        numbers = [None if x is None else x.known for x in operands] if row.name in _ARITHMETIC else [None]
        self._known: Any = None if any(n is None for n in numbers) else row.on_arrays(*numbers).item()

    @property
    def known(self) -> Any:
        """Return the number that this is, or None."""
        return self._known

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return the sizes of the axes, which the kernel tells for operands of their sizes."""
        if self._shape is None:
            self._shape = _found(self, self._made_shape)
        return self._shape

    def _made_shape(self) -> tuple[Any, ...]:
        result = self.row.on_arrays(*map(sample, self.operands), **settled(self.static))
        return tuple((result if self.output is None else result[self.output]).shape)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (int, float)):
            return bool(self._known == other)
        return (
            isinstance(other, Applied)
            and (self.row, self.output, self.operands) == (other.row, other.output, other.operands)
            and _same(self.static, other.static)
        )

    def __hash__(self) -> int:
        return hash((self.row.name, self.output, self.operands))

    def __repr__(self) -> str:
        inside = [*map(repr, self.operands), *(f"{key}={value!r}" for key, value in self.static.items())]
        return f"{self.row.name}({', '.join(inside)})" + ("" if self.output is None else f"[{self.output}]")


def _found(symbol: Symbol, shape: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return a shape from the function that finds it out; kernels fail as they like on what they are not made for."""
    try:
        with np.errstate(all="ignore"):
            return shape()
    except Exception as error:
        message = f"the shape of {symbol!r} is not known"
        raise TypeError(message) from error


# --- making and reading -------------------------------------------------------------------------------------------


def lifted(value: Any) -> Any:
    """Return the symbol of a number or an array; what is one, or absent, stays.

    Example:
        >>> lifted(2.0), lifted(Name("x")), lifted(None)
        (2, x, None)
    """
    if value is None or isinstance(value, Symbol):
        return value
    if isinstance(value, (bool, int, float)):
        return Number(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return Number(value.item())
    return Constant(np.asarray(value))


def parts(symbol: Symbol) -> Iterator[Symbol]:
    """Yield a symbol and everything that it is made of, operands first.

    Example:
        >>> list(parts(Name("x") * 2))
        [x, 2, mul(x, 2)]
    """
    for operand in symbol.operands:
        if operand is not None:
            yield from parts(operand)
    yield symbol


def expanded_size(symbol: Symbol, known: dict[int, int] | None = None) -> int:
    """Return how many parts an expression has when what stands in several places is counted as often.

    Example:
        >>> y = Name("x")
        >>> for _ in range(60):
        ...     y = y + y
        >>> expanded_size(y) > 10**18
        True
    """
    known = {} if known is None else known
    if id(symbol) not in known:
        known[id(symbol)] = 1 + sum(expanded_size(x, known) for x in symbol.operands if x is not None)
    return known[id(symbol)]


def evaluate(symbol: Symbol, values: Mapping[str, Any]) -> Any:
    """Return what an expression computes: every row's kernel runs on what its operands compute.

    Args:
        symbol: the expression.
        values: arrays or numbers by name.

    Raises: KeyError for a name without a value, TypeError for what is said in words alone.

    Example:
        >>> float(evaluate(Name("x") * Name("y") + 1, {"x": 2.0, "y": 3.0}))
        7.0
    """
    if isinstance(symbol, Name):
        return symbol.value if symbol.text not in values and symbol.value is not None else values[symbol.text]
    if isinstance(symbol, Number):
        return symbol.value
    if isinstance(symbol, Constant):
        return symbol.array
    if isinstance(symbol, Short):
        return evaluate(symbol.meaning, values)
    if not isinstance(symbol, Applied):
        message = f"evaluate: {symbol!r} is said in words alone"
        raise TypeError(message)
    operands = [None if operand is None else evaluate(operand, values) for operand in symbol.operands]
    result = symbol.row.on_arrays(*operands, **settled(symbol.static, values))
    return result if symbol.output is None else result[symbol.output]


def settled(static: Any, values: Mapping[str, Any] | None = None) -> Any:
    """Return settings with numbers in place of symbols.

    Example:
        >>> settled({"axis": 0, "sizes": (Name("n", (), value=3), 2)})
        {'axis': 0, 'sizes': (3, 2)}
    """
    if isinstance(static, Symbol):
        return evaluate(static, values or {})
    if isinstance(static, Mapping):
        return {key: settled(value, values) for key, value in static.items()}
    return tuple(settled(value, values) for value in static) if type(static) is tuple else static


def sample(symbol: Symbol | None) -> Any:
    """Return an array like the one that a symbol stands for; its number, where it stands for one.

    Example:
        >>> sample(Name("x", (2,)))
        array([1., 1.])
    """
    if symbol is None or symbol.known is not None:
        return None if symbol is None else symbol.known
    if isinstance(symbol, Constant):
        return symbol.array
    return np.ones(tuple(int(n) for n in symbol.shape), symbol.dtype)


def _same(a: Any, b: Any) -> bool:
    """Tell whether two settings are equal; arrays in them are compared element by element."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return bool(a is b or a == b)
