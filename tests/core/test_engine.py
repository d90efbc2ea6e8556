"""Backward: sums over paths, freeing, every order, hooks, chosen inputs, long chains, memory, threads."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.core import (
    GraphNode,
    Leaf,
    Node,
    Op,
    Port,
    Tensor,
    UnaryOp,
    backward,
    contributions,
    gradients,
    registry,
)
from autograd_np.core.engine import Placed
from autograd_np.errors import DTypeError, GraphError, MutationError, RuleError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck


def leaf(*values: Any) -> Tensor:
    return ag.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def row(name: str, *arguments: Any, **options: Any) -> Any:
    """Return a row that lives for one test, outside the registry."""
    kind = options.pop("kind", Op)
    made = kind(name, *arguments, **options)
    del registry[name]
    return made


def values(t: Any) -> Any:
    return None if t is None else t.detach().numpy()


# --- sums over paths ----------------------------------------------------------------------------------------


def test_gradients_accumulate_over_calls() -> None:
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * x).sum().backward()
    np.testing.assert_array_equal(values(x.grad), [6.0, 12.0])


def test_paths_are_summed() -> None:
    x, y = leaf(3.0), leaf(2.0)
    ((x + y) / (2 * x + y)).sum().backward()
    np.testing.assert_allclose(values(x.grad), -2.0 / 64)
    np.testing.assert_allclose(values(y.grad), 3.0 / 64)


def test_one_tensor_as_both_operands() -> None:
    x = leaf(3.0)
    (x * x + x - x).sum().backward()
    np.testing.assert_array_equal(values(x.grad), [6.0])


@pytest.mark.parametrize("uses", [1, 2, 3, 50])
def test_fan_out(uses: int) -> None:
    x = leaf(1.5, -2.0)
    y = x * 1.0
    total = y * 0
    for k in range(uses):
        total = total + y * (k + 1)
    total.sum().backward()
    np.testing.assert_allclose(values(x.grad), uses * (uses + 1) / 2)


def test_several_outputs_at_once() -> None:
    x = leaf(1.0, 2.0)
    backward([(x * 2).sum(), x * x], [None, np.array([1.0, 10.0])])
    np.testing.assert_array_equal(values(x.grad), [4.0, 42.0])


def test_a_leaf_is_its_own_output() -> None:
    x = leaf(5.0)
    x.backward()
    np.testing.assert_array_equal(values(x.grad), [1.0])


def test_cotangents_take_the_outputs_type() -> None:
    x = ag.ones(2, requires_grad=True)
    (x * 2).backward(np.array([1.0, 2.0]))
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(values(x.grad), [2.0, 4.0])


# --- what was freed -----------------------------------------------------------------------------------------


def test_a_second_backward_needs_retain_graph() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(values(x.grad), [4.0, 8.0])
    with pytest.raises(GraphError, match=r"saved by 'mul' were freed.*\n  fix: pass retain_graph=True"):
        y.backward()


def test_backward_frees_arrays_and_keeps_edges() -> None:
    x = leaf(1.0)
    y = x * x
    node = y.grad_fn
    y.sum().backward()
    assert node.saved is None
    assert node.edges[0] is x._node


def test_operations_that_save_nothing_can_be_passed_again() -> None:
    x = leaf(1.0)
    y = x + x
    y.backward()
    y.backward()
    np.testing.assert_array_equal(values(x.grad), [4.0])


def test_create_graph_retains_unless_told_otherwise() -> None:
    x = leaf(2.0)
    y = x * x * x
    gradients(y, x, create_graph=True)
    gradients(y, x, create_graph=True, retain_graph=False)
    with pytest.raises(GraphError, match="freed"):
        gradients(y, x)


# --- every order --------------------------------------------------------------------------------------------


def test_derivatives_to_the_fourth_order() -> None:
    x = leaf(0.7, -1.2)
    y = x * x * x * x * x
    factors = (5, 20, 60, 120)
    for order, factor in enumerate(factors, start=1):
        (y,) = gradients(y.sum(), x, create_graph=True)
        np.testing.assert_allclose(values(y), factor * np.array([0.7, -1.2]) ** (5 - order), rtol=1e-12)


def test_mixed_second_derivatives_are_symmetric() -> None:
    x, y = leaf(0.7), leaf(-1.2)
    z = (x * y * y / (x + 3)).sum()
    dx, dy = gradients(z, (x, y), create_graph=True)
    (dxy,) = gradients(dx, y, retain_graph=True)
    (dyx,) = gradients(dy, x)
    np.testing.assert_allclose(values(dxy), values(dyx), rtol=1e-12)


def test_backward_with_create_graph_leaves_gradients_to_differentiate() -> None:
    x = leaf(3.0)
    (x * x * x).sum().backward(create_graph=True)
    first = x.grad
    np.testing.assert_array_equal(values(first), [27.0])
    (second,) = gradients(first, x)
    np.testing.assert_array_equal(values(second), [18.0])


def test_create_graph_accumulates_as_well() -> None:
    x = leaf(3.0)
    for _ in range(2):
        (x * x).sum().backward(create_graph=True)
    np.testing.assert_array_equal(values(x.grad), [12.0])
    (second,) = gradients(x.grad, x)
    np.testing.assert_array_equal(values(second), [4.0])


def test_a_cotangent_can_be_differentiated() -> None:
    x, v = leaf(2.0, 3.0), leaf(5.0, 7.0)
    (g,) = gradients(x * x, x, v, create_graph=True)
    (dv,) = gradients(g.sum(), v)
    np.testing.assert_array_equal(values(dv), [4.0, 6.0])


# --- chosen inputs ------------------------------------------------------------------------------------------


def test_interior_tensors_as_inputs() -> None:
    x = leaf(2.0)
    y = x * 3
    z = y * y
    dy, dx = gradients(z, (y, x), retain_graph=True)
    np.testing.assert_array_equal(values(dy), [12.0])
    np.testing.assert_array_equal(values(dx), [36.0])
    assert x.grad is None
    z.backward(inputs=[y])
    np.testing.assert_array_equal(values(y.grad), [12.0])
    assert x.grad is None


def test_an_output_as_its_own_input() -> None:
    x = leaf(2.0)
    y = x * 3
    (g,) = gradients(y, y)
    np.testing.assert_array_equal(values(g), [1.0])


def test_backward_into_chosen_leaves_alone() -> None:
    x, y = leaf(2.0), leaf(3.0)
    z = x * y
    z.backward(inputs=x)
    np.testing.assert_array_equal(values(x.grad), [3.0])
    assert y.grad is None
    with pytest.raises(GraphError, match="inputs is empty"):
        (x * y).backward(inputs=[])


def test_only_the_way_to_the_inputs_is_passed() -> None:
    def forbidden(*_: Any) -> Any:
        raise AssertionError

    closed = row("closed", np.negative, forbidden, kind=UnaryOp)
    x, y = leaf(2.0), leaf(3.0)
    (g,) = gradients(x * 2 + closed(y), x)
    np.testing.assert_array_equal(values(g), [2.0])


def test_unused_inputs() -> None:
    x, other = leaf(2.0), leaf(1.0, 1.0)
    y = x * 2
    with pytest.raises(GraphError, match=r"do not depend on input 1 of shape \(2,\)\n  fix: .*allow_unused=True"):
        gradients(y, (x, other), retain_graph=True)
    assert gradients(y, (x, other), allow_unused=True, retain_graph=True)[1] is None
    zeros = gradients(y, (x, other), materialize_grads=True)[1]
    np.testing.assert_array_equal(values(zeros), [0.0, 0.0])


def test_the_same_input_twice() -> None:
    x = leaf(2.0)
    a, b = gradients(x * x, (x, x))
    np.testing.assert_array_equal(values(a), values(b))
    assert not np.shares_memory(values(a), values(b))


# --- wrong calls --------------------------------------------------------------------------------------------


def test_backward_of_several_elements_needs_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"the output has shape \(2,\)\n  fix: .*y.sum\(\).backward\(\)"):
        (x * 2).backward()


def test_backward_of_constants() -> None:
    with pytest.raises(GraphError, match="output 0 does not require gradients"):
        ag.ones(1).backward()
    x = leaf(1.0)
    with ag.no_grad():
        y = x * 2
    with pytest.raises(GraphError, match=r"inside no_grad\(\)"):
        y.backward()
    with pytest.raises(GraphError, match=r"input 0 of shape \(1,\) does not require gradients"):
        gradients(x * 2, ag.ones(1))


def test_wrong_cotangents() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(ShapeError, match="the gradient's shape must be the output's\n"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(GraphError, match="expected one per output, that is 2, got 1"):
        backward([x * 2, x * 3], [np.ones(2)])
    with pytest.raises(DTypeError, match="input 1 must be a Tensor, got ndarray"):
        gradients(x.sum(), [x, np.ones(2)])


def test_rules_that_return_the_wrong_shape_are_named() -> None:
    broken = row("broken", np.negative, lambda g, _y, _x: g[:1], kind=UnaryOp)
    with pytest.raises(RuleError, match="broken: a backward rule returned a cotangent of the wrong shape"):
        broken(leaf(1.0, 2.0)).sum().backward()


def test_rules_that_fail_are_named() -> None:
    def failing(_g: Any, _y: Any, _x: Any) -> Any:
        raise ZeroDivisionError

    broken = row("broken", np.negative, failing, kind=UnaryOp)
    with pytest.raises(ZeroDivisionError) as caught:
        broken(leaf(1.0, 2.0)).sum().backward()
    notes = caught.value.__notes__ if sys.version_info >= (3, 11) else caught.value.args
    assert "in the backward of 'broken', for x\n  shapes: output (2,), x (2,)\n  recorded at unknown" in notes[0]


def test_cotangents_are_cast_to_their_operands_type() -> None:
    widened = row("widened", lambda x: x.astype(np.float64), lambda g, _y, _x: g, kind=UnaryOp)
    for create_graph in (False, True):
        x = ag.ones(2, requires_grad=True)
        (g,) = gradients(widened(x).sum(), x, create_graph=create_graph)
        assert g.dtype == np.float32


def test_a_saved_value_written_since_is_named() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    y += 1
    with pytest.raises(MutationError, match=r"'mul' saved .*'add_' has written.*\n  fix: use the out-of-place form"):
        z.sum().backward()


# --- hooks --------------------------------------------------------------------------------------------------


def test_hooks_see_the_complete_gradient_once() -> None:
    x = leaf(2.0)
    y = x * 1
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(values(g).copy()))
    (y * 2 + y * 3).backward()
    np.testing.assert_array_equal(seen, [[5.0]])


def test_a_hook_may_replace_the_gradient() -> None:
    x = leaf(2.0)
    y = x * 1
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (y * 2).backward()
    np.testing.assert_array_equal(values(x.grad), [21.0])


def test_hooks_run_in_order_and_can_be_taken_back() -> None:
    x = leaf(2.0)
    first = x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 2)
    (x * 1).backward()
    np.testing.assert_array_equal(values(x.grad), [4.0])
    first.remove()
    first.remove()
    x.grad = None
    (x * 1).backward()
    np.testing.assert_array_equal(values(x.grad), [2.0])


def test_hooks_are_part_of_the_recorded_gradient() -> None:
    x = leaf(2.0)
    y = x * 1
    handle = y.register_hook(lambda g: g * g)
    (g,) = gradients(y * y, x, create_graph=True)
    np.testing.assert_array_equal(values(g), [16.0])
    handle.remove()
    (second,) = gradients(g, x)
    np.testing.assert_array_equal(values(second), [16.0])


def test_a_hook_cannot_change_the_cotangent_of_others() -> None:
    x, start = leaf(2.0), np.array([1.0])
    y = x + 0

    def scaled(g: Tensor) -> Tensor:
        return g * 5

    y.register_hook(scaled)
    y.backward(start)
    np.testing.assert_array_equal(start, [1.0])


def test_what_hooks_return_is_checked() -> None:
    x = leaf(1.0, 2.0)
    handle = x.register_hook(lambda g: np.ones(2))
    with pytest.raises(DTypeError, match="a hook must return a Tensor or None, got ndarray"):
        (x * 2).sum().backward()
    handle.remove()
    x.register_hook(lambda g: g.sum())
    with pytest.raises(ShapeError, match=r"must keep the gradient's shape \(2,\), got \(\)"):
        (x * 2).sum().backward()


def test_retain_grad() -> None:
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    z = y * y
    z.backward(retain_graph=True)
    np.testing.assert_array_equal(values(y.grad), [12.0])
    z.backward()
    np.testing.assert_array_equal(values(y.grad), [24.0])
    assert z.grad is None


def test_retain_grad_keeps_what_hooks_made_of_it() -> None:
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    (y * 5).backward()
    np.testing.assert_array_equal(values(y.grad), [10.0])
    np.testing.assert_array_equal(values(x.grad), [30.0])


# --- who owns a gradient ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 0,
        lambda x: -(x * -1),
        lambda x: x * 2 + x,
        lambda x: x + x,
        lambda x: x * 1,
        lambda x: x.reshape((2, 1)).reshape((2,)),
    ],
)
def test_gradients_alias_nothing(function: Callable[[Tensor], Tensor]) -> None:
    x, start = leaf(1.0, 2.0), np.array([3.0, 4.0])
    y = function(x)
    y.backward(start, retain_graph=True)
    (g,) = gradients(y, x, start, retain_graph=True)
    held = [start, values(y), x.detach().numpy()]
    for kept in (values(x.grad), values(g)):
        assert not any(np.shares_memory(kept, other) for other in held)
    assert not np.shares_memory(values(x.grad), values(g))
    values(x.grad)[...] = 100
    values(g)[...] = 100
    np.testing.assert_array_equal(start, [3.0, 4.0])


def test_gradients_of_two_leaves_alias_each_other_not() -> None:
    x, y = leaf(1.0), leaf(2.0)
    (x + y).backward()
    assert not np.shares_memory(values(x.grad), values(y.grad))


def test_a_cotangent_that_a_row_of_several_outputs_passes_on_is_copied() -> None:
    twice = row("twice", lambda x: (x, -x), lambda g, _y, _x: g[0], outputs=2)
    x, start = leaf(1.0), np.array([3.0])
    twice(x)[0].backward(start)
    assert not np.shares_memory(values(x.grad), start)


def test_saved_arrays_do_not_become_gradients() -> None:
    same = row("same", lambda a, b: a * b, lambda g, _y, _a, b: b, lambda g, _y, a, _b: a)
    x, y = leaf(1.0), leaf(2.0)
    same(x, y).backward()
    assert not np.shares_memory(values(x.grad), values(y))
    assert not np.shares_memory(values(y.grad), values(x))


def test_accumulation_leaves_an_earlier_gradient_tensor_in_place() -> None:
    x = leaf(1.0)
    (x * 2).backward()
    kept = x.grad
    (x * 3).backward()
    assert x.grad is kept
    np.testing.assert_array_equal(values(kept), [5.0])


def test_read_only_gradients_are_replaced() -> None:
    x = leaf(1.0, 1.0)
    given = np.broadcast_to(np.array(2.0), (2,))
    x.grad = ag.as_tensor(given)
    (x * 3).sum().backward()
    np.testing.assert_array_equal(values(x.grad), [5.0, 5.0])
    np.testing.assert_array_equal(given, [2.0, 2.0])


# --- several outputs and placed cotangents ------------------------------------------------------------------


def split_row() -> Op:
    return row(
        "halves",
        lambda x: (x[:1].copy(), x[1:].copy()),
        lambda g, _y, _x: np.concatenate([np.zeros(1) if part is None else part for part in g]),
        outputs=2,
    )


def test_absent_cotangents_of_several_outputs() -> None:
    x = leaf(1.0, 2.0)
    a, b = split_row()(x)
    assert (a.output_nr, b.output_nr) == (0, 1)
    assert a.grad_fn is b.grad_fn
    (b * 5).backward(retain_graph=True)
    np.testing.assert_array_equal(values(x.grad), [0.0, 5.0])
    (a * 2 + b * 3 + a).backward(retain_graph=True)
    np.testing.assert_array_equal(values(x.grad), [3.0, 8.0])
    (g,) = gradients(a * b, b)
    np.testing.assert_array_equal(values(g), [1.0])


def test_hooks_and_retained_gradients_of_one_output() -> None:
    x = leaf(1.0, 2.0)
    a, b = split_row()(x)
    a.register_hook(lambda g: g * 10)
    b.retain_grad()
    (a + b).backward()
    np.testing.assert_array_equal(values(x.grad), [10.0, 1.0])
    np.testing.assert_array_equal(values(b.grad), [1.0])


def test_an_output_that_a_rule_uses_again_is_the_same_one_in_every_order() -> None:
    powers = row(
        "powers",
        lambda x: (np.exp(x), np.exp(2 * x)),
        lambda g, y, _x: (0 if g[0] is None else g[0] * y[0]) + (0 if g[1] is None else 2 * g[1] * y[1]),
        outputs=2,
    )
    x = leaf(0.3)
    a, b = powers(x)
    (g,) = gradients((a * a * b).sum(), x, create_graph=True)
    np.testing.assert_allclose(values(g), 4 * np.exp(4 * 0.3))
    # As a function of the outputs g is 4·a²·b.
    (da,) = gradients(g.sum(), a, retain_graph=True)
    np.testing.assert_allclose(values(da), 8 * np.exp(3 * 0.3))
    seen: list[Any] = []
    a.register_hook(lambda cotangent: seen.append(values(cotangent).copy()))
    gradients(g.sum(), x)
    np.testing.assert_allclose(seen, [values(da)])


def placing(k: int) -> Op:
    def place(g: Any, _y: Any, _x: Any) -> Any:
        def add_into(buffer: Any) -> None:
            buffer[k] += g

        return Placed(g, add_into)

    return row(f"pick {k}", lambda x: x[k].copy(), place, kind=UnaryOp)


def test_placed_cotangents_share_one_buffer() -> None:
    x = leaf([1.0, 2.0], [3.0, 4.0], [5.0, 6.0])
    y = x * 1
    total = placing(0)(y) + placing(2)(y) * 3 + placing(2)(y)
    (total.sum() + (y * 10).sum()).backward()
    np.testing.assert_array_equal(values(x.grad), [[11, 11], [10, 10], [14, 14]])


def test_placed_cotangents_reach_leaves_and_follow_dense_ones() -> None:
    for dense_first in (True, False):
        x = leaf([1.0, 2.0], [3.0, 4.0])
        parts = [placing(1)(x).sum(), (x * 10).sum()]
        total = parts[0] + parts[1] if dense_first else parts[1] + parts[0]
        start = np.array(2.0)
        total.backward(start)
        np.testing.assert_array_equal(values(x.grad), [[20, 20], [22, 22]])


def test_placed_cotangents_are_made_dense_where_someone_asks() -> None:
    x = leaf([1.0, 2.0], [3.0, 4.0])
    y = placing(1)(x)
    ((index, g),) = contributions(y.grad_fn, np.array([5.0, 6.0]))
    assert index == 0
    np.testing.assert_array_equal(g, [[0, 0], [5, 6]])


# --- writes through views -----------------------------------------------------------------------------------


def test_writes_through_views_are_differentiated() -> None:
    def written(x: Tensor, v: Tensor) -> Tensor:
        base = x * 2
        view = base.reshape((2, 2))
        view *= v
        return base * base

    assert gradcheck(written, (leaf(1.0, -2.0, 0.5, 3.0), leaf(0.7, 1.3)))
    assert gradgradcheck(written, (leaf(1.0, -2.0, 0.5, 3.0), leaf(0.7, 1.3)))


# --- long chains --------------------------------------------------------------------------------------------


def chain(length: int) -> tuple[Tensor, Tensor]:
    x = leaf(1.0)
    y, step = x, 1.0 + 1e-9
    for _ in range(length // 2):
        y = y * step
        y = y + 1e-9
    return x, y


def test_a_chain_of_a_million_operations() -> None:
    x, y = chain(1_000_000)
    y.backward()
    np.testing.assert_allclose(values(x.grad), (1 + 1e-9) ** 500_000, rtol=1e-9)
    del x, y


def test_time_is_linear_in_the_length() -> None:
    def seconds(length: int) -> float:
        best = float("inf")
        for _ in range(3):
            # Of this process alone: others may have the cores meanwhile.
            started = time.process_time()
            _, y = chain(length)
            y.backward()
            best = min(best, time.process_time() - started)
        return best

    seconds(1000)
    with without_collector():
        assert seconds(100_000) < 10 * 5 * seconds(10_000)


def test_wide_graphs_need_no_recursion_either() -> None:
    x = leaf(1.0)
    total = x * 0
    for _ in range(20_000):
        total = total + x
    (g,) = gradients(total, x, create_graph=True)
    np.testing.assert_array_equal(values(g), [20_000.0])


# --- memory -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def ours_alive() -> int:
    return sum(isinstance(o, (Tensor, GraphNode)) for o in gc.get_objects())


def plain_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    h = x * w + b
    ((h * h) / 4 - h).sum().backward()


def recorded_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    with ag.record(), ag.scope("step"):
        plain_step(w, b, x)


def second_order_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    h = x * w + b
    g, _ = gradients((h * h * h).sum(), (w, b), create_graph=True)
    (g * g).sum().backward()


def retaining_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    h = x * w
    h.retain_grad()
    h.register_hook(lambda g: g * 2)
    y = (h * b).sum()
    y.backward(retain_graph=True)
    y.backward()


def writing_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    h = x * w
    view = h.reshape((2, 2))
    view *= 3
    h += b
    (h * h).sum().backward()


def abandoned_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    _ = (x * w + b) * w


def failing_step(w: Tensor, b: Tensor, x: Tensor) -> None:
    with contextlib.suppress(GraphError):
        (x * w).backward()


@pytest.mark.parametrize(
    "step",
    [
        plain_step,
        recorded_step,
        second_order_step,
        retaining_step,
        writing_step,
        abandoned_step,
        failing_step,
    ],
)
def test_training_steps_leave_nothing_for_the_collector(step: Callable[..., None]) -> None:
    w, b = leaf(1.0, 2.0, 3.0, 4.0), leaf(0.5, 0.5, 0.5, 0.5)
    x = ag.as_tensor(np.ones(4))

    def train() -> None:
        step(w, b, x)
        with ag.no_grad():
            for p in (w, b):
                if p.grad is not None:
                    p.data = p.detach() - 1e-4 * p.grad
                p.grad = None

    train()
    with without_collector():
        before = ours_alive()
        for _ in range(5):
            train()
        assert ours_alive() == before
    assert gc.collect() >= 0


def test_backward_frees_memory_as_it_goes() -> None:
    n, size = 40, 100_000
    x = ag.tensor(np.ones(size), requires_grad=True)
    tracemalloc.start()
    try:
        y = x
        for _ in range(n):
            y = y * y
        held = tracemalloc.get_traced_memory()[0]
        y = y.sum()
        tracemalloc.reset_peak()
        y.backward()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    array = size * 8
    assert held > (n - 1) * array
    assert peak < held + 6 * array
    assert after < 4 * array


# --- threads ------------------------------------------------------------------------------------------------


def test_threads_train_side_by_side() -> None:
    results: dict[int, Any] = {}
    barrier = threading.Barrier(4)

    def train(k: int) -> None:
        x = leaf(1.0 + k)
        for step in range(200):
            with ag.set_grad_enabled(k % 2 == 0):
                if step < 3:
                    barrier.wait()  # every thread is inside its block now
                y = x * x * x
            if y.requires_grad:
                y.backward()
        results[k] = None if x.grad is None else values(x.grad)[0]

    threads = [threading.Thread(target=train, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: 600.0, 1: None, 2: 5400.0, 3: None}


def test_one_graph_used_by_several_threads() -> None:
    x = leaf(2.0)
    y = x * x
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(values(gradients(y, x, retain_graph=True)[0])[0]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [4.0] * 4


# --- the graph itself ---------------------------------------------------------------------------------------


def test_nodes_show_what_they_are() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    a, _ = split_row()(x)
    assert repr(y.grad_fn) == "<mul (2,)>"
    assert y.grad_fn.name == "mul"
    assert repr(x._node) == "<leaf (2,)>"
    assert "output 0 of <halves" in repr(a._node)
    assert y.grad_fn.next_functions[0] == (x._node, 0)
    assert (a * 1).grad_fn.next_functions[0] == (a.grad_fn, 0)
    assert (y.grad_fn.ndim, y.grad_fn.size) == (1, 2)
    assert [type(n) for n in (x._node, y._node, a._node)] == [Leaf, Node, Port]


def test_nodes_do_not_point_at_their_output() -> None:
    x = leaf(1.0)
    y = x * x
    assert not any(isinstance(o, Tensor) for o in gc.get_referents(y.grad_fn))


def test_an_output_among_several_is_the_same_node_in_higher_orders() -> None:
    a = ag.tensor([[2.0, 0.3], [0.3, 1.0]], requires_grad=True)
    q, r = ag.linalg.qr(a)
    (da,) = gradients(r.sum(), a, create_graph=True)
    # The rule names the saved q: the gradient's graph must lead to the tensor that the user holds.
    (dq,) = gradients(da.sum(), q, allow_unused=True)
    assert dq is not None
