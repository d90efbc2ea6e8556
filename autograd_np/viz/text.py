"""The graph without pictures: as indented text, and as JSON for other programs."""

from __future__ import annotations

import json
import math
from typing import Any

from autograd_np.viz import wording
from autograd_np.viz.records import Edge, Node, Summary, Traced

__all__ = ["to_json", "to_text"]

#: A longer graph is cut in the middle of its text.
LONGEST = 200


def to_text(graph: Traced, *, limit: int = LONGEST) -> str:
    """Return the chain rule as text: the output first, and below each operation what its arguments receive.

    Args:
        graph: the traced graph.
        limit: how many operations are written out.
    """
    operations = [node for node in reversed(graph.nodes) if node.op]
    blocks = [_operation(graph, node) for node in operations[:limit]]
    if len(operations) > limit:
        blocks.append(f"… {len(operations) - limit:,} more operations")
    leaves = [node for node in graph.nodes if not node.op and node.role != "constant"]
    blocks += [_line(graph, node, node.name) for node in leaves[:limit]]
    if len(leaves) > limit:
        blocks.append(f"… {len(leaves) - limit:,} more leaves")
    return "\n".join([*blocks, *graph.notes])


def _line(graph: Traced, node: Node, head: str) -> str:
    facts = [wording.shape_text(node), *wording.value_lines(node)]
    if node.role != "constant":
        facts.append(wording.gradient_text(graph, node))
    place = " ".join(filter(None, [f"in {node.module}" if node.module else "", node.source]))
    return "  ".join([head, *(fact for fact in facts if fact), *([place] if place else [])])


def _operation(graph: Traced, node: Node) -> str:
    lines = [_line(graph, node, wording.equation(graph, node))]
    for edge in graph.incoming(node):
        src = graph.nodes[edge.src]
        local, contribution = wording.local_text(graph, edge), wording.contribution_text(edge)
        if edge.differentiated:
            texts = [text for text in (local, contribution or "contribution not computed") if text]
            lines.append(f"  {src.name} ← {'   '.join(texts)}")
        else:
            lines.append(f"  {src.name} (constant)")
    return "\n".join(lines)


def to_json(graph: Traced) -> str:
    """Return nodes and edges as JSON; what JSON cannot hold is text: "nan", "inf", and settings as `repr`."""
    data = {
        "format": 1,
        "output": graph.output,
        "notes": list(graph.notes),
        "nodes": [_node(node) for node in graph.nodes],
        "edges": [_edge(graph, edge) for edge in graph.edges],
    }
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _summary(summary: Summary | None) -> dict[str, Any] | None:
    return None if summary is None else summary._asdict()


def _node(node: Node) -> dict[str, Any]:
    data = {
        "id": node.id,
        "op": node.op,
        "name": node.name,
        "role": node.role,
        "shape": node.shape,
        "dtype": node.dtype,
        "value": _summary(node.value),
        "value_note": node.value_note,
        "gradient": _summary(node.gradient),
        "gradient_note": node.gradient_note,
        "module": node.module,
        "source": node.source,
        "static": {key: repr(value) for key, value in node.static.items()},
    }
    if node.ports:
        data["ports"] = [
            {
                "shape": port.shape,
                "dtype": port.dtype,
                "value": _summary(port.value),
                "gradient": _summary(port.gradient),
            }
            for port in node.ports
        ]
    return data


def _edge(graph: Traced, edge: Edge) -> dict[str, Any]:
    return {
        "src": edge.src,
        "dst": edge.dst,
        "slot": edge.slot,
        "output": edge.output,
        "differentiated": edge.differentiated,
        "formula": wording.local_text(graph, edge, short=60, explained=True) or None,
        "upstream": _summary(edge.upstream),
        "local": _summary(edge.local),
        "contribution": _summary(edge.contribution),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
