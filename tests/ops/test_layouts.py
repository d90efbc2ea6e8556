"""Shapes, broadcasting, types and memory layouts: at random for elementwise records, every layout for the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_np.core import Tensor, as_tensor, gradients
from autograd_np.errors import GradcheckError
from autograd_np.testing import gradcheck, strategies
from tests.ops.calls import CALLS, Call, cotangents, first_and_second, flat
from tests.samples import Record, all_records

ELEMENTWISE = {r.name: r for r in all_records() if r.elementwise}
OTHERS = [call for call in CALLS if not call.record.elementwise]
each_elementwise = pytest.mark.parametrize("name", ELEMENTWISE)
each_differentiable = pytest.mark.parametrize("name", [name for name, r in ELEMENTWISE.items() if r.order > 0])


def calls_of(r: Record) -> list[Call]:
    """Return the record's calls in which every operand that is an array may take any shape."""
    return [call for call in CALLS if call.record is r]


# --- elementwise records ------------------------------------------------------------------------------------


@st.composite
def drawn_call(draw: st.DrawFn, r: Record, *, dtype: Any = None, layout: bool = True) -> tuple[Call, list[Any]]:
    """Draw one of the record's calls, with other arrays in place of its operands'."""
    call = draw(st.sampled_from(calls_of(r)))
    positions = [i for i, operand in enumerate(call.case.operands) for _ in flat(operand)]
    drawn_shapes = draw(strategies.broadcastable_shapes(len(positions), max_dims=3, max_side=3, min_side=0))
    chosen = draw(st.sampled_from((np.float32, np.float64))) if dtype is None else dtype
    arrays = []
    for position, sample, shape in zip(positions, flat(call.case.operands), drawn_shapes, strict=True):
        if sample.dtype.kind == "f":
            # A record may narrow its domain for a scalar that stands beside: where all samples lie is always right.
            low, high = r.domain[min(position, len(r.domain) - 1)]
            if not ((sample >= low) & (sample <= high)).all():
                low, high = float(sample.min()), float(sample.max())
            # In steps of 1e-3: nothing is learnt from 1e-200, whose square is 0.
            elements = strategies.numbers(low, high, avoid=r.kinks).map(lambda x: round(x, 3))
            array = draw(strategies.arrays(shape, np.float64, elements)).astype(chosen)
        else:
            values = np.unique(sample).tolist()
            array = draw(strategies.arrays(shape, sample.dtype, st.sampled_from(values)))
        arrays.append(draw(strategies.layouts(array)) if layout else array)
    return call, arrays


@each_elementwise
@given(data=st.data())
def test_elementwise_values(name: str, data: st.DataObject) -> None:
    r = ELEMENTWISE[name]
    call, arrays = data.draw(drawn_call(r))
    before = [array.tobytes() for array in arrays]
    wide = [array.astype(np.float64) if array.dtype.kind == "f" else array for array in arrays]
    outputs, expected = call(arrays), call.reference(wide)
    narrow = any(array.dtype == np.float32 for array in arrays)
    tolerance = 1e-4 if narrow else max(r.tolerance, 1e-9)
    for y, wanted in zip(outputs, expected, strict=True):
        assert y.shape == wanted.shape
        assert y.dtype.kind == wanted.dtype.kind
        if narrow and wanted.dtype == np.float64 and not call.asks_for_a_type():
            assert y.dtype == np.float32
        np.testing.assert_allclose(y._array, wanted, rtol=tolerance, atol=tolerance)
    assert [array.tobytes() for array in arrays] == before


def summed_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which a shape was broadcast."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(axis for axis, n in enumerate(shape) if n == 1 and g.shape[axis] != 1)
    return g.sum(axis=stretched, keepdims=True)


