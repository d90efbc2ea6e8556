from __future__ import annotations

import itertools
import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError
from nn import optim
from nn.optim import lr_scheduler
from tests.nn.cases.schedules import SCHEDULES


def optimizer(lr: float = 1.0, **settings: Any) -> optim.SGD:
    return optim.SGD([ag.zeros(1, requires_grad=True)], lr=lr, **settings)


def values(schedule: Any, count: int) -> list[float]:
    """Return the step sizes of the first group over some epochs."""
    found = []
    for _ in range(count):
        found.append(schedule.optimizer.param_groups[0]["lr"])
        schedule.optimizer.step()
        schedule.step()
    return found


class Run:
    """One of the schedules that are compared with PyTorch, with an optimiser of its own."""

    def __init__(self, case: str) -> None:
        expression, _, maker = (part.strip() for part in case.partition("|"))
        params = [ag.ones(2, requires_grad=True) for _ in range(2)]
        groups: list[dict[str, Any]] = [{"params": params[:1]}, {"params": params[1:], "lr": 0.5}]
        names = {"optim": optim, "lr": lr_scheduler, "groups": groups}
        self.optimizer = eval(f"optim.{maker or 'SGD(groups, lr=0.1)'}", names)  # noqa: S307 (of a table of ours)
        self.schedule = eval(f"lr.{expression}", {**names, "optimizer": self.optimizer})  # noqa: S307
        self.measured = "Plateau" in case

    def step(self, epoch: int) -> list[Any]:
        """Return the settings of both groups in an epoch, and go on."""
        found = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        self.optimizer.step()
        self.schedule.step(*([max(1.0, 4.0 - epoch)] if self.measured else []))
        return found


# --- saving and resuming ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in SCHEDULES if "last_epoch" not in case])
def test_resuming_continues_exactly(case: str) -> None:
    straight, resumed = Run(case), Run(case)
    for epoch in range(15):
        if epoch == 6:
            saved = resumed.schedule.state_dict(), resumed.optimizer.state_dict()
            saved = pickle.loads(pickle.dumps(saved))  # noqa: S301 (made on this line)
            resumed = Run(case)
            resumed.schedule.load_state_dict(saved[0])
            resumed.optimizer.load_state_dict(saved[1])
        assert straight.step(epoch) == resumed.step(epoch)
    assert straight.schedule.get_last_lr() == resumed.schedule.get_last_lr()


def test_last_epoch_resumes_without_a_state() -> None:
    o = optimizer()
    with pytest.raises(ArgumentError, match="group 0 of the optimiser has no 'initial_lr'"):
        lr_scheduler.StepLR(o, 2, last_epoch=3)
    o.param_groups[0]["initial_lr"] = 1.0
    assert lr_scheduler.LambdaLR(o, lambda epoch: epoch, last_epoch=3).get_last_lr() == [4.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda o, last=-1: lr_scheduler.OneCycleLR(o, 1.0, 12, last_epoch=last),
        lambda o, last=-1: lr_scheduler.CyclicLR(o, 0.1, 1.0, 3, last_epoch=last),
        lambda o, last=-1: lr_scheduler.StepLR(o, 3, last_epoch=last),
        lambda o, last=-1: lr_scheduler.ExponentialLR(o, 0.9, last_epoch=last),
    ],
)
def test_last_epoch_with_the_optimisers_state_goes_on(make: Any) -> None:
    straight = optimizer()
    schedule = make(straight)
    whole = values(schedule, 9)
    first = optimizer()
    values(make(first), 4)
    second = optimizer()
    second.load_state_dict(first.state_dict())
    resumed = make(second, 3)
    assert schedule.last_epoch == 9
    assert resumed.last_epoch == 4
    np.testing.assert_allclose(values(resumed, 5), whole[4:], rtol=1e-12)


def test_functions_are_not_saved() -> None:
    class Falling:
        def __init__(self, power: float) -> None:
            self.power = power

        def __call__(self, epoch: int) -> float:
            return (1 + epoch) ** self.power

    params = [{"params": [ag.zeros(1, requires_grad=True)]} for _ in range(2)]
    o = optim.SGD(params, lr=1.0)
    state = lr_scheduler.LambdaLR(o, [lambda epoch: 1.0, Falling(-1.0)]).state_dict()
    assert state["lr_lambdas"] == [None, {"power": -1.0}]
    other = lr_scheduler.LambdaLR(o, [lambda epoch: 3.0, Falling(0.0)])
    other.load_state_dict(state)
    o.step()
    other.step()
    assert o.param_groups[0]["lr"] == 3.0
    assert o.param_groups[1]["lr"] == 0.5
    cyclic = lr_scheduler.CyclicLR(o, 0.0, 1.0, 2, scale_fn=Falling(-1.0), cycle_momentum=False)
    assert cyclic.state_dict()["_scale_fn_custom"] == {"power": -1.0}


