"""Writes in place: views of views, siblings, versions, leaves, and gradients equal to those of functional programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.core import Tensor
from autograd_np.errors import DTypeError, GraphError, MutationError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck


def leaf(*values: Any) -> Tensor:
    return ag.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def gradient(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.numpy()


# --- programs and their functional form ---------------------------------------------------------------------

#: Views of a (2, 3) base and of each other, which work alike on Tensors and on arrays of positions.
VIEWS: dict[str, Callable[[Any], Any]] = {
    "first": lambda v: v[0] if v.ndim and len(v) else v,
    "rest": lambda v: v[1:] if v.ndim else v,
    "backwards": lambda v: v[::-1] if v.ndim else v,
    "last axis": lambda v: v[..., :2] if v.ndim else v,
    "new axis": lambda v: v[None],
    # Always a view; where reshape has to copy, writes do not reach the base.
    "reshaped": lambda v: v.reshape((1, *v.shape, 1)),
    "swapped": lambda v: v.swapaxes(0, -1) if v.ndim else v,
    "diagonal": lambda v: v.diagonal() if v.ndim > 1 else v,
}


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Draw steps: make a view of any tensor so far, write to one, or read one."""
    steps: list[tuple[Any, ...]] = []
    count = 1
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(("view", "write", "read")))
        chosen = draw(st.integers(0, count - 1))
        if kind == "view":
            steps.append((kind, chosen, draw(st.sampled_from(sorted(VIEWS)))))
            count += 1
        elif kind == "write":
            how = draw(st.sampled_from(("add", "mul", "set", "item", "iadd", "masked", "copy")))
            steps.append((kind, chosen, how, draw(st.integers(0, 3))))
        else:
            steps.append((kind, chosen))
    return steps


def run_in_place(steps: list[tuple[Any, ...]], x: Tensor, w: Tensor) -> Tensor:
    tensors, total = [x * 2], ag.tensor(0.0)
    for step in steps:
        t = tensors[step[1]]
        if step[0] == "view":
            tensors.append(VIEWS[step[2]](t))
        elif step[0] == "read":
            total = total + t.sum() * (1 + step[1])
        else:
            _write(t, step[2], w[step[3]])
    for k, t in enumerate(tensors):
        total = total + (t * t).sum() * (0.1 + 0.03 * k)
    return total


def _write(t: Tensor, how: str, value: Tensor) -> None:
    if how == "add":
        t.add_(value)
    elif how == "mul":
        t.mul_(value)
    elif how == "copy":
        t.copy_(value)
    elif how == "set" or not t.ndim or not len(t):
        t[...] = value
    elif how == "item":
        t[0] = value * 3
    elif how == "iadd":
        t[0] += value
    elif t.ndim:
        t[np.arange(t.shape[0]) % 2 == 0] = value


def run_functionally(steps: list[tuple[Any, ...]], x: Tensor, w: Tensor) -> Tensor:
    """Run the same program with every element a tensor of its own, and views as positions among them."""
    elements = [x.reshape(-1)[i] * 2 for i in range(6)]
    views, total = [np.arange(6).reshape(2, 3)], ag.tensor(0.0)
    for step in steps:
        v = views[step[1]]
        if step[0] == "view":
            views.append(VIEWS[step[2]](v))
        elif step[0] == "read":
            for i in np.ravel(v):
                total = total + elements[i] * (1 + step[1])
        else:
            _assign(elements, np.asarray(v), step[2], w[step[3]])
    for k, v in enumerate(views):
        for i in np.ravel(v):
            total = total + elements[i] * elements[i] * (0.1 + 0.03 * k)
    return total


def _assign(elements: list[Tensor], v: Any, how: str, value: Tensor) -> None:
    first = v[:1] if v.ndim else v
    everywhere = how in ("add", "mul", "copy", "set") or not v.ndim
    even = v[::2] if v.ndim else v
    for i in np.ravel(v if everywhere else even if how == "masked" else first):
        if how == "add" or (how == "iadd" and v.ndim):
            elements[i] = elements[i] + value
        elif how == "mul":
            elements[i] = elements[i] * value
        else:
            elements[i] = value * 3 if how == "item" and v.ndim else value


