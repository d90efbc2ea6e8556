"""What an optimiser saves, and how it goes on from that."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError
from nn import optim
from tests.nn.test_optim import EVERY, give_gradients, leaves
from tests.nn.torch_cases import run_optimizer, stored


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("copied", [lambda o: o, copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])  # noqa: S301
def test_resuming_continues_exactly(make: Any, copied: Any) -> None:
    straight, resumed = leaves((3,), (200, 100), (2,)), leaves((3,), (200, 100), (2,))
    one, two = make(straight), make(resumed)
    for step in range(6):
        if step == 3:
            state = copied(two.state_dict())
            values = [ag.tensor(p.detach(), requires_grad=True) for p in resumed]
            resumed, two = values, make(values)
            two.load_state_dict(state)
        for params, optimizer in ((straight, one), (resumed, two)):
            give_gradients(params, step)
            optimizer.step()
    for p, q in zip(straight, resumed, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


@pytest.mark.parametrize("make", EVERY)
def test_an_optimiser_can_be_copied_with_its_parameters(make: Any) -> None:
    params = leaves((3,), (2,))
    optimizer = make(params)
    give_gradients(params)
    optimizer.step()
    twin_params, twin = copy.deepcopy((params, optimizer))
    for ps, o in ((params, optimizer), (twin_params, twin)):
        give_gradients(ps, 1)
        o.step()
    for p, q in zip(params, twin_params, strict=True):
        assert p is not q
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


def test_state_dict_has_pytorchs_form() -> None:
    params = leaves((2,), (3,))
    optimizer = optim.Adam([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}])
    params[1].grad = ag.ones(3)
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert list(state["state"]) == [1]
    assert list(state["state"][1]) == ["step", "exp_avg", "exp_avg_sq"]
    assert state["state"][1]["step"].item() == 1
    assert state["param_groups"][1]["betas"] == (0.9, 0.999)


def test_settings_that_a_state_lacks_stay() -> None:
    """States of older versions of PyTorch do not mention `maximize`, and hold None for what was not used."""
    params = leaves((2,))
    optimizer = optim.SGD(params, lr=0.5, maximize=True)
    old = {"state": {0: {"momentum_buffer": None}}, "param_groups": [{"params": [0], "lr": 0.25}]}
    optimizer.load_state_dict(old)
    assert [optimizer.param_groups[0][name] for name in ("lr", "maximize")] == [0.25, True]
    give_gradients(params)
    optimizer.param_groups[0]["momentum"] = 0.5
    optimizer.step()
    np.testing.assert_array_equal(optimizer.state[params[0]]["momentum_buffer"], -params[0].grad)
    with pytest.raises(ArgumentError, match="lr must be at least 0, got -1"):
        optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0], "lr": -1}]})


@pytest.mark.parametrize("case", stored("optimizers")["OPTIMIZERS"])
def test_states_and_settings_have_torchs_names(case: str) -> None:
    theirs = stored("optimizers")["OPTIMIZERS"][case]["half"]
    mine = run_optimizer(case, SimpleNamespace(optim=optim, tensor=lambda a: ag.tensor(np.asarray(a))))["half"]
    assert [group.keys() for group in mine["param_groups"]] == [group.keys() for group in theirs["param_groups"]]
    assert [group["params"] for group in mine["param_groups"]] == [group["params"] for group in theirs["param_groups"]]
    # 'al' is PyTorch's scratch space.
    found = {str(number): entries.keys() for number, entries in mine["state"].items()}
    assert found == {number: entries.keys() - {"al"} for number, entries in theirs["state"].items()}


def test_states_that_do_not_fit() -> None:
    optimizer = optim.Adam(leaves((2,), (3,)))
    with pytest.raises(ArgumentError, match=r"the groups here have \[2\] parameters, those in the state \[1\]"):
        optimizer.load_state_dict(optim.Adam(leaves((2,))).state_dict())
    other = optim.Adam(leaves((2,), (4,)))
    give_gradients(other.param_groups[0]["params"])
    other.step()
    with pytest.raises(ArgumentError, match=r"exp_avg has shape \(4,\), its parameter \(3,\)"):
        optimizer.load_state_dict(other.state_dict())


def test_entries_that_are_no_arrays_are_kept() -> None:
    (p,) = leaves((2,))
    optimizer = optim.SGD([p], momentum=0.9)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: {"note": "mine", "momentum_buffer": np.ones(2)}}})
    p.grad = ag.zeros(2)
    optimizer.step()
    assert optimizer.state[p]["note"] == "mine"
    assert optimizer.state[p]["momentum_buffer"].tolist() == pytest.approx([0.9, 0.9])


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        3,
        {"state": {}, "param_groups": [{}]},
        {"state": {}, "param_groups": 3},
        {"state": [], "param_groups": [{"params": [0]}]},
        {"state": {0: 3}, "param_groups": [{"params": [0]}]},
        {"state": {0: {"exp_avg": "x"}}, "param_groups": [{"params": [0]}]},
        {"state": {}, "param_groups": [{"params": [[]]}]},
    ],
    ids=str,
)
def test_what_is_no_state_is_refused_and_changes_nothing(wrong: Any) -> None:
    optimizer = optim.Adam(leaves((2,)))
    before = optimizer.state_dict()
    with pytest.raises(
        ArgumentError, match=r"(?s)Adam\.load_state_dict: this is no state of an optimiser \(.*\n  fix: load"
    ):
        optimizer.load_state_dict(wrong)
    assert optimizer.state_dict() == before
