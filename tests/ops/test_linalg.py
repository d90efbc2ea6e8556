"""Linear algebra: error texts, singular and degenerate matrices, empty ones; the rest is in the records."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import linalg
from autograd_np.errors import ArgumentError, DecompositionError, DTypeError, ShapeError, UnsupportedError
from autograd_np.testing import gradcheck, gradgradcheck

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
GOOD = [[2.0, 1.0], [1.0, 3.0]]
INF = float("inf")


def leaf(values):
    return ag.tensor(values, dtype="float64", requires_grad=True)


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("inv", linalg.inv),
        ("solve", lambda x: linalg.solve(x, ag.ones(2, 1))),
        (
            "solve",
            lambda x: linalg.solve_triangular(x * ag.tensor([[1.0, 1.0], [1.0, 0.0]]), ag.ones(2, 1), upper=True),
        ),
    ],
)
def test_singular_matrices_are_named(name, call):
    with pytest.raises(
        DecompositionError, match=rf"^{name}: a matrix of shape \(2, 2\) is singular: .*\n  fix: use pinv"
    ):
        call(ag.tensor(SINGULAR))


def test_the_failing_matrix_of_a_batch_is_named():
    batch = ag.tensor([GOOD, SINGULAR])
    with pytest.raises(DecompositionError, match=r"is singular \(matrix 1 of the batch\)"):
        linalg.inv(batch)
    with pytest.raises(DecompositionError, match=r"not positive definite \(matrix \(0, 1\) of the batch\)\n  fix"):
        linalg.cholesky(ag.tensor([[GOOD, [[1.0, 2.0], [2.0, 1.0]]]]))
    assert issubclass(DecompositionError, np.linalg.LinAlgError)
    assert issubclass(DecompositionError, RuntimeError)


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "eigh", "matrix_exp", "eig"])
def test_square_matrices_are_asked_for(name):
    with pytest.raises(ShapeError, match=rf"{name}: expected square matrices"):
        getattr(linalg, name)(ag.ones(2, 3))
    with pytest.raises(ShapeError, match=rf"{name}: expected a matrix"):
        getattr(linalg, name)(ag.ones(2))
    with pytest.raises(DTypeError, match=rf"{name}: expected floating values, got int64"):
        getattr(linalg, name)(ag.ones(2, 2, dtype="int64"))


@pytest.mark.parametrize("name", ["eigh", "svd", "pinv", "eig", "matrix_exp"])
def test_infinite_elements_are_refused(name):
    with pytest.raises(DecompositionError, match=rf"{name}: the matrix has infinite or NaN elements"):
        getattr(linalg, name)(ag.tensor([[1.0, INF], [0.0, 1.0]]))


def test_complex_eigenvalues_are_refused():
    with pytest.raises(DecompositionError, match=r"has complex eigenvalues.*\n  fix: use eigh"):
        linalg.eig(ag.tensor([[0.0, -1.0], [1.0, 0.0]]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: linalg.qr(x, "full"), ArgumentError, "mode must be 'reduced', 'complete' or 'r', got 'full'"),
        (lambda x: linalg.eigh(x, "X"), ArgumentError, "UPLO must be 'L' or 'U', got 'X'"),
        (lambda x: linalg.solve(x, ag.ones(3, 1)), ShapeError, r"solve: expected A \(..., n, n\) and B"),
        (lambda x: linalg.solve(x, ag.ones(2), left=False), ShapeError, r"B \(..., k, n\)"),
        (
            lambda x: linalg.solve_triangular(x, ag.ones(3, 1), upper=True),
            ShapeError,
            "the sizes of A and B do not fit",
        ),
        (lambda x: linalg.lstsq(x, ag.ones(3, 1)), ShapeError, "lstsq: expected A"),
        (lambda x: linalg.lstsq(x, ag.ones(2, 1), driver="x"), ArgumentError, "driver must be"),
        (lambda x: linalg.matrix_norm(x, "max"), ArgumentError, "ord must be 'fro', 'nuc', 1"),
        (lambda x: linalg.matrix_norm(x, 3), ArgumentError, "got 3"),
        (lambda x: linalg.matrix_norm(x[0]), ShapeError, "matrix_norm: expected matrices"),
        (lambda x: linalg.norm(x, "fro", dim=0), ShapeError, "a norm of matrices, which need two axes"),
        (lambda x: linalg.norm(x[None], 2), ShapeError, r"gives 3 axes\n  fix: pass dim"),
        (lambda x: ag.norm(x[0], "nuc"), ShapeError, "needs two axes"),
        (lambda x: ag.norm(x, "max"), ArgumentError, "p must be a number, 'fro' or 'nuc'"),
        (lambda x: ag.cdist(x, ag.ones(2, 3)), ShapeError, "with the same D"),
    ],
)
def test_arguments_are_checked(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.tensor(GOOD))


def test_half_precision_is_refused_in_words():
    with pytest.raises(DTypeError, match=r"inv: cannot compute on \(float16\)"):
        linalg.inv(ag.tensor(GOOD).half())


# --- what has no derivative ---------------------------------------------------------------------------------


def test_full_factors_have_no_derivative():
    x = leaf(np.arange(6.0).reshape(3, 2) ** 2)
    with pytest.raises(UnsupportedError, match="fix: use full_matrices=False"):
        linalg.svd(x).U.sum().backward()
    with pytest.raises(UnsupportedError, match="fix: use mode='reduced'"):
        linalg.qr(x, "complete").Q.sum().backward()
    with pytest.raises(UnsupportedError, match="mode 'r' keeps no Q"):
        linalg.qr(x, "r").R.sum().backward()


def test_singular_values_have_one_with_full_matrices_too():
    for shape in ((3, 2), (2, 3)):
        values = np.arange(6.0).reshape(shape) ** 2
        full, reduced = leaf(values), leaf(values)
        linalg.svd(full).S.sum().backward()
        linalg.svd(reduced, full_matrices=False).S.sum().backward()
        np.testing.assert_allclose(full.grad.numpy(), reduced.grad.numpy(), rtol=1e-12)


def test_vectors_of_equal_eigenvalues_have_no_finite_gradient():
    x = leaf(np.eye(2))
    values, vectors = linalg.eigh(x)
    values.sum().backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), np.eye(2))
    (vectors * ag.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert not np.isfinite(x.grad.numpy()).all()


# --- determinants at singular matrices ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "matrix",
    [
        SINGULAR,
        np.zeros((2, 2)),
        np.diag([0.0, 2.0, 3.0]),
        np.diag([0.0, 0.0, 3.0]),
        np.ones((3, 3)),
        np.arange(16.0).reshape(4, 4),
        [[0.0]],
    ],
)
def test_determinants_have_both_derivatives_at_singular_matrices(matrix):
    x = leaf(matrix)
    assert gradcheck(linalg.det, x, atol=1e-8)
    assert gradgradcheck(linalg.det, x, atol=1e-7)


def test_logarithms_of_determinants():
    x = ag.tensor([GOOD, [[0.0, 1.0], [1.0, 0.0]], SINGULAR])
    sign, logarithm = linalg.slogdet(x)
    assert sign.tolist() == [1, -1, 0]
    assert logarithm[2].item() == -INF
    found = ag.logdet(x).tolist()
    assert found[0] == pytest.approx(np.log(5))
    assert np.isnan(found[1])
    assert found[2] == -INF
    y = leaf(GOOD)
    linalg.slogdet(y).logabsdet.backward()
    np.testing.assert_allclose(y.grad.numpy(), np.linalg.inv(GOOD).T)


# --- values beyond the records ------------------------------------------------------------------------------


def test_least_squares_reports():
    a, b = ag.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), ag.tensor([[1.0], [2.0], [4.0]])
    solution, residuals, rank, singular_values = linalg.lstsq(a, b)
    np.testing.assert_allclose(solution.numpy(), [[1], [3]], rtol=1e-6)
    np.testing.assert_allclose(residuals.numpy(), [2], rtol=1e-6)
    assert rank.item() == 2
    assert singular_values.shape == (0,)
    assert linalg.lstsq(ag.tensor(SINGULAR), ag.ones(2, 1)).residuals.shape == (0,)


def test_pseudoinverse_of_a_deficient_matrix():
    np.testing.assert_allclose(linalg.pinv(ag.tensor(SINGULAR)).numpy(), np.linalg.pinv(SINGULAR), atol=1e-6)
    assert linalg.pinv(ag.zeros(2, 3)).tolist() == [[0, 0]] * 3
    assert linalg.pinv(ag.tensor(GOOD), hermitian=True).shape == (2, 2)


def test_exponential_of_large_and_nilpotent_matrices():
    x = ag.tensor([[0.0, 100.0], [0.0, 0.0]], dtype="float64")
    assert linalg.matrix_exp(x).tolist() == [[1, 100], [0, 1]]
    diagonal = ag.tensor(np.diag([-20.0, 3.0]))
    np.testing.assert_allclose(linalg.matrix_exp(diagonal).numpy(), np.diag(np.exp([-20, 3])), rtol=1e-10)


def test_condition_of_a_singular_matrix_is_infinite():
    assert linalg.cond(ag.tensor([[1.0, 0.0], [0.0, 0.0]])).item() == INF


def test_only_one_triangle_is_read():
    x = ag.tensor([[4.0, 99.0], [2.0, 5.0]])
    np.testing.assert_allclose(linalg.cholesky(x).numpy(), [[2, 0], [1, 2]])
    np.testing.assert_allclose(linalg.eigvalsh(x).numpy(), np.linalg.eigvalsh([[4, 2], [2, 5]]), rtol=1e-6)


def test_empty_matrices():
    x = ag.zeros(2, 0, 0, requires_grad=True)
    assert linalg.det(x).tolist() == [1, 1]
    assert linalg.inv(x).shape == linalg.matrix_exp(x).shape == (2, 0, 0)
    assert linalg.svdvals(ag.zeros(3, 0)).shape == (0,)
    assert linalg.matrix_rank(ag.zeros(3, 0)).item() == 0
    assert linalg.pinv(ag.zeros(3, 0)).shape == (0, 3)
    assert linalg.norm(ag.zeros(0)).item() == 0
    linalg.det(x).sum().backward()
    assert x.grad.shape == (2, 0, 0)


def test_gradients_of_the_symmetric_are_symmetric():
    x = leaf(GOOD)
    linalg.cholesky(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), x.grad.numpy().T)
