"""At kinks: finite by default, documented, PyTorch's unless the table says so; `strict_kinks` raises exactly there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn.functional as F
from autograd_np.autograd import strict_kinks
from autograd_np.autograd.kinks import KINKS
from autograd_np.core import registry
from autograd_np.errors import GraphError, KinkError
from tests.autograd.kink_points import POINTS, Point

each_point = pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.row} at {point.x}")


def gradient(point: Point, moved: Any = 0.0) -> Any:
    x = ag.tensor(np.array(point.x) + moved, dtype="float64", requires_grad=True)
    point.function(ag, F, x).sum().backward()
    return x.grad.numpy()


def kink_of(row: str) -> Any:
    return next(kink for kink in KINKS if row in kink.rows)


@each_point
def test_the_convention_is_finite_and_as_documented(point: Point) -> None:
    np.testing.assert_array_equal(gradient(point), point.gradient)
    assert np.isfinite(point.gradient).all()


@each_point
def test_strict_raises_there_with_operation_place_and_fix(point: Point) -> None:
    with pytest.raises(KinkError) as caught, strict_kinks():
        gradient(point)
    kink = kink_of(point.row)
    message = str(caught.value)
    assert message.startswith(f"{point.row}: no derivative at (")
    assert f", where {kink.at}\n  at kink_points.py:" in message
    assert f"\n  without strict_kinks() the derivative there is {kink.used}\n  fix: {kink.fix}" in message


@each_point
def test_strict_passes_beside_the_kink(point: Point) -> None:
    # Into the domain of asin and acosh, and no two elements by as much.
    inwards = -0.01 if point.row in {"asin", "acos"} else 0.01
    away = np.sign(np.array(point.x) + (0.5 if point.row not in {"asin", "acos"} else 0)) * inwards
    steps = away * (1 + np.arange(len(point.x)))
    with np.errstate(all="ignore"), strict_kinks():
        assert np.isfinite(gradient(point, steps)).all()


def test_every_row_of_the_table_has_a_point_or_a_sibling_with_one() -> None:
    assert {kink for kink in KINKS if not any(point.row in kink.rows for point in POINTS)} == set()


def test_the_table_names_rows_that_exist_once_each() -> None:
    names = [name for kink in KINKS for name in kink.rows]
    assert len(names) == len(set(names))
    assert set(names) <= set(registry)


def test_where_pytorch_differs_is_said_in_the_table_and_nowhere_else() -> None:
    different = {kink_of(point.row) for point in POINTS if point.torch is not None}
    assert different == {kink for kink in KINKS if kink.torch}


def test_a_kink_that_no_gradient_passes_is_none() -> None:
    x = ag.tensor([0.0, 4.0], requires_grad=True)
    with strict_kinks():
        (x.sqrt() * ag.tensor([0.0, 1.0])).sum().backward()
        x.sqrt()[1].backward()
    assert x.grad.tolist() == [0.0, 0.5]


def test_the_place_and_the_number_of_places() -> None:
    x = ag.tensor([[1.0, 0.0], [0.0, 2.0]], requires_grad=True)
    with (
        pytest.raises(KinkError, match=r"abs: no derivative at \(0, 1\) and 1 more, where x = 0") as caught,
        strict_kinks(),
    ):
        x.abs().sum().backward()
    assert "  x  float32 (2, 2): from 0 to 2, mean 0.75; 0 at (0, 1)" in str(caught.value)


def test_a_graph_recorded_outside_cannot_be_judged() -> None:
    y = ag.tensor([1.0], requires_grad=True).abs().sum()
    with pytest.raises(GraphError, match=r"compute the output inside strict_kinks\(\) too"), strict_kinks():
        y.backward()


def test_mode_false_and_the_end_of_the_block() -> None:
    x = ag.tensor([0.0], requires_grad=True)
    with strict_kinks(), strict_kinks(False):
        x.sqrt().sum().backward()
    x.sqrt().sum().backward()


def test_second_order_is_finite_too() -> None:
    for function in (ag.sqrt, lambda x: x**0.5, lambda x: x**1.5, lambda x: x.norm(), lambda x: (1 - x).acos()):
        x = ag.tensor([0.0], dtype="float64", requires_grad=True)
        (g,) = ag.autograd.grad(function(x).sum(), x, create_graph=True)
        assert np.isfinite(g.item())
        assert np.isfinite(ag.autograd.grad(g.sum(), x)[0].item())


@pytest.mark.parametrize(
    ("function", "at"),
    [(ag.log, 0.0), (ag.reciprocal, 0.0), (ag.rsqrt, 0.0), (ag.atanh, 1.0), (lambda x: x**-1, 0.0), (ag.log1p, -1.0)],
)
def test_an_infinite_value_keeps_its_infinite_derivative(function: Any, at: float) -> None:
    x = ag.tensor(at, dtype="float64", requires_grad=True)
    with np.errstate(all="ignore"):
        y = function(x)
        y.backward()
    assert np.isinf(y.item())
    assert np.isinf(x.grad.item())
