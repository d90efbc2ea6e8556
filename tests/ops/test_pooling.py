"""Maxima over windows: exact numbers, where gradients go, memory of the graph, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import as_tensor, gradients
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.average_pooling import avg_pool2d
from autograd_np.ops.pooling import (
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
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


def test_indices_point_into_the_image() -> None:
    image, volume = drawn((2, 3, 7, 6)), drawn((2, 2, 3, 4, 5))
    for x, (y, index) in (
        (image, max_pool2d(image, 3, 2, 1, return_indices=True)),
        (image, max_pool2d(image, 2, 2, ceil_mode=True, return_indices=True)),
        (volume, max_pool3d(volume, (2, 3, 2), 1, (1, 0, 1), return_indices=True)),
    ):
        assert index.dtype == np.int64
        flat = np.take_along_axis(x.reshape(*x.shape[:2], -1), index._array.reshape(*x.shape[:2], -1), 2)
        np.testing.assert_array_equal(flat.reshape(y.shape), y._array)


@pytest.mark.parametrize(
    ("pool", "with_indices", "rank"),
    [
        (max_pool1d, max_pool1d_with_indices, 1),
        (max_pool2d, max_pool2d_with_indices, 2),
        (max_pool3d, max_pool3d_with_indices, 3),
    ],
)
def test_indices_change_neither_values_nor_gradients(pool, with_indices, rank: int) -> None:
    x = drawn((2, 3, *[5] * rank))
    found = []
    for take in (pool, lambda *windows: pool(*windows, return_indices=True)[0], lambda *w: with_indices(*w)[0]):
        leaf = as_tensor(x).requires_grad_()
        y = take(leaf, 3, 2, 1)
        (y * y).sum().backward()
        found.append((y._array, leaf.grad._array))
    for y, grad in found[1:]:
        np.testing.assert_array_equal(y, found[0][0])
        np.testing.assert_array_equal(grad, found[0][1])


def test_writing_to_the_indices_changes_no_gradient() -> None:
    x = as_tensor(np.array([[[1.0, 5.0, 7.0, 2.0]]])).requires_grad_()
    y, index = max_pool1d(x, 2, return_indices=True)
    assert not index.requires_grad
    index.fill_(0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad._array, [[[0, 1, 1, 0]]])


def test_the_windows_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_np.core import registry

    monkeypatch.setattr(registry["max_pool2d"], "kernel", lambda *_: pytest.fail("the maximum was taken twice"))
    assert max_pool2d(drawn((1, 1, 4, 4)), 2, return_indices=True)[1].shape == (1, 1, 2, 2)


def test_a_film_pooled_in_space_alone_is_a_stack_of_images() -> None:
    film = drawn((2, 3, 4, 6, 5))
    y = max_pool3d(film, (1, 2, 3), (1, 2, 1), (0, 1, 0))._array
    for frame in range(4):
        np.testing.assert_array_equal(y[:, :, frame], max_pool2d(film[:, :, frame], (2, 3), (2, 1), (1, 0))._array)


def test_the_graph_keeps_the_images_and_no_copy() -> None:
    x = as_tensor(drawn((2, 3, 6, 6))).requires_grad_()
    saved = max_pool2d(x, 2).grad_fn.saved
    assert [value is x._array for value in saved if isinstance(value, np.ndarray)] == [True]


def test_second_order_follows_the_winners() -> None:
    x = as_tensor(drawn((1, 2, 4, 4))).requires_grad_()
    y = max_pool2d(x, 3, 1)
    (g,) = gradients([(y * y).sum()], [x], create_graph=True)
    (h,) = gradients([(g * g).sum()], [x])
    # g = 2x where x wins, counted once per window: so h = 8·count²·x.
    counts = g._array / (2 * x._array)
    np.testing.assert_allclose(h._array, 8 * counts**2 * x._array, rtol=1e-12)


@pytest.mark.parametrize(("pool", "rank"), [(max_pool1d, 1), (max_pool2d, 2), (max_pool3d, 3)])
def test_inputs_without_a_batch_axis(pool, rank: int) -> None:
    x = as_tensor(drawn((3, *(6, 4, 5)[:rank]))).requires_grad_()
    y = pool(x, 2)
    np.testing.assert_array_equal(y._array, pool(x.detach()[None], 2)._array[0])
    y.sum().backward()
    assert x.grad.shape == x.shape


X = np.ones((2, 3, 6, 5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: max_pool2d(X[0, 0], 2), ShapeError, r"max_pool2d: the input must be \(N, C, H, W\) or \(C, H, W\)"),
        (lambda: max_pool2d(X, 7), ShapeError, "max_pool2d: the kernel is larger than the padded input"),
        (lambda: max_pool2d(X, 2, 0), ArgumentError, "max_pool2d: stride must be at least 1"),
        (lambda: max_pool2d(X, 0), ArgumentError, "max_pool2d: kernel_size must be at least 1"),
        (lambda: max_pool2d(X, 2, dilation=0), ArgumentError, "max_pool2d: dilation must be at least 1"),
        (lambda: max_pool2d(X, 2, padding=2), ArgumentError, "padding .* is more than half of the window"),
        (lambda: max_pool2d(X, (2, 2, 2)), ArgumentError, "max_pool2d: kernel_size must be one integer or 2"),
        (lambda: max_pool3d(X, (2, 2)), ArgumentError, "max_pool3d: kernel_size must be one integer or 3, one per"),
        (lambda: max_pool3d(X[0], 2), ShapeError, r"max_pool3d: the input must be \(N, C, D, H, W\) or \(C, D, H, W\)"),
        (lambda: max_pool2d_with_indices(X, 7), ShapeError, "max_pool2d: the kernel is larger than the padded input"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