def test_a_state_has_pytorchs_names() -> None:
    state = lr_scheduler.LambdaLR(optimizer(), lambda epoch: 1.0).state_dict()
    assert state.keys() == {"base_lrs", "last_epoch", "_step_count", "_is_initial", "_last_lr", "lr_lambdas"}
    schedule = lr_scheduler.StepLR(optimizer(), 2)
    theirs = {"step_size": 3, "gamma": 0.5, "base_lrs": [1.0], "last_epoch": 2, "_step_count": 3, "_last_lr": [1.0]}
    schedule.load_state_dict({**theirs, "_is_initial": False, "_get_lr_called_within_step": False})
    assert values(schedule, 2) == [1.0, 0.5]


# --- behaviour --------------------------------------------------------------------------------------------------------


def test_optimiser_must_step_first() -> None:
    schedule = lr_scheduler.StepLR(optimizer(), 1)
    with pytest.warns(UserWarning, match="StepLR: step\\(\\) came before the optimiser's first step"):
        schedule.step()


def test_an_optimiser_with_a_step_of_its_own_is_not_suspected() -> None:
    class Mine(optim.Optimizer):
        def step(self, closure: Any = None) -> None:
            """Do nothing."""

    schedule = lr_scheduler.StepLR(Mine([ag.zeros(1, requires_grad=True)], {"lr": 1.0}), 1)
    schedule.optimizer.step()
    schedule.step()
    assert schedule.get_last_lr() == [0.1]


def test_values_set_by_hand_are_continued_from() -> None:
    o = optimizer()
    schedule = lr_scheduler.StepLR(o, 1, gamma=0.5)
    o.param_groups[0]["lr"] = 8.0
    o.step()
    schedule.step()
    assert schedule.get_last_lr() == [4.0]


def test_warm_restarts_by_fractions_of_an_epoch() -> None:
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer(), 2, 2)
    found = {}
    for epoch in (0.5, 1.75, 2.0, 5.0, 6.0, 0.25, 13.999, 14):
        schedule.step(epoch)
        found[epoch] = schedule.get_last_lr()[0], schedule.last_epoch
    # Stretches of 2, 4, 8 epochs begin at 0, 2, 6 and 14.
    places = {0.5: 0.5 / 2, 1.75: 1.75 / 2, 2.0: 0, 5.0: 3 / 4, 6.0: 0, 0.25: 0.25 / 2, 13.999: 7.999 / 8, 14: 0}
    for epoch, place in places.items():
        assert found[epoch] == (pytest.approx((1 + np.cos(np.pi * place)) / 2), int(epoch))
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer(), 3)
    schedule.step(7)
    assert schedule.get_last_lr() == [pytest.approx(0.75)]
    schedule.step()
    assert schedule.get_last_lr() == [pytest.approx(0.25)]


def test_one_cycle_ends() -> None:
    schedule = lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps=3)
    values(schedule, 3)
    with pytest.raises(ArgumentError, match="OneCycleLR: step 4 is beyond the 3 that were planned"):
        schedule.step()


def test_a_rise_of_one_cycle_that_takes_no_step_is_over_at_once() -> None:
    found = values(lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps=10, pct_start=0.1), 9)
    assert found[0] == 1.0
    assert all(after < before for before, after in itertools.pairwise(found))


def test_cyclic_starts_at_its_own_base() -> None:
    o = optimizer()
    lr_scheduler.StepLR(o, 5)
    assert values(lr_scheduler.CyclicLR(o, 0.25, 0.75, 2, cycle_momentum=False), 3) == [0.25, 0.5, 0.75]


def test_a_plateau_in_several_groups() -> None:
    o = optimizer()
    schedule = lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=0, min_lr=0.3)
    o.add_param_group({"params": [ag.zeros(1, requires_grad=True)], "lr": 8.0})
    for measure in (1.0, 1.0, ag.tensor(1.0), float("nan")):
        schedule.step(measure)
    assert schedule.get_last_lr() == [0.3, 1.0]
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(), patience=0, min_lr=[0.1])
    schedule.optimizer.add_param_group({"params": [ag.zeros(1, requires_grad=True)]})
    schedule.step(1.0)
    with pytest.raises(ArgumentError, match="there are 2 groups, but min_lr has 1 values"):
        schedule.step(1.0)


def test_sequences_of_sequences() -> None:
    o = optimizer()
    inner = lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.5, 9), lr_scheduler.ExponentialLR(o, 0.5)], milestones=[2]
    )
    chain = lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(o, 0.25, 2), lr_scheduler.ExponentialLR(o, 0.5)])
    outer = lr_scheduler.SequentialLR(o, [inner, chain, lr_scheduler.LambdaLR(o, lambda t: 7.0 + t)], [4, 8])
    expected = [0.5, 0.5, 1.0, 0.5, 0.25, 0.125, 0.25, 0.125, 7.0, 8.0]
    assert values(outer, 10) == expected
    o = optimizer()
    first = lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(o, 0.25, 2), lr_scheduler.ExponentialLR(o, 0.5)])
    second = lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.5, total_iters=2), lr_scheduler.StepLR(o, 1, 0.5)], milestones=[3]
    )
    outer = lr_scheduler.SequentialLR(o, [first, second], [3])
    assert values(outer, 8) == [0.25, 0.125, 0.25, 0.5, 0.75, 1.0, 1.0, 0.5]


