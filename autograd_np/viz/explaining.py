"""explain: which paths through the computation a gradient comes from."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np.core import GraphNode, Node, Port, Tensor, as_tensor
from autograd_np.errors import ArgumentError, GraphError, ShapeError, aligned_shapes
from autograd_np.viz.explanation import Explanation, GradientPath, Step
from autograd_np.viz.graph import trace
from autograd_np.viz.model import reachable
from autograd_np.viz.names import given_names, node_names
from autograd_np.viz.paths import Prefix, largest

__all__ = ["explain"]


def explain(
    loss: Tensor,
    x: Tensor,
    k: int = 20,
    *,
    direction: Any = None,
    gradient: Any = None,
    names: Any = None,
    params: Any = None,
    beam: int = 64,
) -> Explanation:
    """Tell which paths from a tensor to an output its gradient comes from: the k largest, and what the rest carries.

    The gradient is a sum over all paths of products along them. Between numbers, a path contributes the product of
    its local derivatives. Between arrays it contributes ⟨v, u⟩, where v is the cotangent that arrives when it is passed
    through this path alone, and u is a direction: by default that of the gradient, so that contributions sum to the
    gradient's length and shares to 1. `direction` of zeros with a single 1 explains one element of the gradient.

    The number of paths and the gradient are exact however many paths there are: both are sums over nodes. Each node
    keeps its k best ways from the output, and joins cotangents that are multiples of each other (as they always are
    between numbers), so that the listed paths are certainly the largest unless a node met more than `beam` different
    directions of cotangents. Only those were then followed whose continuations together promise most, and `.exact` is
    False. A path that carries nothing is counted and not listed. Hooks are not run.

    Args:
        loss: the output.
        x: any tensor that it was computed from, not only a leaf.
        k: how many paths to list.
        direction: what contributions of arrays are measured along, of x's shape.
        gradient: cotangent to start with; 1 for a single element.
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for tensors that are to be drawn as parameters.
        beam: how many directions of cotangents a node keeps; each costs one call of every rule below it.

    Returns: an `Explanation` with `.paths`, `.count`, `.rest` and `.graph()`, which prints as a table.

    Raises:
        GraphError: if the output does not depend on x, if saved values were freed and cannot be computed again, or if
            a gradient on the way is not finite.
        ArgumentError: if k or beam is below 1, or the gradient is zero and no direction was given.
        ShapeError: if gradient or direction does not have the right shape.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> y = ag.tensor(3.0, requires_grad=True)
        >>> u = x * y
        >>> L = (u + x) ** 2
        >>> print(explain(L, x, names={"x": x, "y": y, "u": u, "L": L}))
        ∂L/∂x = 64: 2 paths from x to L
        #  share  product  path            local derivatives
        1   75 %       48  x → u → v1 → L  16·1·3
        2   25 %       16  x → v1 → L      16·1
        >>> h = x
        >>> for _ in range(1000):
        ...     h = h * 0.5 + h * 0.25
        >>> explain(h, x).count == 2**1000
        True
    """
    for name, value in (("k", k), ("beam", beam)):
        if not isinstance(value, int) or value < 1:
            message = f"explain: {name} must be a positive integer, got {value!r}"
            raise ArgumentError(message)
    root, target = _node_of(loss, "loss"), _node_of(x, "x")
    cotangent = _cotangent(loss, gradient)
    wanted = None if direction is None else _shaped("direction", direction, x)
    # Between numbers a contribution is the product itself, with its sign.
    plain = wanted is None and x.numel() == 1

    def along(total: Any) -> Any:
        if wanted is not None:
            return wanted
        if plain:
            return np.ones(x.shape, x.dtype)
        top = np.abs(total).max(initial=0)
        if not top:
            message = (
                "explain: the gradient is zero, so it has no direction\n"
                "  fix: pass direction=, of x's shape, to see what cancels along it"
            )
            raise ArgumentError(message)
        return total / top / np.linalg.norm(np.asarray(total / top, np.float64))

    found = largest(loss, target, cotangent, along, k, beam)
    order = reachable(root)
    ports = [node for node in order if isinstance(node, Port)]
    nodes = [node for node in order if not isinstance(node, Port)]
    called = {node: name for node, (name, _) in node_names(nodes, ports, given_names(names, params), loss).items()}
    paths = [_path(prefix, target, root, called, found.total) for prefix in found.paths]
    start, output = _name(target, called), _name(root, called)
    measure = f"‖∂{output}/∂{start}‖" if wanted is None else f"⟨∂{output}/∂{start}, direction⟩"
    return Explanation(
        paths,
        found.count,
        found.total,
        exact=found.exact,
        number=plain,
        start=start,
        output=output,
        measure=measure,
        draw=lambda: trace(loss, gradient=gradient, names=names, params=params),
    )


def _node_of(tensor: Any, what: str) -> GraphNode:
    if not isinstance(tensor, Tensor):
        message = f"explain: {what} must be a Tensor, got {type(tensor).__name__}"
        raise TypeError(message)
    tensor._live()
    if tensor._node is None:
        message = (
            f"explain: {what} of shape {tensor.shape} is no part of a recorded computation\n"
            "  fix: x.requires_grad_() before computing the output"
        )
        raise GraphError(message)
    return tensor._node


def _cotangent(loss: Tensor, gradient: Any) -> Any:
    if gradient is not None:
        return _shaped("gradient", gradient, loss)
    if loss.numel() != 1:
        message = (
            f"explain: the output has shape {loss.shape}; paths lead to a number\n"
            "  fix: reduce it first, as in y.sum(), or pass gradient= of that shape"
        )
        raise GraphError(message)
    return np.ones(loss.shape, loss.dtype)


def _shaped(what: str, value: Any, like: Tensor) -> Any:
    array = as_tensor(value)._array
    if array.shape != like.shape:
        shapes = aligned_shapes({"tensor": like.shape, what: array.shape})
        message = f"explain: {what} must have the shape of its tensor\n{shapes}"
        raise ShapeError(message)
    return array.astype(like.dtype, copy=False)


def _name(node: GraphNode, called: dict[GraphNode, str]) -> str:
    if isinstance(node, Port) and node.edges[0] is not None:
        # One output of several.
        return f"{called[node.edges[0]]}[{node.index}]"
    return called[node]


def _path(
    prefix: Prefix, target: GraphNode, root: GraphNode, called: dict[GraphNode, str], total: float
) -> GradientPath:
    """Return a finished search's path, turned about to lead from the tensor to the output."""
    taken: list[tuple[Prefix, Node]] = []
    part: Prefix | None = prefix
    while part is not None:
        if part.node is not None:
            taken.append((part, part.node))
        part = part.before
    # A path runs through operands that have nodes.
    operands: list[Any] = [node.edges[part.slot] for part, node in taken]
    results = [*operands[1:], root][: len(taken)]
    steps = [
        _step(part, node, operand, _name(result, called))
        for (part, node), operand, result in zip(taken, operands, results, strict=True)
    ]
    return GradientPath(_name(target, called), tuple(steps), prefix.product, prefix.product / total if total else None)


def _step(part: Prefix, node: Node, operand: GraphNode, name: str) -> Step:
    numbers = node.op.outputs == 1 and node.size == 1 and operand.size == 1
    return Step(
        name,
        node.op.name,
        part.slot,
        sum(edge is operand for edge in node.edges) > 1,
        part.factor if numbers else None,
        (node.serial, part.slot),
    )
