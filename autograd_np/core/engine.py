"""Backward: cotangents flow from outputs to leaves in falling order of creation serials, without recursion."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.core.modes import no_grad
from autograd_np.core.node import GraphNode, Leaf, Node, Port, port_of
from autograd_np.core.origin import explain_failure, line_of, operand_name
from autograd_np.core.tensor import Tensor, wrap
from autograd_np.errors import DTypeError, GraphError, MutationError, RuleError, ShapeError, aligned_shapes

__all__ = ["Placed", "Run", "contributions", "leading_to", "reduce_to"]

_ndarray = np.ndarray


class Placed:
    """A cotangent that is zero but at one index: the engine adds it into a buffer instead of making it dense.

    Reading `x[t]` in a loop over t thus costs one buffer, not one per step.
    """

    __slots__ = ("add_into", "values")

    def __init__(self, values: Array, add_into: Any) -> None:
        self.values = values
        #: (buffer) -> None, adds the values at their index.
        self.add_into = add_into

    def dense(self, shape: Shape) -> Array:
        """Return the cotangent as an ordinary array."""
        buffer = np.zeros(shape, self.values.dtype)
        self.add_into(buffer)
        return buffer


def reduce_to(g: Any, shape: Shape) -> Any:
    """Sum a broadcast cotangent (array or Tensor) back to its operand's shape.

    Example:
        >>> reduce_to(np.ones((2, 3)), (3,))
        array([2., 2., 2.])
    """
    lead = len(g.shape) - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 and g.shape[lead + i] != 1))
    return g.sum(axes).reshape(shape) if axes else g.reshape(shape)


def _broadcasts_to(shape: Shape, target: Shape) -> bool:
    """Tell whether an operand of this shape can have been broadcast to `target`."""
    lead = len(target) - len(shape)
    return lead >= 0 and all(n in (1, target[lead + i]) for i, n in enumerate(shape))


def _fitted(g: Any, parent: GraphNode, node: Node) -> Any:
    """Return a rule's result in its operand's shape and type, or raise RuleError if it cannot be its cotangent."""
    if isinstance(g, Placed):
        g = g.dense(parent.shape)
    elif not isinstance(g, (_ndarray, Tensor)):
        g = np.asarray(g)
    if g.shape != parent.shape:
        if not (node.op.broadcasts and _broadcasts_to(parent.shape, g.shape)):
            name = operand_name(node.op, node.edges.index(parent))
            line = line_of(node)
            message = (
                f"{node.op.name}: a backward rule returned a cotangent of the wrong shape for its {name}"
                f"{f', recorded at {line}' if line else ''}\n"
                f"{aligned_shapes({name: parent.shape, 'cotangent': g.shape})}\n"
                "  fix: the rule must return one value per element of its operand"
            )
            raise RuleError(message)
        g = reduce_to(g, parent.shape)
        if not isinstance(g, (_ndarray, Tensor)):
            g = np.asarray(g)
    if g.dtype != parent.dtype:
        g = g.astype(parent.dtype) if isinstance(g, _ndarray) else g.to(parent.dtype)
    return g


def _check_saved(node: Node) -> tuple[Any, ...]:
    """Return what the node saved, or raise if it was freed or written since."""
    saved = node.saved
    if type(saved) is not tuple:
        if saved is None:
            message = (
                f"backward: the values saved by {node.op.name!r} were freed by an earlier backward\n"
                "  fix: pass retain_graph=True to the earlier call, or compute the output again"
            )
            raise GraphError(message)
        saved = saved(node)  # type: ignore[operator]  # what is no tuple computes one
    for position, cell in enumerate(node.cells):
        if cell is not None and cell.stamp > node.serial:
            message = (
                f"backward: {node.op.name!r} saved {node.op.saved_name(saved, position)} for its derivative, "
                f"but {cell.writer!r} has written to that memory in place since\n"
                f"  fix: use the out-of-place form of {cell.writer!r}, or clone() the tensor before writing"
            )
            raise MutationError(message)
    return saved


def _attached(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the saved values as Tensors on their own nodes, so that rules record themselves."""
    count = 1 + len(node.edges)
    values: list[Any] = []
    for position, value in enumerate(saved[:count]):
        owner = node if position == 0 else node.edges[position - 1]
        if position == 0 and isinstance(value, tuple):
            values.append(tuple(wrap(y, port_of(node, k, y)) for k, y in enumerate(value)))
        elif isinstance(value, _ndarray):
            tensor = wrap(value, owner)
            tensor._cell = node.cells[position] if node.cells else None
            values.append(tensor)
        else:
            values.append(value)
    if len(saved) > count:
        values.extend(node.op.recompute_by_products([*values, *saved[count:]], node.static))
    return tuple(values)


