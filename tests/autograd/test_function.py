"""Users' Functions: what forward leaves for backward, several outputs, orders, and the words for mistakes."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.autograd import Function, once_differentiable
from autograd_np.errors import GraphError, MutationError


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Exponential(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Polar(Function):
    """Several outputs, and an argument that is no tensor."""

    @staticmethod
    def forward(ctx, r, phi, scale):
        ctx.save_for_backward(r, phi)
        ctx.scale = scale
        return scale * r * phi.cos(), scale * r * phi.sin()

    @staticmethod
    def backward(ctx, gx, gy):
        r, phi = ctx.saved_tensors
        s = ctx.scale
        return s * (gx * phi.cos() + gy * phi.sin()), s * r * (gy * phi.cos() - gx * phi.sin()), None


def scalar(value: float) -> ag.Tensor:
    return ag.tensor(value, dtype=ag.float64, requires_grad=True)


def test_three_orders_of_a_function_that_saves_its_input() -> None:
    x = scalar(2.0)
    (d1,) = ag.autograd.grad(Cube.apply(x), x, create_graph=True)
    (d2,) = ag.autograd.grad(d1, x, create_graph=True)
    (d3,) = ag.autograd.grad(d2, x)
    assert (d1.item(), d2.item(), d3.item()) == (12.0, 12.0, 6.0)


def test_second_order_of_a_function_that_saves_its_output() -> None:
    x = scalar(0.5)
    assert ag.testing.gradcheck(Exponential.apply, (x,))
    assert ag.testing.gradgradcheck(Exponential.apply, (x,))


def test_several_outputs_pass_gradgradcheck() -> None:
    r, phi = scalar(1.5), scalar(0.7)
    assert ag.testing.gradcheck(lambda a, b: Polar.apply(a, b, 2.0), (r, phi))
    assert ag.testing.gradgradcheck(lambda a, b: Polar.apply(a, b, 2.0), (r, phi))


def test_an_unused_output_counts_as_zero_unless_asked_for_none() -> None:
    r, phi = scalar(1.0), scalar(0.0)
    Polar.apply(r, phi, 1.0)[0].backward()
    assert (r.grad.item(), phi.grad.item()) == (1.0, 0.0)

    class First(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, g1, g2):
            assert g2 is None
            return g1

    First.apply(r)[0].backward()
    assert r.grad.item() == 2.0


def test_needs_input_grad_tells_which_arguments_count() -> None:
    seen = []

    class Product(Function):
        @staticmethod
        def forward(ctx, a, b):
            seen.append(ctx.needs_input_grad)
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * b if ctx.needs_input_grad[0] else None, g * a if ctx.needs_input_grad[1] else None

    a = scalar(2.0)
    Product.apply(a, ag.tensor(3.0)).backward()
    assert seen == [(True, False)]
    assert a.grad.item() == 3.0


def test_the_newer_form_with_setup_context() -> None:
    class Square(Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    x = scalar(3.0)
    Square.apply(x).backward()
    assert x.grad.item() == 6.0


def test_mark_dirty_returns_the_very_tensor_with_its_new_history() -> None:
    class DoubleInPlace(Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    x = scalar(3.0)
    y = x * 1
    z = DoubleInPlace.apply(y)
    assert z is y
    (z * 5).backward()
    assert x.grad.item() == 10.0


def test_mark_non_differentiable_and_integer_outputs_have_no_history() -> None:
    class SortOf(Function):
        @staticmethod
        def forward(ctx, x):
            order, other = ag.argsort(x), x * 0
            ctx.mark_non_differentiable(other)
            ctx.save_for_backward(order)
            return x[order], order, other

        @staticmethod
        def backward(ctx, g, g_order, g_other):
            (order,) = ctx.saved_tensors
            result = ag.zeros_like(g)
            result[order] = g
            return result

    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    y, order, other = SortOf.apply(x)
    assert (y.requires_grad, order.requires_grad, other.requires_grad) == (True, False, False)
    (y * ag.tensor([1.0, 2.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3.0, 1.0, 2.0])


def test_once_differentiable_refuses_a_second_order() -> None:
    class Sine(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            return ag.tensor(np.cos(ctx.saved_tensors[0].detach().numpy())) * g

    x = scalar(0.3)
    Sine.apply(x).backward()
    np.testing.assert_allclose(x.grad.item(), np.cos(0.3))
    (d1,) = ag.autograd.grad(Sine.apply(x), x, create_graph=True)
    with pytest.raises(GraphError, match="differentiable once only"):
        ag.autograd.grad(d1, x)


def test_a_saved_tensor_written_later_is_noticed_by_name() -> None:
    x = scalar(2.0)
    y = x * 1
    z = Cube.apply(y)
    with ag.no_grad():
        y.add_(1)
    with pytest.raises(MutationError, match=r"'Cube' saved tensor 0 .* 'add_' has written"):
        z.backward()


def test_saved_values_are_freed() -> None:
    z = Cube.apply(scalar(2.0))
    z.backward()
    with pytest.raises(GraphError, match="saved by 'Cube' were freed"):
        z.backward()


def test_no_cycle_keeps_a_function_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(o, ag.Tensor) for o in gc.get_objects())
        for _ in range(5):
            y = Exponential.apply(scalar(0.5))
            ag.autograd.grad(y, y, create_graph=True)
            del y
        assert sum(isinstance(o, ag.Tensor) for o in gc.get_objects()) == before
    finally:
        gc.enable()


def test_mistakes_have_words_of_their_own() -> None:
    class TooMany(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g, g

    with pytest.raises(GraphError, match=r"TooMany.backward: expected one gradient per argument .* 1, got 2"):
        TooMany.apply(scalar(1.0)).backward()

    class NoTensor(Function):
        @staticmethod
        def forward(ctx, x):
            return 3.0

    with pytest.raises(GraphError, match="expected Tensors to be returned"):
        NoTensor.apply(scalar(1.0))
    with pytest.raises(GraphError, match="must define backward"):

        class NoBackward(Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

        NoBackward.apply(scalar(1.0)).backward()
    with pytest.raises(GraphError, match="must define forward"):
        Function.apply(scalar(1.0))


def test_nothing_is_recorded_without_need() -> None:
    assert not Cube.apply(ag.tensor(2.0)).requires_grad
    with ag.no_grad():
        assert not Cube.apply(scalar(2.0)).requires_grad


# --- memory shared with arguments ---------------------------------------------------------------------------


class _Same(Function):
    """Returns its argument, or a part of it."""

    @staticmethod
    def forward(ctx: Any, x: ag.Tensor, part: bool) -> ag.Tensor:
        return x[:1] if part else x

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> Any:
        return (ag.cat([g, g * 0]) if g.shape == (1,) else g) * 10, None


class _Numpys(Function):
    @staticmethod
    def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
        return ag.from_numpy(x.detach().numpy()[:1])

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
        return ag.cat([g, g * 0])


def test_outputs_that_look_into_an_argument_are_not_written() -> None:
    for make in (lambda a: _Same.apply(a, False), lambda a: _Same.apply(a, True), _Numpys.apply):
        a = ag.tensor([1.0, 2.0], requires_grad=True) * 1
        b = make(a)
        with pytest.raises(MutationError, match=r"mul_: a view made by _\w+, whose backward is its own, cannot"):
            b.mul_(3.0)
        assert a.tolist() == [1.0, 2.0]
        a.mul_(3.0)
        assert b.tolist()[0] == 3.0
        with pytest.raises(MutationError, match="was used after a recorded operation wrote to its memory"):
            b.sum()


def test_outputs_that_look_into_an_argument_share_its_count_of_writes() -> None:
    for make in (lambda a: _Same.apply(a, False), _Numpys.apply):
        x = ag.tensor([1.0, 2.0], requires_grad=True)
        a = x * 1
        b = make(a)
        loss = (b * b).sum()
        with ag.no_grad():
            a.mul_(3.0)
        with pytest.raises(MutationError, match="'mul' saved its a"):
            loss.backward()


class _ExpInPlace(Function):
    @staticmethod
    def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
        x.exp_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
        return g * ctx.saved_tensors[0]


def test_what_forward_wrote_may_be_saved() -> None:
    x = ag.tensor([0.0, 1.0], requires_grad=True)
    a = x * 2
    part = a[:1]
    assert _ExpInPlace.apply(part) is part
    a.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    loss = _ExpInPlace.apply(x * 1).sum()
    (dx,) = ag.autograd.grad(loss, x, create_graph=True)
    dx.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 + np.exp([0.0, 1.0]), rtol=1e-6)


class _NegInPlace(Function):
    @staticmethod
    def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
        array = x.numpy(force=True)
        np.negative(array, out=array)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
        return -g


def test_what_forward_declares_to_have_written_is_counted() -> None:
    a = ag.tensor([1.0, 2.0], requires_grad=True) * 1
    loss = (a * a).sum()
    assert _NegInPlace.apply(a) is a
    assert a.tolist() == [-1.0, -2.0]
    with pytest.raises(MutationError, match=r"'mul' saved its a of shape (.|\n)* but '_NegInPlace' has written"):
        loss.backward()


def test_forward_may_not_write_to_a_leaf() -> None:
    with pytest.raises(MutationError, match="_ExpInPlace: a leaf that requires gradients"):
        _ExpInPlace.apply(ag.tensor([0.0, 1.0], requires_grad=True))
