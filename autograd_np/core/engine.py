"""Backward: cotangents flow from outputs to leaves in falling order of creation serials, without recursion."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.core.modes import modes
from autograd_np.core.node import GraphNode, Leaf, Node, Port
from autograd_np.core.tensor import Tensor, as_tensor, wrap
from autograd_np.errors import DTypeError, GraphError, MutationError, RuleError, ShapeError, aligned_shapes

__all__ = ["Placed", "backward", "contributions", "gradients", "reduce_to"]

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
            message = (
                f"{node.op.name}: a backward rule returned a cotangent of the wrong shape\n"
                f"{aligned_shapes({'operand': parent.shape, 'cotangent': g.shape})}\n"
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
        saved = saved(node)
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
            values.append(tuple(wrap(y, Port(node, k, y)) for k, y in enumerate(value)))
        elif isinstance(value, _ndarray):
            tensor = wrap(value, owner)
            tensor._cell = node.cells[position] if node.cells else None
            values.append(tensor)
        else:
            values.append(value)
    if len(saved) > count:
        values.extend(node.op.recompute_by_products([*values, *saved[count:]], node.static))
    return tuple(values)


def _is_own(c: Any, saved: tuple[Any, ...]) -> bool:
    """Tell whether a rule's result is an array that nobody else holds."""
    return type(c) is _ndarray and c.base is None and not any(c is s for s in saved)


def _add_note(error: Exception, node: Node) -> None:
    """Tell which operation's rule failed; Python 3.10 has no notes."""
    if sys.version_info >= (3, 11):
        shapes = [e.shape for e in node.edges if e is not None]
        error.add_note(f"in the backward of {node.op.name!r}, output {node.shape}, operands {shapes}")


def contributions(node: Node, g: Any) -> list[tuple[int, Array]]:
    """Return what each operand with a node receives for the output cotangent `g`, touching nothing.

    Args:
        node: a recorded operation whose saved values are still there.
        g: array of the output's shape; a tuple with None for absent ones where there are several outputs.

    Returns: pairs of operand index and cotangent, reduced to the operand's shape and type.
    Raises: GraphError if the values were freed, MutationError if they were written since.
    """
    results = node.op.vjp(node, g, _check_saved(node))
    return [
        (i, _fitted(c, parent, node))
        for i, (parent, c) in enumerate(zip(node.edges, results, strict=True))
        if parent is not None and c is not None
    ]


def _leading_to(roots: Iterable[GraphNode], targets: set[GraphNode]) -> set[GraphNode]:
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


class _Run:
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
                _add_note(error, node)
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
                if type(parent) is Leaf and op.fresh and c is not g and _is_own(c, saved):
                    owned.add(parent)
            if node.cells and not self.retain_graph:
                node.saved = None
                node.cells = ()
        return captured

    def collect(self, port: Port, g: Any) -> None:
        """Put one output's cotangent in its place among those of its operation."""
        node = port.edges[0]
        outputs = self.pending.get(node)  # type: ignore[arg-type]  # a port always has its node
        if outputs is None:
            outputs = (None,) * len(node.shape)  # type: ignore[union-attr]
            heappush(self.heap, (-node.serial, node))  # type: ignore[union-attr,arg-type]
        self.pending[node] = (*outputs[: port.index], g, *outputs[port.index + 1 :])  # type: ignore[index]

    def run_hooks(self, node: GraphNode, g: Any) -> Any:
        """Show the complete gradient to the node's hooks, and keep it where `retain_grad` asked for it."""
        extra = node.extra
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
                self._accumulate(tensor, g, owned=False)
        return g

    def deposit(self, leaf: Leaf, g: Any) -> None:
        """Accumulate into the leaf tensor's `.grad`; a tensor that is gone needs none."""
        tensor = leaf.tensor()
        if tensor is not None:
            self._accumulate(tensor, g, owned=leaf in self.owned)
        self.owned.discard(leaf)

    def _accumulate(self, tensor: Tensor, g: Any, *, owned: bool) -> None:
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


def _root(output: Tensor, gradient: Any, index: int, caller: str) -> tuple[GraphNode, Tensor]:
    """Return the node to start from and the cotangent to start with."""
    output._live()
    node = output._node
    if node is None:
        message = (
            f"{caller}: output {index} does not require gradients: it was computed from no tensor that does, or "
            "inside no_grad()\n  fix: create the inputs with requires_grad=True, or call x.requires_grad_() before use"
        )
        raise GraphError(message)
    if gradient is None:
        if output._array.size != 1:
            message = (
                f"{caller}: a gradient can be created implicitly only for a single element, and the output has shape "
                f"{output.shape}\n  fix: reduce it first, as in y.sum().backward(), or pass gradient= of that shape"
            )
            raise GraphError(message)
        return node, wrap(np.ones(output.shape, output.dtype), None)
    g = as_tensor(gradient)
    if g.shape != output.shape:
        message = (
            f"{caller}: the gradient's shape must be the output's\n"
            f"{aligned_shapes({'output': output.shape, 'gradient': g.shape})}"
        )
        raise ShapeError(message)
    if g.dtype != output.dtype:
        g = g.to(output.dtype)
    return node, g


