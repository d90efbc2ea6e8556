"""CTC: worked examples, impossible labels, long inputs, orders of the derivative, and the errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError, UnsupportedError

LOGS = np.log(np.full((4, 2, 3), 1 / 3))
LABELS = np.array([[1, 2], [2, 1]])


def loss(x, targets, steps, sizes, **options):
    return ag.ctc_loss(ag.tensor(x), ag.tensor(np.asarray(targets)), steps, sizes, **options)


# --- values -------------------------------------------------------------------------------------------------


def test_a_label_over_two_steps_has_three_paths():
    assert loss(np.log(np.full((2, 2), 0.5)), [1], 2, 1).item() == pytest.approx(-math.log(0.75))


def test_equal_neighbours_need_a_blank_between_them():
    p = np.array([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert loss(np.log(p), [1, 1], 3, 2).item() * 2 == pytest.approx(-math.log(0.8 * 0.6 * 0.7))


def test_no_labels_are_blanks_all_the_time():
    p = np.array([[[0.2, 0.8]], [[0.6, 0.4]]])
    assert loss(np.log(p), np.zeros((1, 0), int), (2,), (0,)).item() == pytest.approx(-math.log(0.2 * 0.6))
    assert loss(np.log(p), np.zeros((1, 0), int), (0,), (0,)).item() == 0
    assert loss(np.log(p), [[1]], (0,), (1,)).item() == math.inf


def test_the_three_forms_of_targets_and_lengths():
    padded = loss(LOGS, LABELS, ag.tensor([4, 3]), ag.tensor([2, 1]), reduction="none").numpy()
    in_a_row = loss(LOGS, [1, 2, 2], [4, 3], [2, 1], reduction="none").numpy()
    alone = [loss(LOGS[:, 0], [1, 2], 4, 2, reduction="none"), loss(LOGS[:, 1], [[2]], (3,), (1,), reduction="none")]
    np.testing.assert_array_equal(padded, in_a_row)
    assert [x.shape for x in alone] == [(), ()]
    np.testing.assert_allclose(padded, [x.item() for x in alone])


def test_impossible_labels():
    x = ag.tensor(LOGS).requires_grad_()
    infinite = ag.ctc_loss(x, ag.tensor([[1, 1], [1, 2]]), (2, 4), (2, 2), reduction="none")
    assert infinite[0].item() == math.inf
    (g,) = ag.autograd.grad(infinite.sum(), x)
    assert np.isnan(g.numpy()[:2, 0]).all()
    assert not g.numpy()[2:, 0].any()
    assert np.isfinite(g.numpy()[:, 1]).all()
    zeroed = ag.ctc_loss(x, ag.tensor([[1, 1], [1, 2]]), (2, 4), (2, 2), reduction="none", zero_infinity=True)
    assert zeroed.tolist() == [0, infinite[1].item()]
    (h,) = ag.autograd.grad(zeroed.sum(), x)
    assert not h.numpy()[:, 0].any()
    np.testing.assert_array_equal(h.numpy()[:, 1], g.numpy()[:, 1])


def test_classes_of_probability_zero():
    p = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    with np.errstate(divide="ignore"):
        x = ag.tensor(np.log(p)).requires_grad_()
    y = ag.ctc_loss(x, ag.tensor([1, 2]), 3, 2)
    assert y.item() == 0
    (g,) = ag.autograd.grad(y, x)
    np.testing.assert_allclose(g.numpy(), -p / 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_paths_of_tiny_probability_are_not_lost(dtype):
    # A net that says blank at every step: each of the 200 labels costs a factor of 1e-9. They are equal, so 199 of the
    # 200 blanks are between them, and the other one has 201 places.
    x = np.full((400, 1, 2), [math.log1p(-1e-9), math.log(1e-9)], dtype)
    found = loss(x, np.ones((1, 200), int), (400,), (200,), reduction="sum").item()
    assert found == pytest.approx(200 * math.log(1e9) - math.log(201), rel=1e-6)


def test_the_gradient_in_single_precision_is_that_in_double():
    rng = np.random.default_rng(0)
    scores, labels = 3 * rng.standard_normal((300, 2, 5)), rng.integers(1, 5, (2, 30))
    found = []
    for dtype in (np.float32, np.float64):
        x = ag.tensor(scores.astype(dtype)).requires_grad_()
        y = ag.ctc_loss(ag.log_softmax(x, -1), ag.tensor(labels), (300, 250), (30, 20))
        y.backward()
        found.append(x.grad.numpy())
    assert found[0].dtype == np.float32
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


# --- derivatives --------------------------------------------------------------------------------------------


def test_the_gradient_of_scores_is_probability_minus_occupation():
    x = ag.zeros(2, 2, dtype=ag.float64).requires_grad_()
    ag.ctc_loss(ag.log_softmax(x, -1), ag.tensor([1]), 2, 1).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0.5 - 1 / 3, 0.5 - 2 / 3]] * 2)


def test_the_third_order_is_refused():
    x = ag.tensor(LOGS).requires_grad_()
    y = ag.ctc_loss(x, ag.tensor(LABELS), (4, 4), (2, 2))
    (g,) = ag.autograd.grad(y, x, create_graph=True)
    (h,) = ag.autograd.grad(g[0, 0, 1], x, create_graph=True)
    with pytest.raises(UnsupportedError, match="second order"):
        h[1, 0, 1].backward()


# --- errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text", "operands"),
    [
        (ArgumentError, "log_softmax", (LOGS + 2, LABELS, (4, 4), (2, 2))),
        (ArgumentError, "input_lengths must lie between 0 and 4, got 5.*time comes", (LOGS, LABELS, (5, 4), (2, 2))),
        (ArgumentError, "target_lengths must lie between 0 and 2, got -1", (LOGS, LABELS, (4, 4), (2, -1))),
        (IndexingError, "label 0 at position 1 of sample 0 is the blank, 0", (LOGS, [[1, 0], [1, 1]], (4, 4), (2, 2))),
        (IndexingError, "label 3 at position 0 of sample 1 is out of range for 3", (LOGS, [1, 3], (4, 4), (1, 1))),
        (ShapeError, "as many as target_lengths add up to, 4", (LOGS, [1, 2, 2], (4, 4), (2, 2))),
        (ShapeError, r"targets \(N, L\) with N = 2", (LOGS, [[1, 2]], (4, 4), (2, 2))),
        (ShapeError, "one length for each of the 2 samples", (LOGS, LABELS, 4, 2)),
        (ShapeError, r"\(T, N, K\) or \(T, K\)", (LOGS[0, 0], LABELS, (4, 4), (2, 2))),
        (ShapeError, "T > 0", (LOGS[:0], LABELS, (0, 0), (0, 0))),
        (DTypeError, r"targets.long\(\)", (LOGS, LABELS / 1, (4, 4), (2, 2))),
        (DTypeError, r"input_lengths.long\(\)", (LOGS, LABELS, (4.0, 4.0), (2, 2))),
        (DTypeError, "floating log_probs", (np.zeros((4, 2, 3), int), LABELS, (4, 4), (2, 2))),
    ],
)
def test_errors(error, text, operands):
    with pytest.raises(error, match=f"(?s)ctc_loss: .*{text}"):
        loss(*operands)


def test_errors_of_options():
    with pytest.raises(ArgumentError, match="one of the 3 classes, got 3"):
        loss(LOGS, LABELS, (4, 4), (2, 2), blank=3)
    with pytest.raises(ArgumentError, match="'mean', 'sum' or 'none', got 'average'"):
        loss(LOGS, LABELS, (4, 4), (2, 2), reduction="average")
