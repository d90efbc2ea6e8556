"""Small, safe simplification of symbols: what a reader would do in the head, and nothing that could be wrong.

Factors of 1 and terms of 0 go, signs go to the front, numbers are multiplied out, x·x is x². Nothing is cancelled or
expanded: (a·b)/b stays. Rows that only help others are replaced by what they compute (`forms.FORMS`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_np.core import registry
from autograd_np.viz.conditions import CONDITIONS, CONSTANTS
from autograd_np.viz.forms import form_of
from autograd_np.viz.symbols import Applied, Constant, Number, Short, Symbol, Words

__all__ = ["simplified"]

_FLIPPED = {"gt": "le", "le": "gt", "ge": "lt", "lt": "ge", "eq": "ne", "ne": "eq"}
_TURNED = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}


def simplified(symbol: Any) -> Any:
    """Return the expression in the form in which it is printed.

    Example:
        >>> from autograd_np.viz.symbols import Name
        >>> x, y = Name("x"), Name("y")
        >>> simplified(Number(1) * (2 * x)), simplified(-x * y * y), simplified((x * y) / y)
        (mul(2, x), neg(mul(x, square(y))), div(mul(x, y), y))
    """
    if isinstance(symbol, Short):
        return Short(symbol.text, simplified(symbol.meaning), tuple(map(simplified, symbol.operands)))
    if isinstance(symbol, Words):
        return Words(symbol.text, tuple(map(simplified, symbol.operands)), latex=symbol.latex, where=symbol.where)
    if not isinstance(symbol, Applied):
        return symbol
    operands = tuple(map(simplified, symbol.operands))
    form = form_of(symbol.row)
    if form is not None:
        return simplified(_symbol(form(*operands, **symbol.static)))
    rewrite = _REWRITES.get(symbol.row.name)
    if rewrite is not None:
        return rewrite(*operands, **symbol.static)
    return Applied(symbol.row, operands, symbol.static, symbol.output)


def _symbol(value: Any) -> Symbol:
    return value if isinstance(value, Symbol) else Number(value)


def _apply(name: str, *operands: Any, **static: Any) -> Any:
    return Applied(registry[name], tuple(map(_symbol, operands)), static)


def _is(symbol: Any, name: str) -> bool:
    return isinstance(symbol, Applied) and symbol.row.name == name


# --- sums ---------------------------------------------------------------------------------------------------------


def _plus(a: Any, b: Any) -> Any:
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(a.value + b.value)
    if isinstance(a, Number) and a.value == 0:
        return b
    if isinstance(b, Number):
        return a if b.value == 0 else _minus(a, Number(-b.value)) if b.value < 0 else _apply("add", a, b)
    if _is(b, "neg"):
        return _minus(a, b.operands[0])
    if _is(a, "neg"):
        return _minus(b, a.operands[0])
    return _apply("add", a, b)


def _minus(a: Any, b: Any) -> Any:
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(a.value - b.value)
    if isinstance(a, Number) and a.value == 0:
        return _negative(b)
    if isinstance(b, Number):
        return a if b.value == 0 else _plus(a, Number(-b.value)) if b.value < 0 else _apply("sub", a, b)
    if _is(b, "neg"):
        return _plus(a, b.operands[0])
    return _apply("sub", a, b)


def _negative(a: Any) -> Any:
    return _sub_turned(a) if _is(a, "sub") else _Product(a).times(Number(-1)).symbol()


def _sub_turned(a: Any) -> Any:
    return _apply("sub", a.operands[1], a.operands[0])


# --- products -----------------------------------------------------------------------------------------------------


class _Product:
    """A product: a number over a number, and factors over factors, each with how often it stands there."""

    def __init__(self, *factors: Any) -> None:
        self.number: Any = 1
        self.below: Any = 1
        self.over: dict[Any, int] = {}
        self.under: dict[Any, int] = {}
        for factor in factors:
            self.times(factor)

    def times(self, factor: Any, count: int = 1, *, inverse: bool = False) -> _Product:
        """Take in a factor, or the parts of one that is itself a product."""
        if isinstance(factor, Number):
            self._times_number(factor.value, count, inverse=inverse)
        elif isinstance(factor, Constant) and np.all(factor.array == 1):
            pass
        elif _is(factor, "neg"):
            self.number *= (-1) ** count
            self.times(factor.operands[0], count, inverse=inverse)
        elif _is(factor, "mul"):
            for part in factor.operands:
                self.times(part, count, inverse=inverse)
        elif _is(factor, "div"):
            self.times(factor.operands[0], count, inverse=inverse)
            self.times(factor.operands[1], count, inverse=not inverse)
        elif _is(factor, "square"):
            self.times(factor.operands[0], 2 * count, inverse=inverse)
        elif _is(factor, "sqrt") and count % 2 == 0:
            self.times(factor.operands[0], count // 2, inverse=inverse)
        else:
            self._times_other(factor, count, inverse=inverse)
        return self

    def _times_number(self, value: Any, count: int, *, inverse: bool) -> None:
        if abs(value) in CONSTANTS:
            # A number with a name stays a factor.
            self.number *= (-1 if value < 0 else 1) ** count
            self._times_other(Number(abs(value)), count, inverse=inverse)
        elif inverse:
            self.below *= value**count
        else:
            self.number *= value**count

    def _times_other(self, factor: Any, count: int, *, inverse: bool) -> None:
        side = self.under if inverse else self.over
        side[factor] = side.get(factor, 0) + count
        if _is(factor, "sqrt") and side[factor] == 2:
            # √u·√u, met one after the other.
            del side[factor]
            self.times(factor.operands[0], inverse=inverse)

    def symbol(self) -> Any:
        """Return the product as an expression: numbers first, then conditions, sums last."""
        if self.number == 0:
            return Number(0)
        number, below = self._reduced()
        over = [_power(f, n) for f, n in sorted(self.over.items(), key=lambda item: _rank(item[0]))]
        under = [_power(f, n) for f, n in sorted(self.under.items(), key=lambda item: _rank(item[0]))]
        sign, number = (-1, -number) if number < 0 else (1, number)
        top = _chain([Number(number)] * (number != 1) + over)
        bottom = _chain([Number(below)] * (below != 1) + under)
        if isinstance(top, Number) and sign < 0 and bottom is None:
            return Number(-top.value)
        result = Number(1) if top is None else top
        if bottom is not None:
            result = _apply("div", result, bottom)
        elif sign < 0 and _is(result, "sub"):
            return _sub_turned(result)
        elif top is None and sign < 0:
            return Number(-1)
        return result if sign > 0 else _apply("neg", result)

    def _reduced(self) -> tuple[Any, Any]:
        """Return both numbers in lowest terms; fractions of other than integers are divided out."""
        number, below = self.number, self.below
        if below < 0:
            number, below = -number, -below
        whole = [float(n).is_integer() and abs(n) < 2**53 for n in (number, below)]
        if all(whole) and below:
            common = math.gcd(int(number), int(below))
            return int(number) // common, int(below) // common
        return (number, below) if whole[1] or not below else (number / below, 1)


def _rank(factor: Any) -> int:
    """Return where a factor stands: constants, conditions, all others in their order, logarithms of numbers, sums."""
    if isinstance(factor, Number):
        return 4 if "ln" in CONSTANTS[factor.value].text else 0
    if isinstance(factor, Applied):
        return 1 if factor.row.name in CONDITIONS else 5 if factor.row.name == "sum" else 2
    return 2


def _power(base: Any, count: int) -> Any:
    return base if count == 1 else _apply("square", base) if count == 2 else _apply("pow", base, exponent=count)


def _chain(factors: list[Any]) -> Any:
    """Return a product from left to right; None of no factors."""
    result = None
    for factor in factors:
        result = factor if result is None else _apply("mul", result, factor)
    return result


def _product(a: Any, b: Any) -> Any:
    return _Product(a, b).symbol()


def _quotient(a: Any, b: Any) -> Any:
    if isinstance(b, Number) and b.value == 0:
        return _apply("div", a, b)
    return _Product(a).times(b, inverse=True).symbol()


# --- others -------------------------------------------------------------------------------------------------------


def _powered(x: Any, exponent: Any) -> Any:
    exponent = simplified(_symbol(exponent))
    if isinstance(exponent, Number):
        exponent = exponent.value
        if exponent in {0, 1, 2}:
            return (Number(1), x, _apply("square", x))[int(exponent)]
    return _apply("pow", x, exponent=exponent)


def _powered_by(a: Any, b: Any) -> Any:
    return _powered(a, b) if isinstance(b, Number) else _apply("pow_tensor", a, b)


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    """Return what a choice reads as where one of its branches is 0, or the condition is known."""
    if isinstance(condition, Number):
        return a if condition.value else b
    if isinstance(b, Number) and b.value == 0:
        return _product(condition, a)
    if isinstance(a, Number) and a.value == 0:
        return _product(_negated(condition), b)
    return _apply("where", condition, a, b)


def _filled(x: Any, mask: Any, value: Any) -> Any:
    if isinstance(value, Number) and value.value == 0:
        return _product(_negated(mask), x)
    return _apply("masked_fill", x, mask, value)


def _negated(condition: Any) -> Any:
    if isinstance(condition, Applied) and condition.row.name in _FLIPPED:
        return _apply(_FLIPPED[condition.row.name], *condition.operands)
    if _is(condition, "logical_not"):
        return condition.operands[0]
    return _apply("logical_not", condition)


def _comparison(name: str) -> Callable[..., Any]:
    def compared(a: Any, b: Any) -> Any:
        if _is(a, "neg") and _is(b, "neg"):
            return _apply(_TURNED[name], a.operands[0], b.operands[0])
        return _apply(name, a, b)

    return compared


def _linear(name: str) -> Callable[..., Any]:
    """Return what takes the sign out of a sum, or of new axes."""

    def rewritten(x: Any, **static: Any) -> Any:
        return _negative(rewritten(x.operands[0], **static)) if _is(x, "neg") else _apply(name, x, **static)

    return rewritten


def _transposed(x: Any, **axes: int) -> Any:
    """Return the transposed matrix; of a transposed one, the matrix."""
    if _is(x, "transpose") and set(x.static.values()) == set(axes.values()):
        return x.operands[0]
    return _apply("transpose", x, **axes)


#: The row's name to what takes its simplified operands and its keywords.
_REWRITES: Mapping[str, Callable[..., Any]] = {
    "add": _plus,
    "sub": _minus,
    "neg": _negative,
    "mul": _product,
    "div": _quotient,
    "square": lambda x: _Product(x).times(x).symbol(),
    "reciprocal": lambda x: _quotient(Number(1), x),
    "rsqrt": lambda x: _quotient(Number(1), _apply("sqrt", x)),
    "pow": _powered,
    "pow_tensor": _powered_by,
    "where": _chosen,
    "masked_fill": _filled,
    "keep": lambda x, mask: _product(mask, x),
    "logical_not": _negated,
    "transpose": _transposed,
    "zeros_like": lambda _x: Number(0),
    **{name: _comparison(name) for name in _TURNED},
    **{name: _linear(name) for name in ("sum", "reshape")},
}
