"""The three faces of convolution against loops over windows, and against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.kernels import convolution as kernels
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


# Samples one by one in bands of rows; many samples at once; filters more and fewer than OpenBLAS likes.
@pytest.mark.parametrize(
    ("samples", "channels", "filters", "size"),
    [(2, 2, 3, (40, 33)), (37, 2, 3, (5, 4)), (19, 3, 2, (16, 16)), (2, 15, 140, (3, 4))],
)
def test_blocks_cover_everything(
    monkeypatch: pytest.MonkeyPatch, samples: int, channels: int, filters: int, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(kernels, "_BLOCK", 1)
    geo = ConvGeometry(size, (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    x, w, g = drawn((samples, channels, *size)), drawn((filters, channels, 3, 3)), drawn((samples, filters, *size))
    blocks = kernels._Blocks(geo, samples, channels, x.dtype)
    assert samples > blocks.samples or size[0] > blocks.rows or filters > 128
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
    np.testing.assert_allclose(kernels.conv(x, w, None, geo), y, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(kernels._images_by_spreading(g, w, geo), back, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(kernels._images_by_gathering(g, w, geo), back, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(kernels.conv_dw(g, x, geo), dw, rtol=1e-9, atol=1e-9)


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
