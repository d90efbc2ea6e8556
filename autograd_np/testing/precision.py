"""The same program in single and in double precision: which operation loses the digits.

The function runs once, in float32, recorded. Every operation is then computed again in float64, from float64 values of
its operands: the same operations, the same random draws, the same branches. Values are compared in the order in which
they were computed, and gradients in the order in which backward computes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.autograd.function import FunctionOp
from autograd_np.core import GraphNode, Leaf, Node, Port, Tensor, enable_grad, gradients, record, wrap
from autograd_np.core.op import value_of
from autograd_np.core.origin import line_of, operand_name
from autograd_np.errors import ArgumentError, PrecisionError

__all__ = ["PrecisionReport", "Step", "compare_precisions"]

#: How many steps a report shows.
_SHOWN = 10


class Step(NamedTuple):
    """One operation, and how far its float32 results are from those in float64.

    Args:
        name: the operation.
        source: the line that recorded it.
        value: relative error of its output: ‖y₃₂ - y₆₄‖ / ‖y₆₄‖.
        own: the part that the operation itself made: its error on the same float32 operands.
        gradient: relative error of the gradient by its output; None where none arrives.
        operands: name and relative error of each operand.
    """

    name: str
    source: str
    value: float
    own: float
    gradient: float | None
    operands: tuple[tuple[str, float], ...]


class PrecisionReport(NamedTuple):
    """What `compare_precisions` found: every operation in order, and the first that diverges in value or gradient."""

    steps: tuple[Step, ...]
    rtol: float

    @property
    def first(self) -> Step | None:
        """Return the first operation whose value diverges, else the first whose gradient does, else None."""
        for step in self.steps:
            if not step.value <= self.rtol:
                return step
        for step in reversed(self.steps):
            if step.gradient is not None and not step.gradient <= self.rtol:
                return step
        return None

    def __bool__(self) -> bool:
        return self.first is None

    def __str__(self) -> str:
        first = self.first
        if first is None:
            worst = max((step.value for step in self.steps), default=0.0)
            return (
                f"float32 agrees with float64 in all {len(self.steps)} operations; largest error of a value {worst:.2g}"
            )
        if not first.value <= self.rtol:
            given = ", ".join(f"{name} {error:.2g}" for name, error in first.operands)
            made = "it loses the digits itself" if first.own > self.rtol else "it amplifies the errors of its operands"
            what = f"its value is off by {first.value:.2g} of its size; operands: {given or 'exact'}; {made}"
        else:
            what = f"the gradient by its output is off by {first.gradient:.2g} of its size"
        rows = "\n".join(f"  {step.value:8.1e}  {step.name}  {step.source}" for step in _around(self.steps, first))
        return f"{first.name!r} is the first to diverge, at {first.source}\n  {what}\n  error of values:\n{rows}"


def compare_precisions(
    fn: Callable[..., Any], *inputs: Any, rtol: float = 1e-3, raise_exception: bool = True
) -> PrecisionReport:
    """Run a function in float32, compute it again in float64, and name the first operation that diverges.

    Args:
        fn: takes the inputs; returns a Tensor or several. Parameters that it uses are computed with as they are.
        inputs: Tensors; floating ones are taken in float32.
        rtol: relative error, of a whole tensor, from which on a value or a gradient diverges.
        raise_exception: return the report also where something diverges.

    Shapes: any.

    Returns:
        Every operation with its errors; true where none diverges.

    Raises:
        PrecisionError: naming the operation, its line, and whether it lost the digits or was given them lost.
        ArgumentError: the function records nothing.

    Source: shadow values in a higher precision; Benz, Hildebrandt and Hack (2012).

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([1e-4], requires_grad=True)
        >>> report = compare_precisions(lambda x: (1 - x.cos()) / x**2, x, raise_exception=False)
        >>> report.first.name, report.first.own < 1e-6
        ('sub', True)
    """
    leaves = [_narrow(x) for x in inputs]
    with enable_grad(), record():
        result = fn(*leaves)
    outputs = [y for y in (result if isinstance(result, (list, tuple)) else [result]) if isinstance(y, Tensor)]
    outputs = [y for y in outputs if y.requires_grad]
    if not outputs:
        raise ArgumentError(
            "compare_precisions: the function recorded nothing that leads to an output\n"
            "  fix: pass floating tensors, and return what was computed from them"
        )
    order = _ancestors([y._node for y in outputs])
    values = _Shadow(order)
    slopes = _gradient_errors(order, outputs, values)
    steps = [_step(node, values, slopes) for node in order if isinstance(node, Node)]
    report = PrecisionReport(tuple(steps), rtol)
    if raise_exception and not report:
        raise PrecisionError(
            f"compare_precisions: {report}\n"
            "  fix: rewrite that operation's formula (log1p, expm1, logsumexp, hypot, var), or compute it in float64"
        )
    return report


def _narrow(x: Any) -> Any:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        return x
    leaf = wrap(x._array.astype(np.float32), None)
    leaf.name = x.name
    return leaf.requires_grad_()


def _ancestors(roots: Sequence[GraphNode | None]) -> list[GraphNode]:
    seen: set[GraphNode] = set()
    stack = [root for root in roots if root is not None]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edge for edge in node.edges if edge is not None)
    return sorted(seen, key=lambda node: node.serial)


class _Shadow:
    """The recorded operations once more, in float64: a Tensor for each node, or several for several outputs."""

    def __init__(self, order: Sequence[GraphNode]) -> None:
        self.tensors: dict[GraphNode, Any] = {}
        #: The float32 values of leaves, as operations used them.
        self.leaves: dict[GraphNode, Array] = {}
        with enable_grad():
            for node in order:
                if isinstance(node, Port):
                    self.tensors[node] = self.tensors[node.edges[0]][node.index]  # type: ignore[index]  # always a node
                elif isinstance(node, Node):
                    self.tensors[node] = self._again(node)

    def _again(self, node: Node) -> Any:
        if node.info is None:
            raise ArgumentError(
                f"compare_precisions: {node.name!r} was recorded before the function was called\n"
                "  fix: detach() what comes from outside, or compute it inside the function"
            )
        operands = []
        for edge, value in zip(node.edges, node.info.operands, strict=True):
            if isinstance(edge, Leaf) and edge not in self.tensors:
                self.leaves[edge] = value
                self.tensors[edge] = _wide(value).requires_grad_()
            operands.append(self.tensors[edge] if edge is not None else _wide(value))
        if isinstance(node.op, FunctionOp):
            return node.op.function.apply(*operands)
        return node.op(*operands, **_wide_settings(node.static))


def _wide(value: Any) -> Any:
    """Return an array as a Tensor, in float64 if it is floating; other things as they are."""
    if not isinstance(value, np.ndarray):
        return value
    return wrap(value.astype(np.float64) if value.dtype.kind == "f" else value, None)


def _wide_settings(static: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with float64 for every floating type: a cast keeps all digits."""
    return {
        key: np.dtype(np.float64) if isinstance(value, np.dtype) and value.kind == "f" else value
        for key, value in static.items()
    }


