"""The part of a graph around one tensor, or between two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from autograd_np.core import Port
from autograd_np.viz.records import Edge, Traced

__all__ = ["Focus", "focused"]

#: How many operations around a tensor are drawn if the caller does not say.
RADIUS = 3


@dataclass(frozen=True, slots=True)
class Focus:
    """Ids of the nodes in focus, and what it is about."""

    shown: frozenset[int]
    about: str

    def caption(self, graph: Traced) -> str:
        """Return how much of the graph is drawn."""
        inside = sum(1 for i in self.shown if graph.nodes[i].op)
        total = sum(1 for node in graph.nodes if node.op)
        return f"focus: {self.about}; {inside:,} of {total:,} operations drawn, what lies outside as stubs"


def focused(graph: Traced, focus: Any, radius: int | None = None) -> Focus | None:
    """Return the part of a graph that `focus` asks for.

    Args:
        graph: the traced graph.
        focus: a tensor (or the name of a node) for its neighbourhood, two of them for every path between them; None
            for the whole graph.
        radius: how many steps around it, forward and backward, are drawn: by default 3 around one tensor, none around
            paths.

    Raises:
        ValueError: for what is not in the graph, two tensors that no path connects, or a negative radius.
    """
    if focus is None:
        if radius is not None:
            message = "radius: has no meaning without focus=\n  fix: focus=tensor, or focus=(one, another)"
            raise ValueError(message)
        return None
    if radius is not None and radius < 0:
        message = f"radius: expected a number of steps, got {radius}"
        raise ValueError(message)
    if isinstance(focus, (tuple, list)):
        if len(focus) != 2:
            message = f"focus: expected one tensor or two, got {len(focus)}"
            raise ValueError(message)
        start, end = (_found(graph, end) for end in focus)
        core = _between(graph, start, end) or _between(graph, end, start)
        if not core:
            one, two = graph.nodes[start].name, graph.nodes[end].name
            message = f"focus: no path leads from {one} to {two}, nor back\n  fix: focus on one of them"
            raise ValueError(message)
        steps = radius or 0
        about = f"paths between {graph.nodes[start].name} and {graph.nodes[end].name}"
    else:
        start = _found(graph, focus)
        core, steps = {start}, RADIUS if radius is None else radius
        about = f"{graph.nodes[start].name}, {steps} steps around"
    shown = _around(graph, core, steps)
    # A number beside an operation belongs to it.
    for edge in graph.edges:
        if edge.dst in shown and graph.nodes[edge.src].role == "constant":
            shown.add(edge.src)
    return Focus(frozenset(shown), about)


def _found(graph: Traced, wanted: Any) -> int:
    if isinstance(wanted, str):
        for node in graph.nodes:
            if node.name == wanted:
                return node.id
        names = [node.name for node in graph.nodes if node.named][:8]
        message = f"focus: there is no node named {wanted!r} in this graph\n  fix: names here are {', '.join(names)}, …"
        raise ValueError(message)
    recorded = getattr(wanted, "_node", None)
    if isinstance(recorded, Port):
        recorded = recorded.edges[0]
    found = [node.id for node in graph.nodes if recorded is not None and node.serial == recorded.serial]
    if not found:
        message = (
            "focus: the tensor is no part of this graph\n"
            "  fix: give a tensor that the traced one was computed from, or the name of a node"
        )
        raise ValueError(message)
    return found[0]


def _reached(start: Iterable[int], step: Callable[[int], Iterable[int]]) -> set[int]:
    seen = set(start)
    stack = list(seen)
    while stack:
        for i in step(stack.pop()):
            if i not in seen:
                seen.add(i)
                stack.append(i)
    return seen


def _between(graph: Traced, start: int, end: int) -> set[int]:
    nodes = graph.nodes
    after = _reached([start], lambda i: [edge.dst for edge in graph.outgoing(nodes[i])])
    if end not in after:
        return set()
    return after & _reached([end], lambda i: [edge.src for edge in graph.incoming(nodes[i])])


def _around(graph: Traced, core: set[int], steps: int) -> set[int]:
    shown, border = set(core), set(core)
    for _ in range(steps):
        near: set[int] = set()
        for i in border:
            edges: list[Edge] = [*graph.incoming(graph.nodes[i]), *graph.outgoing(graph.nodes[i])]
            near.update(end for edge in edges for end in (edge.src, edge.dst))
        border = near - shown
        shown |= border
    return shown
