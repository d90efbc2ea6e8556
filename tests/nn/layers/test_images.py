"""Layers of images beyond PyTorch's stored values: settings, grids of points, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, DTypeError, ShapeError


def test_settings_of_upsampling() -> None:
    assert nn.Upsample(scale_factor=2).scale_factor == 2.0
    assert nn.Upsample(scale_factor=[2, 3]).scale_factor == (2.0, 3.0)
    assert (
        repr(nn.Upsample(scale_factor=(2, 3), mode="bilinear")) == "Upsample(scale_factor=(2.0, 3.0), mode='bilinear')"
    )
    with pytest.raises(ArgumentError, match="neither size nor scale_factor"):
        nn.Upsample()(ag.zeros(1, 1, 2))


def test_upsampling_in_a_decoder_passes_gradients() -> None:
    net = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(4, 8, 3, padding=1), nn.PixelShuffle(2))
    x = ag.randn(2, 4, 3, 5, requires_grad=True)
    y = net(x)
    assert y.shape == (2, 2, 12, 20)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("corners", [True, False, None])
def test_points_of_the_identity_are_the_pixels_centres(corners: bool | None) -> None:
    grid = F.affine_grid(ag.eye(2, 3, dtype=ag.float64).unsqueeze(0), (1, 1, 2, 4), corners).numpy()
    wide = np.array([-1, -1 / 3, 1 / 3, 1]) if corners else np.array([-0.75, -0.25, 0.25, 0.75])
    high = np.array([-1, 1]) if corners else np.array([-0.5, 0.5])
    np.testing.assert_allclose(grid[0, :, :, 0], np.tile(wide, (2, 1)), rtol=1e-12)
    np.testing.assert_allclose(grid[0, :, :, 1], np.tile(high[:, None], (1, 4)), rtol=1e-12)


def test_quarter_turns_are_those_of_numpy() -> None:
    x = ag.randn(1, 2, 4, 4)
    turn = ag.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    y = F.grid_sample(x, F.affine_grid(turn, x.shape, False), align_corners=False)
    np.testing.assert_allclose(y.numpy(), np.rot90(x.numpy(), 1, (2, 3)), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.affine_grid(ag.eye(2, 3), (1, 1, 4, 4)),
            ShapeError,
            r"expected theta \(N, 2, 3\).* got theta \(2, 3\)",
        ),
        (lambda: F.affine_grid(ag.ones(2, 2, 3), (1, 1, 4, 4)), ShapeError, r"got theta \(2, 2, 3\) and size"),
        (lambda: F.affine_grid(ag.ones(1, 2, 3), (1, 1, 4)), ShapeError, r"and size \(1, 1, 4\)"),
        (lambda: F.affine_grid(ag.ones(1, 2, 3), (1, 1, 0, 4)), ArgumentError, "every axis needs at least one pixel"),
        (lambda: F.affine_grid(ag.ones(1, 2, 3).long(), (1, 1, 4, 4)), DTypeError, "fix: theta.float()"),
        (lambda: nn.PixelShuffle(2)(ag.ones(1, 3, 2, 2)), ShapeError, "pixel_shuffle: the 3 channels"),
        (lambda: nn.ChannelShuffle(0), ArgumentError, "ChannelShuffle: groups must be at least 1, got 0"),
    ],
)
def test_images_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
