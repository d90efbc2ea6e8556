"""Linear maps of axes, and sampling at points: adjoints, sums, and what stays local."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.kernels.resampling import AxisMap, resample, resample_adjoint
from autograd_np.kernels.sampling import into_image, into_image_slope, sample, sample_adjoint

MODES = ["nearest", "nearest-exact", "linear", "cubic", "area"]
SIZES = st.integers(1, 9)


@st.composite
def axis_maps(draw: Any) -> AxisMap:
    mode = draw(st.sampled_from(MODES))
    smooth = mode in {"linear", "cubic"}
    corners = smooth and draw(st.booleans())
    antialias = smooth and draw(st.booleans())
    size, out = draw(SIZES), draw(SIZES)
    # As 1 / scale_factor, within what rounding the size down allows.
    step = draw(st.sampled_from([None, size / (out + 0.5)])) if mode != "area" else None
    return AxisMap(mode, size, out, step, corners, antialias)


@given(axis_maps(), axis_maps())
def test_the_adjoint_of_resampling(first: AxisMap, second: AxisMap) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 1, first.size, second.size))
    g = rng.normal(size=(2, 1, first.out, second.out))
    y, back = resample(x, (first, second)), resample_adjoint(g, (first, second))
    assert y.shape == g.shape
    assert back.shape == x.shape
    assert (y * g).sum() == pytest.approx((x * back).sum(), abs=1e-10)


@given(axis_maps())
def test_what_is_constant_stays_so(axis: AxisMap) -> None:
    np.testing.assert_allclose(resample(np.full((1, 1, axis.size), 3.0), (axis,)), 3.0, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("out", [3, 12])
def test_infinities_and_nan_stay_near_their_place(mode: str, out: int) -> None:
    x = np.ones((1, 1, 6))
    x[..., 5] = np.nan
    assert np.isfinite(resample(x, (AxisMap(mode, 6, out),))[..., : out // 3]).all()
    g = np.ones((1, 1, out))
    g[..., -1] = np.inf
    with np.errstate(invalid="ignore"):
        assert np.isfinite(resample_adjoint(g, (AxisMap(mode, 6, out),))[..., :2]).all()


def test_infinite_elements_do_not_turn_into_nan() -> None:
    x = np.array([[[1.0, np.inf, 3.0, 4.0, 5.0]]])
    assert resample(x, (AxisMap("area", 5, 3),))[0, 0].tolist() == [np.inf, np.inf, 4.5]


def test_results_are_never_the_input() -> None:
    x = np.ones((1, 1, 4))
    for mode in MODES:
        for function in (resample, resample_adjoint):
            assert not np.may_share_memory(function(x, (AxisMap(mode, 4, 4),)), x)


def test_positions_are_rounded_in_the_type_of_the_values() -> None:
    """In float32 41·(2/82) is less than 1, and PyTorch 2.13 reads the element before; single precision decides."""
    x = np.arange(2.0).reshape(1, 1, 2)
    assert resample(x, (AxisMap("nearest", 2, 82),))[0, 0, 40:43].tolist() == [0, 1, 1]
    assert resample(x.astype(np.float32), (AxisMap("nearest", 2, 82),))[0, 0, 40:43].tolist() == [0, 0, 1]


def test_steps_between_equal_sizes() -> None:
    """As PyTorch 2.13 has it for images: a factor that leaves the size as it is moves elements in two modes only."""
    x = np.arange(10.0).reshape(1, 1, 10)
    moved = {mode for mode in MODES if (resample(x, (AxisMap(mode, 10, 10, 1 / 1.09),)) != x).any()}
    assert moved == {"nearest-exact", "cubic"}
    assert (resample(x, (AxisMap("cubic", 10, 10, 1 / 1.09, corners=True),)) == x).all()


# --- points -----------------------------------------------------------------------------------------------------------

WAYS = [
    ("nearest", "zeros"),
    ("linear", "zeros"),
    *(("cubic", beyond) for beyond in ("zeros", "border", "reflect", "symmetric")),
]


@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (1, 1), (0, 2), (0, 3)])
@pytest.mark.parametrize(("mode", "beyond"), WAYS)
def test_the_adjoint_of_sampling(mode: str, beyond: str, orders: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x, p = rng.normal(size=(2, 3, 4, 5)), rng.uniform(-3, 8, (2, 6, 7, 2))
    g = rng.normal(size=(2, 3, 6, 7))
    y, back = sample(x, p, mode, orders, beyond), sample_adjoint(g, p, (4, 5), mode, orders, beyond)
    assert (y * g).sum() == pytest.approx((x * back).sum(), abs=1e-9)


@pytest.mark.parametrize(("mode", "beyond"), WAYS)
def test_pixels_are_read_at_their_places(mode: str, beyond: str) -> None:
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 4))
    p = np.stack(np.meshgrid(np.arange(4.0), np.arange(3.0)), -1)[None]
    np.testing.assert_allclose(sample(x, p, mode, (0, 0), beyond), x, atol=1e-14)


def test_points_that_are_no_numbers_read_nothing_else() -> None:
    x, p = np.ones((1, 1, 2, 2)), np.array([[[np.nan, 0.0], [1.0, 1.0]]])
    y = sample(x, p, "linear", (0, 0))
    assert np.isnan(y[0, 0, 0])
    assert y[0, 0, 1] == 1


@given(st.floats(-40, 40), st.integers(1, 5), st.sampled_from(["border", "reflect", "symmetric"]))
def test_points_are_brought_into_the_image(where: float, size: int, beyond: str) -> None:
    p = np.array([[where]])
    inside, slope = into_image(p, (size,), beyond)[0, 0], into_image_slope(p, (size,), beyond)[0, 0]
    assert 0 <= inside <= size - 1
    if beyond == "reflect" and size > 1:
        # The triangle wave by its inverse cosine.
        period = np.pi / (size - 1)
        assert inside == pytest.approx(np.arccos(np.cos(where * period)) / period, abs=1e-6)
    step = 1e-6
    ahead, behind = (into_image(p + d, (size,), beyond)[0, 0] for d in (step, -step))
    if abs(ahead + behind - 2 * inside) < step / 10:
        assert (ahead - behind) / (2 * step) == pytest.approx(slope, abs=1e-3)
