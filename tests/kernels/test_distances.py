"""Distances by a product of matrices keep the digits that the differences have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_np.kernels import distances as kernels
from autograd_np.kernels.distances import distances


def exact(a: Any, b: Any) -> Any:
    wide = a.astype(np.longdouble)[..., :, None, :] - b.astype(np.longdouble)[..., None, :, :]
    return np.sqrt((wide**2).sum(-1))


@pytest.mark.parametrize("apart", [1.0, 1e-2, 1e-5, 1e-9, 0.0])
@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-6)])
def test_near_vectors(dtype: Any, tolerance: float, offset: float, apart: float) -> None:
    rng = np.random.default_rng(0)
    a = (rng.normal(size=(40, 6)) + offset).astype(dtype)
    b = (a[::-1] + apart * rng.normal(size=(40, 6))).astype(dtype)
    found = distances(a, b)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, exact(a, b).astype(np.float64), rtol=tolerance)


def test_a_vector_has_no_distance_from_itself() -> None:
    x = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)
    assert (np.diag(distances(x, x)) == 0).all()


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(2, 9, 3))
    b = a[:1] + 1e-8 * rng.normal(size=(1, 9, 3))
    monkeypatch.setattr(kernels, "_CHUNK", 8)
    np.testing.assert_allclose(distances(a, b), exact(a, b).astype(np.float64), rtol=1e-11)


def test_infinite_vectors_are_infinitely_far_away() -> None:
    a = np.array([[np.inf, 0.0], [1.0, 1.0], [np.nan, 0.0]])
    found = distances(a, np.array([[0.0, 1.0], [5.0, 4.0]]))
    assert found[:2].tolist() == [[np.inf, np.inf], [1.0, 5.0]]
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize(
    ("first", "second"), [((0, 3), (2, 3)), ((2, 3), (0, 3)), ((2, 0), (4, 0)), ((2, 1, 3, 4), (5, 2, 4))]
)
def test_shapes(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=first), rng.normal(size=second)
    np.testing.assert_allclose(distances(a, b), exact(a, b).astype(np.float64), rtol=1e-12)
