"""The graph model: walks what was recorded, replays every rule argument by argument, and changes nothing.

The walk and the replay are loops over creation serials: no recursion, and time linear in the number of operations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_np.core import UNKNOWN, GraphNode, Leaf, Like, Node, Port, Tensor, as_tensor, contributions
from autograd_np.errors import AutogradError, GraphError, MutationError, ShapeError, aligned_shapes
from autograd_np.viz import formulas, records
from autograd_np.viz.names import (
    constant_names,
    given_names,
    is_parameter,
    module_classes,
    node_names,
    printable,
    recorded_classes,
)
from autograd_np.viz.notation import number
from autograd_np.viz.records import FEW, Edge, Summary, Traced, type_name
from autograd_np.viz.values import CHANGED, FAILURES, FREED, NOT_KEPT, Values

__all__ = ["reachable", "trace"]

NOT_COMPUTED = "not computed"
NOTHING_FLOWS = "none flows here"


def trace(output: Any, *, gradient: Any = None, names: Any = None, params: Any = None) -> Traced:
    """Return the graph that computed a tensor, with the gradient of every step; `.grad` stays as it is.

    Args:
        output: the tensor to explain.
        gradient: cotangent to start with; 1 for a single element. Without it an output of several elements is drawn
            with its gradients "not computed".
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for tensors that are to be drawn as parameters.

    Raises:
        ShapeError: if the gradient does not have the output's shape.
        TypeError: if the output is no Tensor.
    """
    if not isinstance(output, Tensor):
        message = f"trace: expected a Tensor, got {type(output).__name__}\n  fix: pass the result itself, not its value"
        raise TypeError(message)
    output._live()
    if gradient is not None:
        gradient = as_tensor(gradient)._array
        if gradient.shape != output.shape:
            shapes = aligned_shapes({"output": output.shape, "gradient": gradient.shape})
            message = f"trace: the gradient's shape must be the output's\n{shapes}"
            raise ShapeError(message)
    if output._node is None:
        return _without_graph(output)
    return _Tracer(output, output._node, gradient, names, params).graph()


def _without_graph(output: Tensor) -> Traced:
    value = Summary.of(output._array)
    note = "no gradient: computed from nothing that requires one"
    node = records.Node(
        0, "", output.name or "x0", bool(output.name), "constant", value.shape, value.dtype, value, "", None, note
    )
    return Traced([node], [], 0, [f"{node.name}: {note}"])


def reachable(root: GraphNode) -> list[GraphNode]:
    """Return everything the root was computed from, in order of creation, which is a topological order."""
    seen = {root}
    stack = [root]
    while stack:
        for parent in stack.pop().edges:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.serial)


class _Tracer:
    """One trace: the recorded nodes, their values, and the gradients that flowed through them."""

    def __init__(self, output: Tensor, root: GraphNode, gradient: Any, names: Any, params: Any) -> None:
        everything = reachable(root)
        self.root = root
        self.order = [node for node in everything if not isinstance(node, Port)]
        self.ports: dict[GraphNode, list[Port]] = {}
        for node in everything:
            if isinstance(node, Port) and node.edges[0] is not None:
                self.ports.setdefault(node.edges[0], []).append(node)
        self.notes: list[str] = []
        self.values = Values(everything, (root, output._array))
        self.given = given_names(names, params)
        self.data = constant_names(names)
        self.classes = {**recorded_classes(self.order), **module_classes(names, params)}
        all_ports = [port for ports in self.ports.values() for port in ports]
        self.names = node_names(self.order, all_ports, self.given, output)
        self.taken = {name for name, _ in self.names.values()}
        self.constants = 0
        self.gradients: dict[GraphNode, Summary] = {}
        self.reasons: dict[GraphNode, str] = {}
        self.flows: dict[tuple[GraphNode, int], tuple[Summary | None, Summary | None, Summary]] = {}
        # Drawing must show a NaN, not warn of it.
        with np.errstate(all="ignore"):
            self._replay(output, gradient)
        self._note_hooks(everything)

    # --- backward ----------------------------------------------------------------------------------------------

    def _replay(self, output: Tensor, gradient: Any) -> None:
        """Run every rule once, youngest operation first, and keep what each argument receives."""
        if gradient is None:
            if output._array.size != 1:
                shape = output.shape
                self.notes.append(f"gradients {NOT_COMPUTED}: the output has shape {shape}; pass gradient=")
                return
            gradient = np.ones(output.shape, output.dtype)
        pending: dict[GraphNode, Any] = {self.root: gradient.astype(output.dtype, copy=False)}
        single: dict[GraphNode, Summary] = {}
        for node in reversed(self.order):
            g = self._arrived(node, pending)
            if node in self.reasons or g is None:
                # A sum with a missing term is no gradient, and neither is anything computed from it.
                reason = self.reasons.setdefault(node, NOTHING_FLOWS)
                if reason != NOTHING_FLOWS:
                    self._blame_operands(node, reason)
                continue
            # What one edge alone contributed is the gradient, and is already summed up.
            whole = single.pop(node, None) or _joined(g)
            self.gradients[node] = whole
            if not isinstance(node, Node):
                continue
            received = self._received(node, g)
            if received is None:
                self._blame_operands(node, self.reasons.pop(node))
                continue
            local = self._local(node, g, received)
            for slot, c in received:
                parent = node.edges[slot]
                if parent is not None:
                    before = pending.get(parent)
                    contribution = Summary.of(c)
                    if before is None:
                        pending[parent], single[parent] = c, contribution
                    else:
                        pending[parent] = before + c
                        single.pop(parent, None)
                    self.flows[node, slot] = (whole, local.get(slot), contribution)

    def _arrived(self, node: GraphNode, pending: dict[GraphNode, Any]) -> Any:
        """Return the complete gradient of a node; a tuple with None for unused outputs where it has several."""
        ports = self.ports.get(node)
        if ports is None:
            return pending.pop(node, None)
        g: list[Any] = [None] * len(node.shape)
        for port in ports:
            if port in self.reasons:
                self.reasons.setdefault(node, self.reasons[port])
            c = pending.pop(port, None)
            if c is not None:
                g[port.index] = c
                self.gradients[port] = Summary.of(c)
        return tuple(g) if any(c is not None for c in g) else None

    def _received(self, node: Node, g: Any) -> list[tuple[int, Any]] | None:
        """Return the contribution of each argument, or None with a reason noted."""
        source: Node | None = node
        if node.saved is None:
            source = self.values.stand_in(node)
        if source is None:
            self.reasons[node] = FREED
            return None
        try:
            return contributions(source, g)
        except MutationError:
            self.reasons[node] = CHANGED
        except GraphError:
            self.reasons[node] = FREED
        except (AutogradError, *FAILURES) as error:
            self.reasons[node] = f"the rule of {node.op.name} failed: {type(error).__name__}"
        return None

    def _local(self, node: Node, g: Any, received: list[tuple[int, Any]]) -> dict[int, Summary]:
        """Return numeric local derivatives: contributions with upstream 1 between numbers, or element by element."""
        if isinstance(g, tuple) or g.size > FEW:
            return {}
        number_to_number = g.size == 1
        if not number_to_number and not formulas.is_elementwise(node.op):
            return {}
        slots = {slot for slot, c in received if (c.size == 1 if number_to_number else c.shape == g.shape)}
        if not slots:
            return {}
        if not (number_to_number and g.item() == 1.0):
            source = node if node.saved is not None else self.values.stand_in(node)
            received = [] if source is None else contributions(source, np.ones(g.shape, g.dtype))
        return {slot: Summary.of(c) for slot, c in received if slot in slots}

    def _blame_operands(self, node: GraphNode, reason: str) -> None:
        for parent in node.edges:
            if parent is not None:
                self.reasons.setdefault(parent, reason)
                if isinstance(parent, Port) and parent.edges[0] is not None:
                    self.reasons.setdefault(parent.edges[0], reason)

    def _note_hooks(self, everything: Iterable[GraphNode]) -> None:
        hooked = [
            self.names[owner][0]
            for node in everything
            if node.extra is not None and node.extra.hooks
            for owner in [node.edges[0] if isinstance(node, Port) else node]
            if owner is not None
        ]
        if hooked:
            self.notes.append(f"hooks are not run here; they may change the gradient of {', '.join(hooked)}")

    # --- records -----------------------------------------------------------------------------------------------

    def graph(self) -> Traced:
        """Return the finished records."""
        nodes: list[records.Node] = []
        edges: list[Edge] = []
        ids: dict[GraphNode, int] = {}
        for node in self.order:
            if isinstance(node, Node):
                constants = self._constants(node, nodes)
                ids[node] = len(nodes)
                nodes.append(self._node(node, len(nodes)))
                self._add_edges(node, ids, constants, edges)
            else:
                ids[node] = len(nodes)
                nodes.append(self._node(node, len(nodes)))
        owner = self.root.edges[0] if isinstance(self.root, Port) else self.root
        output = ids[owner] if owner is not None else len(nodes) - 1
        notes = [*self.notes, *_first_unusual(nodes, edges)]
        return Traced(nodes, edges, output, notes, classes=self.classes)

    def _node(self, node: GraphNode, position: int) -> records.Node:
        name, named = self.names[node]
        ports = self.ports.get(node)
        value = self.values.get(node)
        info = node.info
        reason = "" if node in self.gradients else self.reasons.get(node, NOT_COMPUTED)
        shape, dtype = tuple(node.shape), type_name(node.dtype)
        outputs: tuple[records.Port, ...] = ()
        if isinstance(node, Node) and node.op.outputs > 1:
            outputs = self._ports(node, ports or [], value)
            shape, dtype = outputs[0].shape, outputs[0].dtype
            summary = None
        else:
            summary = None if value is None else Summary.of(value)
        note = "" if value is not None else self.values.note(node)
        operation = isinstance(node, Node)
        return records.Node(
            position,
            node.op.name if isinstance(node, Node) else "",
            name,
            named,
            self._role(node, operation=operation),
            shape,
            dtype,
            summary,
            note,
            self.gradients.get(node),
            reason,
            printable(info.module) if info is not None else "",
            printable(info.source) if info is not None else "",
            node.static if isinstance(node, Node) else {},
            outputs,
            node.serial,
            node.op if isinstance(node, Node) else None,
        )

    def _ports(self, node: Node, ports: list[Port], value: Any) -> tuple[records.Port, ...]:
        by_index = {port.index: port for port in ports}
        found = []
        for index, shape in enumerate(node.shape):
            port = by_index.get(index)
            array = value[index] if value is not None else None if port is None else self.values.get(port)
            dtype = port.dtype if port is not None else node.dtype if array is None else array.dtype
            gradient = None if port is None or node not in self.gradients else self.gradients.get(port)
            summary = None if array is None else Summary.of(array)
            found.append(records.Port(tuple(shape), type_name(dtype), summary, gradient))
        return tuple(found)

    def _role(self, node: GraphNode, *, operation: bool) -> str:
        if operation:
            return "output" if node is self.root or self.root in self.ports.get(node, ()) else "operation"
        given = self.given.get(node)
        if (given is not None and given[1]) or (isinstance(node, Leaf) and is_parameter(node.tensor())):
            return "parameter"
        return "leaf"

    def _constants(self, node: Node, nodes: list[records.Node]) -> dict[int, int]:
        """Add a node for every argument that is no part of the graph; return their ids by slot."""
        found: dict[int, int] = {}
        info = node.info
        for slot, parent in enumerate(node.edges):
            if parent is not None or self.values.is_absent(node, slot):
                continue
            operand = self.values.operand(node, slot)
            note, value = "", None
            shape: tuple[int, ...] = ()
            if operand is None or operand is UNKNOWN:
                dtype, note = "", FREED if node.saved is None else NOT_KEPT
            elif isinstance(operand, Like):
                shape, dtype, note = tuple(operand.shape), type_name(operand.dtype), NOT_KEPT
            else:
                value = _summary_of_constant(operand)
                # A Python number has no type of its own: it takes that of what it meets.
                shape, dtype = value.shape, "" if isinstance(operand, (bool, int, float)) else value.dtype
            recorded = info.names[slot] if info is not None else None
            scalar = None if value is None or value.values is None or len(value.values) != 1 else value.values[0]
            given = printable(recorded) if recorded else self._data_name(operand)
            name = given or (self._constant_name() if scalar is None else number(scalar))
            found[slot] = len(nodes)
            nodes.append(
                records.Node(len(nodes), "", name, bool(given), "constant", shape, dtype, value, note, None, "constant")
            )
        return found

    def _data_name(self, operand: Any) -> str:
        """Return what the user calls an array; what was recorded is a copy, and is known by its values."""
        if isinstance(operand, np.ndarray):
            for name, array in self.data:
                if array.shape == operand.shape and array.dtype == operand.dtype and np.array_equal(array, operand):
                    return name
        return ""

    def _constant_name(self) -> str:
        self.constants += 1
        while f"c{self.constants}" in self.taken:
            self.constants += 1
        return f"c{self.constants}"

    def _add_edges(self, node: Node, ids: dict[GraphNode, int], constants: dict[int, int], edges: list[Edge]) -> None:
        dst = ids[node]
        upstream = self.gradients.get(node)
        for slot, parent in enumerate(node.edges):
            if parent is None:
                if slot in constants:
                    edges.append(Edge(len(edges), constants[slot], dst, slot, None, False, upstream, None, None))
                continue
            owner, output = (parent.edges[0], parent.index) if isinstance(parent, Port) else (parent, None)
            if owner is None:
                continue
            rules = node.op.rules
            # A variadic row has one rule for all operands; a user's Function has its method instead of rules.
            answers = not rules or rules[slot if slot < len(rules) else 0] is not None
            _, local, contribution = self.flows.get((node, slot), (None, None, None))
            edges.append(Edge(len(edges), ids[owner], dst, slot, output, answers, upstream, local, contribution))


def _joined(g: Any) -> Summary:
    """Return one summary of a gradient; of all present outputs together where there are several."""
    if isinstance(g, tuple):
        return Summary.of(np.concatenate([c.ravel() for c in g if c is not None]))
    return Summary.of(g)


def _summary_of_constant(operand: Any) -> Summary:
    try:
        return Summary.of(operand)
    except (TypeError, ValueError):
        # Metadata that is no array of numbers, such as a tuple of slices.
        return Summary((), type(operand).__name__, None, math.nan, math.nan, math.nan, math.nan, math.nan, 0, 0)


def _first_unusual(nodes: Sequence[records.Node], edges: Sequence[Edge]) -> list[str]:
    """Say where NaN or infinity first appeared: in the values going forward, in the gradients going backward."""
    notes = []
    for node in nodes:
        values = [node.value, *(port.value for port in node.ports)]
        unusual = next((value for value in values if value is not None and not value.finite), None)
        if unusual is not None:
            # Operands come first, so the first such node is the one that produced it.
            made = f"by {node.op}" if node.op else f"as a {node.role}"
            notes.append(f"⚠ {_kind(unusual)} first appears in {node.name}, {made}")
            break
    for edge in reversed(edges):
        c = edge.contribution
        if c is not None and not c.finite:
            src, dst = nodes[edge.src], nodes[edge.dst]
            notes.append(f"⚠ {_kind(c)} first appears in the gradient that {src.name} receives from {dst.op}")
            break
    return notes


def _kind(summary: Summary) -> str:
    return "NaN" if summary.nans else "infinity"
