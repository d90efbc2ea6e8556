"""Symbols as text: one printer, with as few brackets as the strength of operators allows, and two styles."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd_np.viz.notation import number, subscript, superscript
from autograd_np.viz.symbols import Applied, Constant, Name, Number, Short, Symbol, Words, parts

__all__ = [
    "ATOM",
    "LATEX",
    "PAIRED",
    "POWER",
    "PRODUCT",
    "SUM",
    "TAIL",
    "UNICODE",
    "WORDS",
    "Known",
    "Printer",
    "Written",
]

#: How tightly a text holds together: words, sums, a product that ends in a Σ, products of one kind among others,
#: products and quotients, powers, and what needs no brackets.
WORDS, SUM, TAIL, PAIRED, PRODUCT, POWER, ATOM = range(7)


#: What stands for an operand that was not given (`bias=None`).
ABSENT = "–"


class Written(NamedTuple):
    """A text, and how tightly it holds together."""

    text: str
    binding: int = ATOM


class Known(NamedTuple):
    """How a number with a name of its own is written: ln 2."""

    text: str
    latex: str
    binding: int = PRODUCT


class Style(Protocol):
    """What differs between texts and LaTeX."""

    latex: bool
    #: How tightly dividend and divisor must hold together.
    quotient: tuple[int, int]

    def name(self, text: str) -> str:
        """Return a name."""

    def number(self, value: Any) -> str:
        """Return a number."""

    def sign(self, sign: str) -> str:
        """Return an operator with the space around it."""

    def bracketed(self, text: str, pair: str = "()") -> str:
        """Return a text in brackets."""

    def function(self, name: str) -> str:
        """Return the name of a function."""

    def divided(self, a: str, b: str) -> str:
        """Return a quotient."""

    def raised(self, base: str, exponent: str, *, simple: bool) -> str:
        """Return a power; a simple exponent is one number or name."""

    def root(self, text: str, binding: int) -> Written:
        """Return a square root."""

    def summed(self, axes: str, text: str) -> str:
        """Return a sum over some axes."""

    def words(self, text: str) -> str:
        """Return a sentence's part."""

    def derivative(self, output: str, operand: str) -> str:
        """Return ∂y/∂x."""


class _Unicode:
    """Plain text, as drawings and terminals show it."""

    latex = False
    quotient = (PRODUCT, POWER)

    _SPACED = frozenset("+-@⋆⊙×")

    def name(self, text: str) -> str:
        return text

    def number(self, value: Any) -> str:
        return number(value)

    def sign(self, sign: str) -> str:
        return f" {sign} " if sign[0] in self._SPACED else sign

    def bracketed(self, text: str, pair: str = "()") -> str:
        return f"{pair[0]}{text}{pair[1]}"

    def function(self, name: str) -> str:
        return name

    def divided(self, a: str, b: str) -> str:
        return f"{a}/{b}"

    def raised(self, base: str, exponent: str, *, simple: bool) -> str:
        if exponent in {"ᵀ", "⁻ᵀ", "⁻¹"} or re.fullmatch(r"-?\d{1,3}", exponent):
            return base + superscript(exponent)
        return f"{base}^{exponent}" if simple else f"{base}^({exponent})"

    def root(self, text: str, binding: int) -> Written:
        return Written(f"√{text}" if binding == ATOM else f"√({text})", POWER)

    def summed(self, axes: str, text: str) -> str:
        return f"Σ{subscript(axes)} {text}"

    def words(self, text: str) -> str:
        return text

    def derivative(self, output: str, operand: str) -> str:
        return f"∂{output}/∂{operand}"


