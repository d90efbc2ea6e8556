"""A strategy for whole computations: random graphs of smooth operations, with fan-out, views and broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograd_np._typing import Shape
from autograd_np.core import Tensor, no_grad
from autograd_np.testing.expressions import Expression, Step
from autograd_np.testing.strategies.shapes import shapes
from autograd_np.testing.strategies.values import tensors

__all__ = ["expressions"]

#: A value beyond this is squashed by tanh: products of products would leave what differences can judge.
_LARGEST = 10.0
#: No value has more elements.
_MOST = 64

_ELEMENTWISE = ("sin", "cos", "tanh", "sigmoid", "atan", "square")
_ALONG_AN_AXIS = ("softmax", "cumsum")
_REDUCTIONS = ("sum", "mean", "logsumexp")
_BINARY = ("add", "sub", "mul")


@st.composite
def expressions(
    draw: st.DrawFn,
    *,
    inputs: int = 2,
    max_steps: int = 8,
    shape: st.SearchStrategy[Shape] | None = None,
) -> Expression:
    """Draw an expression: a smooth function of a few tensors, as a random graph of up to so many operations.

    Args:
        draw: given by Hypothesis.
        inputs: greatest number of inputs.
        max_steps: greatest number of operations, without those that keep values small and join loose ends.
        shape: strategy for the inputs' shapes; up to two axes if not given.

    Example:
        >>> from hypothesis import find
        >>> find(expressions(), lambda e: e.steps[-1].method == "tanh")
        def expression(x0):
            v0 = x0.tanh()
            return v0
    """
    sizes = shapes(max_dims=2, max_side=3) if shape is None else shape
    leaves = tuple(draw(st.lists(tensors(sizes), min_size=1, max_size=inputs)))
    values, steps = list(leaves), []

    def add(step: Step) -> None:
        with no_grad():
            values.append(step.run(values))
        steps.append(step)

    for _ in range(draw(st.integers(1, max_steps))):
        add(draw(_step(values)))
        if np.abs(values[-1].numpy()).max(initial=0) > _LARGEST:
            add(Step("tanh", (len(values) - 1,)))
    used = {i for step in steps for i in step.operands}
    loose = [i for i in range(len(values)) if i not in used]
    total = None
    # No branch is for nothing: what nobody used is summed.
    for i in loose if len(loose) > 1 else []:
        add(Step("sum", (i,)))
        if total is not None:
            add(Step("add", (total, len(values) - 1)))
        total = len(values) - 1
    return Expression(leaves, tuple(steps))


def _step(values: list[Tensor]) -> st.SearchStrategy[Step]:
    # The newest value first: examples shrink to chains.
    newest = st.integers(0, len(values) - 1).map(lambda back: len(values) - 1 - back)
    return newest.flatmap(lambda i: st.one_of([of(values, i) for of in (_of_one, _along, _viewed, _of_two)]))


def _of_one(values: list[Tensor], i: int) -> st.SearchStrategy[Step]:
    return st.sampled_from(_ELEMENTWISE).map(lambda method: Step(method, (i,)))


def _along(values: list[Tensor], i: int) -> st.SearchStrategy[Step]:
    ndim = values[i].ndim
    if not ndim:
        return st.nothing()
    axis = st.integers(-ndim, ndim - 1).map(lambda k: k % ndim)
    reduced: st.SearchStrategy[Step] = st.builds(
        lambda method, k, keep: Step(method, (i,), (k, keep)), st.sampled_from(_REDUCTIONS), axis, st.booleans()
    )
    return reduced | st.builds(lambda method, k: Step(method, (i,), (k,)), st.sampled_from(_ALONG_AN_AXIS), axis)


def _viewed(values: list[Tensor], i: int) -> st.SearchStrategy[Step]:
    """Return a strategy for results that share memory with a value, or move its elements."""
    shape = tuple(values[i].shape)
    ndim = len(shape)
    made: list[st.SearchStrategy[Step]] = [st.just(Step("reshape", (i,), (-1,)))]
    if ndim < 3:
        made.append(st.integers(0, ndim).map(lambda k: Step("unsqueeze", (i,), (k,))))
        if 2 * values[i].numel() <= _MOST:
            made.append(st.just(Step("expand", (i,), (2, *shape))))
    if ndim:
        axis = st.integers(0, ndim - 1)
        made.append(st.permutations(range(ndim)).map(lambda order: Step("permute", (i,), tuple(order))))
        made.append(axis.map(lambda k: Step("flip", (i,), (k,))))
        made.append(axis.flatmap(lambda k: _parts(shape, i, k)))
    return st.one_of(made)


def _parts(shape: Shape, i: int, axis: int) -> st.SearchStrategy[Step]:
    size = shape[axis]
    bounds = st.tuples(st.integers(0, size - 1), st.integers(1, size))
    return bounds.map(lambda drawn: Step("narrow", (i,), (axis, drawn[0], min(drawn[1], size - drawn[0]))))


def _of_two(values: list[Tensor], i: int) -> st.SearchStrategy[Step]:
    """Return a strategy for results of a value with any that fits it: by broadcasting, or as matrices."""
    pairs: list[Any] = [
        Step(method, (i, k))
        for k, other in reversed(list(enumerate(values)))
        for method in (*_BINARY, "matmul")
        if _fit(tuple(values[i].shape), tuple(other.shape), matrices=method == "matmul")
    ]
    return st.sampled_from(pairs) if pairs else st.nothing()


def _fit(a: Shape, b: Shape, *, matrices: bool) -> bool:
    try:
        result = np.matmul(np.zeros(a), np.zeros(b)) if matrices else np.zeros(np.broadcast_shapes(a, b))
    except ValueError:
        return False
    return result.size <= _MOST
