"""A backward that is looked on at gives what the engine gives, and leaves the engine as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.core.modes import RECORD, TRAIN, modes
from autograd_np.core.watching import Watcher, watched
from autograd_np.errors import GraphError, MutationError
from tests.ops.calls import CALLS, Call

DIFFERENTIABLE = [c for c in CALLS if c.record.order >= 1 and any(a.dtype.kind == "f" for a in c.arrays())]


class Counting(Watcher):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def recorded(self, node: Any) -> None:
        self.seen.append(f"recorded {node.name}")

    def started(self, outputs: Any, roots: Any) -> Watcher:
        self.seen.append("started")
        return self

    def arrived(self, node: Any, g: Any) -> None:
        self.seen.append(f"arrived {node!r}")

    def passed(self, node: Any, g: Any, saved: Any, received: Any) -> None:
        self.seen.append(f"passed {node.name} {[slot for slot, _ in received]}")

    def finished(self) -> None:
        self.seen.append("finished")


def gradients_of(call: Call, *, create_graph: bool) -> list[Any]:
    ag.manual_seed(0)
    leaves = call.leaves(call.arrays())
    outputs = [y for y in call(leaves) if y.requires_grad]
    if not outputs:
        return []
    starts = [np.cos(np.arange(y.numel())).reshape(y.shape) for y in outputs]
    inputs = [x for x in leaves if x.requires_grad]
    return [
        None if g is None else g.detach().numpy()
        for g in ag.autograd.grad(outputs, inputs, starts, create_graph=create_graph, allow_unused=True)
    ]


@pytest.mark.parametrize("call", DIFFERENTIABLE, ids=str)
def test_both_passes_give_the_same_gradients(call: Call) -> None:
    for create_graph in (False, True):
        plain = gradients_of(call, create_graph=create_graph)
        with watched(Counting(), Counting):
            looked_on = gradients_of(call, create_graph=create_graph)
        for a, b in zip(plain, looked_on, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_a_watcher_sees_every_step() -> None:
    watcher = Counting()
    with watched(watcher, Counting):
        x = ag.tensor(2.0, requires_grad=True)
        (x.exp() * 3).backward()
    assert watcher.seen == [
        "recorded exp",
        "recorded mul",
        "started",
        "arrived <mul ()>",
        "passed mul [0]",
        "arrived <exp ()>",
        "passed exp [0]",
        "arrived <leaf ()>",
        "finished",
    ]


def test_hooks_ports_retained_gradients_and_accumulation() -> None:
    def run() -> list[Any]:
        x = ag.tensor([3.0, 1.0, 2.0], dtype="float64", requires_grad=True)
        y = x * 2
        y.retain_grad()
        y.register_hook(lambda g: g * 10)
        values, _ = y.sort()
        for _ in range(2):
            (values * ag.tensor([1.0, 2.0, 3.0], dtype="float64") + y[0]).sum().backward(retain_graph=True)
        return [x.grad.numpy(), y.grad.numpy()]

    plain = run()
    with watched(Counting(), Counting):
        looked_on = run()
    np.testing.assert_array_equal(plain, looked_on)


def test_only_the_inputs_asked_for_receive_gradients() -> None:
    with watched(Counting(), Counting):
        x, w = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
        (x * w).sum().backward(inputs=[w])
    assert x.grad is None
    assert w.grad.tolist() == [1.0, 1.0]


def test_saved_values_are_freed_at_the_end() -> None:
    with watched(Counting(), Counting):
        x = ag.ones(2, requires_grad=True)
        y = (x * x).sum()
        y.backward()
        with pytest.raises(GraphError, match="freed by an earlier backward"):
            y.backward()


def test_a_pass_that_failed_has_freed_nothing() -> None:
    class Refusing(Watcher):
        def passed(self, *_: Any) -> None:
            raise MutationError("no")

    x = ag.ones(2, requires_grad=True)
    y = (x * x).exp().sum()
    with pytest.raises(MutationError), watched(Refusing(), Refusing):
        y.backward()
    y.backward()
    assert x.grad is not None


def test_watching_ends_with_the_block_and_costs_nothing_outside() -> None:
    assert modes.watchers == ()
    assert modes.level == TRAIN
    with watched(Counting(), Counting):
        assert modes.level == RECORD
        with ag.no_grad():
            assert (ag.ones(1, requires_grad=True) * 2).grad_fn is None
        with pytest.raises(ZeroDivisionError), watched(None, Counting):
            assert modes.level == TRAIN
            raise ZeroDivisionError
        assert modes.level == RECORD
    assert modes.watchers == ()
    assert modes.level == TRAIN
