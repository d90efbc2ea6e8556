"""The walk through a scene: forward operation by operation, then backward with every factor, product and sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograd_np.viz import wording
from autograd_np.viz.notation import bar, number, shorten, summary_text
from autograd_np.viz.records import Summary
from autograd_np.viz.scene import Card, Scene, Wire

__all__ = ["Step", "walk"]


@dataclass(frozen=True, slots=True)
class Step:
    """One state of the player.

    Args:
        kind: "start", "forward", "seed" or "backward".
        card: key of the card it is about; empty at the start.
        wires: keys of the wires along which something flows.
        title: what happens.
        lines: the rule in symbols and numbers.
        source: where the program says so, if that is known.
        gradients: text of the gradient line of each card that receives something now.
    """

    kind: str
    card: str
    wires: tuple[str, ...]
    title: str
    lines: tuple[str, ...]
    source: str = ""
    gradients: dict[str, str] = field(default_factory=dict)


def walk(scene: Scene) -> list[Step]:
    """Return every step, from the leaves' values to the leaves' gradients."""
    entering: dict[str, list[Wire]] = {}
    for wire in scene.wires:
        entering.setdefault(wire.dst, []).append(wire)
    operations = [card for card in scene.cards if card.item.is_operation]
    leaves = [card for card in scene.cards if card.role in {"leaf", "parameter"} and card.item.kind == "node"]
    given = [f"{shorten(card.item.node.name, 40)}: {_value(card)}" for card in leaves[:12]]
    if len(leaves) > 12:
        given.append(f"… and {len(leaves) - 12} more")
    steps = [Step("start", "", (), "Given", tuple(given))]
    steps += [_forward(scene, card, entering.get(card.key, ())) for card in operations]
    sums = _Sums(scene)
    # Outside the focus, the gradient's way begins where it enters the drawing.
    output = next((card for card in scene.cards if scene.graph.output in (card.item.twins or card.item.members)), None)
    if output is None:
        steps += [step for card in reversed(operations) for step in _flowing(scene, card, entering, sums)]
        return steps
    node = output.item.node
    if node.gradient is not None:
        text = wording.card_gradient(scene.graph, output.item)
        name = bar(shorten(node.name, wording.NAME))
        line = f"{name} = {summary_text(node.gradient)}"
        steps.append(
            Step("seed", output.key, (), f"Backward begins at {node.name}", (line,), gradients={output.key: text})
        )
        steps += [step for card in reversed(operations) for step in _flowing(scene, card, entering, sums)]
    return steps


def _flowing(scene: Scene, card: Card, entering: Mapping[str, Sequence[Wire]], sums: _Sums) -> list[Step]:
    flowing = [wire for wire in entering.get(card.key, ()) if wire.step is not None]
    return [_backward(scene, card, flowing, sums)] if flowing else []


def _value(card: Card) -> str:
    return ", ".join(wording.value_lines(card.item.node)).removeprefix("value ")


def _source(card: Card) -> str:
    node = card.item.node
    return "  ".join(filter(None, [f"in {node.module}" if node.module else "", node.source]))


def _alike(scene: Scene, card: Card) -> str:
    count = len(wording.last_of(scene.graph, card.item)) if card.item.twins else 0
    return f" (one of {count} alike)" if count else ""


def _forward(scene: Scene, card: Card, entering: Sequence[Wire]) -> Step:
    graph, node = scene.graph, card.item.node
    if card.item.kind != "node":
        lines = [wording.title(graph, card.item), f"{node.name}: {_value(card)}"]
    else:
        numeric = wording.numeric_equation(graph, node)
        lines = [wording.equation(graph, node, short=40)]
        lines.append(f"{shorten(node.name, 40)} = {numeric}" if numeric else f"{node.name}: {_value(card)}")
    title = f"Forward: {shorten(node.name, 40)}{_alike(scene, card)}"
    return Step("forward", card.key, tuple(wire.key for wire in entering), title, tuple(lines), _source(card))


def _backward(scene: Scene, card: Card, flowing: Sequence[Wire], sums: _Sums) -> Step:
    graph, node = scene.graph, card.item.node
    name = shorten(node.name, wording.NAME)
    arriving = "" if node.gradient is None else summary_text(node.gradient)
    lines = [f"upstream {bar(name)} = {arriving}"]
    gradients = {}
    for wire in flowing:
        edge = wire.link.edge
        source = graph.nodes[edge.src]
        local, contribution = wording.edge_lines(graph, wire.link)
        receiver = bar(shorten(source.name, wording.NAME))
        lines.append("")
        if local:
            lines.append(local)
        if contribution:
            lines.append(f"contribution {contribution}" if edge.local is None else f"{receiver} += {contribution}")
        owner = scene.by_key[wire.src].item.clone_of or wire.src
        text = sums.add(owner, wire)
        gradients[owner] = text
        lines.append(f"{receiver} = {text.removeprefix('grad ').removeprefix('in ')}")
    title = f"Backward through {shorten(wording.equation(graph, node), 60)}{_alike(scene, card)}"
    if card.item.kind != "node":
        title = f"Backward through {wording.title(graph, card.item)}"
    keys = tuple(wire.key for wire in flowing)
    return Step("backward", card.key, keys, title, tuple(lines), _source(card), gradients)


class _Sums:
    """What every card has received so far, written as the sum that it will become."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.terms: dict[str, list[Wire]] = {}
        self.expected: dict[str, int] = {}
        for wire in scene.wires:
            if wire.step is not None:
                owner = scene.by_key[wire.src].item.clone_of or wire.src
                self.expected[owner] = self.expected.get(owner, 0) + 1

    def add(self, owner: str, wire: Wire) -> str:
        """Return the gradient line of a card after one more contribution."""
        arrived = self.terms.setdefault(owner, [])
        arrived.append(wire)
        if len(arrived) == self.expected[owner]:
            return wording.card_gradient(self.scene.graph, self.scene.by_key[owner].item)
        # In the order in which the finished sum will have them.
        arrived.sort(key=lambda w: w.link.edge.id)
        terms = [e.contribution for w in arrived for e in w.link.edges if e.contribution is not None]
        if len(terms) > wording.TERMS:
            return f"grad Σ of {len(terms)} + …"
        return f"grad {' + '.join(_term(term) for term in terms)} + …"


def _term(summary: Summary) -> str:
    text = summary_text(summary)
    if len(text) > 14:
        text = f"‖·‖ {number(summary.norm)}"
    return f"({text})" if text.startswith("-") else text
