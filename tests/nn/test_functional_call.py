from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError
from autograd_np.func import functional_call, grad, hessian


class Tied(nn.Module):
    """A weight that is used twice, under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2, bias=False)
        self.second = nn.Linear(2, 2, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x: ag.Tensor, *, twice: bool = True) -> ag.Tensor:
        """Return the input, mapped once or twice."""
        return self.second(self.first(x)) if twice else self.first(x)


def test_the_module_has_its_own_tensors_again() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    before = dict(net.named_parameters())
    weights = {name: ag.ones_like(p) for name, p in before.items()}
    x = ag.randn(4, 2)
    expected = 3 * np.tanh(x.numpy().sum(1, keepdims=True) + 1) + 1
    np.testing.assert_allclose(functional_call(net, weights, x).numpy(), expected, rtol=1e-5)
    assert all(p is before[name] for name, p in net.named_parameters())
    with pytest.raises(TypeError):
        functional_call(net, weights, ())
    assert all(p is before[name] for name, p in net.named_parameters())


def test_derivatives_by_the_weights() -> None:
    net = nn.Linear(3, 2)
    x = ag.randn(5, 3)

    def loss(weight: ag.Tensor) -> ag.Tensor:
        return (functional_call(net, {"weight": weight}, (x,)) ** 2).sum()

    loss(net.weight).backward()
    np.testing.assert_allclose(grad(loss)(net.weight.detach()).detach().numpy(), net.weight.grad.numpy(), rtol=1e-5)
    second = hessian(loss)(net.weight.detach()).detach().numpy()  # (2, 3, 2, 3)
    np.testing.assert_allclose(second[0, :, 0], 2 * x.numpy().T @ x.numpy(), rtol=1e-4)
    assert not second[0, :, 1].any()


def test_buffers_several_dictionaries_and_keywords() -> None:
    norm = nn.BatchNorm1d(1, affine=False).eval()
    statistics = {"running_mean": ag.tensor([1.0])}, {"running_var": ag.tensor([4.0])}
    assert functional_call(norm, statistics, ag.tensor([[5.0]])).item() == pytest.approx(2.0, rel=1e-5)
    assert norm.running_mean.tolist() == [0.0]
    twice = 2 * ag.eye(2)
    assert functional_call(Tied(), {"first.weight": twice}, ag.ones(1, 2), {"twice": False}).tolist() == [[2, 2]]


def test_tied_weights() -> None:
    net, x, twice = Tied(), ag.ones(1, 2), 2 * ag.eye(2)
    assert functional_call(net, {"second.weight": twice}, x).tolist() == [[4, 4]]
    assert functional_call(net, {"first.weight": twice}, x, strict=True).tolist() == [[4, 4]]
    both = {"first.weight": twice, "second.weight": ag.eye(2)}
    assert functional_call(net, both, x, tie_weights=False).tolist() == [[2, 2]]
    with pytest.raises(ArgumentError, match=r"first\.weight and second\.weight are one tensor"):
        functional_call(net, both, x)
    assert net.first.weight is net.second.weight


def test_parametrised_weights() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1, bias=False))
    given = {
        "parametrizations.weight.original0": ag.tensor([[10.0]]),
        "parametrizations.weight.original1": ag.tensor([[3.0, 4.0]]),
    }
    assert functional_call(layer, given, ag.tensor([1.0, 0.0])).tolist() == [6.0]


def test_names_that_do_not_fit() -> None:
    net = nn.Linear(2, 1)
    with pytest.raises(ArgumentError, match=r"do not fit Linear: unknown: wieght\n  fix: use the names"):
        functional_call(net, {"wieght": ag.ones(1, 2)}, ag.ones(2))
    with pytest.raises(ArgumentError, match="missing: bias"):
        functional_call(net, {"weight": ag.ones(1, 2)}, ag.ones(2), strict=True)
    with pytest.raises(ArgumentError, match="given in two dictionaries: weight"):
        functional_call(net, ({"weight": ag.ones(1, 2)}, {"weight": ag.ones(1, 2)}), ag.ones(2))
