"""Calls of a record: its operands as arrays or Tensors, its outputs as a flat list, and what it recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_np.core import Node, Tensor, as_tensor, gradients, record, registry
from tests.samples import Case, Record, all_records

__all__ = [
    "CALLS",
    "Call",
    "cotangents",
    "first_and_second",
    "flat",
    "kernels_called",
    "nodes_of",
    "recorded_nodes",
    "replaced",
]


def flat(value: Any) -> list[Any]:
    """Return the arrays and Tensors inside nested sequences, in order; numbers and the like are left out."""
    if isinstance(value, (Tensor, np.ndarray)):
        return [value]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in flat(item)]
    return []


def replaced(value: Any, arrays: Iterator[Any]) -> Any:
    """Return the same nested sequences with their arrays replaced by the next ones."""
    if isinstance(value, (Tensor, np.ndarray)):
        return next(arrays)
    if isinstance(value, (list, tuple)):
        items = [replaced(item, arrays) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value


@dataclass(frozen=True)
class Call:
    """One case of one record."""

    record: Record
    case: Case
    number: int

    def __str__(self) -> str:
        return f"{self.record.name}-{self.number}"

    def arrays(self, dtype: Any = np.float64) -> list[Any]:
        """Return copies of the operands' arrays, floating ones in the given type."""
        found = [np.array(array) for array in flat(self.case.operands)]
        return [array.astype(dtype) if array.dtype.kind == "f" else array for array in found]

    def leaves(self, arrays: Iterable[Any]) -> list[Tensor]:
        """Return the arrays as Tensors without copying; floating ones require gradients."""
        return [as_tensor(array).requires_grad_(array.dtype.kind == "f") for array in arrays]

    def __call__(self, arrays: Iterable[Any]) -> list[Tensor]:
        """Return the function's outputs for these arrays or Tensors in place of the operands' arrays."""
        tensors = [as_tensor(array) for array in arrays]
        operands = replaced(self.case.operands, iter(tensors))
        result = self.record.function(*operands, **self.options([t.dtype for t in tensors]))
        return [as_tensor(y) for y in flat(result)]

    def reference(self, arrays: Iterable[Any]) -> list[Any]:
        """Return the reference's outputs for these arrays."""
        operands = replaced(self.case.operands, iter(list(arrays)))
        with np.errstate(all="ignore"):
            result = self.record.reference(*operands, **self.case.options)
        return [np.asarray(y) for y in (result if isinstance(result, (list, tuple)) else [result])]

    def options(self, types: Iterable[Any]) -> dict[str, Any]:
        """Return the options, with floating arrays among them in the operands' floating type."""
        floating = next((t for t in types if t.kind == "f"), np.dtype(np.float64))
        return {
            name: value.astype(floating) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
            for name, value in self.case.options.items()
        }

    def asks_for_a_type(self) -> bool:
        """Tell whether the call names the type of its result."""
        return "dtype" in self.case.options or any(_is_type(o) for o in self.case.operands)


def _is_type(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"(torch\.)?(bool|(float|u?int)\d+)", value) is not None
    return isinstance(value, (np.dtype, type))


CALLS = [Call(r, case, i) for r in all_records() for i, case in enumerate(r.cases)]


def cotangents(shapes: Iterable[tuple[int, ...]], seed: float) -> list[Any]:
    """Return fixed numbers without any symmetry, of these shapes; the same on every machine and in every library."""
    result = []
    for k, shape in enumerate(shapes):
        index = np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)
        result.append(np.round(np.cos(1.7 * index + 0.9 * k + seed) + 0.3, 6))
    return result


def _differentiable(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [t for t in tensors if t.requires_grad]


def _contracted(ys: Sequence[Tensor], xs: Sequence[Tensor], seed: float, *, create_graph: bool) -> list[Tensor]:
    """Return the gradients of the outputs' sum weighted with fixed cotangents; zeros where nothing depends."""
    weights = cotangents([y.shape for y in ys], seed)
    live = [(y, w.astype(y.dtype)) for y, w in zip(ys, weights, strict=True) if y.requires_grad]
    if not live or not xs:
        return [as_tensor(np.zeros(x.shape, x.dtype)) for x in xs]
    outputs, started = zip(*live, strict=True)
    got = gradients(outputs, xs, started, create_graph=create_graph, retain_graph=True, materialize_grads=True)
    return [g for g in got if g is not None]


def first_and_second(
    call: Call, arrays: Sequence[Any], *, order: int = 2
) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Return outputs, first and second gradients by the floating operands, contracted with fixed cotangents."""
    leaves = call.leaves(arrays)
    xs = _differentiable(leaves)
    ys = call(leaves)
    if order < 1:
        return ys, [], []
    first = _contracted([y for y in ys if y.is_floating_point()], xs, 0.2, create_graph=order > 1)
    if order < 2:
        return ys, first, []
    return ys, first, _contracted(first, xs, 0.6, create_graph=False)


def nodes_of(tensors: Iterable[Tensor]) -> list[Node]:
    """Return every operation that these tensors were computed by, oldest first."""
    seen: set[Any] = set()
    stack = [t._node for t in tensors if t._node is not None]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edge for edge in node.edges if edge is not None)
    return sorted((node for node in seen if isinstance(node, Node)), key=lambda node: node.serial)


def recorded_nodes(call: Call, *, order: int) -> list[Node]:
    """Return every operation of the outputs, and of their gradients up to an order, with their information.

    Cotangents are leaves here, so that what rules do with them is recorded too.
    """
    with record():
        leaves = call.leaves(call.arrays())
        ys, xs = call(leaves), _differentiable(leaves)
        reached = list(ys)
        for _ in range(min(order, call.record.order)):
            outputs = [y for y in ys if y.requires_grad]
            if not outputs or not xs:
                break
            gs = [as_tensor(g.astype(y.dtype)) for g, y in zip(_mixed(outputs), outputs, strict=True)]
            for g in gs:
                g.requires_grad_()
            got = gradients(outputs, xs, gs, create_graph=True, allow_unused=True)
            ys, xs = [g for g in got if g is not None], [*xs, *gs]
            reached += ys
    return nodes_of(reached)


def _mixed(outputs: Sequence[Tensor]) -> list[Any]:
    return cotangents([y.shape for y in outputs], 0.2)


@contextmanager
def kernels_called() -> Iterator[set[str]]:
    """Note the name of every row whose kernel runs inside the block."""
    called: set[str] = set()

    def noting(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def run(*operands: Any, **static: Any) -> Any:
            called.add(name)
            return kernel(*operands, **static)

        return run

    kernels = {name: row.kernel for name, row in registry.items()}
    for name, row in registry.items():
        row.kernel = noting(name, row.kernel)
    try:
        yield called
    finally:
        for name, kernel in kernels.items():
            registry[name].kernel = kernel
