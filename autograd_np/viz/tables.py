"""How rows are written: signs and names for them, conditions in 1[…], numbers with names.

A row that is not here is written as a function of its name. Entries take the printer, the symbol and what the row was
called with, so that one entry serves texts and LaTeX.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd_np.viz.printing import ATOM, PAIRED, POWER, PRODUCT, SUM, TAIL, WORDS, Known, Printer, Tables, Written
from autograd_np.viz.symbols import Applied, Name, Number, Symbol, Words

__all__ = ["CONDITIONS", "CONSTANTS", "NOTATION", "TABLES"]

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

# --- notation -----------------------------------------------------------------------------------------------------

_Entry = Callable[..., Written]


def _function(name: str) -> _Entry:
    return lambda p, _s, *operands, **_: p.call(name, *operands)


def _words(text: str, forward: str = "") -> _Entry:
    """Return an entry in words; forward, if a name is given, it is a function."""

    def written(p: Printer, s: Applied, *operands: Any, **_: Any) -> Written:
        return p.call(forward, operands[0]) if p.forward and forward else p.written(Words(text, operands))

    return written


def _between_signs(pair: str) -> _Entry:
    return lambda p, _s, x, **_: p.enclosed(pair, x)


def _scalar(symbol: Any) -> bool:
    """Tell whether a factor is a number, as far as that is known without computing."""
    if isinstance(symbol, Name):
        return symbol.known is not None or symbol._shape == ()
    return isinstance(symbol, Number) or (isinstance(symbol, Applied) and symbol.row.name == "sum")


def _mul(p: Printer, _s: Applied, a: Any, b: Any) -> Written:
    return p.paired(a, b) if p.mixed and not (_scalar(a) or _scalar(b)) else p.product("·", a, b)


def _matrices(p: Printer, _s: Applied, a: Any, b: Any) -> Written:
    return p.product("@" if p.forward else "·", a, b)


def _convolved(sign: str) -> _Entry:
    def written(p: Printer, _s: Applied, x: Any, w: Any, b: Any = None, **_: Any) -> Written:
        both = p.infix(sign, x, w, PRODUCT, PRODUCT, POWER)
        return both if b is None else Written(f"{both.text}{p.style.sign('+')}{p.show(b, TAIL)}", SUM)

    return written


def _filters(p: Printer, _s: Applied, g: Any, x: Any, **_: Any) -> Written:
    return p.infix("⋆", x, g, PRODUCT, PRODUCT, POWER)


def _transposed(p: Printer, _s: Applied, x: Any, a: int, b: int) -> Written:
    if {a, b} not in ({-1, -2}, {0, 1}):
        return p.call("swapaxes", x, more=(str(a), str(b)))
    if isinstance(x, Applied) and x.row.name == "inv":
        return p.power(x.operands[0], "⁻ᵀ")
    return p.power(x, "ᵀ")


def _solution(p: Printer, _s: Applied, a: Any, b: Any, **_: Any) -> Written:
    """Return A⁻¹·b, and A⁻ᵀ·b for a transposed matrix."""
    turned = isinstance(a, Applied) and a.row.name == "transpose"
    inverse = p.power(a.operands[0], "⁻ᵀ") if turned else p.power(a, "⁻¹")
    return Written(f"{inverse.text}{p.style.sign('@' if p.style.latex else '·')}{p.show(b, PRODUCT)}", PRODUCT)


def _reshaped(p: Printer, s: Applied, x: Any, shape: Any) -> Written:
    """Return what is left to say of a new shape: nothing where only axes of size 1 come or go."""
    if p.forward:
        return p.call(s.row.name, x)
    if s is p.symbol:
        return p.written(Words("{0} reshaped", (x,)))
    try:
        before, after = ([int(n) for n in sizes if n != 1] for sizes in (x.shape, s.shape))
    except (TypeError, ValueError):
        # Where shapes are not known, the rule only lines axes up.
        return p.written(x)
    rows = len(s.shape) == 2 and s.shape[-1] == x.shape[-1]
    return p.written(x) if before == after else p.call("rows" if rows else "reshape", x)


def _expanded(p: Printer, s: Applied, x: Any, **_: Any) -> Written:
    return p.written(Words("{0} to every element", (x,))) if s is p.symbol else p.written(x)


def _indexed(p: Printer, _s: Applied, x: Any, index: Any) -> Written:
    return Written(f"{p.show(x, ATOM)}{p.style.bracketed(_key(p, index), '[]')}")


def _key(p: Printer, index: Any) -> str:
    """Return an index as it was typed; arrays in it are dots."""
    items = index if isinstance(index, tuple) else (index,)
    items = items[:-1] if items and items[-1] is Ellipsis else items
    return ", ".join(_key_part(p, item) for item in items) or "…"


def _key_part(p: Printer, item: Any) -> str:
    if isinstance(item, slice):
        ends = ["" if n is None else _key_part(p, n) for n in (item.start, item.stop)]
        return ":".join([*ends, *([] if item.step is None else [str(item.step)])])
    if isinstance(item, Symbol):
        return p.show(item)
    return str(item) if isinstance(item, (int, type(None))) else "…"


def _accumulated(name: str) -> _Entry:
    return lambda p, _s, x, axis, reverse: p.call(name, x, more=(p.style.words("reverse"),) if reverse else ())


def _triangle(p: Printer, _s: Applied, x: Any, upper: bool, offset: Any) -> Written:
    return p.call("triu" if upper else "tril", x, more=(str(offset),) if offset else ())


def _einsum(p: Printer, _s: Applied, *operands: Any, inputs: Any, output: Any) -> Written:
    """Return einsum with its equation; labels that are no letters count from i on."""
    known = sorted({label for labels in (*inputs, output) for label in labels})
    letters = {label: chr(label) if label >= 65 else "ijklmnopqrstuvw"[i % 15] for i, label in enumerate(known)}
    texts = ["".join(letters[label] for label in labels) for labels in (*inputs, output)]
    equation = p.style.words(f"{','.join(texts[:-1])}→{texts[-1]}")
    return Written(
        p.style.function("einsum") + p.style.bracketed(", ".join([equation, *(p.show(x) for x in operands)]))
    )


def _primed(name: str, order: Any, first: int = 0) -> str:
    """Return a function's name with a prime for each order of its derivative."""
    count = order - first if isinstance(order, int) else 1 if order.known is None else int(order.known) - first
    return name + "′" * count


