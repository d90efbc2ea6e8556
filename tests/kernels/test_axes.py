"""Axes as operations take them, and the errors for those that are not there."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.errors import ArgumentError, DTypeError, IndexingError
from autograd_np.kernels.axes import kept_shape, normalized_axes, normalized_axis


@pytest.mark.parametrize(
    ("axis", "ndim", "expected"), [(0, 3, 0), (2, 3, 2), (-1, 3, 2), (-3, 3, 0), (np.int64(1), 2, 1)]
)
def test_axis_counts_from_the_front(axis, ndim, expected):
    found = normalized_axis("sum", axis, ndim)
    assert found == expected
    assert type(found) is int


@pytest.mark.parametrize("axis", [0, -1])
def test_a_number_has_one_axis_to_name(axis):
    assert normalized_axis("sum", axis, 0) == 0


@pytest.mark.parametrize(("axis", "ndim"), [(3, 3), (-4, 3), (1, 0), (-2, 0)])
def test_axis_out_of_range_says_what_would_fit(axis, ndim):
    with pytest.raises(
        IndexingError, match=rf"cumsum: dim {axis} is out of range for a tensor of {ndim} axes"
    ) as caught:
        normalized_axis("cumsum", axis, ndim)
    assert f"between {-max(ndim, 1)} and {max(ndim, 1) - 1}" in str(caught.value)
    assert isinstance(caught.value, IndexError)


@pytest.mark.parametrize("axis", [1.0, "0", None, True])
def test_axis_must_be_an_integer(axis):
    with pytest.raises(DTypeError, match="sum: dim must be an integer"):
        normalized_axis("sum", axis, 3)


@pytest.mark.parametrize(
    ("axes", "ndim", "expected"),
    [
        (None, 3, (0, 1, 2)),
        ((), 2, (0, 1)),
        ([], 2, (0, 1)),
        (1, 3, (1,)),
        (-1, 3, (2,)),
        ((2, 0), 3, (0, 2)),
        ([-1, 0], 3, (0, 2)),
        (None, 0, ()),
        (0, 0, ()),
    ],
)
def test_axes_are_sorted_and_counted_from_the_front(axes, ndim, expected):
    assert normalized_axes("sum", axes, ndim) == expected


@pytest.mark.parametrize("axes", [(0, 0), (1, -1), [0, 1, -2]])
def test_an_axis_named_twice_is_an_error(axes):
    with pytest.raises(ArgumentError, match=r"mean: dim .* names an axis twice"):
        normalized_axes("mean", axes, 2)


def test_one_axis_among_several_out_of_range():
    with pytest.raises(IndexingError, match="dim 2"):
        normalized_axes("sum", (0, 2), 2)


def test_kept_shape_marks_reduced_axes():
    assert kept_shape((2, 3, 4), (0, 2)) == (1, 3, 1)
    assert kept_shape((2, 3), ()) == (2, 3)
    assert kept_shape((), ()) == ()
