"""Operations in symbols: what each computes, and what its rule multiplies the upstream gradient by.

Where an operation is not in the tables, the drawing shows the numbers without a formula. Whoever asks goes through the
functions here, never through the tables, so that formulas may later come from running the rules themselves on symbols.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd_np.viz.notation import number, superscript
from autograd_np.viz.tables import LOCAL, PULLBACK

__all__ = ["expression", "is_elementwise", "local", "nested", "pullback"]

#: What stands for an operand that was not given (`bias=None`).
ABSENT = "–"
_LETTERS = "abcdef"

#: How tightly an expression holds together; function calls need no brackets.
_BINDING = {"add": 1, "sub": 1, "conv1d": 1, "conv2d": 1, "linear": 1}
_BINDING |= {"div": 2, "dot": 2, "matmul": 2, "matmul_rows": 2, "mul": 2, "neg": 2, "reciprocal": 2, "sum": 2}
_BINDING |= {"inv": 3, "pow": 3, "pow_tensor": 3, "rsqrt": 3, "sqrt": 3, "square": 3, "transpose": 3}
_CALL = 4


def _filled(text: str, operands: Sequence[str], static: Mapping[str, Any], **others: str) -> str | None:
    """Put names and numbers into a formula in one pass, so that braces in a name stay text; None if one is missing."""
    settings = {key: number(value) for key, value in static.items() if isinstance(value, (bool, int, float))}
    settings |= {"dtype": str(static["dtype"])} if "dtype" in static else {}
    letters = {letter: name for letter, name in zip(_LETTERS, operands, strict=False) if name != ABSENT}
    try:
        return text.format_map({**settings, "all": ", ".join(operands), **letters, **others})
    except KeyError:
        return None


def _power(base: str, exponent: float) -> str:
    if exponent == 1:
        return base
    if exponent == int(exponent) and abs(exponent) < 1000:
        return base + superscript(str(int(exponent)))
    return f"{base}^{number(exponent)}"


def is_elementwise(op: str) -> bool:
    """Tell whether an operation works element by element, so that its local derivative has its output's shape.

    Example:
        >>> is_elementwise("exp"), is_elementwise("matmul")
        (True, False)
    """
    return op in LOCAL or op == "pow"


def expression(op: str, operands: Sequence[str], static: Mapping[str, Any]) -> str:
    """Return what an operation computes, written with its operands.

    Example:
        >>> expression("mul", ["x", "y"], {}), expression("my_op", ["x"], {})
        ('x·y', 'my_op(x)')
    """
    if op == "pow" and operands and isinstance(static.get("exponent"), (int, float)):
        return _power(operands[0], static["exponent"])
    formula = LOCAL.get(op) or PULLBACK.get(op)
    if formula is not None:
        # A bias that was not given is not added.
        text = formula.text if len(operands) > 2 and operands[2] != ABSENT else formula.text.removesuffix(" + {c}")
        filled = _filled(text, operands, static)
        if filled is not None:
            return filled
    return f"{op}({', '.join(operands)})"


def nested(op: str, operands: Sequence[tuple[str, str]], static: Mapping[str, Any]) -> str:
    """Return an expression whose operands are expressions, in brackets where they need them.

    Args:
        op: the operation's name.
        operands: each operand's text, and the operation that made it (empty for names).
        static: the operation's settings.

    Example:
        >>> nested("square", [("x + y", "add")], {}), nested("add", [("x·y", "mul"), ("x", "")], {})
        ('(x + y)²', 'x·y + x')
    """
    outer = _BINDING.get(op, 0)
    texts = []
    for position, (text, inner) in enumerate(operands):
        binding = _BINDING.get(inner, _CALL) if inner else _CALL
        # a - (b + c), a/(b·c), (a²)²: the same strength needs brackets where order matters.
        ordered = outer == 3 or (op in {"sub", "div"} and position > 0)
        loose = binding < outer or (binding == outer and ordered)
        texts.append(f"({text})" if loose or (text.startswith("-") and outer) else text)
    return expression(op, texts, static)


def local(op: str, slot: int, operands: Sequence[str], output: str, static: Mapping[str, Any]) -> str | None:
    """Return the derivative of an element-wise operation's output with respect to one operand, or None.

    Example:
        >>> local("mul", 0, ["x", "y"], "u", {}), local("pow", 0, ["v"], "L", {"exponent": 3})
        ('y', '3·v²')
    """
    if op == "pow" and slot == 0:
        exponent = static.get("exponent")
        if not isinstance(exponent, (int, float)):
            return None
        if exponent == 1:
            return "1"
        factor = "-" if exponent == -1 else f"{number(exponent)}·"
        return f"{factor}{_power(operands[0], exponent - 1)}"
    formula = LOCAL.get(op)
    part = formula.parts[slot] if formula is not None and slot < len(formula.parts) else None
    return None if part is None else _filled(part, operands, static, y=output)


def pullback(
    op: str, slot: int, operands: Sequence[str], output: str, upstream: str, static: Mapping[str, Any], *, count: int
) -> str | None:
    """Return what one operand receives for the upstream gradient, where that is no product element by element.

    Args:
        op: the operation's name.
        slot: which operand.
        operands: names of all operands.
        output: name of the result.
        upstream: name of the gradient that arrives at the result.
        static: the operation's settings.
        count: how many elements of the operand make one of the output.

    Example:
        >>> pullback("matmul", 0, ["A", "B"], "Y", "g", {}, count=1)
        'g·Bᵀ'
    """
    if op in {"cat", "stack"}:
        return f"its part of {upstream}"
    formula = PULLBACK.get(op)
    part = formula.parts[slot] if formula is not None and slot < len(formula.parts) else None
    if part is None:
        return None
    filled = _filled(part, operands, static, y=output, g=upstream, n=str(count))
    return f"1/N·{filled}" if op == "cross_entropy" and static.get("reduction") == "mean" else filled
