"""detect_mutation() names who saved and who wrote: tensor operations, NumPy aliases, kernels and rules of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.autograd import Function, detect_anomaly, detect_mutation
from autograd_np.core import Node, Tensor, UnaryOp, as_tensor
from autograd_np.core.modes import TRAIN, modes
from autograd_np.errors import MutationError
from autograd_np.ops.normalization import batch_norm
from autograd_np.utils.checkpoint import checkpoint
from tests.ops.calls import CALLS, Call


def leaf(*values: float) -> Tensor:
    return ag.tensor(np.array(values), requires_grad=True)


class _Square(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: Any) -> Tensor:
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * x * as_tensor(factor)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        return g * 2 * ctx.saved_tensors[0] * as_tensor(ctx.factor), None


def _with_operand() -> tuple[Tensor, Callable[[], Any], str]:
    y = leaf(1.0, 2.0) * 1
    return (y * y).sum(), lambda: y.detach().numpy().fill(5.0), "'mul' saved its a of shape (2,)"


def _with_output() -> tuple[Tensor, Callable[[], Any], str]:
    y = leaf(1.0, 2.0).exp()
    return y.sum(), lambda: y.detach().numpy().fill(5.0), "'exp' saved its output of shape (2,)"


def _with_the_original_array() -> tuple[Tensor, Callable[[], Any], str]:
    array = np.array([1.0, 2.0])
    x = ag.from_numpy(array).requires_grad_()
    return x.sin().sum(), lambda: array.fill(5.0), "'sin' saved its x of shape (2,)"


def _with_an_array_as_operand() -> tuple[Tensor, Callable[[], Any], str]:
    array = np.array([1.0, 2.0])
    return (leaf(1.0, 2.0) * array).sum(), lambda: array.fill(5.0), "'mul' saved its b of shape (2,)"


def _with_another_tensor_on_the_array() -> tuple[Tensor, Callable[[], Any], str]:
    array = np.array([1.0, 2.0])
    x, other = ag.from_numpy(array).requires_grad_(), ag.from_numpy(array)
    return x.sin().sum(), lambda: other.mul_(3.0), "'sin' saved its x of shape (2,)"


def _with_a_saved_tensor() -> tuple[Tensor, Callable[[], Any], str]:
    y = leaf(1.0, 2.0) * 1
    loss = _Square.apply(y, np.ones(2)).sum()
    return loss, lambda: y.detach().numpy().fill(5.0), "'_Square' saved tensor 0 of save_for_backward, of shape (2,),"


def _with_a_context_attribute() -> tuple[Tensor, Callable[[], Any], str]:
    factor = np.ones(2)
    return _Square.apply(leaf(1.0, 2.0), factor).sum(), lambda: factor.fill(5.0), "'_Square' saved ctx.factor of shape"


def _with_a_by_product() -> tuple[Tensor, Callable[[], Any], str]:
    loss = batch_norm(leaf(1.0, 2.0, 4.0).reshape(3, 1), None, None, training=True)
    node = loss.grad_fn
    assert isinstance(node, Node)
    kept: Any = node.saved
    return loss.square().sum(), lambda: kept[-1].fill(5.0), "'batch_norm' saved its "


def _with_a_keyword() -> tuple[Tensor, Callable[[], Any], str]:
    loss = leaf(1.0, 2.0)[np.array([1, 1])]
    node = loss.grad_fn
    assert isinstance(node, Node)
    return loss.sum(), lambda: node.static["index"][0].fill(0), "'pick' saved its index of shape (2,)"


FAULTS = [
    _with_operand,
    _with_output,
    _with_the_original_array,
    _with_an_array_as_operand,
    _with_another_tensor_on_the_array,
    _with_a_saved_tensor,
    _with_a_context_attribute,
    _with_a_by_product,
    _with_a_keyword,
]


@pytest.mark.parametrize("make", FAULTS)
def test_writes_past_the_engine_are_caught_by_name(make: Any) -> None:
    with detect_mutation():
        loss, write, saved = make()
        write()
        with pytest.raises(MutationError, match=re.escape(f"backward: {saved}")) as caught:
            loss.backward()
    assert "that memory was written past the engine" in str(caught.value)
    assert re.search(r"saved at test_mutation_check\.py:\d+: ", str(caught.value))
    with detect_mutation():
        make()[0].backward()


def test_a_tensors_write_is_told_with_both_lines() -> None:
    x = leaf(1.0, 2.0)
    with detect_mutation():
        y = x * 3
        loss = (y * y).sum()  # saves
        y[1] = 7.0  # writes
        with pytest.raises(MutationError) as caught:
            loss.backward()
    assert re.fullmatch(
        r"backward: 'mul' saved its a of shape \(2,\) for its derivative, but 'setitem_' has written to that memory in "
        r"place since\n"
        r"  saved at test_mutation_check\.py:\d+: loss = \(y \* y\)\.sum\(\)  # saves\n"
        r"  written at test_mutation_check\.py:\d+: y\[1\] = 7\.0  # writes\n"
        r"  element \(1,\) was 6 when it was saved, and is 7 now\n"
        r"  fix: .*clone\(\) the tensor before writing",
        str(caught.value),
    )


def test_the_window_of_a_write_past_the_engine() -> None:
    with detect_mutation(every_operation=True):
        y = leaf(1.0, 2.0) * 1
        z = y.exp()
        loss = z.sum()  # before
        z.detach().numpy()[1] = 7.0
        _ = y + 1  # after
        _ = y + 2
        with pytest.raises(MutationError) as caught:
            loss.backward()
    assert re.search(
        r"written after 'sum' at .*loss = z\.sum\(\)  # before\n  and not later than 'add' at .* = y \+ 1  # after\n"
        r"  element \(1,\) was 7\.38906 when it was saved, and is 7 now",
        str(caught.value),
    )


def test_without_the_window_the_error_says_how_to_get_it() -> None:
    with detect_mutation():
        z = leaf(1.0, 2.0).exp()
        z.detach().numpy()[1] = 7.0
    with pytest.raises(MutationError, match=r"before this backward; detect_mutation\(every_operation=True\) says"):
        z.sum().backward()


def test_writes_outside_the_block_have_no_line() -> None:
    y = leaf(1.0, 2.0) * 1
    with detect_mutation():
        y.mul_(2.0)
        loss = (y * y).sum()
    y.mul_(2.0)
    with pytest.raises(MutationError, match=r"written at a line outside detect_mutation\(\)"):
        loss.backward()


def test_a_kernel_that_writes_into_its_operand_is_caught() -> None:
    def careless(x: Any) -> Any:
        np.multiply(x, 2.0, out=x)
        return x.copy()

    row = UnaryOp("careless", careless, lambda g, _y, _x: g * 2)
    with detect_mutation():
        y = leaf(1.0, 2.0) * 1
        loss = (y * y).sum() + row(y).sum()
        with pytest.raises(MutationError, match="'mul' saved its a"):
            loss.backward()


def test_checkpoints_and_higher_orders_are_checked_too() -> None:
    with detect_mutation():
        y = leaf(1.0, 2.0) * 1
        loss = checkpoint(lambda t: (t + 1).exp().sum(), y)
        y.detach().numpy()[0] = 3.0
        with pytest.raises(MutationError, match="computed again, 'add' gets other operands"):
            loss.backward()
        x = leaf(1.0, 2.0)
        (dx,) = ag.autograd.grad(checkpoint(lambda t: (t**3).sum(), x), x, create_graph=True)
        x.detach().numpy()[0] = 3.0
        with pytest.raises(MutationError, match="written past the engine"):
            dx.sum().backward()


def test_it_ends_with_the_block_and_stands_beside_others() -> None:
    with detect_anomaly(), detect_mutation():
        assert len(modes.watchers) == 2
        with detect_mutation(every_operation=True):
            assert len(modes.watchers) == 2
    assert modes.watchers == ()
    assert modes.level == TRAIN
    y = leaf(1.0, 2.0).exp()
    assert type(y.grad_fn.saved) is tuple
    y.detach().numpy()[0] = 3.0
    y.sum().backward()


@pytest.mark.parametrize("call", [c for c in CALLS if c.record.order], ids=str)
def test_what_nobody_wrote_passes(call: Call) -> None:
    """Rules leave saved values alone, and what is recorded inside has the gradients of what is recorded outside."""
    results = []
    for mode in (detect_mutation(), ag.enable_grad()):
        with mode:
            ag.manual_seed(0)
            leaves = call.leaves(call.arrays())
            ys = [y for y in call(leaves) if y.requires_grad]
            xs = [x for x in leaves if x.requires_grad]
            gs = [ag.ones_like(y) for y in ys]
            found = ag.autograd.grad(ys, xs, gs, create_graph=call.record.order > 1, allow_unused=True) if ys else ()
            results.append([None if g is None else g.detach().numpy() for g in found])
    for g, h in zip(*results, strict=True):
        np.testing.assert_array_equal(g, h, strict=True)
