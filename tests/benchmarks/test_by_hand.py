"""What is written by hand in NumPy computes what the engine computes: otherwise two tasks would be compared."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd_np as torch
from benchmarks.by_hand import images, kernels, steps
from benchmarks.by_hand.recurrent import lstm
from benchmarks.functional import KINDS as FORWARD
from benchmarks.libraries import grammar, hand
from benchmarks.nets import BETAS, EPSILON, LEARNING_RATE, NETS, Net
from benchmarks.operations import OPERATIONS, Operand, Operation, chain, cotangent
from nn import optim

#: The sizes of the table divided where that changes nothing but the time.
SHRUNK = {128: 16, 512: 12, 4096: 6, 1024: 20, 1000: 30, 784: 12, 768: 16, 100: 10, 256: 24, 144: 6, 32: 4, 64: 8}


def small(operation: Operation) -> Operation:
    """Return the operation on smaller arrays; images keep their height and width below 60."""

    def shrink(operand: Operand) -> Operand:
        sides = operand.shape[2:] if len(operand.shape) == 4 else ()
        front = tuple(SHRUNK.get(n, n) for n in operand.shape[: len(operand.shape) - len(sides)])
        back = tuple({128: 16, 512: 12, 64: 8, 56: 9, 32: 8, 28: 11, 24: 6}.get(n, n) for n in sides)
        return replace(operand, shape=front + back, below=operand.below and SHRUNK.get(operand.below, 10))

    options = dict(operation.options)
    if "groups" in options:
        options["groups"] = SHRUNK[options["groups"]]
    if "normalized_shape" in options:
        options["normalized_shape"] = tuple(SHRUNK[n] for n in options["normalized_shape"])
    return replace(operation, operands=tuple(map(shrink, operation.operands)), options=options)


def both_ways(operation: Operation) -> tuple[Any, Any]:
    result, back = getattr(hand.PAIRS, operation.function)(*operation.arrays(), **operation.options)
    ours = grammar.operation(operation, "forward")()
    np.testing.assert_allclose(result, ours.detach().numpy(), rtol=2e-5, atol=2e-5)
    found = back(cotangent(result.shape))
    expected = [gradient.numpy() for gradient in grammar.operation(operation, "both")()]
    return found, expected


@pytest.mark.parametrize("operation", [*OPERATIONS, chain(20)], ids=lambda o: f"{o.family}-{o.name}")
def test_operation(operation: Operation) -> None:
    found, expected = both_ways(small(operation))
    for mine, right in zip(found, expected, strict=False):  # a chain's constants and indices have no gradient
        np.testing.assert_allclose(mine, right, rtol=1e-3, atol=1e-4)
    assert len(found) == len(expected)


def test_convolution_with_a_bias() -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 3, 6, 5)), rng.standard_normal((4, 3, 3, 3)), rng.standard_normal(4)
    y, back = images.conv2d(x, w, b, stride=2, padding=1)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    other = torch.conv2d(*leaves, stride=2, padding=1)
    np.testing.assert_allclose(y, other.detach().numpy(), rtol=1e-12)
    g = rng.standard_normal(y.shape)
    other.backward(torch.tensor(g))
    for mine, leaf in zip(back(g), leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_the_first_of_equals_takes_the_gradient_of_a_pooling() -> None:
    y, back = images.max_pool2d(np.ones((1, 1, 2, 4)), 2)
    np.testing.assert_array_equal(y, np.ones((1, 1, 1, 2)))
    np.testing.assert_array_equal(back(y)[0], [[[[1, 0, 1, 0], [0, 0, 0, 0]]]])


@pytest.mark.parametrize("name", ["relu6", "gelu_tanh"])
def test_activations_of_the_nets(name: str) -> None:
    x = 4 * np.random.default_rng(0).standard_normal(200)
    leaf = torch.tensor(x, requires_grad=True)
    other = torch.nn.functional.relu6(leaf) if name == "relu6" else torch.gelu(leaf, approximate="tanh")
    y, back = getattr(kernels, name)(x)
    other.sum().backward()
    np.testing.assert_allclose(y, other.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(back(np.ones(200))[0], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_lstm_gives_its_input_a_gradient() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in ((2, 5, 3), (16, 3), (16, 4), (16,), (16,))]
    y, back = lstm(*arrays)
    layer = torch.nn.LSTM(3, 4, batch_first=True).double()
    with torch.no_grad():
        for parameter, array in zip(layer.parameters(), arrays[1:], strict=True):
            parameter.copy_(torch.tensor(array))
    x = torch.tensor(arrays[0], requires_grad=True)
    other = layer(x)[0]
    g = rng.standard_normal(y.shape)
    other.backward(torch.tensor(g))
    np.testing.assert_allclose(y, other.detach().numpy(), rtol=1e-10)
    for mine, leaf in zip(back(g), [x, *layer.parameters()], strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


def batch(net: Net) -> tuple[Any, Any]:
    """Return a few examples of the batch in float64."""
    x, y = net.batch()
    few = np.s_[:2, :6] if net.kind == "lstm" else np.s_[:2]
    x, y = x[few], y[few]
    return x.astype(float), y.astype(float) if y.dtype.kind == "f" else y


@pytest.mark.parametrize("name", NETS)
def test_net(name: str) -> None:
    net = NETS[name]
    options = {"dropout": 0.0} if net.kind == "deep_conv_net" else {}
    model = grammar.build(name, **options).double()
    x, y = batch(net)
    loss = grammar.loss_of(model, torch.tensor(x), torch.tensor(y))
    loss.backward()
    weights = [w.astype(float) for w in net.weights()]
    value, gradients = steps.KINDS[net.kind](weights, x, y, **options)
    assert value == pytest.approx(loss.item(), rel=1e-6)
    for mine, parameter in zip(gradients, model.parameters(), strict=True):
        right = parameter.grad.numpy()
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-6 * np.abs(right).max() + 1e-12)


@pytest.mark.parametrize("name", NETS)
def test_inference(name: str) -> None:
    net = NETS[name]
    model = grammar.build(name).eval().double()
    x, _ = batch(net)
    found = FORWARD[net.kind](hand.RESULTS, [w.astype(float) for w in net.weights()], x, False)
    with torch.no_grad():
        np.testing.assert_allclose(found, model(torch.tensor(x)).numpy(), rtol=1e-5, atol=1e-6)


def test_dropout_keeps_the_mean_and_the_gradient() -> None:
    x = np.ones((400, 400), np.float32)
    y, back = steps._dropout(x, 0.25, np.random.default_rng(0))
    assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
    assert y.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(back(x)[0], y)


def test_adam() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape, np.float32) for shape in ((3, 4), (4,))]
    adam = steps.Adam(arrays)
    parameters = [torch.tensor(a.copy(), requires_grad=True) for a in arrays]
    optimizer = optim.Adam(parameters, lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    for _ in range(5):
        gradients = [rng.standard_normal(a.shape, np.float32) for a in arrays]
        adam.step(gradients)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
    for mine, parameter, start in zip(adam.weights, parameters, arrays, strict=True):
        np.testing.assert_allclose(mine - start, parameter.detach().numpy() - start, rtol=0.05)  # five moves of 1e-6
        assert np.abs(mine - start).max() > 1e-6
    assert [w.shape for w in adam.weights] == [a.shape for a in arrays]


def test_blocks_follow_each_other() -> None:
    assert all(before[1] == after[0] for before, after in pairwise(steps.BLOCKS))
