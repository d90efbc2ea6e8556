"""HIPS autograd: NumPy's grammar. It has no convolution or pooling for nets; Adam over many arrays is that by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
from autograd import make_vjp, value_and_grad

from benchmarks.by_hand.steps import Adam
from benchmarks.functional import KINDS, Functions, loss_of
from benchmarks.libraries.numpy_like import functions
from benchmarks.nets import NETS
from benchmarks.operations import cotangent

F = Functions("HIPS autograd", functions(anp))


def operation(subject: Any, task: str) -> Callable[[], Any]:
    """Return a function that does the operation; the forward pass records, except with no_grad."""
    function, arrays = getattr(F, subject.function), subject.arrays()
    if task == "no_grad":
        return lambda: function(*arrays, **subject.options)
    places = [place for place, operand in enumerate(subject.operands) if operand.has_gradient]

    def of(leaves: tuple[Any, ...]) -> Any:
        given = list(arrays)
        for place, leaf in zip(places, leaves, strict=True):
            given[place] = leaf
        return function(*given, **subject.options)

    record = make_vjp(of)
    leaves = tuple(arrays[place] for place in places)
    if task == "forward":
        return lambda: record(leaves)
    g = cotangent(anp.shape(of(leaves)))

    def both() -> Any:
        pull, _ = record(leaves)
        return pull(g)

    return both


def prepare(row: Any) -> Callable[[], Any]:
    """Return a function that does a row once."""
    if row.task not in {"step", "memory", "inference"}:
        return operation(row.subject, row.task)
    net = NETS[row.subject]
    x, y = net.batch()
    adam = Adam(net.weights())
    if row.task == "inference":
        return lambda: KINDS[net.kind](F, adam.weights, x, False)
    gradient = value_and_grad(lambda weights: loss_of(F, net.kind, weights, x, y))

    def train() -> None:
        _, gradients = gradient(adam.weights)
        adam.step(gradients)

    return train
