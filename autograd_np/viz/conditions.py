"""What stands in 1[…], and numbers with names.

Entries take the printer and what the row was called with, so that one entry serves texts and LaTeX.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd_np.viz.printing import POWER, SUM, Known, Printer
from autograd_np.viz.symbols import Number, Symbol

__all__ = ["CONDITIONS", "CONSTANTS"]

#: Numbers that rules contain, by their value.
CONSTANTS: dict[float, Known] = {
    math.log(2): Known("ln 2", r"\ln 2"),
    math.log(10): Known("ln 10", r"\ln 10"),
    math.pi / 180: Known("π/180", r"\frac{\pi}{180}"),
    180 / math.pi: Known("180/π", r"\frac{180}{\pi}"),
    2 / math.sqrt(math.pi): Known("2/√π", r"\frac{2}{\sqrt{\pi}}"),
    math.sqrt(math.pi) / 2: Known("√π/2", r"\frac{\sqrt{\pi}}{2}"),
    math.sqrt(2 / math.pi): Known("√(2/π)", r"\sqrt{2/\pi}", POWER),
    math.sqrt(0.5): Known("√½", r"\sqrt{\frac{1}{2}}", POWER),
    math.sqrt(2 * math.pi): Known("√(2π)", r"\sqrt{2\pi}", POWER),
}

# --- conditions ---------------------------------------------------------------------------------------------------


def _compared(sign: str) -> Callable[..., str]:
    return lambda p, a, b: f"{p.show(a, SUM)}{p.style.sign(sign)}{p.show(b, SUM)}"


def _between(sign: str) -> Callable[..., str]:
    """Return how 'low < x < high' is written; a limit of None is left out."""

    def written(p: Printer, x: Any, **limits: Any) -> str:
        low, high = (None if v is None else p.show(v if isinstance(v, Symbol) else Number(v)) for v in limits.values())
        relation = p.style.sign(sign)
        return relation.join(filter(None, [low, p.show(x, SUM), high])) if low is not None else (
            f"{p.show(x, SUM)}{relation}{high}"
        )  # fmt: skip

    return written


def _said_of(words: str) -> Callable[..., str]:
    return lambda p, x: f"{p.show(x, SUM)}{p.style.words(words)}"


def _joined(word: str) -> Callable[..., str]:
    return lambda p, a, b: f"{p.condition(a)}{p.style.words(word)}{p.condition(b)}"


#: Rows that give booleans: in a product they stand as 1[…].
CONDITIONS: Mapping[str, Callable[..., str]] = {
    "eq": _compared("="),
    "ne": _compared("≠"),
    "lt": _compared("<"),
    "le": _compared("≤"),
    "gt": _compared(">"),
    "ge": _compared("≥"),
    "clamp_mask": _between("≤"),
    "hardtanh_mask": _between("<"),
    "isfinite": _said_of(" finite"),
    "isinf": _said_of(" infinite"),
    "isnan": _said_of(" NaN"),
    "not_nan": _said_of(" not NaN"),
    "signbit": _said_of(" negative"),
    "logical_not": lambda p, x: f"{p.style.words('not ')}{p.condition(x)}",
    "logical_and": _joined(" and "),
    "logical_or": _joined(" or "),
    "tie_shares": lambda p, x, y, **_: f"{p.show(x, SUM)}{p.style.sign('=')}{p.show(y, SUM)}",
}
