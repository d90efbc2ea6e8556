"""Every row says its own derivative: readable for each operand, and equal to what the rule computes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.core import Node, Op, VariadicOp, contributions, registry
from autograd_np.errors import AutogradError
from autograd_np.viz import formulas, generic
from autograd_np.viz.conditions import CONDITIONS
from autograd_np.viz.forms import BY_PRODUCTS, FORMS
from autograd_np.viz.formulas import Call
from autograd_np.viz.printing import LATEX
from autograd_np.viz.symbols import Applied, Constant, Name, Symbol, Words, evaluate, parts
from autograd_np.viz.tables import NOTATION
from tests.ops.calls import CALLS, cotangents, recorded_nodes

#: A formula longer than this is not read; what names in it stand for has a line of its own.
LONGEST = 120
#: How often a row's formulas are computed: more calls of the same row say nothing new.
OFTEN = 20


def own_rules() -> Iterator[tuple[Op, int]]:
    for row in list(registry.values()):
        for slot, rule in enumerate(row.rules):
            if rule is not None and rule.__module__.startswith("autograd_np."):
                yield row, slot


RULES = list(own_rules())
each_rule = pytest.mark.parametrize(("row", "slot"), RULES, ids=[f"{row.name}-{slot}" for row, slot in RULES])


def is_public(name: str) -> bool:
    return any(hasattr(module, name) for module in (ag, ag.Tensor, ag.linalg, nn.functional))


def whole(symbol: Symbol) -> list[Symbol]:
    """Return the parts of a formula and of everything that it names."""
    return list(formulas._with_meanings(symbol))


# --- readable -----------------------------------------------------------------------------------------------------


@each_rule
def test_every_rule_has_a_formula_that_can_be_read(row: Op, slot: int) -> None:
    received = formulas.received(Call.generic(row), slot)
    assert received is not None, (
        f"the rule of {row.name} for {row.operand_names[slot]} cannot be run on symbols: give it a call in general in "
        "viz/generic.py (shapes, settings), or, where it is a kernel, an expression or words in viz/forms.py"
    )
    unheard = sorted(
        part.row.name
        for part in whole(received)
        if isinstance(part, Applied) and part.row.name not in {*NOTATION, *CONDITIONS} and not is_public(part.row.name)
    )
    assert not unheard, (
        f"the formula of {row.name} for {row.operand_names[slot]} says {unheard[0]!r}, which is no public name: say in "
        "viz/tables.py how it is written (NOTATION), or in viz/forms.py what it computes (FORMS)"
    )
    assert not any(isinstance(part, Constant) and part.array.size > 1 for part in whole(received))
    for text in (formulas.text(received), *(meaning for _, meaning in formulas.meanings(received))):
        assert 0 < len(text) <= LONGEST, text
        assert not re.search(r"lambda|<|array\(|None|operand \d", text.replace("<", "", text.count("1[") * 2)), text


@each_rule
def test_every_formula_is_latex_too(row: Op, slot: int) -> None:
    call = Call.generic(row)
    received = formulas.received(call, slot)
    assert received is not None
    texts = [formulas.latex(received), formulas.latex(formulas.application(call), forward=True)]
    texts += [part for pair in formulas.meanings(received, LATEX) for part in pair]
    for text in texts:
        bare = re.sub(r"\\[{}%&#_$]", "", text)
        depth = 0
        for sign in bare:
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0, text
        assert depth == 0, text
        assert text.count("\\left") == text.count("\\right"), text
        # Outside \text{…} and \mathrm{…} there are letters, signs and commands alone.
        rest = re.sub(r"\\(text|mathrm|operatorname)\{[^{}]*(\\_[^{}]*)*\}", "", text)
        assert rest.replace("…", "").isascii(), rest


@pytest.mark.parametrize("name", sorted({*FORMS, *NOTATION, *CONDITIONS}))
def test_the_tables_speak_of_rows_that_exist(name: str) -> None:
    assert name in registry


# --- right --------------------------------------------------------------------------------------------------------

ELEMENTWISE = [(row, slot) for row, slot in RULES if formulas.is_elementwise(row) and row.name != "once_differentiable"]
#: Where operands are drawn from: inside the domain, away from kinks.
DOMAINS = {"acosh": (1.1, 3.0), "ctc": (0.1, 0.9)}
#: Settings of limits and orders that mean something together; all others are drawn at random.
LIMITS = {"min": 0.2, "max": 0.7, "low": 0.2, "high": 0.7, "threshold": 20.0, "n": 2, "exponent": 3, "decimals": 1}


@pytest.mark.parametrize(("row", "slot"), ELEMENTWISE, ids=[f"{row.name}-{slot}" for row, slot in ELEMENTWISE])
def test_local_derivatives_compute_what_the_rules_do(row: Op, slot: int) -> None:
    call = Call.generic(row)
    symbol = formulas.local(call, slot)
    assert symbol is not None
    assert not any(isinstance(part, Words) for part in parts(symbol))
    rng = np.random.default_rng(0)
    low, high = DOMAINS.get(row.name, (0.1, 0.9))
    settings = {
        key: LIMITS.get(key, round(rng.uniform(0.3, 0.9), 2)) if isinstance(value, Name) else value
        for key, value in call.static.items()
    }
    values: dict[str, Any] = {}
    operands = []
    for operand in call.operands:
        assert isinstance(operand, Name)
        drawn = rng.uniform(low, high, 50)
        values[operand.text] = drawn > 0.5 if operand.dtype.kind == "b" else drawn
        operands.append(values[operand.text])
    values |= {value.text: settings[key] for key, value in call.static.items() if isinstance(value, Name)}
    output, extras = row.run(operands, settings)
    values[call.output.text] = output
    rule: Any = row.rules[slot]
    expected = rule(np.ones(50), output, *operands, *extras, **settings)
    found = np.broadcast_to(evaluate(symbol, values), expected.shape)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def traced(node: Node) -> tuple[Call, dict[str, Any]]:
    """Return a recorded operation as a call on names, and the value of each name."""
    row, info = node.op, node.info
    assert info is not None
    values: dict[str, Any] = {}
    operands: list[Name | None] = []
    for i, operand in enumerate(row._promoted(list(info.operands))):
        array = np.asarray(operand)
        operands.append(None if operand is None else Name(f"x{i}", array.shape, array.dtype))
        values[f"x{i}"] = operand
    several = isinstance(info.output, tuple)
    outputs = info.output if several else (info.output,)
    names = tuple(Name(f"y{k}", y.shape, y.dtype) for k, y in enumerate(outputs))
    values |= {f"y{k}": y for k, y in enumerate(outputs)}
    arriving: list[Name | None] = []
    for k, (y, g) in enumerate(zip(outputs, cotangents([y.shape for y in outputs], 0.3), strict=True)):
        arriving.append(Name(f"g{k}", y.shape) if y.dtype.kind == "f" else None)
        values[f"g{k}"] = np.asarray(g).astype(y.dtype) if y.dtype.kind == "f" else None
    assert isinstance(node.saved, tuple)
    count = len(row.by_products)
    for name, value in zip(row.by_products, node.saved[len(node.saved) - count :] if count else (), strict=True):
        word = BY_PRODUCTS.get((row.name, name), BY_PRODUCTS.get(name, name))
        values[str(word)] = value
    call = Call(
        row, tuple(operands), names if several else names[0], tuple(arriving) if several else arriving[0], node.static
    )
    return call, values


def computed(symbol: Symbol, values: dict[str, Any], expected: Any) -> Any:
    """Return what a formula computes, and what is expected where it is undefined and the rule takes a limit."""
    with np.errstate(all="ignore"):
        found = evaluate(symbol, values)
        return np.where(np.isnan(found) & ~np.isnan(expected), expected, found)


def same(found: Any, expected: Any) -> bool:
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
    return bool(np.allclose(found, expected, rtol=1e-9, atol=1e-10 * scale, equal_nan=True))


@dataclass
class Comparison:
    """What came of computing the formulas of every row that samples and their gradients record."""

    compared: set[tuple[str, int]] = field(default_factory=set)
    in_words: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    done: Counter[tuple[str, int]] = field(default_factory=Counter)

    def add(self, node: Node) -> None:
        """Compare the formulas of one recorded operation with its rules and its kernel."""
        row = node.op
        live = [(row.name, slot) for slot, edge in enumerate(node.edges) if edge is not None]
        if all(self.done[key] >= OFTEN for key in live):
            return
        self.done.update(live)
        call, values = traced(node)
        if values.get("False"):
            return  # the flag of a special case, for which the formula is not made
        gs = tuple(values[f"g{k}"] for k in range(row.outputs))
        try:
            received = contributions(node, gs if row.outputs > 1 else gs[0])
        except AutogradError:
            return  # a mode without a derivative
        for slot, expected in received:
            symbol = formulas.received(call, slot)
            assert symbol is not None, (row.name, slot)
            if any(isinstance(part, Words) for part in whole(symbol)):
                self.in_words.add(row.name)
                continue
            found = np.broadcast_to(computed(symbol, values, expected), expected.shape)
            self.compared.add((row.name, slot))
            if not same(found, expected):
                self.wrong.append(f"{row.name}, operand {slot}: {formulas.text(symbol)}")
        forward = formulas.application(call)
        if row.outputs == 1 and not any(isinstance(part, Words) for part in parts(forward)):
            output = values["y0"]
            if not same(computed(forward, values, output), output):
                self.wrong.append(f"{row.name}: {formulas.text(forward)}")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    result = Comparison()
    for sample in CALLS:
        for node in recorded_nodes(sample, order=2):
            result.add(node)
    return result


def test_formulas_compute_what_the_rules_do(comparison: Comparison) -> None:
    assert not comparison.wrong


VARIADIC = {row.name for row, _ in RULES if isinstance(row, VariadicOp)}
#: Rules that no sample reaches: what records them is tested elsewhere.
ELSEWHERE = {"copy", "once_differentiable", "ctc_dxx", "attention", "write_view"}
#: Rows whose formulas words say, so that nothing computes them.
IN_WORDS = {
    "cross_entropy",
    "cross_entropy_dx",
    "grid_sample",
    "grid_sample_adjoint",
    "gru",
    "lstm",
    "matrix_exp",
    "nll",
    "repeat",
    "repeat_interleave",
    "rnn",
    "write_view",
}


def test_formulas_that_are_not_words_were_compared(comparison: Comparison) -> None:
    assert comparison.in_words <= IN_WORDS
    wanted = {(row.name, slot) for row, slot in RULES if row.name not in ELSEWHERE | IN_WORDS}
    assert not {key for key in wanted if key[0] not in VARIADIC} - comparison.compared
    assert {name for name, _ in comparison.compared} >= VARIADIC


def test_generic_calls_are_of_rows_that_exist() -> None:
    for table in (generic._SHAPES, generic._OWN, generic._ABSENT):
        assert set(table) <= set(registry)
    for name, shape in generic._SHAPES.items():
        assert len(shape) == len(registry[name].rules)
