"""Numbers known from books and notes that whole programs must reproduce: descent, weights, optimisers, scores.

Those of one operation stand with its tests: im2col, convolution and filters in ops/test_convolution.py and
ops/test_windows.py, pooling in ops/test_pooling.py, losses in ops/test_classification.py, the invariance of batch norm
in ops/test_normalization.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from nn import metrics, optim


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


def weights(*layers: nn.Module) -> int:
    """Return the number of weights, biases left out."""
    return sum(p.numel() for layer in layers for p in layer.parameters() if p.ndim > 1)


# --- gradients and descent ----------------------------------------------------------------------------------------


def test_the_gradient_of_a_sum_of_squares_and_the_descent_to_its_minimum() -> None:
    x = leaf(3.0, 4.0)
    (x[0] ** 2 + x[1] ** 2).backward()
    assert x.grad.tolist() == [6.0, 8.0]
    descent = optim.SGD([x], lr=0.1)
    for _ in range(100):
        descent.zero_grad()
        (x**2).sum().backward()
        descent.step()
    np.testing.assert_allclose(x.detach().numpy(), [0.0, 0.0], atol=1e-8)


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (-0.5, 3.0), (4.0, 0.25)])
def test_two_paths_are_summed_where_a_value_is_used_twice(x: float, y: float) -> None:
    a, b = leaf(x), leaf(y)
    ((a + b) / (2 * a + b)).backward()
    np.testing.assert_allclose(a.grad.item(), -y / (2 * x + y) ** 2)
    np.testing.assert_allclose(b.grad.item(), x / (2 * x + y) ** 2)


def test_descent_on_a_parabola_halves_the_distance() -> None:
    x = leaf(1.0)
    descent = optim.SGD([x], lr=0.5)
    for k in range(1, 101):
        descent.zero_grad()
        (x**2 / 2).sum().backward()
        descent.step()
        assert x.item() == 0.5**k


@pytest.mark.parametrize(("w0", "alpha", "decay"), [(2.0, 1.0, 0.5), (-3.0, 2.0, 0.4), (0.1, 1.0, 0.5)])
def test_penalties_in_one_dimension(w0: float, alpha: float, decay: float) -> None:
    w = leaf(w0)
    descent = optim.SGD([w], lr=0.1, weight_decay=decay)
    for _ in range(400):
        descent.zero_grad()
        (alpha * (w - w0) ** 2 / 2).sum().backward()
        descent.step()
    np.testing.assert_allclose(w.item(), w0 / (1 + decay / alpha), rtol=1e-9)
    w = leaf(w0)
    for step in range(4000):
        loss = (alpha * (w - w0) ** 2 / 2 + decay * w.abs()).sum()
        (slope,) = ag.autograd.grad(loss, w)
        w.data = w.data - slope / (10 + step / 4)
    expected = math.copysign(max(abs(w0) - decay / alpha, 0.0), w0)
    np.testing.assert_allclose(w.item(), expected, atol=2e-3)


# --- optimisers under a constant gradient -------------------------------------------------------------------------


def steps(make: Callable[[list[ag.Tensor]], optim.Optimizer], g: float, count: int) -> list[float]:
    """Return how far each step under a constant gradient moves a parameter down."""
    w = leaf(0.0)
    optimizer = make([w])
    moves = []
    for _ in range(count):
        before = w.item()
        w.grad = ag.tensor([g], dtype=ag.float64)
        optimizer.step()
        moves.append(before - w.item())
    return moves


@pytest.mark.parametrize("g", [2.0, -0.3])
def test_momentum_tends_to_a_multiple_of_the_gradient(g: float) -> None:
    moves = steps(lambda p: optim.SGD(p, lr=0.1, momentum=0.9), g, 300)
    np.testing.assert_allclose(moves[-1], 0.1 * g / (1 - 0.9), rtol=1e-10)


@pytest.mark.parametrize("g", [2.0, -0.3])
def test_adagrads_steps_shrink_with_the_root_of_their_number(g: float) -> None:
    moves = steps(lambda p: optim.Adagrad(p, lr=0.1), g, 50)
    np.testing.assert_allclose(moves, math.copysign(0.1, g) / np.sqrt(np.arange(1, 51)), rtol=1e-8)


@pytest.mark.parametrize("g", [2.0, -0.3])
def test_rmsprops_first_step_is_larger_than_the_learning_rate(g: float) -> None:
    (first,) = steps(lambda p: optim.RMSprop(p, lr=0.01, alpha=0.9), g, 1)
    np.testing.assert_allclose(first, math.copysign(0.01, g) / math.sqrt(1 - 0.9), rtol=1e-6)


@pytest.mark.parametrize("g", [2.0, -0.3])
def test_adams_steps_are_all_the_learning_rate(g: float) -> None:
    moves = steps(lambda p: optim.Adam(p, lr=0.01), g, 50)
    np.testing.assert_allclose(moves, math.copysign(0.01, g), rtol=1e-6)


def test_amsgrads_second_moment_never_falls() -> None:
    w = leaf(0.0, 0.0)
    optimizer = optim.Adam([w], lr=0.01, amsgrad=True)
    highest = np.zeros(2)
    for g in ([3.0, 0.1], [0.1, 2.0], [0.0, 0.0], [1.0, 5.0], [0.0, 0.1]):
        w.grad = ag.tensor(g, dtype=ag.float64)
        optimizer.step()
        (state,) = optimizer.state.values()
        now = np.asarray(state["max_exp_avg_sq"]).copy()
        assert (now >= highest).all()
        highest = now
    assert (highest >= np.asarray(state["exp_avg_sq"])).all()


# --- counts of weights --------------------------------------------------------------------------------------------


def test_three_small_filters_cost_less_than_a_large_one() -> None:
    C = 8
    assert weights(*[nn.Conv2d(C, C, 3) for _ in range(3)]) == 27 * C**2
    assert weights(nn.Conv2d(C, C, 7)) == 49 * C**2


def test_weights_of_an_inception_module() -> None:
    module = nn.ModuleList(
        [
            nn.Conv2d(192, 64, 1),
            nn.Sequential(nn.Conv2d(192, 96, 1), nn.Conv2d(96, 128, 3, padding=1)),
            nn.Sequential(nn.Conv2d(192, 16, 1), nn.Conv2d(16, 32, 5, padding=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(192, 32, 1)),
        ]
    )
    assert weights(module) == 163_328
    assert weights(nn.Conv2d(192, 256, 3)) == 442_368
    x = ag.zeros(1, 192, 28, 28)
    assert ag.cat([branch(x) for branch in module], 1).shape == (1, 256, 28, 28)


def test_weights_of_vggs_head_and_of_global_pooling() -> None:
    assert weights(nn.Linear(7 * 7 * 512, 4096)) == 102_760_448
    assert weights(nn.Linear(4096, 4096)) == 16_777_216
    assert weights(nn.Linear(4096, 1000)) == 4_096_000
    assert weights(nn.Linear(512, 1000)) == 512_000


def test_depthwise_separable_weights() -> None:
    d = 16
    assert weights(nn.Conv2d(d, d, 3, groups=d), nn.Conv2d(d, d, 1)) == d**2 + 9 * d


def test_a_fully_connected_head_is_a_convolution() -> None:
    ag.manual_seed(0)
    x = ag.randn(2, 6, 7, 7, dtype=ag.float64)
    weight, bias = ag.randn(5, 6 * 7 * 7, dtype=ag.float64), ag.randn(5, dtype=ag.float64)
    scores = F.conv2d(x, weight.reshape(5, 6, 7, 7), bias)
    np.testing.assert_allclose(scores.flatten(1).numpy(), F.linear(x.flatten(1), weight, bias).numpy(), rtol=1e-12)
    larger = ag.zeros(1, 512, 12, 12)
    assert F.conv2d(larger, ag.zeros(10, 512, 7, 7)).shape == (1, 10, 6, 6)


# --- scores -------------------------------------------------------------------------------------------------------


def test_precision_recall_and_f_from_predictions() -> None:
    # 53 taken for positive, 48 of them rightly; 50 are.
    predicted = ag.cat([ag.ones(53), ag.zeros(47)]).bool()
    actual = ag.cat([ag.ones(48), ag.zeros(5), ag.ones(2), ag.zeros(45)]).bool()
    assert metrics.precision(predicted, actual) == 48 / 53
    assert metrics.recall(predicted, actual) == 48 / 50
    assert round(100 * metrics.f1_score(predicted, actual), 1) == 93.2
    # Everything is taken for positive, and 91 of 1000 are.
    predicted, actual = ag.ones(1000).bool(), ag.arange(1000) < 91
    assert (metrics.precision(predicted, actual), metrics.recall(predicted, actual)) == (0.091, 1.0)
    assert round(100 * metrics.fbeta_score(predicted, actual, beta=5), 1) == 72.2


def test_the_dot_product_of_signs_counts_equal_ones() -> None:
    ag.manual_seed(0)
    a, b = (ag.randint(0, 2, (37,)) * 2 - 1 for _ in range(2))
    equal = ((a > 0) == (b > 0)).sum().item()
    assert a.dot(b).item() == 2 * equal - 37
