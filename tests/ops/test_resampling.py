"""Interpolation, sampling and shuffling beyond their records: what must come out, and what cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn.functional as F
from autograd_np.errors import ArgumentError, DTypeError, ShapeError

# --- interpolation ----------------------------------------------------------------------------------------------------


def test_lines_stay_lines() -> None:
    """Away from the edges linear weights reproduce a straight line, and so do cubic ones with a = -0.5."""
    x = ag.arange(12.0, dtype=ag.float64).reshape(1, 1, 12)
    y = ag.interpolate(x, scale_factor=2.0, mode="linear")
    np.testing.assert_allclose(y.numpy()[0, 0, 1:-1], np.arange(22) / 2 + 0.25, rtol=1e-12)
    square = x.reshape(1, 1, 12, 1).expand(1, 1, 12, 2)
    z = ag.interpolate(square, scale_factor=(2.0, 1.0), mode="bicubic", antialias=True)
    np.testing.assert_allclose(z.numpy()[0, 0, 4:-4, 0], np.arange(3, 19) / 2 + 0.25, rtol=1e-12)


def test_nearest_repeats_and_area_averages() -> None:
    x = ag.randn(2, 3, 4, 5)
    doubled = ag.interpolate(x, scale_factor=2)
    np.testing.assert_array_equal(doubled.numpy(), x.numpy().repeat(2, 2).repeat(2, 3))
    np.testing.assert_allclose(ag.interpolate(doubled, (4, 5), mode="area").numpy(), x.numpy(), rtol=1e-6)


def test_whole_numbers_keep_their_type() -> None:
    labels = ag.tensor([[[3, 7]]])
    y = ag.interpolate(labels, 4)
    assert y.dtype == np.int64
    assert y.tolist() == [[[3, 3, 7, 7]]]


def test_antialiasing_sees_every_pixel() -> None:
    x = ag.zeros(1, 1, 8, 8, requires_grad=True)
    seen = []
    for antialias in (False, True):
        (g,) = ag.autograd.grad(ag.interpolate(x, 2, mode="bilinear", antialias=antialias).sum(), [x])
        seen.append(int((g != 0).sum()))
    assert seen == [16, 64]


@pytest.mark.parametrize(
    ("shape", "arguments", "error", "message"),
    [
        ((2, 3), {"size": 2}, ShapeError, r"the input must be \(N, C, L\)"),
        ((1, 1, 4, 4), {}, ArgumentError, "neither size nor scale_factor is given"),
        ((1, 1, 4, 4), {"size": 2, "scale_factor": 2}, ArgumentError, "both size and scale_factor are given"),
        ((1, 1, 4, 4), {"size": (2, 2, 2)}, ArgumentError, "size must be one integer or 2"),
        ((1, 1, 4, 4), {"scale_factor": (2.0,)}, ArgumentError, "scale_factor must be a positive number, or 2 of them"),
        ((1, 1, 4, 4), {"scale_factor": -1}, ArgumentError, "scale_factor must be a positive number"),
        ((1, 1, 4, 4), {"scale_factor": 0.1}, ArgumentError, r"got \(4, 4\) to be resized to \(0, 0\)"),
        ((1, 1, 0), {"size": 2}, ArgumentError, "every axis needs at least one element"),
        (
            (1, 1, 4, 4),
            {"size": 2, "mode": "linear"},
            ArgumentError,
            "fix: with 4 axes it is one of nearest, .*bicubic",
        ),
        ((1, 1, 4), {"size": 2, "mode": "cubic"}, ArgumentError, "the mode 'cubic' does not fit"),
        ((1, 1, 4), {"size": 2, "align_corners": True}, ArgumentError, "align_corners belongs to linear and cubic"),
        ((1, 1, 4), {"size": 2, "antialias": True}, ArgumentError, "antialias belongs to 'bilinear' and 'bicubic'"),
        ((1, 1, 4), {"size": 2, "recompute_scale_factor": True}, ArgumentError, "belongs to scale_factor"),
    ],
)
def test_interpolations_that_cannot_be(shape: Any, arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ag.interpolate(ag.zeros(shape), **arguments)


def test_means_of_whole_numbers_are_refused() -> None:
    with pytest.raises(DTypeError, match=r"the mode 'bilinear' computes means, got int64\n  fix: x.float\(\)"):
        ag.interpolate(ag.ones(1, 1, 2, 2, dtype=ag.int64), 4, mode="bilinear")


# --- sampling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_the_identity_gives_the_image(mode: str, corners: bool) -> None:
    x = ag.randn(2, 3, 4, 5, dtype=ag.float64)
    theta = ag.eye(2, 3, dtype=ag.float64).expand(2, 2, 3)
    grid = F.affine_grid(theta, x.shape, align_corners=corners)
    np.testing.assert_allclose(ag.grid_sample(x, grid, mode, align_corners=corners).numpy(), x.numpy(), atol=1e-12)


def test_a_shift_is_found_by_descent() -> None:
    """A spatial transformer in small: the gradient in the points leads to the shift between two images."""
    places = ag.linspace(-1, 1, 16, dtype=ag.float64)
    row, column = ag.meshgrid(places, places, indexing="ij")
    image = ag.exp(-4 * (row**2 + column**2)).reshape(1, 1, 16, 16)
    shift = ag.tensor([0.15, -0.1], dtype=ag.float64)
    turn = ag.eye(2, dtype=ag.float64)

    def moved(by: Any) -> Any:
        grid = F.affine_grid(ag.cat([turn, by.reshape(2, 1)], 1).unsqueeze(0), image.shape, align_corners=False)
        return ag.grid_sample(image, grid, padding_mode="border", align_corners=False)

    target, found = moved(shift), ag.zeros(2, dtype=ag.float64, requires_grad=True)
    for _ in range(40):
        (g,) = ag.autograd.grad(((moved(found) - target) ** 2).mean(), [found])
        found = (found - 2 * g).detach().requires_grad_()
    np.testing.assert_allclose(found.detach().numpy(), shift.numpy(), atol=0.01)


@pytest.mark.parametrize(
    ("image", "grid", "options", "error", "message"),
    [
        ((1, 1, 4, 4), (1, 2, 2, 3), {}, ShapeError, r"with grid \(N, OH, OW, 2\)"),
        ((1, 1, 4, 4), (2, 2, 2, 2), {}, ShapeError, "both need the same N"),
        ((1, 1, 4), (1, 2, 1), {}, ShapeError, "expected input"),
        ((1, 1, 0, 4), (1, 2, 2, 2), {}, ShapeError, "an image without pixels"),
        ((1, 1, 4, 4), (1, 2, 2, 2), {"mode": "linear"}, ArgumentError, "mode must be 'bilinear', .*got 'linear'"),
        ((1, 1, 2, 4, 4), (1, 2, 2, 2, 3), {"mode": "bicubic"}, ArgumentError, "for volumes, got 'bicubic'"),
        ((1, 1, 4, 4), (1, 2, 2, 2), {"padding_mode": "wrap"}, ArgumentError, "padding_mode must be .*got 'wrap'"),
    ],
)
def test_samplings_that_cannot_be(image: Any, grid: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ag.grid_sample(ag.zeros(image), ag.zeros(grid), **options)


def test_types_of_image_and_grid() -> None:
    with pytest.raises(DTypeError, match="expected same dtype for all operands, got float32 and float64"):
        ag.grid_sample(ag.zeros(1, 1, 2, 2), ag.zeros(1, 2, 2, 2, dtype=ag.float64))
    with pytest.raises(DTypeError, match="must hold floating-point numbers, got int64"):
        ag.grid_sample(ag.zeros(1, 1, 2, 2, dtype=ag.int64), ag.zeros(1, 2, 2, 2, dtype=ag.int64))


# --- pixels and channels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [1, 2, 3])
def test_shuffling_and_back(r: int) -> None:
    x = ag.randn(2, 3, 2 * r, 4 * r)
    np.testing.assert_array_equal(ag.pixel_shuffle(ag.pixel_unshuffle(x, r), r).numpy(), x.numpy())
    y = ag.randn(2, 3 * r, 2, 2)
    np.testing.assert_array_equal(ag.channel_shuffle(ag.channel_shuffle(y, 3), r).numpy(), y.numpy())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: ag.pixel_shuffle(x, 2), ShapeError, "pixel_shuffle: the 3 channels must be a multiple of 2²"),
        (lambda x: ag.pixel_unshuffle(x, 3), ShapeError, "height 4 and width 4 must be multiples of 3"),
        (lambda x: ag.channel_shuffle(x, 2), ShapeError, "the 3 channels must be a multiple of 2 groups"),
        (lambda x: ag.pixel_shuffle(x, 0), ArgumentError, "upscale_factor must be a positive integer, got 0"),
        (lambda x: ag.pixel_unshuffle(x, 1.5), ArgumentError, "downscale_factor must be a positive integer, got 1.5"),
        (lambda x: ag.pixel_shuffle(x[0, 0], 2), ShapeError, "the input needs at least 3 axes"),
    ],
)
def test_shufflings_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.zeros(2, 3, 4, 4))
