"""Activations beyond PyTorch's stored values: randomness, the axis of the classes, and what cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, MutationError, ShapeError


@pytest.mark.parametrize("inplace", [False, True])
def test_hardsigmoid(inplace: bool) -> None:
    """Its gradient is 1/6 here; PyTorch's is rounded to single precision."""
    x = ag.tensor([-4.0, -1.5, 0.0, 2.4, 7.0], dtype=ag.float64, requires_grad=True)
    layer = nn.Hardsigmoid(inplace)
    y = layer(x * 1)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), [0, 0.25, 0.5, 0.9, 1], rtol=1e-15)
    np.testing.assert_allclose(x.grad.numpy(), [0, 1 / 6, 1 / 6, 1 / 6, 0], rtol=1e-15)
    assert repr(layer) == "Hardsigmoid()"


# --- random slopes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_random_slopes_are_uniform(dtype: Any) -> None:
    x = -ag.ones(200, 200, dtype=dtype, requires_grad=True)
    y = nn.RReLU(0.1, 0.4)(x)
    slopes = -y.detach().numpy()
    assert slopes.dtype == dtype
    assert slopes.min() >= 0.1 - 1e-7
    assert slopes.max() <= 0.4 + 1e-7
    assert slopes.mean() == pytest.approx(0.25, abs=0.003)
    assert slopes.var() == pytest.approx(0.3**2 / 12, rel=0.05)
    (g,) = ag.autograd.grad(y.sum(), [x])
    np.testing.assert_allclose(g.numpy(), slopes, rtol=1e-6)


def test_random_slopes_leave_what_is_positive() -> None:
    x = ag.randn(500)
    y = F.rrelu(x, 0.1, 0.4, training=True)
    assert (y == x)[x > 0].all()
    assert (y != x)[x < 0].all()
    assert nn.RReLU(0.1, 0.3).eval()(ag.tensor([-2.0])).item() == pytest.approx(-0.4)


def test_random_slopes_follow_the_generator() -> None:
    x = -ag.ones(20)
    first = F.rrelu(x, training=True, generator=ag.Generator().manual_seed(4))
    assert F.rrelu(x, training=True, generator=ag.Generator().manual_seed(4)).tolist() == first.tolist()
    assert F.rrelu(x, training=True).tolist() != first.tolist()


def test_random_slopes_in_place() -> None:
    x = -ag.ones(20)
    assert nn.RReLU(inplace=True)(x) is x
    assert len(set(x.tolist())) > 10


# --- draws from scores ------------------------------------------------------------------------------------------------


def test_gumbel_draws_have_the_probabilities_of_their_scores() -> None:
    p = np.array([0.1, 0.2, 0.7])
    scores = ag.from_numpy(np.log(p)).expand(20000, 3)
    drawn = F.gumbel_softmax(scores, hard=True)
    np.testing.assert_allclose(drawn.numpy().mean(0), p, atol=0.015)
    soft = F.gumbel_softmax(scores, tau=0.5)
    np.testing.assert_allclose(soft.sum(1).numpy(), 1, rtol=1e-12)
    np.testing.assert_allclose(np.bincount(soft.argmax(1).numpy()) / 20000, p, atol=0.015)


def test_gumbel_draws_carry_the_gradient_of_the_soft_form() -> None:
    scores = ag.randn(4, 5, dtype=ag.float64, requires_grad=True)
    weights = ag.randn(4, 5, dtype=ag.float64)
    gradients = []
    for hard in (False, True):
        y = F.gumbel_softmax(scores, tau=0.7, hard=hard, dim=0, generator=ag.Generator().manual_seed(1))
        gradients.append(ag.autograd.grad((y * weights).sum(), [scores])[0].numpy())
        assert hard == bool(((y - y.round()).abs() < 1e-12).all())
        np.testing.assert_allclose(y.sum(0).detach().numpy(), 1, rtol=1e-12)
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-12)


