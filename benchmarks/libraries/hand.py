"""NumPy by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.by_hand import images, kernels, recurrent
from benchmarks.by_hand.steps import KINDS, Adam
from benchmarks.functional import KINDS as FORWARD
from benchmarks.functional import Functions
from benchmarks.nets import NETS
from benchmarks.operations import cotangent

#: Functions to (result, back).
TABLE: dict[str, Callable[..., Any]] = {
    name: getattr(module, name) for module in (kernels, images, recurrent) for name in module.__all__
}


def _result(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *operands, **options: function(*operands, **options)[0]


PAIRS = Functions("NumPy", TABLE)
RESULTS = Functions("NumPy", {name: _result(function) for name, function in TABLE.items()})


def operation(subject: Any, task: str) -> Callable[[], Any]:
    """Return a function that does the operation."""
    function = getattr(PAIRS, subject.function)
    operands, options = subject.arrays(), subject.options
    if task != "both":
        return lambda: function(*operands, **options)[0]
    g = cotangent(function(*operands, **options)[0].shape)
    return lambda: function(*operands, **options)[1](g)


def step(name: str) -> Callable[[], Any]:
    """Return a function that does a training step."""
    net = NETS[name]
    adam = Adam(net.weights())
    x, y = net.batch()
    function = KINDS[net.kind]

    def train() -> None:
        _, gradients = function(adam.weights, x, y)
        adam.step(gradients)

    return train


def prepare(row: Any) -> Callable[[], Any]:
    """Return a function that does a row once."""
    if row.task in {"step", "memory"}:
        return step(row.subject)
    if row.task == "inference":
        net = NETS[row.subject]
        weights, x = net.weights(), net.batch()[0]
        return lambda: FORWARD[net.kind](RESULTS, weights, x, False)
    return operation(row.subject, row.task)
