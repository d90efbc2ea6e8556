"""Repeats: stretches of operations that follow each other and do the same, folded into the first of them.

Two stretches do the same if they run the same operations on the same shapes, wired alike; this is told by comparing
codes, so that the whole search takes time linear in the number of operations for each level of modules. A run that is
wanted unfolded becomes a group of all its repeats instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from autograd_np.viz.groups import Group, Tree, end_of, start_of

__all__ = ["Repeats", "spread_key"]

#: Fewest repeats of bare operations, and fewest operations in them, that are folded; two equal modules are enough.
FEWEST, SHORTEST = 4, 8
#: How many periods are tried in one group: those that occur most often.
PERIODS = 6


def spread_key(key: str) -> str:
    """Return the key under which all repeats of a folded group are drawn.

    Example:
        >>> spread_key("g3")
        'xg3'
    """
    return f"x{key}"


class Repeats:
    """What stands for what: each node of a repeat is drawn as its counterpart in the first one.

    Args:
        tree: the groups; repeated children are replaced by one group that says how often.
        bare: fold repeats of bare operations outside modules too (inside modules they always are).
        unfolded: what `spread_key` says of the runs of which every repeat is to be drawn.
    """

    def __init__(self, tree: Tree, *, bare: bool, unfolded: Collection[str] = ()) -> None:
        self.tree, self.graph, self.bare, self.unfolded = tree, tree.graph, bare, unfolded
        self._step: dict[int, int] = {}
        self._which: dict[int, tuple[str, int]] = {}
        self._codes: dict[Any, int] = {}
        self.folded: list[tuple[Group, int]] = []
        pending = [tree.root]
        while pending:
            group = pending.pop()
            if not group.spread:
                self._fold(group)
            pending += [child for child in group.children if isinstance(child, Group)]
        self.folded.sort(key=lambda item: item[0].start)

    def image(self, node: int) -> int:
        """Return the node that is drawn for a node."""
        while node in self._step:
            node = self._step[node]
        return node

    def copy(self, node: int) -> dict[str, int]:
        """Return in which repeat of each repeated group a node is, if not in the first."""
        found: dict[str, int] = {}
        while node in self._step:
            key, number = self._which[node]
            found[key] = number
            node = self._step[node]
        return found

    # --- finding -------------------------------------------------------------------------------------------------

    def _fold(self, group: Group) -> None:
        signs = [self._code(start_of(child), end_of(child)) for child in group.children]
        found = sorted(self._runs(group, signs))
        if not found:
            return
        children: list[Group | int] = []
        at = 0
        for start, period, times in found:
            children += group.children[at:start]
            children.append(self._first_of(group, start, period, times))
            at = start + period * times
        group.children = [*children, *group.children[at:]]

    def _runs(self, group: Group, signs: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Yield (first child, children per repeat, repeats), disjoint."""
        last: dict[int, int] = {}
        gaps: Counter[int] = Counter()
        for i, sign in enumerate(signs):
            if sign in last:
                gaps[i - last[sign]] += 1
            last[sign] = i
        taken = [False] * len(signs)
        for period in sorted(gap for gap, _ in gaps.most_common(PERIODS)):
            start = 0
            for i in range(period, len(signs) + 1):
                if i < len(signs) and signs[i] == signs[i - period] and not (taken[i] or taken[i - period]):
                    continue
                if i - start >= 2 * period:
                    for first, times in self._same(group, start, period, (i - start) // period):
                        taken[first : first + period * times] = [True] * (period * times)
                        yield first, period, times
                start = i - period + 1

    def _same(self, group: Group, start: int, period: int, times: int) -> Iterator[tuple[int, int]]:
        """Yield those stretches of a run whose blocks are the same as wholes."""
        children = group.children
        firsts = [start + j * period for j in range(times)]
        spans = [(start_of(children[i]), end_of(children[i + period - 1])) for i in firsts]
        codes: list[Any] = [self._code(*span) for span in spans]
        if not any(isinstance(child, Group) for child in children[start : start + period]):
            # Equal operations in a row are no loop yet: each must also be wired to the one before as the others are.
            ways = [self._wiring(*span) for span in spans]
            codes = [(code, ways[max(j, 1)]) for j, code in enumerate(codes)]
        j = 0
        while j < times:
            end = j
            while end < times and codes[end] == codes[j]:
                end += 1
            modules = any(isinstance(child, Group) for child in children[firsts[j] : firsts[j] + period])
            count = end - j
            enough = count >= FEWEST and count * period >= SHORTEST and (self.bare or group.parent is not None)
            if count > 1 and (modules or enough):
                yield firsts[j], count
            j = end

    def _code(self, start: int, end: int) -> int:
        """Return a number that stretches of operations share if and only if they do the same."""
        tree, nodes = self.tree, self.graph.nodes
        outside: dict[Any, int] = {}
        own: dict[int, int] = {}
        code = []
        for at in range(start, end):
            node = nodes[tree.operations[at]]
            arguments: list[Any] = []
            for edge in self.graph.incoming(node):
                src = nodes[edge.src]
                if src.op and tree.position[src.id] >= start:
                    what: Any = ("inside", at - tree.position[src.id], edge.output)
                elif src.role == "constant" and not src.shape:
                    what = ("number",)
                elif src.role == "parameter" and tree.is_inside(src.id, start, end):
                    what = ("parameter", own.setdefault(src.id, len(own)), src.shape)
                else:
                    # Whether data or an earlier operation: the first block of many is fed by data.
                    what = ("outside", outside.setdefault((src.id, edge.output), len(outside)), src.shape)
                arguments.append((edge.slot, what))
            code.append((node.op, node.shape, node.dtype, tuple(arguments)))
        return self._codes.setdefault(tuple(code), len(self._codes))

    def _wiring(self, start: int, end: int) -> tuple[Any, ...]:
        """Return where a stretch gets what it uses from the one before it, or from everywhere else."""
        tree, nodes = self.tree, self.graph.nodes
        before = 2 * start - end
        found: list[Any] = []
        for at in range(start, end):
            for edge in self.graph.incoming(nodes[tree.operations[at]]):
                position = tree.position.get(edge.src)
                if position is None:
                    own = nodes[edge.src].role == "constant" or tree.is_inside(edge.src, start, end)
                    found.append(None if own else edge.src)
                elif position < start:
                    found.append((at - position, edge.output) if position >= before else edge.src)
        return tuple(found)

    # --- folding -------------------------------------------------------------------------------------------------

    def _first_of(self, group: Group, start: int, period: int, times: int) -> Group:
        """Return the group that stands for a run, and note what stands for what."""
        blocks = [group.children[start + period * j : start + period * (j + 1)] for j in range(times)]
        block, last = blocks[0], blocks[-1][-1]
        begin, end = start_of(block[0]), end_of(block[-1])
        title = self._title(block, last)
        run = self._bound(group, block, title)
        if spread_key(run.key) in self.unfolded:
            return self._all_of(group, run, blocks, title)
        if not run.synthetic and isinstance(last, Group) and last.name != run.name:
            run.name = f"{run.name} … {last.name}"
        run.times = times
        self.folded.append((run, (end - begin) * (times - 1)))
        for number in range(1, times):
            shift = start_of(group.children[start + number * period]) - begin
            for at in range(begin, end):
                self._stand_for(at, shift, (begin, end), (run.key, number))
        return run

    def _bound(self, group: Group, block: Sequence[Group | int], name: str) -> Group:
        """Return the one group that a block is: the module itself, or a group made for the block."""
        first = block[0]
        if len(block) == 1 and isinstance(first, Group):
            return first
        begin, end = start_of(first), end_of(block[-1])
        bound = Group(f"r{begin}", group.path, name, group, group.level, begin, end, list(block), synthetic=True)
        for child in block:
            if isinstance(child, Group):
                child.parent = bound
            else:
                self.tree.innermost[child] = bound
        return bound

    def _all_of(self, group: Group, first: Group, blocks: Sequence[Sequence[Group | int]], title: str) -> Group:
        """Return a group of every repeat of a run."""
        every = [first, *(self._bound(group, block, "") for block in blocks[1:])]
        key, begin, end = spread_key(first.key), first.start, every[-1].end
        last = every[-1].name
        name = f"{title if first.synthetic or last == first.name else f'{first.name} … {last}'}: all {len(blocks)}"
        run = Group(key, group.path, name, group, group.level, begin, end, [*every], synthetic=True, spread=True)
        if isinstance(blocks[0][0], int) and len(blocks[0]) == 1:
            # Cards of their own say more than closed groups of one operation.
            run.children = [child for block in blocks for child in block]
            for at in range(begin, end):
                self.tree.innermost[at] = run
            return run
        for number, (repeat, block) in enumerate(zip(every, blocks, strict=True), 1):
            repeat.parent = run
            if repeat.synthetic:
                modules = any(isinstance(child, Group) for child in block)
                repeat.name = self._title(block, block[-1]) + ("" if modules else f" #{number}")
        return run

    def _stand_for(self, at: int, shift: int, block: tuple[int, int], which: tuple[str, int]) -> None:
        tree, nodes = self.tree, self.graph.nodes
        first, other = nodes[tree.operations[at]], nodes[tree.operations[at + shift]]
        begin, end = block
        self._step[other.id], self._which[other.id] = first.id, which
        for one, two in zip(self.graph.incoming(first), self.graph.incoming(other), strict=True):
            src = nodes[two.src]
            alike = not src.op and src.role == nodes[one.src].role and two.src != one.src
            if alike and tree.is_inside(two.src, begin + shift, end + shift):
                self._step[two.src], self._which[two.src] = one.src, which

    def _title(self, block: Sequence[Group | int], last: Group | int) -> str:
        names = [child.name for child in block if isinstance(child, Group)]
        if not names:
            names = [self.graph.nodes[self.tree.operations[at]].op for at in block if isinstance(at, int)]
        elif isinstance(last, Group) and last.name not in names:
            return f"{names[0]} … {last.name}"
        return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
