"""Rows and columns of matrices: every way of computing gives what NumPy gives, and sums as exact as pairwise ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd_np.kernels import rows
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from tests.kernels.images import drawn

each_type = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
SHAPES = [(1, 1), (3, 5), (7, 64), (300, 9), (5, 2049), (257, 700), (40, 1000), (9, 9000), (0, 3)]
each_shape = pytest.mark.parametrize("shape", SHAPES)


def matrix(shape: tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
    return drawn(shape).astype(dtype)


def tolerance(dtype: type) -> dict[str, float]:
    return {"rtol": 0, "atol": 300 * float(np.finfo(dtype).eps)}


@each_type
@each_shape
def test_sums_are_numpys(shape: tuple[int, int], dtype: type) -> None:
    x = matrix(shape, dtype)
    wide = x.astype(np.longdouble)
    scale = max(x.shape)
    for found, right in (
        (rows.row_sums(x), wide.sum(1)),
        (rows.column_sums(x), wide.sum(0)),
        (rows.row_products(x, x), (wide * wide).sum(1)),
        (rows.sums(x, None), wide.sum()),
        (rows.sums(x, (1,)), wide.sum(1)),
        (rows.sums(x, (0,)), wide.sum(0)),
    ):
        assert found.dtype == dtype
        np.testing.assert_allclose(found / scale, right.astype(dtype) / scale, **tolerance(dtype))


@pytest.mark.parametrize(
    "axes", [None, (), (0,), (1,), (2,), (3,), (0, 1), (2, 3), (0, 3), (0, 2, 3), (1, 2), (-2, -1)]
)
def test_sums_over_any_axes(axes: tuple[int, ...] | None) -> None:
    x = drawn((6, 10, 7, 60))
    np.testing.assert_allclose(rows.sums(x, axes), x.sum(axes), rtol=1e-11, atol=1e-11)
    turned = x.transpose(1, 3, 0, 2)
    np.testing.assert_allclose(rows.sums(turned, axes), turned.sum(axes), rtol=1e-11, atol=1e-11)
    assert not np.shares_memory(rows.sums(x, axes), x)


@pytest.mark.parametrize("shape", [(1, 1 << 20), (1 << 14, 64), (1 << 16, 10), (64, 1 << 14)])
def test_sums_of_single_precision_keep_their_digits(shape: tuple[int, int]) -> None:
    """The terms have one sign: an error that grows with their number shows, as NumPy's does down columns."""
    x = np.random.default_rng(0).random(shape, np.float32)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(rows.row_sums(x), wide.sum(1), rtol=4e-7)
    np.testing.assert_allclose(rows.column_sums(x), wide.sum(0), rtol=4e-7)
    np.testing.assert_allclose(rows.sums(x, None), wide.sum(), rtol=2e-7)


def test_sums_do_not_depend_on_the_number_of_threads() -> None:
    x = matrix((600, 500), np.float32)
    before = get_num_threads()
    found = []
    for threads in (1, 2):
        set_num_threads(threads)
        found.append([f(x).tobytes() for f in (rows.row_sums, rows.column_sums)])
    set_num_threads(before)
    assert found[0] == found[1]


@each_type
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape[0]])
def test_extremes_are_numpys(shape: tuple[int, int], dtype: type) -> None:
    x = matrix(shape, dtype)
    x[-1, -1] = np.nan
    x[0, 0] = -np.inf
    np.testing.assert_array_equal(rows.row_tops(x), x.max(1))
    np.testing.assert_array_equal(rows.row_bottoms(x), x.min(1))


@pytest.mark.parametrize("shape", [(3, 4), (700, 60), (100, 1000), (40, 9000)])
def test_arithmetic_is_numpys_and_leaves_its_settings(shape: tuple[int, int]) -> None:
    x, before = drawn(shape), np.getbufsize()
    a, b = x[:, 0].copy(), x[0].copy()
    np.testing.assert_array_equal(rows.by_row(np.subtract, x, a, np.empty(shape)), x - a[:, None])
    np.testing.assert_array_equal(rows.by_column(np.multiply, x, b, np.empty(shape)), x * b)
    turned = np.asfortranarray(x)
    np.testing.assert_array_equal(rows.by_row(np.add, turned, a, np.empty(shape)), x + a[:, None])
    np.testing.assert_array_equal(rows.by_column(np.add, turned, b, np.empty(shape)), x + b)
    with pytest.raises(FloatingPointError), np.errstate(divide="raise"):
        rows.by_row(np.divide, x, 0 * a, np.empty(shape))
    assert np.getbufsize() == before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponentials_shift_the_rows_that_need_it(dtype: type) -> None:
    x = matrix((6, 50), dtype)
    x[1] += 1000
    x[2] -= 1000
    x[3, :-1] = -np.inf
    x[4, 0] = 100
    y = np.empty_like(x)
    sums, shift = rows.exponentials(x, y)
    wide = x.astype(np.longdouble)
    right = np.exp(wide - wide.max(1, keepdims=True))
    np.testing.assert_allclose(y / sums[:, None], right / right.sum(1, keepdims=True), rtol=3e-6, atol=1e-35)
    np.testing.assert_allclose(np.log(sums) + shift, wide.max(1) + np.log(right.sum(1)), rtol=1e-6)
    assert (shift[[0, 3, 5]] == 0).all()
    assert (shift[[1, 2]] != 0).all()


def test_a_rows_exponentials_do_not_depend_on_other_rows() -> None:
    x = matrix((5, 40), np.float32)
    alone, beside = np.empty_like(x), np.empty((6, 40), np.float32)
    sums, _ = rows.exponentials(x, alone)
    more, _ = rows.exponentials(np.concatenate([x, x[:1] + 1000]), beside)
    np.testing.assert_array_equal(alone, beside[:5])
    np.testing.assert_array_equal(sums, more[:5])


def test_infinities_and_nan_stay_what_they_are() -> None:
    x = np.array([[-np.inf, -np.inf], [np.inf, 0.0], [np.nan, 0.0]])
    y = np.empty_like(x)
    sums, _ = rows.exponentials(x, y)
    assert np.isnan(sums).all()


def test_rows_are_views_of_the_last_axes() -> None:
    x = np.zeros((2, 3, 4))
    for axes in (None, (2,), (1, 2), (-1,), (-2, -1)):
        found = rows.as_rows(x, axes)
        assert found is not None
        assert np.shares_memory(found, x)
        assert found.size == math.prod(x.shape)
    for axes in ((), (0,), (0, 1), (0, 2)):
        assert rows.as_rows(x, axes) is None
    assert rows.as_rows(x.swapaxes(0, 1), (2,)) is None
