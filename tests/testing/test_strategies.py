"""The strategies draw what they say, and reach what they are for."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from autograd_np.core import Tensor
from autograd_np.errors import ArgumentError
from autograd_np.testing import strategies


@given(strategies.broadcastable_shapes(3, min_side=0))
def test_shapes_broadcast(drawn: Any) -> None:
    assert len(drawn) == 3
    np.broadcast_shapes(*drawn)


@given(st.data())
def test_axes_are_valid(data: st.DataObject) -> None:
    shape = data.draw(strategies.shapes())
    axes = data.draw(strategies.axes(len(shape)))
    np.zeros(shape).sum(axis=axes)


def test_axes_of_each_kind() -> None:
    assert find(strategies.axes(3), lambda a: a is None) is None
    assert find(strategies.axes(3), lambda a: isinstance(a, tuple) and len(a) == 3)
    assert isinstance(find(strategies.axes(3, none=False, several=False), lambda a: True), int)


@given(st.data())
def test_indices_index(data: st.DataObject) -> None:
    shape = data.draw(strategies.shapes(min_side=0))
    np.zeros(shape)[data.draw(strategies.indices(shape))]


@pytest.mark.parametrize(
    "wanted",
    [
        lambda i: isinstance(i, tuple) and None in [p for p in i if not isinstance(p, np.ndarray)],
        lambda i: isinstance(i, np.ndarray) and i.dtype == bool,
        lambda i: isinstance(i, tuple) and sum(isinstance(p, np.ndarray) for p in i) == 2,
        lambda i: isinstance(i, tuple) and {type(p) for p in i} >= {int, slice, np.ndarray},
        lambda i: isinstance(i, tuple) and any(isinstance(p, np.ndarray) and len(set(p.ravel())) < p.size for p in i),
    ],
    ids=["newaxis", "mask", "two arrays", "mixed", "repeated"],
)
def test_indices_reach_every_form(wanted: Any) -> None:
    find(strategies.indices((3, 2, 3)), wanted)


@given(st.data())
def test_layouts_keep_values(data: st.DataObject) -> None:
    array = data.draw(strategies.arrays(strategies.shapes(min_side=0)))
    laid_out = data.draw(strategies.layouts(array))
    assert laid_out.dtype == array.dtype
    assert not np.shares_memory(laid_out, array)
    np.testing.assert_array_equal(laid_out, array)


def test_layouts_are_what_their_names_say() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    made = {name: layout(array) for name, layout in strategies.LAYOUTS.items()}
    assert made["contiguous"].flags.c_contiguous
    assert made["fortran"].flags.f_contiguous
    assert not made["fortran"].flags.c_contiguous
    assert made["strided"].strides[-1] == 2 * array.itemsize
    assert all(step < 0 for step in made["negative stride"].strides)
    rotated = made["rotated axes"].flags
    assert not rotated.c_contiguous
    assert not rotated.f_contiguous
    assert not made["read-only"].flags.writeable
    assert strategies.LAYOUTS["zero stride"](np.ones((2, 3))).strides == (0, 0)
    part = strategies.LAYOUTS["zero stride"](np.array([[1.0, 2.0], [1.0, 2.0]]))
    assert part.strides == (0, 8)


@given(strategies.tensors(any_layout=True))
def test_tensors_are_leaves_for_gradcheck(t: Tensor) -> None:
    assert t.dtype == np.float64
    assert t.requires_grad
    assert t.is_leaf


@given(st.data())
def test_elements_follow_the_type(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.uint8, np.bool_]))
    t = data.draw(strategies.tensors(dtype=dtype))
    assert t.dtype == dtype
    assert t.requires_grad == (t.dtype.kind == "f")
    assert np.isfinite(t._array if t.dtype.kind != "f" else t.detach()._array).all()


def test_dtypes() -> None:
    drawn = {find(strategies.dtypes("fib"), lambda d, n=name: d.name == n).name for name in ("float32", "int8", "bool")}
    assert drawn == {"float32", "int8", "bool"}
    with pytest.raises(ArgumentError, match="expected letters of 'fiub', got 'fc'"):
        strategies.dtypes("fc")


@given(strategies.broadcastable_tensors(3, min_side=0))
def test_broadcastable_tensors(drawn: Any) -> None:
    assert len(drawn) == 3
    np.broadcast_shapes(*(t.shape for t in drawn))
    assert all(t.requires_grad and t.dtype == np.float64 for t in drawn)


@given(strategies.numbers(-1, 0.3, avoid=(0,), margin=0.1, dtype=np.float32))
def test_numbers_stay_in_range_and_away_from_kinks(x: float) -> None:
    assert -1 <= x <= 0.3
    assert abs(x) >= 0.1


def test_importing_the_package_does_not_import_hypothesis() -> None:
    program = "import sys, autograd_np, autograd_np.testing; sys.exit('hypothesis' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 (our own program)
