from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, DeviceError
from nn import optim
from nn.optim import swa_utils


def set_weights(model: nn.Module, value: float) -> None:
    for p in model.parameters():
        nn.init.constant_(p, value)


# --- averages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how", [{}, {"avg_fn": swa_utils.get_swa_avg_fn()}, {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}]
)
def test_the_plain_mean(how: dict[str, Any]) -> None:
    model = nn.Linear(2, 1)
    averaged = swa_utils.AveragedModel(model, **how)
    for value in (1.0, 4.0, 10.0):
        set_weights(model, value)
        averaged.update_parameters(model)
    assert averaged.module.weight.tolist() == [[5.0, 5.0]]
    assert averaged.n_averaged.item() == 3
    assert averaged(ag.ones(1, 2)).item() == 15.0
    assert model.weight.tolist() == [[10.0, 10.0]]


@pytest.mark.parametrize(
    "how", [{"avg_fn": swa_utils.get_ema_avg_fn(0.75)}, {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.75)}]
)
def test_the_running_mean(how: dict[str, Any]) -> None:
    model = nn.Linear(1, 1).double()
    averaged = swa_utils.AveragedModel(model, **how)
    expected = None
    for value in (1.0, 4.0, 10.0):
        set_weights(model, value)
        averaged.update_parameters(model)
        expected = value if expected is None else 0.75 * expected + 0.25 * value
    assert averaged.module.bias.item() == expected


def test_buffers_are_copied_or_averaged() -> None:
    model = nn.BatchNorm1d(1)
    copied = swa_utils.AveragedModel(model)
    averaged = swa_utils.AveragedModel(model, use_buffers=True)
    for value in (2.0, 6.0):
        model.running_mean.fill_(value)
        model.num_batches_tracked.fill_(int(value))
        for each in (copied, averaged):
            each.update_parameters(model)
    assert (copied.module.running_mean.item(), copied.module.num_batches_tracked.item()) == (6.0, 6)
    assert (averaged.module.running_mean.item(), averaged.module.num_batches_tracked.item()) == (4.0, 4)


def test_the_state_of_an_averaged_model() -> None:
    model = nn.Linear(2, 1)
    averaged = swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    assert list(averaged.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    other = swa_utils.AveragedModel(nn.Linear(2, 1))
    other.load_state_dict(averaged.state_dict())
    set_weights(model, 3.0)
    for each in (averaged, other):
        each.update_parameters(model)
    np.testing.assert_array_equal(averaged.module.weight.detach(), other.module.weight.detach())


def test_averages_that_cannot_be() -> None:
    with pytest.raises(ArgumentError, match="avg_fn and multi_avg_fn say the same"):
        swa_utils.AveragedModel(nn.Linear(1, 1), None, swa_utils.get_swa_avg_fn(), swa_utils.get_swa_multi_avg_fn())
    with pytest.raises(ArgumentError, match=r"decay must be within \[0, 1\], got 1.5"):
        swa_utils.get_ema_multi_avg_fn(1.5)
    with pytest.raises(DeviceError):
        swa_utils.AveragedModel(nn.Linear(1, 1), "cuda")


# --- statistics of batch norms ----------------------------------------------------------------------------------------


def test_statistics_are_computed_anew_over_all_batches() -> None:
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.0), nn.BatchNorm1d(2, momentum=0.3))
    net(ag.randn(6, 2) + 100)
    net.eval()
    batches = [ag.randn(6, 2) + i for i in range(4)]
    swa_utils.update_bn([(batch, "label") for batch in batches], net)
    expected = np.mean([batch.numpy().mean(0) for batch in batches], 0)
    np.testing.assert_allclose(net[0].running_mean.numpy(), expected, rtol=1e-5)
    spread = np.mean([batch.numpy().var(0, ddof=1) for batch in batches], 0)
    np.testing.assert_allclose(net[0].running_var.numpy(), spread, rtol=1e-5)
    assert [m.training for m in net.modules()] == [False] * 4
    assert [net[0].momentum, net[2].momentum] == [0.1, 0.3]


def test_statistics_are_left_alone_without_batch_norms() -> None:
    swa_utils.update_bn(iter(()), nn.Linear(1, 1))
    net = nn.Sequential(nn.BatchNorm1d(1))
    with pytest.raises(RuntimeError, match="broken"):
        swa_utils.update_bn(_broken(), net)
    assert net[0].momentum == 0.1


def _broken() -> Any:
    yield ag.ones(2, 1)
    raise RuntimeError("broken")


# --- the schedule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # PyTorch 2.13.
        (
            {"swa_lr": 0.05},
            [
                [0.1, 0.2],
                [0.098776412907, 0.196329238722],
                [0.095225424859, 0.185676274578],
                [0.089694631307, 0.169083893922],
                [0.082725424859, 0.148176274578],
            ],
        ),
        (
            {"swa_lr": [0.05, 0.5], "anneal_epochs": 4, "anneal_strategy": "linear"},
            [[0.1, 0.2], [0.0875, 0.275], [0.075, 0.35], [0.0625, 0.425], [0.05, 0.5], [0.05, 0.5]],
        ),
        ({"swa_lr": 0.5, "anneal_epochs": 0}, [[0.5, 0.5], [0.5, 0.5]]),
    ],
)
def test_the_way_to_a_constant(settings: dict[str, Any], expected: list[list[float]]) -> None:
    params = [ag.ones(1, requires_grad=True) for _ in range(2)]
    optimizer = optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.2}], lr=0.1)
    schedule = swa_utils.SWALR(optimizer, **settings)
    for values in expected:
        np.testing.assert_allclose(schedule.get_last_lr(), values, rtol=1e-10)
        optimizer.step()
        schedule.step()


def test_settings_of_the_schedule_out_of_range() -> None:
    optimizer = optim.SGD([ag.ones(1, requires_grad=True)])
    with pytest.raises(ArgumentError, match="SWALR: anneal_strategy must be 'cos' or 'linear', got 'step'"):
        swa_utils.SWALR(optimizer, 0.1, anneal_strategy="step")
    with pytest.raises(ArgumentError, match="SWALR: anneal_epochs must be a whole number of at least 0, got -1"):
        swa_utils.SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(ArgumentError, match="SWALR: swa_lr: expected one value or 1, one per group, got 2"):
        swa_utils.SWALR(optimizer, [0.1, 0.2])