def _started(
    outputs: Sequence[Tensor],
    grads: Sequence[Any],
    targets: set[GraphNode],
    caller: str,
    *,
    retain_graph: bool,
    create_graph: bool,
) -> _Run:
    roots = [_root(y, g, i, caller) for i, (y, g) in enumerate(zip(outputs, grads, strict=True))]
    wanted = _leading_to([node for node, _ in roots], targets) if targets else None
    run = _Run(retain_graph=retain_graph, create_graph=create_graph, wanted=wanted)
    for node, g in roots:
        if wanted is None or node in wanted:
            run.add(node, g if create_graph else g._array)
    return run


class _GradMode:
    """Hooks and rules on Tensors record exactly when a graph of the gradient was asked for."""

    __slots__ = ("_before", "_on")

    def __init__(self, on: bool) -> None:
        self._on = on

    def __enter__(self) -> None:
        self._before = modes.grad
        modes.set(grad=self._on, recording=modes.recording, inference=modes.inference)

    def __exit__(self, *error: object) -> None:
        modes.set(grad=self._before, recording=modes.recording, inference=modes.inference)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Accumulate the gradient of the tensors into `.grad` of the leaves they were computed from.

    Args:
        tensors: what to differentiate.
        grad_tensors: cotangent of each; may be None for single elements.
        retain_graph: keep saved values for another backward; `create_graph` if not given.
        create_graph: record the backward itself, so that the gradients can be differentiated again.
        inputs: accumulate only into these tensors.

    Raises:
        GraphError: if an output requires no gradient, is not a single element and has no cotangent, or was freed.
        MutationError: if a saved value was changed in place since it was recorded.
    Source: torch.autograd.backward.

    Example:
        >>> x = Tensor([3.0, 4.0], requires_grad=True)
        >>> backward((x * x).sum())
        >>> x.grad
        tensor([6., 8.])
    """
    outputs = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    grads = _listed(grad_tensors, len(outputs), "backward: grad_tensors")
    chosen = [] if inputs is None else [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if inputs is not None and not chosen:
        message = "backward: inputs is empty\n  fix: name at least one tensor, or leave inputs out for all leaves"
        raise GraphError(message)
    targets = {_node_of(tensor, i, "backward") for i, tensor in enumerate(chosen)}
    retain = create_graph if retain_graph is None else retain_graph
    with _GradMode(create_graph):
        run = _started(outputs, grads, targets, "backward", retain_graph=retain, create_graph=create_graph)
        captured = run.run(targets, accumulate=True)
        for tensor in chosen:
            node = _node_of(tensor, 0, "backward")
            if not isinstance(node, Leaf) and node in captured and not tensor.retains_grad:
                run._accumulate(tensor, captured[node], owned=False)


def gradients(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the outputs' sum with respect to the inputs; no `.grad` is touched.

    Args:
        outputs: what to differentiate.
        inputs: with respect to what; any tensors of the graph, not only leaves.
        grad_outputs: cotangent of each output; may be None for single elements.
        retain_graph: keep saved values for another call; `create_graph` if not given.
        create_graph: record the gradients' own computation.
        allow_unused: return None for inputs the outputs do not depend on, instead of raising.
        materialize_grads: return zeros for those instead.

    Raises:
        GraphError: as in `backward`, or if an input is not part of the graph.
    Source: torch.autograd.grad.

    Example:
        >>> x = Tensor([2.0], requires_grad=True)
        >>> (dx,) = gradients((x ** 3).sum(), x, create_graph=True)
        >>> gradients(dx.sum(), x)
        (tensor([12.]),)
    """
    ys = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    xs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    grads = _listed(grad_outputs, len(ys), "grad: grad_outputs")
    nodes = [_node_of(x, i, "grad") for i, x in enumerate(xs)]
    retain = create_graph if retain_graph is None else retain_graph
    with _GradMode(create_graph):
        run = _started(ys, grads, set(nodes), "grad", retain_graph=retain, create_graph=create_graph)
        captured = run.run(set(nodes), accumulate=False)
    results: list[Tensor | None] = []
    for i, (x, node) in enumerate(zip(xs, nodes, strict=True)):
        g = captured.get(node)
        if g is None:
            if not (allow_unused or materialize_grads):
                message = (
                    f"grad: the outputs do not depend on input {i} of shape {x.shape}\n"
                    "  fix: check that this very tensor was used, or pass allow_unused=True to get None for it"
                )
                raise GraphError(message)
            results.append(wrap(np.zeros(x.shape, x.dtype), None) if materialize_grads else None)
        elif isinstance(g, Tensor):
            results.append(g)
        else:
            # A cotangent may be a view, a saved array or another's: what a user gets aliases nothing.
            results.append(wrap(g if node in run.owned else g.copy(), None))
            run.owned.discard(node)
    return tuple(results)


def _node_of(tensor: Any, index: int, caller: str) -> GraphNode:
    if not isinstance(tensor, Tensor):
        message = f"{caller}: input {index} must be a Tensor, got {type(tensor).__name__}"
        raise DTypeError(message)
    tensor._live()
    if tensor._node is None:
        message = (
            f"{caller}: input {index} of shape {tensor.shape} does not require gradients\n"
            "  fix: x.requires_grad_() before computing the output"
        )
        raise GraphError(message)
    return tensor._node


def _listed(grads: Any, count: int, what: str) -> list[Any]:
    if grads is None:
        return [None] * count
    listed = [grads] if isinstance(grads, (Tensor, _ndarray)) else list(grads)
    if len(listed) != count:
        message = f"{what}: expected one per output, that is {count}, got {len(listed)}"
        raise GraphError(message)
    return listed
