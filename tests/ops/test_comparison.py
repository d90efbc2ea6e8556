"""Comparisons and choices: PyTorch's promotion, ties, NaN, what is recorded, and the errors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.core import gradients
from autograd_np.errors import ArgumentError, DTypeError, ShapeError


def leaf(*values, dtype=np.float32):
    return ag.tensor(np.array(values, dtype)).requires_grad_()


def slope(y, *xs):
    """Return the gradients of the sum of the outputs."""
    ones = ag.tensor(np.ones(y.shape, y.dtype.type))
    return [g.numpy().tolist() for g in gradients(y, xs, ones)]


# --- comparisons --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "isclose"])
def test_results_are_booleans_outside_the_graph(name):
    x = leaf(1.0, 2.0)
    for y in (getattr(ag, name)(x, x), getattr(ag, name)(x, 1.5), getattr(ag, name)(x, [1, 2])):
        assert y.dtype == np.bool_
        assert not y.requires_grad
        assert y.is_leaf


def test_none_and_strings_equal_no_tensor():
    for x in (ag.tensor(1.0), ag.ones(2, 2)):
        for other in (None, "mean"):
            assert (x == other) is False
            assert (other == x) is False
            assert (x != other) is True
    assert (ag.tensor([1.0, 2.0]) == 2).tolist() == [False, True]


def test_python_numbers_are_compared_in_the_tensors_type():
    assert ag.eq(ag.tensor([0.1]), 0.1).item()
    assert ag.eq(ag.tensor([0.1]), ag.tensor(np.array(0.1))).item(), "0-d tensors are weak, too"
    assert not ag.eq(ag.tensor([0.1]), ag.tensor(np.array([0.1]))).item()


def test_equal_looks_at_shapes_too():
    assert ag.equal(ag.tensor([1, 2]), ag.tensor([1, 2]))
    assert not ag.equal(ag.tensor([1, 1]), ag.tensor([1]))
    assert not ag.equal(ag.tensor([float("nan")]), ag.tensor([float("nan")]))


def test_isclose_is_not_symmetric():
    a, b = ag.tensor([1.0]), ag.tensor([2.0])
    assert ag.isclose(a, b, rtol=0.5).item()
    assert not ag.isclose(b, a, rtol=0.5).item()


def test_shapes_that_do_not_broadcast():
    a, b = ag.zeros(2, 3), ag.zeros(4)
    for compare in (ag.lt, ag.isclose, ag.maximum, ag.logical_or):
        with pytest.raises(ShapeError) as caught:
            compare(a, b)
        assert "2 3" in str(caught.value)
        assert "^" in str(caught.value)


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift"])
def test_floating_numbers_have_no_bits(name):
    with pytest.raises(DTypeError, match="float32"):
        getattr(ag, name)(ag.tensor([1.0]), ag.tensor([2.0]))
    with pytest.raises(DTypeError, match="bitwise_not"):
        ag.bitwise_not(ag.tensor([1.0]))


# --- where --------------------------------------------------------------------------------------------------


def test_where_promotes_the_branches_and_not_the_condition():
    c = ag.tensor([True, False])
    assert ag.where(c, 1.5, 2).dtype == np.float32
    assert ag.where(c, 1, 2).dtype == np.int64
    assert ag.where(c, ag.tensor([1, 2]), 2.5).dtype == np.float32
    assert ag.where(c, ag.tensor([1.0, 2.0]), ag.tensor(np.array(2.5))).dtype == np.float32
    assert ag.where(c, ag.tensor(np.ones(2)), ag.tensor([1.0, 2.0])).dtype == np.float64
    assert ag.where(c, c, True).dtype == np.bool_


def test_where_keeps_infinite_gradients_out_of_the_branch_not_taken():
    x = leaf(0.0, 4.0)
    with np.errstate(divide="ignore"):
        (g,) = slope(ag.where(x > 0, ag.where(x > 0, x, 1.0).sqrt(), 0.0), x)
        assert g == [0.0, 0.25]
        y = ag.where(ag.tensor([False, True]), x, 1.0)
        (h,) = gradients(y, x, ag.tensor([float("inf"), 1.0]))
    assert h.numpy().tolist() == [0.0, 1.0]


def test_where_alone_gives_positions():
    rows, columns = ag.where(ag.tensor([[False, True], [True, False]]))
    assert rows.numpy().tolist() == [0, 1]
    assert columns.numpy().tolist() == [1, 0]
    assert len(ag.where(ag.tensor(True))) == 1


def test_where_errors():
    with pytest.raises(ArgumentError, match="where: expected the condition alone or both branches"):
        ag.where(ag.tensor([True]), ag.tensor([1.0]))
    with pytest.raises(DTypeError, match="where: the condition must hold booleans, got float32"):
        ag.where(ag.tensor([1.0]), 1, 2)
    with pytest.raises(ShapeError):
        ag.where(ag.tensor([True, False]), ag.zeros(3), 0.0)


# --- maximum and its kin ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_equal_elements_share_the_gradient(name):
    a, b = leaf(1.0, 5.0), leaf(1.0, 5.0)
    assert slope(getattr(ag, name)(a, b), a, b) == [[0.5, 0.5], [0.5, 0.5]]


def test_nan_wins_in_maximum_and_loses_in_fmax():
    a, b = leaf(1.0, float("nan")), leaf(float("nan"), 2.0)
    assert np.isnan(ag.maximum(a, b).detach().numpy()).all()
    assert np.isnan(ag.minimum(a, b).detach().numpy()).all()
    for function in (ag.fmax, ag.fmin):
        y = function(a, b)
        assert y.detach().numpy().tolist() == [1.0, 2.0]
        assert slope(y, a, b) == [[1.0, 0.0], [0.0, 1.0]]


def test_the_gradient_of_clamp_is_one_on_its_limits():
    x = leaf(-2.0, -1.0, 0.0, 1.0, 2.0)
    assert slope(ag.clamp(x, -1, 1), x) == [[0, 1, 1, 1, 0]]
    assert slope(ag.clamp(x, -1), x) == [[0, 1, 1, 1, 1]]
    assert slope(ag.clamp(x, max=1), x) == [[1, 1, 1, 1, 0]]


def test_limits_of_clamp_may_be_tensors():
    x, low, high = leaf(-2.0, 0.0, 2.0), leaf(-1.0, -1.0, -1.0), leaf(1.0)
    y = ag.clamp(x, low, high)
    assert y.detach().numpy().tolist() == [-1, 0, 1]
    assert slope(y, x, low, high) == [[0, 1, 0], [1, 0, 0], [1]]


def test_the_upper_limit_prevails():
    assert ag.clamp(ag.tensor([0.0]), 1, -1).item() == -1
    assert ag.clamp(ag.tensor([0.0]), ag.tensor([1.0]), ag.tensor([-1.0])).item() == -1


def test_clamp_needs_a_limit_and_lifts_integers_to_floating_limits():
    with pytest.raises(ArgumentError, match="clamp: neither limit is given"):
        ag.clamp(ag.tensor([1.0]))
    assert ag.clamp(ag.tensor([1, 5]), max=2).dtype == np.int64
    assert ag.clamp(ag.tensor([1, 5]), max=2.5).numpy().tolist() == [1.0, 2.5]


@pytest.mark.parametrize("size", [10, 20_000])
def test_masks_do_not_change_the_type(size):
    x = ag.tensor(np.linspace(-3, 3, size, dtype=np.float32)).requires_grad_()
    for y in (ag.clamp(x, -1, 1), ag.maximum(x, 0.5), ag.fmin(x, 0.5), ag.where(x > 0, x, 0.0), ag.relu(x)):
        assert y.dtype == np.float32
        (g,) = gradients(y, x, ag.tensor(np.ones(size, np.float32)), create_graph=True)
        assert g.dtype == np.float32


def test_nan_to_num_takes_the_ends_of_the_type():
    y = ag.nan_to_num(ag.tensor([float("nan"), float("inf"), float("-inf")]))
    info = np.finfo(np.float32)
    assert y.numpy().tolist() == [0.0, float(info.max), float(info.min)]


# --- integers become the default float ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["exp", "log", "sqrt", "rsqrt", "reciprocal", "sigmoid", "erf", "sin", "atan", "tanh", "deg2rad", "sinc", "gelu",
     "silu", "softplus", "elu", "leaky_relu"],
)  # fmt: skip
@pytest.mark.parametrize("values", [[1, 2], [True, True]])
def test_functions_lift_integers_and_booleans(name, values):
    y = getattr(ag, name)(ag.tensor(values))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.numpy(), getattr(ag, name)(ag.tensor(values).float()).numpy(), rtol=1e-6)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "maximum", "floor_divide", "remainder", "neg", "abs", "relu"])
def test_functions_that_keep_integers(name):
    operands = [ag.tensor([7, -2])] + [ag.tensor([2, 3])] * (name not in {"neg", "abs", "relu"})
    assert getattr(ag, name)(*operands).dtype == np.int64


def test_division_of_large_integers_is_exact():
    large = ag.tensor([2**60 + 1, -(2**60) - 1])
    for mode, expected in (("trunc", [2**59, -(2**59)]), ("floor", [2**59, -(2**59) - 1])):
        y = ag.div(large, 2, rounding_mode=mode)
        assert y.dtype == np.int64
        assert y.tolist() == expected


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
def test_rounding_leaves_integers_alone(name):
    y = getattr(ag, name)(ag.tensor([2**60 + 1, -3]))
    assert y.dtype == np.int64
    assert y.tolist() == [2**60 + 1, -3]
