"""Given numbers of windows: sizes, indices, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import as_tensor
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.adaptive_pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
)
from tests.kernels.images import drawn


def test_nan_is_passed_on() -> None:
    x = np.array([[1.0, np.nan, 3.0, 4.0]])
    np.testing.assert_array_equal(adaptive_max_pool1d(x, 2)._array, [[np.nan, 4]])


def test_integers_average_to_floats() -> None:
    assert adaptive_avg_pool1d(np.array([[1, 2]]), 1).dtype == np.float32


def test_indices_point_into_the_image() -> None:
    image, volume = drawn((2, 3, 7, 6)), drawn((2, 2, 3, 4, 5))
    for x, (y, index) in (
        (image, adaptive_max_pool2d(image, (3, 4), return_indices=True)),
        (volume, adaptive_max_pool3d(volume, (2, 4, 3), return_indices=True)),
        (volume, adaptive_max_pool3d_with_indices(volume, (3, 2, 5))),
    ):
        assert index.dtype == np.int64
        assert not index.requires_grad
        flat = np.take_along_axis(x.reshape(*x.shape[:2], -1), index._array.reshape(*x.shape[:2], -1), 2)
        np.testing.assert_array_equal(flat.reshape(y.shape), y._array)


def test_global_average() -> None:
    x = drawn((2, 3, 5, 4))
    np.testing.assert_allclose(adaptive_avg_pool2d(x, 1)._array[..., 0, 0], x.mean((2, 3)), rtol=1e-12)


def test_output_sizes_may_keep_an_axis() -> None:
    x = drawn((2, 3, 5, 4))
    assert adaptive_avg_pool2d(x, (None, 2)).shape == (2, 3, 5, 2)
    assert adaptive_max_pool2d(x, (2, None)).shape == (2, 3, 2, 4)
    assert adaptive_max_pool3d(drawn((1, 2, 3, 4, 5)), (None, 2, None)).shape == (1, 2, 3, 2, 5)
    np.testing.assert_array_equal(adaptive_avg_pool2d(x, None)._array, x)


@pytest.mark.parametrize("out", [2, 3], ids=["equal windows", "unequal windows"])
def test_no_samples_give_no_results(out: int) -> None:
    x = as_tensor(np.zeros((0, 3, 4, 4))).requires_grad_()
    for pool in (adaptive_avg_pool2d, adaptive_max_pool2d):
        y = pool(x, out)
        assert y.shape == (0, 3, out, out)
        y.sum().backward()
        assert x.grad.shape == x.shape


@pytest.mark.parametrize(
    ("pool", "rank"),
    [
        (adaptive_avg_pool1d, 1),
        (adaptive_max_pool1d, 1),
        (adaptive_avg_pool2d, 2),
        (adaptive_max_pool2d, 2),
        (adaptive_avg_pool3d, 3),
        (adaptive_max_pool3d, 3),
    ],
)
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
        (lambda: adaptive_avg_pool1d(X, 2), ShapeError, "adaptive_avg_pool1d: the input must be .*, got 4 axes"),
        (lambda: adaptive_avg_pool2d(X, 0), ArgumentError, "output_size and the input must be at least 1"),
        (lambda: adaptive_avg_pool2d(X, (1, 2, 3)), ArgumentError, "output_size must be one integer or 2"),
        (lambda: adaptive_avg_pool2d(X, (None, 2, 3)), ArgumentError, "output_size must be one integer or 2"),
        (lambda: adaptive_avg_pool2d(X, 2.5), ArgumentError, r"output_size must be one integer or 2, .*, got 2\.5$"),
        (lambda: adaptive_max_pool2d(X[:, :, :0], 2), ArgumentError, "output_size and the input must be at least 1"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
