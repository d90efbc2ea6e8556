"""The scene: every card and wire with its texts, its size and its step, ready for a layout and a writer."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograd_np.viz import grouped, wording
from autograd_np.viz.alarms import MARKS, Alarms, alarms_of, worst
from autograd_np.viz.facts import norm_range
from autograd_np.viz.focus import focused
from autograd_np.viz.fold import fold
from autograd_np.viz.notation import exact, number, shorten, summary_lines, width_of
from autograd_np.viz.records import Summary, Traced
from autograd_np.viz.view import Frame, Item, Link, View

__all__ = [
    "CELL",
    "EDGE_FONT",
    "EDGE_LINE_HEIGHT",
    "LINE_HEIGHT",
    "PADDING",
    "TEXT_FONT",
    "TITLE_FONT",
    "Card",
    "Hull",
    "Line",
    "Scene",
    "Wire",
    "build",
]

#: Width of a monospace cell in em; DejaVu Sans Mono has 0.602, Menlo and Consolas less.
CELL = 0.602
TITLE_FONT, TEXT_FONT, EDGE_FONT = 13, 12, 11
LINE_HEIGHT = 17
EDGE_LINE_HEIGHT = 14
PADDING = 10
#: Above this many cards edges carry their texts as tooltips only.
LABELLED = 150
#: So many lines of a chain's card list its operations.
CHAIN_ROWS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text on a card: `kind` is title, meta, value, note, grad or alarm."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Card:
    """One box of the drawing.

    `step` is when its gradient is complete, counted backward from the output; `alarm` is one of `alarms.MARKS`.
    """

    key: str
    item: Item
    role: str
    lines: tuple[Line, ...]
    width: int
    height: int
    step: int | None
    tooltip: str
    data: dict[str, str]
    alarm: str = ""

    @property
    def label(self) -> str:
        """Return the card as one sentence, for screen readers."""
        return "; ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Wire:
    """One line of the drawing with its texts.

    `step` is when the gradient flows back along it, `stress` how strongly it is highlighted (0: not at all).
    """

    key: str
    link: Link
    src: str
    dst: str
    local: str
    contribution: str
    label_width: int
    label_height: int
    step: int | None
    tooltip: str
    data: dict[str, str]
    stress: float = 0.0


@dataclass(frozen=True, slots=True)
class Hull:
    """The frame around one open group; `members` are the keys of the cards directly in it."""

    frame: Frame
    members: tuple[str, ...]
    title: str
    badge: str
    grad: str
    width: int
    tooltip: str
    data: dict[str, str]

    @property
    def key(self) -> str:
        """Return the key of the group."""
        return self.frame.key


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is drawn, and how many backward steps there are."""

    graph: Traced
    cards: tuple[Card, ...]
    wires: tuple[Wire, ...]
    title: str
    description: str
    caption: tuple[str, ...]
    steps: int
    by_key: dict[str, Card] = field(default_factory=dict)
    hulls: tuple[Hull, ...] = ()


def build(
    graph: Traced,
    *,
    title: str | None = None,
    max_nodes: int = 300,
    folding: bool = True,
    labels: bool | None = None,
    depth: int | None = None,
    focus: Any = None,
    radius: int | None = None,
    toggled: Collection[str] = (),
) -> Scene:
    """Return the scene of a traced graph.

    Args:
        graph: the traced graph.
        title: heading of the picture; by default what was differentiated.
        max_nodes: how many cards there may be before parts are folded.
        folding: False draws every node.
        labels: whether edges carry texts; by default up to 150 cards.
        depth: modules nested deeper than this are drawn closed; by default as deep as fits.
        focus: a tensor for its neighbourhood, two for the paths between them.
        radius: how many steps around the focus are drawn.
        toggled: keys of groups that change between open and closed.

    Raises:
        ValueError: for a depth, focus or radius that makes no sense.
    """
    part = focused(graph, focus, radius)
    view = fold(graph, max_nodes=max_nodes, folding=folding, depth=depth, focus=part, toggled=toggled)
    alarms = alarms_of(graph)
    labelled = len(view.items) <= LABELLED if labels is None else labels
    steps = _steps(view)
    wires = tuple(_wire(graph, link, steps.get(link.dst), labelled=labelled) for link in view.links)
    complete: dict[str, int] = {}
    for wire in wires:
        if wire.step is not None:
            complete[wire.src] = max(complete.get(wire.src, 0), wire.step)
    cards = tuple(_card(graph, item, complete, alarms) for item in view.items)
    heading = title if title is not None else f"Backward pass of {wording.whole_expression(graph)}"
    caption = (*view.caption, *graph.notes, *alarms.caption)
    hulls = tuple(_hull(frame, view) for frame in view.frames)
    description = f"{len(cards)} nodes, {len(wires)} edges. {wording.gradient_text(graph, graph.nodes[graph.output])}."
    total = max((step for step in complete.values()), default=0)
    return Scene(graph, cards, wires, heading, description, caption, total, {card.key: card for card in cards}, hulls)


