"""The values in a recorded graph: kept ones, and others computed again from unchanged leaves and constants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_np.autograd.function import FunctionOp
from autograd_np.core import GraphNode, Leaf, Like, Node, Port

__all__ = ["CHANGED", "FREED", "NOT_KEPT", "Values"]

NOT_KEPT = "not kept: draw inside record()"
FREED = "values freed by backward()"
CHANGED = "changed since it was recorded"

#: What running a row's kernel again may raise where the values no longer fit; the drawing then says "not kept".
FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class Values:
    """What each node computed, as far as it can be known now; nothing in the graph is changed.

    Args:
        order: leaves, operations and their ports, operands first.
        output: the traced tensor's node and array.
    """

    def __init__(self, order: Sequence[GraphNode], output: tuple[GraphNode, Any]) -> None:
        self._known: dict[GraphNode, Any] = {}
        self._notes: dict[GraphNode, str] = {}
        self._first_use: dict[GraphNode, int] = {}
        for node in order:
            for parent in node.edges:
                if parent is not None:
                    self._first_use.setdefault(parent, node.serial)
        self._collect_operands(order)
        self._known.setdefault(*output)
        with np.errstate(all="ignore"):
            for node in order:
                if isinstance(node, Leaf):
                    self._leaf(node)
                elif isinstance(node, Node):
                    self._operation(node)
                elif isinstance(node, Port):
                    self._port(node)

    def get(self, node: GraphNode) -> Any:
        """Return a node's array, a tuple of them where it has several outputs, or None."""
        return self._known.get(node)

    def note(self, node: GraphNode) -> str:
        """Return why a node's value is not known."""
        return self._notes.get(node, NOT_KEPT)

    def operand(self, node: Node, slot: int) -> Any:
        """Return an operand as array or number; None if unknown, a Like where only shape and type are known."""
        parent = node.edges[slot]
        if parent is not None and parent in self._known:
            return self._known[parent]
        kept = _kept(node)
        stale = kept is None or (node.cells and _written_since(node.cells[1 + slot], node.serial))
        value = None if kept is None or stale else kept[1 + slot]
        if parent is None and node.info is not None and (value is None or isinstance(value, Like)):
            return node.info.operands[slot]
        return None if isinstance(value, GraphNode) else value

    def is_absent(self, node: Node, slot: int) -> bool:
        """Tell whether the operation was called without this operand (`bias=None`)."""
        if node.edges[slot] is not None:
            return False
        kept = _kept(node)
        if kept is not None:
            return kept[1 + slot] is None
        return node.info is not None and node.info.operands[slot] is None

    def stand_in(self, node: Node) -> Node | None:
        """Return a node like this one with its saved values restored, if all of them can be; else None."""
        operands = [self.operand(node, slot) for slot in range(len(node.edges))]
        absent = [self.is_absent(node, slot) for slot in range(len(node.edges))]
        computed = self._run(node, operands, absent)
        if computed is None:
            return None
        promoted, output, extras = computed
        known = self._known.get(node)
        result = Node.__new__(Node)
        result.serial, result.op, result.edges, result.static = node.serial, node.op, node.edges, node.static
        result.shape, result.dtype, result.extra, result.cells = node.shape, node.dtype, None, ()
        result.saved = (output if known is None else known, *promoted, *extras)
        return result

    def _collect_operands(self, order: Iterable[GraphNode]) -> None:
        """Take what the operations kept of their operands: those are the operands' values."""
        for node in order:
            if not isinstance(node, Node):
                continue
            saved, cells = _kept(node), node.cells
            for slot, parent in enumerate(node.edges):
                if parent is None or parent in self._known:
                    continue
                if saved is not None:
                    value = saved[1 + slot]
                    fresh = not cells or not _written_since(cells[1 + slot], node.serial)
                    if fresh and _is_value_of(value, parent):
                        self._known[parent] = value
                if parent not in self._known and node.info is not None:
                    # What record level copied is the value of then, whatever an optimiser has written since.
                    value = node.info.operands[slot]
                    if _is_value_of(value, parent):
                        self._known[parent] = value

    def _leaf(self, leaf: Leaf) -> None:
        if leaf in self._known:
            return
        tensor, used = leaf.tensor(), self._first_use.get(leaf, leaf.serial)
        if tensor is None:
            self._notes[leaf] = "not kept: its tensor is gone"
        elif tensor._node is not leaf or leaf.moved > used or _written_since(tensor._cell, used):
            self._notes[leaf] = CHANGED
        else:
            self._known[leaf] = tensor._array

    def _operation(self, node: Node) -> None:
        if node in self._known:
            return
        kept, value = _kept(node), None
        if node.info is not None:
            value = node.info.output
        elif kept is not None and not (node.cells and _written_since(node.cells[0], node.serial)):
            value = kept[0]
        if value is None:
            operands = [self.operand(node, slot) for slot in range(len(node.edges))]
            absent = [self.is_absent(node, slot) for slot in range(len(node.edges))]
            computed = self._run(node, operands, absent)
            if computed is None:
                self._notes[node] = self._reason(node)
                return
            value = computed[1]
        self._known[node] = value

    def _port(self, port: Port) -> None:
        whole = None if port.edges[0] is None else self._known.get(port.edges[0])
        if whole is not None:
            self._known.setdefault(port, whole[port.index])
        elif port not in self._known:
            self._notes[port] = NOT_KEPT if port.edges[0] is None else self.note(port.edges[0])

    def _reason(self, node: Node) -> str:
        if node.saved is None and node.info is None and any(parent is None for parent in node.edges):
            return FREED
        missing = [self._notes[p] for p in node.edges if p is not None and p in self._notes]
        return missing[0] if missing and missing[0] in {FREED, CHANGED} else NOT_KEPT

    @staticmethod
    def _run(node: Node, operands: Sequence[Any], absent: Sequence[bool]) -> tuple[list[Any], Any, Any] | None:
        """Run a row's kernel; return promoted operands, output and by-products, or None if that cannot be done."""
        if getattr(node.op, "random", False) or isinstance(node.op, FunctionOp):
            return None
        for operand, missing in zip(operands, absent, strict=True):
            if isinstance(operand, (GraphNode, Like)) or (operand is None and not missing):
                return None
        # NumPy's front door enters rows without promotion, and which door it was is not recorded.
        for prepare in (node.op._promoted, list):
            try:
                arrays = list(prepare(list(operands)))
                output, extras = node.op.run(arrays, node.static)
            except FAILURES:
                continue
            if _fits(output, node):
                return arrays, output, extras
        return None


def _kept(node: Node) -> tuple[Any, ...] | None:
    """Return what a row saved; None if it was freed, or would have to be computed or unpacked first.

    A user's Function saves what it likes, which says nothing about its operands.
    """
    return None if isinstance(node.op, FunctionOp) or not isinstance(node.saved, tuple) else node.saved


def _written_since(cell: Any, serial: int) -> bool:
    return cell is not None and cell.stamp > serial


def _is_value_of(value: Any, parent: GraphNode) -> bool:
    """Tell whether a kept operand is its node's value itself, not one cast to another type."""
    return isinstance(value, np.ndarray) and value.shape == tuple(parent.shape) and value.dtype == parent.dtype


def _fits(output: Any, node: Node) -> bool:
    if isinstance(output, tuple):
        return tuple(y.shape for y in output) == tuple(node.shape)
    return bool(output.shape == tuple(node.shape) and output.dtype == node.dtype)
