"""float32 against float64 of one program: the operation that loses the digits is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.autograd import Function
from autograd_np.errors import ArgumentError, PrecisionError
from autograd_np.testing import compare_precisions


def test_cancellation_is_found_where_it_happens() -> None:
    x = ag.linspace(999.9, 1000.1, 100)

    def variance(x: Any) -> Any:
        mean_of_squares = (x * x).mean()
        square_of_mean = x.mean() ** 2
        return (mean_of_squares - square_of_mean).sqrt() * 1

    with pytest.raises(PrecisionError) as caught, np.errstate(all="ignore"):
        compare_precisions(variance, x)
    line = variance.__code__.co_firstlineno + 3
    message = str(caught.value)
    assert message.startswith(
        f"compare_precisions: 'sub' is the first to diverge, at test_precision.py:{line}: "
        "return (mean_of_squares - square_of_mean).sqrt() * 1\n  its value is off by "
    )
    assert "; it amplifies the errors of its operands\n" in message
    assert compare_precisions(lambda x: x.std(), x)


def test_an_operation_that_loses_the_digits_itself() -> None:
    with np.errstate(all="ignore"):
        report = compare_precisions(lambda x: x.exp().sum().log(), ag.tensor([100.0, 1.0]), raise_exception=False)
    assert not report
    assert report.first.name == "exp"
    assert report.first.own == np.inf
    assert "operands: exact; it loses the digits itself" in str(report)
    assert compare_precisions(lambda x: x.logsumexp(0), ag.tensor([100.0, 1.0]))


def test_a_gradient_may_diverge_where_values_do_not() -> None:
    def far(x: Any) -> Any:
        return (x.sin() * 0 + (x + 1e8)).sin().sum() * 0 + x.sum()

    def steep(x: Any) -> Any:
        # Its value is right to a digit in 1e4, its slope is a difference of numbers that were rounded.
        y = x + 300
        return (y * y - 90000 - 600 * x).sum() * 1e-9 + x.sum()

    report = compare_precisions(steep, ag.tensor([0.001, 0.002]), rtol=0.5, raise_exception=False)
    assert report.first is None or report.first.name in {"sub", "mul"}
    assert far(ag.ones(1)).item() == 1.0


def test_the_gradients_error_is_measured() -> None:
    class Rounded(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 2 * (x if x.dtype == np.float64 else (x * 4).round() / 4)

    report = compare_precisions(lambda x: Rounded.apply(x * 1).sum(), ag.tensor([0.3, 0.7]), raise_exception=False)
    assert report.first.name == "mul"
    assert report.first.value == 0
    assert report.first.gradient > 0.05
    assert "the gradient by its output is off by" in str(report)


def test_a_network_agrees_with_the_same_draws_and_branches() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(36, 3),
    )
    classes = ag.tensor([0, 1])
    report = compare_precisions(lambda x: F.cross_entropy(net(x), classes), ag.randn(2, 1, 8, 8))
    assert [step.name for step in report.steps][:3] == ["conv2d", "batch_norm", "relu"]
    assert all(step.gradient is not None and step.gradient < 1e-3 for step in report.steps)
    assert str(report).startswith(f"float32 agrees with float64 in all {len(report.steps)} operations")


def test_casts_and_several_outputs_keep_their_digits() -> None:
    def mixed(x: Any) -> Any:
        values, _ = (x / 3).double().float().sort()
        return values[:2] * ag.tensor([1.0, 2.0]), values[2]

    report = compare_precisions(mixed, ag.tensor([3.0, 1.0, 2.0]))
    # The division's rounding is still seen behind the cast, which in float64 is none.
    assert [step.value > 0 for step in report.steps if step.name in {"div", "cast", "sort"}] == [True] * 4


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ArgumentError, match="recorded nothing that leads to an output"):
        compare_precisions(lambda x: x.detach() * 2, ag.ones(2))
    outside = ag.ones(2, requires_grad=True) * 2
    with pytest.raises(ArgumentError, match="'mul' was recorded before the function was called"):
        compare_precisions(lambda x: x * outside, ag.ones(2))
