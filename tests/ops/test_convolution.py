"""Convolutions: exact numbers, what they equal, memory of the graph, second and third order, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import Tensor, as_tensor, gradients
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from autograd_np.ops.convolution import conv1d, conv2d, conv3d
from autograd_np.testing import gradgradcheck
from tests.kernels.images import drawn
from tests.ops.test_windows import IMAGE


def leaf(*shape: int, seed: int = 0, dtype: object = np.float64) -> Tensor:
    return as_tensor(drawn(shape, seed, dtype)).requires_grad_()


# --- exact numbers --------------------------------------------------------------------------------------------


def test_two_filters_on_the_example() -> None:
    x = IMAGE.astype(np.float32)
    w = np.stack([np.ones((3, 2, 2)), np.full((3, 2, 2), 2)]).astype(np.float32)
    y = conv2d(x, w, np.zeros(2, np.float32))._array
    np.testing.assert_array_equal(y[0, 0], [[29, 21, 25], [24, 22, 33], [23, 21, 30]])
    np.testing.assert_array_equal(y[0, 1], 2 * y[0, 0])


def test_integers_stay_integers() -> None:
    y = conv2d(IMAGE, np.ones((1, 3, 2, 2), IMAGE.dtype))
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y._array[0, 0], [[29, 21, 25], [24, 22, 33], [23, 21, 30]])


def test_colour_to_grey_is_a_one_by_one_convolution() -> None:
    image = np.abs(drawn((3, 6, 5)))
    weights = np.array([0.299, 0.587, 0.114])
    grey = conv2d(image, weights.reshape(1, 3, 1, 1))
    np.testing.assert_allclose(grey._array[0], np.einsum("chw,c->hw", image, weights), rtol=1e-12)


@pytest.mark.parametrize(
    "kernel",
    [
        np.ones((3, 3)) / 9,
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    ],
    ids=["blur", "sharpen", "sobel", "prewitt", "laplace"],
)
def test_classic_filters(kernel: object) -> None:
    image, kernel = drawn((7, 6)), np.array(kernel, np.float64)
    frame = np.pad(image, 1)
    expected = sum(kernel[i, j] * frame[i : i + 7, j : j + 6] for i in range(3) for j in range(3))
    y = conv2d(image[None], kernel[None, None], padding="same")
    np.testing.assert_allclose(y._array[0], expected, rtol=1e-12, atol=1e-12)


def test_a_fully_connected_layer_is_a_convolution() -> None:
    maps, head = drawn((2, 5, 7, 7)), drawn((3, 5, 7, 7))
    y = conv2d(maps, head)
    assert y.shape == (2, 3, 1, 1)
    np.testing.assert_allclose(y._array[:, :, 0, 0], maps.reshape(2, -1) @ head.reshape(3, -1).T, rtol=1e-10)


def test_a_fully_connected_head_scans_a_larger_image() -> None:
    assert conv2d(np.zeros((1, 512, 12, 12), np.float32), np.zeros((2, 512, 7, 7), np.float32)).shape == (1, 2, 6, 6)


def test_output_sizes() -> None:
    x, w = np.zeros((1, 3, 227, 227), np.float32), np.zeros((1, 3, 11, 11), np.float32)
    assert conv2d(x, w, stride=4).shape == (1, 1, 55, 55)


def test_depthwise_then_pointwise_is_one_convolution() -> None:
    d = 4
    x, depth, point = drawn((2, d, 5, 5)), drawn((d, 1, 3, 3)), drawn((d, d, 1, 1))
    whole = point * depth.reshape(1, d, 3, 3)
    separable = conv2d(conv2d(x, depth, padding=1, groups=d), point)
    np.testing.assert_allclose(separable._array, conv2d(x, whole, padding=1)._array, rtol=1e-10, atol=1e-12)
    assert depth.size + point.size == d * d + 9 * d


# --- forms ----------------------------------------------------------------------------------------------------


def test_a_sequence_is_an_image_of_one_row() -> None:
    x, w, b = drawn((2, 4, 9)), drawn((6, 2, 3)), drawn((6,))
    options = {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}
    row = {"stride": (1, 2), "padding": (0, 2), "dilation": (1, 2), "groups": 2}
    expected = conv2d(x[:, :, None], w[:, :, None], b, **row)._array[:, :, 0]
    np.testing.assert_allclose(conv1d(x, w, b, **options)._array, expected, rtol=1e-12)


def test_a_film_whose_filters_see_one_frame_is_a_stack_of_images() -> None:
    film, w, b = drawn((2, 4, 3, 6, 5)), drawn((6, 2, 3, 2)), drawn((6,))
    options = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
    volume = {name: value if name == "groups" else (int(name != "padding"), *value) for name, value in options.items()}
    volume["padding"] = (0, 1, 0)
    y = conv3d(film, w[:, :, None], b, **volume)._array
    for frame in range(3):
        np.testing.assert_allclose(y[:, :, frame], conv2d(film[:, :, frame], w, b, **options)._array, rtol=1e-12)


def test_the_difference_of_frames_shows_what_moves() -> None:
    film = np.zeros((1, 4, 5, 5))
    film[0, range(4), 2, range(4)] = 1  # a point that goes one place to the right in each frame
    moved = conv3d(film, np.array([-1.0, 1.0]).reshape(1, 1, 2, 1, 1))._array[0]
    assert moved.shape == (3, 5, 5)
    for frame in range(3):
        expected = np.zeros((5, 5))
        expected[2, [frame, frame + 1]] = -1, 1
        np.testing.assert_array_equal(moved[frame], expected)


def test_filters_that_factor_run_one_axis_at_a_time() -> None:
    x, (d, h, w) = drawn((1, 1, 6, 5, 4)), (drawn((3,), seed) for seed in range(3))
    whole = np.einsum("i,j,k->ijk", d, h, w)[None, None]
    y = conv3d(conv3d(conv3d(x, d.reshape(1, 1, 3, 1, 1)), h.reshape(1, 1, 1, 3, 1)), w.reshape(1, 1, 1, 1, 3))
    np.testing.assert_allclose(conv3d(x, whole)._array, y._array, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 2), (5, 5)])
def test_same_keeps_the_size(kernel: tuple[int, int]) -> None:
    x, w = drawn((2, 3, 6, 7)), drawn((4, 3, *kernel))
    y = conv2d(x, w, padding="same", dilation=(1, 2))
    assert y.shape == (2, 4, 6, 7)
    total = [kernel[0] - 1, 2 * (kernel[1] - 1)]
    frame = np.pad(x, ((0, 0), (0, 0), *((t // 2, t - t // 2) for t in total)))
    np.testing.assert_array_equal(y._array, conv2d(frame, w, dilation=(1, 2))._array)


def test_valid_is_no_padding() -> None:
    x, w = drawn((2, 3, 6, 7)), drawn((4, 3, 3, 3))
    np.testing.assert_array_equal(conv2d(x, w, padding="valid")._array, conv2d(x, w)._array)


@pytest.mark.parametrize(("function", "rank"), [(conv1d, 1), (conv2d, 2), (conv3d, 3)])
def test_inputs_without_a_batch_axis(function, rank: int) -> None:
    x, w, b = leaf(3, *(5, 4, 3)[:rank]), leaf(3, 3, *[2] * rank, seed=1), leaf(3, seed=2)
    y = function(x, w, b)
    assert y.ndim == 1 + rank
    np.testing.assert_array_equal(y._array, function(x.detach()[None], w, b)._array[0])
    y.sum().backward()
    assert x.grad.shape == x.shape


# --- the graph ------------------------------------------------------------------------------------------------


def test_one_node_per_convolution_and_only_what_its_rules_name() -> None:
    x, w, b = drawn((2, 3, 5, 5)), leaf(4, 3, 3, 3), leaf(4, seed=1)
    node = conv2d(x, w, b).grad_fn
    assert node.op.name == "conv2d"
    # The images are constant, so that no rule asks for the filters.
    kept = [value is not None and isinstance(value, np.ndarray) for value in node.saved]
    assert kept == [False, True, False, False]


def test_gradients_of_weights_alone_compute_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_np.core import registry

    def unwanted(*_: object, **__: object) -> None:
        pytest.fail("the gradient of a constant was computed")

    monkeypatch.setattr(registry["conv2d_dx"], "kernel", unwanted)
    w = leaf(4, 3, 3, 3)
    conv2d(drawn((2, 3, 5, 5)), w).sum().backward()
    assert w.grad.shape == w.shape


@pytest.mark.parametrize(("function", "rank"), [(conv2d, 2), (conv3d, 3)])
def test_third_order(function, rank: int) -> None:
    x, w = leaf(1, 2, *(3, 3, 2)[:rank]), leaf(2, 2, *(2, 2, 1)[:rank], seed=1)

    def first(x: Tensor, w: Tensor) -> list[Tensor]:
        y = function(x, w, stride=2, padding=1)
        return gradients([(y * y * y).sum()], [x, w], create_graph=True)

    assert gradgradcheck(first, [x, w])


def test_float32_is_close_to_float64() -> None:
    x, w = drawn((4, 16, 12, 12)), drawn((8, 16, 3, 3))
    wide = conv2d(x, w, padding=1)._array
    narrow = conv2d(x.astype(np.float32), w.astype(np.float32), padding=1)._array
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, wide, rtol=1e-4, atol=1e-4)


# --- errors ---------------------------------------------------------------------------------------------------

X, W = np.ones((2, 4, 5, 5)), np.ones((6, 4, 3, 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: conv2d(X[0, 0], W), ShapeError, r"conv2d: the input must be \(N, C, H, W\) or \(C, H, W\), got 2"),
        (lambda: conv1d(np.ones(3), np.ones((1, 1, 2))), ShapeError, r"conv1d: the input must be \(N, C, L\)"),
        (lambda: conv2d(X, W[0]), ShapeError, "conv2d: the weight must have 4 axes, got 3"),
        (
            lambda: conv2d(X, W[:, :3]),
            ShapeError,
            r"(?s)groups=1 the weight takes 3 channels and the input has 4\n +input: 2 4 5 5\n.*fix: .*x.permute\(0, 3",
        ),
        (lambda: conv2d(X, W, groups=2), ShapeError, "with groups=2 the weight takes 8 channels and the input has 4"),
        (lambda: conv2d(X, W[:, :2], groups=4), ArgumentError, "groups .* divide the 6 output channels, got groups=4"),
        (lambda: conv2d(X, W, groups=3), ArgumentError, "groups .* divide the 4 input channels, got groups=3"),
        (lambda: conv2d(X, W, groups=0), ArgumentError, "groups must be at least 1"),
        (lambda: conv2d(X, W, np.ones(5)), ShapeError, r"conv2d: the bias must hold .*\(6,\)"),
        (lambda: conv2d(X, W, stride=0), ArgumentError, r"conv2d: stride must be at least 1 .* got \(0, 0\)"),
        (lambda: conv2d(X, W, stride=(1, 2, 3)), ArgumentError, "conv2d: stride must be one integer or 2"),
        (lambda: conv2d(X, W, dilation=-1), ArgumentError, "conv2d: dilation must be at least 1"),
        (lambda: conv2d(X, W, padding=-1), ArgumentError, "conv2d: padding must not be negative"),
        (lambda: conv2d(X, W, padding="full"), ArgumentError, "conv2d: padding must be integers, 'same' or 'valid'"),
        (lambda: conv2d(X, W, padding="same", stride=2), ArgumentError, "'same' keeps the size only at stride 1"),
        (lambda: conv2d(X, W, dilation=3), ShapeError, r"(?s)conv2d: the kernel is larger than .*fix: give a larger"),
        (
            lambda: conv3d(X[0], W),
            ShapeError,
            r"conv3d: the input must be \(N, C, D, H, W\) or \(C, D, H, W\), got 3",
        ),
        (
            lambda: conv3d(np.ones((1, 5, 6, 7, 3)), np.ones((4, 3, 2, 2, 2))),
            ShapeError,
            r"(?s)takes 3 channels and the input has 5\n.*fix: .*x.permute\(0, 4, 1, 2, 3\)",
        ),
        (lambda: conv3d(X[None], W[None], stride=(1, 2)), ShapeError, "takes 6 channels and the input has 2"),
        (
            lambda: conv3d(X[None], W[None, :2], stride=(1, 2)),
            ArgumentError,
            "stride must be one integer or 3, one per",
        ),
        (lambda: conv2d(X, W.astype(np.float32)), DTypeError, "conv2d: expected same dtype .*float64 and float32"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