def _is_own(c: Any, g: Any, saved: tuple[Any, ...]) -> bool:
    """Tell whether a rule's result is an array that nobody else holds."""
    if type(c) is not _ndarray or c.base is not None or c is g:
        return False
    # Where an operation has several outputs, g is a tuple, and a rule may pass one of its arrays on.
    held = (*saved, *g) if type(g) is tuple else saved
    return not any(c is h for h in held)


def contributions(node: Node, g: Any) -> list[tuple[int, Array]]:
    """Return what each operand with a node receives for the output cotangent `g`, touching nothing.

    Args:
        node: a recorded operation whose saved values are still there.
        g: array of the output's shape; a tuple with None for absent ones where there are several outputs.

    Returns: pairs of operand index and cotangent, reduced to the operand's shape and type.
    Raises: GraphError if the values were freed, MutationError if they were written since.
    """
    with no_grad():  # a user's Function answers in Tensors otherwise
        results = node.op.vjp(node, g, _check_saved(node))
    return [
        (i, _fitted(c, parent, node))
        for i, (parent, c) in enumerate(zip(node.edges, results, strict=True))
        if parent is not None and c is not None
    ]


def leading_to(roots: Iterable[GraphNode], targets: set[GraphNode]) -> set[GraphNode]:
    """Return the nodes between roots and targets: those from which a target can be reached."""
    oldest = min(node.serial for node in targets)
    seen: set[GraphNode] = set()
    stack = [root for root in roots if root.serial >= oldest]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(e for e in node.edges if e is not None and e.serial >= oldest and e not in seen)
    leading: set[GraphNode] = set()
    for node in sorted(seen, key=lambda n: n.serial):
        if node in targets or any(e in leading for e in node.edges):
            leading.add(node)
    return leading


