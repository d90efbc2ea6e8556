"""Reductions: types, ties, NaN, empty tensors and errors; values and derivatives are in the records."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, MutationError

INF = float("inf")
NAN = float("nan")
COUNTS = np.array([[3, 1, 3], [0, 5, 5]])


def gradient(function, values):
    x = ag.tensor(values, dtype="float64", requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


# --- types --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
def test_whole_numbers_add_and_multiply_in_int64(dtype):
    x = ag.tensor(COUNTS.astype(dtype))
    for y in (x.sum(), x.sum(0), x.prod(1), x.cumsum(1), x.cumprod(0), ag.nansum(x)):
        assert y.dtype == np.int64
    assert x.sum().item() == COUNTS.astype(dtype).sum()
    np.testing.assert_array_equal(x.cumsum(1).numpy(), COUNTS.astype(dtype).cumsum(1))


def test_a_type_may_be_asked_for():
    x = ag.tensor(COUNTS)
    assert ag.sum(x, dtype="float32").dtype == np.float32
    assert ag.mean(x, dtype="float64").dtype == np.float64
    assert ag.prod(x, 0, dtype="float32").tolist() == [0, 5, 15]


@pytest.mark.parametrize("name", ["mean", "nanmean", "var", "std", "norm", "quantile"])
def test_averages_of_whole_numbers_are_refused(name):
    arguments = (0.5,) if name == "quantile" else ()
    with pytest.raises(DTypeError, match=rf"{name}: expected floating values, got int64\n  fix: .*x\.float\(\)"):
        getattr(ag, name)(ag.tensor(COUNTS), *arguments)


def test_small_floats_are_summed_in_float32():
    x = ag.ones(5000, dtype="float16")
    assert x.sum().item() == 5000
    assert x.mean().item() == 1
    assert x.sum().dtype == x.mean().dtype == x.var().dtype == x.norm().dtype == np.float16
    assert x.cumsum(0)[-1].item() == 5000
    assert x.std().item() == 0
    assert (300 * x).norm().item() == pytest.approx(300 * 5000**0.5, rel=1e-3)


def test_integers_become_floats_under_the_exponential():
    assert ag.logsumexp(ag.tensor([0, 0]), 0).item() == pytest.approx(np.log(2))


# --- ties ---------------------------------------------------------------------------------------------------


def test_equal_extremes_share_the_gradient():
    assert gradient(lambda x: x.amax(1), [[1, 3, 3], [2, 2, 2]]) == [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    assert gradient(lambda x: x.amin(), [[1, 3], [1, 1]]) == [[1 / 3, 0], [1 / 3, 1 / 3]]
    assert gradient(ag.max, [1, 3, 3]) == [0, 0.5, 0.5]
    assert gradient(ag.median, [1, 2, 2, 3]) == [0, 0.5, 0.5, 0]
    assert gradient(lambda x: x.norm(INF), [-2, 1, 2]) == [-0.5, 0, 0.5]


def test_with_indices_the_first_of_equals_is_taken():
    x = ag.tensor(COUNTS)
    assert x.max(1).indices.tolist() == [0, 1]
    assert x.argmax().item() == 4
    assert x.argmax(1).tolist() == [0, 1]
    assert gradient(lambda x: x.max(1).values, [[1, 3, 3], [2, 2, 2]]) == [[0, 1, 0], [1, 0, 0]]


def test_running_extremes_take_the_last_of_equals():
    assert ag.tensor([1, 3, 3, 2]).cummax(0).indices.tolist() == [0, 1, 2, 2]
    assert gradient(lambda x: x.cummax(0).values, [1, 3, 3, 2]) == [1, 1, 2, 0]


def test_three_forms_of_max():
    x, y = ag.tensor([[1.0, 4.0]]), ag.tensor([[2.0, 3.0]])
    assert ag.max(x).item() == 4
    values, indices = ag.max(x, dim=1, keepdim=True)
    assert (values.tolist(), indices.tolist()) == ([[4]], [[1]])
    assert ag.max(x, y).tolist() == ag.max(x, other=y).tolist() == [[2, 4]]
    assert ag.min(x, y).tolist() == [[1, 3]]


# --- NaN and infinity ---------------------------------------------------------------------------------------


def test_nan_wins_where_it_is_not_left_out():
    x = ag.tensor([1.0, NAN, 0.5])
    for y in (x.sum(), x.max(), x.min(), x.median(), x.quantile(0.5), x.max(0).values, x.median(0).values):
        assert np.isnan(y.item())
    assert x.argmax().item() == x.max(0).indices.item() == x.median(0).indices.item() == 1
    assert (ag.nansum(x).item(), ag.nanmean(x).item(), ag.nanmedian(x).item()) == (1.5, 0.75, 0.5)
    assert np.isnan(ag.nanmean(ag.tensor([NAN])).item())
    assert np.isnan(ag.nanmedian(ag.tensor([NAN, NAN])).item())


def test_what_is_left_out_has_no_gradient():
    assert gradient(ag.nansum, [1, NAN, 2]) == [1, 0, 1]
    assert gradient(ag.nanmean, [1, NAN, 3]) == [0.5, 0, 0.5]
    assert gradient(ag.nanmedian, [1, NAN, 3]) == [1, 0, 0]


def test_sums_of_exponentials_at_infinity():
    x = ag.tensor([[-INF, -INF], [0.0, -INF], [1000.0, 1000.0], [INF, 0.0]])
    expected = [-INF, 0, np.float32(1000 + np.log(2)).item(), INF]
    assert ag.logsumexp(x, 1).tolist() == expected
    assert gradient(lambda x: x.logsumexp(1), [[-INF, -INF], [0, -INF]]) == [[0, 0], [1, 0]]
    assert ag.logcumsumexp(ag.tensor([-INF, 0.0, 0.0]), 0).tolist() == [-INF, 0, np.float32(np.log(2)).item()]
    assert gradient(lambda x: x.logcumsumexp(0), [-INF, 0]) == [0, 1]


# --- where a derivative is missing --------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 2, 3, 2.5, 0.5, 0, INF, -INF, "fro"])
def test_norms_pass_no_gradient_at_zero(p):
    assert gradient(lambda x: x.norm(p), [0, 0]) == [0, 0]
    assert gradient(lambda x: x.norm(p, dim=0, keepdim=True), [[0, 0]]) == [[0, 0]]


def test_second_derivative_of_the_norm_at_zero_is_zero():
    x = ag.zeros(2, requires_grad=True)
    (g,) = ag.autograd.grad(x.norm(), x, create_graph=True)
    (h,) = ag.autograd.grad(g.sum(), x)
    assert h.tolist() == [0, 0]


def test_deviation_of_a_constant_passes_no_gradient():
    assert gradient(lambda x: x.std(1), [[2, 2, 2], [1, 2, 3]]) == [[0, 0, 0], [-0.5, 0, 0.5]]


def test_variance_without_freedom_is_not_a_number():
    x = ag.tensor([[1.0], [2.0]], requires_grad=True)
    assert np.isnan(x.var(1).tolist()).all()
    x.std(1).sum().backward()
    assert np.isnan(x.grad.tolist()).all()
    assert x.var(1, correction=0).tolist() == [0, 0]


def test_unbiased_and_correction_exclude_each_other():
    with pytest.raises(ArgumentError, match="var: unbiased=True and correction=1"):
        ag.tensor([1.0, 2.0]).var(unbiased=True, correction=1)


# --- empty tensors ------------------------------------------------------------------------------------------


def test_reductions_of_nothing():
    x = ag.zeros(0, 3, requires_grad=True)
    assert x.sum().item() == 0
    assert x.prod(0).tolist() == [1, 1, 1]
    assert np.isnan(x.mean().item())
    assert np.isnan(x.var().item())
    assert ag.logsumexp(x, 0).tolist() == [-INF] * 3
    assert x.norm().item() == 0
    assert not ag.any(x).item()
    assert ag.all(x).item()
    assert x.sum(1).shape == x.amax(1).shape == x.cumsum(0)[:, 0].shape == (0,)
    (x.sum() + x.mean(1).sum() + x.amax(1).sum()).backward()
    assert x.grad.shape == (0, 3)


@pytest.mark.parametrize("name", ["amax", "amin", "max", "min", "argmax", "argmin", "median"])
def test_there_is_no_extreme_of_nothing(name):
    x = ag.zeros(2, 0)
    with pytest.raises(ArgumentError, match=rf"{name}: a tensor of shape \(2, 0\) has no elements .*\n  fix"):
        getattr(ag, name)(x, 1)


def test_median_of_nothing_is_not_a_number():
    assert np.isnan(ag.median(ag.zeros(0)).item())


# --- axes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "max", "argmax", "any", "logsumexp", "var", "median"])
def test_an_axis_out_of_range_is_named(name):
    with pytest.raises(IndexingError, match=rf"{name}: dim 2 is out of range for a tensor of 2 axes"):
        getattr(ag, name)(ag.ones(2, 3), 2)


def test_an_axis_given_twice_is_refused():
    x = ag.ones(2, 3)
    with pytest.raises(ArgumentError, match="names an axis twice"):
        x.sum((0, -2))
    with pytest.raises(ArgumentError, match="dim=0 and axis=1 are the same argument twice"):
        x.sum(0, axis=1)
    with pytest.raises(ArgumentError, match=r"max: with indices only one dim is possible.*\n  fix: use amax"):
        x.max((0, 1))
    with pytest.raises(ArgumentError, match="cumsum: expected one axis"):
        x.cumsum()


def test_numbers_without_axes_have_dim_0():
    x = ag.tensor(2.0, requires_grad=True)
    total = x.sum(0) + x.mean(-1) + x.max(0).values + x.cumsum(0) + x.prod(0) + x.var(0, correction=0)
    total.backward()
    assert (total.item(), x.grad.item()) == (10, 5)
    assert x.argmax(0).item() == 0


# --- writes in place ----------------------------------------------------------------------------------------


def test_indices_may_be_written_to_without_harm():
    x = ag.tensor([[1.0, 3.0], [4.0, 2.0]], requires_grad=True)
    values, indices = x.max(1)
    indices.zero_()
    values.mul_(10)
    values.sum().backward()
    assert x.grad.tolist() == [[0, 10], [10, 0]]


def test_a_written_operand_is_noticed():
    x = ag.ones(3, requires_grad=True)
    y = x * 1
    z = y.var()
    y.add_(1)
    with pytest.raises(MutationError, match="'var' saved its x"):
        z.backward()


# --- statistics ---------------------------------------------------------------------------------------------


def test_modes_of_equal_counts():
    x = ag.tensor([[3, 1, 3, 1], [0, 5, 5, 2]])
    assert [v.tolist() for v in x.mode(1)] == [[1, 5], [3, 2]]
    assert [v.tolist() for v in ag.mode(x, 0, keepdim=True)] == [[[0, 1, 3, 1]], [[1, 0, 0, 0]]]


def test_quantiles_of_several_parts():
    x = ag.tensor(np.arange(12.0).reshape(3, 4))
    q = ag.tensor([0.0, 0.5, 1.0], dtype="float64")
    assert ag.quantile(x, q, 0).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert ag.quantile(x, q, 1, keepdim=True).shape == (3, 3, 1)
    assert ag.quantile(x, q).tolist() == [0, 5.5, 11]
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        ag.quantile(x, 1.5)
    with pytest.raises(ArgumentError, match="interpolation must be one of linear"):
        ag.quantile(x, 0.5, interpolation="cubic")


def test_histograms_of_one_value_and_counts_of_nothing():
    assert ag.histc(ag.tensor([2.0, 2.0]), bins=2).tolist() == [0, 2]
    assert ag.bincount(ag.tensor([], dtype="int64"), minlength=2).tolist() == [0, 0]
    with pytest.raises(ArgumentError, match="numbers from 0"):
        ag.bincount(ag.tensor([-1]))
    with pytest.raises(DTypeError, match=r"expected integers, got float32\n  fix: .*x\.long\(\)"):
        ag.bincount(ag.tensor([1.0]))
