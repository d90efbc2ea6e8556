"""A recorded graph run again on logged arrays: kernels forward, rules backward, each leaving its lines of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np.autograd.function import FunctionOp
from autograd_np.core import GraphNode, Info, Leaf, Node, Op, Port
from autograd_np.core.engine import reduce_to
from autograd_np.core.op import as_ndarray
from autograd_np.errors import AutogradError, GraphError, MutationError, UnsupportedError
from autograd_np.tracing.logged import Logged, UntraceableError, unwrapped
from autograd_np.viz.log import Log
from autograd_np.viz.sources import Copier, import_path
from autograd_np.viz.values import FAILURES

__all__ = ["Transcript", "agree"]

#: Arrays up to this many elements are written out where they are used.
SMALL = 16
#: A kernel that comes to at most so many expressions is written as these, not copied: a lambda, another, a placing one.
LAMBDA, FUNCTION, PLACING = 8, 3, 4


class Transcript:
    """The log of a recorded computation and of its backward.

    Args:
        order: leaves, operations and ports, operands first.
        called: the name of each.
        root: the node of the output.
        cotangent: array to start backward with, or None for 1.
    """

    def __init__(
        self, order: Sequence[GraphNode], called: Mapping[GraphNode, str], root: GraphNode, cotangent: Any
    ) -> None:
        self.copier = Copier()
        self.log = Log(self._row, self._lifted)
        #: Arrays that the program takes: those of leaves, and constants.
        self.inputs: list[Logged] = []
        #: Settings that are defined above the program: geometry, by the object that rules pass on.
        self.settings: dict[int, tuple[str, Any]] = {}
        self.gradients: dict[Leaf, Logged] = {}
        self._called = called
        self._constants: dict[tuple[Any, ...], Logged] = {}
        self._hints: dict[int, str] = {}
        self._equal: dict[Any, Any] = {}
        self._place = ""
        self._variables: dict[GraphNode, Any] = {}
        self._saved: dict[Node, tuple[Any, ...]] = {}
        with np.errstate(all="ignore"):
            self._run_forward(order)
            self.output: Logged = self._variables[root]
            self._run_backward(order, root, cotangent)

    # --- inputs and settings ---------------------------------------------------------------------------------------

    def _input(self, value: Any, wish: str) -> Logged:
        # No copy of the list of entries may lose it: what an attempt took from outside stays taken.
        entry = Logged(self.log, -1 - len(self.inputs), "input", "", (), value)
        entry.wish = wish
        self.inputs.append(entry)
        return entry

    def _constant(self, array: Any, wish: str = "") -> Logged:
        """Return the input for an array; equal ones are one input."""
        key = (array.shape, array.dtype, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self._input(array, wish or self._hints.get(id(array), "c"))
        return self._constants[key]

    def _lifted(self, part: Any) -> Any:
        """Return arguments with inputs in place of large arrays, and one object for settings that are equal."""
        if isinstance(part, np.ndarray):
            return self._constant(part) if part.size > SMALL else part
        if hasattr(part, "_fields"):
            return self._setting(part)
        if type(part) in (tuple, list):
            return type(part)(self._lifted(item) for item in part)
        if type(part) is dict:
            return {key: self._lifted(value) for key, value in part.items()}
        return part

    def _setting(self, value: Any) -> Any:
        try:
            known = self._equal.setdefault(value, value)
        except TypeError:
            # It holds arrays: the program takes these, and makes it of them.
            entry = self.log.add("call", self.copier.type(type(value)), (tuple(value), {}), value)
            entry.wish = self._hints.get(id(value), "")
            return entry
        if id(known) not in self.settings:
            wish = self._hints.get(id(value), type(value).__name__).upper()
            count = sum(name.rpartition("_")[0] == wish or name == wish for name, _ in self.settings.values())
            self.settings[id(known)] = (f"{wish}_{count + 1}" if count else wish, known)
        return known

    # --- forward ---------------------------------------------------------------------------------------------------

    def _run_forward(self, order: Sequence[GraphNode]) -> None:
        self.log.heading("forward")
        leaves = self._leaf_values(order)
        for node in order:
            if isinstance(node, Leaf):
                self._variables[node] = self._input(leaves[node], self._called[node])
        for node in order:
            if isinstance(node, Node):
                self._variables[node] = self._operation(node)
            elif isinstance(node, Port) and node.edges[0] is not None:
                self._variables[node] = self._variables[node.edges[0]][node.index]

    def _leaf_values(self, order: Sequence[GraphNode]) -> dict[GraphNode, Any]:
        """Return what each leaf held when it was first used; what nothing used still holds it."""
        found: dict[GraphNode, Any] = {}
        for node in order:
            if isinstance(node, Node):
                info = _info(node)
                for parent, operand in zip(node.edges, info.operands, strict=True):
                    if isinstance(parent, Leaf):
                        found.setdefault(parent, operand)
            elif isinstance(node, Leaf):
                tensor = node.tensor()
                if tensor is not None and len(order) == 1:
                    found[node] = tensor._array
        return found

    def _operation(self, node: Node) -> Any:
        """Return the results of an operation; what its rules may ask for is noted."""
        info = _info(node)
        for key, value in node.static.items():
            self._hint(key, value)
        operands = [self._operand(node, info, slot) for slot in range(len(node.edges))]
        for prepare in (node.op._promoted, list):
            # NumPy's front door enters rows without promotion, and which door it was is not recorded.
            mark = self.log.mark()
            try:
                cast = [_as_type(x, y) for x, y in zip(operands, prepare(unwrapped(operands)), strict=True)]
                result, extras = self._kernel(node.op, cast, node.static)
            except FAILURES:
                self.log.rewind(mark)
                continue
            if agree(unwrapped(result), info.output):
                break
            self.log.rewind(mark)
        else:
            message = (
                f"to_numpy_source: {node.op.name!r} gives another value than it gave when it was recorded"
                f"{f' at {info.source}' if info.source else ''}\n"
                "  fix: a kernel must depend on nothing but its operands and settings"
            )
            raise GraphError(message)
        self._saved[node] = (result, *cast, *extras)
        place = "  ".join(filter(None, [info.module, info.source]))
        # A place is said once for all the lines that come from it.
        place, self._place = ("" if place == self._place else place), place
        if not isinstance(result, tuple):
            named = self._named(result, self._called[node], node, _shape_of(result), place)
            self._saved[node] = (named, *cast, *extras)
            return named
        for k, part in enumerate(result):
            part.wish, part.key = f"{self._called[node]}_{k}", (node, k)
            part.comment = "  ".join(filter(None, [_shape_of(part), place if part is result[-1] else ""]))
        return result

    def _hint(self, key: str, value: Any) -> None:
        """Note what an object among an operation's settings is called, for the names of what is made of it."""
        if isinstance(value, np.ndarray) or hasattr(value, "_fields"):
            self._hints[id(value)] = key
        elif type(value) is tuple:
            for item in value:
                self._hint(key, item)

    def _operand(self, node: Node, info: Info, slot: int) -> Any:
        parent, recorded = node.edges[slot], info.operands[slot]
        if parent is None:
            if recorded is None or isinstance(recorded, (bool, int, float)):
                return recorded
            if isinstance(recorded, np.generic):
                return recorded.item()
            return self._constant(np.asarray(recorded), info.names[slot] or _role(node.op, slot))
        variable: Logged = self._variables[parent]
        if not agree(variable.value, recorded):
            name = self._called.get(parent, "an operand")
            message = (
                f"to_numpy_source: {name} was changed by something that was not recorded before {node.op.name!r} used "
                "it\n  fix: do not write to it inside no_grad() or through its NumPy array between two uses"
            )
            raise MutationError(message)
        return variable

    def _named(self, entry: Logged, wish: str, key: Any, *comment: str) -> Logged:
        """Return an entry with a name and a comment; the name may be that of an earlier one with the same key."""
        alias = self.log.add("alias", "", (entry,), entry.value, pure=False)
        alias.wish, alias.key, alias.comment = wish, key, "  ".join(filter(None, comment)).replace("\n", " ")
        return alias

    # --- rows --------------------------------------------------------------------------------------------------------

    def _row(self, row: Op, operands: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Answer a row that a rule or a kernel calls on logged arrays."""
        return self._kernel(row, operands, static)[0]

    def _kernel(self, row: Op, operands: Sequence[Any], static: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
        """Return a kernel's results and by-products, written as what it does or as a call of its copy."""
        if hasattr(row, "into"):
            return self._placed(row, operands[0], **static), ()
        values, extras = row.run([as_ndarray(x.value) if isinstance(x, Logged) else x for x in operands], static)
        expected = (*(values if row.outputs > 1 else (values,)), *extras)
        many = len(expected) > 1
        limit = LAMBDA if row.kernel.__name__ == "<lambda>" or import_path(row.kernel) else FUNCTION
        mark = self.log.mark()
        try:
            found = self.log.attempt(row.kernel, tuple(operands), static, limit=limit)
            parts = tuple(found) if many else (found,)
            _must_agree(parts, expected)
        except UntraceableError:
            self.log.rewind(mark)
            name = self.copier.function(row.kernel, row.name)
            # What operators leave without axes is a number; kernels take arrays.
            arrays = [self._as_array(x) for x in operands]
            entry = self.log.add("call", name, (arrays, dict(static)), expected if many else expected[0])
            parts = self.log.items(entry) if many else (entry,)
        return (parts[: row.outputs] if row.outputs > 1 else parts[0]), parts[row.outputs :]

    def _as_array(self, x: Any) -> Any:
        number = isinstance(x, Logged) and isinstance(x.value, np.generic)
        return self.log.call("np.asarray", np.asarray, (x,), {}) if number else x

    def _placed(self, row: Any, values: Logged, shape: tuple[int, ...], **static: Any) -> Logged:
        """Return zeros with values added at some places, as rows that place values make them."""

        def placed(into: Callable[..., Any]) -> Logged:
            buffer: Logged = self.log.call("np.zeros", np.zeros, (shape, values.dtype), {})
            into(buffer, self._as_array(values), **static)
            return buffer

        mark = self.log.mark()
        try:
            found: Logged = self.log.attempt(placed, (row.into,), {}, limit=PLACING)
            _must_agree((found,), (row.kernel(as_ndarray(values.value), shape=shape, **static),))
        except UntraceableError:
            self.log.rewind(mark)
            name = self.copier.function(row.into, f"add_{row.name}")

            def by_call(buffer: Logged, values: Logged, **static: Any) -> None:
                row.into(buffer.value, values.value, **static)
                self.log.changed(buffer)
                self.log.add("do", name, ([buffer, values], static), None, pure=False)

            found = placed(by_call)
        return found

    # --- backward ----------------------------------------------------------------------------------------------------

    def _run_backward(self, order: Sequence[GraphNode], root: GraphNode, cotangent: Any) -> None:
        self.log.heading("backward")
        pending: dict[GraphNode, Any] = {}
        if cotangent is None:
            start = self.log.call("np.ones", np.ones, (tuple(root.shape), root.dtype), {})
        else:
            start = self._input(cotangent, f"d_{self._name(root)}")
        self._arrive(pending, root, start)
        for node in reversed(order):
            g = pending.pop(node, None)
            if g is None:
                continue
            if isinstance(node, Leaf):
                self.gradients[node] = g
            elif isinstance(node, Port):
                owner: Any = node.edges[0]
                outputs = pending.get(owner, (None,) * len(owner.shape))
                pending[owner] = (*outputs[: node.index], g, *outputs[node.index + 1 :])
            elif isinstance(node, Node):
                for slot, c in enumerate(self._pulled_back(node, g)):
                    parent = node.edges[slot]
                    if parent is not None and c is not None:
                        self._arrive(pending, parent, self._fitted(c, parent))

    def _name(self, node: GraphNode) -> str:
        if isinstance(node, Port) and node.edges[0] is not None:
            return f"{self._called[node.edges[0]]}_{node.index}"
        return self._called[node]

    def _arrive(self, pending: dict[GraphNode, Any], node: GraphNode, c: Logged) -> None:
        """Add a cotangent to what a node has received."""
        total = pending[node] + c if node in pending else c
        pending[node] = self._named(total, f"d_{self._name(node)}", ("d", node), _shape_of(total))

    def _pulled_back(self, node: Node, g: Any) -> tuple[Any, ...]:
        """Return what an operation's rules give for a cotangent."""
        saved = self._saved[node]
        pullback = getattr(node.op, "pullback", None)
        if pullback is None:
            try:
                return node.op.vjp(node, g, saved)
            except (AutogradError, *FAILURES, AttributeError, AssertionError) as error:
                message = (
                    f"to_numpy_source: the rule of {node.op.name!r} does what cannot be written as NumPy: {error}\n"
                    "  fix: a rule may use operators, rows and NumPy's functions on its operands"
                )
                raise UnsupportedError(message) from error
        # One function answers for all operands of a fused row.
        wanted = tuple(edge is not None for edge in node.edges)
        given = {"wanted": wanted, **node.static}
        value = pullback(unwrapped(g), *unwrapped(saved), **given)
        name = self.copier.function(pullback, f"{node.op.name}_back")
        return self.log.items(self.log.add("call", name, ([g, *saved], given), value))

    def _fitted(self, c: Any, parent: GraphNode) -> Logged:
        """Return a rule's result in its operand's shape and type, as the engine does."""
        if not isinstance(c, Logged):
            c = self._constant(as_ndarray(c), "c")
        if c.shape != parent.shape:
            c = reduce_to(c, parent.shape)
        return c if c.dtype == parent.dtype else c.astype(parent.dtype)


def _info(node: Node) -> Info:
    if isinstance(node.op, FunctionOp):
        message = (
            f"to_numpy_source: {node.op.name} is a Function, whose forward and backward work on Tensors\n"
            "  fix: define it as a row, autograd_np.Op, with a kernel and rules for arrays"
        )
        raise UnsupportedError(message)
    if node.info is None:
        message = (
            f"to_numpy_source: {node.op.name!r} was not recorded in full\n"
            "  fix: compute the output inside `with autograd_np.record():`"
        )
        raise GraphError(message)
    return node.info


def _role(row: Op, slot: int) -> str:
    """Return what a row calls an operand, for constants without a name."""
    names = row.operand_names
    name = names[slot] if slot < len(names) else names[0]
    return name if name.isidentifier() else "c"


def _as_type(x: Any, like: Any) -> Any:
    return x.astype(like.dtype) if isinstance(x, Logged) and x.dtype != like.dtype else x


def _shape_of(x: Logged) -> str:
    return str(tuple(x.shape)) if x.shape else ""


def _must_agree(parts: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    """Raise UntraceableError unless a trace computes what the kernel computes."""
    if not all(isinstance(part, Logged) for part in parts) or not agree(unwrapped(parts), expected):
        message = "the trace computes something else"
        raise UntraceableError(message)


def agree(found: Any, expected: Any) -> bool:
    """Tell whether values are the same but for the order in which a product may be summed."""
    if isinstance(expected, tuple):
        return isinstance(found, tuple) and len(found) == len(expected) and all(map(agree, found, expected))
    if not isinstance(expected, (np.ndarray, np.generic)):
        return bool(found is expected or found == expected)
    a, b = np.asarray(found), np.asarray(expected)
    # An operator leaves a number where arrays have no axes: shape and type tell whether it is the same.
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    finite = np.abs(b[np.isfinite(b)])
    scale = 64 * float(np.finfo(b.dtype).eps)
    return bool(np.allclose(a, b, rtol=scale, atol=scale * float(finite.max(initial=0)), equal_nan=True))
