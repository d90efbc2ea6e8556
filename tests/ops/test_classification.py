"""Losses and probabilities: worked examples to the digit, extreme scores, and the errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.core import gradients
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, ShapeError

T = np.array([0.0, 1.0, 0.0])
GUESSES = np.array([[0.0, 1.0, 0.0], [0.1, 0.7, 0.2], [0.1, 0.5, 0.4]])


def leaf(values):
    return ag.tensor(np.array(values, np.float64)).requires_grad_()


# --- worked examples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("guess", "expected"), list(zip(GUESSES, [0, 0.07, 0.21], strict=True)))
def test_half_squared_error(guess, expected):
    loss = 0.5 * ag.mse_loss(ag.tensor(guess), ag.tensor(T), reduction="sum")
    assert loss.item() == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("guess", "expected"),
    list(zip(GUESSES, [-9.9999995e-8, 0.3566748010815999, 0.6931469805599654], strict=True)),
)
def test_cross_entropy_of_probabilities(guess, expected):
    loss = -(ag.tensor(T) * ag.log(ag.tensor(guess) + 1e-7)).sum()
    assert loss.item() == pytest.approx(expected, rel=1e-8)


X = np.array([[0.6, 0.9]])
W = [[-0.52760346, -0.60826468, 0.14784348], [-0.53011149, -2.15726367, 0.54289599]]
DW = [[0.1162909, 0.0256171, -0.1419081], [0.1744364, 0.0384257, -0.2128621]]


@pytest.mark.parametrize("target", [np.array([2]), np.array([[0.0, 0.0, 1.0]])], ids=["index", "one-hot"])
def test_one_layer_net(target):
    w, t = leaf(W), ag.tensor(target)
    loss = ag.cross_entropy(ag.tensor(X) @ w, t)
    assert loss.item() == pytest.approx(0.26985974, abs=5e-9)
    p = ag.softmax(ag.tensor(X) @ w, dim=1)
    assert -math.log(p[0, 2].item() + 1e-7) == pytest.approx(0.26985961, abs=5e-9)
    (dw,) = gradients(loss, w)
    np.testing.assert_allclose(dw.numpy(), DW, atol=1e-6)


def test_one_layer_net_after_ten_steps():
    w, t = leaf(W), ag.tensor([2])
    for _ in range(10):
        (dw,) = gradients(ag.cross_entropy(ag.tensor(X) @ w, t), w)
        w = (w.detach() - dw).requires_grad_()
    assert ag.cross_entropy(ag.tensor(X) @ w, t).item() == pytest.approx(0.04431715, abs=5e-9)


def test_softmax_loss_of_three_scores():
    scores = np.array([0.35, -0.85, 1.25])
    p = ag.softmax(ag.tensor(scores), dim=0)
    np.testing.assert_allclose(p.numpy(), [0.2659011, 0.0800879, 0.6540111], atol=5e-8)
    assert ag.cross_entropy(ag.tensor(scores), ag.tensor(2)).item() == pytest.approx(0.4246310, abs=5e-8)
    assert ag.cross_entropy(ag.tensor(5 * scores), ag.tensor(2)).item() == pytest.approx(0.01107498, abs=5e-9)


@pytest.mark.parametrize(("classes", "expected"), [(10, 2.302), (4, 1.386)])
def test_the_first_loss_of_tiny_weights(classes, expected):
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((200, 30)) @ (1e-4 * rng.standard_normal((30, classes)))
    loss = ag.cross_entropy(ag.tensor(scores), ag.tensor(rng.integers(0, classes, 200)))
    assert loss.item() == pytest.approx(expected, abs=1e-3)


def test_the_gradient_is_p_minus_t_divided_once():
    x = leaf([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    t = np.array([0, 2])
    (g,) = gradients(ag.cross_entropy(x, ag.tensor(t)), x)
    p = ag.softmax(x.detach(), dim=1).numpy()
    np.testing.assert_allclose(g.numpy(), (p - np.eye(3)[t]) / 2, rtol=1e-12)


# --- equal by another way -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 5)])
def test_indices_equal_one_hot_probabilities(shape, reduction):
    rng = np.random.default_rng(1)
    scores = rng.standard_normal(shape)
    t = rng.integers(0, 3, (shape[0], *shape[2:]))
    rows = np.moveaxis(np.eye(3)[t], -1, 1)
    by_index = ag.cross_entropy(ag.tensor(scores), ag.tensor(t), reduction=reduction)
    by_rows = ag.cross_entropy(ag.tensor(scores), ag.tensor(rows), reduction=reduction)
    by_logs = ag.nll_loss(ag.log_softmax(ag.tensor(scores), 1), ag.tensor(t), reduction=reduction)
    np.testing.assert_allclose(by_index.numpy(), by_rows.numpy(), rtol=1e-12)
    np.testing.assert_allclose(by_index.numpy(), by_logs.numpy(), rtol=1e-12)


def test_mean_divides_by_the_weights_that_count():
    scores, weight = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 0.0]]), np.array([1.0, 3.0])
    loss = ag.cross_entropy(ag.tensor(scores), ag.tensor([0, 1, -100]), ag.tensor(weight))
    assert loss.item() == pytest.approx(math.log(2))


def test_ignored_samples_have_no_gradient():
    x = leaf(np.ones((3, 2)))
    (g,) = gradients(ag.cross_entropy(x, ag.tensor([0, -100, 1])), x)
    assert g.numpy()[1].tolist() == [0, 0]
    assert g.numpy()[0].tolist() == [-0.25, 0.25]


def test_the_mean_of_nothing_is_nan_with_zero_gradients():
    x = leaf(np.ones((2, 3)))
    for loss in (
        ag.cross_entropy(x, ag.tensor([-100, -100])),
        ag.cross_entropy(x, ag.tensor([1, 1]), ignore_index=1, label_smoothing=0.1),
        ag.nll_loss(x, ag.tensor([-100, -100])),
    ):
        assert math.isnan(loss.item())
        (g,) = gradients(loss, x)
        assert not g.numpy().any()
    assert math.isnan(ag.cross_entropy(ag.zeros(0, 3), ag.zeros(0, dtype=np.int64)).item())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_stay_finite(dtype):
    x = ag.tensor(np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)).requires_grad_()
    loss = ag.cross_entropy(x, ag.tensor([0, 0]), reduction="none")
    assert loss.detach().numpy().tolist() == [0.0, 2e4]
    (g,) = gradients(loss.sum(), x)
    assert g.numpy().tolist() == [[0.0, 0.0], [-1.0, 1.0]]
    y = ag.binary_cross_entropy_with_logits(x, ag.ones_like(x), reduction="none")
    assert y.detach().numpy().tolist() == [[0.0, 1e4], [1e4, 0.0]]


def test_masked_scores_have_probability_zero():
    x = ag.tensor([[0.0, float("-inf"), 0.0]]).requires_grad_()
    p = ag.softmax(x, dim=1)
    assert p.detach().numpy().tolist() == [[0.5, 0.0, 0.5]]
    (g,) = gradients(p, x, ag.tensor([[1.0, 1.0, 0.0]]))
    assert g.numpy().tolist() == [[0.25, 0.0, -0.25]]


def test_scores_laid_out_by_columns():
    scores = np.asfortranarray(np.random.default_rng(0).standard_normal((6, 4)))
    t = np.array([0, 1, 2, 3, 0, 1])
    x, y = ag.tensor(scores).requires_grad_(), ag.tensor(np.ascontiguousarray(scores)).requires_grad_()
    (g,), (h,) = (gradients(ag.cross_entropy(z, ag.tensor(t)), z) for z in (x, y))
    np.testing.assert_array_equal(g.numpy(), h.numpy())


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint8])
def test_targets_of_any_integer_type(dtype):
    t = np.array([1, 0], dtype)
    loss = ag.cross_entropy(ag.tensor([[0.0, 1.0], [2.0, 0.0]]), ag.tensor(t))
    assert loss.item() == pytest.approx(ag.cross_entropy(ag.tensor([[0.0, 1.0], [2.0, 0.0]]), ag.tensor([1, 0])).item())


def test_binary_losses_agree():
    x = np.array([-3.0, 0.2, 2.0])
    t = np.array([0.0, 1.0, 0.3])
    by_scores = ag.binary_cross_entropy_with_logits(ag.tensor(x), ag.tensor(t))
    by_probabilities = ag.binary_cross_entropy(ag.sigmoid(ag.tensor(x)), ag.tensor(t))
    assert by_scores.item() == pytest.approx(by_probabilities.item(), rel=1e-12)


def test_binary_cross_entropy_of_certain_mistakes_is_a_hundred():
    x = ag.tensor([0.0, 1.0]).requires_grad_()
    loss = ag.binary_cross_entropy(x, ag.tensor([1.0, 0.0]), reduction="none")
    assert loss.detach().numpy().tolist() == [100.0, 100.0]
    assert np.isfinite(gradients(loss.sum(), x)[0].numpy()).all()


# --- errors -------------------------------------------------------------------------------------------------

SCORES = np.zeros((4, 3), np.float32)


def message(error, function, *operands, **options):
    with pytest.raises(error) as caught:
        function(*(ag.tensor(np.asarray(o)) for o in operands), **options)
    return str(caught.value)


@pytest.mark.parametrize("function", [ag.cross_entropy, ag.nll_loss])
def test_a_class_out_of_range_is_named(function):
    text = message(IndexingError, function, SCORES, [0, 2, 3, 1])
    assert f"{function.__name__}: class 3 at position 2 is out of range for 3 classes" in text
    assert "from 0 to 2" in text
    assert "class -1 at position 0" in message(IndexingError, function, SCORES, [-1, 2, 0, 1])


def test_a_class_out_of_range_in_an_image():
    assert "class 5 at position (0, 1)" in message(IndexingError, ag.cross_entropy, np.zeros((1, 2, 2)), [[0, 5]])


def test_floating_class_indices():
    text = message(DTypeError, ag.cross_entropy, SCORES, np.zeros(4, np.float32))
    assert "expected integer class indices of shape (4,), got float32 of shape (4,)" in text
    assert "target.long()" in text
    assert "(4, 3)" in text


def test_targets_of_the_wrong_shape_are_shown_aligned():
    text = message(ShapeError, ag.cross_entropy, SCORES, [0, 1])
    assert " input: 4 3" in text
    assert "target:   2" in text
    assert "a target of shape (4,)" in text
    assert "squeeze" in message(ShapeError, ag.nll_loss, SCORES, [[0], [1], [2], [0]])
    assert "target.float()" in message(ShapeError, ag.cross_entropy, SCORES, np.zeros((4, 3), np.int64))


def test_scores_that_are_no_scores():
    assert "expected floating scores, got int64" in message(
        DTypeError, ag.cross_entropy, np.zeros((4, 3), int), [0] * 4
    )
    assert "(N, K, ...) or (K,)" in message(ShapeError, ag.cross_entropy, 1.0, 0)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss", "mse_loss", "l1_loss", "binary_cross_entropy", "kl_div"])
def test_unknown_reductions(name):
    target = [0, 0, 0, 0] if name in {"cross_entropy", "nll_loss"} else SCORES
    text = message(ArgumentError, getattr(ag, name), SCORES, target, reduction="average")
    assert f"{name}: reduction must be 'mean', 'sum'" in text
    assert "got 'average'" in text


def test_options_outside_their_range():
    assert "label_smoothing" in message(ArgumentError, ag.cross_entropy, SCORES, [0] * 4, label_smoothing=1.5)
    assert "ignore_index" in message(ArgumentError, ag.cross_entropy, SCORES, SCORES, ignore_index=0)
    assert "3 classes" in message(ShapeError, ag.cross_entropy, SCORES, [0] * 4, weight=ag.ones(4))
    assert "delta" in message(ArgumentError, ag.huber_loss, SCORES, SCORES, delta=0.0)
    assert "beta" in message(ArgumentError, ag.smooth_l1_loss, SCORES, SCORES, beta=-1.0)
    assert "weight" in message(ShapeError, ag.binary_cross_entropy, SCORES, SCORES, weight=ag.ones(2, 4, 3))


@pytest.mark.parametrize(
    "name", ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy", "kl_div"]
)
def test_losses_do_not_broadcast(name):
    text = message(ShapeError, getattr(ag, name), np.full((4, 1), 0.5), np.full(4, 0.5))
    assert f"{name}: input and target must have the same shape" in text
    assert "squeeze(-1)" in text


def test_probabilities_outside_their_range():
    text = message(ArgumentError, ag.binary_cross_entropy, [0.5, 1.5], [0.0, 1.0])
    assert "from 0.5 to 1.5" in text
    assert "with_logits" in text


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_the_axis_of_the_classes_must_be_named(name):
    assert "pass dim" in message(ArgumentError, getattr(ag, name), SCORES)
    assert f"{name}: dim 2 is out of range" in message(IndexingError, getattr(ag, name), SCORES, dim=2)


def test_one_hot_errors():
    assert "class 4 at position 1" in message(IndexingError, ag.one_hot, [0, 4], num_classes=3)
    assert "class -1" in message(IndexingError, ag.one_hot, [-1, 4])
    assert "integer" in message(DTypeError, ag.one_hot, [0.5])
    assert "empty" in message(ArgumentError, ag.one_hot, np.zeros(0, int))


def test_activation_errors():
    assert "an even size along dim -1" in message(ShapeError, ag.glu, np.zeros((2, 3)))
    assert "'none' or 'tanh'" in message(ArgumentError, ag.gelu, [0.0], approximate="erf")
    assert "one for each of the 3 channels" in message(ShapeError, ag.prelu, np.zeros((2, 3)), np.zeros(2))
    assert "min_val" in message(ArgumentError, ag.hardtanh, [0.0], min_val=1.0, max_val=-1.0)
    assert "lambd" in message(ArgumentError, ag.softshrink, [0.0], lambd=-1.0)
    assert "alpha" in message(ArgumentError, ag.celu, [0.0], alpha=0)
