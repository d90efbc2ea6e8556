"""Bilinear and Unflatten beyond PyTorch's stored values: initial values, types and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, IndexingError, ShapeError


def test_initial_bounds() -> None:
    layer = nn.Bilinear(16, 20, 30)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert values.dtype == np.float32
        assert 0.2 < np.abs(values).max() <= 0.25
    assert layer.weight.std().item() == pytest.approx(0.25 / np.sqrt(3), rel=0.05)
    assert nn.Bilinear(2, 2, 2, device="cpu", dtype=ag.float64).bias.dtype == np.float64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Bilinear(0, 1, 1), ArgumentError, "Bilinear: in1_features must be at least 1, got 0"),
        (lambda: nn.Bilinear(3, 4, 5)(ag.ones(2, 3), ag.ones(3, 4)), ShapeError, "the same leading axes"),
        (lambda: nn.Unflatten(1, (2, 2))(ag.ones(2, 5)), ShapeError, r"unflatten: the sizes \(2, 2\) do not multiply"),
        (lambda: nn.Unflatten(4, (2, 2))(ag.ones(2, 5)), IndexingError, "unflatten: dim 4 is out of range"),
    ],
)
def test_layers_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
