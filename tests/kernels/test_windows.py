"""Windows: where they lie, and that reading them and adding to them are adjoint."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.kernels import windows
from autograd_np.kernels.windows import ConvGeometry, geometry, per_axis
from tests.kernels.images import drawn, geometries, rows_of_windows, window_places


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "out"),
    [
        (227, 11, 4, 0, 1, 55),
        (56, 2, 2, 0, 1, 28),
        (224, 3, 1, 1, 1, 224),
        (7, 3, 1, 0, 2, 3),
        (6, 3, 2, 0, 1, 2),
        (1, 1, 3, 0, 1, 1),
    ],
)
def test_output_sizes(size: int, kernel: int, stride: int, padding: int, dilation: int, out: int) -> None:
    geo = geometry("conv2d", (size,) * 2, (kernel,) * 2, (stride,) * 2, ((padding,) * 2,) * 2, (dilation,) * 2)
    assert geo.out == (out, out)


@given(geometries())
def test_every_window_lies_within_the_padded_image(geo: ConvGeometry) -> None:
    last = [(m - 1) * s + e for m, s, e in zip(geo.out, geo.stride, geo.extent, strict=True)]
    assert all(end <= n < end + s for end, n, s in zip(last, geo.padded, geo.stride, strict=True))


@given(geometries())
def test_windows_show_the_elements_without_a_copy(geo: ConvGeometry) -> None:
    x = drawn((2, 1, *geo.size))
    canvas = windows.padded(x, geo)
    view = windows.windows(canvas, geo, 2)
    assert np.shares_memory(view, canvas)
    assert not view.flags.writeable
    for position in np.ndindex(*geo.out):
        seen = np.zeros((2, 1, *geo.kernel))
        for offset, place in window_places(geo, position):
            seen[(slice(None), slice(None), *offset)] = x[(slice(None), slice(None), *place)]
        np.testing.assert_array_equal(view[(..., *position)], seen)


@given(geometries())
def test_rows_and_columns_hold_the_windows(geo: ConvGeometry) -> None:
    x = drawn((2, 3, *geo.size))
    rows = rows_of_windows(x, geo)
    np.testing.assert_array_equal(windows.im2col(x, geo), rows)
    columns = rows.reshape(2, -1, rows.shape[1]).swapaxes(1, 2)
    np.testing.assert_array_equal(windows.unfold(x, geo), columns)


@given(geometries())
def test_adding_windows_is_the_adjoint_of_reading_them(geo: ConvGeometry) -> None:
    x = drawn((2, 3, *geo.size))
    for read, add in ((windows.unfold, windows.fold), (windows.im2col, windows.col2im)):
        h = drawn(read(x, geo).shape, seed=1)
        assert add(h, geo).shape == x.shape
        np.testing.assert_allclose((h * read(x, geo)).sum(), (add(h, geo) * x).sum(), rtol=1e-10, atol=1e-10)


def test_windows_side_by_side_add_as_any_others() -> None:
    geo = ConvGeometry((7,), (2,), (3,), ((0, 0),), (1,))
    x = np.zeros(7)
    windows.spread(np.array([[1.0, 2.0], [10.0, 20.0]]), x, geo, 0)
    np.testing.assert_array_equal(x, [1, 10, 0, 2, 20, 0, 0])


def test_one_number_stands_for_all_axes() -> None:
    assert per_axis("conv2d", "stride", 2, 2) == (2, 2)
    assert per_axis("conv2d", "stride", (3,), 2) == (3, 3)
    assert per_axis("conv2d", "stride", np.int64(2), 1) == (2,)


@pytest.mark.parametrize("value", [(1, 2, 3), 1.5, "12", (1, None)])
def test_other_sizes_are_refused(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"conv2d: stride must be one integer or 2, one per spatial axis, got"):
        per_axis("conv2d", "stride", value, 2)


@pytest.mark.parametrize("name", ["kernel_size", "stride", "dilation"])
def test_sizes_below_one_are_refused(name: str) -> None:
    sizes = {"kernel_size": (2,), "stride": (1,), "dilation": (1,)} | {name: (0,)}
    kernel, stride, dilation = sizes.values()
    with pytest.raises(ArgumentError, match=rf"unfold: {name} must be at least 1 along every axis, got \(0,\)"):
        geometry("unfold", (4,), kernel, stride, ((0, 0),), dilation)


def test_negative_padding_is_refused() -> None:
    with pytest.raises(ArgumentError, match="padding must not be negative"):
        geometry("unfold", (4,), (2,), (1,), ((0, -1),), (1,))


def test_a_kernel_larger_than_the_input_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"(?s)larger than the padded input\n.*padded input: 4 7\n +kernel: 3 9\n"):
        geometry("conv2d", (4, 5), (3, 5), (1, 1), ((0, 0), (1, 1)), (1, 2))
