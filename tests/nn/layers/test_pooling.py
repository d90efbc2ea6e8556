"""What pooling does beyond PyTorch's stored values: powers, the way back, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, IndexingError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck

# --- powers -----------------------------------------------------------------------------------------------------------


def test_powers_go_from_the_sum_to_the_maximum() -> None:
    x = ag.tensor([[[1.0, 7.0, 3.0, 0.5], [2.0, 2.0, 4.0, 8.0]]], dtype=ag.float64)
    np.testing.assert_allclose(nn.LPPool2d(1, 2)(x).numpy(), 4 * F.avg_pool2d(x, 2).numpy())
    np.testing.assert_allclose(nn.LPPool2d(2, 2)(x).numpy(), np.sqrt(4 * F.avg_pool2d(x * x, 2).numpy()))
    np.testing.assert_allclose(nn.LPPool2d(200, 2)(x).numpy(), F.max_pool2d(x, 2).numpy(), rtol=1e-2)


@given(p=st.sampled_from([1, 2, 4, 2.0, 0.5, 3]), factor=st.floats(0.1, 10))
def test_a_root_of_powers_grows_with_its_input(p: float, factor: float) -> None:
    x = ag.rand(1, 2, 4, 6, dtype=ag.float64)
    scaled = F.lp_pool2d(x * factor, p, (2, 3)).numpy()
    np.testing.assert_allclose(scaled, factor * F.lp_pool2d(x, p, (2, 3)).numpy(), rtol=1e-9)


@pytest.mark.parametrize("p", [2, 3, 2.5])
def test_derivatives_of_powers(p: float) -> None:
    x = (ag.rand(1, 2, 4, 3, dtype=ag.float64) + 0.5).requires_grad_()
    assert gradcheck(lambda x: F.lp_pool2d(x, p, 2, 1, ceil_mode=True), [x])
    assert gradgradcheck(lambda x: F.lp_pool2d(x, p, 2, 1, ceil_mode=True), [x])


def test_windows_of_zeros_have_a_gradient_of_zero() -> None:
    x = ag.tensor([[[0.0, 0.0, 3.0, 4.0]]], requires_grad=True)
    y = nn.LPPool1d(2, 2)(x)
    y.sum().backward()
    assert y.tolist() == [[[0.0, 5.0]]]
    np.testing.assert_allclose(x.grad.numpy(), [[[0, 0, 0.6, 0.8]]], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.lp_pool1d(x, 0, 2), "lp_pool1d: norm_type must be a positive number, got 0"),
        (lambda x: F.lp_pool1d(x, -2, 2), "positive number, got -2"),
        (nn.LPPool1d(float("inf"), 2), r"(?s)got inf\n  fix: the limit is max_pool1d of x.abs\(\)"),
        (lambda x: F.lp_pool1d(x, float("nan"), 2), "positive number, got nan"),
        (lambda x: F.lp_pool1d(x, 3, 2), r"a window's sum of powers 3 is negative.*\n  fix: pool x.abs\(\), or give"),
        (lambda x: F.lp_pool1d(x, 1.5, 2), r"norm_type=1.5 .* negative elements do not have\n  fix: pool x.abs"),
        (lambda x: F.lp_pool1d(x, 2, (2, 2)), "lp_pool1d: kernel_size must be one integer of at least 1"),
        (lambda x: F.lp_pool3d(x, 2, (2, 2)), "lp_pool3d: kernel_size must be 3 integers of at least 1"),
    ],
)
def test_powers_that_cannot_be(call: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call(ag.tensor([[[-2.0, 1.0, 3.0]]]))


# --- maxima and back --------------------------------------------------------------------------------------------------


@given(rank=st.integers(1, 3), kernel=st.integers(1, 3), padding=st.integers(0, 1), ceil_mode=st.booleans())
def test_every_layer_of_maxima_comes_back(rank: int, kernel: int, padding: int, ceil_mode: bool) -> None:
    padding = min(padding, kernel // 2)
    x = ag.rand(1, 2, *(5, 6, 4)[:rank]) + 1
    pool = getattr(nn, f"MaxPool{rank}d")(kernel, padding=padding, return_indices=True, ceil_mode=ceil_mode)
    values, places = pool(x)
    back = getattr(nn, f"MaxUnpool{rank}d")(kernel, padding=padding)(values, places, output_size=x.shape)
    found = back.flatten(2).gather(2, places.flatten(2))
    assert found.tolist() == values.flatten(2).tolist()
    assert int((back != 0).sum()) == values.numel()


def test_unpooling_into_images_of_another_size() -> None:
    values, places = nn.MaxPool2d(2, return_indices=True)(ag.ones(1, 1, 5, 5).cumsum(-1))
    unpool = nn.MaxUnpool2d(2)
    assert unpool(values, places, output_size=(5, 5)).shape == (1, 1, 5, 5)
    with pytest.raises(ArgumentError, match=r"max_unpool2d: output_size \(6, 6\) does not pool to"):
        unpool(values, places, output_size=(6, 6))
    with pytest.raises(
        IndexingError, match=r"must lie in \[0, 16\) for an output of \(4, 4\).*\n  fix: give output_size"
    ):
        unpool(values, places + 4)


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.AvgPool1d((2, 2)), "AvgPool1d: kernel_size must be one integer of at least 1"),
        (lambda: nn.AvgPool1d(2, stride=0), "AvgPool1d: stride must be one integer of at least 1"),
        (lambda: nn.AvgPool1d(2, padding=-1), "AvgPool1d: padding must be one integer of at least 0"),
        (lambda: nn.MaxUnpool2d(0), "MaxUnpool2d: kernel_size must be 2 integers of at least 1"),
        (lambda: nn.MaxUnpool3d(2, (1, 1)), "MaxUnpool3d: stride must be 3 integers of at least 1"),
        (lambda: nn.MaxUnpool1d(2, 1, -1), "MaxUnpool1d: padding must be one integer of at least 0"),
        (lambda: nn.MaxPool3d((2, 2))(ag.ones(1, 2, 2, 2)), "max_pool3d: kernel_size must be one integer or 3"),
        (lambda: nn.AdaptiveMaxPool3d((1, 0, 1))(ag.ones(1, 2, 2, 2)), "output_size and the input must be at least 1"),
    ],
)
def test_settings_that_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    "layer",
    [nn.MaxPool3d(2), nn.AvgPool3d(2), nn.LPPool3d(2, 2), nn.AdaptiveAvgPool3d(2), nn.AdaptiveMaxPool3d(2)],
    ids=lambda layer: type(layer).__name__,
)
def test_inputs_of_another_rank(layer: Any) -> None:
    with pytest.raises(ShapeError, match=r"pool3d: the input must be \(N, C, D, H, W\) or \(C, D, H, W\), got 3"):
        layer(ag.ones(2, 2, 2))
