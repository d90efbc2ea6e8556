"""Pooling against loops over windows, the place of each maximum, and adjoints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.kernels import pooling as kernels
from autograd_np.kernels.pooling import pool_geometry
from autograd_np.kernels.windows import ConvGeometry
from tests.kernels import images
from tests.kernels.images import drawn, geometries


@st.composite
def pools(draw: st.DrawFn, dilated: bool = True) -> tuple[ConvGeometry, tuple[int, ...]]:
    """Draw pooling windows that the checks accept, and the padding that was asked for."""
    geo = draw(geometries(max_padding=1))
    dilation = geo.dilation if dilated else (1,) * len(geo.size)
    padding = tuple(low for low, _ in geo.padding)
    try:
        made = pool_geometry("pool", geo.size, geo.kernel, geo.stride, padding, dilation, ceil_mode=draw(st.booleans()))
    except (ArgumentError, ValueError):
        assume(False)
    return made, padding


# --- geometry -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "floor", "ceil"),
    [
        (6, 3, 2, 0, 2, 3),
        (5, 2, 2, 0, 2, 3),
        (5, 2, 2, 1, 3, 3),  # a fourth window would begin in the padding after the input
        (7, 3, 2, 1, 4, 4),
        (4, 2, 3, 0, 1, 2),
        (7, 4, 3, 2, 3, 3),
        (3, 2, 3, 0, 1, 1),  # a second window would begin beyond the input
    ],
)
def test_partial_windows_count_in_ceil_mode(
    size: int, kernel: int, stride: int, padding: int, floor: int, ceil: int
) -> None:
    arguments = ("pool", (size,), (kernel,), (stride,), (padding,), (1,))
    assert pool_geometry(*arguments).out == (floor,)
    assert pool_geometry(*arguments, ceil_mode=True).out == (ceil,)


def test_one_partial_window_is_enough_in_ceil_mode() -> None:
    arguments = ("pool", (4,), (5,), (3,), (0,), (1,))
    assert pool_geometry(*arguments, ceil_mode=True).out == (1,)
    with pytest.raises(ShapeError, match="larger than the padded input"):
        pool_geometry(*arguments)
    with pytest.raises(ShapeError, match="larger than the padded input"):
        pool_geometry("pool", (4,), (7,), (3,), (0,), (1,), ceil_mode=True)


def test_padding_of_more_than_half_a_window_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"max_pool1d: padding \(2,\) is more than half of the window \(3,\)"):
        pool_geometry("max_pool1d", (6,), (3,), (1,), (2,), (1,))


def test_windows_that_miss_the_input_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"max_pool1d: with padding \(1,\) and dilation \(2,\) a window .* misses"):
        pool_geometry("max_pool1d", (1,), (2,), (1,), (1,), (2,))


# --- maxima ---------------------------------------------------------------------------------------------------


@given(pools(), st.booleans())
def test_max_pool_finds_the_first_maximum(pool: Any, ties: bool) -> None:
    geo, _ = pool
    x = drawn((2, 2, *geo.size))
    if ties:
        x = np.round(x)
    y, index = kernels.max_pool(x, geo), kernels.max_places(x, geo)
    expected, places = images.max_pool(x, geo)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(index, places)


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint8, np.bool_])
def test_max_pool_keeps_the_type(dtype: Any) -> None:
    geo = pool_geometry("pool", (4, 5), (3, 3), (2, 1), (1, 1), (1, 1))
    x = (10 * np.abs(drawn((2, 2, 4, 5)))).astype(dtype)
    y, index = kernels.max_pool(x, geo), kernels.max_places(x, geo)
    expected, places = images.max_pool(x, geo)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(index, places)


def test_nan_is_the_maximum_and_gets_the_gradient() -> None:
    geo = pool_geometry("pool", (2, 4), (2, 2), (2, 2), (0, 0), (1, 1))
    x = np.array([[[[1.0, 2.0, 3.0, np.nan], [5.0, 4.0, 9.0, 6.0]]]])
    y, index = kernels.max_pool(x, geo), kernels.max_places(x, geo)
    np.testing.assert_array_equal(y, [[[[5.0, np.nan]]]])
    np.testing.assert_array_equal(index, [[[[4, 3]]]])


def test_the_border_never_wins() -> None:
    geo = pool_geometry("pool", (2, 2), (3, 3), (1, 1), (1, 1), (1, 1))
    x = np.full((1, 1, 2, 2), -np.inf)
    y, index = kernels.max_pool(x, geo), kernels.max_places(x, geo)
    np.testing.assert_array_equal(y, np.full((1, 1, 2, 2), -np.inf))
    np.testing.assert_array_equal(index, np.zeros((1, 1, 2, 2)))


def test_windows_of_more_elements_than_a_byte_counts() -> None:
    geo = pool_geometry("pool", (20, 20), (20, 20), (1, 1), (0, 0), (1, 1))
    x = np.zeros((1, 1, 20, 20))
    x[0, 0, 19, 18] = 1
    assert kernels.max_places(x, geo).item() == 398


@given(pools())
def test_scatter_and_gather_are_adjoint(pool: Any) -> None:
    geo, _ = pool
    x, h = drawn((2, 2, *geo.size)), drawn((2, 2, *geo.size), seed=2)
    y, index = kernels.max_pool(x, geo), kernels.max_places(x, geo)
    np.testing.assert_array_equal(kernels.pool_gather(x, index), y)
    g = drawn(y.shape, seed=1)
    back = kernels.pool_scatter(g, index, geo.size)
    np.testing.assert_allclose((back * h).sum(), (g * kernels.pool_gather(h, index)).sum(), rtol=1e-10, atol=1e-12)


@given(pools(), st.sampled_from(["different", "equal", "nan"]))
def test_the_way_back_is_to_the_first_maximum(pool: Any, values: str) -> None:
    geo, _ = pool
    x = drawn((2, 2, *geo.size))
    if values != "different":
        x = np.round(x)
    if values == "nan":
        x[x > 0] = np.nan
    g = drawn((2, 2, *geo.out), seed=1)
    expected = kernels.pool_scatter(g, kernels.max_places(x, geo), geo.size)
    np.testing.assert_array_equal(kernels.max_spread(g, x, geo), expected)


@pytest.mark.parametrize("values", ["equal", "nan"])
@pytest.mark.parametrize("size", [(4, 6), (5, 7)])
def test_windows_side_by_side_send_back_once(values: str, size: tuple[int, int]) -> None:
    geo = pool_geometry("pool", size, (2, 2), (2, 2), (0, 0), (1, 1))
    x, g = np.zeros((1, 2, *size)), drawn((1, 2, *geo.out))
    x[..., 1, 1] = np.nan if values == "nan" else 0
    expected = kernels.pool_scatter(g, kernels.max_places(x, geo), size)
    np.testing.assert_array_equal(kernels.max_spread(g, x, geo), expected)


def test_pieces_of_large_images_cover_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    geo = pool_geometry("pool", (6, 6), (2, 2), (2, 2), (0, 0), (1, 1))
    x, g = drawn((5, 3, 6, 6)), drawn((5, 3, 3, 3), seed=1)
    whole = [kernels.max_pool(x, geo), kernels.max_places(x, geo), kernels.max_spread(g, x, geo)]
    averages = [kernels.avg_pool(x, geo, 4), kernels.avg_spread(g, geo, 4)]
    for block in (1, 1200, 2500):  # a channel, an image, and two images at a time
        monkeypatch.setattr(kernels, "_BLOCK", block)
        found = [kernels.max_pool(x, geo), kernels.max_places(x, geo), kernels.max_spread(g, x, geo)]
        found += [kernels.avg_pool(x, geo, 4), kernels.avg_spread(g, geo, 4)]
        for one, other in zip(found, whole + averages, strict=True):
            np.testing.assert_array_equal(one, other)


def test_overlapping_windows_add_up() -> None:
    geo = pool_geometry("pool", (3,), (2,), (1,), (0,), (1,))
    index = kernels.max_places(np.array([[[1.0, 9.0, 2.0]]]), geo)
    np.testing.assert_array_equal(kernels.pool_scatter(np.array([[[3.0, 4.0]]]), index, (3,)), [[[0.0, 7.0, 0.0]]])


@pytest.mark.parametrize("places", [[[2, 0, 3]], [[2, 0, 2]]], ids=["distinct", "repeated"])
def test_unpooling_writes_one_value_after_the_other(places: list[list[int]]) -> None:
    x, index = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])[None], np.array(places * 2)[None]
    y, kept = kernels.max_unpool(x, index, (4,))
    expected = np.zeros((1, 2, 4))
    for at in np.ndindex(*x.shape):
        expected[(*at[:2], index[at])] = x[at]
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(np.broadcast_to(kept, x.shape), kernels.pool_gather(y, index) == x)


# --- averages -------------------------------------------------------------------------------------------------


@given(pools(dilated=False), st.booleans())
def test_avg_pool_is_the_mean_of_each_window(pool: Any, count_include_pad: bool) -> None:
    geo, padding = pool
    x = drawn((2, 2, *geo.size))
    divisor = kernels.window_sizes(geo, padding, count_include_pad=count_include_pad)
    counts = np.zeros(geo.out)
    for at in np.ndindex(*geo.out):
        for offset in np.ndindex(*geo.kernel):
            place = [i * s + o - p for i, s, o, p in zip(at, geo.stride, offset, padding, strict=True)]
            around = padding if count_include_pad else (0,) * len(padding)
            counts[at] += all(-p <= i < n + p for i, n, p in zip(place, geo.size, around, strict=True))
    np.testing.assert_array_equal(np.broadcast_to(divisor, geo.out), counts)
    y = kernels.avg_pool(x, geo, divisor)
    np.testing.assert_allclose(y, images.avg_pool(x, geo, counts), rtol=1e-10, atol=1e-12)
    g = drawn(y.shape, seed=1)
    back = kernels.avg_spread(g, geo, divisor)
    assert back.shape == x.shape
    np.testing.assert_allclose((back * x).sum(), (g * y).sum(), rtol=1e-9, atol=1e-10)


def test_results_do_not_look_into_the_input() -> None:
    x = drawn((1, 1, 4, 4)).astype(np.float32)
    for kernel in ((1, 1), (2, 2)):
        geo = ConvGeometry((4, 4), kernel, kernel, ((0, 0),) * 2, (1, 1))
        assert not np.shares_memory(kernels.avg_pool(x, geo, 1), x)
        y = kernels.max_pool(x, geo)
        assert not np.shares_memory(y, x)
        assert y.dtype == x.dtype
