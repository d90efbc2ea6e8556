"""Rows of one, two and many operands: the general row's form with shorter paths, and rows whose results are views."""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from autograd_np._typing import Array
from autograd_np.core.dtypes import default_float, promoted
from autograd_np.core.modes import RECORD, modes
from autograd_np.core.node import UNKNOWN, GraphNode, Node, remember
from autograd_np.core.op import Op, Rule, as_ndarray, explained, kept_of, like_of, positional, value_of
from autograd_np.core.tensor import Tensor, View
from autograd_np.core.versions import VersionCell, next_serial
from autograd_np.errors import AutogradError

__all__ = ["BinaryOp", "UnaryOp", "VariadicOp", "ViewOp"]

_ndarray = np.ndarray
_new = object.__new__
_NOTHING: dict[str, Any] = {}


class UnaryOp(Op):
    """A row of one operand; the same form with a shorter path."""

    __slots__ = ("_keeps_x", "_keeps_y", "_plain", "_rule")

    def __init__(self, name: str, kernel: Callable[..., Any], rule: Rule | None, **options: Any) -> None:
        super().__init__(name, kernel, rule, **options)
        self._rule = rule
        self._keeps_y = self.keeps_output[0]
        self._keeps_x = self.keeps[0][0]
        self._plain = not self.by_products and self.outputs == 1

    def __call__(self, x: Any, **static: Any) -> Any:
        """Return the kernel's array for an array, a recorded Tensor for a Tensor."""
        if not isinstance(x, Tensor):
            if type(x) is _ndarray:
                y = self.kernel(x, **static)
                return y if type(y) is _ndarray else self._outputs_of(y)
            return self.on_arrays(x, **static)
        if not self._plain:
            return super().__call__(x, **static)
        if x._view is not None:
            x._live()
        array = x._array
        if self.lifts and array.dtype.kind != "f":
            array = array.astype(default_float())
        try:
            y = self.kernel(array, **static) if static else self.kernel(array)
        except AutogradError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise explained(self.name, (array,), error) from error
        if type(y) is not _ndarray:
            y = as_ndarray(y)
        result = _new(Tensor)
        result._array, result._node, result._cell, result._view = y, None, None, None
        parent = x._node
        if parent is None or self._rule is None:
            return result
        level = modes.level
        if not level:
            return result
        saved: tuple[Any, Any]
        cells: tuple[VersionCell | None, ...]
        cell_y = VersionCell() if self._keeps_y else None
        if self._keeps_x:
            cell = x._cell
            if cell is None:
                cell = x._cell = VersionCell()
            saved, cells = (y if cell_y else None, array), (cell_y, cell)
        elif cell_y:
            saved, cells = (y, parent), (cell_y, None)
        else:
            saved, cells = (None, parent), ()
        result._node = node = Node(self, y, (parent,), saved, static, cells)
        result._cell = cell_y
        if level == RECORD:
            remember(node, (x,), y)
        return result

    def vjp(self, node: Node, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the cotangent of every operand that has a node, None for the others."""
        if not self._plain:
            return super().vjp(node, g, saved)
        y, x = saved
        if y is None:
            y = node
        rule: Any = self._rule
        return ((rule(g, y, x, **node.static) if node.static else rule(g, y, x)),)


class BinaryOp(Op):
    """A row of two operands that broadcast against each other, without static keywords, by-products or ports."""

    __slots__ = ("_plans", "function")

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        rule_a: Rule | None,
        rule_b: Rule | None,
        *,
        broadcasts: bool = True,
        promotion: str | None = "category",
    ) -> None:
        super().__init__(name, kernel, rule_a, rule_b, broadcasts=broadcasts, promotion=promotion)
        # Which of (output, a, b) are kept, by which operands need a gradient: a, b, or both.
        (aa, ab), (ba, bb) = self.keeps
        ya, yb = self.keeps_output
        self._plans = ((ya, aa, ab), (yb, ba, bb), (ya or yb, aa or ba, ab or bb))
        #: The call as a plain function: operators are this very function, with no frame between.
        self.function = _binary_function(self)

    def __call__(self, a: Any, b: Any) -> Any:
        """Return the kernel's array for arrays, a recorded Tensor as soon as one operand is a Tensor."""
        if type(a) is _ndarray and type(b) is _ndarray:
            y = self.kernel(a, b)
            return y if type(y) is _ndarray else as_ndarray(y)
        return self.function(a, b)

    def vjp(self, node: Node, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the cotangent of every operand that has a node, None for the others."""
        y, a, b = saved
        if y is None:
            y = node
        pa, pb = node.edges
        rule_a, rule_b = self.rules
        return (
            None if pa is None or rule_a is None else rule_a(g, y, a, b),
            None if pb is None or rule_b is None else rule_b(g, y, a, b),
        )


def _refers(rule: Rule | None, position: int) -> bool:
    """Tell whether a rule uses its parameter at this position."""
    if type(rule) is not FunctionType or len(positional(rule)) <= position:
        return rule is not None and type(rule) is not FunctionType
    name = positional(rule)[position]
    used = (i.argval for i in dis.get_instructions(rule))
    return any(name in u if isinstance(u, tuple) else name == u for u in used)


def _binary_function(op: BinaryOp) -> Callable[[Any, Any], Any]:
    """Return the call of a binary row, with everything that was decided at import in its closure."""
    kernel, name, lifts = op.kernel, op.name, op.lifts
    plan_a, plan_b, plan_both = op._plans
    promotes = op.promotion is not None
    rule_a, rule_b = op.rules
    # A constant array's shape is noted only where a rule asks for it; Python scalars are kept for drawings.
    silent_a, silent_b = not _refers(rule_b, 2), not _refers(rule_a, 3)
    # An operand that is never differentiated: its node, if it has one, is no part of this operation's history.
    one_sided = rule_a is None or rule_b is None

    def call(a: Any, b: Any) -> Any:
        if isinstance(a, Tensor):
            if a._view is not None:
                a._live()
            x, pa = a._array, a._node
        elif isinstance(b, Tensor):
            x, pa = value_of(a), None
        else:
            return op.on_arrays(a, b)
        if isinstance(b, Tensor):
            if b._view is not None:
                b._live()
            z, pb = b._array, b._node
        else:
            z, pb = value_of(b), None
        if type(x) is not _ndarray:
            same = z.dtype.kind == "f"
        elif type(z) is not _ndarray:
            same = x.dtype.kind == "f"
        else:
            same = x.dtype is z.dtype and not (lifts and x.dtype.kind != "f")
        if not same and promotes:
            x, z = promoted((x, z), floats=lifts)
        try:
            y = kernel(x, z)
        except AutogradError:
            raise
        except (ValueError, TypeError, OverflowError) as error:
            raise explained(name, (x, z), error) from error
        if type(y) is not _ndarray:
            y = as_ndarray(y)
        result = _new(Tensor)
        result._array = y
        result._node = result._cell = result._view = None
        if one_sided:
            pa, pb = (None if rule_a is None else pa), (None if rule_b is None else pb)
        if pa is None and pb is None:
            return result
        level = modes.level
        if not level:
            return result
        keeps_y, keeps_a, keeps_b = plan_a if pb is None else plan_b if pa is None else plan_both
        cell_y = cell_a = cell_b = None
        saved_a: Any = pa
        saved_b: Any = pb
        if keeps_a:
            saved_a = x
            if isinstance(a, Tensor):
                cell_a = a._cell
                if cell_a is None:
                    cell_a = a._cell = VersionCell()
        elif pa is None:
            saved_a = UNKNOWN if silent_a and type(x) is _ndarray else like_of(x)
        if keeps_b:
            saved_b = z
            if isinstance(b, Tensor):
                cell_b = b._cell
                if cell_b is None:
                    cell_b = b._cell = VersionCell()
        elif pb is None:
            saved_b = UNKNOWN if silent_b and type(z) is _ndarray else like_of(z)
        if keeps_y:
            result._cell = cell_y = VersionCell()
        # Node's constructor, spelt out: every arithmetic operation of a model passes here.
        result._node = node = _new(Node)
        node.serial = next_serial()
        node.op = op
        node.edges = (pa, pb)
        node.saved = (y if keeps_y else None, saved_a, saved_b)
        node.static = _NOTHING
        node.cells = (cell_y, cell_a, cell_b) if keeps_y or keeps_a or keeps_b else ()
        node.shape = y.shape
        node.dtype = y.dtype
        node.extra = None
        if level == RECORD:
            remember(node, (a, b), y)
        return result

    return call


class VariadicOp(Op):
    """A row of any number of alike operands; its one rule gets them as a tuple and the index of the one asked for."""

    __slots__ = ("_rule",)

    def __init__(
        self, name: str, kernel: Callable[..., Any], rule: Rule, *, promotion: str | None = "category"
    ) -> None:
        super().__init__(name, kernel, rule, promotion=promotion)
        self.single = False  # one rule for all operands
        self._rule = rule

    def _read_save_list(self) -> None:
        (rule,) = self.rules
        _, y, xs, *_ = positional(rule)  # type: ignore[arg-type]  # a variadic row has its rule
        self.keeps = ((not xs.startswith("_"),),)
        self.keeps_output = (not y.startswith("_"),)
        self.operand_names = (xs.strip("_"),)

    def edges_of(self, operands: Sequence[Any]) -> tuple[GraphNode | None, ...]:
        """Return the node of each operand that has one."""
        for operand in operands:
            if isinstance(operand, Tensor):
                operand._live()
        return tuple(operand._node if isinstance(operand, Tensor) else None for operand in operands)

    def node(
        self,
        output: Any,
        operands: Sequence[Any],
        arrays: Sequence[Any],
        edges: tuple[GraphNode | None, ...],
        static: dict[str, Any],
        extras: tuple[Any, ...] = (),
    ) -> Node:
        """Return the node that records this call; what the one rule names is kept of every operand."""
        keep, keep_y = self.keeps[0][0], self.keeps_output[0]
        pairs = [kept_of(o, a, e, keep=keep) for o, a, e in zip(operands, arrays, edges, strict=True)]
        saved = (output if keep_y else None, *(value for value, _ in pairs))
        cells = (VersionCell() if keep_y else None, *(cell for _, cell in pairs)) if keep or keep_y else ()
        node = Node(self, output, edges, saved, static, cells)
        if modes.level == RECORD:
            remember(node, tuple(operands), output)
        return node

    def vjp(self, node: Node, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the cotangent of every operand that has a node, None for the others."""
        y, xs = saved[0], saved[1:]
        shown = node if y is None else y
        return tuple(
            None if edge is None else self._rule(g, shown, xs, i, **node.static) for i, edge in enumerate(node.edges)
        )


class ViewOp(UnaryOp):
    """A row of one operand whose result may look into the operand's memory."""

    __slots__ = ()

    def __call__(self, x: Any, **static: Any) -> Any:
        """Return the result, tied to its base where it looks into the operand's memory."""
        result = super().__call__(x, **static)
        if isinstance(x, Tensor):
            made, source = result._array, x._array
            if made is source:
                result._array = made = made[...]
            base = made.base
            # Stride tricks and arrays over foreign memory put objects of their own between a view and its source.
            if base is not None and (base is source or base is source.base or np.may_share_memory(made, source)):
                cell = x._shared_cell()
                result._cell = cell
                result._view = View(x, self, static, cell.rewired, "" if modes.level else "made under no_grad()")
        return result

    def node_for_view(self, base: Tensor, array: Array, static: dict[str, Any]) -> Node | None:
        """Return a new node for a view of a base whose own node was replaced by a recorded write."""
        if base._node is None:
            return None
        return self.node(array, (base,), (base._array,), (base._node,), static)
