"""backward(check=True): every planted fault is caught by name, and nothing that is right is accused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.autograd import Function
from autograd_np.core import BinaryOp, Op, UnaryOp, backward, record, registry
from autograd_np.errors import GradcheckError, MutationError, RuleError
from autograd_np.testing.rules import UncheckedWarning
from tests.ops.calls import CALLS, Call

DIFFERENTIABLE = [c for c in CALLS if c.record.order >= 1 and any(a.dtype.kind == "f" for a in c.arrays())]


def leaf(*numbers: Any, dtype: str = "float32") -> Any:
    return ag.tensor(list(numbers), dtype=dtype, requires_grad=True)


@pytest.fixture
def planted() -> Iterator[Callable[..., Any]]:
    """Give rows that live for one test, outside the registry afterwards."""
    names: list[str] = []

    def plant(kind: type[Op], name: str, *arguments: Any, **options: Any) -> Any:
        names.append(name)
        return kind(name, *arguments, **options)

    yield plant
    for name in names:
        del registry[name]


def caught(y: Any, kind: type[Exception] = GradcheckError) -> str:
    with pytest.raises(kind) as error:
        y.sum().backward(check=True)
    return str(error.value)


# --- planted faults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_wrong_sign(planted: Any, recorded: bool, dtype: str) -> None:
    row = planted(UnaryOp, "wrong_sign", np.sin, lambda g, _y, x: g * -np.cos(x))
    with record() if recorded else nullcontext():
        y = row(leaf(0.3, 0.5, 2.0, dtype=dtype)) * 3
    message = caught(y)
    assert message.startswith("backward(check=True): the rule of 'wrong_sign' for its x is not the derivative of its")
    assert (", at test_rules.py:" in message) == recorded
    assert message.endswith("fix: the rule has the wrong sign")


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, _y, _a, b: g[:1].reshape(b.shape) if len(g.shape) > len(b.shape) else g,
        lambda g, _y, _a, b: g.mean(0) if len(g.shape) > len(b.shape) else g,
    ],
    ids=["first row", "mean"],
)
def test_a_dropped_broadcast_sum(planted: Any, rule: Any) -> None:
    row = planted(BinaryOp, "dropped_sum", np.add, lambda g, _y, _a, _b: g, rule)
    message = caught(row(ag.ones(2, 3), leaf(1.0, 2.0, 3.0)) * 2)
    assert "the rule of 'dropped_sum' for its b is not the derivative" in message
    assert "if the operand was broadcast, its cotangent is a sum" in message


def test_a_cotangent_of_the_wrong_shape(planted: Any) -> None:
    row = planted(BinaryOp, "unsummed", np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g, broadcasts=False)
    assert caught(row(ag.ones(2, 3), leaf(1.0, 2.0, 3.0)), RuleError).startswith(
        "unsummed: a backward rule returned a cotangent of the wrong shape for its b"
    )


@pytest.mark.parametrize("operand", ["constant", "output"])
def test_a_saved_array_overwritten_past_the_engine(operand: str) -> None:
    x, b = leaf(0.3, 0.5, 0.7), np.array([1.0, 2.0, 3.0], np.float32)
    with record():
        y = x * b if operand == "constant" else x.exp()
        z = y * 1
    (b if operand == "constant" else y.detach().numpy())[1] = 7.0
    message = caught(z, MutationError)
    name = "'mul' saved its b" if operand == "constant" else "'exp' saved its output"
    assert f"backward(check=True): {name}, which has changed since: element (1,) was " in message
    assert " and is 7\n  recorded at test_rules.py:" in message


@pytest.mark.parametrize("rule", [lambda g, _y, x: g * g * 2 * x, lambda g, _y, x: abs(g) * 2 * x])
def test_a_rule_that_is_not_linear(planted: Any, rule: Any) -> None:
    # The cotangent of this pass is 1 everywhere, for which both are right.
    message = caught(planted(UnaryOp, "bent", np.square, rule)(leaf(0.3, 0.5, 0.7)))
    assert "the rule of 'bent' for its x is not the derivative" in message
    assert "g * g" in message or "linear in g" in message or "correct that rule" in message


def test_a_small_factor(planted: Any) -> None:
    row = planted(UnaryOp, "nearly", np.exp, lambda g, y, _x: g * y * 1.001)
    assert "'nearly'" in caught(row(ag.randn(1000, requires_grad=True)))


def test_one_wrong_element_of_many(planted: Any) -> None:
    def rule(g: Any, _y: Any, x: Any) -> Any:
        slope = 2 * x
        slope[..., 17] = 0
        return g * slope

    row = planted(UnaryOp, "one_wrong", np.square, rule)
    assert "'one_wrong'" in caught(row(ag.randn(50, 40, requires_grad=True)))


def test_a_wrong_operand_of_several(planted: Any) -> None:
    row = planted(BinaryOp, "swapped", np.multiply, lambda g, _y, _a, b: g * b, lambda g, _y, _a, b: g * b)
    assert "the rule of 'swapped' for its b" in caught(row(leaf(1.0, 2.0), leaf(3.0, 5.0)))


def test_a_wrong_rule_of_several_outputs(planted: Any) -> None:
    row = planted(
        UnaryOp, "parts", lambda x: (np.sin(x), np.cos(x)), lambda g, y, _x: g[0] * y[1] + g[1] * y[0], outputs=2
    )
    with record():
        a, b = row(leaf(0.3, 0.5))
    assert "'parts'" in caught(a + 2 * b)


def test_a_wrong_function_of_a_user() -> None:
    class Cube(Function):
        @staticmethod
        def forward(ctx: Any, base: Any, times: Any) -> Any:
            ctx.save_for_backward(base)
            return base**3 * times

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (base,) = ctx.saved_tensors
            return g * 3 * base, None

    with record():
        y = Cube.apply(leaf(0.3, 0.5), 2.0)
    assert "the rule of 'Cube' for its base is not the derivative of its kernel, at test_rules.py:" in caught(y)


# --- no false alarms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("call", DIFFERENTIABLE, ids=str)
def test_every_record_passes_at_its_own_values(call: Call, dtype: Any) -> None:
    ag.manual_seed(0)
    with record():
        outputs = [y for y in call(call.leaves(call.arrays(dtype))) if y.requires_grad]
    if outputs:
        starts = [np.cos(np.arange(y.numel())).reshape(y.shape).astype(y.dtype) for y in outputs]
        backward(outputs, starts, check=True)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_network_passes_and_gets_the_same_gradients(create_graph: bool) -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(36, 3),
    )
    x, classes = ag.randn(4, 1, 8, 8), ag.tensor([0, 1, 2, 1])

    def gradients(check: bool) -> list[Any]:
        ag.manual_seed(1)
        net.zero_grad()
        with record():
            loss = F.cross_entropy(net(x), classes)
        loss.backward(check=check, create_graph=create_graph)
        return [p.grad.detach().numpy() for p in net.parameters()]

    for checked, plain in zip(gradients(True), gradients(False), strict=True):
        np.testing.assert_allclose(checked, plain, rtol=1e-6, atol=1e-8)


def test_a_right_function_of_a_user_passes() -> None:
    class Pair(Function):
        @staticmethod
        def forward(a: Any, b: Any) -> Any:
            return a * b, a + b

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            a, b = ctx.saved_tensors
            return g * b + h, g * a + h

    with record():
        product, total = Pair.apply(leaf(0.3, 0.5), leaf(2.0, 3.0))
        y = product + total
    y.sum().backward(check=True)


def test_kinks_are_left_out() -> None:
    x = leaf(0.0, 1.0, 2.0, 0.0)
    with record():
        y = F.relu(x).sum() + x.abs().sum() + x.max() + x.clamp(0, 1).sum() + F.max_pool1d(x.reshape(1, 1, 4), 2).sum()
        y = y + x.sqrt()[:2].sum() + x.floor().sum()
    with np.errstate(all="ignore"):
        y.backward(check=True)


def test_values_that_are_not_finite_are_left_out() -> None:
    x = leaf(1.0, 2.0, 3.0)
    with record():
        y = x.masked_fill(ag.tensor([True, False, False]), -np.inf).softmax(0)
    (y[1] * 2).backward(check=True)


def test_saturated_and_tiny_values() -> None:
    for values in ([20.0, -20.0, 90.0], [1e-20, -1e-30, 1e-38], [1e6, -1e7, 3e4]):
        x = leaf(*values)
        with record():
            y = x.tanh() + x.sigmoid() + F.softplus(x) + x.softmax(0) + x.sin() + F.gelu(x)
        y.sum().backward(check=True)


# --- what cannot be checked -----------------------------------------------------------------------------------


def test_what_was_not_kept_is_said() -> None:
    scores = ag.randn(3, 4, requires_grad=True)
    loss = F.cross_entropy(scores, ag.tensor([0, 1, 2]))
    with pytest.warns(
        UncheckedWarning, match=r"1 operations were not checked, .*: cross_entropy \(its target\)\n  fix: "
    ):
        loss.backward(check=True)
    assert scores.grad is not None


def test_checking_is_off_unless_asked_for(planted: Any) -> None:
    row = planted(UnaryOp, "unlooked_at", np.sin, lambda g, _y, x: g * -np.cos(x))
    row(leaf(0.3)).sum().backward()
    ag.autograd.backward(row(leaf(0.3)).sum())
