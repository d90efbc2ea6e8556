"""Symbols: what stands for arrays where a row or a rule is asked what it computes, not to compute it.

Rows are called on symbols as they are on arrays, and answer with the symbol of the call: the third reading of a row.
A rule that is called on symbols thus returns its own formula, as a tree. `evaluate` computes what a tree says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd_np.core import Op, registry
from autograd_np.viz.notation import number

__all__ = ["Applied", "Constant", "Name", "Number", "Short", "Symbol", "applied", "evaluate", "lifted", "parts"]

#: Rows of numbers whose values are known: sizes and settings, with which rules count.
_ARITHMETIC = {"add", "sub", "mul", "div", "neg", "floor_divide", "remainder", "pow_tensor", "abs"}


class Symbol:
    """An expression that rules take for an array: operators, `.shape`, `.reshape`, `.sum` and their kin give symbols.

    Equality is that of the expressions. Where both sides are known numbers, comparisons give booleans as they do
    between numbers; all others are symbols themselves, which have no truth value.

    Example:
        >>> x, y = Name("x"), Name("y")
        >>> x * y + 1
        add(mul(x, y), 1)
        >>> registry["exp"](x)
        exp(x)
    """

    __slots__ = ()
    #: NumPy's arrays leave operators to the symbol beside them.
    __array_ufunc__ = None
    __iter__ = None

    def __op__(self, row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Answer a row in place of its kernel."""
        return applied(row, operands, static)

    @property
    def known(self) -> Any:
        """Return the number that this is, or None."""
        return None

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return the sizes of the axes, as far as they are known.

        Raises: TypeError where they are not.
        """
        message = f"the shape of {self!r} is not known"
        raise TypeError(message)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the element type."""
        return np.dtype(np.float64)

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def size(self) -> Any:
        """Return the number of elements."""
        return math.prod(self.shape)

    # --- as an array ---------------------------------------------------------------------------------------------

    def reshape(self, *shape: Any) -> Any:
        """Return the symbol of the same elements in another shape."""
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        return registry["reshape"](self, shape=sizes)

    def swapaxes(self, a: int, b: int) -> Any:
        """Return the symbol with two axes exchanged."""
        return registry["transpose"](self, a=a, b=b)

    @property
    def T(self) -> Any:
        """Return the transposed symbol."""
        return self.swapaxes(-1, -2)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the symbol of the sum over some axes, or all."""
        return registry["sum"](self, axes=(axis,) if isinstance(axis, int) else axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the symbol of the mean over some axes, or all."""
        return registry["mean"](self, axes=(axis,) if isinstance(axis, int) else axis, keepdims=keepdims)

    def to(self, *_: Any) -> Symbol:
        """Return the symbol itself: formulas do not tell element types apart."""
        return self

    astype = to

    def copy(self) -> Symbol:
        """Return the symbol itself: it is never written."""
        return self

    def __getitem__(self, index: Any) -> Any:
        return registry["index"](self, index=index if isinstance(index, tuple) else (index,))

    # --- operators -----------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return _operation("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _operation("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _operation("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operation("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return _operation("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operation("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _operation("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _operation("div", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _operation("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _operation("floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return _operation("remainder", self, other)

    def __pow__(self, other: Any) -> Any:
        return _operation("pow_tensor", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _operation("pow_tensor", other, self)

    def __matmul__(self, other: Any) -> Any:
        return _operation("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _operation("matmul", other, self)

    def __neg__(self) -> Any:
        return registry["neg"](self)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Any:
        return registry["abs"](self)

    def __invert__(self) -> Any:
        return registry["logical_not"](self)

    def __lt__(self, other: Any) -> Any:
        return _comparison("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return _comparison("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return _comparison("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return _comparison("ge", self, other)

    def __bool__(self) -> bool:
        return bool(self._number("has no truth value"))

    def __index__(self) -> int:
        return int(self._number("is no integer"))

    def __float__(self) -> float:
        return float(self._number("is no number"))

    def _number(self, problem: str) -> Any:
        if self.known is None:
            message = f"{self!r} {problem}"
            raise TypeError(message)
        return self.known


class Name(Symbol):
    """A name: of an operand, an output, a cotangent, a setting, a size.

    Args:
        text: the name.
        shape: sizes of the axes, if they are known; numbers, or names of numbers.
        dtype: element type.
        value: the number that the name stands for where rules count with it.

    Example:
        >>> n = Name("n", (), value=3)
        >>> n - 1, (n - 1).known, max(n, 1)
        (sub(n, 1), 2, n)
    """

    __slots__ = ("_dtype", "_shape", "text", "value")

    def __init__(self, text: str, shape: tuple[Any, ...] | None = None, dtype: Any = np.float64, value: Any = None):
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
        return super().shape if self._shape is None else self._shape

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
    """A name or a function's name for a longer expression, such as Φ(x).

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
            result = self.row.on_arrays(*(_sample(x) for x in self.operands), **_values(self.static, {}))
            self._shape = (result if self.output is None else result[self.output]).shape
        return self._shape

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


# --- making -------------------------------------------------------------------------------------------------------


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


def applied(row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
    """Return the symbol of a row's call; a tuple of them where it has several outputs.

    Example:
        >>> applied(registry["mul"], (Name("x"), 2.0), {})
        mul(x, 2)
    """
    symbols = tuple(lifted(operand) for operand in operands)
    if row.outputs > 1:
        return tuple(Applied(row, symbols, static, k) for k in range(row.outputs))
    return Applied(row, symbols, static)


def _operation(name: str, a: Any, b: Any) -> Any:
    other = b if isinstance(a, Symbol) else a
    if not isinstance(other, (Symbol, bool, int, float, np.generic, np.ndarray)):
        return NotImplemented
    return registry[name](a, b)


def _comparison(name: str, a: Symbol, b: Any) -> Any:
    first, second = a.known, b.known if isinstance(b, Symbol) else b
    if first is not None and isinstance(second, (bool, int, float)):
        return bool(registry[name].on_arrays(first, second))
    return _operation(name, a, b)


# --- reading ------------------------------------------------------------------------------------------------------


def parts(symbol: Symbol) -> Iterator[Symbol]:
    """Yield a symbol and everything that it is made of, operands first.

    Example:
        >>> list(parts(Name("x") * 2))
        [x, 2, mul(x, 2)]
    """
    for operand in getattr(symbol, "operands", ()):
        if operand is not None:
            yield from parts(operand)
    yield symbol


def evaluate(symbol: Symbol, values: Mapping[str, Any]) -> Any:
    """Return what an expression computes: every row's kernel runs on what its operands compute.

    Args:
        symbol: the expression.
        values: arrays or numbers by name.

    Raises: KeyError for a name without a value.

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
    assert isinstance(symbol, Applied)
    operands = [None if operand is None else evaluate(operand, values) for operand in symbol.operands]
    result = symbol.row.on_arrays(*operands, **_values(symbol.static, values))
    return result if symbol.output is None else result[symbol.output]


def _values(static: Any, values: Mapping[str, Any]) -> Any:
    """Return settings with numbers in place of symbols."""
    if isinstance(static, Symbol):
        return evaluate(static, values)
    if isinstance(static, Mapping):
        return {key: _values(value, values) for key, value in static.items()}
    if type(static) is tuple:
        return tuple(_values(value, values) for value in static)
    return static


def _sample(symbol: Symbol | None) -> Any:
    """Return an array like the one that a symbol stands for."""
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
