"""Which part of a model each operation belongs to: dotted module paths as a tree of intervals.

A group is one call of a module: a stretch of operations, in the order in which they were recorded, whose paths begin
alike. Being an interval of a topological order, it can be drawn as one card without ever closing a circle; a module
that is called again later is a further group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autograd_np.viz.records import Traced

__all__ = ["Group", "Tree", "end_of", "start_of"]


@dataclass(slots=True, eq=False)
class Group:
    """One call of a module, or a stretch of operations that is repeated.

    Args:
        key: names it in the drawing.
        path: dotted path of the module, from the outermost one.
        name: what a frame says: the part of the path that its parent does not say.
        parent: the group around it; None for the whole graph.
        level: how many groups are around it.
        start: position of its first operation.
        end: position after its last operation.
        children: groups and positions of single operations, in order.
        times: how many repeats it stands for.
        synthetic: a stretch that was found to be repeated, and no module of its own.
        spread: its children are the repeats of one block, all of them drawn.
    """

    key: str
    path: str
    name: str
    parent: Group | None
    level: int
    start: int
    end: int = 0
    children: list[Group | int] = field(default_factory=list)
    times: int = 1
    synthetic: bool = False
    spread: bool = False

    def chain(self) -> list[Group]:
        """Return the groups from the outermost one to this, without the whole graph."""
        found: list[Group] = []
        group: Group | None = self
        while group is not None and group.parent is not None:
            found.append(group)
            group = group.parent
        return found[::-1]

    def walk(self) -> Iterator[Group]:
        """Yield this group and those inside, outer ones first."""
        stack = [self]
        while stack:
            group = stack.pop()
            yield group
            stack += [child for child in reversed(group.children) if isinstance(child, Group)]


def start_of(child: Group | int) -> int:
    """Return the position of a child's first operation."""
    return child if isinstance(child, int) else child.start


def end_of(child: Group | int) -> int:
    """Return the position after a child's last operation."""
    return child + 1 if isinstance(child, int) else child.end


class Tree:
    """The groups of a traced graph.

    Args:
        graph: the traced graph.

    Example:
        >>> import autograd_np as ag
        >>> from autograd_np import viz
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with ag.record(), ag.scope("net"):
        ...     with ag.scope("first"):
        ...         y = x * x
        ...     z = y.exp()
        >>> [group.path for group in Tree(viz.trace(z)).root.walk()]
        ['', 'net', 'net.first']
    """

    def __init__(self, graph: Traced) -> None:
        self.graph = graph
        #: Ids of the operations' nodes, in order, and where each stands there.
        self.operations = [node.id for node in graph.nodes if node.op]
        self.position = {i: at for at, i in enumerate(self.operations)}
        self.root = Group("g", "", "", None, 0, 0, len(self.operations))
        self._grow()
        self._merge_single()
        #: The innermost group of each operation, by position.
        self.innermost = [self.root] * len(self.operations)
        for group in self.root.walk():
            for at in group.children:
                if isinstance(at, int):
                    self.innermost[at] = group
        self.first_use: dict[int, int] = {}
        self.last_use: dict[int, int] = {}
        for edge in graph.edges:
            at = self.position[edge.dst]
            self.first_use.setdefault(edge.src, at)
            self.last_use[edge.src] = max(at, self.last_use.get(edge.src, 0))

    def _grow(self) -> None:
        stack = [self.root]
        names: list[str] = []
        count = 0
        last = None
        for at, i in enumerate(self.operations):
            module = self.graph.nodes[i].module
            if module != last:
                last = module
                parts = module.split(".") if module else []
                same = 0
                while same < min(len(parts), len(names)) and parts[same] == names[same]:
                    same += 1
                while len(stack) > same + 1:
                    stack.pop().end = at
                for part in parts[same:]:
                    parent = stack[-1]
                    path = f"{parent.path}.{part}" if parent.path else part
                    group = Group(f"g{count}", path, part, parent, len(stack), at)
                    parent.children.append(group)
                    stack.append(group)
                    count += 1
                names = parts
            stack[-1].children.append(at)
        for group in stack:
            group.end = len(self.operations)

    def _merge_single(self) -> None:
        """Let a group that holds nothing but one group be one with it: `transformer.h`, say."""
        for group in reversed(list(self.root.walk())):
            if group.parent is None or len(group.children) != 1 or not isinstance(group.children[0], Group):
                continue
            only = group.children[0]
            group.path, group.name, group.children = only.path, f"{group.name}.{only.name}", only.children
            for child in group.children:
                if isinstance(child, Group):
                    child.parent = group
        for group in self.root.walk():
            group.level = 0 if group.parent is None else group.parent.level + 1

    def is_inside(self, leaf: int, start: int, end: int) -> bool:
        """Tell whether a leaf or constant is used by the operations of this stretch alone."""
        return start <= self.first_use.get(leaf, -1) and self.last_use.get(leaf, end) < end
