"""How every value between a tensor and an output changes as the tensor moves: the paths' other end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np.core import GraphNode, Node, Port, Tensor, enable_grad, gradients, wrap
from autograd_np.core.engine import reduce_to

__all__ = ["restricted", "tangents"]


def tangents(
    order: Sequence[GraphNode],
    target: GraphNode,
    along: Any,
    source: Callable[[Node], Node],
    ports: Mapping[Node, Mapping[int, GraphNode]],
) -> dict[GraphNode, Any]:
    """Return the derivative of every node along a direction of the target; of several outputs by their index.

    Args:
        order: the nodes between target and output, the target first.
        target: the node that moves.
        along: how it moves, an array of its shape.
        source: returns an operation with its saved values.
        ports: the outputs of operations that have several.
    """
    found: dict[GraphNode, Any] = {target: along}
    for node in order:
        if isinstance(node, Port):
            whole: Any = node.edges[0]
            found[node] = found[whole][node.index]
        elif isinstance(node, Node) and node is not target:
            found[node] = _pushed(source(node), node, found, ports.get(node))
    return found


def _pushed(source: Node, node: Node, found: Mapping[GraphNode, Any], ports: Mapping[int, GraphNode] | None) -> Any:
    """Return an operation's tangent: its rules are linear in g, and what g is multiplied by is the tangent's map."""
    outputs: Mapping[int, GraphNode] = {0: node} if ports is None else ports
    with enable_grad():
        leaves = {k: wrap(np.ones(y.shape, y.dtype), None).requires_grad_() for k, y in outputs.items()}
        g: Any = leaves[0] if ports is None else tuple(leaves.get(k) for k in range(len(node.shape)))
        received: list[Tensor] = []
        weights: list[Any] = []
        lifted = _on_tensors(source)
        saved: Any = lifted.saved
        edges: Sequence[Any] = node.edges
        for parent, c in zip(edges, lifted.op.vjp(lifted, g, saved), strict=True):
            if parent in found and isinstance(c, Tensor) and c.requires_grad:
                received.append(c if c.shape == parent.shape else reduce_to(c, parent.shape))
                weights.append(found[parent])
        maps: Sequence[Tensor | None] = [None] * len(leaves)
        if received:
            maps = gradients(received, list(leaves.values()), weights, allow_unused=True)
    tangent = {
        k: np.zeros(y.shape, y.dtype) if t is None else t._array
        for (k, y), t in zip(outputs.items(), maps, strict=True)
    }
    return tangent[0] if ports is None else tangent


def restricted(node: Node, wanted: set[GraphNode]) -> Node:
    """Return the same operation without the arguments that nobody asks for: their rules do not run."""
    return _copy(node, tuple(edge if edge in wanted else None for edge in node.edges), node.saved)


def _on_tensors(node: Node) -> Node:
    """Return the same operation with Tensors for its saved arrays, so that its rules record what they do to g."""
    saved: Any = node.saved(node) if callable(node.saved) else node.saved
    count = 1 + len(node.edges)
    operands = [_lifted(value) for value in saved[:count]]
    extras = node.op.recompute_by_products([*operands, *saved[count:]], node.static) if len(saved) > count else []
    result = _copy(node, node.edges, (*operands, *extras))
    result.cells = ()
    return result


def _lifted(value: Any) -> Any:
    if type(value) is tuple:
        return tuple(_lifted(item) for item in value)
    if isinstance(value, np.ndarray):
        tensor = wrap(value, None)
        return tensor.requires_grad_() if value.dtype.kind == "f" else tensor
    return value


def _copy(node: Node, edges: tuple[GraphNode | None, ...], saved: Any) -> Node:
    result = Node.__new__(Node)
    result.serial, result.op, result.edges, result.static = node.serial, node.op, edges, node.static
    result.shape, result.dtype, result.extra, result.cells = node.shape, node.dtype, None, node.cells
    result.saved = saved
    return result