class Run:
    """One backward pass: the cotangents that wait for their node, and which of them the engine allocated itself."""

    __slots__ = ("create_graph", "heap", "owned", "pending", "retain_graph", "wanted")

    def __init__(self, *, retain_graph: bool, create_graph: bool, wanted: set[GraphNode] | None) -> None:
        self.retain_graph = retain_graph
        self.create_graph = create_graph
        self.wanted = wanted
        self.pending: dict[GraphNode, Any] = {}
        self.owned: set[GraphNode] = set()
        self.heap: list[tuple[int, GraphNode]] = []

    def add(self, node: GraphNode, g: Any) -> None:
        """Add a cotangent to what waits for this node."""
        waiting = self.pending.get(node)
        if waiting is None:
            self.pending[node] = g
            heappush(self.heap, (-node.serial, node))
        elif node in self.owned:
            np.add(waiting, g, out=waiting)
        else:
            total = waiting + g
            if not self.create_graph:
                self.pending[node] = total if type(total) is _ndarray else np.asarray(total)
                self.owned.add(node)
            else:
                self.pending[node] = total

    def place(self, node: GraphNode, g: Placed) -> None:
        """Add a cotangent that is zero but at an index into the node's one buffer."""
        buffer = self.pending.get(node)
        if buffer is None:
            buffer = np.zeros(node.shape, node.dtype)
            heappush(self.heap, (-node.serial, node))
        elif node not in self.owned:
            buffer = buffer.copy()
        self.pending[node] = buffer
        self.owned.add(node)
        g.add_into(buffer)

    def run(self, capture: set[GraphNode], *, accumulate: bool) -> dict[GraphNode, Any]:
        """Pass every waiting cotangent on, youngest node first; return those that arrive at captured nodes."""
        captured: dict[GraphNode, Any] = {}
        heap, pending, owned, wanted = self.heap, self.pending, self.owned, self.wanted
        while heap:
            node = heappop(heap)[1]
            g = pending.pop(node)
            extra = node.extra
            if extra is not None and (extra.hooks or extra.retained):
                g = self.run_hooks(node, g)
            if capture and node in capture:
                captured[node] = g
                if type(node) is not Leaf:
                    owned.discard(node)
            if type(node) is not Node:
                if type(node) is Port:
                    self.collect(node, g)
                elif accumulate and (not capture or node in capture):
                    self.deposit(node, g)  # type: ignore[arg-type]  # what is no Node and no Port is a Leaf
                continue
            saved = _check_saved(node)
            op = node.op
            try:
                results = op.vjp(node, g, _attached(node, saved) if self.create_graph else saved)
            except Exception as error:
                explain_failure(error, node)
                raise
            for parent, c in zip(node.edges, results):
                if parent is None or c is None or (wanted is not None and parent not in wanted):
                    continue
                if type(c) is not _ndarray or c.shape != parent.shape or c.dtype is not parent.dtype:
                    if type(c) is Placed and c.values.dtype == parent.dtype:
                        self.place(parent, c)
                        continue
                    c = _fitted(c, parent, node)  # noqa: PLW2901 (the cotangent in its operand's shape and type)
                if parent in pending:
                    self.add(parent, c)
                    continue
                pending[parent] = c
                heappush(heap, (-parent.serial, parent))
                # A rule returns g itself, a view, a saved array, or an array of its own: only the last may be kept.
                if type(parent) is Leaf and op.fresh and _is_own(c, g, saved):
                    owned.add(parent)
            if node.cells and not self.retain_graph:
                node.saved = None
                node.cells = ()
        return captured

    def collect(self, port: Port, g: Any) -> None:
        """Put one output's cotangent in its place among those of its operation."""
        node: Any = port.edges[0]
        outputs = self.pending.get(node)
        if outputs is None:
            outputs = (None,) * len(node.shape)
            heappush(self.heap, (-node.serial, node))
        waiting = outputs[port.index]
        if waiting is not None:
            # A saved output that was attached again for a higher order is a second port of the same output.
            g = waiting + g
        self.pending[node] = (*outputs[: port.index], g, *outputs[port.index + 1 :])

    def run_hooks(self, node: GraphNode, g: Any) -> Any:
        """Show the complete gradient to the node's hooks, and keep it where `retain_grad` asked for it."""
        extra = node.extra
        if extra is not None and extra.hooks and node not in self.owned:
            # A hook may write into what it is shown, and this very array may be on its way to other nodes.
            g = wrap(g._array.copy(), g._node) if isinstance(g, Tensor) else g.copy()
        for hook in list(extra.hooks.values()) if extra is not None else []:
            shown = g if isinstance(g, Tensor) else wrap(g, None)
            self.owned.discard(node)
            replaced = hook(shown)
            if replaced is not None:
                _check_hook(replaced, node)
                g = replaced if self.create_graph else replaced._array
        for reference in extra.retained if extra is not None else []:
            tensor = reference()
            if tensor is not None:
                self.accumulate_into(tensor, g, owned=False)
        return g

    def deposit(self, leaf: Leaf, g: Any) -> None:
        """Accumulate into the leaf tensor's `.grad`; a tensor that is gone needs none."""
        tensor = leaf.tensor()
        if tensor is not None:
            if leaf.shape != tensor._array.shape:
                message = (
                    f"backward: a gradient of shape {tuple(leaf.shape)} arrived at a leaf that has shape "
                    f"{tensor.shape} by now\n  fix: call backward before `.data =` gives the leaf another shape"
                )
                raise MutationError(message)
            self.accumulate_into(tensor, g, owned=leaf in self.owned)
        self.owned.discard(leaf)

    def accumulate_into(self, tensor: Tensor, g: Any, *, owned: bool) -> None:
        """Add to `.grad` in place where it is an ordinary tensor; `.grad` never shares memory with anything else."""
        before = tensor._grad
        if self.create_graph:
            tensor._grad = g + 0 if before is None else before + g
        elif before is None:
            tensor._grad = wrap(g if owned and g.flags.writeable else g.copy(), None)
        elif before._node is None and before._array.flags.writeable:
            np.add(before._array, g, out=before._array)
            if before._cell is not None:
                before._cell.written("backward")
        else:
            tensor._grad = wrap(before._array + g, None)


def _check_hook(value: Any, node: GraphNode) -> None:
    if not isinstance(value, Tensor):
        message = f"register_hook: a hook must return a Tensor or None, got {type(value).__name__}"
        raise DTypeError(message)
    if value.shape != node.shape:
        message = f"register_hook: a hook must keep the gradient's shape {node.shape}, got {value.shape}"
        raise ShapeError(message)
