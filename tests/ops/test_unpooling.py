"""Maxima written back: exact numbers, overlapping windows, sizes, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import as_tensor
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, MutationError, ShapeError
from autograd_np.ops.pooling import max_pool1d, max_pool2d, max_pool3d
from autograd_np.ops.unpooling import max_unpool1d, max_unpool2d, max_unpool3d
from autograd_np.testing import gradcheck, gradgradcheck
from tests.kernels.images import drawn


@pytest.mark.parametrize(
    ("pool", "unpool", "size"),
    [(max_pool1d, max_unpool1d, (7,)), (max_pool2d, max_unpool2d, (7, 4)), (max_pool3d, max_unpool3d, (4, 7, 5))],
)
def test_the_maxima_return_to_their_places(pool, unpool, size: tuple[int, ...]) -> None:
    x = drawn((2, 3, *size))
    y, index = pool(x, 2, return_indices=True)
    back = unpool(y, index, 2, output_size=x.shape)._array
    assert back.shape == x.shape
    assert np.count_nonzero(back) == y._array.size
    np.testing.assert_array_equal(back[back != 0], x[back != 0])
    np.testing.assert_array_equal(pool(back, 2)._array, np.maximum(y._array, 0))


def test_the_gradient_comes_from_the_places_alone() -> None:
    x = as_tensor(np.array([[[4.0, 8.0]]])).requires_grad_()
    weights = np.arange(8.0).reshape(1, 2, 4)
    y = max_unpool2d(x, as_tensor([[[5, 6]]]), 2)
    (y * weights).sum().backward()
    np.testing.assert_array_equal(x.grad._array, [[[5, 6]]])


def test_of_values_that_share_a_place_the_last_stays_and_has_the_gradient() -> None:
    x = as_tensor(np.array([[[1.0, 2.0, 3.0]]])).requires_grad_()
    index = np.array([[[1, 1, 0]]])
    y = max_unpool1d(x, index, 2, 1)
    np.testing.assert_array_equal(y._array, [[[3, 2, 0, 0]]])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad._array, [[[0, 1, 1]]])
    assert gradcheck(lambda x: max_unpool1d(x, index, 2, 1) ** 3, [x])
    assert gradgradcheck(lambda x: max_unpool1d(x, index, 2, 1) ** 3, [x])


def test_pooling_with_overlap_and_back_keeps_the_gradient_of_each_maximum() -> None:
    x = as_tensor(np.array([[[1.0, 9.0, 2.0, 3.0]]])).requires_grad_()
    y, index = max_pool1d(x, 3, 1, return_indices=True)  # the 9 is the maximum of both windows
    back = max_unpool1d(y, index, 3, 1)
    np.testing.assert_array_equal(back._array, [[[0, 9, 0, 0]]])
    (5 * back).sum().backward()
    np.testing.assert_array_equal(x.grad._array, [[[0, 5, 0, 0]]])


def test_sizes() -> None:
    x, index = np.ones((1, 1, 3)), np.array([[[0, 1, 2]]])
    assert max_unpool1d(x, index, 2).shape == (1, 1, 6)
    assert max_unpool1d(x, index, 3, 2, 1).shape == (1, 1, 5)
    for size in (5, 6, 7):
        assert max_unpool1d(x, index, 2, output_size=(size,)).shape == (1, 1, size)
        assert max_unpool1d(x[0], index[0], 2, output_size=(1, size)).shape == (1, size)


def test_any_integers_are_indices() -> None:
    for kind in (np.int32, np.uint8, np.int64):
        np.testing.assert_array_equal(max_unpool1d(np.ones((1, 1)), np.array([[1]], kind), 2)._array, [[0, 1]])


def test_indices_that_changed_before_backward_are_noticed() -> None:
    x, index = as_tensor(np.ones((1, 1, 2))).requires_grad_(), as_tensor([[[0, 3]]])
    y = max_unpool1d(x, index, 2)
    index.fill_(1)
    with pytest.raises(MutationError, match="max_unpool1d"):
        y.sum().backward()


X, I = np.ones((2, 3, 2, 2)), np.arange(24).reshape(2, 3, 2, 2) % 4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: max_unpool2d(X[0, 0], I, 2), ShapeError, r"max_unpool2d: the input must be \(N, C, H, W\) or"),
        (
            lambda: max_unpool2d(X, I[0], 2),
            ShapeError,
            r"(?s)max_unpool2d: there must be one index per element .*input: 2 3 2 2\n +indices: +3 2 2.*same max_pool",
        ),
        (lambda: max_unpool2d(X, X, 2), DTypeError, r"indices must be integers, got float64\n  fix: take them from"),
        (
            lambda: max_unpool2d(X, I + 13, 2),
            IndexingError,
            r"must lie in \[0, 16\) for an output of \(4, 4\), got values from 13 to 16\n  fix: give output_size",
        ),
        (lambda: max_unpool2d(X, I - 1, 2), IndexingError, "got values from -1 to 2"),
        (
            lambda: max_unpool2d(X, I, 2, output_size=(4, 6)),
            ArgumentError,
            r"output_size \(4, 6\) does not pool to .* \(2, 3, 2, 2\): it must lie between \(3, 3\) and \(5, 5\)",
        ),
        (lambda: max_unpool2d(X, I, 2, output_size=(4,) * 3), ArgumentError, "output_size must be one integer or 2"),
        (lambda: max_unpool2d(X, I, 2, 0), ArgumentError, "max_unpool2d: stride must be at least 1"),
        (lambda: max_unpool2d(X, I, 0), ArgumentError, "max_unpool2d: kernel_size must be at least 1"),
        (lambda: max_unpool2d(X, I, 2, padding=-1), ArgumentError, "max_unpool2d: padding must not be negative"),
        (
            lambda: max_unpool2d(X, I, 2, 1, 2),
            ArgumentError,
            r"leave an output of \(-1, -1\)\n  fix: give less padding",
        ),
        (lambda: max_unpool3d(X, I, (2, 2)), ArgumentError, "max_unpool3d: kernel_size must be one integer or 3"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