def _error(narrow: Any, wide: Any) -> float:
    """Return the relative distance of two arrays, or the largest of several pairs."""
    if isinstance(narrow, tuple):
        return max((_error(a, b) for a, b in zip(narrow, wide, strict=True)), default=0.0)
    a, b = np.asarray(narrow), np.asarray(wide._array if isinstance(wide, Tensor) else wide)
    if a.dtype.kind != "f" or not a.size:
        return 0.0
    a, b = a.astype(np.float64), b.astype(np.float64)
    # Both infinite alike, or both NaN, is agreement.
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        distance = float(np.linalg.norm(np.where(same, 0.0, a - b)))
        size = float(np.linalg.norm(b[np.isfinite(b)]))
    if distance == 0:
        return 0.0
    return distance / size if size and np.isfinite(distance) else np.inf


def _gradient_errors(order: Sequence[GraphNode], outputs: Sequence[Tensor], shadow: _Shadow) -> dict[GraphNode, float]:
    """Return the relative error of the gradient by each value."""
    nodes = [node for node in order if isinstance(shadow.tensors.get(node), Tensor)]
    narrow = [wrap(np.zeros(tuple(node.shape), node.dtype), node) for node in nodes]
    wide = [shadow.tensors[node] for node in nodes]
    ends = [shadow.tensors[y._node] for y in outputs]  # type: ignore[index]  # outputs require gradients
    starts = [np.ones(y.shape) for y in outputs]
    with np.errstate(all="ignore"):
        in32 = gradients(outputs, narrow, starts, retain_graph=True, allow_unused=True)
        in64 = gradients(ends, wide, starts, retain_graph=True, allow_unused=True)
    return {
        node: _error(a._array, b._array)
        for node, a, b in zip(nodes, in32, in64, strict=True)
        if a is not None and b is not None
    }


def _step(node: Node, shadow: _Shadow, slopes: Mapping[GraphNode, float]) -> Step:
    info = node.info
    operands: tuple[Any, ...] = () if info is None else info.operands
    errors = [
        (operand_name(node.op, slot), _error(operands[slot], shadow.tensors[edge]))
        for slot, edge in enumerate(node.edges)
        if edge is not None
    ]
    wide = [v.astype(np.float64) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for v in operands]
    values = [value_of(v) for v in wide]
    with np.errstate(all="ignore"):
        alone, _ = node.op.run(node.op._promoted(values), _wide_settings(node.static))
    output = None if info is None else info.output
    ports = [slopes[edge] for edge in slopes if isinstance(edge, Port) and edge.edges[0] is node]
    slope = slopes.get(node, max(ports) if ports else None)
    return Step(
        node.name,
        line_of(node),
        _error(output, shadow.tensors[node]),
        _error(output, alone),
        slope,
        tuple((name, error) for name, error in errors if error),
    )


def _around(steps: Sequence[Step], first: Step) -> Sequence[Step]:
    """Return the steps up to the one that diverges, and the next."""
    place = next(i for i, step in enumerate(steps) if step is first)
    return steps[max(0, place - _SHOWN + 2) : place + 2]
