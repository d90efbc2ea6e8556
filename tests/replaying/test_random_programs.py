"""Random programs: rows, fan-out, broadcasting, views, reductions and writes in place, eagerly and replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.replaying import Replayed

SHAPES = [(), (1,), (3,), (2, 3), (4, 1), (4, 3), (2, 4, 3)]

UNARY: list[Callable[[Tensor], Tensor]] = [
    lambda x: x.exp(),
    lambda x: x.tanh(),
    lambda x: x.relu(),
    lambda x: x.sigmoid(),
    lambda x: -x,
    lambda x: x * 2 + 1,
    lambda x: x**2,
    lambda x: x.abs(),
    lambda x: (x * x + 1).log(),
    lambda x: x.sum(),
    lambda x: x.mean(-1, keepdim=True) if x.ndim else x,
    lambda x: x.max() if x.ndim else x,
    lambda x: x.sum(0) if x.ndim else x,
    lambda x: x.reshape(-1),
    lambda x: x.mT if x.ndim > 1 else x,
    lambda x: x[..., :1] if x.ndim else x,
    lambda x: x[0] if x.ndim else x,
    lambda x: x[[0, 0]] if x.ndim else x,
    lambda x: x.unsqueeze(0),
    lambda x: x.expand(2, *x.shape) if x.ndim < 3 else x,
    lambda x: ag.cat([x, x * 3]) if x.ndim else x,
    lambda x: ag.softmax(x, -1) if x.ndim else x,
    lambda x: x.clone().add_(x.detach()).mul_(0.5),
    lambda x: x.clamp(-1, 1),
    lambda x: ag.where(x > 0, x, x * 0.1),
    lambda x: x.cumsum(-1) if x.ndim else x,
    lambda x: x @ x.mT if x.ndim == 2 else x,
]


def written(x: Tensor, y: Tensor) -> Tensor:
    """Return a copy of x with y added to a part of it in place, through a view."""
    result = x.clone()
    part = result[..., :1] if x.ndim else result
    part += y.sum()
    return result


BINARY: list[Callable[[Tensor, Tensor], Tensor]] = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / (y * y + 1),
    ag.maximum,
    written,
]


def broadcasts(x: Tensor, y: Tensor) -> bool:
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return True


Steps = list[tuple[bool, int, int, int]]


def program(steps: Steps, count: int) -> Callable[..., Any]:
    """Return a function of so many tensors: each step adds a value computed from earlier ones."""

    def run(*inputs: Tensor) -> Any:
        values = list(inputs)
        for is_binary, which, i, j in steps:
            x, y = values[i % len(values)], values[j % len(values)]
            if is_binary and broadcasts(x, y):
                values.append(BINARY[which % len(BINARY)](x, y))
            elif not is_binary and x.numel() < 500:
                values.append(UNARY[which % len(UNARY)](x))
        loss = sum((v * v).mean() for v in values[count:]) + inputs[0].sum()
        loss.backward()
        return [v.detach() for v in values[count:]], loss

    return run


def bits(function: Any, arrays: list[Any], before: bool) -> Any:
    leaves = [ag.tensor(a, requires_grad=True) for a in arrays]
    if before:
        for leaf in leaves:
            leaf.grad = ag.ones_like(leaf).detach()
    with np.errstate(all="ignore"):
        values, loss = function(*leaves)
    found = [loss, *values, *(leaf.grad for leaf in leaves if leaf.grad is not None)]
    return [(t.dtype, t.shape, t.detach().numpy().tobytes()) for t in found]


@settings(max_examples=120, deadline=None)
@given(
    shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3),
    kind=st.sampled_from([np.float32, np.float64]),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 99), st.integers(0, 9), st.integers(0, 9)), max_size=10),
    seed=st.integers(0, 2**32 - 1),
    before=st.booleans(),
)
def test_random_programs(shapes: Any, kind: Any, steps: Steps, seed: int, before: bool) -> None:
    rng = np.random.default_rng(seed)
    eager = program(steps, len(shapes))
    replayed = Replayed(eager)
    for _ in range(3):
        arrays = [rng.standard_normal(shape).astype(kind) for shape in shapes]
        assert bits(replayed, arrays, before) == bits(eager, arrays, before)
        assert replayed.reason is None
