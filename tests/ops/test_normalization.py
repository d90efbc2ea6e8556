"""Normalisation: invariance, running statistics, accuracy, second order, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.core import Tensor, as_tensor, gradients, no_grad
from autograd_np.errors import ArgumentError, DTypeError, MutationError, ShapeError
from autograd_np.kernels import normalization as kernels
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from autograd_np.ops.normalization import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from tests.kernels.images import drawn


def leaf(array: np.ndarray) -> Tensor:
    return as_tensor(array.copy()).requires_grad_()


# --- batch norm -----------------------------------------------------------------------------------------------


def test_scaling_the_weights_before_it_changes_nothing() -> None:
    x, w = drawn((8, 5)), drawn((5, 3), 1)
    scaled = w * np.array([0.5, 3.0, 20.0])
    y, z = (batch_norm(x @ v, None, None, training=True, eps=0.0)._array for v in (w, scaled))
    np.testing.assert_allclose(y, z, rtol=1e-10, atol=1e-12)


def test_each_channel_becomes_standard() -> None:
    y = batch_norm(3 * drawn((8, 3, 4, 5)) + 2, None, None, training=True, eps=0.0)._array
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, rtol=1e-12)


@pytest.mark.parametrize("recorded", [True, False])
def test_training_moves_the_running_statistics(recorded: bool) -> None:
    x = drawn((6, 3, 4)) + 1
    old_mean, old_var = drawn((3,), 1), drawn((3,), 2) ** 2
    mean, var = as_tensor(old_mean.copy()), as_tensor(old_var.copy())
    y = batch_norm(leaf(x) if recorded else x, mean, var, training=True, momentum=0.3)
    assert y.requires_grad == recorded
    np.testing.assert_allclose(mean._array, 0.7 * old_mean + 0.3 * x.mean((0, 2)), rtol=1e-12)
    np.testing.assert_allclose(var._array, 0.7 * old_var + 0.3 * x.var((0, 2), ddof=1), rtol=1e-12)
    assert not mean.requires_grad


def test_one_running_statistic_moves_without_the_other() -> None:
    x, mean, var = drawn((6, 3)), as_tensor(np.zeros(3)), as_tensor(np.ones(3))
    batch_norm(x, mean, None, training=True)
    batch_norm(x, None, var, training=True)
    np.testing.assert_allclose(mean._array, 0.1 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(var._array, 0.9 + 0.1 * x.var(0, ddof=1), rtol=1e-12)


def test_evaluation_uses_them_and_leaves_them() -> None:
    x, mean, var = drawn((6, 3, 4)), drawn((3,), 1), drawn((3,), 2) ** 2
    w, b = drawn((3,), 3), drawn((3,), 4)
    before = mean.tobytes(), var.tobytes()
    y = batch_norm(x, mean, var, w, b, eps=0.1)._array
    c = (slice(None), None)
    np.testing.assert_allclose(y, (x - mean[c]) / np.sqrt(var[c] + 0.1) * w[c] + b[c], rtol=1e-12)
    assert (mean.tobytes(), var.tobytes()) == before


def test_moving_statistics_that_a_graph_needs_is_an_error() -> None:
    x, mean, var = leaf(drawn((6, 3))), as_tensor(np.zeros(3)), as_tensor(np.ones(3))
    y = batch_norm(x, mean, var)
    batch_norm(x, mean, var, training=True)
    with pytest.raises(MutationError, match="'batch_norm' has written"):
        y.sum().backward()


def test_eps_is_in_every_place_of_the_gradient() -> None:
    """A constant channel: without eps in the gradient it would be infinite."""
    x = leaf(np.full((4, 2), 3.0))
    y = batch_norm(x, None, None, training=True, eps=0.25)
    g = drawn((4, 2))
    y.backward(as_tensor(g))
    np.testing.assert_allclose(x.grad._array, 2 * (g - g.mean(0)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("normalise", ["batch", "layer"])
def test_a_large_mean_does_not_cancel(normalise: str) -> None:
    """In float32 the mean of squares minus the square of the mean would lose everything here."""
    x = (drawn((64, 48)) + 3000).astype(np.float32)
    if normalise == "batch":
        y = batch_norm(x, None, None, training=True, eps=0.0)._array
        wide = (x - x.mean(0, dtype=np.float64)) / x.std(0, dtype=np.float64)
    else:
        y = layer_norm(x, 48, eps=0.0)._array
        wide = (x - x.mean(1, dtype=np.float64)[:, None]) / x.std(1, dtype=np.float64)[:, None]
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, wide, atol=2e-3)


def test_second_order_knows_that_the_deviation_depends_on_the_input() -> None:
    """Against differences of the first gradient, in float64."""
    x, w = drawn((5, 2)), drawn((2,), 1)
    g, h = drawn((5, 2), 2), drawn((5, 2), 3)

    def first(values: np.ndarray, *, create_graph: bool = False) -> tuple[Tensor, Tensor]:
        t = leaf(values)
        y = batch_norm(t, None, None, as_tensor(w), training=True)
        return t, gradients([y], [t], [as_tensor(g)], create_graph=create_graph)[0]

    t, dx = first(x, create_graph=True)
    (second,) = gradients([dx], [t], [as_tensor(h)])
    step = 1e-5
    for at in np.ndindex(*x.shape):
        moved = np.zeros_like(x)
        moved[at] = step
        ahead, behind = first(x + moved)[1]._array, first(x - moved)[1]._array
        np.testing.assert_allclose(second._array[at], ((ahead - behind) * h).sum() / (2 * step), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [(), (20,), (3, 7)])
def test_blocks_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch, size: tuple[int, ...]) -> None:
    x, g, w, b = drawn((9, 4, *size)), drawn((9, 4, *size), 1), drawn((4,), 2), drawn((4,), 3)

    def everything() -> list[np.ndarray]:
        y, mean, var = kernels.batch_norm(x, w, b, 0.1)
        z, m, v = kernels.layer_norm(x, None, None, 1, 0.1)
        wanted = (True, True, True)
        return [
            y,
            z,
            *kernels.batch_norm_back(g, None, x, w, None, mean, var, wanted=wanted, eps=0.1),
            *kernels.layer_norm_back(g, None, x, None, None, m, v, wanted=wanted, axes=1, eps=0.1),
        ]

    whole = everything()
    monkeypatch.setattr(kernels, "_BLOCK", 50)
    for part, one in zip(everything(), whole, strict=True):
        np.testing.assert_allclose(part, one, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 30, 40, 40), (5000, 130), (3, 5, 70_000)])
def test_the_number_of_threads_changes_nothing(shape: tuple[int, ...]) -> None:
    x, g = drawn(shape).astype(np.float32), drawn(shape, 1).astype(np.float32)
    wanted, before, found = (True, True, True), get_num_threads(), []
    for threads in (1, 2):
        set_num_threads(threads)
        y, mean, var = kernels.batch_norm(x, None, None, 0.1)
        z, m, v = kernels.layer_norm(x, None, None, 1, 0.1)
        back = kernels.batch_norm_back(g, None, x, None, None, mean, var, wanted=wanted, eps=0.1)
        rows_back = kernels.layer_norm_back(g, None, x, None, None, m, v, wanted=wanted, axes=1, eps=0.1)
        found.append([a.tobytes() for a in (y, mean, var, z, m, v, *back, *rows_back) if a is not None])
    set_num_threads(before)
    assert found[0] == found[1]


def test_a_mean_far_from_zero_costs_no_digits() -> None:
    """Statistics are those of deviations: in single precision the squares of 1000 have no digits left for them."""
    x = drawn((64, 6, 50)).astype(np.float32) + np.float32(1000)
    g = drawn((64, 6, 50), 1).astype(np.float32)

    def everything(x: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
        y, mean, var = kernels.batch_norm(x, None, None, 0.0)
        z, m, v = kernels.layer_norm(x, None, None, 1, 0.0)
        dx, *_ = kernels.batch_norm_back(g, None, x, None, None, mean, var, wanted=(True, False, False), eps=0.0)
        dz, *_ = kernels.layer_norm_back(g, None, x, None, None, m, v, wanted=(True, False, False), axes=1, eps=0.0)
        return [y, z, dx, dz]

    for single, double in zip(everything(x, g), everything(x.astype(float), g.astype(float)), strict=True):
        np.testing.assert_allclose(single, double, rtol=0, atol=4e-4)


# --- the others -----------------------------------------------------------------------------------------------


def test_each_row_becomes_standard() -> None:
    y = layer_norm(3 * drawn((8, 3, 4, 5)) + 2, (4, 5), eps=0.0)._array
    np.testing.assert_allclose(y.mean((2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((2, 3)), 1, rtol=1e-12)


def test_groups_between_layer_and_instance() -> None:
    x, w, b = drawn((3, 4, 5, 2)), drawn((4,), 1), drawn((4,), 2)
    one = layer_norm(x, (4, 5, 2))._array * w.reshape(-1, 1, 1) + b.reshape(-1, 1, 1)
    np.testing.assert_allclose(group_norm(x, 1, w, b)._array, one, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(group_norm(x, 4, w, b)._array, instance_norm(x, None, None, w, b)._array)


def test_instance_norm_moves_running_statistics() -> None:
    x = drawn((3, 2, 6))
    mean, var = as_tensor(np.zeros(2)), as_tensor(np.ones(2))
    instance_norm(x, mean, var, momentum=0.5)
    np.testing.assert_allclose(mean._array, 0.5 * x.mean((0, 2)), rtol=1e-12)
    np.testing.assert_allclose(var._array, 0.5 + 0.5 * x.var(2, ddof=1).mean(0), rtol=1e-12)


def test_rms_norm_keeps_the_mean() -> None:
    x = drawn((3, 4))
    y = rms_norm(x, 4, eps=0.0)._array
    np.testing.assert_allclose((y**2).mean(1), 1, rtol=1e-12)
    np.testing.assert_allclose(y / x, (y / x)[:, :1] * np.ones(4), rtol=1e-12)


def test_statistics_need_no_graph() -> None:
    x = leaf(drawn((4, 3)))
    with no_grad():
        assert not batch_norm(x, None, None, training=True).requires_grad


X, C, F = np.ones((2, 3, 4)), np.ones(3), np.ones(3, np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: batch_norm(X[0, 0], C, C), ShapeError, r"batch_norm: the input must be \(N, C\) or \(N, C, ...\)"),
        (lambda: batch_norm(X, None, C), ArgumentError, "evaluation needs running_mean and running_var"),
        (
            lambda: batch_norm(X, C[:2], C),
            ShapeError,
            r"running_mean must have shape \(3,\) for this input, got \(2,\)",
        ),
        (lambda: batch_norm(X, C, C, X), ShapeError, r"(?s)batch_norm: weight must have shape \(3,\).*weight: 2 3 4"),
        (lambda: batch_norm(X, C, C, C, F), DTypeError, "batch_norm: expected same dtype for all operands"),
        (
            lambda: batch_norm(X[:1, :, :1], None, None, training=True),
            ArgumentError,
            "(?s)one value per channel has no spread.*drop_last=True",
        ),
        (lambda: batch_norm(np.ones((2, 3), int), None, None), ArgumentError, "integers have no mean of their own"),
        (lambda: layer_norm(X, 3), ShapeError, r"layer_norm: the input's last axes must be normalized_shape \(3,\)"),
        (lambda: layer_norm(X, ()), ShapeError, "the input's last axes must be normalized_shape"),
        (lambda: layer_norm(X, 4, C), ShapeError, r"layer_norm: weight must have shape \(4,\)"),
        (lambda: rms_norm(X, (2, 4)), ShapeError, "rms_norm: the input's last axes must be"),
        (lambda: group_norm(X, 2), ArgumentError, "group_norm: num_groups must divide the 3 channels, got 2"),
        (lambda: instance_norm(X[:, :, :1]), ArgumentError, "instance_norm: one value per channel and sample"),
    ],
)
def test_errors_say_what_was_expected(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
