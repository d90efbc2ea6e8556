"""Every record again, with writes between call and backward: the same gradients, or an error, never a wrong number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_np import manual_seed
from autograd_np.core import Tensor, as_tensor, gradients, no_grad
from autograd_np.errors import MutationError
from tests.ops.calls import CALLS, Call

#: Functions whose result is meant to share memory without following writes.
DETACHED = {"detach"}


def called(call: Call) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Return leaves, what is computed from them and passed to the function, and its outputs."""
    manual_seed(0)
    leaves = call.leaves(call.arrays())
    operands = [t * 1 if t.requires_grad else t for t in leaves]
    return [t for t in leaves if t.requires_grad], operands, call(operands)


def gradients_after(call: Call, written: tuple[str, int] | None) -> list[Any]:
    """Return the gradients of the outputs' sums with weights, where one operand or output was written before."""
    leaves, operands, outputs = called(call)
    ys = [y * 1 for y in outputs if y.requires_grad]
    rng = np.random.default_rng(0)
    gs = [as_tensor(rng.standard_normal(y.shape)).to(y.dtype) for y in ys]
    if written is not None:
        kind, k = written
        target = (operands if kind == "operand" else outputs)[k]
        with no_grad():
            target.copy_(~target if target.dtype.kind == "b" else target * 0 + (target.dtype.kind == "f") * 0.3)
    return [None if g is None else g.numpy() for g in gradients(ys, leaves, gs, allow_unused=True)] if ys else []


@pytest.mark.parametrize("call", [c for c in CALLS if c.record.order], ids=str)
def test_writes_between_a_call_and_its_backward(call: Call) -> None:
    expected = gradients_after(call, None)
    _, operands, outputs = called(call)
    places = [("operand", k) for k in range(len(operands))] + [("output", k) for k in range(len(outputs))]
    for place in places:
        try:
            found = gradients_after(call, place)
        except MutationError:
            continue
        for g, h in zip(found, expected, strict=True):
            np.testing.assert_array_equal(g, h, err_msg=str(place), strict=True)


def bases(tensor: Tensor | None) -> list[Tensor]:
    found = []
    while tensor is not None:
        found.append(tensor)
        tensor = None if tensor._view is None else tensor._view.base_now()
    return found


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_results_that_share_memory_are_views(call: Call) -> None:
    _, operands, outputs = called(call)
    for k, y in enumerate(outputs):
        for x in operands:
            if y is not x and np.shares_memory(y._array, x._array):
                assert y._cell is x._cell is not None
                assert any(base is x for base in bases(y)) or call.record.name in DETACHED
        for z in outputs[:k]:
            if z is not y and np.shares_memory(y._array, z._array):
                assert y._cell is z._cell is not None
