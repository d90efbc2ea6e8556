"""Layers, losses, optimisers and schedules give PyTorch's values, gradients, names and printed forms."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from nn import optim
from tests.nn.torch_cases import (
    MODULES,
    TABLES,
    Descent,
    cases,
    run_function,
    run_layer,
    run_optimizer,
    run_schedule,
    stored,
)
from tests.nn.values import assert_close

OURS = SimpleNamespace(
    torch=ag, nn=nn, optim=optim, tensor=lambda values: ag.tensor(np.asarray(values)), no_grad=ag.no_grad
)
TORCH = {module: stored(module) for module in MODULES}
TYPES = [(np.float64, 1e-10), (np.float32, 1e-5)]


def compare(found: Any, expected: Any, tolerance: float, where: str = "") -> None:
    """Compare trees of numbers and text; None and text must agree, numbers within the tolerance."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            compare(found[key], value, tolerance, f"{where} {key}")
    elif where.endswith(("output", "evaluated", "found", "params", "param_groups")):
        assert len(found) == len(expected), where
        for mine, theirs in zip(found, expected, strict=True):
            if isinstance(theirs, dict):
                compare(mine, theirs, tolerance, where)
            else:
                assert_close(mine, theirs, tolerance, where)
    elif expected is None or isinstance(expected, str) or where.startswith(" state"):
        assert found == expected, where
    else:
        assert_close(found, expected, tolerance, where)


@pytest.mark.parametrize(("dtype", "tolerance"), TYPES)
@pytest.mark.parametrize(("module", "case"), cases("LAYERS"))
def test_layer(module: str, case: str, dtype: Any, tolerance: float) -> None:
    found = run_layer(case, cases("LAYERS")[module, case], OURS, dtype)
    compare(found, TORCH[module]["LAYERS"][case], tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), TYPES)
@pytest.mark.parametrize(("module", "case"), cases("FUNCTIONS"))
def test_function(module: str, case: str, dtype: Any, tolerance: float) -> None:
    found = run_function(case, cases("FUNCTIONS")[module, case], OURS, dtype)
    compare(found, TORCH[module]["FUNCTIONS"][case], tolerance)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("module", "case"), cases("OPTIMIZERS"))
def test_optimizer_over_20_steps(module: str, case: str, dtype: Any) -> None:
    tolerance = 1e-10 if dtype is np.float64 else 1e-6
    if dtype is np.float32 and case.startswith("LBFGS"):
        # It divides differences of gradients, which cancel: PyTorch's own float32 is as far from its float64.
        tolerance = 5e-5
    expected = TORCH[module]["OPTIMIZERS"][case]
    found = run_optimizer(case, OURS, dtype)
    for values, theirs in zip(found["params"], expected["params"], strict=True):
        assert_close(values, theirs, tolerance)


@pytest.mark.parametrize(("module", "case"), cases("OPTIMIZERS"))
def test_optimizer_goes_on_from_the_state_that_torch_saved(module: str, case: str) -> None:
    expected = TORCH[module]["OPTIMIZERS"][case]
    descent = Descent(case, OURS, np.float64)
    descent.resume(expected["half"])
    descent.run(*range(10, 20))
    for values, theirs in zip(descent.values(), expected["params"], strict=True):
        assert_close(values, theirs, 1e-10)


@pytest.mark.parametrize(("module", "case"), cases("SCHEDULES"))
def test_schedule_over_20_epochs(module: str, case: str) -> None:
    assert_close(run_schedule(case, OURS), TORCH[module]["SCHEDULES"][case], 1e-12)


@pytest.mark.parametrize("module", MODULES)
def test_every_case_is_stored(module: str) -> None:
    found = {table: [case for owner, case in cases(table) if owner == module] for table in TABLES}
    assert {table: list(entries) for table, entries in TORCH[module].items()} == {
        table: entries for table, entries in found.items() if entries
    }
