"""What convolution layers do beyond PyTorch's stored values: sizes, padding, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, ShapeError


@given(
    size=st.integers(1, 9),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
)
def test_size_of_a_convolution(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    expected = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    layer = nn.Conv1d(1, 2, kernel, stride, padding, dilation)
    if expected < 1:
        with pytest.raises(ShapeError):
            layer(ag.zeros(1, 1, size))
    else:
        assert layer(ag.zeros(1, 1, size)).shape == (1, 2, expected)


@pytest.mark.parametrize("make", [nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose3d])
def test_inputs_without_a_batch_axis(make: Any) -> None:
    layer = make(2, 3, 2, padding=1)
    x = ag.randn(2, *(4, 3, 5)[: layer.rank])
    assert layer(x).tolist() == layer(x[None])[0].tolist()


def test_drawing_the_filters_anew() -> None:
    layer = nn.Conv3d(1, 2, 2)
    before = layer.weight.tolist(), layer.bias.tolist()
    layer.reset_parameters()
    assert layer.weight.tolist() != before[0]
    assert layer.bias.tolist() != before[1]


def test_transposed_convolution_of_a_given_size() -> None:
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    x = ag.zeros(1, 1, 4, 4)
    assert layer(x).shape == (1, 1, 7, 7)
    assert layer(x, output_size=(8, 7)).shape == (1, 1, 8, 7)
    assert layer(x, output_size=(1, 1, 8, 8)).shape == (1, 1, 8, 8)
    with pytest.raises(ShapeError, match=r"output_size \(9, 8\).*must lie between \(7, 7\) and \(8, 8\)"):
        layer(x, output_size=(9, 8))
    with pytest.raises(ArgumentError, match="ConvTranspose2d: output_size must be 2 integers of at least 1"):
        layer(x, output_size=(8, 8, 8))
    with pytest.raises(ShapeError, match="conv_transpose2d: the input must be"):
        layer(x[0, 0], output_size=(8, 8))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: groups 2 must divide in_channels 3 and out_channels 4"),
        (lambda: nn.Conv2d(3, 4, 3, groups=0), "groups 0 must divide"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "Conv2d: kernel_size must be 2 integers of at least 1"),
        (lambda: nn.Conv1d(1, 1, 0), "Conv1d: kernel_size must be one integer of at least 1"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "stride must be 2 integers of at least 1"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "padding must be 2 integers of at least 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding=0.5), "padding must be 2 integers"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), "'valid', or 'same' with stride 1; got 'full'"),
        (lambda: nn.Conv2d(1, 1, 3, padding="same", stride=2), r"got 'same' with stride \(2, 2\)"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), "must be one of zeros, reflect, replicate, circular"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding_mode="reflect"), "must be one of zeros, got 'reflect'"),
        (
            lambda: nn.ConvTranspose2d(1, 1, 3, padding="same"),
            "ConvTranspose2d: padding must be 2 integers of at least 0",
        ),
        (lambda: nn.ConvTranspose3d(4, 2, 3, groups=4), "groups 4 must divide in_channels 4 and out_channels 2"),
        (lambda: nn.Conv3d(1, 1, (3, 3)), "Conv3d: kernel_size must be 3 integers of at least 1"),
    ],
)
def test_convolutions_that_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize("padding", ["same", "valid", 1])
@pytest.mark.parametrize("mode", ["reflect", "circular", "replicate"])
def test_padding_modes_take_every_padding(padding: Any, mode: str) -> None:
    x = ag.randn(1, 1, 5, 6)
    layer = nn.Conv2d(1, 1, (3, 2), padding=padding, padding_mode=mode)
    plain = nn.Conv2d(1, 1, (3, 2), padding=padding)
    assert layer(x).shape == plain(x).shape


def test_a_film_of_one_frame_is_an_image() -> None:
    film, image = nn.Conv3d(2, 3, (1, 3, 2), padding=(0, 1, 1)), nn.Conv2d(2, 3, (3, 2), padding=1)
    image.load_state_dict({"weight": film.weight.detach()[:, :, 0], "bias": film.bias.detach()})
    x = ag.randn(2, 2, 5, 6)
    np.testing.assert_allclose(film(x.unsqueeze(2)).squeeze(2).detach().numpy(), image(x).detach().numpy(), rtol=1e-5)
