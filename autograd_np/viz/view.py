"""What is drawn of a traced graph: cards, lines between them, and frames around those of one module."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograd_np.viz.facts import Facts
from autograd_np.viz.records import Edge, Node, Traced

__all__ = ["Frame", "Item", "Link", "Scheme", "View", "is_cloned", "uses_of", "view_of"]

#: A leaf used more often than this gets a card for each use, in graphs that are no longer small.
MANY_USES = 4
#: Up to this many nodes even a leaf with many uses is one card: the sum of its contributions is worth seeing.
SMALL_GRAPH = 60
#: Above this many uses a leaf gets a card for each in every graph.
TOO_MANY_USES = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One card.

    Args:
        key: names it in the drawing.
        node: what it shows; of several nodes the last.
        members: ids of the nodes that it stands for, within one repeat.
        kind: "node"; "chain", "middle" or "group" for several nodes in one; "clone" for a further card of a leaf;
            "stub" for what lies outside the focus.
        clone_of: key of the card that a clone repeats.
        frame: key of the innermost frame around it, empty if there is none.
        twins: ids of the nodes in all repeats that it stands for, itself among them; empty if it is not repeated.
        facts: of a closed group.
        group: key of a closed group.
    """

    key: str
    node: Node
    members: tuple[int, ...]
    kind: str = "node"
    clone_of: str | None = None
    frame: str = ""
    twins: tuple[int, ...] = ()
    facts: Facts | None = None
    group: str = ""

    @property
    def is_operation(self) -> bool:
        """Tell whether a gradient passes through this card on its way back."""
        return bool(self.node.op) and self.kind != "stub"


@dataclass(frozen=True, slots=True)
class Link:
    """One line between two cards.

    Args:
        key: names it in the drawing.
        src: key of the card that it leaves.
        dst: key of the card that it enters.
        edge: the edge that it shows.
        edges: every edge it stands for.
        upstream: gradient at the end of the chain it enters, or at the operation.
        local: product of local derivatives along that chain, or the edge's own.
        bundle: it enters a closed group, or crosses from one repeat to what follows the last: an array's way, and no
            argument of an operation that is drawn.
        repeated: the edges are the same argument in each repeat.
    """

    key: str
    src: str
    dst: str
    edge: Edge
    edges: tuple[Edge, ...]
    upstream: float | None
    local: float | None
    bundle: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame around the cards of one open group; `parent` is the key of the frame around it, or empty."""

    key: str
    parent: str
    level: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn, operands before operations, and what the caption says was folded."""

    items: tuple[Item, ...]
    links: tuple[Link, ...]
    caption: tuple[str, ...]
    frames: tuple[Frame, ...] = ()


@dataclass(slots=True)
class Scheme:
    """How nodes become cards.

    Args:
        groups: the card of each node that is drawn, named by its last node.
        image: the node that is drawn for a node of a repeat.
        kinds: what a card of several nodes is.
        frames: frames, outer ones first.
        frame_of: key of the frame around an operation's card.
        facts: facts and key of each closed group, by card.
        shown: ids of the nodes in focus; None for all.
        apart: tells whether two nodes are in different repeats of one group.
    """

    groups: list[int]
    image: Sequence[int]
    kinds: dict[int, str]
    frames: Sequence[Frame] = ()
    frame_of: Mapping[int, str] | None = None
    facts: Mapping[int, tuple[str, Facts]] | None = None
    shown: frozenset[int] | None = None
    apart: Callable[[int, int], bool] | None = None

    def card(self, node: int) -> int:
        """Return the card on which a node is drawn."""
        return self.groups[self.image[node]]

    def is_drawn(self, node: int) -> bool:
        """Tell whether a node is in focus."""
        return self.shown is None or node in self.shown

    def are_apart(self, src: int, dst: int) -> bool:
        """Tell whether an edge leads from one repeat to the next."""
        return self.apart is not None and self.apart(src, dst)


def _is_leaf(node: Node) -> bool:
    return not node.op and node.role != "constant"


def uses_of(graph: Traced, scheme: Scheme) -> Counter[int]:
    """Return how many lines leave each leaf once the groups are cards."""
    lines: set[tuple[int, int, int]] = set()
    uses: Counter[int] = Counter()
    sizes = Counter(scheme.groups)
    for edge in graph.edges:
        if not _is_leaf(graph.nodes[edge.src]) or not (scheme.is_drawn(edge.src) and scheme.is_drawn(edge.dst)):
            continue
        src, dst = scheme.card(edge.src), scheme.card(edge.dst)
        if src == dst:
            continue
        line = (src, dst, -1 if sizes[dst] > 1 else edge.slot)
        if line not in lines:
            lines.add(line)
            uses[src] += 1
    return uses