def _log(p: Printer, _s: Applied, x: Any) -> Written:
    return p.call("ln", x)


def _exponential_of_two(p: Printer, _s: Applied, x: Any) -> Written:
    return p.power(Number(2), x)


NOTATION: dict[str, _Entry] = {
    # arithmetic
    "abs": _between_signs("||"),
    "add": lambda p, _s, a, b: p.infix("+", a, b, SUM, SUM, TAIL),
    "sub": lambda p, _s, a, b: p.infix("-", a, b, SUM, SUM, TAIL),
    "neg": lambda p, _s, x: Written(f"-{p.show(x, TAIL)}", SUM),
    "mul": _mul,
    "div": lambda p, _s, a, b: p.quotient(a, b),
    "square": lambda p, _s, x: p.power(x, Number(2)),
    "sqrt": lambda p, _s, x: p.style.root(p.show(x), p.written(x).binding),
    "rsqrt": lambda p, _s, x: _one_over(p, p.style.root(p.show(x), p.written(x).binding).text),
    "reciprocal": lambda p, _s, x: p.quotient(Number(1), x),
    "pow": lambda p, _s, x, exponent: _power(p, x, exponent),
    "pow_tensor": lambda p, _s, a, b: p.power(a, b),
    "floor": _between_signs("⌊⌋"),
    "ceil": _between_signs("⌈⌉"),
    "floor_divide": lambda p, _s, a, b: Written(p.style.bracketed(p.quotient(a, b).text, "⌊⌋")),
    "remainder": lambda p, _s, a, b: Written(
        f"{p.show(a, PRODUCT)}{p.style.words(' mod ')}{p.show(b, POWER)}", PRODUCT
    ),
    "clamp": lambda p, _s, x, min, max: p.call("clamp", x, *_numbers(min, max)),
    "hardtanh": lambda p, _s, x, low, high: p.call("clamp", x, *_numbers(low, high)),
    "clamp_min": _function("max"),
    "clamp_max": _function("min"),
    "maximum": _function("max"),
    "minimum": _function("min"),
    "cast": lambda p, _s, x, dtype: Written(f"{p.show(x, ATOM)}{p.style.words(f' as {dtype}')}", WORDS),
    "contiguous": lambda p, _s, x: p.written(x),
    "where": lambda p, _s, c, a, b: Written(
        f"{p.show(a, SUM)}{p.style.words(' where ')}{p.condition(c)}{p.style.words(' else ')}{p.show(b, SUM)}", WORDS
    ),
    # functions
    "log": _log,
    "exp2": _exponential_of_two,
    "sigmoid": _function("σ"),
    "sinc": lambda p, _s, x, order=0: p.call(_primed("sinc", order), x),
    "lgamma": lambda p, _s, x: p.call("ln", Words("Γ({0})", (x,), latex=r"\Gamma\left({0}\right)")),
    "polygamma": lambda p, _s, x, n: p.call(_primed("ψ", n), x),
    "into_image_slope": lambda p, _s, x, **_: p.call("into_image′", x),
    # matrices
    "matmul": _matrices,
    "matmul_rows": _matrices,
    "mv": _matrices,
    "dot": lambda p, _s, a, b: p.product("·", a, b),
    "cross": lambda p, _s, a, b, **_: p.infix("×", a, b, PRODUCT, POWER, POWER),
    "transpose": _transposed,
    "inv": lambda p, _s, x: p.power(x, "⁻¹"),
    "solve": _solution,
    "solve_triangular": _solution,
    "keep_triangle": _triangle,
    "tril": lambda p, _s, x, k: p.call("tril", x, more=(str(k),) if k else ()),
    "triu": lambda p, _s, x, k: p.call("triu", x, more=(str(k),) if k else ()),
    "matrix_diagonal": _function("diag"),
    "on_diagonal": _function("diag"),
    "gap_quotient": lambda p, _s, m, values: p.quotient(m, Words("gaps({0})", (values,))),
    "cofactors": _function("cof"),
    "einsum": _einsum,
    "scaled_eye": lambda p, _s, x, **_: Written(f"{p.show(x, PRODUCT)}{p.style.sign('·')}I", PRODUCT),
    # sums
    "sum": lambda p, _s, x, axes=None, **_: p.summed(() if p.forward else axes, x),
    "mean": lambda p, _s, x, **_: p.call("mean", x) if p.forward else p.enclosed("⟨⟩", x),
    "norm_2": _between_signs("‖‖"),
    "expand_reduced": _expanded,
    "cumsum": _accumulated("cumsum"),
    "linear_scan": lambda p, _s, a, b, axis, reverse: p.call(
        "scan", a, b, more=(p.style.words("reverse"),) if reverse else ()
    ),
    "prod": lambda p, _s, x, **_: Written(f"{chr(92)}prod " * p.style.latex + "∏ " * (not p.style.latex) + p.show(x, POWER), TAIL),
    # places
    "reshape": _reshaped,
    "squeeze": _reshaped,
    "unsqueeze": _reshaped,
    "index": _indexed,
    "pick": _indexed,
    "gather": _indexed,
    "index_select": _indexed,
    "embedding": lambda p, s, w, index, **_: _indexed(p, s, w, index),
    "pool_gather": lambda p, _s, x, index: Written(f"{p.show(x, ATOM)}{p.style.bracketed(p.show(index), '[]')}"),
    "pick_along": lambda p, _s, x, index, **_: Written(f"{p.show(x, ATOM)}{p.style.bracketed(p.show(index), '[]')}"),
    "place": _words("{0} at the index, else 0", "place"),
    "place_along": _words("{0} at {1}"),
    "pool_scatter": _words("{0} at {1}"),
    "erase": _words("{0}, but 0 at the index", "erase"),
    "setitem": lambda p, _s, x, values, index: Written(
        f"{p.show(x, ATOM)}{p.style.words(' with ')}{p.style.bracketed(_key(p, index), '[]')}"
        f"{p.style.sign('=').strip().join('  ')}{p.show(values)}",
        WORDS,
    ),
    "diag_embed": _words("{0} on the diagonal", "diag_embed"),
    "place_windows": _words("{0} added at its windows", "place_windows"),
    "diagonals": _function("diagonal"),
    "embed_diagonals": _words("{0} on the diagonal", "embed_diagonals"),
    # windows
    **{f"conv{rank}d": _convolved("⋆") for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": _convolved("⋆ᵀ") for rank in (1, 2, 3)},
    **{f"conv{rank}d_dx": _convolved("⋆ᵀ") for rank in (1, 2, 3)},
    **{f"conv{rank}d_dw": _filters for rank in (1, 2, 3)},
    **{
        f"{pool}{rank}d{suffix}": _function(pool)
        for pool in ("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool", "max_unpool")
        for rank in (1, 2, 3)
        for suffix in ("", "_with_indices")
    },
    "avg_spread": _words("{0} spread over each window"),
    "adaptive_spread": _words("{0} spread over each window"),
    "diff_adjoint": _function("diffᵀ"),
    "pair_sum": _function("pair_sum"),
    "pair_spread": _function("pair_sumᵀ"),
    "interpolate_adjoint": _function("interpolateᵀ"),
    "grid_sample_adjoint": lambda p, _s, g, grid, **_: p.call("grid_sampleᵀ", g, grid),
    "col2im": _function("col2im"),
    "shift": lambda p, _s, x, axis, by: p.call("shift", x, *_numbers(by)),
    "step_ratio": _function("step_ratio"),
    # losses
    "cross_entropy": lambda p, _s, x, t, *_others, **_: p.call("cross_entropy", x, t),
    "ctc_dx": lambda p, s, x, *_others, **_: p.call("ctc′", x),
    "ctc_dxx": lambda p, s, h, x, **_: p.written(Words("ctc″({1})·{0}", (h, x), latex=r"\operatorname{ctc}''({1})\,{0}")),
    "nll_dx": _words("-{0} at the target, else 0"),
}


def _one_over(p: Printer, root: str) -> Written:
    return Written(p.style.divided("1", root), PRODUCT)


def _power(p: Printer, x: Any, exponent: Any) -> Written:
    if isinstance(exponent, Symbol):
        return p.power(x, exponent)
    if not isinstance(exponent, (int, float)):
        return p.call("pow", x)
    return p.written(x) if exponent == 1 else p.power(x, Number(exponent))


def _numbers(*values: Any) -> list[Any]:
    """Return settings as symbols; one that is not given is a dash."""
    return [Name("–") if v is None else v if isinstance(v, Symbol) else Number(v) for v in values]


TABLES = Tables(NOTATION, CONDITIONS, CONSTANTS, frozenset({"matmul", "matmul_rows", "mv", "solve", "solve_triangular"}))
