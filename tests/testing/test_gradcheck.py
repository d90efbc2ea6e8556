"""gradcheck accepts right derivatives, and names what is wrong with wrong ones."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_np.core import Op, Tensor, UnaryOp, as_tensor, record, registry
from autograd_np.errors import ArgumentError, DTypeError, GradcheckError, GraphError
from autograd_np.testing import gradcheck, gradgradcheck


def leaf(*values: Any) -> Tensor:
    return as_tensor(np.array(values, dtype=np.float64)).requires_grad_()


@functools.cache
def row(rule: Callable[..., Any], kernel: Callable[..., Any] = np.sin) -> UnaryOp:
    """Return a row that lives for one test, outside the registry."""
    made = UnaryOp("tested", kernel, rule)
    del registry["tested"]
    return made


# --- what passes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False, None])
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_right_derivatives_pass(check: Callable[..., bool], fast: bool | None) -> None:
    a, b = leaf([0.3, -1.2], [2.0, 0.7]), leaf(1.5, -0.4)
    assert check(lambda a, b: (a * b / (1 + a * a), a - b), (a, b), fast_mode=fast)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_large_inputs_pass(check: Callable[..., bool]) -> None:
    x = as_tensor(np.linspace(-3, 900, 5000)).requires_grad_()
    assert check(lambda x: x * x / 7, x)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_scale_of_values_does_not_matter(check: Callable[..., bool], scale: float) -> None:
    assert check(lambda x: scale * (x * x * x), leaf(0.5, -2.0))


def test_empty_and_zero_dimensional_tensors() -> None:
    assert gradcheck(lambda x: x * 2, as_tensor(np.zeros((0, 3))).requires_grad_())
    assert gradcheck(lambda x, y: x * y, (as_tensor(np.array(3.0)).requires_grad_(), leaf()))
    assert gradgradcheck(lambda x: x * x, as_tensor(np.array(3.0)).requires_grad_())


def test_constants_and_other_arguments_are_passed_on() -> None:
    seen = []

    def scaled(x: Tensor, index: Tensor, factor: float, word: str) -> Any:
        seen.append((index.dtype, factor, word))
        return x * factor, index

    assert gradcheck(scaled, (leaf(1.0), as_tensor([1, 2]), 2.0, "word"))
    assert set(seen) == {(np.dtype(np.int64), 2.0, "word")}


@pytest.mark.parametrize("fast", [True, False])
def test_outputs_that_do_not_depend_on_an_input(fast: bool) -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0)
    assert gradcheck(lambda x, y: (x * 2, as_tensor(np.ones(2))), (x, y), fast_mode=fast)
    assert gradgradcheck(lambda x, y: (x * x, as_tensor(np.ones(2))), (x, y), fast_mode=fast)
    assert gradgradcheck(lambda x, y: as_tensor(np.ones(2)), (x, y), fast_mode=fast)


def test_given_cotangents() -> None:
    x = leaf(1.0, 2.0)
    assert gradgradcheck(lambda x: x * x, x, as_tensor(np.array([0.0, 5.0])))
    with pytest.raises(ArgumentError, match="got 2 grad_outputs for 1 floating outputs"):
        gradgradcheck(lambda x: x * x, x, [x, x])


def test_the_users_tensors_are_left_alone() -> None:
    x = leaf(1.0, 2.0)
    before = x.detach()._array.copy()
    gradcheck(lambda x: x * x, x)
    gradgradcheck(lambda x: x * x, x)
    assert x.grad is None
    np.testing.assert_array_equal(x.detach()._array, before)


def test_it_records_inside_no_grad() -> None:
    from autograd_np.core import no_grad

    x = leaf(1.0, 2.0)
    with no_grad():
        assert gradgradcheck(lambda x: x * x, x)
    with record():
        assert gradcheck(lambda x: x * x, x)


# --- what fails ---------------------------------------------------------------------------------------------


def wrong_by(relative: float) -> Callable[[Tensor], Tensor]:
    return row(lambda g, _y, x: g * np.cos(x) * (1 + relative))


@pytest.mark.parametrize("fast", [True, False])
def test_an_error_above_the_tolerance_fails(fast: bool) -> None:
    x = leaf(0.3, 1.0)
    assert gradcheck(wrong_by(1e-7), x, fast_mode=fast)
    assert not gradcheck(wrong_by(4e-6), x, fast_mode=fast, raise_exception=False)
    assert gradcheck(wrong_by(4e-6), x, fast_mode=fast, tolerance=1e-5)
    assert gradcheck(wrong_by(4e-6), x, fast_mode=fast, rtol=1e-5)
    assert gradcheck(wrong_by(4e-6), x, fast_mode=fast, atol=1e-4)


@pytest.mark.parametrize(("fast", "size"), [(True, 7), (False, 7), (None, 3000)])
def test_the_worst_element_is_named(fast: bool | None, size: int) -> None:
    place = (size - 2) // 2

    def off(g: Any, _y: Any, x: Any) -> Any:
        result = g * np.cos(x)
        result[place, 1] += 0.5
        return result

    def tested(x: Tensor, y: Tensor) -> Tensor:
        return x * 1 + row(off)(y)

    y = as_tensor(np.linspace(0.1, 1, 2 * size).reshape(size, 2)).requires_grad_()
    with pytest.raises(GradcheckError) as caught:
        gradcheck(tested, (leaf(1.0, 2.0), y), fast_mode=fast)
    message = str(caught.value)
    assert "gradcheck of 'tested'" in message
    assert f"input 1, element ({place}, 1)" in message
    analytical, numerical = (float(re.search(rf"{word} (\S+),", message)[1]) for word in ("analytical", "numerical"))
    assert analytical != pytest.approx(numerical, rel=1e-3)


def test_the_output_element_is_named() -> None:
    def tested(x: Tensor) -> Any:
        return x * 1, x * x.detach()

    with pytest.raises(GradcheckError, match=r"element \(1,\) of output 1 is wrong at input 0, element \(1,\)"):
        gradcheck(tested, leaf(0.0, 2.0))


def test_a_cut_path_is_hinted_at() -> None:
    with pytest.raises(GradcheckError, match="no path in the graph leads there"):
        gradcheck(lambda x: x.detach() * 2, leaf(1.0))
    assert not gradcheck(lambda x: x.detach() * 2, leaf(1.0), fast_mode=True, raise_exception=False)


def test_a_nearly_zero_gradient_is_judged_by_the_largest() -> None:
    # The derivative at the second element is wrong by 1e-9, which is nothing beside the first one's 1.
    tested = row(lambda g, _y, x: g * np.cos(x) + 1e-9)
    assert gradcheck(tested, leaf(0.0, np.pi / 2))


@pytest.mark.parametrize("fast", [True, False])
def test_nan_in_the_gradient_has_its_own_words(fast: bool) -> None:
    tested = row(lambda g, _y, x: g * np.where(x > 1, np.nan, np.cos(x)))
    with pytest.raises(GradcheckError, match=r"analytical gradient .* is nan at input 0, element \(1,\)"):
        gradcheck(tested, leaf(0.5, 1.5, 0.2), fast_mode=fast)


@pytest.mark.parametrize("fast", [True, False])
def test_nan_in_the_function_has_its_own_words(fast: bool) -> None:
    tested = row(lambda g, _y, _x: g, lambda x: np.where(x > 1.50001, np.nan, x))
    with pytest.raises(GradcheckError, match=r"numerical gradient .* is nan at input 0, element \(1,\)"):
        gradcheck(tested, leaf(0.5, 1.5, 0.2), fast_mode=fast)


def test_infinite_gradients_are_not_finite() -> None:
    tested = row(lambda g, _y, x: np.where(x > 1, np.inf, np.cos(x)))
    with pytest.raises(GradcheckError, match="is inf at input 0"):
        gradcheck(tested, leaf(0.5, 1.5))


def test_a_function_with_state_is_found() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(GradcheckError, match="differs between two calls"):
        gradcheck(lambda x: x * rng.random(), leaf(1.0))


def test_a_wrong_second_derivative_is_found() -> None:
    cubed = row(lambda g, _y, x: g * 3 * (x * (x.detach() if isinstance(x, Tensor) else x)), lambda x: x**3)
    x = leaf(0.5, -1.5)
    assert gradcheck(cubed, x)
    with pytest.raises(GradcheckError, match=r"gradgradcheck of .* is wrong at input 0"):
        gradgradcheck(cubed, x)


@pytest.mark.parametrize("fast", [True, False])
def test_a_rule_that_is_not_linear_is_found(fast: bool) -> None:
    tested = row(lambda g, _y, x: g * g * (x * 0 + 1), lambda x: x * 1)
    with pytest.raises(GradcheckError, match="is wrong at" if fast else "not linear in the cotangent"):
        gradcheck(tested, leaf(0.5, 2.0), fast_mode=fast)


def test_recorded_gradients_that_differ_from_plain_ones_are_found() -> None:
    tested = row(lambda g, _y, x: g * (x * 1) if isinstance(x, Tensor) else g * np.cos(x))
    with pytest.raises(GradcheckError, match="other values when its computation is recorded"):
        gradgradcheck(tested, leaf(0.5))


# --- wrong calls --------------------------------------------------------------------------------------------


def test_inputs_must_be_float64() -> None:
    x = as_tensor(np.ones(2, np.float32)).requires_grad_()
    with pytest.raises(DTypeError, match=r"input 1 is float32.*\n  fix: make it float64"):
        gradcheck(lambda y, x: x, (leaf(1.0), x))


def test_outputs_must_be_float64() -> None:
    narrow = Op("narrow", lambda x: x.astype(np.float32), lambda g, _y, _x: g)
    del registry["narrow"]
    with pytest.raises(DTypeError, match="output 0 is float32 although"):
        gradcheck(narrow, leaf(1.0))


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_some_input_must_require_gradients(check: Callable[..., bool]) -> None:
    with pytest.raises(ArgumentError, match="no input requires gradients"):
        check(lambda x: x, as_tensor(np.ones(2)))


def test_errors_of_the_function_pass_through() -> None:
    def broken(x: Tensor) -> Tensor:
        raise GraphError("of its own")

    with pytest.raises(GraphError, match="of its own"):
        gradcheck(broken, leaf(1.0), raise_exception=False)


def test_a_value_that_is_nan_warns_of_nothing_else() -> None:
    with pytest.raises(GradcheckError, match=r"analytical gradient of element \(0,\) of output 0 is nan"):
        gradcheck(lambda t: t * float("nan"), (leaf(1.0, 2.0),))