_MARKS = {"\u0304": r"\bar", "\u0302": r"\hat"}
_GREEK = dict(zip("αβγδεθλμπρστφψΦΓ", (
    "alpha", "beta", "gamma", "delta", "varepsilon", "theta", "lambda", "mu", "pi", "rho", "sigma", "tau", "varphi",
    "psi", "Phi", "Gamma",
), strict=True))  # fmt: skip
_SIGNS = {
    "·": r" \cdot ", "⋆": r" \star ", "⋆ᵀ": r" \star^{\top} ", "⊙": r" \odot ", "×": r" \times ", "@": r" \, ",
    "≤": r" \le ", "≥": r" \ge ", "≠": r" \ne ", "<": " < ", ">": " > ", "=": " = ", "+=": r" \mathrel{+}= ",
}  # fmt: skip
_FUNCTIONS = {"exp", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "det"}
_PAIRS = {"||": (r"\lvert ", r" \rvert"), "‖‖": (r"\lVert ", r" \rVert"), "⌊⌋": (r"\lfloor ", r" \rfloor")}
_PAIRS |= {"⌈⌉": (r"\lceil ", r" \rceil"), "⟨⟩": (r"\langle ", r" \rangle"), "()": (r"\left(", r"\right)")}
_PAIRS |= {"[]": (r"\left[", r"\right]")}
_EXPONENTS = {"ᵀ": r"\top", "⁻ᵀ": r"-\top", "⁻¹": "-1"}
#: What LaTeX can raise to a power as it stands: a letter, with a mark above and an index.
_SIMPLE = re.compile(r"(\\(bar|hat)\{)?(\w|\\[a-z]+)\}?(_\{\w+\})?|\d+")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾", "0123456789-()")
_SUNK = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₜ", "0123456789t")
_NAME = re.compile(r"(-?)(\W?)([^\W\d_])([\u0300-\u036f]?)(′*)([\d₀-₉ₜ]*)(\[\d+\])?([⁰¹²³⁴-⁹⁻⁽⁾]*)")


class _Latex:
    """LaTeX's mathematics."""

    latex = True
    quotient = (WORDS, WORDS)

    def name(self, text: str) -> str:
        if re.fullmatch(r"[-+.\de]+", text):
            return self._scientific(text)
        found = _NAME.fullmatch(text)
        if found is None or found[2] not in {"", "∇"}:
            if text.startswith("∇"):
                return r"\nabla " + self.name(text[1:])
            return rf"\{'text' if ' ' in text else 'mathrm'}{{{_escaped(text)}}}"
        minus, nabla, letter, mark, primes, digits, place, raised = found.groups(default="")
        core = "\\" + _GREEK[letter] if letter in _GREEK else letter
        core = f"{_MARKS[mark]}{{{core}}}" if mark in _MARKS else core
        index = ",".join(filter(None, [digits.translate(_SUNK), place.strip("[]")]))
        core += "'" * len(primes) + (f"_{{{index}}}" if index else "")
        core += f"^{{{raised.translate(_RAISED)}}}" if raised else ""
        return f"{minus}\\nabla {core}" if nabla else minus + core

    def number(self, value: Any) -> str:
        text = number(value).removesuffix(" ⚠")
        return self._scientific(text).replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")

    @staticmethod
    def _scientific(text: str) -> str:
        return re.sub(r"e(-?\d+)$", r" \\cdot 10^{\1}", text)

    def sign(self, sign: str) -> str:
        return _SIGNS.get(sign, f" {sign} ")

    def bracketed(self, text: str, pair: str = "()") -> str:
        left, right = _PAIRS[pair]
        return f"{left}{text}{right}"

    def function(self, name: str) -> str:
        base = name.rstrip("ᵀ′")
        if base in _FUNCTIONS:
            core = "\\" + base
        elif base in _GREEK:
            core = "\\" + _GREEK[base]
        else:
            core = rf"\operatorname{{{_escaped(base)}}}"
        return core + ("'" * name.count("′")) + (r"^{\top}" if name.endswith("ᵀ") else "")

    def divided(self, a: str, b: str) -> str:
        return rf"\frac{{{a}}}{{{b}}}"

    def raised(self, base: str, exponent: str, *, simple: bool) -> str:
        base = base if _SIMPLE.fullmatch(base) else f"{{{base}}}"
        return f"{base}^{{{_EXPONENTS.get(exponent, exponent)}}}"

    def root(self, text: str, binding: int) -> Written:
        return Written(rf"\sqrt{{{text}}}", ATOM)

    def summed(self, axes: str, text: str) -> str:
        return (rf"\sum_{{{axes}}} " if axes else r"\sum ") + text

    def words(self, text: str) -> str:
        return rf"\text{{{_escaped(text)}}}" if re.search(r"\w", text) else text

    def derivative(self, output: str, operand: str) -> str:
        return rf"\frac{{\partial {output}}}{{\partial {operand}}}"