def _steps(view: View) -> dict[str, int]:
    """Return the backward step of each operation's card: 1 for the output."""
    operations = [item for item in view.items if item.is_operation]
    return {item.key: i for i, item in enumerate(reversed(operations), 1)}


def _cells(text: str, size: int) -> float:
    return width_of(text) * CELL * size


def _hull(frame: Frame, view: View) -> Hull:
    """Return the frame of a group: how it is called and how much gradient flows through it."""
    facts = frame.facts
    title = grouped.group_title(replace(facts, times=1))
    badge = f"×{facts.times}" if facts.times > 1 else ""
    grad = "" if facts.arriving is None else f"grad {grouped.range_text(facts.arriving)}"
    width = _cells(f"▾ {title}", TITLE_FONT) + _cells(grad, EDGE_FONT) + 12
    width += _cells(badge, TITLE_FONT) + 18 if badge else 0
    lines = [f"in {facts.path}" if facts.path else "", grouped.size_text(facts), *grouped.flow_lines(facts)]
    data = {"path": facts.path, "class": facts.kind, "level": str(frame.level), "ops": str(facts.operations)}
    if facts.times > 1:
        data["times"] = str(facts.times)
    return Hull(
        frame,
        tuple(item.key for item in view.items if item.frame == frame.key),
        title,
        badge,
        grad,
        _even(width),
        "\n".join(filter(None, [grouped.group_title(facts), *lines])),
        {key: value for key, value in data.items() if value},
    )


def _card(graph: Traced, item: Item, complete: dict[str, int], alarms: Alarms) -> Card:
    node = item.node
    lines = [Line(wording.title(graph, item), "title")]
    alarm = "" if item.kind in {"stub", "clone"} else worst(alarms, item.twins or item.members)
    if item.kind == "clone":
        lines.append(Line("(used again)", "note"))
    elif item.kind == "stub":
        lines.append(Line("outside the focus", "note"))
    elif item.facts is not None:
        lines += [Line(text, "meta") for text in grouped.group_lines(item)]
        lines += [Line(text, "grad") for text in grouped.flow_lines(item.facts)]
    elif item.twins and node.role != "constant":
        lines += _chain_lines(graph, item) + _repeated_lines(graph, item)
    elif node.role == "constant":
        lines += _constant_lines(item)
    else:
        lines += _chain_lines(graph, item)
        meta = wording.shape_text(node)
        lines.append(Line(f"{meta} · {shorten(node.module, 20)}" if node.module else meta, "meta"))
        missing = node.value is None and not node.ports
        lines += [Line(text, "note" if missing else "value") for text in wording.value_lines(node)]
        lines.append(Line(wording.gradient_text(graph, node), "grad"))
    lines += _alarm_lines(graph, item, alarm, alarms, lines)
    width = max(_cells(line.text, TITLE_FONT if line.kind == "title" else TEXT_FONT) for line in lines)
    return Card(
        item.key,
        item,
        node.role,
        tuple(lines),
        _even(width + 2 * PADDING),
        len(lines) * LINE_HEIGHT + PADDING,
        complete.get(item.key, 0) if node.gradient is not None and item.clone_of is None else None,
        wording.tooltip(graph, item),
        _card_data(graph, item, alarm),
        alarm,
    )


def _chain_lines(graph: Traced, item: Item) -> list[Line]:
    """Return the operations of a chain, in their order, as far as they fit on a few lines."""
    if item.kind != "chain":
        return []
    names = " → ".join(graph.nodes[i].op for i in item.members if graph.nodes[i].op)
    rows = textwrap.wrap(names, 44)
    if len(rows) > CHAIN_ROWS:
        rows = [*rows[: CHAIN_ROWS - 1], "→ …"]
    return [Line(row, "note") for row in rows]


def _repeated_lines(graph: Traced, item: Item) -> list[Line]:
    nodes = wording.last_of(graph, item)
    lines = [Line(f"{wording.shape_text(item.node)} · one of {len(nodes)}", "meta")]
    values = grouped.repeated_values(nodes)
    return [*lines, *([Line(values, "value")] if values else []), Line(grouped.repeated_gradient(nodes), "grad")]


def _alarm_lines(graph: Traced, item: Item, alarm: str, alarms: Alarms, lines: Sequence[Line]) -> list[Line]:
    """Return the line that says why a card is marked; where a number on it says so already, none."""
    if not alarm or (alarm == "not-finite" and any("⚠" in line.text for line in lines)):
        return []
    if alarm == "not-finite":
        return [Line(f"{MARKS[alarm]} NaN or infinity here", "alarm")]
    norms = [graph.nodes[i].gradient for i in (item.twins or item.members) if alarms.kinds.get(i) == alarm]
    known = [norm.norm for norm in norms if norm is not None]
    extreme = min(known) if alarm == "vanishing" else max(known)
    return [Line(f"{MARKS[alarm]} {alarm}: {number(extreme / alarms.near)} × near output", "alarm")]


def _even(width: float) -> int:
    return 2 * int(width / 2 + 1)


