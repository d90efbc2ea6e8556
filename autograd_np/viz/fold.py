"""What of a traced graph is drawn: one card per node, until there are too many; a caption then says what was folded.

First, leaves that are used often get one card per use, because their many long lines are what makes layout slow and
pictures unreadable. Above the limit, chains of operations with one operand and one use become one card, and if that is
not enough, the operations in the middle of the computation are left out as one card.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograd_np.viz.records import Edge, Node, Traced

__all__ = ["Item", "Link", "View", "fold"]

#: A chain shorter than this is drawn as it is.
SHORTEST_CHAIN = 3
#: A leaf used more often than this gets a card for each use, in graphs that are no longer small.
MANY_USES = 4
#: Up to this many nodes even a leaf with many uses is one card: the sum of its contributions is worth seeing.
SMALL_GRAPH = 60
#: Above this many uses a leaf gets a card for each in every graph.
TOO_MANY_USES = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One card: a node, several nodes folded into one (`members`), or a further card of a leaf (`clone_of`)."""

    key: str
    node: Node
    members: tuple[int, ...]
    kind: str = "node"
    clone_of: str | None = None


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
    """

    key: str
    src: str
    dst: str
    edge: Edge
    edges: tuple[Edge, ...]
    upstream: float | None
    local: float | None


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn, operands before operations, and what the caption says was folded."""

    items: tuple[Item, ...]
    links: tuple[Link, ...]
    caption: tuple[str, ...]


def fold(graph: Traced, *, max_nodes: int = 300, folding: bool = True) -> View:
    """Return the cards and lines to draw, at most about `max_nodes` cards unless folding is off.

    Args:
        graph: the traced graph.
        max_nodes: how many cards there may be.
        folding: False draws every node.
    """
    groups = list(range(len(graph.nodes)))
    kinds: dict[int, str] = {}
    caption: list[str] = []
    operations = sum(1 for node in graph.nodes if node.op)
    if folding and _cards(graph, groups) > max_nodes:
        folded = _contract_chains(graph, groups, kinds)
        if folded:
            caption.append(f"{_count(folded, 'operation')} in {_count(len(kinds), 'chain')} folded")
        if _cards(graph, groups) > max_nodes:
            left_out = _elide_middle(graph, groups, kinds, max_nodes)
            caption.append(f"{_count(left_out, 'operation')} in the middle left out")
    view = _view(graph, groups, kinds)
    if caption:
        caption.insert(0, f"{_count(operations, 'operation')}, {_count(len(view.items), 'card')} drawn")
    return View(view.items, view.links, tuple(caption))


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _is_leaf(node: Node) -> bool:
    return not node.op and node.role != "constant"


def _uses(graph: Traced, groups: Sequence[int]) -> Counter[int]:
    """Return how many lines leave each leaf once the groups are cards."""
    lines: set[tuple[int, int]] = set()
    uses: Counter[int] = Counter()
    sizes = Counter(groups)
    for edge in graph.edges:
        if not _is_leaf(graph.nodes[edge.src]) or groups[edge.src] == groups[edge.dst]:
            continue
        if sizes[groups[edge.dst]] > 1:
            if (edge.src, groups[edge.dst]) in lines:
                continue
            lines.add((edge.src, groups[edge.dst]))
        uses[edge.src] += 1
    return uses


def _is_cloned(uses: int, cards: int) -> bool:
    return uses > TOO_MANY_USES or (uses > MANY_USES and cards > SMALL_GRAPH)


def _cards(graph: Traced, groups: Sequence[int]) -> int:
    cards = len(set(groups))
    return cards + sum(n - 1 for n in _uses(graph, groups).values() if _is_cloned(n, cards))


def _contract_chains(graph: Traced, groups: list[int], kinds: dict[int, str]) -> int:
    """Give chains of operations with one operand and one use a common group; return how many operations those are."""
    chains: dict[int, list[int]] = {}
    for node in graph.nodes:
        if not node.op or node.id == graph.output or node.ports:
            continue
        operands = [e for e in graph.incoming(node) if graph.nodes[e.src].role != "constant"]
        chain = [node.id]
        if len(operands) == 1:
            before = graph.nodes[operands[0].src]
            if before.id in chains and len(graph.outgoing(before)) == 1:
                chain = chains.pop(before.id)
                chain.append(node.id)
        # Known by its last operation so far: that is the one the next may follow.
        if len(operands) == 1:
            chains[node.id] = chain
    folded = 0
    for last, chain in chains.items():
        if len(chain) >= SHORTEST_CHAIN:
            for member in chain:
                groups[member] = last
                for edge in graph.incoming(graph.nodes[member]):
                    if graph.nodes[edge.src].role == "constant":
                        groups[edge.src] = last
            kinds[last] = "chain"
            folded += len(chain)
    return folded


