"""The states of a page: which modules are open, which repeats are drawn one by one, and where a click leads.

Every state is laid out beforehand, so that opening a module needs no layout in the reader's browser. Their number is
that of the modules, not of their combinations: what was opened before closes again, unless it is around the module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from autograd_np.viz.repeats import spread_key
from autograd_np.viz.scene import Scene

__all__ = ["State", "unfolded"]

#: Most states of one page, most cards in all of them together, and most nodes that are folded for it.
STATES, CARDS, NODES = 40, 1000, 100_000


@dataclass(slots=True)
class State:
    """One picture: the groups that differ from the first, and the index of the state behind each group.

    `shut` counts the groups whose state the page has no room for.
    """

    toggled: frozenset[str]
    scene: Scene
    ways: dict[str, int] = field(default_factory=dict)
    shut: int = 0


def unfolded(build: Callable[[frozenset[str]], Scene]) -> list[State]:
    """Return every state that can be reached; the first is the one to begin with.

    Args:
        build: makes the scene in which these groups are toggled.
    """
    states = [State(frozenset(), build(frozenset()))]
    known = {frozenset[str](): 0}
    cards = len(states[0].scene.cards)
    most = min(STATES, 1 + NODES // len(states[0].scene.graph.nodes))
    parents: dict[str, str] = {}
    # The list grows while it is read.
    for state in states:
        for hull in state.scene.hulls:
            parents[hull.key] = hull.frame.parent
            if hull.frame.facts.times > 1:
                parents[spread_key(hull.key)] = hull.frame.parent
        for card in state.scene.cards:
            if card.item.group:
                parents[card.item.group] = card.item.frame
        for key in _doors(state.scene):
            wanted = _toggled(state.toggled, key, parents)
            if wanted not in known:
                if len(states) >= most or cards > CARDS:
                    state.shut += 1
                    continue
                scene = build(wanted)
                cards += len(scene.cards)
                known[wanted] = len(states)
                states.append(State(wanted, scene))
            state.ways[key] = known[wanted]
    return states


def _doors(scene: Scene) -> list[str]:
    """Return the groups that can be opened or closed; closing a single operation would hide more than it saves."""
    closed = [card.item.group for card in scene.cards if card.item.group]
    repeated = [spread_key(hull.key) for hull in scene.hulls if hull.frame.facts.times > 1]
    return [*repeated, *closed, *(hull.key for hull in scene.hulls if hull.frame.facts.operations > 1)]


def _toggled(before: frozenset[str], key: str, parents: dict[str, str]) -> frozenset[str]:
    if key in before:
        return frozenset(other for other in before if other != key and key not in _around(other, parents))
    return frozenset({key, *(other for other in before if other in _around(key, parents))})


def _around(key: str, parents: dict[str, str]) -> list[str]:
    found = []
    key = parents.get(key, "")
    while key:
        found.append(key)
        key = parents.get(key, "")
    return found
