"""Checkpointing gives the gradients of the plain call, draws the same random numbers, and forgets in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import GraphError, MutationError
from autograd_np.utils.checkpoint import checkpoint, checkpoint_sequential

W = np.linspace(-1.0, 1.0, 9).reshape(3, 3)


def leaf(values) -> ag.Tensor:
    return ag.tensor(np.asarray(values, np.float64), requires_grad=True)


def block(x: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
    return ((x @ w).tanh() * x).exp()


def test_gradients_reach_arguments_and_captured_parameters_in_every_order() -> None:
    def gradients(run):
        x, w = leaf([0.1, -0.2, 0.3]), leaf(W)
        (dx, dw) = ag.autograd.grad(run(x, w).sum(), (x, w), create_graph=True)
        second = ag.autograd.grad((dx**2).sum() + (dw**2).sum(), (x, w))
        return dx, dw, *second

    for plain, forgotten in zip(
        gradients(block), gradients(lambda x, w: checkpoint(lambda t: block(t, w), x)), strict=True
    ):
        np.testing.assert_allclose(forgotten.detach().numpy(), plain.detach().numpy(), rtol=1e-14)


def test_nothing_is_kept_until_backward_asks() -> None:
    x = leaf([1.0, 2.0])
    y = checkpoint(lambda t: t.exp().exp(), x)
    assert not isinstance(y.grad_fn.saved, tuple)
    y.sum().backward()
    assert y.grad_fn.saved is None
    with pytest.raises(GraphError, match="freed"):
        y.sum().backward()


def test_the_function_runs_again_once_and_draws_the_same_numbers() -> None:
    masks = []

    def dropped(t):
        masks.append(ag.bernoulli(ag.full((100,), 0.5)))
        return (t * masks[-1]).exp()

    ag.manual_seed(5)
    x = leaf(np.ones(100))
    y = checkpoint(dropped, x)
    after = ag.rand(3)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert len(masks) == 2
    np.testing.assert_array_equal(masks[0].numpy(), masks[1].numpy())
    ag.manual_seed(5)
    ag.rand(100, dtype=ag.float64)
    np.testing.assert_array_equal(ag.rand(3).numpy(), after.numpy())


def test_a_function_that_changes_its_mind_is_noticed() -> None:
    calls = []

    def fickle(t):
        calls.append(1)
        return t.exp() if len(calls) == 1 else t.exp().exp()

    y = checkpoint(fickle, leaf([1.0]))
    with pytest.raises(GraphError, match=r"other operations .* \(2 instead of 1\)"):
        y.sum().backward()


def test_sequential_segments() -> None:
    steps = [ag.sin, ag.exp, ag.tanh, ag.cos, ag.sin]
    x, z = leaf([0.3]), leaf([0.3])
    checkpoint_sequential(steps, 2, x).sum().backward()
    value = z
    for step in steps:
        value = step(value)
    value.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy())


def test_without_recording_it_is_the_plain_call() -> None:
    with ag.no_grad():
        assert not checkpoint(ag.exp, leaf([1.0])).requires_grad


# --- writes before the second call --------------------------------------------------------------------------


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda t: t.mul_(5.0), "'mul_'"),
        (lambda t: setattr(t, "data", leaf([5.0, 6.0]).detach()), "`.data =`"),
        (lambda t: t.unsqueeze_(0), "a new shape"),
    ],
)
def test_arguments_and_leaves_must_be_what_they_were(change: Any, what: str, captured: bool) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * 1
    # Neither is saved as it is, so that the counts of saved values would not tell.
    loss = checkpoint((lambda t: (t + w).exp().sum()) if captured else (lambda t: (t + 1).exp().sum()), y)
    with ag.no_grad():
        change(w if captured else y)
    with pytest.raises(MutationError, match=f"needed to compute the function again, but {what} has changed"):
        loss.backward()


def test_tensors_of_the_closure_must_be_what_they_were() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0]) * 1
    loss = checkpoint(lambda t: (t + y).exp().sum(), x)
    y.mul_(0.5)
    with pytest.raises(MutationError, match="what 'add' is computed from was changed by a recorded operation"):
        loss.backward()


def test_what_nothing_needs_may_change() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    loss = checkpoint(lambda t: (t + 1).sum(), y)
    with ag.no_grad():
        y.mul_(5.0)
    loss.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_the_function_may_write_to_its_own_tensors() -> None:
    def function(t: ag.Tensor) -> ag.Tensor:
        u = t * 1
        u.mul_(t)
        u[0] = 5.0
        return (u * u).sum()

    x = leaf([1.0, 2.0])
    checkpoint(function, x).backward()
    assert x.grad.tolist() == [0.0, 32.0]
    with pytest.raises(MutationError, match="'mul_' has changed it since"):
        checkpoint(lambda t: (t.mul_(3.0) * t).sum(), x * 1).backward()


def test_values_computed_again_are_guarded_like_others() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    loss = checkpoint(lambda t: (t * t).sum(), y)
    loss.backward(retain_graph=True)
    with ag.no_grad():
        y.mul_(5.0)
    with pytest.raises(MutationError, match="'mul' saved its a"):
        loss.backward()


def test_views_that_lag_behind_may_be_arguments() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    view = y[:1]
    y.mul_(3.0)
    checkpoint(lambda t: t.exp().sum(), view).backward()
    np.testing.assert_allclose(x.grad.numpy(), [3 * np.exp(3), 0])
