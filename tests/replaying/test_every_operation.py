"""Every operation: recorded at one set of values and replayed at others, it is bit for bit the eager call, or refused.

This is what finds an operation that makes a number or a decision of values where no row sees it: replay would give the
recorded number again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.replaying.function import Replayed
from tests.ops.calls import CALLS, Call


def others(array: Any, turn: int) -> Any:
    """Return other values of the same shape and type that the operation takes as well: its own in another order."""
    flat = array.reshape(-1)
    return np.ascontiguousarray(np.roll(flat, turn) if turn % 2 else flat[::-1]).reshape(array.shape)


def outcome(function: Any, tensors: list[Tensor]) -> Any:
    """Return the bytes of results and gradients, or the type of the error that the values cause."""
    for t in tensors:
        t.grad = None
    try:
        with np.errstate(all="ignore"):
            outputs = function(*tensors)
    except Exception as error:  # noqa: BLE001 (whatever the eager call raises)
        return type(error)
    grads = [None if t.grad is None else t.grad.numpy().tobytes() for t in tensors]
    return [(y.dtype, y.shape, y.detach().numpy().tobytes()) for y in outputs], grads


def step(call: Call) -> Any:
    """Return a function of Tensors that computes the operation's results and, where there are any, gradients."""

    def run(*tensors: Tensor) -> list[Tensor]:
        outputs = call(tensors)
        reached = [y for y in outputs if y.requires_grad]
        if reached:
            ag.autograd.backward(reached, [ag.ones_like(y) for y in reached])
        return [y.detach() for y in outputs]

    return run


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_other_values(call: Call) -> None:
    arrays = call.arrays()
    replayed, eager = Replayed(step(call)), step(call)
    for turn in range(4):
        values = [others(a, turn) if turn else a for a in arrays]
        tensors = [ag.tensor(v, requires_grad=v.dtype.kind == "f") for v in values]
        again = [ag.tensor(v, requires_grad=v.dtype.kind == "f") for v in values]
        assert outcome(replayed, tensors) == outcome(eager, again), replayed.reason
