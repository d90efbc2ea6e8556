"""What must stand out at a glance: values and gradients that are not finite, vanish, or explode.

Vanishing and exploding are told against the gradients near the output: the median norm over the operations nearest to
it. The median of the whole graph would move with what it is to measure: where gradients vanish step by step, half of
them are far below the rest, and healthy ones would look huge. In a net that learns, norms differ by a few powers of ten
(a scalar loss at one end, a wide weight at the other), so the bounds lie far outside of that.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograd_np.viz.notation import number
from autograd_np.viz.records import Node, Traced

__all__ = ["MARKS", "Alarms", "alarms_of", "worst"]

#: A gradient below and above these multiples of those near the output is marked.
VANISHING, EXPLODING = 1e-7, 1e5
#: In graphs with fewer gradients than this the numbers themselves are seen at a glance.
FEWEST = 20
#: How many gradients count as near the output.
NEAR = 9
#: How many names a caption gives.
NAMED = 4

#: Kinds of alarm, the worst first, with their marks: shape and word carry the message, colour only repeats it.
MARKS = {"not-finite": "⚠", "exploding": "▲", "vanishing": "▽"}


@dataclass(frozen=True, slots=True)
class Alarms:
    """The kind of alarm of each node that has one, what the caption says of them, and the norm near the output."""

    kinds: Mapping[int, str]
    caption: tuple[str, ...]
    near: float


def alarms_of(graph: Traced) -> Alarms:
    """Return the alarms of a traced graph.

    Example:
        >>> import autograd_np as ag
        >>> from autograd_np import viz
        >>> x = ag.tensor(float("inf"), requires_grad=True)
        >>> alarms_of(viz.trace(x * 2)).kinds
        {0: 'not-finite', 2: 'not-finite'}
    """
    norms = {
        node.id: node.gradient.norm
        for node in graph.nodes
        if node.gradient is not None and node.gradient.finite and (node.op or node.role == "parameter")
    }
    nearest = [norm for i, norm in reversed(norms.items()) if norm > 0 and graph.nodes[i].op]
    near = statistics.median(nearest[:NEAR]) if nearest and len(norms) >= FEWEST else 0.0
    kinds: dict[int, str] = {}
    for node in graph.nodes:
        if not _is_finite(node):
            kinds[node.id] = "not-finite"
        elif near and node.id in norms:
            norm = norms[node.id]
            if norm < VANISHING * near:
                kinds[node.id] = "vanishing"
            elif norm > EXPLODING * near:
                kinds[node.id] = "exploding"
    caption = []
    for kind, bound in (("exploding", EXPLODING), ("vanishing", VANISHING)):
        names = [node.name for node in graph.nodes if kinds.get(node.id) == kind]
        if names:
            side = "above" if kind == "exploding" else "below"
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            bounds = f"‖·‖ {side} {bound:.0e} × the {number(near)} near the output"
            caption.append(f"{MARKS[kind]} {kind} gradient ({bounds}): {', '.join(names[:NAMED])}{more}")
    return Alarms(kinds, tuple(caption), near)


def _is_finite(node: Node) -> bool:
    summaries = [node.value, node.gradient]
    for port in node.ports:
        summaries += [port.value, port.gradient]
    return all(summary is None or summary.finite for summary in summaries)


def worst(alarms: Alarms, nodes: Iterable[int]) -> str:
    """Return the worst alarm among some nodes; empty if there is none.

    Example:
        >>> worst(Alarms({1: "vanishing", 2: "not-finite"}, (), 1.0), [0, 1, 2])
        'not-finite'
    """
    found = {alarms.kinds[i] for i in nodes if i in alarms.kinds}
    return next((kind for kind in MARKS if kind in found), "")
