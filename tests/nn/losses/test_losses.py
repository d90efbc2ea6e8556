"""Losses: what the comparison with PyTorch cannot say. Second derivatives, focal losses, extremes, state, errors."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck

X = 2 * np.sin(np.arange(12.0) * 1.7 + 0.3).reshape(3, 4)
Y = 2 * np.sin(np.arange(12.0) * 1.3 + 0.9).reshape(3, 4)
Z = 2 * np.sin(np.arange(12.0) * 2.1 + 0.5).reshape(3, 4)
P = 0.1 + np.abs(np.sin(np.arange(12.0).reshape(3, 4))) / 1.5
CLASSES, LABELS = np.array([1, 3, 0]), np.array([1, -1, -1])
SIGNS = np.where(np.arange(12).reshape(3, 4) % 3 == 0, 1, -1)
SEVERAL = np.array([[2, 0, -1, 5], [-1, 0, 0, 0], [1, 3, 0, 2]])


def leaf(values):
    return ag.tensor(np.asarray(values, np.float64)).requires_grad_()


def call(function, *operands, **options):
    return function(
        *(ag.tensor(np.asarray(o)) if isinstance(o, (list, np.ndarray)) else o for o in operands), **options
    )


# --- derivatives of both orders ----------------------------------------------------------------------------------

DIFFERENTIABLE = {
    "poisson, logarithm": (partial(F.poisson_nll_loss, full=True), X, Y + 4),
    "poisson": (partial(F.poisson_nll_loss, log_input=False), P, Y),
    "gaussian": (partial(F.gaussian_nll_loss, full=True), X, Y, P),
    "soft margin": (lambda x: F.soft_margin_loss(x, ag.tensor(SIGNS)), X),
    "multilabel soft margin": (F.multilabel_soft_margin_loss, X, P, P),
    "sigmoid focal": (partial(F.sigmoid_focal_loss, gamma=2.5, reduction="mean"), X, P),
    "sigmoid focal, no factor": (partial(F.sigmoid_focal_loss, alpha=-1, gamma=0.5, reduction="sum"), X, P),
    "focal": (lambda x, a: F.focal_loss(x, ag.tensor(CLASSES), a, 1.5), X, P[0]),
    "cross-entropy, weight": (lambda x, t, w: F.cross_entropy(x, t, w, label_smoothing=0.1), X, P, P[0]),
    "mse, weight": (lambda x, t, w: F.mse_loss(x, t, weight=w), X, Y, P),
    "multi margin": (lambda x, w: F.multi_margin_loss(x, ag.tensor(CLASSES), 2, 1.3, w), X, P[0]),
    "multilabel margin": (lambda x: F.multilabel_margin_loss(x, ag.tensor(SEVERAL)), X),
    "hinge embedding": (lambda x: F.hinge_embedding_loss(x, ag.tensor(SIGNS)), P),
    "cosine embedding": (lambda x, y: F.cosine_embedding_loss(x, y, ag.tensor(LABELS), -0.9), X, Y),
    "margin ranking": (lambda x, y: F.margin_ranking_loss(x, y, ag.tensor(SIGNS), 0.4), X, Y),
    "triplet": (partial(F.triplet_margin_loss, margin=3.0), X, Y, Z),
    "triplet, swap": (partial(F.triplet_margin_loss, margin=3.0, p=3, swap=True), X, Y, Z),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives_of_both_orders(name):
    function, *operands = DIFFERENTIABLE[name]
    assert gradcheck(function, [leaf(o) for o in operands])
    assert gradgradcheck(function, [leaf(o) for o in operands])


# --- focal losses ------------------------------------------------------------------------------------------------


def test_the_focal_loss_by_its_formula():
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    p, alpha = p[range(3), CLASSES], np.array([0.5, 2.0, 1.0, 3.0])
    expected = -alpha[CLASSES] * (1 - p) ** 3 * np.log(p)
    found = call(F.focal_loss, X, CLASSES, ag.tensor(alpha), 3.0, reduction="none")
    np.testing.assert_allclose(found.numpy(), expected)
    layer = nn.FocalLoss(ag.tensor(alpha), gamma=3.0)
    assert call(layer, X, CLASSES).item() == pytest.approx(expected.mean())
    assert list(layer.state_dict()) == ["alpha"]
    assert call(nn.FocalLoss(0.25, 3.0, reduction="sum"), X, CLASSES).item() == pytest.approx(
        0.25 * (expected / alpha[CLASSES]).sum()
    )


def test_the_focal_loss_without_focus_is_the_cross_entropy():
    images, classes = X.reshape(1, 3, 4), np.array([[0, 2, 1, 2]])
    for options in ({}, {"ignore_index": 2}, {"reduction": "sum"}, {"reduction": "none"}):
        focal, plain = (call(f, images, classes, **options) for f in (partial(F.focal_loss, gamma=0), F.cross_entropy))
        np.testing.assert_allclose(focal.numpy(), plain.numpy())
    assert call(F.focal_loss, X[0], np.array(1)).shape == ()
    assert math.isnan(call(F.focal_loss, X, CLASSES * 0 - 100).item())


def test_the_sigmoid_focal_loss_by_its_formula():
    p, t = 1 / (1 + np.exp(-X)), (Y > 0) * 1.0
    pt, alpha = p * t + (1 - p) * (1 - t), 0.3 * t + 0.7 * (1 - t)
    expected = -alpha * (1 - pt) ** 1.5 * np.log(pt)
    np.testing.assert_allclose(call(F.sigmoid_focal_loss, X, t, 0.3, 1.5).numpy(), expected)
    assert call(F.sigmoid_focal_loss, X, t, 0.3, 1.5, "mean").item() == pytest.approx(expected.mean())
    without = call(F.sigmoid_focal_loss, X, t, -1, 0)
    np.testing.assert_allclose(without.numpy(), -np.log(pt))


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_focal_losses_of_extreme_scores_have_finite_slopes(gamma, dtype):
    x = ag.tensor(np.array([[1e3, -1e3], [-1e3, 1e3]], dtype)).requires_grad_()
    t = ag.tensor(np.array([[1, 0], [1, 0]], dtype))
    y = F.sigmoid_focal_loss(x, t, -1, gamma) + F.focal_loss(x, ag.tensor([0, 0]), None, gamma, reduction="none")
    assert y.dtype == dtype
    y.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    assert not x.grad.numpy()[0].any()
    assert (x.grad.numpy()[1] * [-1, 1] >= 1).all()


# --- extremes ----------------------------------------------------------------------------------------------------


def test_the_soft_margin_does_not_overflow():
    found = call(F.soft_margin_loss, np.array([-1e4, 1e4]), np.array([1, 1]), reduction="none")
    assert found.tolist() == [1e4, 0]


def test_a_variance_that_is_too_small_has_a_gradient():
    var = leaf([1e-9])
    F.gaussian_nll_loss(ag.tensor([0.0]), ag.tensor([0.0]), var, eps=0.01).backward()
    np.testing.assert_allclose(var.grad.numpy(), [50.0])


def test_the_mean_of_no_samples_is_nan():
    nothing = ag.zeros(0, 3)
    losses = [
        F.multi_margin_loss(nothing, ag.zeros(0, dtype=ag.int64)),
        F.multilabel_margin_loss(nothing, ag.zeros(0, 3, dtype=ag.int64)),
        F.triplet_margin_loss(nothing, nothing, nothing),
        F.poisson_nll_loss(nothing, nothing),
    ]
    assert all(math.isnan(loss.item()) for loss in losses)


def test_samples_of_the_adaptive_softmax_that_need_no_cluster():
    layer = nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3, 6], div_value=1.5).double()
    output, loss = layer(ag.tensor(X), ag.tensor([0, 2, 1]))
    full = layer.log_prob(ag.tensor(X))
    np.testing.assert_allclose(output.detach().numpy(), full.detach().numpy()[[0, 1, 2], [0, 2, 1]])
    loss.backward()
    assert all(p.grad is None for p in layer.tail.parameters())


# --- the state ---------------------------------------------------------------------------------------------------


def test_weights_are_part_of_the_state():
    weight = ag.tensor([1.0, 2.0, 3.0])
    for layer in (
        nn.CrossEntropyLoss(weight),
        nn.NLLLoss(weight),
        nn.BCELoss(weight),
        nn.MultiMarginLoss(weight=weight),
        nn.MultiLabelSoftMarginLoss(weight),
    ):
        assert list(layer.state_dict()) == ["weight"]
        assert layer.double().weight.dtype == np.float64
    assert list(nn.BCEWithLogitsLoss(weight, pos_weight=weight).state_dict()) == ["weight", "pos_weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []


# --- errors ------------------------------------------------------------------------------------------------------

ALIKE = ["poisson_nll_loss", "soft_margin_loss", "multilabel_soft_margin_loss", "hinge_embedding_loss"]


@pytest.mark.parametrize("name", [*ALIKE, "sigmoid_focal_loss"])
def test_losses_do_not_broadcast(name):
    with pytest.raises(ShapeError, match=f"(?s){name}: .* must have the same shape.*4 1.*  4.*broadcast"):
        call(getattr(F, name), np.ones((4, 1)), np.ones(4))


@pytest.mark.parametrize(
    "name", ["soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "cosine_embedding_loss"]
)
def test_labels_of_0_and_1_are_refused(name):
    inputs = [X] if name in ALIKE else [X, Y]
    labels = np.zeros((3, 4)) if name != "cosine_embedding_loss" else np.zeros(3)
    with pytest.raises(ArgumentError, match=rf"{name}: labels must be 1 or -1, got 0\n  fix: 2\*target - 1"):
        call(getattr(F, name), *inputs, labels)


ONE_MORE = {
    "gaussian_nll_loss": (X, Y, P),
    "multi_margin_loss": (X, CLASSES),
    "multilabel_margin_loss": (X, SEVERAL),
    "cosine_embedding_loss": (X, Y, LABELS),
    "margin_ranking_loss": (X, Y, SIGNS),
    "triplet_margin_loss": (X, Y, Z),
    "triplet_margin_with_distance_loss": (X, Y, Z),
    "focal_loss": (X, CLASSES),
    "poisson_nll_loss": (X, Y),
    "soft_margin_loss": (X, SIGNS),
}


@pytest.mark.parametrize("name", ONE_MORE)
def test_unknown_reductions(name):
    with pytest.raises(ArgumentError, match=f"{name}: reduction must be 'mean', 'sum' or 'none', got 'average'"):
        call(getattr(F, name), *ONE_MORE[name], reduction="average")


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "kl_div"])
def test_a_reduction_in_the_place_of_an_older_argument(name):
    # PyTorch reads the text as "true", and averages.
    with pytest.raises(ArgumentError, match=f"{name}: size_average must be None, True or False, got 'sum'"):
        call(getattr(F, name), X, Y, "sum")


@pytest.mark.parametrize(
    ("error", "text", "function", "operands"),
    [
        (ShapeError, "gaussian_nll_loss: the target must have", F.gaussian_nll_loss, (X, Y[0], P)),
        (ShapeError, "gaussian_nll_loss: var must have", F.gaussian_nll_loss, (X, Y, P[:, :2])),
        (ShapeError, "gaussian_nll_loss: var must have", F.gaussian_nll_loss, (X, Y, P[:1, :1])),
        (ArgumentError, "a variance is negative\n  fix: predict its logarithm", F.gaussian_nll_loss, (X, Y, -P)),
        (ArgumentError, "a variance is negative", F.gaussian_nll_loss, (X, Y, -1)),
        (ArgumentError, "alpha must lie between 0 and 1", F.sigmoid_focal_loss, (X, P, 2.0)),
        (ArgumentError, "gamma must not be negative", F.focal_loss, (X, CLASSES, None, -1.0)),
        (ShapeError, "one alpha for each of the 4 classes", F.focal_loss, (X, CLASSES, P[0, :2])),
        (IndexingError, "class 4 at position 1 is out of range", F.focal_loss, (X, [0, 4, 0])),
        (ArgumentError, "multi_margin_loss: p must be 1 or 2, got 3", F.multi_margin_loss, (X, CLASSES, 3)),
        (ShapeError, "a class index for each sample", F.multi_margin_loss, (X, CLASSES[:2])),
        (ShapeError, "one weight for each of the 4 classes", F.multi_margin_loss, (X, CLASSES, 1, 1.0, P[0, :2])),
        (DTypeError, r"(?s)multi_margin_loss: .*target.long\(\)", F.multi_margin_loss, (X, CLASSES / 1)),
        (IndexingError, "multi_margin_loss: class 4 is out of range for 4", F.multi_margin_loss, (X, [0, 4, 0])),
        (ShapeError, r"of the same shape, \(N, K\)", F.multilabel_margin_loss, (X, CLASSES)),
        (IndexingError, "class -2 is out of range", F.multilabel_margin_loss, (X[0], [1, -2, -1, 0])),
        (DTypeError, "multilabel_margin_loss: expected integer", F.multilabel_margin_loss, (X, Y)),
        (ShapeError, "cosine_embedding_loss: input1, input2 must", F.cosine_embedding_loss, (X, Y[:1], LABELS)),
        (ShapeError, "a label for each pair", F.cosine_embedding_loss, (X, Y, LABELS[:1])),
        (ShapeError, "(?s)must have as many axes.*unsqueeze", F.margin_ranking_loss, (X, Y[0], SIGNS)),
        (ShapeError, "anchor, positive, negative must have as many axes", F.triplet_margin_loss, (X, Y[0], Z)),
        (ArgumentError, "triplet_margin_loss: margin must be positive, got 0", F.triplet_margin_loss, (X, Y, Z, 0)),
        (ArgumentError, "no gradient reaches the weight", F.cross_entropy, (X, CLASSES, leaf(P[0]))),
        (ArgumentError, "no gradient reaches the weight", F.nll_loss, (X, CLASSES, leaf(P[0]))),
        (ArgumentError, "the target must hold probabilities", F.binary_cross_entropy, (P, 2 * P)),
        (ShapeError, "a weight for each element", partial(F.mse_loss, weight=ag.ones(4)), (X, Y)),
    ],
)
def test_errors(error, text, function, operands):
    with pytest.raises(error, match=text):
        call(function, *operands)


def test_layers_refuse_what_their_functions_would():
    with pytest.raises(ArgumentError, match="MultiMarginLoss: p must be 1 or 2, got 0"):
        nn.MultiMarginLoss(p=0)
    with pytest.raises(ArgumentError, match="TripletMarginLoss: margin must be positive"):
        nn.TripletMarginLoss(margin=0)
    with pytest.raises(ArgumentError, match="TripletMarginWithDistanceLoss: margin must be positive"):
        nn.TripletMarginWithDistanceLoss(margin=-1)


@pytest.mark.parametrize("cutoffs", [[], [0, 3], [5, 3], [3, 3], [3, 9], [2.5]])
def test_cutoffs_that_are_none(cutoffs):
    with pytest.raises(ArgumentError, match="cutoffs must be increasing whole numbers from 1 to 8"):
        nn.AdaptiveLogSoftmaxWithLoss(4, 9, cutoffs)


def test_errors_of_the_adaptive_softmax():
    with pytest.raises(ArgumentError, match="leave none for the classes from 5\n  fix: a smaller div_value"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 9, [2, 5])
    layer = nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])
    with pytest.raises(IndexingError, match="class 9 is out of range for 9 classes"):
        layer(ag.zeros(2, 4), ag.tensor([9, 0]))
    with pytest.raises(ShapeError, match=r"expected input \(N, 4\)"):
        layer(ag.zeros(2, 4), ag.tensor([0, 0, 0]))
