"""How numbers, arrays and names are written on cards and edges."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

from autograd_np.viz.records import Summary

__all__ = ["bar", "exact", "factor", "number", "shorten", "summary_lines", "summary_text", "width_of"]

_SUBSCRIPTS = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")
_SUPERSCRIPTS = str.maketrans("0123456789-().", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾·")
#: A letter with a number, or one of several outputs of that name.
_PLAIN_NAME = re.compile(r"[^\W\d_]\d*(\[\d+\])?")


def number(value: Any) -> str:
    """Return a number with four significant digits, integers in full.

    Example:
        >>> number(48.0), number(0.123456), number(1.5e-7), number(float("nan"))
        ('48', '0.1235', '1.5e-7', 'nan ⚠')
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        if abs(value) < 10**9:
            return str(value)
        value = float(value)
    if math.isnan(value):
        return "nan ⚠"
    if math.isinf(value):
        return "-inf ⚠" if value < 0 else "inf ⚠"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return re.sub(r"e([+-])0*(\d)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", f"{value:.4g}")


def factor(value: Any) -> str:
    """Return a number as it stands in a product: negative ones in brackets.

    Example:
        >>> factor(-3.0), factor(2.0)
        ('(-3)', '2')
    """
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def exact(summary: Summary) -> str:
    """Return what programs read from a drawing: `repr` of a single number, the norm of an array.

    Example:
        >>> import numpy as np
        >>> exact(Summary.of(np.float64(0.1))), exact(Summary.of(np.array([3.0, 4.0])))
        ('0.1', '5.0')
    """
    scalar = summary.scalar
    return repr(summary.norm if scalar is None else scalar)


def _nested(values: tuple[Any, ...], shape: tuple[int, ...]) -> str:
    if len(values) == 1:
        return number(values[0])
    if len(shape) == 1:
        return "[" + ", ".join(number(v) for v in values) + "]"
    step = len(values) // shape[0] if shape[0] else 0
    rows = (_nested(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0]))
    return "[" + ", ".join(rows) + "]"


def summary_text(summary: Summary) -> str:
    """Return one short line: the elements of a small array, the norm of a large one.

    Example:
        >>> import numpy as np
        >>> summary_text(Summary.of(np.array([1.0, 2.5]))), summary_text(Summary.of(np.ones(16)))
        ('[1, 2.5]', '‖·‖ 4')
    """
    if summary.values is not None:
        return _nested(summary.values, summary.shape)
    return f"‖·‖ {number(summary.norm)}"


def summary_lines(summary: Summary) -> tuple[str, ...]:
    """Return the lines a card shows of a value: its elements, or its statistics with NaN and infinity flagged.

    Example:
        >>> import numpy as np
        >>> summary_lines(Summary.of(np.arange(9.0)))
        ('μ 4, σ 2.582, ‖·‖ 14.28', 'min 0, max 8')
    """
    if summary.values is not None:
        return (summary_text(summary),)
    lines = [
        f"μ {number(summary.mean)}, σ {number(summary.std)}, ‖·‖ {number(summary.norm)}",
        f"min {number(summary.low)}, max {number(summary.high)}",
    ]
    if not summary.finite:
        lines.append(f"⚠ {summary.nans} NaN, {summary.infs} infinite")
    return tuple(lines)


def shorten(text: str, limit: int) -> str:
    """Return the text, or its beginning and end around an ellipsis if it is longer than `limit`.

    Example:
        >>> shorten("encoder.layers.0.weight", 12)
        'encode…eight'
    """
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def bar(name: str) -> str:
    """Return the symbol of the gradient that arrives at `name`: x̄ for short names, ∇name for long ones.

    Example:
        >>> bar("x") == "x" + chr(0x304), bar("fc.weight")
        (True, '∇fc.weight')
    """
    return f"{name[0]}\u0304{name[1:]}" if _PLAIN_NAME.fullmatch(name) else f"∇{name}"


def subscript(text: str) -> str:
    """Return digits and minus as subscripts.

    Example:
        >>> subscript("01")
        '₀₁'
    """
    return text.translate(_SUBSCRIPTS)


def superscript(text: str) -> str:
    """Return digits, minus and brackets as superscripts.

    Example:
        >>> superscript("-1")
        '⁻¹'
    """
    return text.translate(_SUPERSCRIPTS)


def width_of(text: str) -> int:
    """Return how many monospace cells a text takes: combining marks none, wide characters two.

    Example:
        >>> width_of("x" + chr(0x304)), width_of("层")
        (1, 2)
    """
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
