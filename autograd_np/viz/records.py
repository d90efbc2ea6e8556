"""The immutable records of a traced graph: what a drawing may say, apart from how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from autograd_np.core import Op

__all__ = ["ROLES", "Edge", "Node", "Port", "Summary", "Traced", "type_name"]

#: What a node can be: shape and colour of its card follow from it.
ROLES = ("leaf", "parameter", "constant", "operation", "output")

#: Arrays up to this many elements are kept element by element; larger ones as statistics.
FEW = 6


@lru_cache(maxsize=64)
def type_name(dtype: np.dtype[Any]) -> str:
    """Return the name of an element type; NumPy composes it anew each time.

    Example:
        >>> type_name(np.dtype("f4"))
        'float32'
    """
    return str(dtype)


class Summary(NamedTuple):
    """What is remembered of an array: every element of a small one, statistics of a large one.

    Args:
        shape: sizes of the axes.
        dtype: name of the element type.
        values: the elements in row order if there are at most six, else None.
        mean: over the finite elements, like `std`, `low` and `high`; nan if there are none.
        std: standard deviation.
        low: smallest element.
        high: largest element.
        norm: Euclidean norm over all elements.
        nans: how many elements are NaN.
        infs: how many elements are infinite.

    Example:
        >>> Summary.of(np.array([3.0, 4.0])).norm
        5.0
    """

    shape: tuple[int, ...]
    dtype: str
    values: tuple[Any, ...] | None
    mean: float
    std: float
    low: float
    high: float
    norm: float
    nans: int
    infs: int

    @classmethod
    def of(cls, array: Any) -> Summary:
        """Return the summary of an array or a number.

        Example:
            >>> Summary.of(np.zeros((2, 4))).values is None
            True
        """
        array = np.asarray(array)
        shape, dtype = tuple(array.shape), type_name(array.dtype)
        if array.size == 1:
            value = array.item()
            number = float(value)
            if math.isfinite(number):
                return cls(shape, dtype, (value,), number, 0.0, number, number, abs(number), 0, 0)
            nans = int(math.isnan(number))
            return cls(shape, dtype, (value,), math.nan, math.nan, math.nan, math.nan, abs(number), nans, 1 - nans)
        wide = array.astype(np.float64).ravel()
        values = tuple(array.ravel().tolist()) if array.size <= FEW else None
        # Overflow to infinity is itself the message; a warning would only repeat it.
        with np.errstate(all="ignore"):
            square = float(np.dot(wide, wide))
            finite, nans, infs = wide, 0, 0
            if not math.isfinite(square):
                finite = wide[np.isfinite(wide)]
                nans = int(np.isnan(wide).sum())
                infs = wide.size - finite.size - nans
            if not finite.size:
                return cls(shape, dtype, values, math.nan, math.nan, math.nan, math.nan, math.sqrt(square), nans, infs)
            mean = float(np.add.reduce(finite)) / finite.size
            away = finite - mean
            std = math.sqrt(float(np.dot(away, away)) / finite.size)
        low, high = float(np.minimum.reduce(finite)), float(np.maximum.reduce(finite))
        return cls(shape, dtype, values, mean, std, low, high, math.sqrt(square), nans, infs)

    @property
    def scalar(self) -> float | None:
        """Return the only element as a float, or None if there are several."""
        return float(self.values[0]) if self.values is not None and len(self.values) == 1 else None

    @property
    def finite(self) -> bool:
        """Tell whether every element is finite."""
        return not (self.nans or self.infs)


@dataclass(frozen=True, slots=True)
class Port:
    """One output of an operation that has several."""

    shape: tuple[int, ...]
    dtype: str
    value: Summary | None
    gradient: Summary | None


@dataclass(frozen=True, slots=True)
class Node:
    """One leaf, constant or operation.

    Args:
        id: position in `Traced.nodes`; operands come before the operations that use them.
        op: the operation's name; empty for leaves and constants.
        name: how the drawing calls it.
        named: whether the user gave that name.
        role: one of `ROLES`.
        shape: sizes of the axes of its value (of the first output where there are several).
        dtype: name of the element type.
        value: what it computed, or None.
        value_note: why there is no value; empty if there is one.
        gradient: of the traced output with respect to it, or None where none was computed.
        gradient_note: why there is no gradient; empty if there is one.
        module: dotted path of the part of the model, where record level kept it.
        source: `file.py:12`, where record level kept it.
        static: the operation's settings (axis, geometry, index).
        ports: the outputs, where there are several.
        serial: when it was recorded: what tells this very operation from others, within one process.
        row: the operation itself, whose rules say its formula; None for leaves and constants.
    """

    id: int
    op: str
    name: str
    named: bool
    role: str
    shape: tuple[int, ...]
    dtype: str
    value: Summary | None
    value_note: str
    gradient: Summary | None
    gradient_note: str
    module: str = ""
    source: str = ""
    static: Mapping[str, Any] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    serial: int = 0
    row: Op | None = None


class Edge(NamedTuple):
    """One argument of one operation: `x * x` has two, with slots 0 and 1.

    Args:
        id: position in `Traced.edges`.
        src: id of the operand's node.
        dst: id of the operation's node.
        slot: which argument it is.
        output: which output of `src` is used, or None if it has only one.
        differentiated: False for constants and for arguments that have no derivative.
        upstream: gradient that arrived at the operation (None: not computed).
        local: derivative of the output with respect to this argument, for operations between numbers and, element by
            element, for small element-wise operations.
        contribution: what the rule gave for this argument, already summed to the operand's shape.
    """

    id: int
    src: int
    dst: int
    slot: int
    output: int | None
    differentiated: bool
    upstream: Summary | None
    local: Summary | None
    contribution: Summary | None


class Traced:
    """A traced computation: nodes and edges, and which edges meet at a node.

    Args:
        nodes: operands before operations, constants just before their use.
        edges: ordered by operation, then by slot.
        output: id of the node that was traced.
        notes: remarks about the whole graph, such as where a NaN first appeared.
        highlight: ids of the edges to stress, each with a strength between 0 and 1.
        classes: class names of modules by dotted path, where they are known.
    """

    __slots__ = ("_incoming", "_outgoing", "classes", "edges", "highlight", "nodes", "notes", "output")

    def __init__(
        self,
        nodes: Sequence[Node],
        edges: Sequence[Edge],
        output: int,
        notes: Sequence[str] = (),
        highlight: Mapping[int, float] = MappingProxyType({}),
        classes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.nodes: tuple[Node, ...] = tuple(nodes)
        self.edges: tuple[Edge, ...] = tuple(edges)
        self.output = output
        self.notes: tuple[str, ...] = tuple(notes)
        self.highlight: Mapping[int, float] = highlight
        self.classes: Mapping[str, str] = classes
        # Edges by node, made when first asked for.
        self._incoming: list[list[Edge]] = []
        self._outgoing: list[list[Edge]] = []

    def _sort(self) -> None:
        empty: list[Edge] = []
        incoming, outgoing = [empty] * len(self.nodes), [empty] * len(self.nodes)
        for edge in self.edges:
            for sorted_edges, node in ((incoming, edge.dst), (outgoing, edge.src)):
                if sorted_edges[node] is empty:
                    sorted_edges[node] = [edge]
                else:
                    sorted_edges[node].append(edge)
        self._incoming, self._outgoing = incoming, outgoing

    def incoming(self, node: Node) -> Sequence[Edge]:
        """Return the arguments of a node's operation, ordered by slot."""
        if not self._incoming:
            self._sort()
        return self._incoming[node.id]

    def outgoing(self, node: Node) -> Sequence[Edge]:
        """Return the uses of a node's value, in the order of the operations that use it."""
        if not self._outgoing:
            self._sort()
        return self._outgoing[node.id]

    def __repr__(self) -> str:
        return f"<graph of {self.nodes[self.output].name}: {len(self.nodes)} nodes, {len(self.edges)} edges>"
