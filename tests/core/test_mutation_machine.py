"""Random programs that write in place have the gradients of their functional form, or an error; and faults are found.

The programs are in mutation_programs.py. Each planted fault is found by a program of its own, which random search had
come upon and which was cut down since; without the fault the engine passes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from autograd_np.autograd import function, mutation_check
from autograd_np.core import Tensor, arities, engine, mutation, registry, wrap
from autograd_np.core.tensor import View
from autograd_np.core.versions import VersionCell
from autograd_np.errors import GraphError
from autograd_np.utils import checkpoint as checkpointing
from nn.optim import _flat
from tests.core.mutation_programs import CheckedPrograms, Programs

Plant = Callable[[pytest.MonkeyPatch], None]
Steps = Sequence[tuple[Any, ...]]

THOROUGH = settings.default is not None and settings.default.max_examples >= 1000


@pytest.mark.parametrize("programs", [Programs, CheckedPrograms])
def test_programs_have_the_gradients_of_their_functional_form(programs: type[Programs]) -> None:
    """Try 2 000 programs of 50 steps in the thorough profile."""
    effort = settings(
        max_examples=2000 if THOROUGH else 40,
        stateful_step_count=50 if THOROUGH else 30,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(programs, settings=effort)


# --- planted faults -----------------------------------------------------------------------------------------


def _sets(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


def _without_a_view(self: Any, x: Any, **static: Any) -> Any:
    result = arities.UnaryOp.__call__(self, x, **static)
    if isinstance(result, Tensor) and result._array is x._array:
        result._array = result._array[...]
    return result


def _detached(self: Tensor) -> Tensor:
    return wrap(self._array, None)


def _right_view(base: Tensor, op: Any, static: Any, rewired: int, loose: str = "") -> View:
    return View(base, op or registry["index"], static or {"index": (...,)}, rewired)


def _plant_no_copy(patch: pytest.MonkeyPatch) -> None:
    """Let writes in place hand rules the memory that they are about to change."""
    for name in ("mul", "sin", "tanh"):
        patch.setattr(registry[name], "keeps", ())


def _plant_overwriting_rule(patch: pytest.MonkeyPatch) -> None:
    """Let the product's rules write into what was saved for them."""
    right = arities.BinaryOp.vjp

    def vjp(self: Any, node: Any, g: Any, saved: Any) -> Any:
        results = right(self, node, g, saved)
        for value in saved:
            if self.name == "mul" and isinstance(value, np.ndarray) and value.flags.writeable:
                np.multiply(value, 1.5, out=value)
        return results

    patch.setattr(arities.BinaryOp, "vjp", vjp)


def _values(node: Any) -> Any:
    if node.saved is None:
        raise GraphError("freed")
    return node.saved if type(node.saved) is tuple else node.saved(node)


def view(i: int, name: str, *, recorded: bool = True) -> tuple[Any, ...]:
    return ("view", i, name, recorded)


def written_view(i: int, j: int, how: str, name: str = "first") -> tuple[Any, ...]:
    return ("write_through_a_view", i, j, name, how)


def computed(i: int, name: str, *, again: bool = False) -> tuple[Any, ...]:
    return ("apply", i, name, not again)


