"""The two ways into the engine: `backward` accumulates into `.grad`, `gradients` returns what it finds."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np.core.engine import Run, leading_to
from autograd_np.core.modes import modes
from autograd_np.core.node import GraphNode, Leaf
from autograd_np.core.tensor import Tensor, as_tensor, wrap
from autograd_np.core.watching import WatchedRun, Watcher
from autograd_np.errors import ArgumentError, DTypeError, GraphError, ShapeError, aligned_shapes

__all__ = ["backward", "gradients"]


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
    watchers: tuple[Watcher, ...],
) -> Run:
    roots = [_root(y, g, i, caller) for i, (y, g) in enumerate(zip(outputs, grads, strict=True))]
    wanted = leading_to([node for node, _ in roots], targets) if targets else None
    kind = WatchedRun if watchers else Run
    run = kind(retain_graph=retain_graph, create_graph=create_graph, wanted=wanted)
    if isinstance(run, WatchedRun):
        run.watch(watchers, outputs, [node for node, _ in roots])
    for node, g in roots:
        if wanted is None or node in wanted:
            run.add(node, g if create_graph else g._array)
    return run


def _checker() -> Watcher:
    """Return the watcher that compares rules with kernels; it lives above this layer with the other testing tools."""
    checker: Watcher = importlib.import_module("autograd_np.testing.rules").RuleCheck()
    return checker


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
    *,
    check: bool = False,
) -> None:
    """Accumulate the gradient of the tensors into `.grad` of the leaves they were computed from.

    Args:
        tensors: what to differentiate.
        grad_tensors: cotangent of each; may be None for single elements.
        retain_graph: keep saved values for another backward; `create_graph` if not given.
        create_graph: record the backward itself, so that the gradients can be differentiated again.
        inputs: accumulate only into these tensors.
        check: compare every operation's rules with differences of its kernel, at the values of this very run.

    Raises:
        GraphError: if an output requires no gradient, is not a single element and has no cotangent, or was freed.
        GradcheckError: with `check`, naming the first operation and argument whose rule is not its derivative.
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
        run = _started(
            outputs,
            grads,
            targets,
            "backward",
            retain_graph=retain,
            create_graph=create_graph,
            watchers=(*modes.watchers, _checker()) if check else modes.watchers,
        )
        captured = run.run(targets, accumulate=True)
        for tensor in chosen:
            node = _node_of(tensor, 0, "backward")
            if not isinstance(node, Leaf) and node in captured and not tensor.retains_grad:
                run.accumulate_into(tensor, captured[node], owned=False)


def gradients(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the outputs' sum with respect to the inputs; no `.grad` is touched.

    Args:
        outputs: what to differentiate.
        inputs: with respect to what; any tensors of the graph, not only leaves.
        grad_outputs: cotangent of each output; may be None for single elements.
        retain_graph: keep saved values for another call; `create_graph` if not given.
        create_graph: record the gradients' own computation.
        only_inputs: True; `backward` accumulates into leaves.
        allow_unused: return None for inputs the outputs do not depend on, instead of raising.
        is_grads_batched: False; cotangents come one by one.
        materialize_grads: return zeros for those instead.

    Raises:
        GraphError: as in `backward`, or if an input is not part of the graph.
        ArgumentError: for another value of `only_inputs` or `is_grads_batched`.
    Source: torch.autograd.grad.

    Example:
        >>> x = Tensor([2.0], requires_grad=True)
        >>> (dx,) = gradients((x ** 3).sum(), x, create_graph=True)
        >>> gradients(dx.sum(), x)
        (tensor([12.]),)
    """
    if not only_inputs or is_grads_batched:
        name, fix = (
            ("is_grads_batched=True", "call it once for each cotangent")
            if only_inputs
            else (
                "only_inputs=False",
                "backward() accumulates into leaves",
            )
        )
        raise ArgumentError(f"grad: {name} is not supported\n  fix: {fix}")
    ys = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    xs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    grads = _listed(grad_outputs, len(ys), "grad: grad_outputs")
    nodes = [_node_of(x, i, "grad") for i, x in enumerate(xs)]
    retain = create_graph if retain_graph is None else retain_graph
    with _GradMode(create_graph):
        run = _started(
            ys,
            grads,
            set(nodes),
            "grad",
            retain_graph=retain,
            create_graph=create_graph,
            watchers=modes.watchers,
        )
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
    listed = [grads] if isinstance(grads, (Tensor, np.ndarray)) else list(grads)
    if len(listed) != count:
        message = f"{what}: expected one per output, that is {count}, got {len(listed)}"
        raise GraphError(message)
    return listed