@pytest.mark.parametrize("dtype", [ag.float16, ag.float32, ag.float64])
def test_gumbel_draws_keep_the_type(dtype: Any) -> None:
    assert F.gumbel_softmax(ag.zeros(2, 3, dtype=dtype), hard=True).dtype == dtype


def test_waiting_times_of_zero_make_no_infinity() -> None:
    class Zeros:
        def standard_exponential(self, shape: Any, kind: Any) -> Any:
            return np.zeros(shape, kind)

    generator = ag.Generator()
    generator.numpy = Zeros()  # type: ignore[assignment]  # the one draw that is made
    assert F.gumbel_softmax(ag.zeros(4), generator=generator).tolist() == [0.25] * 4


# --- the axis of the classes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "axis"), [((3,), 0), ((2, 3), 1), ((2, 3, 2, 2), 1), ((2, 3, 1, 2, 2), 1)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_the_axis_of_the_classes_where_none_is_named(name: str, shape: tuple[int, ...], axis: int) -> None:
    x = ag.randn(shape)
    layer = {"softmax": nn.Softmax, "log_softmax": nn.LogSoftmax, "softmin": nn.Softmin}[name]
    expected = getattr(F, name)(x, axis).tolist()
    assert getattr(F, name)(x).tolist() == expected
    assert layer()(x).tolist() == expected


@pytest.mark.parametrize("call", [F.softmax, F.log_softmax, F.softmin, nn.Softmax(), nn.LogSoftmax(), nn.Softmin()])
def test_three_axes_need_a_name(call: Any) -> None:
    with pytest.raises(ArgumentError, match=r"which axis of shape \(2, 3, 4\) holds the classes\?(.|\n)*fix: pass dim"):
        call(ag.zeros(2, 3, 4))


def test_types_of_softmax() -> None:
    assert F.softmax(ag.zeros(3), dtype=ag.float64).dtype == np.float64
    assert F.softmax(ag.zeros(3), 0, 3, ag.float64).dtype == np.float64


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["celu", "elu", "hardtanh", "leaky_relu", "relu", "rrelu", "selu", "threshold"])
def test_forms_that_always_write_into_their_input(name: str) -> None:
    function, settings = getattr(F, f"{name}_"), (0.1, 5.0) if name == "threshold" else ()
    x = ag.tensor([-1.0, 2.0])
    expected = getattr(F, name)(x.clone(), *settings).tolist()
    assert function(x, *settings) is x
    assert x.tolist() == expected
    with pytest.raises(MutationError):
        function(ag.tensor([-1.0], requires_grad=True), *settings)
    assert function.__name__ == f"{name}_"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.rrelu(ag.ones(2), 0.5, 0.2), ArgumentError, "rrelu: expected lower <= upper, got 0.5 and 0.2"),
        (lambda: nn.Hardtanh(1, 1), ArgumentError, "Hardtanh: expected min_val < max_val, got 1 and 1"),
        (lambda: F.gumbel_softmax(ag.ones(2), 0), ArgumentError, "the temperature tau must be positive, got 0"),
        (lambda: nn.Softmax2d()(ag.ones(2, 3)), ShapeError, r"Softmax2d: expected .* got \(2, 3\)"),
        (lambda: nn.PReLU(2)(ag.ones(2, 3)), ShapeError, "prelu: expected one weight, or one for each of the 3"),
        (lambda: nn.GLU()(ag.ones(2, 3)), ShapeError, "glu: expected an even size"),
    ],
)
def test_activations_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_weight_of_prelu_is_trained() -> None:
    layer = nn.PReLU(3, init=0.1)
    assert [(name, p.tolist()) for name, p in layer.named_parameters()] == [("weight", [np.float32(0.1)] * 3)]
    layer.weight.data.zero_()
    layer.reset_parameters()
    assert layer.weight.tolist() == [np.float32(0.1)] * 3
    assert nn.PReLU(device="cpu", dtype=ag.float64).weight.dtype == np.float64
