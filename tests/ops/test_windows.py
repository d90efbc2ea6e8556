"""Windows as matrices: the exact numbers of the teaching example, layouts, and errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd_np.core import as_tensor
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.ops.convolution import conv2d
from autograd_np.ops.windows import fold, im2col, unfold
from tests.kernels.images import drawn

# One image of three channels.
IMAGE = np.array(
    [
        [
            [[3, 0, 4, 2], [6, 5, 4, 3], [3, 0, 2, 3], [1, 0, 3, 1]],
            [[1, 2, 0, 1], [3, 0, 2, 4], [1, 0, 3, 2], [4, 3, 0, 1]],
            [[4, 2, 0, 1], [1, 2, 0, 4], [3, 0, 4, 2], [6, 2, 4, 5]],
        ]
    ]
)


def test_im2col_of_the_example() -> None:
    rows = im2col(IMAGE, 2)
    assert rows.shape == (9, 12)
    assert rows.dtype == IMAGE.dtype
    np.testing.assert_array_equal(rows._array[0], [3, 0, 6, 5, 1, 2, 3, 0, 4, 2, 1, 2])
    np.testing.assert_array_equal(rows._array[1], [0, 4, 5, 4, 2, 0, 0, 2, 2, 0, 2, 0])
    np.testing.assert_array_equal(rows._array[8], [2, 3, 3, 1, 3, 2, 0, 1, 4, 2, 4, 5])


def test_im2col_sizes() -> None:
    image = np.broadcast_to(np.zeros((), np.float32), (1, 3, 227, 227))
    assert im2col(image, 11, stride=4).shape == (3025, 363)
    batch = np.broadcast_to(np.zeros((), np.float32), (10, 3, 227, 227))
    assert im2col(batch, 11, stride=4).shape[0] == 30250
    # Pooling windows, one per channel and position.
    maps = np.broadcast_to(np.zeros((), np.float32), (1, 96, 56, 56))
    assert im2col(maps.reshape(96, 1, 56, 56), 2, stride=2).shape == (75264, 4)


def test_a_convolution_is_im2col_times_the_filters() -> None:
    x, w = drawn((2, 3, 6, 5)), drawn((4, 3, 3, 2))
    options = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
    y = conv2d(x, w, **options)._array
    product = im2col(x, (3, 2), **options)._array @ w.reshape(4, -1).T
    np.testing.assert_allclose(product.reshape(2, *y.shape[2:], 4).transpose(0, 3, 1, 2), y, rtol=1e-12)
    columns = w.reshape(4, -1) @ unfold(x, (3, 2), **options)._array
    np.testing.assert_allclose(columns.reshape(y.shape), y, rtol=1e-12)


def test_fold_counts_how_many_windows_hold_an_element() -> None:
    ones = unfold(np.ones((1, 2, 4, 5)), 3)
    counts = fold(ones, (4, 5), 3)
    expected = np.outer([1, 2, 2, 1], [1, 2, 3, 2, 1])
    np.testing.assert_array_equal(counts._array, np.broadcast_to(expected, (1, 2, 4, 5)))


def test_windows_side_by_side_come_back() -> None:
    x = drawn((2, 3, 4, 6))
    np.testing.assert_array_equal(fold(unfold(x, (2, 3), stride=(2, 3)), (4, 6), (2, 3), stride=(2, 3))._array, x)


def test_inputs_without_a_batch_axis() -> None:
    x = drawn((3, 4, 5))
    columns = unfold(x, 2)
    assert columns.shape == (12, math.prod((3, 4)))
    assert fold(columns, (4, 5), 2).shape == x.shape
    assert im2col(x, 2).shape == (12, 12)


def test_gradients_add_up_where_windows_overlap() -> None:
    x = as_tensor(np.ones((1, 1, 3, 3))).requires_grad_()
    im2col(x, 2).sum().backward()
    np.testing.assert_array_equal(x.grad._array, [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: unfold(np.ones((4, 5)), 2), ShapeError, r"unfold: the input must be \(N, C, H, W\) or \(C, H, W\)"),
        (lambda: im2col(np.ones(5), 2), ShapeError, r"im2col: the input must be .*, got 1 axes\n +input: 5\n"),
        (lambda: unfold(np.ones((1, 4, 5)), 6), ShapeError, "unfold: the kernel is larger than the padded input"),
        (lambda: unfold(np.ones((1, 4, 5)), 2, stride=0), ArgumentError, "unfold: stride must be at least 1"),
        (lambda: unfold(np.ones((1, 4, 5)), (2, 2, 2)), ArgumentError, "unfold: kernel_size must be one integer or 2"),
        (lambda: im2col(np.ones((1, 4, 5)), 2, padding=-1), ArgumentError, "im2col: padding must not be negative"),
        (
            lambda: fold(np.ones((1, 4, 5)), (3, 3), 2),
            ShapeError,
            r"fold: images of \(3, 3\) have 4 windows of \(2, 2\), so the input must be \(N, C·4, 4\)",
        ),
        (lambda: fold(np.ones((1, 6, 4)), (3, 3), 2), ShapeError, r"the input must be \(N, C·4, 4\)"),
        (lambda: fold(np.ones(4), (3, 3), 2), ShapeError, r"fold: the input must be \(N, C·KH·KW, L\) or"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
