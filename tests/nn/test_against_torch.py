"""Layers, losses, optimisers and schedules give PyTorch's values, gradients, names and printed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from nn import optim
from tests.nn.torch_cases import LAYERS, OPTIMIZERS, SCHEDULES, run_layer, run_optimizer, run_schedule
from tests.nn.values import TORCH, assert_close


def tensor(values: Any) -> ag.Tensor:
    return ag.tensor(np.asarray(values))


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str) -> None:
    expected = TORCH["layers"][name]
    found = run_layer(name, nn, tensor)
    assert found.keys() == expected.keys()
    assert found["repr"] == expected["repr"]
    assert found["state"] == expected["state"]
    for key, values in expected.items():
        if key == "buffers":
            assert found[key].keys() == values.keys()
            for buffer, content in values.items():
                assert_close(found[key][buffer], content)
        elif key not in ("repr", "state"):
            assert_close(found[key], values)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 2e-5)])
def test_optimizer_over_20_steps(name: str, dtype: Any, tolerance: float) -> None:
    found = run_optimizer(name, optim, tensor, dtype)
    for values, expected in zip(found, TORCH["optimizers"][name], strict=True):
        assert_close(values, expected, tolerance)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_over_12_epochs(name: str) -> None:
    assert_close(run_schedule(name, optim, tensor), TORCH["schedules"][name], 1e-12)


def test_every_case_is_stored() -> None:
    assert {part: list(cases) for part, cases in TORCH.items()} == {
        "layers": list(LAYERS),
        "optimizers": OPTIMIZERS,
        "schedules": SCHEDULES,
    }
