"""Similarities beyond their records: zero vectors, what agrees with what, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError


def test_zero_vectors_are_like_nothing_and_pass_no_nan_on() -> None:
    x, y = ag.zeros(2, 3, requires_grad=True), ag.ones(2, 3, requires_grad=True)
    cosine = ag.cosine_similarity(x, y)
    assert cosine.tolist() == [0, 0]
    cosine.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    assert y.grad.tolist() == [[0] * 3] * 2


def test_equal_vectors_have_a_distance_with_a_gradient() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    ag.pairwise_distance(x, ag.ones(2, 3)).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 / np.sqrt(3), rtol=1e-3)


def test_the_cosine_does_not_see_lengths() -> None:
    x, y = ag.randn(4, 5, dtype=ag.float64), ag.randn(4, 5, dtype=ag.float64)
    np.testing.assert_allclose(ag.cosine_similarity(3 * x, 0.1 * y).numpy(), ag.cosine_similarity(x, y).numpy())
    np.testing.assert_allclose(ag.cosine_similarity(x, -x).numpy(), -1.0)


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 2.5, float("inf")])
def test_pairs_are_the_upper_triangle(p: float) -> None:
    x = ag.randn(5, 3, dtype=ag.float64)
    all_pairs = ag.cdist(x, x, p).numpy()
    np.testing.assert_allclose(ag.pdist(x, p).numpy(), all_pairs[np.triu_indices(5, 1)], rtol=1e-12)


def test_no_pairs() -> None:
    assert ag.pdist(ag.ones(1, 3)).shape == (0,)
    assert ag.pdist(ag.ones(0, 3)).shape == (0,)


def test_a_bilinear_form_is_linear_in_each_vector() -> None:
    a, b, w = ag.randn(4, 2), ag.randn(4, 3), ag.randn(5, 2, 3)
    y = ag.bilinear(a, b, w)
    np.testing.assert_allclose(ag.bilinear(2 * a, -b, w).numpy(), -2 * y.numpy(), rtol=1e-5)
    assert ag.bilinear(ag.ones(0, 2), ag.ones(0, 3), w).shape == (0, 5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.cosine_similarity(ag.ones(2, 3), ag.ones(2, 4)), ShapeError, "the two must broadcast"),
        (lambda: ag.cosine_similarity(ag.ones(3), ag.ones(3)), IndexingError, "cosine_similarity: dim 1 is out of"),
        (lambda: ag.pairwise_distance(ag.ones(2, 3), ag.ones(4, 3)), ShapeError, "the two must broadcast"),
        (lambda: ag.pdist(ag.ones(3)), ShapeError, r"pdist: expected rows \(N, D\)"),
        (lambda: ag.pdist(ag.ones(3, 2), -1.0), ArgumentError, "must not be negative, got -1.0"),
        (lambda: ag.pdist(ag.ones(3, 2).long()), DTypeError, "pdist: expected floating-point numbers, got int64"),
        (lambda: ag.cdist(ag.ones(3), ag.ones(3, 3)), ShapeError, r"cdist: expected \(\*, N, D\) and \(\*, M, D\)"),
        (lambda: ag.cdist(ag.ones(3, 2), ag.ones(3, 2), -1), ArgumentError, "cdist: the order of the norm must not"),
        (lambda: ag.cdist(ag.ones(3, 2), ag.ones(3, 2), 2, "mm"), ArgumentError, "compute_mode must be one of use_mm"),
        (lambda: ag.cdist(ag.ones(3, 2), ag.ones(3, 2).double()), DTypeError, "got float32 and float64"),
        (lambda: ag.bilinear(ag.ones(2, 3), ag.ones(3, 4), ag.ones(5, 3, 4)), ShapeError, "the same leading axes"),
        (lambda: ag.bilinear(ag.ones(2, 4), ag.ones(2, 4), ag.ones(5, 3, 4)), ShapeError, r"weight \(O, M, P\)"),
        (
            lambda: ag.bilinear(ag.ones(2, 3), ag.ones(2, 4), ag.ones(5, 3, 4), ag.ones(4)),
            ShapeError,
            r"expected bias \(5,\)",
        ),
        (lambda: ag.bilinear(ag.ones(2, 3), ag.ones(2, 4), ag.ones(5, 3, 4).double()), DTypeError, "same dtype"),
    ],
)
def test_similarities_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