@given(programs())
def test_programs_have_the_gradients_of_their_functional_form(steps: list[tuple[Any, ...]]) -> None:
    results = []
    for run in (run_in_place, run_functionally):
        x, w = leaf([1.0, -2.0, 0.5], [3.0, 0.7, -1.1]), leaf(0.5, -1.5, 2.0, 1.25)
        total = run(steps, x, w)
        total.backward()
        results.append((total.item(), x.grad, w.grad))
    (value, dx, dw), (expected, ex, ew) = results
    np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-12)  # sums that cancel round differently
    for got, wanted in ((dx, ex), (dw, ew)):
        np.testing.assert_allclose(
            0 if got is None else got.numpy(), 0 if wanted is None else wanted.numpy(), atol=1e-12
        )


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_order_through_a_view(name: str) -> None:
    def written(x: Tensor, w: Tensor) -> Tensor:
        base = x * x
        view = VIEWS[name](base)
        view *= w
        view[..., :1] = w * w
        return base * base

    x, w = leaf([1.0, -2.0, 0.5], [3.0, 0.7, -1.1]), leaf(1.3)
    if VIEWS[name](x).ndim:
        assert gradcheck(written, (x, w))
        assert gradgradcheck(written, (x, w))


# --- views, bases and siblings ------------------------------------------------------------------------------


def test_a_write_through_a_view_of_a_view_reaches_everyone() -> None:
    x = leaf([1.0, 2.0], [3.0, 4.0])
    base = x * 1
    row = base[0]
    element = row[1]
    sibling = base.T
    old = base.grad_fn
    element.mul_(10.0)
    assert base.tolist() == [[1.0, 20.0], [3.0, 4.0]]
    assert sibling.tolist() == [[1.0, 3.0], [20.0, 4.0]]
    assert base.grad_fn is not old
    assert base.grad_fn is not None
    assert base.grad_fn.name == "write_view"
    assert sibling.grad_fn is not None
    assert sibling.grad_fn.next_functions[0][0] is base.grad_fn
    (sibling * ag.tensor([[1.0, 10.0], [100.0, 1000.0]])).sum().backward()
    np.testing.assert_array_equal(gradient(x), [[1.0, 1000.0], [10.0, 1000.0]])


def test_a_write_to_the_base_reaches_its_views() -> None:
    x, w = leaf(1.0, 2.0, 3.0), leaf(5.0)
    base = x * 1
    view = base[1:]
    before = (view * 1).sum()
    base.mul_(w)
    (before + view.sum()).backward()
    np.testing.assert_array_equal(gradient(x), [0.0, 6.0, 6.0])
    np.testing.assert_array_equal(gradient(w), [5.0])


def test_a_buffer_joins_the_graph_by_a_write() -> None:
    w = leaf(2.0, 3.0)
    buffer = ag.zeros(3, 2, dtype=ag.float64)
    view = buffer[1]
    assert not view.requires_grad
    buffer[1] = w
    assert buffer.requires_grad
    assert view.requires_grad
    view.mul_(view.detach().clone())
    buffer[2] = view * 2
    buffer.sum().backward()
    np.testing.assert_array_equal(gradient(w), [6.0, 9.0])


def test_a_loop_that_fills_a_buffer() -> None:
    x = leaf(*np.linspace(0.5, 1.5, 5))

    def by_writes(x: Tensor) -> Tensor:
        states = ag.zeros(6, dtype=ag.float64)
        for t in range(5):
            states[t + 1] = states[t].clone() * 0.5 + x[t] * x[t]
        return states

    def by_stack(x: Tensor) -> Tensor:
        states = [ag.zeros((), dtype=ag.float64)]
        for t in range(5):
            states.append(states[t] * 0.5 + x[t] * x[t])
        return ag.stack(states)

    np.testing.assert_allclose(by_writes(x).detach().numpy(), by_stack(x).detach().numpy())
    assert gradgradcheck(by_writes, x)


def test_in_place_on_itself() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    y += y
    y *= y
    y[0] = y[1]
    assert y.tolist() == [16.0, 16.0]
    y.sum().backward()
    np.testing.assert_array_equal(gradient(x), [0.0, 32.0])


def test_writes_keep_the_tensor_and_its_memory() -> None:
    y = leaf(1.0, 2.0) * 1
    memory = y.detach().numpy()
    same = y
    y += 1
    y.mul_(2.0).add_(1.0)
    assert y is same
    assert memory.tolist() == [5.0, 7.0]