def test_a_schedule_of_ones_own_by_the_older_name() -> None:
    class Halving(lr_scheduler._LRScheduler):
        def get_lr(self) -> list[float]:
            return [base * 0.5**self.last_epoch for base in self.base_lrs]

    owned = optim.SGD([ag.zeros(1, requires_grad=True)], lr=0.4)
    schedule = Halving(owned)
    for expected in (0.2, 0.1):
        owned.step()
        schedule.step()
        assert schedule.get_last_lr() == [expected]


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors() -> None:
    with pytest.raises(TypeError, match="StepLR: expected an Optimizer, got float"):
        lr_scheduler.StepLR(0.1, 2)
    with pytest.raises(TypeError, match="LambdaLR: expected an Optimizer, got float"):
        lr_scheduler.LambdaLR(0.1, lambda epoch: 1.0)
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr"):
        lr_scheduler.LRScheduler(optimizer())
    with pytest.raises(ArgumentError, match=r"StepLR\.step: takes no epoch, got 3\n  fix: call step\(\)"):
        lr_scheduler.StepLR(optimizer(), 2).step(3)
    with pytest.raises(ArgumentError, match=r"ReduceLROnPlateau\.step: takes no epoch, got 3"):
        lr_scheduler.ReduceLROnPlateau(optimizer()).step(1.0, 3)
    with pytest.raises(ArgumentError, match="epoch must be at least 0, got -1"):
        lr_scheduler.CosineAnnealingWarmRestarts(optimizer(), 2).step(-1)
    no_momentum = optim.Adagrad([ag.zeros(1, requires_grad=True)])
    with pytest.raises(ArgumentError, match="CyclicLR: Adagrad has neither momentum nor betas"):
        lr_scheduler.CyclicLR(no_momentum, 0.1, 1.0)
    resumed = optimizer()
    resumed.param_groups[0]["initial_lr"] = 1.0
    with pytest.raises(ArgumentError, match="OneCycleLR: last_epoch is 3, but the optimiser's groups know no 'max_lr'"):
        lr_scheduler.OneCycleLR(resumed, 1.0, 9, last_epoch=3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: lr_scheduler.StepLR(o, 0), "step_size must be at least 1"),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 0), "T_max must be at least 1"),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2.5), "T_0 must be a whole number of at least 1"),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2, 0), "T_mult must be a whole number of at least 1"),
        (lambda o: lr_scheduler.LambdaLR(o, [abs] * 2), "lr_lambda: expected one value or 1, one per group, got 2"),
        (lambda o: lr_scheduler.ConstantLR(o, 0.0), "ConstantLR: factor must be above 0 and at most 1, got 0.0"),
        (lambda o: lr_scheduler.LinearLR(o, 0.0), "LinearLR: start_factor must be above 0"),
        (lambda o: lr_scheduler.LinearLR(o, 0.1, 2.0), r"LinearLR: end_factor must be within \[0, 1\]"),
        (lambda o: lr_scheduler.PolynomialLR(o, 0), "PolynomialLR: total_iters must be at least 1"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0), "OneCycleLR: the number of steps is missing"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, epochs=2), "OneCycleLR: the number of steps is missing"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 2.5), "OneCycleLR: total_steps must be a whole number"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, epochs=0, steps_per_epoch=3), "OneCycleLR: epochs must be"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 9, pct_start=2), r"pct_start must be within \[0, 1\]"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 9, anneal_strategy="sin"), "anneal_strategy must be 'cos' or"),
        (lambda o: lr_scheduler.OneCycleLR(o, [1.0, 2.0], 9), "OneCycleLR: max_lr: expected one value or 1"),
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, mode="square"), "CyclicLR: mode must be 'triangular'"),
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, scale_mode="steps"), "CyclicLR: scale_mode must be 'cycle' or"),
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 0), "CyclicLR: step sizes must be above 0, got 0 up and 0 down"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, "least"), "ReduceLROnPlateau: mode must be 'min' or 'max'"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1.0), "ReduceLROnPlateau: factor must be below 1"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold_mode="x"), "threshold_mode must be 'rel' or 'abs'"),
        (lambda o: lr_scheduler.SequentialLR(o, [], []), "SequentialLR: there are no schedules"),
        (lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 2)], [3]), "1 schedules need 0 milestones"),
        (lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 2)], [], 3), "last_epoch must be -1, got 3"),
        (
            lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(optimizer(), 2)], []),
            "SequentialLR: schedule 0 belongs to another optimiser",
        ),
        (
            lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ReduceLROnPlateau(o)]),
            "ChainedScheduler: schedule 0 is a ReduceLROnPlateau, whose step needs a measure",
        ),
    ],
)
def test_settings_out_of_range(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make(optimizer())


def test_a_part_that_is_no_schedule() -> None:
    with pytest.raises(TypeError, match="ChainedScheduler: schedule 0 must be a schedule, got SimpleNamespace"):
        lr_scheduler.ChainedScheduler([SimpleNamespace(optimizer=None)])
