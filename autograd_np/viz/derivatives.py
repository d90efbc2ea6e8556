"""A row's rules for reading: what it computes, and what each of its operands receives."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_np.core import Op, VariadicOp, registry
from autograd_np.errors import ArgumentError
from autograd_np.viz import formulas
from autograd_np.viz.formulas import Call
from autograd_np.viz.notation import bar, width_of
from autograd_np.viz.printing import LATEX, UNICODE, Style
from autograd_np.viz.symbols import Name, Symbol

__all__ = ["Derivative", "Derivatives", "derivatives"]

#: Longer expressions are called by the output's name under a ∂.
_SHORT = 12


@dataclass(frozen=True)
class Derivative:
    """What a row's rules say about one operand, as symbols.

    Args:
        operand: the operand's name.
        local: the derivative of the output, where the row works element by element.
        received: what the operand receives for the gradient that arrives; None if the rule cannot be read.
    """

    operand: str
    local: Symbol | None
    received: Symbol | None


class Derivatives(Sequence[Derivative]):
    """A row's derivatives by operand; as text, and in LaTeX, which notebooks show.

    Args:
        call: the row, and the names of what it is called on.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        row = call.row
        names = [Name(f"x{i}") for i in range(len(call.operands))]
        shown = [
            operand
            if isinstance(operand, Name)
            else (names[i] if isinstance(row, VariadicOp) else row.operand_names[i])
            for i, operand in enumerate(call.operands)
        ]
        self._items = tuple(
            Derivative(str(shown[slot]), formulas.local(call, slot), formulas.received(call, slot))
            for slot in range(len(call.operands))
            if row.rules[0 if isinstance(row, VariadicOp) else slot] is not None
        )

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __str__(self) -> str:
        lines, meanings = self._lines(UNICODE)
        width = max((width_of(local) for local, _ in lines), default=0)
        table = [f"  {local}{' ' * (width - width_of(local) + 4 if width else 0)}{right}" for local, right in lines]
        where = [f"  {'where' if i == 0 else '     '} {name} = {text}" for i, (name, text) in enumerate(meanings)]
        return "\n".join([f"{self.call.row.name}: {self._head(UNICODE)}", *table, *where])

    __repr__ = __str__

    def latex(self) -> str:
        r"""Return the table as an `aligned` environment of LaTeX, for use between dollar signs.

        Example:
            >>> print(derivatives("mul").latex())
            \begin{aligned}
            y &= a \cdot b \\
            \frac{\partial y}{\partial a} &= b & \bar{a} &\mathrel{+}= \bar{y} \cdot b \\
            \frac{\partial y}{\partial b} &= a & \bar{b} &\mathrel{+}= \bar{y} \cdot a
            \end{aligned}
        """
        lines, meanings = self._lines(LATEX)
        rows = [self._head(LATEX), *(" & ".join(filter(None, line)) for line in lines)]
        rows += [rf"\text{{where }} {name} &= {text}" for name, text in meanings]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _head(self, style: Style) -> str:
        output = self.call.output
        names = ", ".join(style.name(name.text) for name in (output if isinstance(output, tuple) else (output,)))
        return f"{names} {'&' * style.latex}= {formulas.written(formulas.application(self.call), style, forward=True)}"

    def _lines(self, style: Style) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return the two columns, and what names in them stand for."""
        lines = []
        meanings: dict[str, str] = {}
        for item in self:
            received = "?" if item.received is None else formulas.written(item.received, style)
            sign = style.sign("+=")
            right = f"{style.name(bar(item.operand))}{' &' + sign.lstrip() if style.latex else sign}{received}"
            local = "" if item.local is None else f"{self._fraction(item, style)}{formulas.written(item.local, style)}"
            lines.append((local, right))
            for part in (item.local, item.received):
                if part is not None:
                    meanings.update(formulas.meanings(part, style))
        return lines, list(meanings.items())

    def _fraction(self, item: Derivative, style: Style) -> str:
        """Return ∂(a·b)/∂a; the output's name stands for what is long."""
        output = self.call.output.text
        if style.latex:
            return f"{style.derivative(style.name(output), style.name(item.operand))} &= "
        whole = formulas.text(formulas.application(self.call), forward=True)
        if len(whole) > _SHORT:
            whole = output
        elif not whole.endswith(")") or not whole.split("(")[0].isalnum():
            whole = f"({whole})"
        return f"{style.derivative(whole, item.operand)} = "


def derivatives(
    row: str | Op | Callable[..., Any],
    *,
    names: Sequence[str] | None = None,
    output: str | None = None,
    shapes: Sequence[tuple[int, ...] | None] | None = None,
    **settings: Any,
) -> Derivatives:
    """Return the derivatives of an operation in symbols, read from its own rules.

    For operations that work element by element, ∂y/∂x is the local derivative; x̄ += … is what an operand receives for
    the gradient ȳ that arrives at the output.

    Args:
        row: a row, its name, or a public function of the same name.
        names: names for the operands; those of the rules if not given.
        output: a name for the result.
        shapes: sizes of the operands, to see where broadcasting is undone; None for an operand that is not given.
        settings: settings of the row that are known, such as `exponent=3`.

    Raises: ArgumentError for what is no row, or a setting that it does not have.

    Example:
        >>> derivatives("mul", names=("x", "y"), output="u")
        mul: u = x·y
          ∂(x·y)/∂x = y    x̄ += ū·y
          ∂(x·y)/∂y = x    ȳ += ū·x
        >>> derivatives("matmul", names=("A", "B"), output="Y")
        matmul: Y = A @ B
          Ā += Ȳ·Bᵀ
          B̄ += Aᵀ·Ȳ
        >>> derivatives("add", shapes=((4, 3), (3,)))[1].received
        sum(ȳ, axes=(0,), keepdims=False)
    """
    found = row if isinstance(row, Op) else _named(row)
    _check(found, names, shapes, settings)
    return Derivatives(Call.generic(found, names=names, output=output, shapes=shapes, settings=settings))


def _named(row: Any) -> Op:
    name = row if isinstance(row, str) else getattr(row, "__name__", repr(row))
    if name in registry:
        return registry[name]
    close = difflib.get_close_matches(name, registry, 3)
    hint = f"did you mean {', '.join(map(repr, close))}? " if close else ""
    message = (
        f"derivatives: no row is called {name!r}; functions made of several rows have none of their own\n"
        f"  fix: {hint}viz.trace(...) shows the rows that a computation is made of"
    )
    raise ArgumentError(message)


def _check(row: Op, names: Any, shapes: Any, settings: Mapping[str, Any]) -> None:
    """Raise unless the row has these settings, and as many operands as there are names and shapes."""
    known = Call.generic(row).static
    unknown = [key for key in settings if key not in known]
    if unknown:
        has = f"its settings are {', '.join(known)}" if known else "it has none"
        message = f"derivatives: {row.name} has no setting {unknown[0]!r}\n  fix: {has}"
        raise ArgumentError(message)
    count = None if isinstance(row, VariadicOp) else len(row.rules)
    for what, given in (("names", names), ("shapes", shapes)):
        if given is not None and count is not None and len(given) != count:
            message = (
                f"derivatives: {row.name} has {count} operands, got {len(given)} {what}\n"
                f"  fix: give {what} for {', '.join(row.operand_names)}"
            )
            raise ArgumentError(message)
    if names is not None and shapes is not None and len(names) != len(shapes):
        message = f"derivatives: {len(names)} names for {len(shapes)} shapes\n  fix: give one of each per operand"
        raise ArgumentError(message)
