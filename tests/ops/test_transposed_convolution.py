"""Transposed convolutions: sizes, what they are the adjoint of, third order, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import Tensor, as_tensor, gradients
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.convolution import conv1d, conv2d, conv3d
from autograd_np.ops.transposed_convolution import conv_transpose1d, conv_transpose2d, conv_transpose3d
from autograd_np.testing import gradgradcheck
from tests.kernels.images import drawn
from tests.ops.test_convolution import leaf


def test_a_transposed_convolution_undoes_the_sizes() -> None:
    for size in range(5, 9):
        y = conv1d(np.zeros((1, 1, size)), np.ones((1, 1, 3)), stride=2, padding=1)
        extra = (size + 2 - 3) % 2
        back = conv_transpose1d(y, np.ones((1, 1, 3)), stride=2, padding=1, output_padding=extra)
        assert back.shape == (1, 1, size)


def test_a_transposed_convolution_is_the_gradient_of_the_convolution() -> None:
    x, w, g = leaf(2, 4, 6, 5), drawn((6, 2, 3, 2)), drawn((2, 6, 4, 4), 1)
    y = conv2d(x, w, stride=(2, 1), padding=(2, 0), groups=2)
    y.backward(as_tensor(g))
    back = conv_transpose2d(g, w, stride=(2, 1), padding=(2, 0), output_padding=(1, 0), groups=2)
    np.testing.assert_allclose(back._array[:, :, :6], x.grad._array, rtol=1e-12, atol=1e-12)


def test_in_space_and_time_too() -> None:
    x, w, g = leaf(1, 2, 5, 4, 3), drawn((4, 2, 3, 2, 2)), drawn((1, 4, 3, 3, 2), 1)
    conv3d(x, w, stride=(2, 1, 1), padding=(1, 0, 0)).backward(as_tensor(g))
    back = conv_transpose3d(g, w, stride=(2, 1, 1), padding=(1, 0, 0))
    np.testing.assert_allclose(back._array, x.grad._array, rtol=1e-12, atol=1e-12)


def test_output_padding_beyond_the_filters_holds_the_bias_alone() -> None:
    x, w, b = np.ones((1, 1, 2)), np.ones((1, 1, 2)), np.array([0.5])
    y = conv_transpose1d(x, w, b, dilation=4, output_padding=3)
    np.testing.assert_array_equal(y._array, [[[1.5, 1.5, 0.5, 0.5, 1.5, 1.5, 0.5, 0.5, 0.5]]])
    cut = conv_transpose1d(x, w, b, dilation=4, output_padding=3, padding=1)
    np.testing.assert_array_equal(cut._array, y._array[:, :, 1:8])


@pytest.mark.parametrize(("function", "rank"), [(conv_transpose1d, 1), (conv_transpose2d, 2), (conv_transpose3d, 3)])
def test_inputs_without_a_batch_axis(function, rank: int) -> None:
    x, w, b = leaf(3, *(5, 4, 3)[:rank]), leaf(3, 3, *[2] * rank, seed=1), leaf(3, seed=2)
    y = function(x, w, b)
    assert y.ndim == 1 + rank
    np.testing.assert_array_equal(y._array, function(x.detach()[None], w, b)._array[0])
    y.sum().backward()
    assert x.grad.shape == x.shape


@pytest.mark.parametrize(("function", "rank"), [(conv_transpose2d, 2), (conv_transpose3d, 3)])
def test_third_order(function, rank: int) -> None:
    x, w = leaf(1, 2, *[2] * rank), leaf(2, 2, *(2, 2, 1)[:rank], seed=1)

    def first(x: Tensor, w: Tensor) -> list[Tensor]:
        y = function(x, w, stride=2, padding=1)
        return gradients([(y * y * y).sum()], [x, w], create_graph=True)

    assert gradgradcheck(first, [x, w])


X, W = np.ones((2, 4, 5, 5)), np.ones((6, 4, 3, 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: conv_transpose2d(X, W),
            ShapeError,
            r"(?s)conv_transpose2d: the weight takes 6 channels and the input has 4\n.*the other way round",
        ),
        (lambda: conv_transpose2d(X, W[:4], np.ones(3)), ShapeError, r"conv_transpose2d: the bias must hold .*\(4,\)"),
        (lambda: conv_transpose2d(X, W[:4], groups=3), ArgumentError, "divide the 4 input channels"),
        (
            lambda: conv_transpose2d(X, W[:4], output_padding=1),
            ArgumentError,
            r"smaller than the stride or the dilation, got \(1, 1\)",
        ),
        (lambda: conv_transpose2d(X, W[:4], padding=4), ShapeError, r"padding \(4, 4\) leaves nothing of the output"),
        (lambda: conv_transpose2d(X, W[:4], stride=0), ArgumentError, "stride must be at least 1"),
        (lambda: conv_transpose2d(X, W[:4], stride=2, output_padding=-1), ArgumentError, "at least 0 and smaller"),
        (lambda: conv_transpose3d(X[0], W), ShapeError, r"conv_transpose3d: the input must be \(N, C, D, H, W\) or"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
