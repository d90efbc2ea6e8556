"""What a group says of itself: operations, parameters, and how much gradient flows through it, over all repeats."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from autograd_np.viz.records import Edge, Traced

__all__ = ["Facts", "Range", "facts_of", "norm_range"]


@dataclass(frozen=True, slots=True)
class Range:
    """The smallest and the largest of some norms, and how many there were; NaN counts as largest."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A group in numbers; ranges run over its repeats.

    Args:
        name: what its frame says.
        path: dotted path of the module.
        kind: class name of the module, if known.
        times: how many repeats there are.
        operations: in one repeat.
        parameters: tensors in one repeat.
        weights: elements of these.
        arriving: norm of the gradient that comes from what uses the group.
        leaving: norm of the gradient that it hands on, parameters apart.
        learning: norm of its parameters' gradients.
    """

    name: str
    path: str
    kind: str
    times: int
    operations: int
    parameters: int
    weights: int
    arriving: Range | None
    leaving: Range | None
    learning: Range | None


def norm_range(norms: Iterable[float | None]) -> Range | None:
    """Return the range of those norms that are known.

    Example:
        >>> norm_range([2.0, None, 1.0])
        Range(low=1.0, high=2.0, count=2)
    """
    known = [norm for norm in norms if norm is not None]
    if not known:
        return None
    high = math.nan if any(math.isnan(norm) for norm in known) else max(known)
    low = min((norm for norm in known if not math.isnan(norm)), default=math.nan)
    return Range(low, high, len(known))


def _length(norms: Sequence[float]) -> float | None:
    return math.hypot(*norms) if norms else None


def facts_of(
    graph: Traced, instances: Sequence[Collection[int]], *, name: str, path: str, kind: str = "", times: int = 1
) -> Facts:
    """Return the facts of a group.

    Args:
        graph: the traced graph.
        instances: the nodes of each repeat.
        name: what its frame says.
        path: dotted path of the module.
        kind: class name of the module, if known.
        times: how many repeats one drawn group stands for.
    """
    first = instances[0]
    parameters = [graph.nodes[i] for i in first if graph.nodes[i].role == "parameter"]
    flows = [_flow(graph, frozenset(instance)) for instance in instances]
    return Facts(
        name,
        path,
        kind,
        times,
        sum(1 for i in first if graph.nodes[i].op),
        len(parameters),
        sum(math.prod(node.shape) for node in parameters),
        norm_range(arriving for arriving, _, _ in flows),
        norm_range(leaving for _, leaving, _ in flows),
        norm_range(learning for _, _, learning in flows),
    )


def _flow(graph: Traced, inside: frozenset[int]) -> tuple[float | None, float | None, float | None]:
    arriving: list[float] = []
    leaving: list[float] = []
    learning: list[float] = []
    for i in inside:
        node = graph.nodes[i]
        if not node.op:
            if node.role == "parameter" and node.gradient is not None:
                learning.append(node.gradient.norm)
            continue
        leaving += _norms(
            edge
            for edge in graph.incoming(node)
            if edge.src not in inside and graph.nodes[edge.src].role != "parameter"
        )
        uses = graph.outgoing(node)
        outer = [edge for edge in uses if edge.dst not in inside]
        if len(outer) == len(uses):
            if node.gradient is not None:
                arriving.append(node.gradient.norm)
        else:
            arriving += _norms(outer)
    return _length(arriving), _length(leaving), _length(learning)


def _norms(edges: Iterable[Edge]) -> list[float]:
    return [edge.contribution.norm for edge in edges if edge.contribution is not None]
