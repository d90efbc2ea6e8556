"""How rows are written: signs, names, words.

A row that is not here is written as a function of its name. Entries take the printer, the symbol and what the row was
called with, so that one entry serves texts and LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_np.core import registry
from autograd_np.viz.conditions import CONDITIONS, CONSTANTS
from autograd_np.viz.printing import ABSENT, ATOM, POWER, PRODUCT, SUM, TAIL, WORDS, Printer, Tables, Written
from autograd_np.viz.symbols import Applied, Name, Number, Symbol, Words

__all__ = ["NOTATION", "TABLES"]

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
        return symbol.known is not None or (symbol.has_shape and symbol.shape == ())
    return isinstance(symbol, Number) or (isinstance(symbol, Applied) and symbol.row.name == "sum")


def _mul(p: Printer, _s: Applied, a: Any, b: Any) -> Written:
    """Return a product; among matrices, one element by element has a sign of its own, and scaled rows are Diag(…)."""
    if not p.mixed or _scalar(a) or _scalar(b):
        return p.product("·", a, b)
    for vector, matrix in ((a, b), (b, a)):
        side = _scales(vector)
        if side is not None:
            diagonal = registry["on_diagonal"](vector.operands[0])
            return p.product("·", *((diagonal, matrix) if side == "rows" else (matrix, diagonal)))
    return p.paired("⊙", a, b)


def _quotient(p: Printer, _s: Applied, a: Any, b: Any) -> Written:
    side = _scales(b) if p.mixed else None
    if side is None:
        return p.quotient(a, b)
    inverse = registry["inv"](registry["on_diagonal"](b.operands[0]))
    return p.product("·", *((inverse, a) if side == "rows" else (a, inverse)))


def _scales(symbol: Any) -> str | None:
    """Tell whether a vector was reshaped to scale the rows or the columns of matrices."""
    if not isinstance(symbol, Applied) or symbol.row.name != "reshape":
        return None
    shape = tuple(symbol.static["shape"])
    if len(shape) < 2 or len(shape) != len(symbol.operands[0].shape) + 1:
        return None
    return "rows" if shape[-1] == 1 else "columns" if shape[-2] == 1 else None


def _matrices(p: Printer, _s: Applied, a: Any, b: Any) -> Written:
    return p.paired("@", a, b) if p.forward else p.product("@" if p.style.latex else "·", a, b)


def _convolved(sign: str) -> _Entry:
    def written(p: Printer, _s: Applied, x: Any, w: Any, b: Any = None, **_: Any) -> Written:
        both = p.infix(sign, x, w, PRODUCT, PRODUCT, POWER)
        return both if b is None else Written(f"{both.text}{p.style.sign('+')}{p.show(b, TAIL)}", SUM)

    return written


def _filters(p: Printer, _s: Applied, g: Any, x: Any, **_: Any) -> Written:
    return p.infix("⋆", x, g, PRODUCT, PRODUCT, POWER)


def _transposed(p: Printer, _s: Applied, x: Any, a: int, b: int) -> Written:
    # Of an expression the number of axes is not worked out: mostly it has two.
    rank = len(x.shape) if isinstance(x, Name) and x.has_shape else 2
    if {a % rank, b % rank} != {rank - 1, rank - 2}:
        return p.call("swapaxes", x, more=(str(a), str(b)))
    if isinstance(x, Applied) and x.row.name == "inv":
        return p.power(x.operands[0], "⁻ᵀ")
    return p.power(x, "ᵀ")


def _permuted(p: Printer, _s: Applied, x: Any, axes: Any) -> Written:
    """Return the axes in their new order; two of them exchanged are a transposed matrix."""
    return p.power(x, "ᵀ") if tuple(axes) == (1, 0) else p.call("permute", x, *_numbers(*axes))


def _padded(p: Printer, _s: Applied, x: Any, widths: Any, **_: Any) -> Written:
    """Return padding; negative widths cut off."""
    negative = any(int(n) < 0 for pair in widths for n in pair)
    return p.written(Words("{0} cropped", (x,))) if negative else p.call("pad", x)


def _rolled(p: Printer, _s: Applied, x: Any, shifts: Any, axes: Any) -> Written:
    return p.call("roll", x, *(() if p.forward else _numbers(*shifts)))


def _solution(p: Printer, _s: Applied, a: Any, b: Any, **_: Any) -> Written:
    """Return A⁻¹·b, and A⁻ᵀ·b for a transposed matrix."""
    turned = isinstance(a, Applied) and a.row.name == "transpose"
    inverse = p.power(a.operands[0], "⁻ᵀ") if turned else p.power(a, "⁻¹")
    return Written(f"{inverse.text}{p.style.sign('@' if p.style.latex else '·')}{p.show(b, PRODUCT)}", PRODUCT)


def _reshaped(p: Printer, s: Applied, x: Any, shape: Any) -> Written:
    """Return what is left to say of a new shape: nothing where only axes of size 1 come or go."""
    if p.forward:
        return p.call(s.row.name, x)
    if s is p.symbol and not (isinstance(x, Applied) and x.row.name == "sum"):
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


def _placed(before: str, after: str = "") -> _Entry:
    """Return an entry in words about the places that an index names."""

    def written(p: Printer, s: Applied, x: Any, index: Any, **_: Any) -> Written:
        if p.forward:
            return p.call(s.row.name, x)
        key = _key(p, index)
        place = p.style.words("the index") if "…" in key else p.style.bracketed(key, "[]")
        head = p.show(x, SUM if isinstance(x, Applied) and x.row.name == "neg" else TAIL)
        return Written(head + p.style.words(before) + place + p.style.words(after) * bool(after), WORDS)

    return written


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


def _log(p: Printer, _s: Applied, x: Any) -> Written:
    return p.call("ln", x)


def _exponential_of_two(p: Printer, _s: Applied, x: Any) -> Written:
    return p.power(Number(2), x)


_MAXIMA, _AVERAGES = ("max_pool", "adaptive_max_pool"), ("avg_pool", "adaptive_avg_pool")

NOTATION: dict[str, _Entry] = {
    # arithmetic
    "abs": _between_signs("||"),
    "add": lambda p, _s, a, b: p.infix("+", a, b, SUM, SUM, TAIL),
    "sub": lambda p, _s, a, b: p.infix("-", a, b, SUM, SUM, TAIL),
    "neg": lambda p, _s, x: Written(f"-{p.show(x, TAIL)}", SUM),
    "mul": _mul,
    "div": _quotient,
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
    "bessel_i": lambda p, _s, x, order: p.call("bessel_i", x, *_numbers(order)),
    "sinc": lambda p, _s, x, order=0: p.call("sinc" + "′" * order, x),
    "lgamma": lambda p, _s, x: p.call("ln", Words("Γ({0})", (x,), latex=r"\Gamma\left({0}\right)")),
    "polygamma": lambda p, _s, x, n: (
        p.call("ψ" + "′" * n, x) if n in range(3) else p.call("polygamma", *_numbers(n), x)
    ),
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
    "on_diagonal": _function("Diag"),
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
    "prod": lambda p, _s, x, **_: Written(
        f"{chr(92)}prod " * p.style.latex + "∏ " * (not p.style.latex) + p.show(x, POWER), TAIL
    ),
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
    "place": _placed(" at ", ", else 0"),
    "place_along": _words("{0} at {1}"),
    "pool_scatter": _words("{0} at {1}"),
    "max_places": _words("where it is greatest"),
    "max_spread": _words("{0} at each maximum"),
    "erase": _placed(", but 0 at "),
    "setitem": lambda p, _s, x, values, index: Written(
        f"{p.show(x, ATOM)}{p.style.words(' with ')}{p.style.bracketed(_key(p, index), '[]')}"
        f"{p.style.sign('=').strip().join('  ')}{p.show(values)}",
        WORDS,
    ),
    "diag_embed": _words("{0} on the diagonal", "diag_embed"),
    "windows": _function("windows"),
    "place_strided": _words("{0} added at its places", "place_strided"),
    "place_windows": _words("{0} added at its windows", "place_windows"),
    "diagonals": _function("diagonal"),
    "embed_diagonals": _words("{0} on the diagonal", "embed_diagonals"),
    "permute": _permuted,
    "pad": _padded,
    "roll": _rolled,
    # windows
    **{f"conv{rank}d": _convolved("⋆") for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": _convolved("⋆ᵀ") for rank in (1, 2, 3)},
    **{f"conv{rank}d_dx": _convolved("⋆ᵀ") for rank in (1, 2, 3)},
    **{f"conv{rank}d_dw": _filters for rank in (1, 2, 3)},
    **{f"{pool}{rank}d": _function(pool) for pool in (*_MAXIMA, *_AVERAGES) for rank in (1, 2, 3)},
    **{f"{pool}{rank}d_with_indices": _function(pool) for pool in _MAXIMA for rank in (1, 2, 3)},
    "max_unpool1d": _function("max_unpool"),
    "max_unpool2d": _function("max_unpool"),
    "max_unpool3d": _function("max_unpool"),
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
    "ctc_dxx": lambda p, s, h, x, **_: p.written(
        Words("ctc″({1})·{0}", (h, x), latex=r"\operatorname{ctc}''({1})\,{0}")
    ),
    "nll": lambda p, _s, x, place, *_others, **_: p.call("nll", x, place),
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
    return [Name(ABSENT) if v is None else v if isinstance(v, Symbol) else Number(v) for v in values]


TABLES = Tables(
    NOTATION, CONDITIONS, CONSTANTS, frozenset({"matmul", "matmul_rows", "mv", "solve", "solve_triangular"})
)
