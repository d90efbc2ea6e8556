from __future__ import annotations

import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError
from nn import optim
from nn.optim import lr_scheduler


def optimizer(lr: float = 1.0) -> optim.SGD:
    return optim.SGD([ag.zeros(1, requires_grad=True)], lr=lr)


def test_optimiser_must_step_first() -> None:
    schedule = lr_scheduler.StepLR(optimizer(), 1)
    with pytest.warns(UserWarning, match="StepLR: step\\(\\) came before the optimiser's first step"):
        schedule.step()


def test_values_set_by_hand_are_continued_from() -> None:
    o = optimizer()
    schedule = lr_scheduler.StepLR(o, 1, gamma=0.5)
    o.param_groups[0]["lr"] = 8.0
    o.step()
    schedule.step()
    assert schedule.get_last_lr() == [4.0]


def test_resuming_continues() -> None:
    straight = optimizer()
    schedule = lr_scheduler.CosineAnnealingLR(straight, 5, eta_min=0.1)
    values = []
    for _ in range(8):
        values += schedule.get_last_lr()
        straight.step()
        schedule.step()
    first = optimizer()
    before = lr_scheduler.CosineAnnealingLR(first, 5, eta_min=0.1)
    for _ in range(3):
        first.step()
        before.step()
    second = optimizer()
    after = lr_scheduler.CosineAnnealingLR(second, 5, eta_min=0.1)
    second.load_state_dict(first.state_dict())
    after.load_state_dict(before.state_dict())
    resumed = []
    for _ in range(5):
        resumed += after.get_last_lr()
        second.step()
        after.step()
    assert resumed == values[3:]


def test_last_epoch_resumes_without_a_state() -> None:
    o = optimizer()
    with pytest.raises(ArgumentError, match="group 0 of the optimiser has no 'initial_lr'"):
        lr_scheduler.StepLR(o, 2, last_epoch=3)
    o.param_groups[0]["initial_lr"] = 1.0
    assert lr_scheduler.LambdaLR(o, lambda epoch: epoch, last_epoch=3).get_last_lr() == [4.0]


def test_functions_are_not_saved() -> None:
    state = lr_scheduler.LambdaLR(optimizer(), lambda epoch: 1.0).state_dict()
    assert state.keys() == {"base_lrs", "last_epoch", "_last_lr"}


def test_errors() -> None:
    with pytest.raises(TypeError, match="StepLR: expected an Optimizer, got float"):
        lr_scheduler.StepLR(0.1, 2)
    with pytest.raises(ArgumentError, match="step_size must be at least 1"):
        lr_scheduler.StepLR(optimizer(), 0)
    with pytest.raises(ArgumentError, match="T_max must be at least 1"):
        lr_scheduler.CosineAnnealingLR(optimizer(), 0)
    with pytest.raises(ArgumentError, match="expected one function or 1, got 2"):
        lr_scheduler.LambdaLR(optimizer(), [lambda epoch: 1.0] * 2)
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr"):
        lr_scheduler.LRScheduler(optimizer())
