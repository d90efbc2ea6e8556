"""Calls of rows in general: operands of no particular size, and settings that stand for themselves.

Rules count with sizes and settings, so each of these has a number behind its name. Rows that need other shapes or
settings than most are in the tables below.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_np.core import Op, VariadicOp, registry
from autograd_np.core.op import positional
from autograd_np.viz.symbols import Name, Symbol, sample, settled

__all__ = ["by_product_shape", "call", "grids"]

#: Sizes by the letters of ARCHITECTURE.md's glossary; no two are equal, so that none passes for another.
_SIZES = {letter: Name(letter, (), value=3 + i) for i, letter in enumerate("NDMPCOLKHWn")}

#: Shapes of operands; those that are not here are (N, D).
_SHAPES: Mapping[str, tuple[str, ...]] = {
    "attention": ("LD", "KD", "KO", "LK", "LK"),
    "cdist": ("ND", "MD"),
    "cofactors": ("nn",),
    "cross_entropy": ("NK", "N", "N"),
    "cross_entropy_dx": ("", "NK", "N", "N"),
    "det": ("nn",),
    "dot": ("N", "N"),
    "eig": ("nn",),
    "eigh": ("nn",),
    "embedding": ("KD",),
    "expand": ("D",),
    "gap_quotient": ("nn", "n"),
    "inv": ("nn",),
    "linear": ("ND", "OD", "O"),
    "matmul": ("NK", "KM"),
    "matmul_rows": ("NK", "KM"),
    "matrix_exp": ("nn",),
    "mean": ("n",),
    "median": ("n",),
    "mv": ("ND", "D"),
    "nll": ("NK", "N", "N"),
    "nll_dx": ("", "N", "N"),
    "qr": ("DN",),
    "slogdet": ("nn",),
    "solve": ("nn", "nK"),
    "solve_triangular": ("nn", "nK"),
    "std": ("n",),
    "svd": ("nn",),
    "var": ("n",),
    "batch_norm": ("ND", "D", "D"),
    "layer_norm": ("ND", "D", "D"),
    "batch_norm_fixed": ("ND", "D", "D", "D", "D"),
}

#: Shapes of operands by name.
_SHAPE_OF = {"values": "D"}

_AXIS = Name("axis", (), value=0)
_HERE = (Name("index", (), value=1),)

#: Settings by name: those that rules do more with than count. All others stand for themselves.
_SETTINGS: Mapping[str, Any] = {
    "atol": Name("atol", (), value=0),
    "axes": None,
    "axis": _AXIS,
    "axis1": 0,
    "axis2": 1,
    "causal": False,
    "descending": False,
    "dtype": np.dtype(np.float64),
    "full_matrices": False,
    "geo": SimpleNamespace(size=(_SIZES["L"],)),
    "index": _HERE,
    "keepdims": False,
    "mode": "reduced",
    "offset": Name("offset", (), value=0),
    "orders": (0,),
    "padding": None,
    "reduction": "mean",
    "relu": False,
    "reverse": False,
    "rtol": Name("rtol", (), value=0),
    "skip_nan": False,
    "smoothing": 0.0,
    "unitriangular": False,
    "upper": False,
    "zero_infinity": False,
}

#: Settings of rows that mean something else by a name, or need a certain form.
_OWN: Mapping[str, Mapping[str, Any]] = {
    "adaptive_spread": {"size": (_SIZES["L"],)},
    "block_diag": {"places": ((0, 0), (_SIZES["N"], _SIZES["D"]), (2 * _SIZES["N"], 2 * _SIZES["D"]))},
    "cat": {"starts": (0, _SIZES["N"], 2 * _SIZES["N"])},
    "diagonals": {"labels": (0, 0), "output": (0,)},
    "einsum": {"inputs": ((0, 1), (1, 2)), "output": (0, 2)},
    "embed_diagonals": {"labels": (0, 0), "output": (0,)},
    "expand": {"shape": (_SIZES["N"], _SIZES["D"])},
    "layer_norm": {"axes": 1},
    "pad": {"widths": ((1, 1), (1, 1))},
    "permute": {"axes": (1, 0)},
    "repeat": {"repeats": (2, 2)},
    "roll": {"shifts": (1,), "axes": (0,)},
    "transpose": {"a": 0, "b": 1},
    **{row: {"k": Name("k", (), value=0)} for row in ("tril", "triu")},
    "write_view": {"view_of": registry["index"], "static": {"index": _HERE}},
}

#: Element types of operands by name; all others are floating.
_TYPES = {"condition": np.bool_, "mask": np.bool_, "index": np.int64, "indices": np.int64, "target": np.int64}
#: Operands that rows are called without here, as they mostly are.
_ABSENT: Mapping[str, tuple[str, ...]] = {
    "attention": ("mask", "keep"),
    **dict.fromkeys(("cross_entropy", "cross_entropy_dx", "nll", "nll_dx"), ("share",)),
}
#: Names that are written in Greek, as everywhere.
_GREEK = {"alpha": "α", "beta": "β", "delta": "δ", "eps": "ε"}


def call(
    row: Op,
    names: Sequence[str] | None = None,
    output: str | None = None,
    shapes: Sequence[tuple[int, ...] | None] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[tuple[Symbol | None, ...], Any, dict[str, Any]]:
    """Return names for a row's operands and outputs, and its settings.

    Args:
        row: the row.
        names: of the operands; those that its rules use if not given.
        output: the result's name; several outputs are numbered.
        shapes: sizes of the operands' axes, None for an operand that is not given; letters if not given.
        settings: settings that are known.

    Example:
        >>> call(registry["pow"])
        ((x,), y, {'exponent': exponent})
    """
    own = _operand_names(row, max(len(names or ()), len(shapes or ())))
    known = dict(_static(row), **(settings or {}))
    letters = _SHAPES.get(row.name, ())
    if len(letters) != len(own):
        letters = tuple(_SHAPE_OF.get(name, "ND") for name in own)
    absent = () if shapes else _ABSENT.get(row.name, ())
    sizes: Sequence[Any] = shapes or [tuple(_SIZES[letter] for letter in word) for word in letters]
    operands = tuple(
        None if name in absent or shape is None else Name(text, shape, _TYPES.get(name, np.float64))
        for text, name, shape in zip(names or own, own, sizes, strict=True)
    )
    word = output or next(word for word in ("y", "z", "out") if word not in (names or own))
    if row.outputs == 1:
        return operands, Name(word, lambda: _output_shape(row, operands, known)), known
    return operands, tuple(_numbered(word, k, row, operands, known) for k in range(row.outputs)), known


def _numbered(word: str, k: int, row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Name:
    return Name(f"{word}{k}", lambda: _output_shape(row, operands, static, k))


def _operand_names(row: Op, count: int) -> tuple[str, ...]:
    """Return the names that rules give their operands; x0, x1, … where there may be any number of them."""
    return tuple(f"x{i}" for i in range(count or 2)) if isinstance(row, VariadicOp) else row.operand_names


def grids(row: Op) -> tuple[list[Any], dict[str, Any]]:
    """Return four by four elements for each operand, and the row's settings as numbers.

    Example:
        >>> (x,), static = grids(registry["pow"])
        >>> x.shape, static
        ((4, 4), {'exponent': 2})
    """
    base = 0.3 + 0.7 * np.random.default_rng(0).random((4, 4))
    operands = [
        base > 0.6 if _TYPES.get(name) is np.bool_ else base + 0.25 * i for i, name in enumerate(row.operand_names)
    ]
    return operands, settled(_static(row))


def by_product_shape(row: Op, operands: tuple[Any, ...], static: Mapping[str, Any], position: int) -> Any:
    """Return the shape of a by-product for operands of these shapes, as the kernel makes it."""
    return row.run([sample(x) for x in operands], settled(static))[1][position].shape


def _output_shape(row: Op, operands: tuple[Any, ...], static: Mapping[str, Any], output: int | None = None) -> Any:
    """Return the shape of an output, in the letters of the operands where their numbers say which."""
    result = row.on_arrays(*map(sample, operands), **settled(static))
    shape = (result if output is None else result[output]).shape
    letters = {int(n): n for x in operands if x is not None for n in x.shape}
    return tuple(letters.get(n, n) for n in shape)


def _static(row: Op) -> dict[str, Any]:
    """Return a value for each keyword of a row's rules: its default, one from the tables, or a name for itself."""
    found: dict[str, Any] = {}
    for rule, before in _signatures(row):
        parameters = inspect.signature(rule).parameters
        for name in [*positional(rule)[before:], *(p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY)]:
            default = parameters[name].default
            found.setdefault(name, _setting(name) if default is inspect.Parameter.empty else default)
    return {**found, **_OWN.get(row.name, {})}


def _signatures(row: Op) -> list[tuple[Any, int]]:
    """Return functions that take the row's keywords, each with how many parameters come before them."""
    definition = getattr(row, "definition", None)
    if definition is not None:
        # Of a fused row, whose rules are kernels with keywords of their own.
        return [(definition, len(row.rules))]
    before = 4 if isinstance(row, VariadicOp) else 2 + len(row.rules) + len(row.by_products)
    return [(rule, before) for rule in row.rules if rule is not None]


def _setting(name: str) -> Any:
    return _SETTINGS[name] if name in _SETTINGS else Name(_GREEK.get(name, name), (), value=2)
