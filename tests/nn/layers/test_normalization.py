"""Normalisation beyond PyTorch's stored values: modes, buffers, invariances and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, ShapeError


def test_statistics_can_be_switched_off_later() -> None:
    """Meta-learning sets the attribute: batches then normalise themselves in training and move nothing."""
    norm = nn.BatchNorm1d(2)
    norm(ag.randn(4, 2))
    norm.track_running_stats = False
    before = norm.running_mean.tolist(), norm.num_batches_tracked.item()
    norm(ag.randn(4, 2) + 5)
    assert (norm.running_mean.tolist(), norm.num_batches_tracked.item()) == before
    norm.running_mean = norm.running_var = None
    y = norm.eval()(ag.randn(4, 2) + 5)
    np.testing.assert_allclose(y.mean(0).detach().numpy(), 0, atol=1e-6)


def test_instances_do_not_see_each_other() -> None:
    x = ag.randn(3, 2, 4, 5)
    norm = nn.InstanceNorm2d(2, affine=True)
    for i in range(3):
        np.testing.assert_allclose(norm(x)[i].detach().numpy(), norm(x[i]).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_instance_norm_keeps_statistics_only_where_asked() -> None:
    assert not nn.InstanceNorm2d(2).state_dict()
    norm = nn.InstanceNorm2d(2, track_running_stats=True)
    assert list(norm.state_dict()) == ["running_mean", "running_var", "num_batches_tracked"]
    x = ag.randn(3, 2, 4, 5) + 2
    norm(x)
    np.testing.assert_allclose(norm.running_mean.numpy(), 0.1 * x.numpy().mean((0, 2, 3)), rtol=1e-5)
    after_training = norm.running_mean.tolist()
    y = norm.eval()(x)
    assert norm.running_mean.tolist() == after_training
    assert abs(y.mean().item()) > 0.5


def test_extreme_groups() -> None:
    x = ag.randn(2, 4, 3, dtype=ag.float64)
    one, all_ = nn.GroupNorm(1, 4, affine=False), nn.GroupNorm(4, 4, affine=False)
    np.testing.assert_allclose(one(x).numpy(), F.layer_norm(x, (4, 3)).numpy(), rtol=1e-12)
    np.testing.assert_allclose(all_(x).numpy(), nn.InstanceNorm1d(4)(x).numpy(), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_neighbours_in_the_channels(size: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    expected = np.zeros_like(x)
    for c in range(4):
        # The element, size // 2 before it, and what is left after it.
        near = x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1]
        expected[:, c] = x[:, c] / (0.7 + 0.4 * (near**2).sum(1) / size) ** 0.6
    y = nn.LocalResponseNorm(size, alpha=0.4, beta=0.6, k=0.7)(ag.from_numpy(x))
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)


def test_normalised_vectors_have_norm_one() -> None:
    x = ag.randn(3, 4, 5)
    np.testing.assert_allclose(F.normalize(x, dim=-1).norm(dim=-1).numpy(), 1, rtol=1e-5)
    np.testing.assert_allclose(F.normalize(x, p=1, dim=0).abs().sum(0).numpy(), 1, rtol=1e-5)


def test_zero_vectors_stay_zero_with_finite_gradients() -> None:
    x = ag.zeros(2, 3, requires_grad=True)
    F.normalize(x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda **how: nn.BatchNorm3d(2, **how),
        lambda **how: nn.InstanceNorm2d(2, affine=True, track_running_stats=True, **how),
        lambda **how: nn.GroupNorm(1, 2, **how),
        lambda **how: nn.RMSNorm(2, **how),
    ],
)
def test_types_and_devices(make: Any) -> None:
    layer = make(device="cpu", dtype=ag.float64)
    assert all(t.dtype == np.float64 for t in [*layer.parameters(), *layer.buffers()] if t.is_floating_point())
    layer.weight.data.fill_(3.0)
    layer.reset_parameters()
    assert layer.weight.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.BatchNorm3d(3)(ag.ones(2, 3, 4, 4)), ShapeError, r"BatchNorm3d: .*\(N, C, D, H, W\)"),
        (lambda: nn.InstanceNorm1d(3)(ag.ones(2, 3, 4, 4)), ShapeError, r"\(N, C, L\) or \(C, L\), got \(2, 3, 4, 4\)"),
        (
            lambda: nn.InstanceNorm2d(4)(ag.ones(2, 3, 4, 4)),
            ShapeError,
            r"InstanceNorm2d: expected 4 channels in axis 1, got shape \(2, 3, 4, 4\)\n  fix: build the layer with 3",
        ),
        (lambda: nn.InstanceNorm2d(4)(ag.ones(3, 4, 4)), ShapeError, "expected 4 channels in axis 0"),
        (lambda: nn.InstanceNorm2d(3)(ag.ones(2, 3, 1, 1)), ArgumentError, "one value per channel and sample"),
        (lambda: nn.GroupNorm(2, 3), ArgumentError, "GroupNorm: num_groups must divide the 3 channels, got 2"),
        (lambda: nn.GroupNorm(0, 3), ArgumentError, "GroupNorm: num_groups must divide"),
        (lambda: nn.RMSNorm(5)(ag.ones(2, 3)), ShapeError, "rms_norm: the input's last axes must be"),
        (lambda: nn.LocalResponseNorm(2)(ag.ones(2, 3)), ShapeError, "local_response_norm: expected an input"),
        (lambda: nn.LocalResponseNorm(0)(ag.ones(2, 3, 4)), ArgumentError, "size must be at least 1, got 0"),
    ],
)
def test_normalisations_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
