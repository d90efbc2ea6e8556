"""The graph for Graphviz users: a Digraph with tables for cards and clusters for modules, to be restyled at will."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import graphviz

from autograd_np.viz.records import Traced
from autograd_np.viz.scene import Card, Hull, Wire, build
from autograd_np.viz.style import LIGHT

__all__ = ["to_dot"]

FONT = "Helvetica,Arial,sans-serif"
#: Above this many wires the network simplex gets fewer rounds: else it may take minutes.
MANY_WIRES = 120
_SHAPES = {"leaf": "ROUNDED", "parameter": "ROUNDED", "constant": "DASHED", "operation": "", "output": ""}
_BORDERS = {"parameter": "2", "output": "4"}
_INKS = {"grad": "grad", "value": "fg", "alarm": "bad"}


def to_dot(
    graph: Traced,
    *,
    title: str | None = None,
    max_nodes: int = 300,
    fold: bool = True,
    depth: int | None = None,
    focus: Any = None,
    radius: int | None = None,
    labels: bool | None = None,
    rankdir: str = "LR",
    graph_attr: Mapping[str, str] | None = None,
    node_attr: Mapping[str, str] | None = None,
    edge_attr: Mapping[str, str] | None = None,
) -> graphviz.Digraph:
    """Return the graph as a `graphviz.Digraph`.

    Nodes are named n0, n1, …; id, class and tooltip are set, so that style sheets find leaves, parameters, constants,
    operations and outputs by class.

    Args:
        graph: the traced graph.
        title: heading; by default what was differentiated.
        max_nodes: how many cards there may be before parts are folded.
        fold: False draws every node.
        depth: modules nested deeper than this are drawn closed, as one card; by default as deep as fits.
        focus: a tensor (or a node's name) for what is around it, two of them for every path between.
        radius: how many steps around the focus are drawn: by default 3 around a tensor, none around paths.
        labels: write factors and contributions on edges; by default up to 150 cards.
        rankdir: "LR" or "TB".
        graph_attr: attributes of the graph, over those set here.
        node_attr: attributes of all nodes, over those set here.
        edge_attr: attributes of all edges, over those set here.
    """
    scene = build(
        graph,
        title=title,
        max_nodes=max_nodes,
        folding=fold,
        labels=labels,
        depth=depth,
        focus=focus,
        radius=radius,
    )
    attributes = {
        "rankdir": rankdir,
        "bgcolor": "transparent",
        "fontname": FONT,
        "label": graphviz.escape("\n".join([scene.title, *scene.caption])),
        "labelloc": "t",
    }
    if len(scene.wires) > MANY_WIRES:
        attributes |= {"nslimit": "2", "nslimit1": "2", "mclimit": "0.5"}
    dot = graphviz.Digraph(
        "chain",
        graph_attr={**attributes, **(graph_attr or {})},
        node_attr={"shape": "plain", "fontname": FONT, "fontsize": "11", **(node_attr or {})},
        edge_attr={"fontname": FONT, "fontsize": "10", "color": LIGHT["fw"], **(edge_attr or {})},
    )
    _add_cards(dot, scene.cards, scene.hulls)
    for wire in scene.wires:
        _add_wire(dot, wire)
    return dot


def _add_cards(dot: graphviz.Digraph, cards: Sequence[Card], hulls: Sequence[Hull]) -> None:
    """Add the cards, those of open modules inside nested clusters."""
    places = {"": dot}
    for i, hull in enumerate(hulls):
        attributes = {
            "label": graphviz.escape(f"{hull.title} {hull.badge}".rstrip()),
            "labeljust": "l",
            "color": LIGHT["constant"],
            "style": "rounded",
            "tooltip": graphviz.escape(hull.tooltip),
        }
        places[hull.key] = graphviz.Digraph(f"cluster_{i}", graph_attr=attributes)
    for card in cards:
        places[card.item.frame].node(
            _name(card.key),
            label=_table(card),
            id=f"ag-{card.key}",
            tooltip=graphviz.escape(card.tooltip),
            **{"class": f"ag-{card.role}"},
        )
    # A subgraph is copied into its parent, so the innermost go first.
    for hull in reversed(hulls):
        places[hull.frame.parent].subgraph(places[hull.key])


def _name(key: str) -> str:
    return key.replace("-", "_")


def _table(card: Card) -> str:
    colour = LIGHT[card.role]
    style = _SHAPES[card.role]
    rows = "".join(f'<TR><TD ALIGN="LEFT">{_cell(line.text, line.kind)}</TD></TR>' for line in card.lines)
    return (
        f'<<TABLE BORDER="{_BORDERS.get(card.role, "1")}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" '
        f'BGCOLOR="{LIGHT["card"]}" COLOR="{colour}"{f" STYLE={chr(34)}{style}{chr(34)}" if style else ""}>'
        f"{rows}</TABLE>>"
    )


def _cell(text: str, kind: str) -> str:
    safe = escape(text) or " "
    if kind == "title":
        return f"<B>{safe}</B>"
    colour = LIGHT[_INKS.get(kind, "muted")]
    return f'<FONT COLOR="{colour}">{safe}</FONT>'


def _add_wire(dot: graphviz.Digraph, wire: Wire) -> None:
    parts = [
        f'<FONT COLOR="{LIGHT[colour]}">{escape(text)}</FONT>'
        for text, colour in ((wire.local, "fg"), (wire.contribution, "grad"))
        if text
    ]
    attributes = {"id": f"ag-{wire.key}", "edgetooltip": graphviz.escape(wire.tooltip)}
    attributes["labeltooltip"] = attributes["edgetooltip"]
    if parts:
        attributes["label"] = f"<{'<BR/>'.join(parts)}>"
    if "const" in wire.data:
        attributes["style"] = "dashed"
    elif wire.step is not None:
        # Two lines side by side: the value forward, the gradient back.
        attributes |= {"dir": "both", "color": f"{LIGHT['fw']}:{LIGHT['grad']}", "arrowsize": "0.7"}
    if wire.stress:
        attributes |= {"penwidth": f"{2 + 3 * wire.stress:.3g}", "color": f"{LIGHT['fw']}:{LIGHT['stress']}"}
    dot.edge(_name(wire.src), _name(wire.dst), **attributes)