# --- saved values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "writer"),
    [
        (lambda y: y.add_(1.0), "add_"),
        (lambda y: y[0].mul_(2.0), "mul_"),
        (lambda y: y.__setitem__(0, 1.0), "setitem_"),
        (lambda y: y.detach().zero_(), "copy_"),
        (lambda y: y.data.fill_(3.0), "copy_"),
        (lambda y: y.reshape(2, 1).masked_fill_(ag.tensor([[True], [False]]), 0.0), "masked_fill_"),
    ],
)
def test_a_saved_value_that_changed_is_an_error(write: Any, writer: str) -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = (y * y).sum()
    write(y)
    with pytest.raises(
        MutationError, match=rf"'mul' saved its \w+ of shape \(2,\)(.|\n)*'{writer}' has written(.|\n)*clone"
    ):
        z.backward()
    assert x.grad is None


def test_a_saved_output_that_changed_is_an_error() -> None:
    x = leaf(1.0, 2.0)
    y = x.exp()
    y[0] = 3.0
    with pytest.raises(MutationError, match="'exp' saved its output"):
        y.sum().backward()


def test_writes_without_recording_count_too() -> None:
    x = leaf(1.0, 2.0)
    z = (x * x).sum()
    with ag.no_grad():
        x.mul_(2.0)
    with pytest.raises(MutationError):
        z.backward()


def test_values_that_no_rule_needs_may_change() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3.0
    z = (y + 1).sum() + y.reshape(2, 1).sum() + y[0]
    y.zero_()
    z.backward()
    np.testing.assert_array_equal(gradient(x), [9.0, 6.0])


def test_a_write_copies_what_its_own_rule_needs() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x * 1
    y.mul_(w).mul_(w)
    y.sum().backward()
    np.testing.assert_array_equal(gradient(w), [6.0, 16.0])


# --- what cannot be written ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda x: x, "a leaf that requires"),
        (lambda x: x[0], "a view of a leaf"),
        (lambda x: x.reshape(2, 1)[1:], "a view of a leaf"),
    ],
)
def test_leaves_cannot_be_written_while_recording(make: Any, what: str) -> None:
    x = leaf(1.0, 2.0)
    for write in (lambda t: t.add_(1.0), lambda t: t.__setitem__(..., 0.0), lambda t: t.copy_(t.detach())):
        with pytest.raises(MutationError, match=rf"{what}(.|\n)*no_grad"):
            write(make(x))
    assert x.tolist() == [1.0, 2.0]
    with ag.no_grad():
        make(x).mul_(2.0)
    assert x.is_leaf
    assert x.requires_grad


def test_a_view_that_is_a_leaf_itself_cannot_be_written() -> None:
    view = ag.zeros(3)[1:]
    view.requires_grad_()
    with pytest.raises(MutationError, match="a leaf that requires"):
        view.add_(1.0)
    with pytest.raises(MutationError, match="a view of a leaf"):
        view[:1].add_(1.0)


def test_read_only_memory_cannot_be_written() -> None:
    array = np.zeros(3)
    array.flags.writeable = False
    for t in (ag.as_tensor(array), ag.zeros(1).expand(3), ag.zeros(1).expand(3)[1:], ag.zeros(4).unfold(0, 2, 1)):
        with pytest.raises(MutationError, match="read-only or shared"):
            t.add_(1.0)


def test_results_must_fit_the_tensor() -> None:
    with pytest.raises(ShapeError, match=r"add_: the result does not have the shape(.|\n)*out-of-place"):
        ag.zeros(1, 3).add_(ag.zeros(2, 3))
    with pytest.raises(DTypeError, match="add_: a result of float32 cannot be stored in a tensor of int64"):
        ag.zeros(3, dtype=ag.int64).add_(0.5)
    y = ag.zeros(3, dtype=ag.float64)
    assert y.add_(ag.ones(3)).dtype == np.float64


def test_views_cannot_leave_their_base() -> None:
    with pytest.raises(GraphError, match="detach_: a view stays tied"):
        (leaf(1.0, 2.0) * 1)[0].detach_()


# --- what drawings keep -------------------------------------------------------------------------------------


def test_recorded_values_stay_as_they_were() -> None:
    x = leaf(1.0, 2.0)
    with ag.record():
        y = x * 2
        first = y.grad_fn
        y.add_(10.0)
        second = y.grad_fn
        y[0] = 5.0
        third = y.grad_fn
        y[1:].mul_(3.0)
        fourth = y.grad_fn
    for node, operand, output in (
        (first, [1.0, 2.0], [2.0, 4.0]),
        (second, [2.0, 4.0], [12.0, 14.0]),
        (third, [12.0, 14.0], [5.0, 14.0]),
        (fourth, [5.0, 14.0], [5.0, 42.0]),
    ):
        assert node is not None
        assert node.info is not None
        assert node.info.operands[0].tolist() == operand
        assert node.info.output.tolist() == output
