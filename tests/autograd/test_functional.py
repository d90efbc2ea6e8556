"""Derivatives of functions against closed forms, in every combination of one and several inputs and outputs."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.autograd import functional
from autograd_np.errors import DTypeError, GraphError, ShapeError

W = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])


def tensor(values) -> ag.Tensor:
    return ag.tensor(np.asarray(values, np.float64))


def linear(x: ag.Tensor) -> ag.Tensor:
    return ag.from_numpy(W) @ x


def test_jacobian_of_a_linear_map_is_its_matrix() -> None:
    for strategy in ("reverse-mode", "forward-mode"):
        result = functional.jacobian(linear, tensor([1, 2, 3]), strategy=strategy)
        np.testing.assert_allclose(result.numpy(), W)


def test_jacobian_of_several_inputs_and_outputs_is_a_grid_of_blocks() -> None:
    a, b = tensor([1.0, 2.0]), tensor([3.0])
    grid = functional.jacobian(lambda x, y: (x * y, y**2), (a, b))
    np.testing.assert_allclose(grid[0][0].numpy(), 3 * np.eye(2))
    np.testing.assert_allclose(grid[0][1].numpy(), [[1.0], [2.0]])
    np.testing.assert_allclose(grid[1][0].numpy(), [[0.0, 0.0]])
    np.testing.assert_allclose(grid[1][1].numpy(), [[6.0]])


def test_jacobian_shapes_are_output_then_input() -> None:
    result = functional.jacobian(lambda x: x.sum(0), ag.zeros(2, 3, dtype=ag.float64))
    assert result.shape == (3, 2, 3)
    assert functional.jacobian(lambda x: x[:0], tensor([1.0, 2.0])).shape == (0, 2)


def test_hessian_of_a_quadratic_form_is_its_matrix() -> None:
    q = np.array([[2.0, 1.0], [1.0, 4.0]])
    result = functional.hessian(lambda x: 0.5 * (x @ ag.from_numpy(q) @ x), tensor([0.3, -0.7]))
    np.testing.assert_allclose(result.numpy(), q)


def test_hessian_of_two_inputs_has_mixed_blocks() -> None:
    blocks = functional.hessian(lambda x, y: (x * y**2).sum(), (tensor([2.0]), tensor([3.0])))
    np.testing.assert_allclose(blocks[0][0].numpy(), [[0.0]])
    np.testing.assert_allclose(blocks[0][1].numpy(), [[6.0]])
    np.testing.assert_allclose(blocks[1][1].numpy(), [[4.0]])


def test_products_with_vectors_are_those_with_the_matrix() -> None:
    x, v, u = tensor([0.1, 0.5, -0.4]), tensor([1.0, -2.0, 0.5]), tensor([2.0, -1.0])
    function = lambda t: ag.tanh(linear(t))  # noqa: E731 (used twice below)
    matrix = functional.jacobian(function, x).numpy()
    np.testing.assert_allclose(functional.jvp(function, x, v)[1].numpy(), matrix @ v.numpy())
    np.testing.assert_allclose(functional.vjp(function, x, u)[1].numpy(), u.numpy() @ matrix)
    scalar = lambda t: function(t).sum()  # noqa: E731
    hessian = functional.hessian(scalar, x).numpy()
    np.testing.assert_allclose(functional.hvp(scalar, x, v)[1].numpy(), hessian @ v.numpy(), atol=1e-15)
    np.testing.assert_allclose(functional.vhp(scalar, x, v)[1].numpy(), v.numpy() @ hessian, atol=1e-15)


def test_create_graph_lets_results_be_differentiated() -> None:
    x = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
    slope = functional.jacobian(lambda t: t**3, x, create_graph=True)
    slope.backward()
    assert x.grad.item() == 12.0
    value, product = functional.jvp(lambda t: t**3, x, tensor(1.0), create_graph=True)
    assert value.requires_grad
    assert product.requires_grad


def test_unused_inputs_are_zero_or_an_error() -> None:
    constant = lambda x, y: x * 2  # noqa: E731
    a, b = tensor([1.0]), tensor([1.0])
    assert functional.jacobian(constant, (a, b))[1].numpy() == [[0.0]]
    with pytest.raises(GraphError, match=r"do not depend on inputs \[1\]"):
        functional.jacobian(constant, (a, b), strict=True)
    fixed = lambda x: tensor([5.0])  # noqa: E731
    assert functional.jvp(fixed, a, b)[1].numpy() == [0.0]
    with pytest.raises(GraphError, match="strict"):
        functional.jvp(fixed, a, b, strict=True)


def test_wrong_calls_have_words() -> None:
    x = tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match="v must have the shape"):
        functional.vjp(lambda t: t, x, tensor([1.0]))
    with pytest.raises(GraphError, match="v may be left out only for a single element"):
        functional.vjp(lambda t: t, x)
    with pytest.raises(GraphError, match="expected 1 vectors, got 2"):
        functional.vjp(lambda t: t, x, (x, x))
    with pytest.raises(GraphError, match=r"hessian: the function must return a single element, got shape \(2,\)"):
        functional.hessian(lambda t: t, x)
    with pytest.raises(DTypeError, match="derivatives need floating inputs, got int64"):
        functional.jacobian(lambda t: t, ag.tensor([1]))
    with pytest.raises(DTypeError, match="output 0 must be a Tensor"):
        functional.jacobian(lambda t: 3.0, x)


def test_inputs_are_left_as_they_were() -> None:
    x = ag.tensor([1.0], requires_grad=True)
    functional.hessian(lambda t: (t**3).sum(), x)
    assert x.grad is None