#: Faults that an engine like this one may have, each put into it for a moment; and a program that finds it.
FAULTS: dict[str, tuple[Plant, Steps]] = {
    "writes are not counted": (
        _sets(VersionCell, "written", lambda self, writer: None),
        [computed(0, "tanh"), ("write_recorded", 0, 0, "add")],
    ),
    "values written since are used": (
        _sets(engine, "_check_saved", _values),
        [computed(0, "tanh"), written_view(0, 0, "sin")],
    ),
    "a view does not know its base": (_sets(arities.ViewOp, "__call__", _without_a_view), [written_view(0, 0, "mul")]),
    "a write through a view stays there": (
        _sets(mutation, "rewire", lambda target, node, before=None: target._adopt(node) or target),
        [written_view(0, 0, "itself")],
    ),
    "other views do not follow a write": (
        _sets(Tensor, "_live", lambda self: None),
        [written_view(1, 0, "itself"), ("write_recorded", 2, 0, "mul")],
    ),
    "the old values are not copied": (_plant_no_copy, [written_view(0, 0, "itself")]),
    "detached tensors do not share the count": (
        _sets(Tensor, "detach", _detached),
        [("write_unrecorded", 3, 0, "sin", "detach")],
    ),
    "views made under no_grad are taken for others": (
        _sets(arities, "View", _right_view),
        [view(0, "first", recorded=False), written_view(0, 0, "put")],
    ),
    "what a Function returns is taken for a view": (
        _sets(function, "View", _right_view),
        [("alias", 0, "function"), ("write_recorded", 0, 0, "tanh")],
    ),
    "the base of a view may move": (
        _sets(View, "base_now", lambda self: self.base),
        [view(1, "new axis"), view(0, "last"), ("reshape", 1, "unsqueeze_"), ("write_recorded", 0, 0, "mul")],
    ),
    "checkpoints do not look at their arguments": (
        _sets(checkpointing._Entry, "check", lambda self: None),
        [
            computed(2, "tanh", again=True),
            written_view(0, 0, "add"),
            ("lose", [11, 10], False),
            ("accumulate", 0),
            ("write_unrecorded", 6, 0, "sin", "no_grad"),
        ],
    ),
    "optimisers do not count their writes": (
        _sets(_flat, "increment_version", lambda *_: None),
        [("lose", [7], True), ("accumulate", 0), ("something_rare", 0, "optimise")],
    ),
    "a gradient aliases a cotangent": (
        _sets(engine, "_is_own", lambda c, g, saved: True),
        [
            ("combine", 1, 0, False),
            written_view(1, 0, "add"),
            ("something_rare", 0, "recompute"),
            ("alias", 0, "function"),
            ("lose", [11], True),
            ("differentiate_the_gradient_later", 0),
        ],
    ),
    "a rule overwrites what was saved": (_plant_overwriting_rule, []),
}

#: Faults of detect_mutation(), and of rules inside it.
CHECKED_FAULTS: dict[str, tuple[Plant, Steps]] = {
    "a rule overwrites what was saved": (_plant_overwriting_rule, []),
    "checksums are not compared": (
        _sets(mutation_check._Array, "changed", lambda self: False),
        [computed(0, "sin"), ("combine", 0, 0, False), ("alias", 0, "data"), ("write_past_the_engine", 3, 0.3)],
    ),
    "what is computed again is not compared": (
        _sets(checkpointing, "_check_alike", lambda *_: None),
        [
            computed(0, "neg", again=True),
            written_view(0, 0, "put"),
            ("alias", 0, "function"),
            view(0, "first", recorded=False),
            ("combine", 0, 0, True),
            computed(7, "tanh", again=True),
            written_view(0, 0, "masked"),
            ("write_past_the_engine", 9, 0.3),
        ],
    ),
}

CASES = [(Programs, name, *fault) for name, fault in FAULTS.items()]
CASES += [(CheckedPrograms, name, *fault) for name, fault in CHECKED_FAULTS.items()]


def run(programs: type[Programs], steps: Steps) -> None:
    program = programs()
    try:
        program.leaves_first()
        for name, *arguments in steps:
            getattr(program, name)(**dict(zip(_parameters(programs, name), arguments, strict=True)))
            program.values_are_the_oracles()
        program.look_at_every_loss()
    finally:
        program.leave()


def _parameters(programs: type[Programs], name: str) -> tuple[str, ...]:
    code = inspect.unwrap(getattr(programs, name)).__code__
    return code.co_varnames[1 : code.co_argcount]


@pytest.mark.parametrize(("programs", "fault", "plant", "steps"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_planted_faults_are_found(
    programs: type[Programs], fault: str, plant: Plant, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(programs, steps)
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run(programs, steps)