@each_differentiable
@given(data=st.data())
def test_elementwise_gradients_sum_over_broadcast_axes(name: str, data: st.DataObject) -> None:
    r = ELEMENTWISE[name]
    call, arrays = data.draw(drawn_call(r, dtype=np.float64))
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    full = [np.array(np.broadcast_to(array, shape), order="C") for array in arrays]
    got = first_and_second(call, arrays, order=1)[1]
    expected = first_and_second(call, full, order=1)[1]
    floating = [array for array in arrays if array.dtype.kind == "f"]
    for g, wide, array in zip(got, expected, floating, strict=True):
        assert g.shape == array.shape
        np.testing.assert_allclose(g._array, summed_to(wide._array, array.shape), rtol=1e-9, atol=1e-9)


def smooth(function: Callable[..., Sequence[Tensor]], leaves: Sequence[Tensor]) -> bool:
    """Tell whether the differences to both sides agree for every operand: it does not stand on a kink."""
    h = 1e-5
    middle = [y._array for y in function(*leaves)]
    for i in (i for i, x in enumerate(leaves) if x.requires_grad):
        slopes = []
        for step in (h, -h, 30 * h, -30 * h):
            moved = [as_tensor(x._array + step) if j == i else x for j, x in enumerate(leaves)]
            slopes.append([(y._array - m) / step for y, m in zip(function(*moved), middle, strict=True)])
        for first, *others in zip(*slopes, strict=True):
            if not all(np.allclose(first, other, rtol=0.05, atol=0.05) for other in others):
                return False
    return True


@each_differentiable
@given(data=st.data())
def test_elementwise_derivatives(name: str, data: st.DataObject) -> None:
    r = ELEMENTWISE[name]
    call, arrays = data.draw(drawn_call(r, dtype=np.float64))
    leaves = call.leaves(arrays)
    try:
        gradcheck(lambda *xs: call(xs), leaves, tolerance=max(r.tolerance, 1e-6), atol=1e-7, fast_mode=True)
    except GradcheckError:
        # Two operands can meet at a kink, as in maximum(a, b), that no list of values tells.
        assume(smooth(lambda *xs: [y for y in call(xs) if y.is_floating_point()], leaves))
        raise


# --- all other records --------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", OTHERS, ids=str)
def test_layouts_make_no_difference(call: Call) -> None:
    arrays = call.arrays()
    order = min(1, call.record.order)
    ys, first, _ = first_and_second(call, arrays, order=order)
    for name, layout in strategies.LAYOUTS.items():
        laid_out = [layout(array) for array in arrays]
        before = [array.tobytes() for array in laid_out]
        zs, again, _ = first_and_second(call, laid_out, order=order)
        for y, z in zip([*ys, *first], [*zs, *again], strict=True):
            assert z.dtype == y.dtype
            np.testing.assert_allclose(z._array, y._array, rtol=1e-9, atol=1e-12, err_msg=name)
        assert [array.tobytes() for array in laid_out] == before, name


@pytest.mark.parametrize("call", [call for call in CALLS if call.record.order > 0], ids=str)
def test_layouts_of_the_cotangent_make_no_difference(call: Call) -> None:
    leaves = call.leaves(call.arrays())
    ys = [y for y in call(leaves) if y.requires_grad]
    xs = [x for x in leaves if x.requires_grad]
    drawn = cotangents([y.shape for y in ys], 0.4)
    for name, layout in strategies.LAYOUTS.items():
        # Equal values can lie in one place, and ones are what sums send back.
        plain = [np.ones_like(g) for g in drawn] if name == "zero stride" else drawn
        laid_out = [layout(g) for g in plain]
        before = [g.tobytes() for g in laid_out]
        for g, h in zip(derivative(ys, xs, plain), derivative(ys, xs, laid_out), strict=True):
            np.testing.assert_allclose(h, g, rtol=1e-9, atol=1e-12, err_msg=name)
        assert [g.tobytes() for g in laid_out] == before, name


def derivative(ys: Sequence[Tensor], xs: Sequence[Tensor], gs: Sequence[Any]) -> list[Any]:
    if not ys:
        return []
    got = gradients(ys, xs, gs, retain_graph=True, materialize_grads=True)
    return [g._array for g in got if g is not None]
