"""Dropout: how much is dropped, what is left, and what the mask has in common over a channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, ShapeError

_LIMIT = -1.7580993408473766


@pytest.mark.parametrize("layer", [nn.AlphaDropout, nn.FeatureAlphaDropout])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_mean_and_variance_stay(layer: Any, p: float) -> None:
    x = ag.randn(400, 300, 2, dtype=ag.float64)
    y = layer(p)(x)
    assert y.mean().item() == pytest.approx(0, abs=0.02)
    assert y.var().item() == pytest.approx(1, abs=0.03)


def test_what_is_dropped_lies_at_the_limit() -> None:
    p, x = 0.3, ag.randn(200, 200, dtype=ag.float64, requires_grad=True)
    y = F.alpha_dropout(x, p, training=True)
    scale = 1 / np.sqrt((1 - p) * (1 + p * _LIMIT**2))
    shift = -p * scale * _LIMIT
    values, kept = y.detach().numpy(), x.detach().numpy() * scale + shift
    dropped = np.isclose(values, scale * _LIMIT + shift, rtol=1e-12)
    assert dropped.mean() == pytest.approx(p, abs=0.01)
    np.testing.assert_allclose(values[~dropped], kept[~dropped], rtol=1e-12)
    (g,) = ag.autograd.grad(y.sum(), [x])
    np.testing.assert_allclose(g.numpy(), np.where(dropped, 0, scale), rtol=1e-12)


def test_whole_channels_lie_at_the_limit() -> None:
    y = F.feature_alpha_dropout(ag.zeros(20, 30, 4, 2), 0.5, training=True).reshape(600, 8)
    np.testing.assert_array_equal(y.numpy(), y[:, :1].expand(600, 8).numpy())
    assert len(set(y[:, 0].tolist())) == 2


@pytest.mark.parametrize("p", [0.2, 0.7])
def test_whole_channels_of_volumes_are_dropped(p: float) -> None:
    y = nn.Dropout3d(p)(ag.ones(50, 60, 2, 1, 3)).reshape(3000, 6)
    np.testing.assert_array_equal(y.numpy(), y[:, :1].expand(3000, 6).numpy())
    assert (y[:, 0] == 0).to(ag.float64).mean().item() == pytest.approx(p, abs=0.03)
    np.testing.assert_allclose(y.numpy().max(), 1 / (1 - p), rtol=1e-6)


@pytest.mark.parametrize("layer", [nn.AlphaDropout, nn.FeatureAlphaDropout, nn.Dropout3d])
def test_modes(layer: Any) -> None:
    x = ag.randn(3, 4, 2, 2, 2)
    assert layer(0.5).eval()(x) is x
    assert layer(0.0)(x) is x
    assert layer(1.0)(x).tolist() == ag.zeros(3, 4, 2, 2, 2).tolist()
    assert layer(0.5)(x).dtype == np.float32
    copy = x.clone()
    assert layer(0.5, inplace=True)(copy) is copy
    assert copy.tolist() != x.tolist()


@pytest.mark.parametrize("function", [F.alpha_dropout, F.feature_alpha_dropout, F.dropout3d])
def test_draws_follow_the_seed_or_a_generator(function: Any) -> None:
    x = ag.randn(4, 6, 1, 2, 1)
    ag.manual_seed(3)
    first = function(x, 0.5, training=True).tolist()
    ag.manual_seed(3)
    assert function(x, 0.5, training=True).tolist() == first
    assert function(x, 0.5, training=True, generator=ag.Generator().manual_seed(3)).tolist() == first
    assert function(x, 0.5, training=True).tolist() != first


def test_defaults_of_training_are_torchs() -> None:
    x = ag.ones(100)
    assert F.alpha_dropout(x) is x
    assert F.feature_alpha_dropout(x.reshape(10, 10)).tolist() == [[1.0] * 10] * 10
    assert F.dropout(x) is not x


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.AlphaDropout(1.5), ArgumentError, r"AlphaDropout: the probability must lie in \[0, 1\], got 1.5"),
        (lambda: F.alpha_dropout(ag.ones(2), -0.1), ArgumentError, "alpha_dropout: the probability"),
        (lambda: F.feature_alpha_dropout(ag.ones(2)), ShapeError, r"expected an input of shape \(N, C, ...\)"),
        (lambda: F.dropout3d(ag.ones(2, 2, 2)), ShapeError, r"dropout3d: expected shape \(N, C, D, H, W\)"),
    ],
)
def test_dropout_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