def _escaped(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return re.sub(r"[\\~^&%$#_{}]", lambda m: special.get(m[0], "\\" + m[0]), text)


UNICODE: Style = _Unicode()
LATEX: Style = _Latex()


class Tables(NamedTuple):
    """What the printer knows of rows: see `autograd_np.viz.tables`, whose functions take the printer itself."""

    notation: Mapping[str, Callable[..., Written]]
    conditions: Mapping[str, Callable[..., str]]
    constants: Mapping[float, Known]
    matrices: frozenset[str]


class Printer:
    """Writes one symbol in one style.

    Args:
        symbol: what is to be written.
        style: `UNICODE` or `LATEX`.
        tables: how rows are written.
        forward: it is the call of an operation, not a rule.
    """

    def __init__(self, symbol: Symbol, style: Style, tables: Tables, *, forward: bool = False) -> None:
        self.symbol = symbol
        self.style = style
        self.tables = tables
        self.forward = forward
        #: Among products of matrices, those element by element have a sign of their own; forward, the matrices have.
        self.mixed = not forward and any(
            isinstance(part, Applied) and part.row.name in tables.matrices for part in parts(symbol)
        )

    def text(self) -> str:
        """Return the whole text."""
        return self.show(self.symbol)

    def show(self, symbol: Any, least: int = WORDS) -> str:
        """Return a part's text, in brackets if it holds together less tightly than asked."""
        written = self.written(symbol)
        return written.text if written.binding >= least else self.style.bracketed(written.text)

    def written(self, symbol: Any) -> Written:
        """Return a part's text and how tightly it holds together."""
        return _WRITERS[type(symbol)](self, symbol)

    def _name(self, symbol: Name) -> Written:
        text = self.style.name(symbol.text)
        if symbol.dtype.kind == "b" and not self.forward:
            return self.indicator(text)
        return Written(text, SUM if symbol.text.startswith("-") else ATOM)

    def _short(self, symbol: Short) -> Written:
        return self.call(symbol.text, *symbol.operands) if symbol.operands else Written(self.style.name(symbol.text))

    def _applied(self, symbol: Applied) -> Written:
        name = symbol.row.name
        if name in self.tables.conditions:
            text = self.condition(symbol)
            return Written(text, SUM) if self.forward and symbol is self.symbol else self.indicator(text)
        notation = self.tables.notation.get(name)
        if notation is None:
            written = self.call(name, *symbol.operands)
        else:
            written = notation(self, symbol, *symbol.operands, **symbol.static)
        return written if symbol.output is None else Written(f"{written.text}[{symbol.output}]", written.binding)

    # --- what the tables are made of -----------------------------------------------------------------------------

    def call(self, name: str, *arguments: Any, more: tuple[str, ...] = ()) -> Written:
        """Return a function's call; more arguments are texts, and one that is not given is a dash before others."""
        given = [i for i, argument in enumerate(arguments) if argument is not None]
        wanted = arguments[: given[-1] + 1 if given else 0]
        shown = [ABSENT if argument is None else self.show(argument) for argument in wanted]
        return Written(self.style.function(name) + self.style.bracketed(", ".join([*shown, *more])))

    def infix(self, sign: str, a: Any, b: Any, binding: int, left: int, right: int) -> Written:
        """Return two operands with a sign between them; each must hold together so tightly."""
        return Written(f"{self.show(a, left)}{self.style.sign(sign)}{self.show(b, right)}", binding)

    def product(self, sign: str, a: Any, b: Any) -> Written:
        """Return a product; a Σ may stand at its end."""
        tail = self.written(b).binding == TAIL
        return self.infix(sign, a, b, TAIL if tail else PRODUCT, PRODUCT, TAIL if tail else PRODUCT)

    def paired(self, sign: str, a: Any, b: Any) -> Written:
        """Return a product among products of another kind: only its own kind stands beside it without brackets."""
        left = PAIRED if self.written(a).binding == PAIRED else POWER
        return self.infix(sign, a, b, PAIRED, left, POWER)

    def quotient(self, a: Any, b: Any) -> Written:
        """Return a quotient."""
        left, right = self.style.quotient
        return Written(self.style.divided(self.show(a, left), self.show(b, right)), PRODUCT)

    def power(self, base: Any, exponent: Any) -> Written:
        """Return a power; the exponent is a symbol, a number, or one of ᵀ, ⁻ᵀ and ⁻¹."""
        text = exponent if isinstance(exponent, str) else self.show(exponent)
        simple = not isinstance(exponent, Symbol) or self.written(exponent).binding == ATOM
        simple = simple or isinstance(exponent, Number)
        return Written(self.style.raised(self.show(base, ATOM), text, simple=simple), POWER)

    def enclosed(self, pair: str, symbol: Any) -> Written:
        """Return a part between two signs, such as |x|."""
        return Written(self.style.bracketed(self.show(symbol), pair))

    def summed(self, axes: Any, symbol: Any) -> Written:
        """Return a sum; axes that are not known are left out."""
        listed = axes if isinstance(axes, tuple) and all(type(axis) is int for axis in axes) else ()
        separator = "," if self.style.latex else ""
        return Written(self.style.summed(separator.join(map(str, listed)), self.show(symbol, TAIL)), TAIL)

    def indicator(self, text: str) -> Written:
        """Return 1[condition]."""
        return Written(
            r"\mathbf{1}" * self.style.latex + "1" * (not self.style.latex) + self.style.bracketed(text, "[]")
        )

    def condition(self, symbol: Any) -> str:
        """Return a condition without its 1[…]."""
        if isinstance(symbol, Applied) and symbol.row.name in self.tables.conditions:
            return self.tables.conditions[symbol.row.name](self, *symbol.operands, **symbol.static)
        return self.style.name(symbol.text) if isinstance(symbol, Name) else self.show(symbol)

    def _number(self, symbol: Number) -> Written:
        value = symbol.value
        known = self.tables.constants.get(abs(value))
        text = self.style.number(abs(value))
        if known is not None:
            text = known.latex if self.style.latex else known.text
        if value < 0:
            return Written(f"-{text}", SUM)
        return Written(text, ATOM if known is None or self.style.latex else known.binding)

    def _constant(self, symbol: Constant) -> Written:
        array = symbol.array
        if array.dtype.kind == "b":
            return self.indicator(self.style.words("mask"))
        if array.ndim and np.all(array == array.flat[0]):
            return self._number(Number(array.flat[0].item()))
        return Written("I" if array.ndim > 1 and np.array_equal(array, np.eye(*array.shape[-2:])) else "c")

    def _said(self, symbol: Words) -> Written:
        # A sign in front binds whatever follows.
        shown = [
            "" if x is None else self.show(x, SUM if isinstance(x, Applied) and x.row.name == "neg" else TAIL)
            for x in symbol.operands
        ]
        binding = WORDS if " " in symbol.text else ATOM
        if self.style.latex and symbol.latex:
            return Written(re.sub(r"\{(\d)\}", lambda m: shown[int(m[1])], symbol.latex), binding)
        pieces = re.split(r"\{(\d)\}", symbol.text)
        text = "".join(shown[int(p)] if i % 2 else self.style.words(p) if p else "" for i, p in enumerate(pieces))
        return Written(text, binding)


_WRITERS: Mapping[type, Callable[[Printer, Any], Written]] = {
    Applied: Printer._applied,
    Constant: Printer._constant,
    Name: Printer._name,
    Number: Printer._number,
    Short: Printer._short,
    Words: Printer._said,
}
