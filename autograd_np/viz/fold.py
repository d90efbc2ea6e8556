"""What of a traced graph is drawn: one card per node, until there are too many; a caption then says what was folded.

The ladder, each step taken only if the one before leaves too much: repeated blocks become one block (in graphs that
are no longer small), chains of operations with one operand and one use become one card, repeats of bare operations
become one, modules are closed from the innermost outwards, and at last the operations in the middle of the computation
are left out as one card. Leaves that are used often get one card per use, because their many long lines are what makes
layout slow and pictures unreadable.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from autograd_np.viz.facts import Facts, facts_of
from autograd_np.viz.focus import Focus
from autograd_np.viz.groups import Group, Tree
from autograd_np.viz.records import Traced
from autograd_np.viz.repeats import Repeats
from autograd_np.viz.view import SMALL_GRAPH, Frame, Item, Link, Scheme, View, is_cloned, uses_of, view_of

__all__ = ["Item", "Link", "View", "fold"]

#: A chain shorter than this is drawn as it is.
SHORTEST_CHAIN = 3


def fold(
    graph: Traced,
    *,
    max_nodes: int = 300,
    folding: bool = True,
    depth: int | None = None,
    focus: Focus | None = None,
    toggled: Collection[str] = (),
) -> View:
    """Return the cards and lines to draw, at most about `max_nodes` cards unless folding is off.

    Args:
        graph: the traced graph.
        max_nodes: how many cards there may be.
        folding: False draws every node.
        depth: modules nested deeper than this are drawn closed, as one card; by default as deep as fits.
        focus: the part of the graph that is drawn.
        toggled: keys of groups that are to be open where they would be closed, or closed where they would be open;
            `repeats.spread_key` of them to draw every repeat.
    """
    if depth is not None and depth < 0:
        message = f"depth: expected a number of levels, got {depth}\n  fix: 0 draws each outermost module as one card"
        raise ValueError(message)
    plan = _Plan(graph, focus, toggled, depth)
    if folding:
        plan = _fitting(plan, max_nodes)
    view = plan.view()
    return replace(view, caption=tuple(plan.caption(view)))


def _fitting(plan: _Plan, max_nodes: int) -> _Plan:
    """Return the first plan of the ladder that fits."""
    graph, focus, toggled, depth = plan.graph, plan.focus, plan.toggled, plan.depth

    def planned(*, bare: bool = False, chains: bool = True, depth: int | None = depth) -> _Plan:
        return _Plan(graph, focus, toggled, depth, repeats=focus is None, bare=bare, chains=chains)

    if len(graph.nodes) > SMALL_GRAPH:
        plan = planned(chains=False)
    if plan.cards() <= max_nodes:
        return plan
    plan = planned()
    if plan.cards() <= max_nodes:
        return plan
    plan = planned(bare=True)
    if depth is None:
        for level in range(plan.deepest() - 1, -1, -1):
            if plan.cards() <= max_nodes:
                return plan
            plan = planned(bare=True, depth=level)
    if plan.cards() > max_nodes:
        plan.elide_middle(max_nodes)
    return plan


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _only_repeat(group: Group) -> Group | None:
    """Return the repeated module that is all there is in a group, named after both: `h.0 … 11`."""
    only = group.children[0] if len(group.children) == 1 else None
    if not isinstance(only, Group) or only.times == 1 or only.synthetic:
        return None
    if not only.name.startswith(f"{group.name}."):
        only.name = f"{group.name}.{only.name}"
    return only


class _Plan:
    """One way to draw a graph: which repeats, chains and modules are folded."""

    def __init__(
        self,
        graph: Traced,
        focus: Focus | None,
        toggled: Collection[str],
        depth: int | None,
        *,
        repeats: bool = False,
        bare: bool = False,
        chains: bool = False,
    ) -> None:
        self.graph, self.focus, self.toggled, self.depth = graph, focus, toggled, depth
        self.tree = Tree(graph)
        self.repeats = Repeats(self.tree, bare=bare, unfolded=toggled) if repeats else None
        image: Sequence[int] = range(len(graph.nodes))
        if self.repeats is not None and self.repeats.folded:
            image = [self.repeats.image(i) for i in image]
        self.scheme = Scheme(list(range(len(graph.nodes))), image, {})
        self.scheme.shown = None if focus is None else focus.shown
        self.scheme.apart = self._apart if self.repeats is not None and self.repeats.folded else None
        self.facts: dict[int, tuple[str, Group]] = {}
        self.closed: list[Group] = []
        self.open: list[Group] = []
        self._close()
        self.chained = self._contract_chains() if chains else 0
        self.left_out = 0

    def _apart(self, src: int, dst: int) -> bool:
        if self.repeats is None:
            return False
        one, two = self.repeats.copy(src), self.repeats.copy(dst)
        return any(one.get(run.key, 0) != two.get(run.key, 0) for run in self._runs_around(src, dst))

    def _runs_around(self, src: int, dst: int) -> list[Group]:
        """Return the repeated groups that hold both nodes, in whichever repeat."""
        inside = []
        for node in (src, dst):
            image = self.scheme.image[node]
            at = self.tree.position.get(image)
            inside.append([] if at is None else self.tree.innermost[at].chain())
        return [group for group in inside[0] if group.times > 1 and group in inside[1]]

    def deepest(self) -> int:
        """Return how deeply groups are nested."""
        return max((group.level for group in self.tree.root.walk()), default=0)

    def cards(self) -> int:
        """Return how many cards the plan draws."""
        scheme = self.scheme
        drawn = range(len(self.graph.nodes)) if scheme.shown is None else scheme.shown
        cards = len({scheme.card(i) for i in drawn})
        return cards + sum(n - 1 for n in uses_of(self.graph, scheme).values() if is_cloned(n, cards))

    # --- modules -------------------------------------------------------------------------------------------------

    def _is_closed(self, group: Group) -> bool:
        if group.spread:
            return False
        # Where every repeat is drawn, each is a closed card at first.
        one_of_many = group.parent is not None and group.parent.spread
        deep = self.depth is not None and group.level > self.depth
        return (deep or one_of_many) != (group.key in self.toggled)

    def _close(self) -> None:
        """Give the nodes of each closed group one card."""
        stack: list[Group] = [child for child in self.tree.root.children if isinstance(child, Group)]
        while stack:
            group = stack.pop()
            if self._is_closed(group):
                self._collapse(_only_repeat(group) or group)
            else:
                self.open.append(group)
                stack += [child for child in group.children if isinstance(child, Group)]
        self.open.sort(key=lambda group: (group.level, group.start, -group.end))

    def _collapse(self, group: Group) -> None:
        tree, scheme, inside = self.tree, self.scheme, set()
        for at in range(group.start, group.end):
            i = tree.operations[at]
            if scheme.image[i] == i and scheme.is_drawn(i):
                inside.add(i)
        if not inside:
            return
        target = max(inside)
        for i in tuple(inside):
            inside.update(
                edge.src
                for edge in self.graph.incoming(self.graph.nodes[i])
                if not self.graph.nodes[edge.src].op
                and scheme.image[edge.src] == edge.src
                and tree.is_inside(edge.src, group.start, group.end)
            )
        for i in inside:
            scheme.groups[i] = target
        scheme.kinds[target] = "group"
        self.facts[target] = (group.key, group)
        self.closed.append(group)

    def _instances(self, group: Group) -> list[list[int]]:
        """Return the nodes of every repeat of a group."""
        repeats = self.repeats
        if repeats is None or not any(around.times > 1 for around in group.chain()):
            return [self._nodes_of(group.start, group.end)]
        found: dict[tuple[int, ...], list[int]] = {}
        runs = [around.key for around in group.chain() if around.times > 1]
        for i in self._preimage(group.start, group.end):
            copy = repeats.copy(i)
            found.setdefault(tuple(copy.get(key, 0) for key in runs), []).append(i)
        return [found[key] for key in sorted(found)]

    def _nodes_of(self, start: int, end: int) -> list[int]:
        operations = self.tree.operations[start:end]
        leaves = {
            edge.src
            for i in operations
            for edge in self.graph.incoming(self.graph.nodes[i])
            if not self.graph.nodes[edge.src].op and self.tree.is_inside(edge.src, start, end)
        }
        return sorted([*operations, *leaves])

    def _preimage(self, start: int, end: int) -> list[int]:
        inside = {self.scheme.image[i] for i in self._nodes_of(start, end)}
        return [node.id for node in self.graph.nodes if self.scheme.image[node.id] in inside]

    # --- frames --------------------------------------------------------------------------------------------------

    def view(self) -> View:
        """Return what this plan draws."""
        scheme, graph = self.scheme, self.graph
        frames: list[Frame] = []
        key_of: dict[Group, str] = {}
        whole = len(self.tree.operations)
        # In a large picture a frame around one operation says less than its card does.
        large = self.cards() > SMALL_GRAPH
        for group in self.open:
            parent = "" if group.parent is None else key_of.get(group.parent, "")
            if _only_repeat(group) is not None:
                # One frame says both: `h.0 … 11 ×12`.
                key_of[group] = parent
                continue
            everything = group.start == 0 and group.end == whole and self.focus is None
            trifle = large and group.end == group.start + 1
            if group.times == 1 and not group.spread and (everything or trifle):
                key_of[group] = parent
                continue
            key_of[group] = group.key
            frames.append(Frame(group.key, parent, group.level, self._facts(group)))
        scheme.frames = frames
        frame_of: dict[int, str] = {}
        middle = {card for card, kind in scheme.kinds.items() if kind == "middle"}
        for at, i in enumerate(self.tree.operations):
            card = scheme.groups[i]
            if scheme.image[i] == i and card not in middle:
                around = self.facts[card][1].parent if card in self.facts else self.tree.innermost[at]
                while around is not None and around not in key_of:
                    around = around.parent
                frame_of[card] = "" if around is None else key_of[around]
        scheme.frame_of = frame_of
        scheme.facts = {
            card: (key, self._facts(group))
            for card, (key, group) in self.facts.items()
            if scheme.kinds.get(card) == "group"
        }
        return view_of(graph, scheme)

    def _facts(self, group: Group) -> Facts:
        kind = "" if group.synthetic else self.graph.classes.get(group.path, "")
        instances = self._instances(group)
        return facts_of(self.graph, instances, name=group.name, path=group.path, kind=kind, times=group.times)

    def caption(self, view: View) -> list[str]:
        """Return what was folded, and how to unfold it."""
        found: list[str] = []
        if self.focus is not None:
            found.append(self.focus.caption(self.graph))
        folded: list[str] = []
        for group, count in () if self.repeats is None else self.repeats.folded:
            drawn = any(group.key in {frame.key, item.group} for frame in view.frames for item in view.items)
            if drawn or not view.frames:
                folded.append(f"{group.name} ×{group.times} drawn once ({_count(count, 'operation')} folded)")
        if folded:
            folded.append("numbers in a repeat run from the smallest to the largest; its way to the next is not drawn")
        if self.chained:
            chains = sum(1 for kind in self.scheme.kinds.values() if kind == "chain")
            folded.append(f"{_count(self.chained, 'operation')} in {_count(chains, 'chain')} folded")
        closed = [item for item in view.items if item.kind == "group"]
        if closed:
            folded.append(f"{_count(len(closed), 'module')} closed")
        if self.left_out:
            folded.append(f"{_count(self.left_out, 'operation')} in the middle left out")
        if folded:
            operations = len(self.tree.operations)
            found.append(f"{_count(operations, 'operation')}, {_count(len(view.items), 'card')} drawn")
            found += folded
            found.append("to unfold: fold=False draws everything; depth= opens modules, focus= draws a part")
        return found

    # --- chains and the middle -----------------------------------------------------------------------------------

    def _is_free(self, node: int) -> bool:
        scheme = self.scheme
        return scheme.image[node] == node and scheme.groups[node] == node and scheme.is_drawn(node)

    def _contract_chains(self) -> int:
        """Give chains of operations with one operand and one use a common card; return how many operations it was."""
        graph, groups = self.graph, self.scheme.groups
        innermost = {i: self.tree.innermost[at] for at, i in enumerate(self.tree.operations)}
        chains: dict[int, list[int]] = {}
        for node in graph.nodes:
            if not node.op or node.id == graph.output or node.ports or not self._is_free(node.id):
                continue
            operands = [e for e in graph.incoming(node) if graph.nodes[e.src].role != "constant"]
            if len(operands) != 1:
                continue
            before = graph.nodes[operands[0].src]
            chain = [node.id]
            same = before.id in chains and innermost[before.id] is innermost[node.id]
            if same and len(graph.outgoing(before)) == 1:
                chain = chains.pop(before.id)
                chain.append(node.id)
            # Known by its last operation so far: that is the one the next may follow.
            chains[node.id] = chain
        folded = 0
        for last, chain in chains.items():
            if len(chain) >= SHORTEST_CHAIN:
                for member in chain:
                    groups[member] = last
                    for edge in graph.incoming(graph.nodes[member]):
                        if graph.nodes[edge.src].role == "constant":
                            groups[edge.src] = last
                self.scheme.kinds[last] = "chain"
                folded += len(chain)
        return folded

    def elide_middle(self, max_nodes: int) -> None:
        """Give the operations in the middle of the computation one card.

        What is kept is an interval of creation at each end, so that the cards still form a graph without circles.
        """
        graph, groups, kinds = self.graph, self.scheme.groups, self.scheme.kinds
        members: dict[int, list[int]] = {}
        for node in graph.nodes:
            if self.scheme.image[node.id] == node.id and self.scheme.is_drawn(node.id):
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
            return
        target = max(middle)
        kinds[target] = "middle"
        for i in middle:
            groups[i] = target
            self.left_out += bool(graph.nodes[i].op)
        for node in graph.nodes:
            uses = graph.outgoing(node)
            if not node.op and uses and all(groups[self.scheme.image[edge.dst]] == target for edge in uses):
                groups[node.id] = target
