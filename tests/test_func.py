"""Function transforms: values, nesting, and what an outer graph sees."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import func
from autograd_np.errors import ArgumentError, GraphError


def scalar(value: float) -> ag.Tensor:
    return ag.tensor(value, dtype=ag.float64)


def test_grad_nests_to_the_fifth_order() -> None:
    derivative, expected = (
        ag.sin,
        [math.sin, math.cos, lambda v: -math.sin(v), lambda v: -math.cos(v), math.sin],
    )
    for order in range(5):
        np.testing.assert_allclose(derivative(scalar(0.3)).item(), expected[order](0.3))
        derivative = func.grad(derivative)
    np.testing.assert_allclose(derivative(scalar(0.3)).item(), math.cos(0.3))


def test_grad_by_several_arguments_with_a_value_and_more() -> None:
    def product(x, y, scale=1.0):
        return (scale * x * y).sum(), "aux"

    (value, aux), (dx, dy) = func.value_and_grad(product, argnums=(0, 1), has_aux=True)(
        scalar(2.0), scalar(3.0), scale=10.0
    )
    assert (value.item(), aux, dx.item(), dy.item()) == (60.0, "aux", 30.0, 20.0)
    slope, aux = func.grad(product, argnums=-1, has_aux=True)(scalar(2.0), scalar(3.0))
    assert (slope.item(), aux) == (2.0, "aux")


def test_results_carry_no_graph_unless_something_outside_requires_one() -> None:
    assert not func.grad(lambda x: x**2)(scalar(2.0)).requires_grad
    w = scalar(3.0).requires_grad_()
    slope = func.grad(lambda x: w * x**2)(scalar(2.0))
    slope.backward()
    assert w.grad.item() == 4.0
    x = scalar(2.0).requires_grad_()
    func.grad(lambda t: t**3)(x).backward()
    assert x.grad.item() == 12.0


def test_mixed_second_derivatives() -> None:
    f = lambda x, y: x**2 * y**3  # noqa: E731
    mixed = func.grad(func.grad(f, 0), 1)
    assert mixed(scalar(2.0), scalar(3.0)).item() == 2 * 2 * 3 * 9


def test_forward_and_reverse_jacobians_agree() -> None:
    x = ag.tensor([[0.1, 0.2], [0.3, 0.4]], dtype=ag.float64)
    f = lambda t: (t @ t).sin()  # noqa: E731
    forward, reverse = func.jacfwd(f)(x), func.jacrev(f)(x)
    assert forward.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(forward.numpy(), reverse.numpy(), rtol=1e-12, atol=1e-15)


def test_hessian_of_a_polynomial() -> None:
    result = func.hessian(lambda x: x[0] ** 2 * x[1])(ag.tensor([2.0, 3.0], dtype=ag.float64))
    np.testing.assert_allclose(result.numpy(), [[6.0, 4.0], [4.0, 0.0]])


def test_vjp_and_jvp_are_adjoint() -> None:
    x = ag.tensor([0.3, -0.2, 0.9], dtype=ag.float64)
    f = lambda t: ag.stack([t[0] * t[1], t[2].exp()])  # noqa: E731
    u, v = ag.tensor([2.0, -1.0], dtype=ag.float64), ag.tensor([1.0, 0.5, -3.0], dtype=ag.float64)
    y, pull = func.vjp(f, x)
    y2, push = func.jvp(f, (x,), (v,))
    np.testing.assert_allclose(y.numpy(), y2.numpy())
    np.testing.assert_allclose((u * push).sum().item(), (pull(u)[0] * v).sum().item())


def test_jvp_of_a_gradient_is_a_hessian_product() -> None:
    x, v = ag.tensor([1.0, 2.0], dtype=ag.float64), ag.tensor([1.0, -1.0], dtype=ag.float64)
    _, product = func.jvp(func.grad(lambda t: (t**3).sum()), (x,), (v,))
    np.testing.assert_allclose(product.numpy(), [6.0, -12.0])


def test_several_outputs_and_aux() -> None:
    (a, b), pull, aux = func.vjp(lambda x: ((x * 2, x * 3), "note"), scalar(1.0), has_aux=True)
    assert (a.item(), b.item(), aux) == (2.0, 3.0, "note")
    assert pull((scalar(1.0), scalar(10.0)))[0].item() == 32.0
    assert [j.item() for j in func.jacrev(lambda x: (x * 2, x * 3))(scalar(1.0))] == [2.0, 3.0]


def test_wrong_calls_have_words() -> None:
    with pytest.raises(GraphError, match=r"single element, got shape \(2,\)"):
        func.grad(lambda x: x)(ag.ones(2))
    with pytest.raises(ArgumentError, match="argnums 3 does not fit a call with 1 arguments"):
        func.grad(lambda x: x, argnums=3)(scalar(1.0))
