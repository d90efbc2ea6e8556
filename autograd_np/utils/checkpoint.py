"""Checkpointing: forget what a part of the graph saved, and compute it again when backward arrives there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_np.core import GraphNode, Leaf, Node, Tensor, enable_grad, is_grad_enabled
from autograd_np.core.versions import VersionCell, next_serial
from autograd_np.errors import GraphError, MutationError
from autograd_np.ops.random import default_generator

__all__ = ["checkpoint", "checkpoint_sequential"]


def _recorded_since(outputs: Any, start: int) -> list[Node]:
    """Return the operations younger than `start` that the outputs depend on, oldest first."""
    found: dict[GraphNode, None] = {}
    stack = [t._node for t in _tensors(outputs) if t._node is not None]
    while stack:
        node = stack.pop()
        if node.serial > start and node not in found:
            found[node] = None
            stack.extend(e for e in node.edges if e is not None)
    nodes = [node for node in found if isinstance(node, Node)]
    return sorted(nodes, key=lambda node: node.serial)


def _tensors(value: Any) -> Iterable[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(tuple(value.values()))


class _Entry:
    """A tensor that a segment is computed from, which must be the same when it is computed again."""

    def __init__(self, tensor: Tensor) -> None:
        tensor._live()  # so that the function's first call need not catch up with writes before it
        self.tensor = tensor
        self.array = tensor._array
        self.cell = tensor._shared_cell()
        self.stamp = self.cell.stamp

    def check(self) -> None:
        if self.tensor._array is self.array and self.cell.stamp == self.stamp:
            return
        same = self.tensor._cell is self.cell
        writer = "`.data =`" if not same else repr(self.cell.writer) if self.cell.stamp != self.stamp else "a new shape"
        raise MutationError(
            f"checkpoint: a tensor of shape {self.tensor.shape} is needed to compute the function again, but {writer} "
            "has changed it since\n  fix: call backward before it changes, or pass the function a clone() of it"
        )


class _CellSince(VersionCell):
    """The cell of a value that was computed again: what the second call itself wrote before keeping it is no change."""

    def __init__(self, cell: VersionCell, start: int, kept: int) -> None:
        self._cell = cell
        self._start = start
        self._kept = kept

    @property
    def stamp(self) -> int:  # type: ignore[override]  # read where a plain cell has an attribute
        stamp = self._cell.stamp
        return 0 if self._start < stamp <= self._kept else stamp

    @property
    def writer(self) -> str:  # type: ignore[override]  # as above
        return self._cell.writer


class _Segment:
    """A forgotten part of the graph: called with one of its nodes, it computes again what all of them saved."""

    def __init__(self, call: Callable[[], Any], nodes: list[Node], state: Any, entries: list[_Entry]) -> None:
        self.call = call
        self.nodes = nodes
        self.state = state
        # Parameters come in through the function itself.
        leaves = {e: e.tensor() for node in nodes for e in node.edges if isinstance(e, Leaf)}
        self.entries = [*entries, *(_Entry(t) for t in leaves.values() if t is not None)]
        for node in nodes:
            # What saved nothing need not be computed again.
            if node.cells:
                node.saved = self
                # Not empty, so that a backward that frees knows that there is something to free.
                node.cells = (None,)

    def __call__(self, wanted: Node) -> tuple[Any, ...]:
        for entry in self.entries:
            entry.check()
        before = default_generator.get_state()
        start = next_serial()
        try:
            if self.state is not None:
                default_generator.set_state(self.state)
            with enable_grad():
                again = _recorded_since(self.call(), start)
        finally:
            default_generator.set_state(before)
        if [n.op for n in again] != [n.op for n in self.nodes]:
            raise GraphError(
                "checkpoint: the function ran other operations when it was computed again "
                f"({len(again)} instead of {len(self.nodes)})\n"
                "  fix: it must depend on nothing but its arguments and the default generator"
            )
        known = set(self.nodes)
        for node, fresh in zip(self.nodes, again, strict=True):
            if any(old is not new and old not in known for old, new in zip(node.edges, fresh.edges, strict=True)):
                raise MutationError(
                    f"checkpoint: what {node.name!r} is computed from was changed by a recorded operation since\n"
                    "  fix: pass the function a clone() of what is written to later"
                )
            _check_alike(node, fresh)
            if node.saved is self:
                node.saved = fresh.saved
                node.cells = tuple(cell and _CellSince(cell, start, fresh.serial) for cell in fresh.cells)
            # The second graph lives on only as shapes of what was not kept.
            fresh.saved = None
        self.nodes, self.entries = [], []
        saved: Any = wanted.saved
        return saved(wanted) if callable(saved) else saved


def _check_alike(node: Node, fresh: Node) -> None:
    """Raise where record level kept what an operation was computed from, and it is something else now."""
    if node.info is None or fresh.info is None:
        return
    for then, now in zip(node.info.operands, fresh.info.operands, strict=True):
        if not isinstance(then, np.ndarray):
            continue
        # A product may be rounded in another way when it is computed again.
        rounding = 1e3 * np.finfo(then.dtype).eps if then.dtype.kind == "f" else 0
        if not np.allclose(then, now, rtol=rounding, atol=rounding, equal_nan=True):
            raise MutationError(
                f"checkpoint: computed again, {node.name!r} gets other operands of shape {then.shape} than before: "
                "what the function uses was changed past the engine\n"
                "  fix: write to a copy, or with the tensor's own operations, whose writes are counted"
            )


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function, keep only its inputs and outputs, and call it again when backward needs what lies between.

    Gradients are those of the plain call, of every order, for arguments and for whatever else the function uses.

    Args:
        function: depends only on its arguments, tensors it uses, and the default generator.
        *args: its arguments.
        use_reentrant: accepted for PyTorch's sake; both ways give the same here.
        preserve_rng_state: draw the same random numbers again, as dropout needs.
        **kwargs: its keyword arguments.

    Raises:
        GraphError: in backward, if the second call ran other operations.
        MutationError: in backward, if an argument or a leaf that the function uses was changed since.
    Source: torch.utils.checkpoint.checkpoint; Chen et al. (2016).

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> checkpoint(lambda t: (t * t).exp().sum(), x).backward(); x.grad
        tensor([  5.4366, 218.3926])
    """
    if not is_grad_enabled():
        return function(*args, **kwargs)
    state = default_generator.get_state() if preserve_rng_state else None
    entries = [_Entry(t) for t in _tensors((args, kwargs))]
    start = next_serial()
    outputs = function(*args, **kwargs)
    nodes = _recorded_since(outputs, start)
    _Segment(lambda: function(*args, **kwargs), nodes, state, entries)
    return outputs


def checkpoint_sequential(functions: Any, segments: int, input: Any, **options: Any) -> Any:
    """Run functions one after another in checkpointed segments.

    Source: torch.utils.checkpoint.checkpoint_sequential.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor([0.5], requires_grad=True)
        >>> checkpoint_sequential([ag.exp, ag.log, ag.sin], 2, x)
        tensor([0.4794], grad_fn=<sin>)
    """
    steps = list(functions)
    size = max(1, -(-len(steps) // segments))

    def segment(part: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for step in part:
                value = step(value)
            return value

        return run

    for first in range(0, len(steps), size):
        input = checkpoint(segment(steps[first : first + size]), input, **options)
    return input
