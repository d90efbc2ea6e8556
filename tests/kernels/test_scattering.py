"""Adding at positions that repeat, against NumPy's own slow way."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.kernels import scattering
from tests.kernels.images import drawn


@pytest.mark.parametrize(
    ("places", "width", "count"),
    [(1000, 64, 500), (10, 64, 500), (1, 40, 100), (200_000, 33, 400), (5000, 3, 3000), (50, 256, 40)],
)
def test_rows_at_repeated_places_add_up(places: int, width: int, count: int) -> None:
    rng = np.random.default_rng(0)
    index, values, x = rng.integers(places, size=count), drawn((count, width)), drawn((places, width), 1)
    right = x.copy()
    np.add.at(right, index, values)
    scattering.add_at(x, (index,), values)
    np.testing.assert_allclose(x, right, rtol=1e-12, atol=1e-12)


def test_rows_at_places_of_two_axes() -> None:
    rng = np.random.default_rng(0)
    index = (rng.integers(3, size=300), rng.integers(4, size=300))
    values, x = drawn((300, 5, 20)), drawn((3, 4, 5, 20), 1)
    right = x.copy()
    np.add.at(right, index, values)
    scattering.add_at(x, index, values)
    np.testing.assert_allclose(x, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("limit", [3, 1 << 16, 1 << 20, 1 << 40])
def test_numbers_of_any_length_are_sorted_as_numpy_sorts_them(limit: int) -> None:
    numbers = np.random.default_rng(0).integers(limit, size=1000)
    np.testing.assert_array_equal(scattering._sorting(numbers), np.argsort(numbers, kind="stable"))
