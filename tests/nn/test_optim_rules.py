"""What each method's paper says about its steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, ShapeError
from nn import optim
from nn.optim._line_search import DESCENT, FLATNESS, Point, _inside, strong_wolfe
from nn.optim.lbfgs import _Memory
from tests.nn.torch_cases import numbers

Make = Callable[[list[ag.Tensor]], optim.Optimizer]


def steps(make: Make, gradients: Sequence[float]) -> list[float]:
    """Return how far each step moves one weight, up being positive."""
    w = ag.tensor(0.0, dtype=np.float64, requires_grad=True)
    optimizer, moves = make([w]), []
    for g in gradients:
        before = w.item()
        w.grad = ag.tensor(g, dtype=np.float64)
        optimizer.step()
        moves.append(w.item() - before)
    return moves


def descended(make: Make, shape: tuple[int, ...], count: int) -> Any:
    """Return a parameter after some steps with irregular gradients."""
    w = ag.tensor(numbers(shape, 0.3), requires_grad=True)
    optimizer = make([w])
    for step in range(count):
        w.grad = ag.tensor(numbers(shape, step) + (np.eye(*shape) if len(shape) == 2 else 0))
        optimizer.step()
    return w.detach().numpy()


# --- under a constant gradient ----------------------------------------------------------------------------------------


def test_momentum_reaches_its_limit() -> None:
    moves = steps(lambda p: optim.SGD(p, lr=0.1, momentum=0.9), [2.0] * 400)
    assert moves[-1] == pytest.approx(-0.1 * 2 / (1 - 0.9), rel=1e-12)


def test_adagrads_steps_fall_with_the_root_of_their_number() -> None:
    moves = steps(lambda p: optim.Adagrad(p, lr=0.1, eps=0), [3.0] * 20)
    np.testing.assert_allclose(moves, -0.1 / np.sqrt(np.arange(1, 21)), rtol=1e-12)


def test_the_first_step_of_rmsprop() -> None:
    (move,) = steps(lambda p: optim.RMSprop(p, lr=0.1, alpha=0.96, eps=0), [-7.0])
    assert move == pytest.approx(0.1 / math.sqrt(1 - 0.96), rel=1e-12)


@pytest.mark.parametrize("make", [optim.Adam, optim.AdamW, optim.Adamax])
def test_every_step_of_adam_is_lr(make: Any) -> None:
    moves = steps(lambda p: make(p, lr=0.1, eps=0, weight_decay=0), [-3.0] * 10)
    np.testing.assert_allclose(moves, 0.1, rtol=1e-12)


def test_radam_is_plain_momentum_until_five_gradients_have_been_seen() -> None:
    moves = steps(lambda p: optim.RAdam(p, lr=0.1, eps=0), [3.0] * 8)
    np.testing.assert_allclose(moves[:5], -0.3, rtol=1e-12)
    assert all(abs(move) < 0.1 for move in moves[5:])


def test_every_step_of_lion_is_lr() -> None:
    assert steps(lambda p: optim.Lion(p, lr=0.25), [-3.0, -0.1, -70.0]) == [0.25] * 3


def test_the_first_step_of_adadelta_has_no_scale_but_eps() -> None:
    for g in (1e-2, 1.0, 1e3):
        (move,) = steps(lambda p: optim.Adadelta(p, rho=0.75, eps=1e-4), [g])
        assert move == pytest.approx(-g * 1e-2 / math.sqrt(0.25 * g * g + 1e-4), rel=1e-12)


# --- under others -----------------------------------------------------------------------------------------------------


def test_the_second_moment_of_amsgrad_never_falls() -> None:
    w = ag.zeros(3, dtype=np.float64, requires_grad=True)
    optimizer = optim.Adam([w], amsgrad=True, betas=(0.9, 0.5))
    largest = np.zeros(3)
    for scale in (1.0, 5.0, 0.1, 0.0, 2.0):
        w.grad = ag.tensor([scale, 1.0, 3.0 - scale], dtype=np.float64)
        optimizer.step()
        state = optimizer.state[w]
        largest = np.maximum(largest, state["exp_avg_sq"].numpy())
        np.testing.assert_array_equal(state["max_exp_avg_sq"].numpy(), largest)


def test_gradient_descent_on_half_a_square() -> None:
    w = ag.tensor(1.0, dtype=np.float64, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5)
    for k in range(1, 101):
        optimizer.zero_grad()
        (w * w / 2).backward()
        optimizer.step()
        assert w.item() == 0.5**k


def test_rprop_grows_with_the_sign_and_waits_when_it_changes() -> None:
    moves = steps(lambda p: optim.Rprop(p, lr=0.1, step_sizes=(1e-6, 0.13)), [1e-30, 2e-30, 5.0, -9.0, -9.0, -9.0])
    assert moves == pytest.approx([-0.1, -0.12, -0.13, 0, 0.065, 0.078], rel=1e-12)


def test_averaged_descent_keeps_the_mean_of_the_weights() -> None:
    w = ag.tensor([1.0], dtype=np.float64, requires_grad=True)
    optimizer = optim.ASGD([w], lr=0.5, lambd=0.0, t0=1)
    seen = []
    for g in (1.0, -3.0, 0.5, 2.0):
        w.grad = ag.tensor([g], dtype=np.float64)
        optimizer.step()
        seen.append(w.item())
    # The share of step 2 is still 1: averaging begins with it.
    assert optimizer.state[w]["ax"].item() == pytest.approx(np.mean(seen[2:]), rel=1e-6)


@pytest.mark.parametrize("maximize", [False, True])
def test_lion_beside_its_algorithm(maximize: bool) -> None:
    lr, beta1, beta2, decay = 0.03, 0.8, 0.95, 0.2
    w = ag.tensor(numbers((5,)), requires_grad=True)
    optimizer = optim.Lion([w], lr, (beta1, beta2), decay, maximize=maximize)
    plain, m = [float(x) for x in numbers((5,))], [0.0] * 5
    for step in range(20):
        given = numbers((5,), step)
        w.grad = ag.tensor(given)
        optimizer.step()
        for i, slope in enumerate(given):
            g = -slope if maximize else slope
            plain[i] -= lr * (np.sign(beta1 * m[i] + (1 - beta1) * g) + decay * plain[i])
            m[i] = beta2 * m[i] + (1 - beta2) * g
    np.testing.assert_allclose(w.tolist(), plain, rtol=1e-12)
    np.testing.assert_allclose(optimizer.state[w]["exp_avg"].tolist(), m, rtol=1e-12)


def test_adafactor_keeps_a_row_and_a_column_of_each_matrix() -> None:
    # PyTorch 2.13, three steps.
    expected = [
        [[0.292511965924, 1.639051423072, -0.698703367894], [-1.453430203465, 1.124028387518, 1.159087624132]],
        [[-1.39326580877, -0.835357129245, 1.616877993326], [0.366256380632, -1.699930943429, 0.055443486343]],
    ]
    made = descended(lambda p: optim.Adafactor(p, lr=0.1), (2, 2, 3), 3)
    np.testing.assert_allclose(made, expected, atol=1e-11)


# --- Muon -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 2), (2, 3), (3, 3)])
def test_muon_applies_a_polynomial_to_the_singular_values(shape: tuple[int, int]) -> None:
    g = numbers(shape, 0.7) + np.eye(*shape)
    w = ag.zeros(shape, dtype=np.float64, requires_grad=True)
    w.grad = ag.tensor(g)
    optim.Muon([w], lr=1.0, momentum=0.0, nesterov=False).step()
    u, s, vh = np.linalg.svd(g, full_matrices=False)
    s /= np.linalg.norm(s)
    for _ in range(5):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    factor = math.sqrt(max(1, shape[0] / shape[1]))
    np.testing.assert_allclose(w.detach().numpy(), -factor * (u * s) @ vh, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "shape", "expected"),
    [
        ({}, (4, 2), [[0.4477, 1.5081], [-0.9541, -1.6125], [1.317, 1.1004], [-1.5056, -0.8216]]),
        ({}, (2, 3), [[0.3753, 1.6554, -0.9077], [-1.4123, 1.1667, 1.0841]]),
        (
            {"nesterov": False, "momentum": 0.8, "weight_decay": 0.0, "adjust_lr_fn": "match_rms_adamw"},
            (2, 3),
            [[0.5228, 1.7737, -1.0178], [-1.509, 1.3715, 1.1461]],
        ),
    ],
)
def test_muon_beside_torch(settings: dict[str, Any], shape: tuple[int, int], expected: Any) -> None:
    made = descended(lambda p: optim.Muon(p, lr=0.1, **settings), shape, 3)
    # PyTorch 2.13, which computes the polynomial in bfloat16: three steps of 0.1 to three digits.
    np.testing.assert_allclose(made, expected, atol=3e-3)


def test_muon_takes_matrices_only() -> None:
    with pytest.raises(ShapeError, match=r"Muon: parameter 1 must be a matrix, got shape \(3,\)\n  fix: give vectors"):
        optim.Muon([ag.ones(2, 2, requires_grad=True), ag.ones(3, requires_grad=True)])


def test_muon_passes_over_what_has_no_gradient_and_goes_on_from_its_state() -> None:
    straight, resumed = (ag.tensor(numbers((2, 3)), requires_grad=True) for _ in range(2))
    idle = ag.ones(2, 2, requires_grad=True)
    one, two = optim.Muon([straight, idle]), optim.Muon([resumed, idle])
    for step in range(4):
        if step == 2:
            state = two.state_dict()
            two = optim.Muon([resumed, idle])
            two.load_state_dict(state)
        for w, optimizer in ((straight, one), (resumed, two)):
            w.grad = ag.tensor(numbers((2, 3), step))
            optimizer.step()
    np.testing.assert_array_equal(straight.detach(), resumed.detach())
    assert idle.tolist() == [[1, 1], [1, 1]]


# --- L-BFGS -----------------------------------------------------------------------------------------------------------


def rosenbrock(w: ag.Tensor) -> ag.Tensor:
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def closure_of(optimizer: optim.Optimizer, w: ag.Tensor, losses: list[float]) -> Callable[[], ag.Tensor]:
    def closure() -> ag.Tensor:
        optimizer.zero_grad()
        loss = rosenbrock(w)
        loss.backward()
        losses.append(loss.item())
        return loss

    return closure


def test_lbfgs_finds_the_minimum_of_a_curved_valley() -> None:
    w = ag.tensor([-1.2, 1.0, 0.5], dtype=np.float64, requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=100, tolerance_change=1e-15, line_search_fn="strong_wolfe")
    losses: list[float] = []
    first = optimizer.step(closure_of(optimizer, w, losses))
    np.testing.assert_allclose(w.tolist(), 1.0, atol=1e-6)
    assert first.item() == losses[0]
    assert optimizer.state[w]["func_evals"] == len(losses)


def test_lbfgs_takes_no_more_than_it_may() -> None:
    w = ag.tensor([-1.2, 1.0], dtype=np.float64, requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=7, history_size=2, line_search_fn="strong_wolfe", max_eval=1000)
    losses: list[float] = []
    optimizer.step(closure_of(optimizer, w, losses))
    state = optimizer.state[w]
    assert state["n_iter"] == 7
    assert len(state["old_dirs"]) == len(state["old_stps"]) == len(state["ro"]) == 2
    # From so short a first step the search goes far out.
    few = optim.LBFGS([w], lr=1e-9, max_iter=50, max_eval=4, line_search_fn="strong_wolfe")
    losses.clear()
    few.step(closure_of(few, w, losses))
    assert len(losses) == 5


def test_lbfgs_goes_on_exactly_from_its_state() -> None:
    ends = []
    for parts in (1, 2):
        w = ag.tensor([-1.2, 1.0, 0.3], dtype=np.float64, requires_grad=True)
        optimizer = optim.LBFGS([w], max_iter=5, line_search_fn="strong_wolfe")
        for number in range(4):
            if parts == 2 and number == 2:
                state = optimizer.state_dict()
                optimizer = optim.LBFGS([w], max_iter=5, line_search_fn="strong_wolfe")
                optimizer.load_state_dict(state)
                assert _Memory(optimizer.state[w]).scale == state["state"][0]["H_diag"] != 1
            optimizer.step(closure_of(optimizer, w, []))
        ends.append(w.tolist())
    assert ends[0] == ends[1]


def test_lbfgs_stays_where_the_gradient_is_zero() -> None:
    w = ag.ones(3, dtype=np.float64, requires_grad=True)
    optimizer = optim.LBFGS([w])
    losses: list[float] = []
    optimizer.step(closure_of(optimizer, w, losses))
    assert (w.tolist(), losses) == ([1, 1, 1], [0])
    assert optimizer.state[w] == {"func_evals": 1, "n_iter": 0}


def test_lbfgs_needs_a_closure_and_one_group() -> None:
    w, v = (ag.ones(1, requires_grad=True) for _ in range(2))
    optimizer = optim.LBFGS([w])
    with pytest.raises(ArgumentError, match="LBFGS: step needs a closure"):
        optimizer.step()
    with pytest.raises(ArgumentError, match="LBFGS: there can be one group only"):
        optimizer.add_param_group({"params": [v]})


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: (t - 2) ** 2, lambda t: 2 * (t - 2)),
        (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
        (lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
        (lambda t: math.exp(-3 * t) + t / 2 + math.sin(9 * t) / 20, None),
    ],
)
def test_line_search_ends_where_wolfes_conditions_hold(f: Any, slope: Any, first: float) -> None:
    """The functions of Moré and Thuente (1994), tables 1 and 2, and one with many minima."""

    def derivative(t: float) -> float:
        return slope(t) if slope else -3 * math.exp(-3 * t) + 0.5 + 9 * math.cos(9 * t) / 20

    def at(t: float) -> Point:
        return Point(t, f(t), derivative(t), np.array([derivative(t)]))

    start = at(0.0)
    found = strong_wolfe(at, start, first, 1.0, tolerance=1e-12, limit=60)
    assert found.loss <= start.loss + DESCENT * found.t * start.slope
    assert abs(found.slope) <= FLATNESS * abs(start.slope)


def test_line_search_that_runs_out_of_tries_returns_the_lowest() -> None:
    def at(t: float) -> Point:
        return Point(t, -t, -1.0, np.array([-1.0]))

    assert strong_wolfe(at, at(0.0), 1.0, 1.0, tolerance=1e-9, limit=0).t == 1.0
    rising = Point(0.0, 0.0, -1.0, np.array([-1.0]))
    found = strong_wolfe(lambda t: Point(t, 1.0 + t, -5.0, np.zeros(1)), rising, 1.0, 1.0, tolerance=1e-9, limit=3)
    assert found is rising
    assert strong_wolfe(lambda t: Point(t, 1.0, 0.0, np.zeros(1)), rising, 1.0, 1.0, tolerance=1e-9, limit=0) is rising


def test_line_search_keeps_away_from_the_ends_of_its_interval() -> None:
    assert _inside(0.5, 0.0, 1.0, stuck=True) == (0.5, False)
    assert _inside(0.95, 0.0, 1.0, stuck=False) == (0.95, True)
    assert _inside(0.95, 0.0, 1.0, stuck=True) == (0.9, False)
    assert _inside(1.0, 0.0, 1.0, stuck=False) == (0.9, False)
    assert _inside(0.02, 0.0, 1.0, stuck=True) == (0.1, False)
