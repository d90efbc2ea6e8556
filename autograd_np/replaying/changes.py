"""What a recorded call changes: writes in place, gradients, and the backward passes that compute them."""

from __future__ import annotations

from types import FrameType
from typing import Any

import numpy as np

from autograd_np.core import Leaf, Tensor
from autograd_np.replaying.derivatives import Backward
from autograd_np.replaying.known import Known, arguments
from autograd_np.replaying.tape import RefusedError
from autograd_np.tracing.logged import Logged

__all__ = ["Changes"]


class Changes(Known):
    """Puts what a call changes on the tape."""

    # --- writes in place -------------------------------------------------------------------------------------------

    def _write(self, frame: FrameType) -> None:
        target, operation, *others = arguments(frame)[0]
        self._know((target, others))
        self._targets.append(self.tape.symbol(target._array, "a write in place"))
        writer = f"{getattr(operation, 'name', getattr(operation, '__name__', 'write'))}_"

        def end(result: Any) -> None:
            self._targets.pop()
            if result is not None:
                new = frame.f_locals["result"]
                self._written(target, self.tape.symbol(new._array, writer), writer)

        self._after(frame, end)

    def _overwrite(self, frame: FrameType) -> None:
        (target, op, _, *others), static = arguments(frame)
        self._know((target, others, static))
        entry = self.tape.symbol(target._array, op.name)
        operands = [entry, *(self.tape.operand(op, x) for x in others)]
        value, _ = self.tape.kernel(op, operands, self.tape.lifted(static, op.name))

        def end(result: Any) -> None:
            if result is None:
                return
            if value.value.astype(target.dtype).tobytes() != target._array.tobytes():
                message = f"{op.name} wrote something else than its row computes"
                raise RefusedError(message)
            self._written(target, value, f"{op.name}_")

        self._during(frame, end)

    def _written(self, target: Tensor, value: Logged, writer: str) -> None:
        """Note that a value was copied into a Tensor's memory, and whose it is."""
        entry = self.tape.symbol(target._array, writer)
        root: Any = self.tape.roots[entry]
        if root.form in ("input", "array"):
            what = "an argument" if root.form == "input" else "an array from outside"
            message = f"{what} is written in place by {writer}\n  fix: write to a clone() of it"
            raise RefusedError(message)
        self.tape.changed(entry)
        self.tape.entry("do", np.copyto, ((entry, value), {"casting": "same_kind"}), None)
        if root.form in ("external", "gradient"):
            self.tape.entry("stamp", (root.head, writer, root.form), (), None)

    def _grad_set(self, frame: FrameType) -> None:
        (tensor, value), _ = arguments(frame)
        if not self._from_outside(tensor):
            message = "the gradient of a tensor that replay does not watch is assigned"
            raise RefusedError(message)
        if value is None:
            self.tape.entry("grad", tensor, (), None)
        else:
            self._know(value)
            self.tape.entry("grad", tensor, (self.tape.symbol(value._array, "grad ="),), None)

    def _requires_grad(self, frame: FrameType) -> None:
        args, _ = arguments(frame)
        wanted = args[1] if len(args) > 1 else True
        if (args[0]._node is not None) != bool(wanted):
            message = "requires_grad changes inside the call\n  fix: change it outside"
            raise RefusedError(message)

    # --- backward --------------------------------------------------------------------------------------------------

    def _backward(self, frame: FrameType) -> None:
        given = frame.f_locals
        if given["create_graph"] or given["inputs"] is not None or given.get("check"):
            message = "backward(create_graph=True), or with inputs= or check="
            raise RefusedError(message)
        roots = self._roots(given["tensors"], given["grad_tensors"])
        leaves: list[tuple[Tensor, Logged, Any]] = []
        for node, g in Backward(self.tape, set()).run(roots).items():
            tensor = node.tensor() if isinstance(node, Leaf) else None
            if tensor is None:
                continue
            if not self._from_outside(tensor):
                message = f"a leaf of shape {tensor.shape} that replay does not watch receives a gradient"
                raise RefusedError(message)
            own = self.tape.is_own(g) and not any(np.may_share_memory(g.value, h.value) for _, h, _ in leaves)
            leaves.append((tensor, g, None if tensor._grad is None else tensor._grad._array.copy()))
            self.tape.entry("deposit", (tensor, own), (g,), None)

        def end(_: Any) -> None:
            for tensor, g, before in leaves:
                grad: Any = tensor._grad
                expected = g.value if before is None else before + g.value
                if grad is None or grad._array.tobytes() != expected.tobytes():
                    message = f"backward gave another gradient of shape {tensor.shape} when it was run again"
                    raise RefusedError(message)
                self.differentiated[id(tensor)] = tensor
                self.tape.source("gradient", tensor, grad._array)

        self._during(frame, end)

    def _gradients(self, frame: FrameType) -> None:
        given = frame.f_locals
        if given["create_graph"] or given["allow_unused"] or given["materialize_grads"]:
            message = "grad() with create_graph, allow_unused or materialize_grads"
            raise RefusedError(message)
        inputs = [given["inputs"]] if isinstance(given["inputs"], Tensor) else list(given["inputs"])
        nodes: list[Any] = [x._node for x in inputs]
        roots = self._roots(given["outputs"], given["grad_outputs"])
        arrived = Backward(self.tape, {node for node in nodes if node is not None}).run(roots)

        def end(result: Any) -> None:
            for node, g in zip(nodes, result or (), strict=False):
                if arrived[node].value.tobytes() != g._array.tobytes():
                    message = "grad() gave another gradient when it was run again"
                    raise RefusedError(message)
                # What a user gets aliases nothing.
                made = arrived[node].copy()
                made.value = g._array
                self.tape.bind(g._array, made)

        self._during(frame, end)

    def _roots(self, outputs: Any, given: Any) -> list[tuple[Any, Logged]]:
        """Return where a backward begins, and with which cotangents."""
        ys = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        gs = [None] * len(ys) if given is None else [given] if isinstance(given, (Tensor, np.ndarray)) else list(given)
        roots = []
        for y, g in zip(ys, gs, strict=True):
            y._live()
            self._know((y, g))
            if g is None:
                entry = self.tape.source("constant", None, np.ones(y.shape, y.dtype))
            elif isinstance(g, Tensor) and g.dtype == y.dtype:
                entry = self.tape.symbol(g._array, "backward")
            else:
                message = "backward() begins with a gradient of another type"
                raise RefusedError(message)
            roots.append((y._node, entry))
        return roots
