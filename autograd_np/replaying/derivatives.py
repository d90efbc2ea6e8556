"""The backward of a recorded call on the tape: the engine's steps, in the engine's order, on logged arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autograd_np.autograd.function import FunctionOp
from autograd_np.core import GraphNode, Leaf, Node, Op, Placed, Port, VariadicOp
from autograd_np.core.engine import leading_to, reduce_to
from autograd_np.core.op import as_ndarray
from autograd_np.replaying.tape import PlacedLog, RefusedError, Tape, as_entry, same
from autograd_np.tracing.logged import Logged, unwrapped

__all__ = ["Backward"]


class Backward:
    """One backward pass on the tape.

    Args:
        tape: what was recorded so far.
        targets: the nodes asked for; empty for all leaves.
    """

    def __init__(self, tape: Tape, targets: set[GraphNode]) -> None:
        self.tape = tape
        self.targets = targets
        self.pending: dict[GraphNode, Any] = {}
        self.owned: set[GraphNode] = set()
        self.heap: list[tuple[int, GraphNode]] = []
        #: What arrived at leaves, and at the nodes asked for.
        self.arrived: dict[GraphNode, Logged] = {}

    def run(self, roots: Sequence[tuple[GraphNode, Logged]]) -> dict[GraphNode, Logged]:
        """Return the cotangent of every leaf, or of the nodes asked for."""
        wanted = leading_to([node for node, _ in roots], self.targets) if self.targets else None
        for node, g in roots:
            if wanted is None or node in wanted:
                self._add(node, g)
        while self.heap:
            node = heappop(self.heap)[1]
            g = self.pending.pop(node)
            if node.extra is not None and (node.extra.hooks or node.extra.retained):
                message = "a hook or retain_grad waits for a gradient\n  fix: remove it, or run this step eagerly"
                raise RefusedError(message)
            if node in self.targets:
                self.arrived[node] = g
                self.owned.discard(node)
            if isinstance(node, Leaf):
                if not self.targets:
                    self.arrived[node] = g
            elif isinstance(node, Port):
                self._collect(node, g)
            elif isinstance(node, Node):
                self._pass_on(node, g, wanted)
        return self.arrived

    def _pass_on(self, node: Node, g: Any, wanted: set[GraphNode] | None) -> None:
        for parent, c in zip(node.edges, self._pulled_back(node, g), strict=True):
            if parent is None or c is None or (wanted is not None and parent not in wanted):
                continue
            if isinstance(c, PlacedLog):
                if c.values.dtype == parent.dtype:
                    self._place(parent, c)
                    continue
                buffer = self.tape.call("np.zeros", np.zeros, (parent.shape, c.values.dtype), {})
                c.add_into(self.tape, buffer)
                self._add(parent, self._fitted(buffer, parent))
            else:
                self._add(parent, self._fitted(as_entry(self.tape, c), parent))

    # --- cotangents that wait --------------------------------------------------------------------------------------

    def _add(self, node: GraphNode, g: Logged) -> None:
        waiting = self.pending.get(node)
        if waiting is None:
            self.pending[node] = g
            heappush(self.heap, (-node.serial, node))
        elif node in self.owned:
            np.add(waiting, g, out=waiting)
        else:
            self.pending[node] = self.tape.as_array(waiting + g)
            self.owned.add(node)

    def _place(self, node: GraphNode, c: PlacedLog) -> None:
        buffer = self.pending.get(node)
        if buffer is None:
            buffer = self.tape.call("np.zeros", np.zeros, (node.shape, node.dtype), {})
            heappush(self.heap, (-node.serial, node))
        elif node not in self.owned:
            buffer = buffer.copy()
        self.pending[node] = buffer
        self.owned.add(node)
        c.add_into(self.tape, buffer)

    def _collect(self, port: Port, g: Logged) -> None:
        node: Any = port.edges[0]
        outputs = self.pending.get(node)
        if outputs is None:
            outputs = (None,) * len(node.shape)
            heappush(self.heap, (-node.serial, node))
        waiting = outputs[port.index]
        if waiting is not None:
            g = waiting + g
        self.pending[node] = (*outputs[: port.index], g, *outputs[port.index + 1 :])

    # --- rules -----------------------------------------------------------------------------------------------------

    def _pulled_back(self, node: Node, g: Any) -> tuple[Any, ...]:
        """Return what an operation's rules give: their own few calls, or one call of them all."""
        op, tape = node.op, self.tape
        if isinstance(op, FunctionOp):
            message = f"{op.name} is a Function, whose backward works on Tensors\n  fix: define it as a row, Op"
            raise RefusedError(message)
        if type(node.saved) is not tuple:
            message = f"the values of {op.name} are computed again on demand (checkpoint), or were freed"
            raise RefusedError(message)
        what = f"the derivative of {op.name}"
        saved = [_Shape(x) if isinstance(x, GraphNode) else tape.lifted(x, what) for x in node.saved]
        static = tape.lifted(dict(node.static), what)
        with np.errstate(all="ignore"):
            plain = tuple(
                _dense(c, parent) for c, parent in zip(op.vjp(node, unwrapped(g), node.saved), node.edges, strict=True)
            )
        wanted = tuple(edge is not None for edge in node.edges)
        shown = _Shape(node) if saved[0] is None else saved[0]
        pullback: Any = op.pullback
        if pullback is not None:
            found = tape.tried(lambda: pullback(g, shown, *saved[1:], wanted=wanted, **static), plain)
        else:
            found = self._by_rules(op, wanted, (g, shown, *saved[1:]), static, plain)
        if found is not None:
            return found
        entry = tape.entry("call", _Rules(op, node), ((g, tuple(saved), static), {}), plain)
        return tape.items(entry)

    def _by_rules(
        self, op: Op, wanted: Sequence[bool], args: tuple[Any, ...], static: Any, plain: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """Return what each rule gives on entries, or None if one of them cannot be logged so."""
        calls: list[Any]
        if isinstance(op, VariadicOp):
            g, y, *xs = args
            calls = [partial(op._rule, g, y, tuple(xs), i, **static) for i in range(len(wanted))]
        else:
            calls = [None if rule is None else partial(rule, *args, **static) for rule in op.rules]
        results: list[Any] = []
        length = len(self.tape.entries)
        for call, want, expected in zip(calls, wanted, plain, strict=True):
            found = None
            if want and call is not None and expected is not None:
                found = self.tape.attempt(call, partial(self._agreeing, expected))
                if found is None:
                    self.tape.rewind(length)
                    return None
            results.append(found)
        return tuple(results)

    def _agreeing(self, expected: Any, c: Any) -> Any:
        if isinstance(c, PlacedLog):
            dense = np.zeros(c.shape, c.values.dtype)
            c.row.into(dense, as_ndarray(c.values.value), **unwrapped(c.static))
            return c if same(dense, expected) else None
        c = as_entry(self.tape, c)
        return c if same(c.value, expected) else None

    def _fitted(self, c: Logged, parent: GraphNode) -> Logged:
        """Return a cotangent in its operand's shape and type, as the engine does."""
        if c.shape != parent.shape:
            c = self.tape.as_array(reduce_to(c, parent.shape))
        return c if c.dtype == parent.dtype else c.astype(parent.dtype)


def _dense(c: Any, parent: Any) -> Any:
    if c is None or parent is None:
        return None
    if isinstance(c, Placed):
        return c.dense(parent.shape)
    return np.asarray(c)


class _Shape:
    """What rules may ask of an array that was not kept, and of the node that stands for it."""

    def __init__(self, node: GraphNode) -> None:
        self.shape, self.dtype = node.shape, node.dtype
        self.ndim = len(node.shape)
        # A node of several outputs has a shape for each.
        self.size = node.size if all(isinstance(n, int) for n in node.shape) else None


class _Rules:
    """All rules of an operation as one function of arrays, for those that cannot be logged call by call."""

    def __init__(self, op: Op, node: Node) -> None:
        self.op = op
        self.shape, self.dtype, self.ndim, self.size = node.shape, node.dtype, len(node.shape), _Shape(node).size
        self.edges = tuple(None if edge is None else _Shape(edge) for edge in node.edges)
        self.static: dict[str, Any] = {}

    def __call__(self, g: Any, saved: tuple[Any, ...], static: dict[str, Any]) -> tuple[Any, ...]:
        """Return a cotangent per operand; this object itself is what rules ask a node for."""
        self.static = static
        results = self.op.vjp(self, g, saved)  # type: ignore[arg-type]  # see above
        return tuple(_dense(c, edge) for c, edge in zip(results, self.edges, strict=True))
