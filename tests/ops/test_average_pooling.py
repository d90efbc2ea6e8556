"""Averages over windows: what they count, memory of the graph, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import as_tensor
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.average_pooling import avg_pool1d, avg_pool2d, avg_pool3d
from tests.kernels.images import drawn


def test_averages_count_the_padding_or_not() -> None:
    x = np.ones((1, 1, 2, 2))
    np.testing.assert_array_equal(avg_pool2d(x, 2, 1, 1)._array[0, 0], np.outer([0.5, 1, 0.5], [0.5, 1, 0.5]))
    np.testing.assert_array_equal(avg_pool2d(x, 2, 1, 1, count_include_pad=False)._array, np.ones((1, 1, 3, 3)))
    np.testing.assert_array_equal(avg_pool2d(x, 2, divisor_override=1)._array, [[[[4]]]])


def test_integers_average_to_floats() -> None:
    y = avg_pool1d(np.array([[1, 2, 3, 5]]), 2)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y._array, [[1.5, 4]])


def test_the_graph_keeps_no_values() -> None:
    x = as_tensor(drawn((2, 3, 6, 6))).requires_grad_()
    assert not any(isinstance(value, np.ndarray) for value in avg_pool2d(x, 2).grad_fn.saved)


def test_averages_factor_into_the_axes() -> None:
    x = drawn((2, 3, 4, 6, 5))
    frames = avg_pool2d(x.reshape(2, 12, 6, 5), (2, 3), 1, 1)._array.reshape(2, 3, 4, 7, 5)
    y = avg_pool3d(x, (2, 2, 3), (2, 1, 1), (0, 1, 1))._array
    np.testing.assert_allclose(y, frames.reshape(2, 3, 2, 2, 7, 5).mean(3), rtol=1e-12)


@pytest.mark.parametrize(("pool", "rank"), [(avg_pool1d, 1), (avg_pool2d, 2), (avg_pool3d, 3)])
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
        (lambda: avg_pool1d(np.ones(3), 2), ShapeError, r"avg_pool1d: the input must be \(N, C, L\) or \(C, L\)"),
        (lambda: avg_pool2d(X, 2, padding=-1), ArgumentError, "avg_pool2d: padding must not be negative"),
        (lambda: avg_pool2d(X, 2, divisor_override=0), ArgumentError, "divisor_override must not be zero"),
        (lambda: avg_pool3d(X, 2, padding=2), ArgumentError, "avg_pool3d: padding .* is more than half of the window"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
