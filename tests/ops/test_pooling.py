"""Pooling: exact numbers, where gradients go, memory of the graph, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import as_tensor, gradients
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from tests.kernels.images import drawn
from tests.ops.test_windows import IMAGE


def test_max_pool_of_the_example() -> None:
    y = max_pool2d(IMAGE, 2, 2)
    assert y.dtype == IMAGE.dtype
    np.testing.assert_array_equal(y._array, [[[[6, 4], [3, 3]], [[3, 4], [4, 3]], [[4, 4], [6, 5]]]])


def test_the_stride_is_the_window_unless_given() -> None:
    x = drawn((2, 3, 6, 6))
    for pool in (max_pool2d, avg_pool2d):
        np.testing.assert_array_equal(pool(x, (3, 2))._array, pool(x, (3, 2), (3, 2))._array)
        np.testing.assert_array_equal(pool(x, (3, 2), ())._array, pool(x, (3, 2), (3, 2))._array)
    assert max_pool2d(np.zeros((1, 96, 56, 56), np.float32), 2, 2).shape == (1, 96, 28, 28)


def test_ties_give_the_gradient_to_the_first() -> None:
    x = as_tensor(np.ones((1, 1, 2, 4))).requires_grad_()
    max_pool2d(x, 2).sum().backward()
    np.testing.assert_array_equal(x.grad._array, [[[[1, 0, 1, 0], [0, 0, 0, 0]]]])


def test_overlapping_windows_accumulate() -> None:
    x = as_tensor(np.array([[[[0.0, 1.0, 0.0], [2.0, 9.0, 3.0], [0.0, 4.0, 0.0]]]])).requires_grad_()
    max_pool2d(x, 2, 1).sum().backward()
    expected = np.zeros((1, 1, 3, 3))
    expected[0, 0, 1, 1] = 4
    np.testing.assert_array_equal(x.grad._array, expected)


def test_nan_is_passed_on() -> None:
    x = np.array([[1.0, np.nan, 3.0, 4.0]])
    np.testing.assert_array_equal(max_pool1d(x, 2)._array, [[np.nan, 4]])
    np.testing.assert_array_equal(adaptive_max_pool1d(x, 2)._array, [[np.nan, 4]])


def test_indices_point_into_the_image() -> None:
    x = drawn((2, 3, 7, 6))
    for y, index in (
        max_pool2d(x, 3, 2, 1, return_indices=True),
        max_pool2d(x, 2, 2, ceil_mode=True, return_indices=True),
        adaptive_max_pool2d(x, (3, 4), return_indices=True),
    ):
        assert index.dtype == np.int64
        assert not index.requires_grad
        flat = np.take_along_axis(x.reshape(2, 3, -1), index._array.reshape(2, 3, -1), 2)
        np.testing.assert_array_equal(flat.reshape(y.shape), y._array)


def test_the_graph_keeps_places_and_no_values() -> None:
    x = as_tensor(drawn((2, 3, 6, 6))).requires_grad_()
    saved = max_pool2d(x, 2).grad_fn.saved
    assert [value.dtype.kind for value in saved if isinstance(value, np.ndarray)] == ["i"]
    assert not any(isinstance(value, np.ndarray) for value in avg_pool2d(x, 2).grad_fn.saved)


def test_second_order_follows_the_winners() -> None:
    x = as_tensor(drawn((1, 2, 4, 4))).requires_grad_()
    y = max_pool2d(x, 3, 1)
    (g,) = gradients([(y * y).sum()], [x], create_graph=True)
    (h,) = gradients([(g * g).sum()], [x])
    # g = 2x where x wins, counted once per window: so h = 8·count²·x.
    counts = g._array / (2 * x._array)
    np.testing.assert_allclose(h._array, 8 * counts**2 * x._array, rtol=1e-12)


def test_averages_count_the_padding_or_not() -> None:
    x = np.ones((1, 1, 2, 2))
    np.testing.assert_array_equal(avg_pool2d(x, 2, 1, 1)._array[0, 0], np.outer([0.5, 1, 0.5], [0.5, 1, 0.5]))
    np.testing.assert_array_equal(avg_pool2d(x, 2, 1, 1, count_include_pad=False)._array, np.ones((1, 1, 3, 3)))
    np.testing.assert_array_equal(avg_pool2d(x, 2, divisor_override=1)._array, [[[[4]]]])


def test_integers_average_to_floats() -> None:
    y = avg_pool1d(np.array([[1, 2, 3, 5]]), 2)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y._array, [[1.5, 4]])
    assert adaptive_avg_pool1d(np.array([[1, 2]]), 1).dtype == np.float32


def test_global_average() -> None:
    x = drawn((2, 3, 5, 4))
    np.testing.assert_allclose(adaptive_avg_pool2d(x, 1)._array[..., 0, 0], x.mean((2, 3)), rtol=1e-12)


def test_output_sizes_may_keep_an_axis() -> None:
    x = drawn((2, 3, 5, 4))
    assert adaptive_avg_pool2d(x, (None, 2)).shape == (2, 3, 5, 2)
    assert adaptive_max_pool2d(x, (2, None)).shape == (2, 3, 2, 4)
    np.testing.assert_array_equal(adaptive_avg_pool2d(x, None)._array, x)


@pytest.mark.parametrize(
    "pool", [max_pool2d, avg_pool2d, adaptive_avg_pool2d, adaptive_max_pool2d], ids=lambda pool: pool.__name__
)
def test_inputs_without_a_batch_axis(pool) -> None:
    x = as_tensor(drawn((3, 6, 4))).requires_grad_()
    y = pool(x, 2)
    np.testing.assert_array_equal(y._array, pool(x.detach()[None], 2)._array[0])
    y.sum().backward()
    assert x.grad.shape == x.shape


X = np.ones((2, 3, 6, 5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: max_pool2d(X[0, 0], 2), ShapeError, r"max_pool2d: the input must be \(N, C, H, W\) or \(C, H, W\)"),
        (lambda: avg_pool1d(np.ones(3), 2), ShapeError, r"avg_pool1d: the input must be \(N, C, L\) or \(C, L\)"),
        (lambda: adaptive_avg_pool1d(X, 2), ShapeError, "adaptive_avg_pool1d: the input must be .*, got 4 axes"),
        (lambda: max_pool2d(X, 7), ShapeError, "max_pool2d: the kernel is larger than the padded input"),
        (lambda: max_pool2d(X, 2, 0), ArgumentError, "max_pool2d: stride must be at least 1"),
        (lambda: max_pool2d(X, 0), ArgumentError, "max_pool2d: kernel_size must be at least 1"),
        (lambda: max_pool2d(X, 2, dilation=0), ArgumentError, "max_pool2d: dilation must be at least 1"),
        (lambda: max_pool2d(X, 2, padding=2), ArgumentError, "padding .* is more than half of the window"),
        (lambda: max_pool2d(X, (2, 2, 2)), ArgumentError, "max_pool2d: kernel_size must be one integer or 2"),
        (lambda: avg_pool2d(X, 2, padding=-1), ArgumentError, "avg_pool2d: padding must not be negative"),
        (lambda: avg_pool2d(X, 2, divisor_override=0), ArgumentError, "divisor_override must not be zero"),
        (lambda: adaptive_avg_pool2d(X, 0), ArgumentError, "output_size and the input must be at least 1"),
        (lambda: adaptive_avg_pool2d(X, (1, 2, 3)), ArgumentError, "output_size must be one integer or 2"),
        (lambda: adaptive_max_pool2d(X[:, :, :0], 2), ArgumentError, "output_size and the input must be at least 1"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