def _elide_middle(graph: Traced, groups: list[int], kinds: dict[int, str], max_nodes: int) -> int:
    """Give the operations in the middle of the computation one group; return how many those are.

    What is kept is an interval of creation at each end, so that the groups still form a graph without circles.
    """
    members: dict[int, list[int]] = {}
    for node in graph.nodes:
        members.setdefault(groups[node.id], []).append(node.id)
    items = sorted(max(ids) for ids in members.values() if graph.nodes[max(ids)].op)
    budget = max_nodes - 2
    first, last = 0, len(items) - 1
    from_output = True
    kept_from_output = 0
    while first <= last:
        position = last if from_output else first
        group = groups[items[position]]
        inside = set(members[group])
        outside = {e.src for i in inside for e in graph.incoming(graph.nodes[i])} - inside
        cost = 1 + sum(1 for src in outside if not graph.nodes[src].op)
        if cost > budget:
            break
        budget -= cost
        if from_output:
            last -= 1
            kept_from_output += 1
        else:
            first += 1
        # Two thirds of the cards are those nearest the output, where the gradients begin.
        from_output = kept_from_output < 2 * (first + 1)
    middle = {i for item in items[first : last + 1] for i in members[groups[item]]}
    if not middle:
        return 0
    target = max(middle)
    kinds[target] = "middle"
    left_out = 0
    for i in middle:
        groups[i] = target
        left_out += bool(graph.nodes[i].op)
    for node in graph.nodes:
        uses = graph.outgoing(node)
        if not node.op and uses and all(edge.dst in middle for edge in uses):
            groups[node.id] = target
    return left_out


def _view(graph: Traced, groups: Sequence[int], kinds: Mapping[int, str]) -> View:
    members: dict[int, list[int]] = {}
    for node in graph.nodes:
        members.setdefault(groups[node.id], []).append(node.id)
    uses = _uses(graph, groups)
    cards = len(members)
    items: list[Item] = []
    links: list[Link] = []
    merged: dict[tuple[str, int], list[Edge]] = {}
    seen: Counter[int] = Counter()
    clones: dict[int, list[Item]] = {}
    keys = {group: f"n{max(ids)}" for group, ids in members.items()}
    order = sorted(members, key=lambda group: max(members[group]))
    for group in order:
        ids = members[group]
        node = graph.nodes[max(ids)]
        items.append(Item(keys[group], node, tuple(ids), kinds.get(group, "node")))
    for edge in graph.edges:
        src, dst = groups[edge.src], groups[edge.dst]
        if src == dst:
            continue
        if kinds.get(dst) == "middle":
            merged.setdefault((keys[src], dst), []).append(edge)
            continue
        source = keys[src]
        if _is_leaf(graph.nodes[edge.src]) and _is_cloned(uses[edge.src], cards):
            source = _next_card(graph, edge.src, source, seen, clones)
        upstream, local = _along(graph, edge, members[dst], chain=kinds.get(dst) == "chain")
        links.append(Link(f"e{edge.id}", source, keys[dst], edge, (edge,), upstream, local))
    for (source, dst), edges in merged.items():
        key = source
        if _is_leaf(graph.nodes[edges[0].src]) and _is_cloned(uses[edges[0].src], cards):
            key = _next_card(graph, edges[0].src, source, seen, clones)
        links.append(Link(f"e{edges[0].id}", key, keys[dst], edges[0], tuple(edges), None, None))
    links.sort(key=lambda link: link.edge.id)
    drawn = [card for item in items for card in (item, *clones.get(item.node.id, ()))]
    return View(tuple(drawn), tuple(links), ())


def _next_card(graph: Traced, leaf: int, key: str, seen: Counter[int], clones: dict[int, list[Item]]) -> str:
    """Return the key of the card for a leaf's next use: its own card first, then one more for each."""
    seen[leaf] += 1
    if seen[leaf] == 1:
        return key
    clone = Item(f"{key}-c{seen[leaf] - 1}", graph.nodes[leaf], (leaf,), "clone", key)
    clones.setdefault(leaf, []).append(clone)
    return clone.key


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
