"""The texts of what stands for several: closed groups, repeats, stubs, and the lines between them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from autograd_np.viz.facts import Facts, Range, norm_range
from autograd_np.viz.notation import number, shorten, summary_text
from autograd_np.viz.records import Edge, Node, Traced
from autograd_np.viz.view import Item, Link

__all__ = [
    "bundle_lines",
    "flow_lines",
    "group_lines",
    "group_title",
    "range_text",
    "repeated_gradient",
    "repeated_name",
    "repeated_values",
    "size_text",
    "stub_title",
]

#: Longest title, and how many names a stub gives.
TITLE, NAMED = 48, 2


def range_text(found: Range | None) -> str:
    """Return norms over repeats, `‖·‖ 0.1 … 3`; one number where they agree.

    Example:
        >>> range_text(Range(0.1, 3.0, 12)), range_text(Range(2.0, 2.0, 1)), range_text(None)
        ('‖·‖ 0.1 … 3', '‖·‖ 2', '–')
    """
    if found is None:
        return "–"
    low, high = number(found.low), number(found.high)
    return f"‖·‖ {low}" if low == high else f"‖·‖ {low} … {high}"


def group_title(facts: Facts) -> str:
    """Return the name of a group, its class if known, and how often it is repeated.

    Example:
        >>> group_title(Facts("h.0 … 11", "GPT.h.0", "Block", 12, 9, 4, 100, None, None, None))
        'h.0 … 11 (Block) ×12'
    """
    kind = f" ({facts.kind})" if facts.kind and facts.kind != facts.name else ""
    times = f" ×{facts.times}" if facts.times > 1 else ""
    return f"{shorten(facts.name, TITLE)}{kind}{times}"


def size_text(facts: Facts) -> str:
    """Return how much there is in a group."""
    parts = [f"{facts.operations:,} operation{'' if facts.operations == 1 else 's'}"]
    if facts.parameters:
        plural = "" if facts.parameters == 1 else "s"
        parts.append(f"{facts.parameters} parameter{plural} ({facts.weights:,} numbers)")
    each = " each" if facts.times > 1 else ""
    return f"{', '.join(parts)}{each}"


def group_lines(item: Item) -> list[str]:
    """Return what a closed group's card says below its title, gradients apart."""
    node, facts = item.node, item.facts
    if facts is None:
        return []
    shape = f"{len(node.ports)} outputs" if node.ports else f"→ {node.shape} {node.dtype}"
    return [size_text(facts), shape]


def flow_lines(facts: Facts) -> list[str]:
    """Return the gradients that flow in, out, and into the parameters of a group.

    Example:
        >>> one = Range(1.0, 1.0, 1)
        >>> flow_lines(Facts("fc", "fc", "Linear", 1, 1, 2, 6, one, None, Range(0.5, 2.0, 3)))
        ['grad in ‖·‖ 1', 'grad of parameters ‖·‖ 0.5 … 2']
    """
    ways = (("in", facts.arriving), ("out", facts.leaving), ("of parameters", facts.learning))
    lines = [f"grad {way} {range_text(found)}" for way, found in ways if found is not None]
    return lines or ["grad – not computed"]


def stub_title(graph: Traced, item: Item) -> str:
    """Return what a stub says: the names of what lies there."""
    names = [shorten(graph.nodes[i].name, 20) for i in item.members[:NAMED]]
    more = len(item.members) - NAMED
    return f"… {', '.join(names)}{f' and {more} more' if more > 0 else ''}"


def repeated_name(graph: Traced, item: Item) -> str:
    """Return the name that stands for a leaf in every repeat: `h.*.weight`."""
    names = [graph.nodes[i].name for i in item.twins]
    first = re.split(r"(\d+)", names[0])
    for name in names[1:]:
        parts = re.split(r"(\d+)", name)
        if len(parts) != len(first):
            return f"{names[0]} …"
        first = [a if a == b else "*" if a.isdigit() or a == "*" else "…" for a, b in zip(first, parts, strict=True)]
    return "".join(first)


def repeated_values(nodes: Sequence[Node]) -> str:
    """Return the norms of a value over the repeats."""
    if nodes[0].ports:
        return ""
    return f"value {range_text(norm_range(None if n.value is None else n.value.norm for n in nodes))}"


def repeated_gradient(nodes: Sequence[Node]) -> str:
    """Return the norms of a gradient over the repeats."""
    found = norm_range(None if n.gradient is None else n.gradient.norm for n in nodes)
    return f"grad {range_text(found)}" if found is not None else f"grad – {nodes[0].gradient_note}"


def bundle_lines(graph: Traced, link: Link) -> tuple[str, str]:
    """Return the two lines at a wire that enters a closed group or leaves a repeat: shape, and what flows back."""
    arrays = {(edge.src, edge.output) for edge in link.edges}
    shape = _shape(graph, link.edge) if len(arrays) == 1 else f"{len(arrays)} arrays"
    if len(link.edges) > len(arrays):
        shape = f"{shape}, {len(link.edges)} uses"
    norms = [edge.contribution.norm for edge in link.edges if edge.contribution is not None]
    if len(link.edges) == 1 and link.edge.contribution is not None:
        return shape, shorten(summary_text(link.edge.contribution), 40)
    # Several uses of one array add up as arrays, which norms do not.
    return shape, f"‖·‖ {number(math.hypot(*norms))}" if norms and len(link.edges) == len(arrays) else ""


def _shape(graph: Traced, edge: Edge) -> str:
    node = graph.nodes[edge.src]
    shape = node.shape if edge.output is None else node.ports[edge.output].shape
    return str(shape) if shape else "number"
