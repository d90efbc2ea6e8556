"""A backward pass that is looked on at: the engine's steps, one at a time, each shown to watchers.

The engine's own loop is written for speed. This one is written for those who check it: for NaN and Inf, at kinks, or
for whether a rule is the derivative of its kernel. Both give the same gradients; a test holds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop
from typing import Any

import numpy as np

from autograd_np.core.engine import Run, _attached, _check_saved, _fitted
from autograd_np.core.modes import modes
from autograd_np.core.node import GraphNode, Leaf, Node, Port
from autograd_np.core.origin import explain_failure
from autograd_np.core.tensor import Tensor
from autograd_np.core.versions import VersionCell

__all__ = ["WatchedRun", "Watcher", "watched"]


class Watcher:
    """Looks on at what is recorded and differentiated. It may raise, and changes nothing."""

    def recorded(self, node: Node) -> None:
        """See an operation that was just recorded; `node.info` has its operands and output."""

    def wrote(self, cell: VersionCell) -> None:
        """See a write in place that was just counted."""

    def started(self, outputs: Sequence[Tensor], roots: Sequence[GraphNode]) -> Watcher | None:
        """See a backward begin, and return who looks on at it."""
        return self

    def arrived(self, node: GraphNode, g: Any) -> None:
        """See the complete cotangent of a node."""

    def passed(self, node: Node, g: Any, saved: tuple[Any, ...], received: Sequence[tuple[int, Any]]) -> None:
        """See what a rule made of a cotangent, as (operand index, cotangent of that operand) before it is passed on."""

    def finished(self) -> None:
        """See the backward end."""


class watched:
    """Let a watcher look on for the length of a block, in this thread; NumPy's own warnings are silent meanwhile.

    Args:
        watcher: who looks on; None for nobody of the kinds in `instead_of`.
        instead_of: the kinds of watcher that this one takes the place of.
    """

    def __init__(self, watcher: Watcher | None, instead_of: type[Watcher]) -> None:
        self._watcher = watcher
        self._kind = instead_of
        self._before: list[tuple[tuple[Any, ...], np.errstate]] = []

    def __enter__(self) -> None:
        self.enter(modes.watchers)

    def enter(self, outside: tuple[Any, ...]) -> None:
        """Begin the block, at whose end these watchers look on again."""
        silence = np.errstate(all="ignore")
        self._before.append((outside, silence))
        silence.__enter__()
        self.apply()

    def apply(self) -> None:
        """Let the watcher look on from now on."""
        others = tuple(other for other in modes.watchers if not isinstance(other, self._kind))
        modes.watch(others if self._watcher is None else (*others, self._watcher))

    def __exit__(self, *error: object) -> None:
        outside, silence = self._before.pop()
        modes.watch(outside)
        silence.__exit__(None, None, None)


class WatchedRun(Run):
    """A backward pass whose steps watchers see. Nothing is freed before its end, so that they can look back."""

    __slots__ = ("_watchers",)

    def watch(self, watchers: Iterable[Watcher], outputs: Sequence[Tensor], roots: Sequence[GraphNode]) -> None:
        """Tell the watchers that the pass begins."""
        begun = [watcher.started(outputs, roots) for watcher in watchers]
        self._watchers = [watcher for watcher in begun if watcher is not None]

    def run(self, capture: set[GraphNode], *, accumulate: bool) -> dict[GraphNode, Any]:
        """Pass every waiting cotangent on, youngest node first; return those that arrive at captured nodes."""
        captured: dict[GraphNode, Any] = {}
        done: list[Node] = []
        while self.heap:
            node = heappop(self.heap)[1]
            g = self.pending.pop(node)
            if node.extra is not None and (node.extra.hooks or node.extra.retained):
                g = self.run_hooks(node, g)
            for watcher in self._watchers:
                watcher.arrived(node, g)
            if node in capture:
                captured[node] = g
            if isinstance(node, Node):
                self._pass_on(node, g)
                done.append(node)
            elif isinstance(node, Port):
                self.collect(node, g)
            elif isinstance(node, Leaf) and accumulate and (not capture or node in capture):
                self.deposit(node, g)
        for watcher in self._watchers:
            watcher.finished()
        if not self.retain_graph:
            for node in done:
                if node.cells:
                    node.saved, node.cells = None, ()
        return captured

    def _pass_on(self, node: Node, g: Any) -> None:
        saved = _check_saved(node)
        try:
            results = node.op.vjp(node, g, _attached(node, saved) if self.create_graph else saved)
        except Exception as error:
            explain_failure(error, node)
            raise
        received = [
            (slot, parent, _fitted(c, parent, node))
            for slot, (parent, c) in enumerate(zip(node.edges, results, strict=True))
            if not (parent is None or c is None or (self.wanted is not None and parent not in self.wanted))
        ]
        for watcher in self._watchers:
            watcher.passed(node, g, saved, [(slot, c) for slot, _, c in received])
        for _, parent, c in received:
            self.add(parent, c)
