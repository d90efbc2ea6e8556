"""The three faces of convolution against loops over windows, and against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.kernels import convolution as kernels
from autograd_np.kernels import on_canvas, winograd
from autograd_np.kernels.canvas import bands
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from autograd_np.kernels.windows import ConvGeometry
from tests.kernels import images
from tests.kernels.images import drawn, geometries


@st.composite
def problems(draw: st.DrawFn) -> tuple[Any, Any, Any, ConvGeometry]:
    """Draw images, filters, upstream gradient and geometry, with any number of samples and groups."""
    groups = draw(st.integers(1, 3))
    geo = draw(geometries())._replace(groups=groups)
    samples, per_group, filters = (draw(st.integers(1, 3)) for _ in range(3))
    x = drawn((samples, groups * per_group, *geo.size))
    w = drawn((groups * filters, per_group, *geo.kernel), seed=1)
    return x, w, drawn((samples, groups * filters, *geo.out), seed=2), geo


@given(problems())
def test_conv_is_the_sum_over_each_window(problem: Any) -> None:
    x, w, _, geo = problem
    bias = drawn((len(w),), seed=3)
    for b in (None, bias):
        np.testing.assert_allclose(kernels.conv(x, w, b, geo), images.conv(x, w, b, geo), rtol=1e-10, atol=1e-12)


@given(problems())
def test_conv_transpose_lays_filters_down(problem: Any) -> None:
    x, w, g, geo = problem
    bias = drawn(x.shape[1:2], seed=3)
    for b in (None, bias):
        expected = images.conv_transpose(g, w, b, geo)
        np.testing.assert_allclose(kernels.conv_transpose(g, w, b, geo), expected, rtol=1e-10, atol=1e-12)


@given(problems())
def test_the_faces_are_adjoint(problem: Any) -> None:
    x, w, g, geo = problem
    form = (g * kernels.conv(x, w, None, geo)).sum()
    np.testing.assert_allclose((x * kernels.conv_dx(g, w, geo)).sum(), form, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose((w * kernels.conv_dw(g, x, geo)).sum(), form, rtol=1e-9, atol=1e-9)


@given(problems())
def test_both_ways_to_the_images_agree(problem: Any) -> None:
    _, w, g, geo = problem
    spread = kernels._images_by_spreading(g, w, geo)
    np.testing.assert_allclose(kernels._images_by_gathering(g, w, geo), spread, rtol=1e-10, atol=1e-12)


# Images one by one in bands of rows; many at once; more and fewer filters; columns of one axis and of both.
@pytest.mark.parametrize(
    ("samples", "channels", "filters", "size"),
    [(2, 2, 5, (40, 33)), (37, 2, 3, (5, 4)), (19, 30, 2, (16, 16)), (2, 15, 140, (3, 4)), (3, 9, 1, (17, 6))],
)
@pytest.mark.parametrize("block", [1, 20_000, 60_000, 10_000_000])
def test_parts_cover_everything(
    monkeypatch: pytest.MonkeyPatch, samples: int, channels: int, filters: int, size: tuple[int, int], block: int
) -> None:
    monkeypatch.setattr(on_canvas, "BLOCK", block)
    geo = ConvGeometry(size, (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    x, w, g = drawn((samples, channels, *size)), drawn((filters, channels, 3, 3)), drawn((samples, filters, *size))
    y, back = np.zeros(g.shape), np.zeros(x.shape)
    frame = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    spread = np.zeros(frame.shape)
    dw = np.zeros(w.shape)
    for i, j in np.ndindex(3, 3):
        here = (slice(None), slice(None), slice(i, i + size[0]), slice(j, j + size[1]))
        y += np.einsum("nchw,oc->nohw", frame[here], w[:, :, i, j])
        spread[here] += np.einsum("nohw,oc->nchw", g, w[:, :, i, j])
        dw[:, :, i, j] = np.einsum("nohw,nchw->oc", g, frame[here])
    back = spread[:, :, 1:-1, 1:-1]
    near = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(kernels.conv(x, w, None, geo), y, **near)
    np.testing.assert_allclose(kernels._images_by_spreading(g, w, geo), back, **near)
    np.testing.assert_allclose(kernels._images_by_gathering(g, w, geo), back, **near)
    np.testing.assert_allclose(kernels.conv_dw(g, x, geo), dw, **near)


def test_images_smaller_than_a_stride_are_not_their_own_columns() -> None:
    geo = ConvGeometry((1,), (1,), (2,), ((1, 0),), (1,))
    y = np.empty((1, 1, 1))
    kernels._conv_in_columns(np.ones((1, 1, 1)), np.ones((1, 1, 1)), geo, y)
    assert y.item() == 0  # the only window lies on the border


def test_fewer_images_at_the_end_leave_nothing_of_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    geo = ConvGeometry((5, 4), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    monkeypatch.setattr(on_canvas, "cut", _three_then_two)
    monkeypatch.setattr(winograd, "cut", _three_then_two)
    x, g = drawn((5, 3, 5, 4)), drawn((5, 4, 5, 4), seed=1)
    expected = kernels._filters_from_columns(g, x, geo)
    for way in (on_canvas.conv_dw, winograd.conv_dw):
        np.testing.assert_allclose(way(g, x, geo), expected, rtol=1e-9, atol=1e-11)


def _three_then_two(work: on_canvas.Work, most: int = 1) -> list[list[on_canvas.Task]]:
    (band,) = bands(work.geo, 1000)
    return [[on_canvas.Task(band, slice(0, 1), samples) for samples in (slice(0, 3), slice(3, 5))]]


@given(problems())
def test_every_way_gives_the_same(problem: Any) -> None:
    x, w, g, geo = problem
    expected = images.conv(x, w, None, geo)
    for way in (kernels._conv_in_columns, on_canvas.conv):
        y = np.empty(g.shape)
        way(x, w, geo, y)
        np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)
    dw = kernels._filters_from_columns(g, x, geo)
    np.testing.assert_allclose(on_canvas.conv_dw(g, x, geo), dw, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (1, 1)), ((2, 1), (0, 3))])
@pytest.mark.parametrize(("samples", "size"), [(1, (4, 7)), (5, (12, 13)), (3, (9, 6))])
@pytest.mark.parametrize("block", [1, 40_000, 10_000_000])
def test_fewer_multiplications_give_the_same(
    monkeypatch: pytest.MonkeyPatch, padding: Any, samples: int, size: tuple[int, int], block: int
) -> None:
    monkeypatch.setattr(winograd, "_BLOCK", block)
    geo = ConvGeometry(size, (3, 3), (1, 1), padding, (1, 1))
    x, w = drawn((samples, 3, *size)), drawn((5, 3, 3, 3))
    g, y = drawn((samples, 5, *geo.out)), np.full((samples, 5, *geo.out), np.nan)
    plain = np.empty(y.shape)
    winograd.conv(x, w, geo, y)
    on_canvas.conv(x, w, geo, plain)
    near = {"rtol": 1e-9, "atol": 1e-11}
    np.testing.assert_allclose(y, plain, **near)
    np.testing.assert_allclose(winograd.conv_dx(g, w, geo), kernels._images_by_gathering(g, w, geo), **near)
    np.testing.assert_allclose(winograd.conv_dw(g, x, geo), on_canvas.conv_dw(g, x, geo), **near)


def test_fewer_multiplications_round_no_worse() -> None:
    geo = ConvGeometry((14, 14), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    x, w = drawn((4, 64, 14, 14), dtype=np.float32), drawn((64, 64, 3, 3), dtype=np.float32)
    assert winograd.suits(geo, 64, 64, x.dtype)
    exact, plain = np.empty((4, 64, 14, 14)), np.empty((4, 64, 14, 14), np.float32)
    on_canvas.conv(x.astype(np.float64), w.astype(np.float64), geo, exact)
    on_canvas.conv(x, w, geo, plain)
    assert abs(kernels.conv(x, w, None, geo) - exact).max() < 2 * abs(plain - exact).max()


@pytest.mark.parametrize("groups", [1, 6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_of_threads_does_not_change_a_bit(groups: int, dtype: Any) -> None:
    geo = ConvGeometry((12, 13), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), groups)
    x, w = drawn((9, 6, 12, 13), dtype=dtype), drawn((24, 6 // groups, 3, 3), dtype=dtype)
    found = []
    before = get_num_threads()
    for number in (1, 2, 3):
        try:
            set_num_threads(number)
            y = kernels.conv(x, w, None, geo)
            found.append(b"".join(a.tobytes() for a in (y, kernels.conv_dx(y, w, geo), kernels.conv_dw(y, x, geo))))
        finally:
            set_num_threads(before)
    assert found[0] == found[1] == found[2]


GEO = ConvGeometry((4, 5), (3, 2), (2, 1), ((1, 1), (0, 1)), (1, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_the_type_is_kept(dtype: Any) -> None:
    x, w = (10 * drawn((2, 3, 4, 5))).astype(dtype), (10 * drawn((4, 3, 3, 2))).astype(dtype)
    y = kernels.conv(x, w, w[:, 0, 0, 0], GEO)
    assert y.dtype == kernels.conv_dx(y, w, GEO).dtype == kernels.conv_dw(y, x, GEO).dtype == dtype
    expected = images.conv(x, w, w[:, 0, 0, 0], GEO)
    np.testing.assert_allclose(y, expected, rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-3)


def test_operands_need_not_be_contiguous() -> None:
    x, w = (
        drawn((4, 5, 2, 3)).transpose(3, 2, 0, 1),
        drawn((2, 3, 3, 8)).transpose(3, 0, 1, 2)[::2, :, :, ::-1][..., :2],
    )
    assert not x.flags.c_contiguous
    assert not w.flags.c_contiguous
    geo = GEO._replace(padding=((0, 0), (0, 0)))
    y = kernels.conv(x, w, None, geo)
    np.testing.assert_allclose(y, images.conv(x, w, None, geo), rtol=1e-10)
    g = drawn((*y.shape[::-1],)).transpose()
    np.testing.assert_array_equal(kernels.conv_dx(g, w, geo), kernels.conv_dx(g.copy(), w.copy(), geo))
    np.testing.assert_array_equal(kernels.conv_dw(g, x, geo), kernels.conv_dw(g.copy(), x.copy(), geo))


def test_no_samples_give_no_results() -> None:
    x, w, g = np.zeros((0, 3, 4, 5)), np.ones((4, 3, 3, 2)), np.zeros((0, 4, 2, 4))
    assert kernels.conv(x, w, None, GEO).shape == g.shape
    assert kernels.conv_dx(g, w, GEO).shape == x.shape
    assert not kernels.conv_dw(g, x, GEO).any()


def test_results_own_their_memory() -> None:
    """The engine keeps such arrays as gradients without a copy."""
    x, w, g = drawn((2, 3, 4, 5)), drawn((4, 3, 3, 2)), drawn((2, 4, 2, 4))
    assert kernels.conv(x, w, None, GEO).base is None
    assert kernels.conv_dw(g, x, GEO).base is None
    assert kernels.conv_dx(g, w, GEO).base is None
    assert kernels.conv_dx(drawn((2, 4, 4, 4)), w, GEO._replace(stride=(1, 1))).base is None
