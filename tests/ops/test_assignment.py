"""Writes that replace values: what they leave of the gradient, and the words for what cannot be written."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import MutationError, ShapeError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, requires_grad=True)


def test_copy_passes_the_gradient_to_the_source_alone() -> None:
    x, source = leaf(1.0, 2.0, 3.0), leaf(5.0)
    y = x * 2
    assert y.copy_(source) is y
    assert y.tolist() == [5.0, 5.0, 5.0]
    (y * ag.tensor([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(source.grad.numpy(), [111.0])


def test_second_order_through_a_copy() -> None:
    def function(x: ag.Tensor) -> ag.Tensor:
        y = x * 1
        y[1:].copy_(x[:2] ** 3)
        return y * y

    x = ag.tensor([0.5, -1.5, 2.0], dtype=ag.float64, requires_grad=True)
    assert ag.testing.gradcheck(function, (x,))
    assert ag.testing.gradgradcheck(function, (x,))


def test_fill_and_zero_cut_the_gradient() -> None:
    for write in (lambda t: t.fill_(7), lambda t: t.zero_()):
        x = leaf(1.0, 2.0)
        y = x * 3
        write(y[:1])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), [0.0, 3.0])


def test_types_are_converted_to_the_targets() -> None:
    x = ag.zeros(2, dtype=ag.int64)
    x.copy_(ag.tensor([1.7, -2.7]))
    assert x.tolist() == [1, -2]
    assert ag.zeros(2).copy_([1, 2]).dtype == ag.float32


def test_draws_cut_the_gradient_and_count_as_writes() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3
    z = y * y
    y.detach().normal_()
    with pytest.raises(MutationError, match=r"'mul' saved its .* 'copy_' has written"):
        z.sum().backward()


def test_what_cannot_be_written_says_so() -> None:
    with pytest.raises(MutationError, match="copy_: a leaf that requires gradients"):
        leaf(1.0).zero_()
    with ag.no_grad():
        assert leaf(1.0).zero_().tolist() == [0.0]
    with pytest.raises(ShapeError, match="the source must broadcast"):
        ag.zeros(2).copy_([1.0, 2.0, 3.0])
    with pytest.raises(MutationError, match="read-only or shared by several elements"):
        ag.zeros(1).expand(3).fill_(1)