def is_cloned(uses: int, cards: int) -> bool:
    """Tell whether a leaf with so many uses gets a card for each."""
    return uses > TOO_MANY_USES or (uses > MANY_USES and cards > SMALL_GRAPH)


def view_of(graph: Traced, scheme: Scheme) -> View:
    """Return the cards, lines and frames of a scheme."""
    return _Builder(graph, scheme).view()


class _Builder:
    def __init__(self, graph: Traced, scheme: Scheme) -> None:
        self.graph, self.scheme = graph, scheme
        self.members: dict[int, list[int]] = {}
        self.twins: dict[int, list[int]] = {}
        for node in graph.nodes:
            if scheme.is_drawn(node.id):
                card = scheme.card(node.id)
                self.twins.setdefault(card, []).append(node.id)
                if scheme.image[node.id] == node.id:
                    self.members.setdefault(card, []).append(node.id)
        self.keys = {card: f"n{max(ids)}" for card, ids in self.members.items()}
        self.uses = uses_of(graph, scheme)
        self.parents = {frame.key: frame.parent for frame in scheme.frames}
        self.repeated = {frame.key for frame in scheme.frames if frame.facts.times > 1}
        #: Frame of the first card of each leaf that has several.
        self.first_home: dict[int, str] = {}
        self.outside: dict[tuple[str, str], list[Edge]] = {}
        self.clones: dict[int, dict[str, Item]] = {}
        self.homes: dict[int, str] = {}
        self.spread: set[int] = set()
        self._settle()

    # --- frames of leaves ----------------------------------------------------------------------------------------

    def _frame_of(self, card: int) -> str:
        frames = self.scheme.frame_of
        return self.homes.get(card, "") if frames is None or card not in frames else frames[card]

    def _settle(self) -> None:
        """Put each leaf into the innermost frame around all its uses; a parameter of several modules into each."""
        if not self.scheme.frames:
            return
        wishes: dict[int, list[str]] = {}
        for edge in self.graph.edges:
            if self.graph.nodes[edge.src].op or not (self._drawn(edge.src) and self._drawn(edge.dst)):
                continue
            src, dst = self.scheme.card(edge.src), self.scheme.card(edge.dst)
            if src != dst:
                wishes.setdefault(src, []).append(self._frame_of(dst))
        for card, frames in wishes.items():
            common = self._around(frames[0])
            for frame in dict.fromkeys(frames[1:]):
                around = set(self._around(frame))
                common = [key for key in common if key in around]
            home = common[0] if common else ""
            while home in self.repeated and len(self.twins[card]) == len(self.members[card]):
                # One and the same in every repeat: it stands beside them.
                home = self.parents[home]
            self.homes[card] = home
            if self.graph.nodes[card].role == "parameter" and len(set(frames)) > 1:
                self.spread.add(card)

    def _around(self, frame: str) -> list[str]:
        """Return a frame and those around it, from the inside."""
        found = []
        while frame:
            found.append(frame)
            frame = self.parents.get(frame, "")
        return found

    def _drawn(self, node: int) -> bool:
        return self.scheme.is_drawn(node)

    # --- cards and lines -----------------------------------------------------------------------------------------

    def view(self) -> View:
        """Return everything that is drawn."""
        links = self._links()
        items = [self._item(card) for card in sorted(self.members, key=lambda card: max(self.members[card]))]
        before, after = self._stubs(links)
        drawn: list[Item] = []
        for item in items:
            drawn += [stub for stub in before if stub.key == f"{item.key}-in"]
            cards = [item, *self.clones.get(item.node.id, {}).values()]
            if item.node.id in self.first_home:
                # The first of its cards stands where the first use is.
                cards[0] = replace(item, frame=self.first_home[item.node.id])
            drawn += cards
        used = {item.frame for item in [*drawn, *after]}
        for frame in reversed(self.scheme.frames):
            if frame.key in used:
                used.add(frame.parent)
        frames = tuple(frame for frame in self.scheme.frames if frame.key in used)
        links.sort(key=lambda link: link.edge.id)
        return View((*drawn, *after), tuple(links), (), frames)

    def _item(self, card: int) -> Item:
        ids = self.members[card]
        twins = self.twins[card]
        key, facts = (self.scheme.facts or {}).get(card, ("", None))
        return Item(
            self.keys[card],
            self.graph.nodes[max(ids)],
            tuple(ids),
            self.scheme.kinds.get(card, "node"),
            None,
            self._frame_of(card),
            tuple(twins) if len(twins) > len(ids) else (),
            facts,
            key,
        )

    def _links(self) -> list[Link]:
        graph, scheme = self.graph, self.scheme
        merged: dict[tuple[int, int, int, int], list[Edge]] = {}
        for edge in graph.edges:
            if not (self._drawn(edge.src) and self._drawn(edge.dst)):
                if self._drawn(edge.dst):
                    self.outside.setdefault((self.keys[scheme.card(edge.dst)], "in"), []).append(edge)
                elif self._drawn(edge.src):
                    self.outside.setdefault((self.keys[scheme.card(edge.src)], "out"), []).append(edge)
                continue
            src, dst = scheme.card(edge.src), scheme.card(edge.dst)
            if src == dst or scheme.are_apart(edge.src, edge.dst):
                continue
            argument = (-1, -1) if scheme.kinds.get(dst) in {"middle", "group"} else (scheme.image[edge.dst], edge.slot)
            merged.setdefault((src, dst, *argument), []).append(edge)
        return [self._link(src, dst, edges) for (src, dst, _, _), edges in merged.items()]

    def _link(self, src: int, dst: int, edges: list[Edge]) -> Link:
        scheme, edge = self.scheme, edges[0]
        source = self.keys[src]
        each = _is_leaf(self.graph.nodes[src]) and is_cloned(self.uses[src], len(self.members))
        if each or src in self.spread:
            source = self._card_for_use(src, self._frame_of(dst), each=each)
        kind = scheme.kinds.get(dst, "node")
        several = kind in {"middle", "group"}
        crossing = not several and scheme.image[edge.src] != edge.src and scheme.image[edge.dst] == edge.dst
        bundle = kind == "group" or crossing
        repeated = not several and len(edges) > 1
        up, local = None, None
        if not (several or crossing or repeated):
            up, local = _along(self.graph, edge, self.members[dst], chain=kind == "chain")
        shown = tuple(edges) if several or repeated else (edge,)
        return Link(f"e{edge.id}", source, self.keys[dst], edge, shown, up, local, bundle, repeated)

    def _card_for_use(self, leaf: int, frame: str, *, each: bool) -> str:
        """Return the key of the card for a leaf's next use: its own card first, then one more for each."""
        key = self.keys[leaf]
        clones = self.clones.setdefault(leaf, {})
        if leaf not in self.first_home:
            self.first_home[leaf] = frame
            return key
        if not each:
            if self.first_home[leaf] == frame:
                return key
            for clone in clones.values():
                if clone.frame == frame:
                    return clone.key
        clone = Item(f"{key}-c{len(clones) + 1}", self.graph.nodes[leaf], (leaf,), "clone", key, frame)
        clones[clone.key] = clone
        return clone.key

    # --- what lies outside the focus -----------------------------------------------------------------------------

    def _stubs(self, links: list[Link]) -> tuple[list[Item], list[Item]]:
        before: list[Item] = []
        after: list[Item] = []
        frames = {self.keys[card]: self._frame_of(card) for card in self.members}
        for (key, way), edges in self.outside.items():
            stub = f"{key}-{way}"
            ends = [edge.src if way == "in" else edge.dst for edge in edges]
            members = tuple(dict.fromkeys(ends))
            item = Item(stub, self.graph.nodes[members[0]], members, "stub", None, frames[key])
            (before if way == "in" else after).append(item)
            src, dst = (stub, key) if way == "in" else (key, stub)
            links.append(Link(f"e{edges[0].id}", src, dst, edges[0], tuple(edges), None, None, bundle=True))
        return before, after


def _along(graph: Traced, edge: Edge, ids: Sequence[int], *, chain: bool) -> tuple[float | None, float | None]:
    """Return upstream gradient and local derivative of one line: across the whole chain if it enters one."""
    if not chain:
        up = None if edge.upstream is None else edge.upstream.scalar
        local = None if edge.local is None else edge.local.scalar
        return up, local
    gradient = graph.nodes[max(ids)].gradient
    factors = [
        None if inner.local is None else inner.local.scalar
        for i in ids
        for inner in graph.incoming(graph.nodes[i])
        if inner.differentiated
    ]
    known = [factor for factor in factors if factor is not None]
    product = math.prod(known) if len(known) == len(factors) else None
    return None if gradient is None else gradient.scalar, product
