"""What Fold and Unfold do beyond PyTorch's stored values."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ShapeError


def test_folding_windows_counts_their_overlap() -> None:
    settings = {"kernel_size": 3, "dilation": (1, 2), "padding": 1, "stride": 2}
    unfold, fold = nn.Unfold(**settings), nn.Fold((5, 6), **settings)
    x = ag.randn(2, 3, 5, 6, dtype=ag.float64)
    counts = fold(unfold(ag.ones(2, 3, 5, 6, dtype=ag.float64)))
    np.testing.assert_allclose(fold(unfold(x)).numpy(), (counts * x).numpy(), rtol=1e-12)


def test_an_unfolded_convolution() -> None:
    conv = nn.Conv2d(3, 4, (2, 3), stride=2, padding=1, bias=False, dtype=ag.float64)
    x = ag.randn(2, 3, 5, 6, dtype=ag.float64)
    columns = nn.Unfold((2, 3), padding=1, stride=2)(x)
    y = conv.weight.reshape(4, -1) @ columns
    np.testing.assert_allclose(y.detach().numpy(), conv(x).flatten(2).detach().numpy(), rtol=1e-10, atol=1e-12)


def test_columns_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"fold: images of \(4, 4\) have 9 windows of \(2, 2\), so the input must be"):
        nn.Fold(4, 2)(ag.ones(1, 4, 8))
