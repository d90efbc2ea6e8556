"""Metrics: scikit-learn's numbers for every average, scores in every layout, and the errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from nn import metrics

AVERAGES = ["micro", "macro", "weighted", None]
PEERS = {
    metrics.precision: sk.precision_score,
    metrics.recall: sk.recall_score,
    metrics.f1_score: sk.f1_score,
    metrics.jaccard_index: sk.jaccard_score,
}
each_peer = pytest.mark.parametrize(("ours", "theirs"), PEERS.items(), ids=lambda f: f.__name__)


def drawn(seed, classes, samples=60):
    """Return predictions and targets that agree in part."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, samples)
    return np.where(rng.random(samples) < 0.6, target, rng.integers(0, classes, samples)), target


# --- against scikit-learn ----------------------------------------------------------------------------------------


@each_peer
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("classes", [2, 5])
def test_averages(ours, theirs, average, classes):
    for seed in range(5):
        preds, target = drawn(seed, classes)
        np.testing.assert_allclose(ours(preds, target, average), theirs(target, preds, average=average), rtol=1e-14)


@each_peer
def test_two_classes(ours, theirs):
    for seed in range(5):
        preds, target = drawn(seed, 2)
        for label in (0, 1):
            found = ours(ag.tensor(preds), ag.tensor(target), pos_label=label)
            assert found == pytest.approx(theirs(target, preds, pos_label=label), rel=1e-14)
        assert ours(preds.astype(bool), target.astype(bool)) == ours(preds, target)


@pytest.mark.parametrize("beta", [0, 0.5, 2, 5, math.inf])
@pytest.mark.parametrize("average", [*AVERAGES, "binary"])
def test_f_beta(beta, average):
    preds, target = drawn(1, 2 if average == "binary" else 4)
    expected = sk.fbeta_score(target, preds, beta=beta, average=average)
    np.testing.assert_allclose(metrics.fbeta_score(preds, target, beta, average), expected, rtol=1e-14)


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("zero_division", [0.0, 1.0, np.nan])
def test_classes_that_are_not_predicted_or_not_there(average, zero_division):
    # Class 1 is never predicted, 2 is no target. scikit-learn's index of Jaccard takes 0 and 1 only.
    preds, target = np.array([0, 0, 2, 0, 3]), np.array([0, 1, 0, 1, 3])
    for ours, theirs in list(PEERS.items())[: 3 if np.isnan(zero_division) else 4]:
        expected = theirs(target, preds, average=average, zero_division=zero_division)
        np.testing.assert_allclose(ours(preds, target, average, zero_division=zero_division), expected, rtol=1e-14)


@each_peer
def test_a_class_that_does_not_occur_is_left_out_of_averages(ours, theirs):
    preds, target = np.array([0, 0, 3, 1, 3]), np.array([0, 1, 0, 1, 3])
    for average in ("macro", "weighted"):
        expected = theirs(target, preds, average=average)
        assert ours(preds, target, average, num_classes=6) == pytest.approx(expected, rel=1e-14)
    assert ours(preds, target, "none", num_classes=6, zero_division=-1.0)[[2, 4, 5]].tolist() == [-1, -1, -1]


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_the_confusion_matrix(normalize):
    for seed, classes in ((0, 2), (1, 5)):
        preds, target = drawn(seed, classes)
        found = metrics.confusion_matrix(preds, target, normalize=normalize)
        np.testing.assert_allclose(found, sk.confusion_matrix(target, preds, normalize=normalize), rtol=1e-14)
    assert metrics.confusion_matrix([0, 2], [0, 0], 4, normalize).shape == (4, 4)
    assert np.isfinite(metrics.confusion_matrix([0, 2], [0, 0], 4, normalize)).all()
    assert metrics.confusion_matrix([0, 2], [0, 0]).dtype == np.int64


def test_accuracy_and_error_rates():
    for seed in range(5):
        preds, target = drawn(seed, 5)
        assert metrics.accuracy(preds, target) == sk.accuracy_score(target, preds)
        assert metrics.error_rate(preds, target) == pytest.approx(1 - sk.accuracy_score(target, preds))
        balanced = sk.balanced_accuracy_score(target, preds)
        assert metrics.balanced_accuracy(preds, target) == pytest.approx(balanced)
        assert metrics.error_rate(preds, target, "balanced") == pytest.approx(1 - balanced)
        weight = np.array([0.5, 1.0, 3.0, 0.0, 2.0])
        expected = 1 - sk.accuracy_score(target, preds, sample_weight=weight[target])
        assert metrics.error_rate(preds, target, ag.tensor(weight)) == pytest.approx(expected)


def test_a_class_that_is_only_predicted_has_no_recall_to_balance():
    assert metrics.balanced_accuracy([0, 2, 2], [0, 0, 1]) == 0.25
    assert metrics.error_rate([0, 2, 2], [0, 0, 1], "balanced") == 0.75


@pytest.mark.parametrize("k", [1, 2, 4, 9])
def test_top_k(k):
    scores = np.random.default_rng(0).standard_normal((50, 5))
    _, target = drawn(3, 5, 50)
    expected = sk.top_k_accuracy_score(target, scores, k=k, labels=range(5)) if k < 5 else 1.0
    assert metrics.accuracy(ag.tensor(scores), ag.tensor(target), k) == pytest.approx(expected)


# --- what comes in -----------------------------------------------------------------------------------------------