def _constant_lines(item: Item) -> list[Line]:
    node = item.node
    if node.value is None:
        return [Line(node.value_note or node.dtype, "note")]
    meta = wording.shape_text(node)
    scalar = node.value.scalar
    if scalar is not None:
        # A number without a name is its own name.
        value = [Line(f"value {number(scalar)}", "value")] if node.named else []
        return [Line(f"constant {meta}".rstrip(), "meta"), *value]
    return [Line(f"constant {meta}", "meta"), *(Line(text, "value") for text in wording.value_lines(node))]


def _card_data(graph: Traced, item: Item, alarm: str) -> dict[str, str]:
    """Return what programs read from a card."""
    node = item.node
    data: dict[str, Any] = {"role": node.role, "name": node.name}
    if item.clone_of is not None:
        return data
    if item.kind == "stub":
        return {"role": "stub", "name": wording.title(graph, item), "folded": str(len(item.members))}
    data["alarm"] = alarm
    if item.facts is not None:
        facts = item.facts
        data |= {"name": facts.name, "path": facts.path, "class": facts.kind, "group": item.group}
        data |= {"folded": str(facts.operations), "times": str(facts.times) if facts.times > 1 else None}
        for key, found in (("grad-in", facts.arriving), ("grad-out", facts.leaving)):
            if found is not None:
                data[key] = repr(found.high)
        return {key: value for key, value in data.items() if value}
    if item.twins:
        nodes = wording.last_of(graph, item)
        found = norm_range(None if n.gradient is None else n.gradient.norm for n in nodes)
        low, high = (None, None) if found is None else (repr(found.low), repr(found.high))
        data |= {"op": node.op, "times": str(len(nodes)), "grad-low": low, "grad-high": high, "module": node.module}
        return {key: value for key, value in data.items() if value}
    data |= {
        "op": node.op,
        "shape": ",".join(str(n) for n in node.shape),
        "dtype": node.dtype,
        "value": None if node.value is None else exact(node.value),
        "grad": None if node.gradient is None else exact(node.gradient),
        "module": node.module,
        "loc": node.source,
        "folded": str(len(item.members)) if item.kind != "node" else None,
    }
    return {key: value for key, value in data.items() if value}


def _wire(graph: Traced, link: Link, step: int | None, *, labelled: bool) -> Wire:
    local, contribution = wording.edge_lines(graph, link)
    texts = [text for text in (local, contribution) if text] if labelled else []
    flows = link.edge.contribution is not None
    width = max((_cells(text, EDGE_FONT) for text in texts), default=0)
    return Wire(
        link.key,
        link,
        link.src,
        link.dst,
        local if labelled else "",
        contribution if labelled else "",
        _even(width + 8) if texts else 0,
        len(texts) * EDGE_LINE_HEIGHT + 4 if texts else 0,
        step if flows else None,
        _wire_tooltip(graph, link, local, contribution),
        _wire_data(link),
        max(graph.highlight.get(edge.id, 0.0) for edge in link.edges),
    )


def _wire_tooltip(graph: Traced, link: Link, local: str, contribution: str) -> str:
    src, dst = graph.nodes[link.edge.src], graph.nodes[link.edge.dst]
    lines = [f"{src.name} → {dst.name} ({dst.op}, argument {link.edge.slot})"]
    # On the drawing a long formula is left out, and names are short.
    folded = len(link.edges) > 1 or link.bundle or local.startswith("∏")
    formula = local if folded else wording.local_text(graph, link.edge, short=60, explained=True)
    if formula:
        lines.append(formula)
    if contribution:
        lines.append(f"contribution {contribution}")
        if link.edge.contribution is not None and link.edge.contribution.values is None:
            lines += summary_lines(link.edge.contribution)
    elif link.edge.differentiated and len(link.edges) == 1:
        lines.append("contribution not computed")
    return "\n".join(lines)


def _wire_data(link: Link) -> dict[str, str]:
    """Return what programs read from a wire: numbers as `repr`, norms for arrays."""
    edge = link.edge
    data = {"port": str(edge.slot)}
    if edge.output is not None:
        data["output"] = str(edge.output)
    if not edge.differentiated:
        return data | {"const": "1"}
    if link.repeated:
        found = norm_range(None if e.contribution is None else e.contribution.norm for e in link.edges)
        data["times"] = str(len(link.edges))
        return data if found is None else data | {"low": repr(found.low), "high": repr(found.high)}
    if len(link.edges) > 1:
        data["folded"] = str(len(link.edges))
        total = _total([e.contribution for e in link.edges])
        return data if total is None else data | {"contrib": repr(total)}
    if edge.contribution is None:
        return data
    if link.bundle:
        return data | {"contrib": exact(edge.contribution)}
    if link.upstream is not None:
        data["up"] = repr(link.upstream)
    elif edge.upstream is not None:
        data["up"] = exact(edge.upstream)
    if link.local is not None:
        data["local"] = repr(link.local)
    data["contrib"] = exact(edge.contribution)
    return data


def _total(contributions: list[Summary | None]) -> float | None:
    scalars = [None if c is None else c.scalar for c in contributions]
    known = [c for c in scalars if c is not None]
    return sum(known) if len(known) == len(scalars) else None
