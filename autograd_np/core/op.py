"""The row: an operation is a name, a NumPy kernel, and one vector-Jacobian product per operand.

Called on arrays a row returns its kernel's array; called on Tensors it records. A rule is
`(g, y, *operands, *by_products, **static) -> cotangent of its operand`, where a parameter whose name starts with an
underscore is not kept: only its shape and type arrive. The signature is the save list, read once, at import.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from autograd_np.core.arrays import as_array
from autograd_np.core.dtypes import promoted
from autograd_np.core.modes import RECORD, modes
from autograd_np.core.node import GraphNode, Like, Node, port_of, remember
from autograd_np.core.tensor import Tensor, wrap
from autograd_np.core.versions import VersionCell
from autograd_np.errors import (
    ArgumentError,
    AutogradError,
    DecompositionError,
    DTypeError,
    ShapeError,
    aligned_shapes,
    clash,
)

__all__ = ["Op", "Rule", "as_ndarray", "explained", "kept_of", "like_of", "positional", "registry", "value_of"]

Rule: TypeAlias = Callable[..., Any]
_ndarray = np.ndarray
_new = object.__new__
_PLAIN = (float, int, bool)

#: Every row by name, in order of definition: tests, labels and documentation walk it. A row defined again, as in a
#: notebook's cell that is run twice, takes its predecessor's place.
registry: dict[str, Op] = {}


class Op:
    """A row of any number of operands, outputs and by-products.

    Args:
        name: what errors, drawings and the registry call it; unique.
        kernel: NumPy function of the operands' arrays and the static keywords.
        rules: one vector-Jacobian product per operand; None for operands that are never differentiated.
        broadcasts: operands broadcast against each other, so the engine sums cotangents back to their shapes.
        promotion: None; 'category' for PyTorch's promotion; 'float' lifts integers to the default float as well.
        outputs: how many outputs the kernel returns; with more than one, `y` and `g` are tuples in rules.
        by_products: names of further kernel results that rules take after the operands, each with the expression
            that recomputes it from Tensors for higher orders, or None where it is piecewise constant.
        pullback: what the rules say as one NumPy function `(g, y, *operands, *by_products, wanted=..., **static)` that
            returns a cotangent per operand, for first derivatives; `wanted` tells which are asked for, the others may
            be None. For rows so frequent that calling rows from rules shows.
    """

    __slots__ = (
        "broadcasts",
        "by_products",
        "fresh",
        "keeps",
        "keeps_output",
        "kernel",
        "lifts",
        "name",
        "operand_names",
        "outputs",
        "plans",
        "promotion",
        "pullback",
        "rules",
        "single",
    )

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        *rules: Rule | None,
        broadcasts: bool = False,
        promotion: str | None = None,
        outputs: int = 1,
        by_products: Mapping[str, Rule | None] | None = None,
        pullback: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.rules = rules
        self.broadcasts = broadcasts
        self.promotion = promotion
        self.lifts = promotion == "float"
        self.outputs = outputs
        self.by_products = dict(by_products or {})
        #: One output and nothing beside it, which has a shorter path.
        self.single = outputs == 1 and not self.by_products
        #: What a rule returns is g, a view, a saved array, or an array nobody else holds; users' code may break this.
        self.fresh = True
        self.pullback = pullback
        self._read_save_list()
        #: What is kept, by which operands have a node: (output, *operands). Filled as the cases come.
        self.plans: dict[tuple[bool, ...], tuple[bool, ...]] = {}
        registry[name] = self

    def _read_save_list(self) -> None:
        """Derive from the rules' signatures what each of them keeps: `keeps[rule][operand]`, `keeps_output[rule]`."""
        count = len(self.rules)
        keeps, outputs, names = [], [], [f"operand {i}" for i in range(count)]
        recomputed = [positional(e) for e in self.by_products.values() if e is not None]
        for rule in self.rules:
            if rule is None:
                keeps.append((False,) * count)
                outputs.append(False)
                continue
            parameters = positional(rule)
            named = [*parameters, *["_"] * (2 + count - len(parameters))]
            operands = named[2 : 2 + count]
            wanted = [not p.startswith("_") for p in operands]
            for expression in recomputed:
                wanted = [w or not p.startswith("_") for w, p in zip(wanted, expression, strict=False)]
            keeps.append(tuple(wanted))
            outputs.append(not named[1].startswith("_"))
            names = [p.strip("_") or old for p, old in zip(operands, names, strict=True)]
        self.keeps = tuple(keeps)
        self.keeps_output = tuple(outputs)
        self.operand_names = tuple(names)

    def __repr__(self) -> str:
        return f"<row {self.name}>"

    # --- forward ------------------------------------------------------------------------------------------------

    def __call__(self, *operands: Any, **static: Any) -> Any:
        """Return the kernel's array for arrays, a recorded Tensor for Tensors."""
        for operand in operands:
            if isinstance(operand, Tensor):
                break
        else:
            return self.on_arrays(*operands, **static)
        if not self.single:
            return self.recorded(operands, self._promoted([value_of(operand) for operand in operands]), static)
        # What `recorded` does, in one pass over the operands.
        arrays: list[Any] = []
        edges: list[GraphNode | None] = []
        records = False
        for operand, rule in zip(operands, self.rules, strict=True):
            if isinstance(operand, Tensor):
                if operand._view is not None:
                    operand._live()
                arrays.append(operand._array)
                edge = None if rule is None else operand._node
                records = records or edge is not None
            else:
                arrays.append(value_of(operand))
                edge = None
            edges.append(edge)
        arrays = self._promoted(arrays)
        y, _ = self.run(arrays, static)
        result = wrap(y, None)
        if records and modes.level:
            result._node = node = self.node(y, operands, arrays, tuple(edges), static)
            if node.cells:
                result._cell = node.cells[0]
        return result

    def unpromoted(self, *operands: Any, **static: Any) -> Any:
        """Return the row's result in the type that NumPy gives it; the NumPy front door enters here."""
        return self.recorded(operands, [value_of(operand) for operand in operands], static)

    def on_arrays(self, *operands: Any, **static: Any) -> Any:
        """Return the kernel's outputs alone: what a row is to rules that run on arrays.

        An operand that is no array may answer instead, by a method `__op__(row, operands, static)`: so do the symbols
        that formulas are made of.
        """
        if type(operands[0]) is not _ndarray or type(operands[-1]) is not _ndarray:
            for operand in operands:
                if hasattr(operand, "__op__"):
                    return operand.__op__(self, operands, static)
        result = self.kernel(*operands, **static)
        return result if type(result) is _ndarray else self._outputs_of(result)

    def _outputs_of(self, result: Any) -> Any:
        """Return the outputs among a kernel's results, where it returned more than one array or a scalar."""
        if self.by_products:
            result = result[: self.outputs] if self.outputs > 1 else result[0]
        if self.outputs > 1:
            return tuple(as_ndarray(y) for y in result)
        return as_ndarray(result)

    def _promoted(self, arrays: list[Any]) -> list[Any]:
        return arrays if self.promotion is None else promoted(arrays, floats=self.lifts)

    def run(self, arrays: Sequence[Any], static: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
        """Return the kernel's output (or tuple of outputs) and its by-products; failures are explained."""
        try:
            result = self.kernel(*arrays, **static)
        except AutogradError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise explained(self.name, arrays, error) from error
        if self.single:
            return as_ndarray(result), ()
        extras: tuple[Any, ...] = ()
        if self.by_products:
            extras = tuple(result[self.outputs :])
            result = result[: self.outputs] if self.outputs > 1 else result[0]
        if self.outputs > 1:
            return tuple(as_ndarray(y) for y in result), extras
        return as_ndarray(result), extras

    def recorded(self, operands: Sequence[Any], arrays: Sequence[Any], static: dict[str, Any]) -> Any:
        """Compute on `arrays` and record the operands' nodes: the general path behind every row."""
        output, extras = self.run(arrays, static)
        node = None
        if modes.level:
            edges = self.edges_of(operands)
            if any(edge is not None for edge in edges):
                node = self.node(output, operands, arrays, edges, static, extras)
        if self.outputs == 1:
            results: tuple[Tensor, ...] = (wrap(output, node),)
        else:
            results = tuple(
                wrap(y, port_of(node, k, y) if node is not None and y.dtype.kind == "f" else None)
                for k, y in enumerate(output)
            )
        if node is not None and node.cells and node.cells[0] is not None:
            for result in results:
                result._cell = node.cells[0]
        return results if self.outputs > 1 else results[0]

    def edges_of(self, operands: Sequence[Any]) -> tuple[GraphNode | None, ...]:
        """Return the node of each operand that has one and a rule to reach it."""
        edges: list[GraphNode | None] = []
        for operand, rule in zip(operands, self.rules, strict=True):
            if rule is not None and isinstance(operand, Tensor):
                operand._live()
                edges.append(operand._node)
            else:
                edges.append(None)
        return tuple(edges)

    def node(
        self,
        output: Any,
        operands: Sequence[Any],
        arrays: Sequence[Any],
        edges: tuple[GraphNode | None, ...],
        static: dict[str, Any],
        extras: tuple[Any, ...] = (),
    ) -> Node:
        """Return the node that records this call, holding what the rules of the operands with nodes name."""
        keeps_output, *keeps = self.plan(edges)
        saved: list[Any] = [output if keeps_output else None]
        cells: list[VersionCell | None] = [VersionCell() if keeps_output else None]
        for operand, array, edge, keep in zip(operands, arrays, edges, keeps, strict=True):
            value, cell = kept_of(operand, array, edge, keep=keep)
            saved.append(value)
            cells.append(cell)
        shown = output if self.outputs == 1 else Like(tuple(y.shape for y in output), output[0].dtype)
        kept = (*saved, *extras)
        node = Node(self, shown, edges, kept, static, tuple(cells) if any(cells) or extras else ())
        if modes.level == RECORD:
            remember(node, tuple(operands), output)
        return node

    def plan(self, edges: tuple[GraphNode | None, ...]) -> tuple[bool, ...]:
        """Return whether a node with these edges keeps its output, and each of its operands."""
        case = tuple([edge is not None for edge in edges])
        found = self.plans.get(case)
        if found is None:
            live = [i for i, has_node in enumerate(case) if has_node]
            output = any(self.keeps_output[i] for i in live)
            found = self.plans[case] = (output, *(any(self.keeps[i][j] for i in live) for j in range(len(case))))
        return found

    # --- backward -----------------------------------------------------------------------------------------------

    def vjp(self, node: Node, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the cotangent of every operand that has a node, None for the others.

        Args:
            node: the recorded call.
            g: cotangent of the output, an array or a Tensor; a tuple for several outputs.
            saved: the node's saved values: arrays, or Tensors re-attached to the graph for higher orders.
        """
        output, *rest = saved
        if output is None:
            output = node
        static = node.static
        if self.pullback is not None and type(g) is _ndarray:
            wanted = tuple([edge is not None for edge in node.edges])
            return tuple(self.pullback(g, output, *rest, wanted=wanted, **static))
        return tuple(
            [
                None if edge is None or rule is None else rule(g, output, *rest, **static)
                for edge, rule in zip(node.edges, self.rules, strict=True)
            ]
        )

    def saved_name(self, saved: tuple[Any, ...], position: int) -> str:
        """Return how an error calls the saved value at this position."""
        names = ("output", *self.operand_names)
        name = names[position] if position < len(names) else f"operand {position - 1}"
        value = saved[position]
        shape = ", ".join(str(np.shape(y)) for y in value) if type(value) is tuple else np.shape(value)
        return f"its {name} of shape {shape}"

    def recompute_by_products(self, saved: Sequence[Any], static: Mapping[str, Any]) -> list[Any]:
        """Return by-products as functions of re-attached operands, where they have an expression."""
        count = len(saved) - len(self.by_products)
        operands = saved[1:count]
        return [
            kept if expression is None else expression(*operands, **static)
            for kept, expression in zip(saved[count:], self.by_products.values(), strict=True)
        ]


def positional(rule: Rule) -> list[str]:
    """Return the names of a rule's positional parameters."""
    if type(rule) is FunctionType:
        # Thousands of rules are read at import; a signature object costs fifty times this.
        return list(rule.__code__.co_varnames[: rule.__code__.co_argcount])
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in inspect.signature(rule).parameters.values() if p.kind in kinds]


def value_of(operand: Any) -> Any:
    """Return what a kernel takes: an array, a Python scalar as it is (weak in promotion), or metadata's None."""
    if isinstance(operand, Tensor):
        return operand._array
    if type(operand) in _PLAIN or operand is None:
        return operand
    if isinstance(operand, np.generic):
        return operand.item()
    return as_array(operand)


def as_ndarray(y: Any) -> Any:
    """Return an array; NumPy's ufuncs hand back scalars where the result has no axes."""
    return y if type(y) is _ndarray else np.asarray(y)


def like_of(value: Any) -> Any:
    """Return what stands for an operand that is not kept and has no node."""
    return Like(value.shape, value.dtype) if type(value) is _ndarray else value


def kept_of(operand: Any, array: Any, edge: GraphNode | None, *, keep: bool) -> tuple[Any, VersionCell | None]:
    """Return what a node saves for one operand, and the cell that tells whether it was written since."""
    if not keep:
        return (edge if edge is not None else like_of(array)), None
    return array, operand._shared_cell() if isinstance(operand, Tensor) else None


def explained(name: str, arrays: Sequence[Any], error: Exception) -> AutogradError:
    """Return the error that says in the operation's terms why NumPy refused these operands."""
    names = _names_of(name, len(arrays))
    shapes = {names[i]: a.shape for i, a in enumerate(arrays) if isinstance(a, _ndarray)}
    if isinstance(error, np.linalg.LinAlgError):
        return DecompositionError(f"{name}: {error}\n{aligned_shapes(shapes)}")
    if isinstance(error, OverflowError):
        types = ", ".join(str(a.dtype) for a in arrays if isinstance(a, _ndarray))
        return ArgumentError(
            f"{name}: {error}\n  fix: {types} cannot hold that number; convert first, as in x.to(int64)"
        )
    if isinstance(error, TypeError):
        types = ", ".join(str(getattr(a, "dtype", type(a).__name__)) for a in arrays)
        return DTypeError(f"{name}: cannot compute on ({types}): {error}\n  fix: convert with x.to(dtype) first")
    table = aligned_shapes(shapes) if shapes else ""
    if len(shapes) > 1:
        # NumPy's own sentence for this case repeats the shapes.
        which = clash(shapes)
        reason = (f": {which}" if which else "") if "broadcast" in str(error) else f" ({error})"
        return ShapeError(
            f"{name}: the shapes do not fit each other{reason}\n{table}\n"
            "  fix: sizes must be equal or 1 where they are aligned; see unsqueeze, reshape and transpose"
        )
    return ArgumentError(f"{name}: {error}\n{table}")


def _names_of(name: str, count: int) -> Sequence[str]:
    """Return what a row calls its operands; their numbers where it names them together, or is not known."""
    names = registry[name].operand_names if name in registry else ()
    return names if len(names) == count else [f"operand {i}" for i in range(count)]
