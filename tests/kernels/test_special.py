"""Kernels of special functions and of choosing, against the standard library and at the ends of the number range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd_np.kernels import activations, classification, selection, special

GRID = np.concatenate([np.linspace(-6, 6, 4001), [0.46875, -0.46875, 4.0, -4.0, 1e-20, 1e-300, 27.0, 1e300, -1e300]])
ENDS = np.array([-1e30, -1000.0, -89.0, 0.0, 89.0, 1000.0, 1e30])
LARGE = 3 * 8192

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ELEMENTWISE = {
    "erf": special.erf,
    "erfc": special.erfc,
    "gauss": special.gauss,
    "sigmoid": special.sigmoid,
    "softplus": lambda x: special.softplus(x, 2.0, 1.0),
    "softplus_slope": lambda x: special.softplus_slope(x, 2.0, 1.0),
    "elu": lambda x: special.elu(x, 0.5, 2.0, 1.5),
    "elu_slope": lambda x: special.elu_slope(x, 2.0, 0.5, 1.5),
    "silu": lambda x: activations.silu(x)[0],
    "gelu": lambda x: activations.gelu(x)[0],
    "gelu_tanh": lambda x: activations.gelu_tanh(x)[0],
    "huber": lambda x: special.huber(x, 0.5),
    "sinc": lambda x: special.sinc(x, 1),
    "relu": selection.relu,
    "clamp": lambda x: selection.clamp(x, -1, None),
    "leaky_relu": lambda x: selection.leaky_relu(x, 0.1),
    "leaky_slope": lambda x: selection.leaky_slope(x, x, 0.1),
    "gate": lambda x: selection.gate(x, x),
    "select": lambda x: selection.select(x > 0, x, -x),
    "softmax": lambda x: classification.softmax(x, max(x.ndim - 1, 0)),
    "log_softmax": lambda x: classification.log_softmax(x, 0),
}


def each(function, values):
    return np.array([function(float(v)) for v in values])


# --- the error function -------------------------------------------------------------------------------------


def test_erf_is_the_standard_librarys():
    np.testing.assert_allclose(special.erf(GRID), each(math.erf, GRID), rtol=1e-15, atol=0)


def test_erfc_is_the_standard_librarys_without_cancellation():
    x = np.concatenate([GRID, np.linspace(6, 26, 501)])
    np.testing.assert_allclose(special.erfc(x), each(math.erfc, x), rtol=2e-15, atol=1e-300)


def test_erf_in_single_precision():
    x = GRID.clip(-30, 30).astype(np.float32)
    y, expected = special.erf(x), each(math.erf, x)
    np.testing.assert_allclose(y, expected, rtol=4e-7, atol=1e-37)
    assert np.abs(y).max() == 1
    assert (np.diff(y[:4001]) >= 0).all()


def test_erf_at_infinity_and_nan():
    x = np.array([-np.inf, np.inf, np.nan])
    for dtype in (np.float32, np.float64):
        np.testing.assert_array_equal(special.erf(x.astype(dtype)), np.array([-1, 1, np.nan], dtype))
        np.testing.assert_array_equal(special.erfc(x.astype(dtype)), np.array([2, 0, np.nan], dtype))


# --- no kernel overflows ------------------------------------------------------------------------------------


@each_type
@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if n not in {"sinc", "huber"}])
def test_nothing_overflows_or_becomes_nan(name, dtype):
    y = ELEMENTWISE[name](ENDS.astype(dtype))
    assert np.isfinite(y).all()


@each_type
def test_sigmoid_at_the_ends(dtype):
    y = special.sigmoid(ENDS.astype(dtype))
    np.testing.assert_array_equal(y[[0, 1, 3, 5, 6]], [0, 0, 0.5, 1, 1])
    small = special.sigmoid(np.array([-20.0, -50.0], dtype))
    np.testing.assert_allclose(small, [math.exp(-20) / (1 + math.exp(-20)), math.exp(-50)], rtol=1e-6)


def test_tanh_from_sigmoid():
    x = np.linspace(-4, 4, 101)
    np.testing.assert_allclose(2 * special.sigmoid(2 * x) - 1, np.tanh(x), rtol=1e-12, atol=1e-15)


@each_type
def test_softplus_is_linear_from_its_threshold_on(dtype):
    x = np.array([0.25, 0.5, 0.75], dtype)
    np.testing.assert_array_equal(special.softplus(x, 2.0, 1.0)[2:], x[2:])
    assert (special.softplus(x, 2.0, 1.0)[:2] > x[:2]).all()
    np.testing.assert_array_equal(special.softplus_slope(x, 2.0, 1.0)[2:], 1)


def test_binary_cross_entropy_keeps_small_losses():
    x, t = np.array([40.0, -40.0], np.float32), np.array([1.0, 0.0], np.float32)
    np.testing.assert_allclose(special.binary_cross_entropy_with_logits(x, t), math.exp(-40), rtol=1e-6)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_sinc_derivatives_near_zero_and_across_the_joint(order):
    step = 1e-4
    x = np.array([0.0, 1e-9, 1e-3, 0.3, 1 - step / 2, 1.0, 1 + step / 2, 2.7, -1.9])
    differences = (special.sinc(x + step, order) - special.sinc(x - step, order)) / (2 * step)
    np.testing.assert_allclose(special.sinc(x, order + 1), differences, rtol=1e-5, atol=2e-6)


def test_xlogy_at_zero():
    y = special.xlogy(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, -1.0, np.nan, 1.0]))
    np.testing.assert_array_equal(y, [0, 0, np.nan, 0])


def test_log_above_stops_at_its_limit():
    x = np.array([0.0, 1e-300, 1.0])
    np.testing.assert_array_equal(special.log_above(x, -100.0), [-100, -100, 0])


# --- shapes, types, large arrays ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (130, 200)])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_shape_and_type_are_kept(name, shape, dtype):
    x = np.asarray(np.cos(np.arange(math.prod(shape))).reshape(shape) * 2, dtype)
    before = x.copy()
    y = ELEMENTWISE[name](x)
    assert y.dtype == dtype
    assert y.shape == shape
    np.testing.assert_array_equal(x, before)


@each_type
@pytest.mark.parametrize("name", ["relu", "clamp", "leaky_relu", "gate", "select", "leaky_slope"])
def test_large_arrays_take_the_same_values(name, dtype):
    x = np.cos(np.arange(LARGE, dtype=dtype) * 1.7)
    x[:3] = [np.inf, -np.inf, 0]
    with np.errstate(invalid="ignore"):
        parts = np.concatenate([ELEMENTWISE[name](part) for part in np.split(x, 16)])
        np.testing.assert_array_equal(ELEMENTWISE[name](x), parts)


def test_relu_keeps_integers_and_nan():
    np.testing.assert_array_equal(selection.relu(np.array([-2, 3])), [0, 3])
    assert selection.relu(np.array([-2, 3])).dtype == np.int64
    assert np.isnan(selection.relu(np.full(LARGE, np.nan))).all()


def test_select_broadcasts_large_arrays():
    mask = (np.arange(300) % 3 == 0)[:, None]
    a, b = np.arange(100, dtype=np.float32), np.array(np.inf, np.float32)
    np.testing.assert_array_equal(selection.select(mask, a, b), np.where(mask, a, b))


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.3, 1.0, 2.0])
def test_leaky_relu_for_any_slope(slope):
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(selection.leaky_relu(x, slope), np.where(x > 0, x, slope * x))
    np.testing.assert_array_equal(selection.leaky_slope(np.ones(3), x, slope), np.where(x > 0, 1.0, slope))


def test_maximum_share_of_numbers_and_arrays():
    x = np.array([1.0, 2.0, 3.0], np.float32)
    share = selection.maximum_share(x, 2.0)
    assert share.dtype == np.float32
    np.testing.assert_array_equal(share, [0, 0.5, 1])
    np.testing.assert_array_equal(share + selection.maximum_share(2.0, x), 1)


# --- classes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 3), (4, 33), (2, 3, 4), (6,), (300, 2)])
def test_top_and_total_along_every_axis(shape):
    x = np.cos(np.arange(math.prod(shape)) * 1.3).reshape(shape)
    for axis in range(len(shape)):
        np.testing.assert_array_equal(classification.top(x, axis), x.max(axis=axis, keepdims=True))
        np.testing.assert_allclose(classification.total(x, axis), x.sum(axis=axis, keepdims=True), rtol=1e-12)


def test_softmax_of_extreme_scores():
    x = np.array([[1000.0, -1000.0, 0.0], [-np.inf, 0.0, 0.0]])
    np.testing.assert_array_equal(classification.softmax(x, 1), [[1, 0, 0], [0, 0.5, 0.5]])
    np.testing.assert_allclose(classification.log_softmax(x, 1)[0], [0, -2000, -1000])


def test_flat_index_points_at_the_classes():
    x = np.arange(24).reshape(2, 3, 4)
    target = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
    place = classification.flat_index(target, x.shape, 1)
    np.testing.assert_array_equal(x.reshape(-1)[place], np.take_along_axis(x, target[:, None], 1)[:, 0])
