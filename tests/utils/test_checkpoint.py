"""Checkpointing gives the gradients of the plain call, draws the same random numbers, and forgets in between."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import GraphError
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
