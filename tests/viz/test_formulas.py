from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import viz
from autograd_np.core import registry
from autograd_np.viz import formulas, notation
from autograd_np.viz.tables import LOCAL, PULLBACK
from tests.viz.graphs import leaf

SETTINGS: dict[str, dict[str, Any]] = {
    "cast": {"dtype": np.dtype("float32")},
    "clamp": {"min": 0.1, "max": 2.0},
    "hardtanh": {"low": -1.0, "high": 1.0},
    "leaky_relu": {"slope": 0.1},
    "pow": {"exponent": 2.5},
    "round": {"decimals": 0},
    "softplus": {"beta": 1.0, "threshold": 20.0},
}
OPERANDS: dict[str, list[float]] = {"acosh": [1.7], "fmod": [2.7, 1.1], "remainder": [2.7, 1.1]}
MASKS = {"masked_fill": 1, "where": 0}

WORDS = {
    "sqrt": math.sqrt,
    "log": math.log,
    "floor": math.floor,
    "trunc": math.trunc,
    "exp": math.exp,
    "sign": lambda v: math.copysign(1.0, v),
    "sigma": lambda v: 1 / (1 + math.exp(-v)),
    "normal": lambda v: (1 + math.erf(v / math.sqrt(2))) / 2,
    "density": lambda v: math.exp(-v * v / 2) / math.sqrt(2 * math.pi),
    "pi": math.pi,
    **{name: getattr(math, name) for name in ("sin", "cos", "sinh", "cosh")},
}
SIGNS = {
    "·": "*",
    "²": "**2",
    "√π": "sqrt(pi)",
    "√(": "sqrt(",
    "^": "**",
    "≤": "<=",
    "≥": ">=",
    "π": "pi",
    "ln(": "log(",
}
SIGNS |= {"σ": "sigma", "Φ": "normal", "φ": "density"}


def evaluated(text: str, values: dict[str, float]) -> float:
    """Return the number that a formula of the table means."""
    text = re.sub(r"ln (\w+)", r"log(\1)", text)
    text = re.sub(r"⌊(.*?)⌋", r"floor(\1)", text)
    text = re.sub(r"1\[(.*?)\]", r"float(\1)", text)
    for sign, word in SIGNS.items():
        text = text.replace(sign, word)
    return float(eval(text, {**WORDS, **values, "float": float}))  # noqa: S307 (our own table)


@pytest.mark.parametrize("op", sorted([*LOCAL, "pow"]))
def test_local_derivatives_in_symbols_are_those_of_the_rules(op: str) -> None:
    row = registry[op]
    numbers = OPERANDS.get(op, [0.7, 0.4, 0.3])[: len(row.rules)]
    operands: list[Any] = [leaf(value, name) for value, name in zip(numbers, "abc", strict=False)]
    if op in MASKS:
        operands[MASKS[op]] = ag.tensor(True)
    graph = viz.trace(row(*operands, **SETTINGS.get(op, {})))
    output = graph.nodes[-1]
    assert output.value is not None
    values = dict(zip("abc", numbers, strict=False)) | {"y": output.value.scalar or 0.0}
    if op in MASKS:
        values["abc"[MASKS[op]]] = True
    checked = 0
    for edge in graph.edges:
        if not edge.differentiated or (op == "cast" and edge.local is None):
            continue
        text = formulas.local(op, edge.slot, ["a", "b", "c"][: len(numbers)], "y", output.static)
        assert text is not None
        assert edge.local is not None
        if op == "pow":
            assert text == "2.5·a^1.5"
        assert evaluated(text, values) == pytest.approx(edge.local.scalar, rel=1e-6, abs=1e-12), text
        checked += 1
    assert checked


@pytest.mark.parametrize("op", sorted([*LOCAL, *PULLBACK]))
def test_the_tables_speak_of_rows_that_exist_and_of_their_operands(op: str) -> None:
    row = registry[op]
    parts = (LOCAL.get(op) or PULLBACK[op]).parts
    assert len(parts) <= len(row.rules) or op in {"cat", "stack"}
    for part, rule in zip(parts, row.rules, strict=False):
        assert part is None or rule is not None


def test_powers_read_as_powers() -> None:
    def both(exponent: Any) -> tuple[str, str | None]:
        static = {"exponent": exponent}
        return formulas.expression("pow", ["x"], static), formulas.local("pow", 0, ["x"], "y", static)

    assert both(2) == ("x²", "2·x")
    assert both(3.0) == ("x³", "3·x²")
    assert both(1) == ("x", "1")
    assert both(0.5) == ("x^0.5", "0.5·x^-0.5")
    assert both(-1) == ("x⁻¹", "-x⁻²")
    assert both(np.ones(2)) == ("pow(x)", None)


def test_what_is_missing_is_left_out() -> None:
    assert formulas.expression("linear", ["x", "W", "b"], {}) == "x·Wᵀ + b"
    assert formulas.expression("linear", ["x", "W"], {}) == "x·Wᵀ"
    assert formulas.expression("linear", ["x", "W", formulas.ABSENT], {}) == "x·Wᵀ"
    assert formulas.expression("clamp", ["x"], {"min": None, "max": 1.0}) == "clamp(x)"
    assert formulas.local("clamp", 0, ["x"], "y", {"min": None, "max": 1.0}) is None
    assert formulas.pullback("unheard_of", 0, ["x"], "y", "g", {}, count=1) is None
    assert formulas.pullback("stack", 1, ["x", "z"], "y", "g", {}, count=1) == "its part of g"
    losses = [
        formulas.pullback("cross_entropy", 0, ["x", "t"], "y", "g", {"reduction": reduction}, count=1)
        for reduction in ("mean", "sum")
    ]
    assert losses == ["1/N·g·(softmax(x) - onehot(t))", "g·(softmax(x) - onehot(t))"]


def test_braces_in_names_stay() -> None:
    assert formulas.expression("mul", ["{b}", "{0}"], {}) == "{b}·{0}"


def test_numbers_are_short_and_unmistakable() -> None:
    texts = [notation.number(v) for v in (True, 7, 10**12, -0.5, 1e6, 123456.5, math.inf, -math.inf, math.nan, 1e-300)]
    assert texts == ["True", "7", "1e12", "-0.5", "1e6", "1.235e5", "inf ⚠", "-inf ⚠", "nan ⚠", "1e-300"]
    assert notation.summary_text(viz.Summary.of(np.arange(4.0).reshape(2, 2))) == "[[0, 1], [2, 3]]"
    assert notation.summary_text(viz.Summary.of(np.zeros((2, 0)))) == "[[], []]"


def test_long_lines_give_way_to_norms() -> None:
    x = leaf([-1.23456e-5] * 6, "x")
    graph = viz.trace((x * 3.0).sum())
    assert "‖·‖ 3.024e-5" in graph.to_text()
