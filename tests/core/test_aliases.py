"""Tensors that share memory: views that the graph cannot follow, bases that move, gradients kept and shown.

Numbers are PyTorch's, where it gives one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.autograd import grad
from autograd_np.core import Tensor, ViewOp
from autograd_np.errors import MutationError


def leaf(*values: Any) -> Tensor:
    return ag.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def gradient(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.tolist()


# --- views that the graph cannot follow ---------------------------------------------------------------------


def test_a_view_made_without_recording_is_not_written_by_recorded_operations() -> None:
    w = leaf(3.0)
    for base in (leaf(1.0, 2.0) * 1, ag.zeros(2, dtype=ag.float64)):
        before = base.tolist()
        with ag.no_grad():
            view = base[0]
        with pytest.raises(MutationError, match=r"mul_: a view made under no_grad\(\) cannot(.|\n)*write to the base"):
            view.mul_(w[0])
        with pytest.raises(MutationError, match="setitem_: a view made under"):
            view[None][0] = w[0]
        assert base.tolist() == before


def test_a_view_made_without_recording_is_a_constant() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    with ag.no_grad():
        view = y[0]
        view.mul_(5.0)
    assert not view.requires_grad
    (y * y + view).sum().backward()
    assert gradient(x) == [10.0, 4.0]
    constant = ag.ones(2)
    with ag.no_grad():
        part = constant[0]
    assert part.mul_(5.0) is part
    assert constant.tolist() == [5.0, 1.0]


def test_a_view_made_without_recording_has_no_place_after_a_recorded_write() -> None:
    y = leaf(1.0, 2.0) * 1
    with ag.no_grad():
        view = y[0]
    y.mul_(leaf(3.0, 3.0))
    for use in (lambda: view * 2, lambda: view[None], lambda: view.reshape(1), lambda: view.requires_grad):
        with pytest.raises(MutationError, match=r"a view made under no_grad\(\) was used after a recorded operation"):
            use()
    target = ag.zeros(1, dtype=ag.float64)
    with pytest.raises(MutationError, match="was used after"):
        target.copy_(view)
    assert target.tolist() == [0.0]
    assert view.detach().item() == 3.0
    with ag.no_grad():
        assert (view * 2).item() == 6.0


def test_views_follow_a_base_that_becomes_a_leaf() -> None:
    base = ag.ones(3, dtype=ag.float64)
    view = base[1:]
    base.requires_grad_()
    assert view.requires_grad
    (view * 2).sum().backward()
    assert gradient(base) == [0.0, 2.0, 2.0]
    with pytest.raises(MutationError, match="a view of a leaf"):
        view.mul_(2.0)


def test_views_keep_their_nodes_when_a_detached_tensor_becomes_a_leaf() -> None:
    y = leaf(1.0, 2.0) * 1
    plain, written = y[1:], y[:1]
    written.mul_(3.0)
    nodes = plain.grad_fn, written.grad_fn
    y.detach().requires_grad_()
    assert (plain.grad_fn, written.grad_fn) == nodes


def test_long_chains_of_views_need_no_recursion() -> None:
    x = leaf(1.0, 2.0)
    base = x * 1
    view = base
    for _ in range(5000):
        view = view.view(2)
    view.mul_(3.0)
    half = view
    for _ in range(100):
        half = half[:]
    base.mul_(2.0)
    half.sum().backward()
    assert gradient(x) == [6.0, 6.0]


def test_a_view_is_known_by_its_memory_whatever_numpy_calls_its_base() -> None:
    def through_bytes(x: Any) -> Any:
        return np.frombuffer(memoryview(x).cast("B"), x.dtype)[::-1]

    def through_strides(x: Any) -> Any:
        return np.lib.stride_tricks.as_strided(x[:][:], (x.size,), x.strides)[::-1]

    for name, kernel in (("by_bytes", through_bytes), ("by_strides", through_strides)):
        backwards = ViewOp(name, kernel, lambda g, _y, _x: g[::-1])
        x = leaf(1.0, 2.0, 3.0)
        base = x * 1
        backwards(base)[:2].mul_(10.0)
        assert base.tolist() == [1.0, 20.0, 30.0]
        base.sum().backward()
        assert gradient(x) == [1.0, 10.0, 10.0]


def test_memory_that_is_not_numpys_own() -> None:
    owner = bytearray(np.array([1.0, 2.0, 3.0]).tobytes())
    buffer = ag.as_tensor(np.frombuffer(owner))
    w = leaf(10.0)
    buffer[1:].mul_(w)
    assert np.frombuffer(owner).tolist() == [1.0, 20.0, 30.0]
    buffer.sum().backward()
    assert gradient(w) == [5.0]


def test_expand_that_repeats_nothing_can_be_written() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    y.expand(1, 2).mul_(3.0)
    ag.broadcast_tensors(y, ag.ones(2))[0].add_(1.0)
    (y * y).sum().backward()
    assert gradient(x) == [24.0, 42.0]
    with pytest.raises(MutationError, match="shared by several elements"):
        y.expand(2, 2).mul_(3.0)


# --- bases that move ----------------------------------------------------------------------------------------


def test_views_of_a_tensor_that_got_other_memory() -> None:
    y = leaf(1.0, 2.0) * 1
    view, other = y[:1], y[1:]
    y.data = ag.tensor([5.0, 6.0], dtype=ag.float64)
    with pytest.raises(MutationError, match=r"mul_: a view of a tensor that was given other memory by `.data =`"):
        view.mul_(2.0)
    with ag.no_grad():
        view.mul_(2.0)
    y.mul_(10.0)
    assert (view.tolist(), other.tolist(), y.tolist()) == ([2.0], [2.0], [50.0, 60.0])
    assert (view.requires_grad, other.requires_grad) == (True, True)


def test_a_view_that_lags_behind_a_base_that_moved_has_no_place() -> None:
    x = leaf(1.0, 2.0)
    y = ag.zeros(2, dtype=ag.float64)
    view = y[:]
    y.add_(x)
    y.data = ag.zeros(2, dtype=ag.float64)
    with pytest.raises(MutationError, match=r"given other memory by `\.data =` was used"):
        view.sum()
    assert view.detach().tolist() == [1.0, 2.0]


def test_replaced_values_leave_older_graphs_as_they_are() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    old = (y * y).sum()
    y.data = ag.tensor([5.0, 6.0], dtype=ag.float64)
    assert grad(old, x, retain_graph=True)[0].tolist() == [8.0, 16.0]
    assert grad((y * y).sum(), x, retain_graph=True)[0].tolist() == [20.0, 24.0]
    x.data = ag.tensor([7.0, 8.0], dtype=ag.float64)
    assert grad(old, x, retain_graph=True)[0].tolist() == [8.0, 16.0]
    old.backward()
    assert gradient(x) == [8.0, 16.0]


def test_data_of_a_tensor_itself_changes_nothing() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    view = y[:1]
    view.data = view.data
    view.mul_(3.0)
    y.sum().backward()
    assert gradient(x) == [3.0, 1.0]


def test_a_leaf_of_another_shape_does_not_take_an_old_gradient() -> None:
    x = leaf(1.0, 2.0, 3.0)
    loss = (x * 2).sum()
    x.data = ag.zeros(2, dtype=ag.float64)
    with pytest.raises(MutationError, match=r"a gradient of shape \(3,\) arrived at a leaf that has shape \(2,\)"):
        loss.backward()
    assert x.grad is None


# --- gradients kept and shown -------------------------------------------------------------------------------


def test_a_retained_gradient_is_that_of_the_present_value() -> None:
    for write in (lambda y: y.mul_(5.0), lambda y: y[...].mul_(5.0), lambda y: y.view(2, 1)[:, 0].mul_(5.0)):
        x = leaf(1.0, 2.0)
        y = x * 2
        y.retain_grad()
        write(y)
        assert y.retains_grad
        (y * 3).sum().backward()
        assert (gradient(y), gradient(x)) == ([3.0, 3.0], [30.0, 30.0])
    x = leaf(1.0, 2.0)
    y = x * 2
    view = y[0]
    view.retain_grad()
    y.mul_(5.0)
    (view * 3).backward()
    assert (gradient(view), gradient(x)) == (3.0, [30.0, 0.0])


def test_a_hook_stays_with_the_value_it_was_registered_on() -> None:
    seen: list[Any] = []
    y = leaf(1.0, 2.0) * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(5.0)
    (y * 3).sum().backward()
    assert seen == [[15.0, 15.0]]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_that_writes_into_what_it_is_shown_changes_that_gradient_alone(create_graph: bool) -> None:
    def tenfold(g: Tensor) -> None:
        g.mul_(10.0)

    x, z, ones = leaf(1.0, 2.0), leaf(1.0, 1.0), ag.ones(2, dtype=ag.float64)
    y, u = x * 1, z * 1
    u.register_hook(tenfold)
    (y + u).backward(ones, create_graph=create_graph)
    assert (gradient(x), gradient(z), ones.tolist()) == ([1.0, 1.0], [10.0, 10.0], [1.0, 1.0])


def test_an_error_about_several_saved_outputs_names_them() -> None:
    values = ag.linalg.eigvalsh(leaf([2.0, 0.5], [0.5, 1.0]))
    with ag.no_grad():
        values.mul_(2.0)
    with pytest.raises(MutationError, match=r"'eigh' saved its output of shape \(2,\), \(2, 2\) for its derivative"):
        values.sum().backward()