def test_scores_in_every_layout():
    rng = np.random.default_rng(0)
    scores, target = rng.standard_normal((2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    best = scores.argmax(1)
    for metric in (metrics.accuracy, metrics.confusion_matrix, metrics.balanced_accuracy):
        np.testing.assert_array_equal(metric(scores, target), metric(best, target))
    assert metrics.jaccard_index(scores, target, "macro") == metrics.jaccard_index(best, target, "macro")
    assert metrics.accuracy(scores, target, 3) == 1
    assert metrics.accuracy(scores[0, :, 0, 0], target[0, 0, 0]) in {0.0, 1.0}
    assert metrics.confusion_matrix(scores[:, :, 0, 0], [0, 0]).shape == (3, 3)


def test_equal_scores_rank_in_the_order_of_their_classes():
    scores, target = np.zeros((4, 4)), [0, 0, 1, 2]
    assert [metrics.accuracy(scores, target, k) for k in (1, 2, 3, 4)] == [0.5, 0.75, 1.0, 1.0]


def test_samples_that_do_not_count():
    preds, target = drawn(4, 3)
    hidden = target.copy()
    hidden[::4] = 255
    kept = hidden != 255
    for metric in (metrics.accuracy, metrics.error_rate, metrics.balanced_accuracy, metrics.confusion_matrix):
        np.testing.assert_array_equal(metric(preds, hidden, ignore_index=255), metric(preds[kept], target[kept]))
    for metric in PEERS:
        assert metric(preds, hidden, "macro", ignore_index=255) == metric(preds[kept], target[kept], "macro")
    scores = np.eye(3)[preds]
    assert metrics.accuracy(scores, hidden, 2, ignore_index=255) == metrics.accuracy(scores[kept], target[kept], 2)


def test_no_samples():
    nothing = np.zeros(0, int)
    for metric in (metrics.accuracy, metrics.error_rate, metrics.balanced_accuracy):
        assert math.isnan(metric(nothing, nothing))
    for metric in PEERS:
        for average in ("binary", "micro", "macro", "weighted"):
            assert metric(nothing, nothing, average, zero_division=0.5) == 0.5


def test_a_tensor_that_requires_a_gradient():
    scores = ag.tensor([[0.0, 1.0], [1.0, 0.0]]).requires_grad_()
    assert metrics.accuracy(scores, ag.tensor([1, 1])) == 0.5


# --- many batches ------------------------------------------------------------------------------------------------


def test_a_metric_over_batches_is_that_of_all_samples():
    preds, target = drawn(5, 4)
    f1 = metrics.Accumulated(metrics.f1_score, average="macro")
    for part in (slice(0, 7), slice(7, 40), slice(40, 60)):
        f1.update(ag.tensor(preds[part]), target[part])
    assert f1.compute() == metrics.f1_score(preds, target, "macro")
    f1.reset()
    with pytest.raises(ArgumentError, match=r"f1_score: no batch has come since the last reset\n  fix: call update"):
        f1.compute()


def test_batches_are_copied():
    top2, buffer = metrics.Accumulated(metrics.accuracy, top_k=2), np.array([[0.1, 0.2, 0.3]])
    top2.update(buffer, [1])
    buffer[:] = [[0.3, 0.1, 0.2]]
    top2.update(buffer, [0])
    assert top2.compute() == 1


def test_the_mean_of_batches_of_different_sizes():
    mean = metrics.Mean()
    assert math.isnan(mean.compute())
    mean.update(ag.tensor(2.0, requires_grad=True), 3)
    mean.update(4.0)
    assert mean.compute() == 2.5
    mean.reset()
    assert math.isnan(mean.compute())


# --- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text", "call"),
    [
        (DTypeError, r"accuracy: expected integer or boolean targets", lambda: metrics.accuracy([0], [0.5])),
        (DTypeError, r"(?s)f1_score: .*preds > 0.5", lambda: metrics.f1_score([0.2, 0.9], [0, 1])),
        (ShapeError, r"(?s)accuracy: .*preds: 2.*target: 3", lambda: metrics.accuracy([0, 1], [0, 1, 1])),
        (ShapeError, r"scores with one more axis", lambda: metrics.recall(np.zeros((2, 3, 4)), [0, 1], "macro")),
        (IndexingError, "recall: target 3 is out of range for 3", lambda: metrics.recall(np.eye(3), [0, 1, 3])),
        (IndexingError, "prediction -1 is out of range", lambda: metrics.confusion_matrix([0, -1], [0, 1])),
        (IndexingError, "target 5 is out of range for 4", lambda: metrics.confusion_matrix([0], [5], 4)),
        (ArgumentError, "is for two classes, and there are 3\n  fix", lambda: metrics.precision([0, 2], [0, 1])),
        (ArgumentError, "average must be 'binary', .* got 'mean'", lambda: metrics.precision([0], [0], "mean")),
        (ArgumentError, "pos_label must be 0 or 1, got 2", lambda: metrics.precision([0], [0], pos_label=2)),
        (ArgumentError, "beta must not be negative", lambda: metrics.fbeta_score([0], [0], -1)),
        (ArgumentError, "beta must not be negative", lambda: metrics.fbeta_score([0], [0], math.nan)),
        (ArgumentError, "top_k must be positive, got 0", lambda: metrics.accuracy([0], [0], 0)),
        (ArgumentError, "top_k=2 needs the scores", lambda: metrics.accuracy([0], [0], 2)),
        (ArgumentError, "weight must be 'balanced'", lambda: metrics.error_rate([0], [0], "even")),
        (ShapeError, "a weight for each of 3 classes", lambda: metrics.error_rate([0], [2], [1.0, 2.0])),
        (ArgumentError, "normalize must be None, 'true'", lambda: metrics.confusion_matrix([0], [0], normalize="rows")),
    ],
)
def test_errors(error, text, call):
    with pytest.raises(error, match=text):
        call()
