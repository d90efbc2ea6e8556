"""Random expressions: programs that print as they run, reach every kind of graph, and differentiate rightly."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.testing import Expression, check_operation, gradcheck, gradgradcheck
from autograd_np.testing.strategies import expressions


def all_values(e: Expression) -> list[Any]:
    values = list(e.inputs)
    for step in e.steps:
        values.append(step.run(values))
    return values


@given(expressions())
def test_they_print_as_the_program_they_are(e: Expression) -> None:
    scope: dict[str, Any] = {}
    exec(repr(e), scope)  # noqa: S102 (our own program)
    np.testing.assert_array_equal(scope["expression"](*e.inputs).tolist(), e(*e.inputs).tolist())


@given(expressions(inputs=3, max_steps=12))
def test_no_branch_is_for_nothing(e: Expression) -> None:
    values = all_values(e)
    used = {i for step in e.steps for i in step.operands}
    assert used == set(range(len(values) - 1))
    assert all(v.requires_grad for v in values)


def _broadcasts(e: Expression) -> bool:
    shapes = [tuple(v.shape) for v in all_values(e)]
    return any(
        step.method in {"add", "sub", "mul"} and len({shapes[i] for i in step.operands}) == 2 for step in e.steps
    )


def _squashes(e: Expression) -> bool:
    """Tell whether a product grew too large, and that each one that did goes through tanh."""
    large = [np.abs(v.tolist()).max(initial=0) > 10 for v in all_values(e)][len(e.inputs) :]
    grown = [i for i, step in enumerate(e.steps) if large[i] and step.method in {"mul", "square", "matmul"}]
    assert all(e.steps[i + 1].method == "tanh" for i in grown)
    return bool(grown)


KINDS = {
    "two inputs": lambda e: len(e.inputs) == 2,
    "matmul": lambda e: any(step.method == "matmul" for step in e.steps),
    "the same operand twice": lambda e: any(len(set(step.operands)) < len(step.operands) for step in e.steps),
    "views": lambda e: {"permute", "narrow"} <= {step.method for step in e.steps},
    "expand": lambda e: any(step.method == "expand" for step in e.steps),
    "fan-out": lambda e: sum(0 in step.operands for step in e.steps) >= 3,
    "broadcasting": _broadcasts,
    "squashed": _squashes,
    "no axes": lambda e: e.inputs[0].ndim == 0,
}


def test_they_reach_every_kind_of_graph() -> None:
    reached: set[str] = set()

    @settings(max_examples=200, database=None, derandomize=True)
    @given(expressions(max_steps=12))
    def collect(e: Expression) -> None:
        reached.update(name for name, holds in KINDS.items() if holds(e))

    collect()
    assert reached == set(KINDS)


@given(expressions())
def test_the_engine_differentiates_them(e: Expression) -> None:
    # What cancels inside leaves rounding of its own size behind, whatever the result's.
    gradcheck(e, e.inputs, atol=1e-9)
    gradgradcheck(e, e.inputs, atol=1e-9)


@settings(max_examples=5)
@given(expressions(max_steps=4))
def test_they_pass_every_check_of_operations(e: Expression) -> None:
    check_operation(e, e.inputs)


@settings(max_examples=5)
@given(expressions(inputs=1, shape=st.just((2, 2))))
def test_shapes_can_be_asked_for(e: Expression) -> None:
    assert [x.shape for x in e.inputs] == [(2, 2)]
    assert e(*e.inputs).dtype == ag.float64
