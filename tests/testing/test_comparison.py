"""assert_close: tolerances by type, structures, and the words of its failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_np.core import as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.testing import assert_close


@pytest.mark.parametrize(
    ("dtype", "relative", "absolute"),
    [(np.float16, 1e-3, 1e-5), (np.float32, 1.3e-6, 1e-5), (np.float64, 1e-7, 1e-7)],
)
def test_tolerances_follow_the_type(dtype: Any, relative: float, absolute: float) -> None:
    big = as_tensor(np.array([8192.0], dtype))
    near, far = (as_tensor((big._array * (1 + k * relative)).astype(dtype)) for k in (0.5, 3))
    assert_close(near, big)
    with pytest.raises(AssertionError, match="values differ in 1 of 1 elements"):
        assert_close(far, big)
    zero = as_tensor(np.zeros(1, dtype))
    assert_close(as_tensor(np.array([0.5 * absolute], dtype)), zero)
    with pytest.raises(AssertionError):
        assert_close(as_tensor(np.array([3 * absolute], dtype)), zero)


def test_given_tolerances() -> None:
    a, b = as_tensor(np.array([1.0, 2.0])), as_tensor(np.array([1.0, 2.1]))
    assert_close(a, b, rtol=0.1)
    assert_close(a, b, atol=0.2)
    with pytest.raises(AssertionError):
        assert_close(a, b, rtol=0, atol=0.05)
    with pytest.raises(ArgumentError, match="must not be negative"):
        assert_close(a, b, rtol=-1)


def test_integers_and_booleans_must_be_equal() -> None:
    assert_close(as_tensor([1, 2]), as_tensor([1, 2]))
    with pytest.raises(AssertionError, match=r"worst at \(1,\): actual 2.0, expected 3.0"):
        assert_close(as_tensor([1, 2]), as_tensor([1, 3]))
    with pytest.raises(AssertionError):
        assert_close(as_tensor([True]), as_tensor([False]))
    assert_close(as_tensor([100]), as_tensor([101]), atol=2)


def test_the_worst_element_is_named() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    b = np.array([[1.0, 2.001], [3.0, 4.5]])
    with pytest.raises(AssertionError, match=r"2 of 4 elements\n  worst at \(1, 1\): actual 4.0, expected 4.5") as e:
        assert_close(a, b)
    assert "absolute difference 0.5" in str(e.value)
    assert "relative difference 0.111" in str(e.value)


def test_types_and_shapes() -> None:
    a, b = as_tensor(np.ones(2, np.float32)), as_tensor(np.ones(2))
    with pytest.raises(AssertionError, match="types differ: got float32, expected float64"):
        assert_close(a, b)
    assert_close(a, b, check_dtype=False)
    with pytest.raises(AssertionError, match="shapes differ\n"):
        assert_close(as_tensor(np.ones(2)), as_tensor(np.ones((2, 1))))


def test_numbers_have_no_type() -> None:
    assert_close(as_tensor(np.array(1.0, np.float32)), 1.0)
    assert_close(2, as_tensor(2))
    assert_close(1.0, 1.0 + 1e-9)
    with pytest.raises(AssertionError):
        assert_close(1.0, 1.1)


def test_nan_and_infinity() -> None:
    nan, inf = np.array([np.nan, 1.0]), np.array([np.inf, 1.0])
    with pytest.raises(AssertionError, match=r"worst at \(0,\): actual nan"):
        assert_close(nan, nan)
    assert_close(nan, nan, equal_nan=True)
    assert_close(inf, inf)
    with pytest.raises(AssertionError, match=r"worst at \(0,\)"):
        assert_close(inf, -inf)


def test_structures() -> None:
    a, b = as_tensor([1.0]), as_tensor([2.0])
    assert_close([a, {"x": b}], [a, {"x": b}])
    with pytest.raises(AssertionError, match=r"^\[1\]\['x'\]: values differ"):
        assert_close([a, {"x": b}], [a, {"x": a}])
    with pytest.raises(AssertionError, match="got 1 items, expected 2"):
        assert_close([a], [a, b])
    with pytest.raises(AssertionError, match=r"got the keys \['x'\], expected \['y'\]"):
        assert_close({"x": a}, {"y": a})
    with pytest.raises(AssertionError, match="got Tensor, expected list"):
        assert_close(a, [a])
    with pytest.raises(AssertionError, match="got list, expected dict"):
        assert_close([a], {"x": a})


def test_a_message_of_ones_own() -> None:
    with pytest.raises(AssertionError, match=r"^after 3 steps\nvalues differ"):
        assert_close(as_tensor([1.0]), as_tensor([2.0]), msg="after 3 steps")
