"""The first NaN or infinity is named: where it was made, of what, on which line, and the way there."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn.functional as F
from autograd_np import viz
from autograd_np.autograd import Function, detect_anomaly, set_detect_anomaly
from autograd_np.errors import AnomalyError

INF = float("inf")


def leaf(*numbers: float) -> Any:
    return ag.tensor(list(numbers), dtype="float64", requires_grad=True)


def failing(function: Any, *args: Any) -> AnomalyError:
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        function(*args)
    return caught.value


# --- forward ------------------------------------------------------------------------------------------------


def test_the_operation_that_makes_an_infinity_is_named_with_operands_line_and_path() -> None:
    p = leaf(0.5, 0.0, 0.2)
    p.name = "p"

    def compute() -> None:
        q = p * 2
        (q.log() + 1).exp().sum().backward()

    error = failing(compute)
    line = compute.__code__.co_firstlineno + 2
    assert str(error) == (
        "log: made Inf of finite operands, first at (1,)\n"
        f"  at test_anomaly_mode.py:{line}: (q.log() + 1).exp().sum().backward()\n"
        "  x  float64 (3,): from 0 to 1, mean 0.466667; 0 at (1,)\n"
        "  output: float64 (3,): 1 -Inf; else from -0.916291 to 0, mean -0.458145\n"
        "  path: log ← mul ← p\n"
        "  fix: keep its operand above 0, as in x.clamp(min=eps); for probabilities use log_softmax of the scores"
    )


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("sqrt", lambda x: (x - 5).sqrt()),
        ("log", lambda x: (x - 5).log()),
        ("div", lambda x: x / (x - 1)),
        ("pow", lambda x: (x - 1) ** -1),
        ("exp", lambda x: (x * 1000).exp()),
        ("mul", lambda x: x * 1e300 * 1e300),
        ("acos", lambda x: (x + 1).acos()),
    ],
)
def test_each_maker_is_named(name: str, compute: Any) -> None:
    assert str(failing(compute, leaf(1.0, 2.0))).startswith(f"{name}: made ")


def test_what_an_operation_was_given_is_not_its_doing() -> None:
    with detect_anomaly():
        scores = leaf(1.0, 2.0, 3.0)
        hidden = scores.masked_fill(ag.tensor([True, False, False]), -INF)
        other = ag.where(ag.tensor([True, False, False]), -INF, scores)
        (hidden.softmax(0)[1] + other.softmax(0)[1] + F.relu(scores).max()).backward()
    assert np.isfinite(scores.grad.numpy()).all()


def test_a_nan_made_of_infinities_is_an_anomaly() -> None:
    error = failing(lambda: leaf(1.0, 2.0).masked_fill(ag.tensor([True, True]), -INF).softmax(0))
    assert str(error).startswith("softmax: made NaN of infinite operands, first at (0,)\n")
    assert "leave one element unmasked" in str(error)


def test_operations_without_gradient_are_left_alone() -> None:
    with detect_anomaly():
        assert ag.log(ag.zeros(1)).item() == -INF


# --- a loss that is not finite --------------------------------------------------------------------------------


def test_a_loss_of_a_leaf_that_is_not_finite_does_not_pass() -> None:
    w = leaf(1.0, float("nan"))
    w.name = "w"
    error = failing(lambda: (w * 2 + 1).sum().backward())
    assert str(error).startswith(
        "backward: output 0 is not finite: float64 (): nan\n"
        "  it came in by the leaf 'w', which 'mul' was given as its a\n  at test_anomaly_mode.py:"
    )
    assert "  float64 (2,): 1 NaN; else from 1 to 1, mean 1\n  path: sum ← add ← mul ← w\n" in str(error)
    assert w.grad is None


def test_a_loss_of_data_that_are_not_finite_names_the_constant() -> None:
    error = failing(lambda: (leaf(1.0, 2.0) * np.array([1.0, INF])).sum().backward())
    assert "it came in by a constant, which 'mul' was given as its b" in str(error)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_loss_computed_outside_does_not_pass_either(recorded: bool) -> None:
    x = leaf(1.0, -1.0)
    with np.errstate(all="ignore"), ag.record() if recorded else ag.enable_grad():
        loss = x.log().sum()
    error = failing(loss.backward)
    assert ("made by 'log'" if recorded else "compute it inside detect_anomaly() too") in str(error)


def test_plain_backward_lets_a_nan_loss_pass() -> None:
    with np.errstate(all="ignore"):
        leaf(-1.0).log().sum().backward()


# --- backward -------------------------------------------------------------------------------------------------


def test_the_rule_that_makes_an_infinity_is_named() -> None:
    x = leaf(1e-200, 4.0)
    x.name = "x"
    error = failing(lambda: ((x**1.0).log() * 1e200).sum().backward())
    assert str(error).startswith("log: its backward made Inf of a finite cotangent, for its x, first at (0,)\n  at ")
    assert "\n  path: sum ← mul ← log\n" in str(error)
    assert x.grad is None


def test_a_wrong_function_is_named() -> None:
    class Broken(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * float("nan")

    error = failing(lambda: Broken.apply(leaf(1.0)).sum().backward())
    assert str(error).startswith("Broken: its backward made NaN of a finite cotangent, for its x, first at (0,)\n")
    assert str(error).endswith("fix: correct Broken.backward, or what it saved")


def test_the_where_trap_is_named_at_the_branch_not_taken() -> None:
    x = leaf(0.0, 4.0)
    with np.errstate(all="ignore"), ag.record():
        y = ag.where(x > 0, 1 / x, x)
    error = failing(y.sum().backward)
    assert str(error).startswith("div: its backward made NaN of a finite cotangent, for its b")


def test_finite_cotangents_whose_sum_overflows() -> None:
    x = leaf(1.0)
    error = failing(
        lambda: (x * 1.5e308 * 1e-300 + x * 1.5e308 * 1e-300).sum().backward(ag.tensor(1e300, dtype="float64"))
    )
    assert "cotangents of the <leaf (1,)> were finite, and their sum or what a hook made of it is not" in str(error)


def test_a_hook_that_makes_a_nan() -> None:
    def compute() -> None:
        y = leaf(1.0) * 2
        y.register_hook(lambda g: g * float("nan"))
        (y * 3).sum().backward()

    assert "cotangents of the output of 'mul' were finite, and their sum or what a hook" in str(failing(compute))


def test_the_gradient_given_to_backward() -> None:
    error = failing(lambda: (leaf(1.0) * 2).backward(ag.tensor([INF], dtype="float64")))
    assert str(error).startswith("backward: the gradient to start from is not finite: float64 (1,): inf\n")


def test_several_outputs_keep_their_path() -> None:
    def compute() -> None:
        x = leaf(1e-200, 3.0)
        (x.log().sort()[0] * 1e200).sum().backward()

    assert "path: sum ← mul ← sort ← log" in str(failing(compute))


def test_the_second_order_is_looked_at_too() -> None:
    x = leaf(1e-200)

    def compute() -> None:
        (g,) = ag.autograd.grad(x.log().sum(), x, create_graph=True)
        g.sum().backward()

    assert "backward made Inf of a finite cotangent" in str(failing(compute))


# --- the picture ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["forward", "backward", "loss"])
def test_the_path_is_stressed_in_the_picture(when: str, tmp_path: Path) -> None:
    x = leaf(1e-200 if when != "loss" else float("nan"), 4.0)
    compute = {
        "forward": lambda: ((x * 0).log() * 2).sum().backward(),
        "backward": lambda: ((x * 1).log() * 1e200).sum().backward(),
        "loss": lambda: (x * 2).sum().backward(),
    }[when]
    error = failing(compute)
    with np.errstate(all="ignore"):
        graph = viz.trace(error.tensor).highlighted(error.path)
    stressed = {graph.nodes[graph.edges[i].dst].op for i in graph.highlight}
    assert (
        stressed
        == {
            "forward": {"log", "mul"},
            "backward": {"sum", "mul", "log"},
            "loss": {"sum", "mul"},
        }[when]
    )
    with np.errstate(all="ignore"):
        picture = Path(viz.render(error.tensor, tmp_path / "anomaly.svg", highlight=error.path))
    assert "⚠" in picture.read_text("utf-8")
    assert error.path.caption in picture.read_text("utf-8")


def test_a_failed_backward_leaves_the_graph_whole() -> None:
    x = leaf(1e-200)
    loss = None

    def compute() -> None:
        nonlocal loss
        loss = (x.log() * 1e200).sum()
        loss.backward()

    failing(compute)
    with np.errstate(all="ignore"):
        loss.backward()
    assert x.grad.item() == INF


# --- the switches ---------------------------------------------------------------------------------------------


def test_check_nan_false_only_keeps_the_lines() -> None:
    class Failing(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ValueError("no")

    with detect_anomaly(check_nan=False):
        assert ag.is_anomaly_enabled()
        assert not ag.is_anomaly_check_nan_enabled()
        loss = Failing.apply(leaf(0.0).log()).sum()
        with pytest.raises(ValueError, match="no") as caught:
            loss.backward()
    assert "recorded at test_anomaly_mode.py:" in "".join(getattr(caught.value, "__notes__", caught.value.args))


def test_the_names_are_pytorchs() -> None:
    assert not ag.is_anomaly_enabled()
    assert ag.is_anomaly_check_nan_enabled()
    with ag.autograd.anomaly_mode.detect_anomaly():
        assert ag.is_anomaly_enabled()
        with set_detect_anomaly(False):
            assert not ag.is_anomaly_enabled()
        assert ag.is_anomaly_enabled()
    ag.autograd.set_detect_anomaly(True)
    assert ag.is_anomaly_enabled()
    ag.autograd.set_detect_anomaly(False)
    assert not ag.is_anomaly_enabled()


def test_the_mode_is_the_threads_own() -> None:
    seen = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: seen.append(ag.is_anomaly_enabled()))
        thread.start()
        thread.join()
    assert seen == [False]
