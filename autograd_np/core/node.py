"""The recorded graph: nodes that know their operands' nodes, and never their own output tensor."""

from __future__ import annotations

import itertools
import os
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.core.modes import modes
from autograd_np.core.versions import VersionCell, next_serial

if TYPE_CHECKING:
    from typing_extensions import Self

    from autograd_np.core.op import Op
    from autograd_np.core.tensor import Tensor

__all__ = [
    "UNKNOWN",
    "Extra",
    "GraphNode",
    "Info",
    "Leaf",
    "Like",
    "Node",
    "Port",
    "RemovableHandle",
    "port_of",
    "remember",
]

_NO_CELLS: tuple[VersionCell | None, ...] = ()
_hook_ids = itertools.count()
_PACKAGE = __file__.rpartition("core")[0]


class Like(NamedTuple):
    """Stands for an array that was not kept: its shape and type without its values."""

    shape: Any
    dtype: Any

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Return the number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))


#: Stands for a constant array of which no rule asks anything, not even its shape.
UNKNOWN = Like((), None)


class Info(NamedTuple):
    """What the record level keeps of an operation for drawings and printed programs."""

    operands: tuple[Any, ...]
    output: Any
    names: tuple[str | None, ...]
    scopes: tuple[tuple[str, str], ...]
    source: str
    #: The whole path of the file that `source` names.
    file: str = ""

    @property
    def module(self) -> str:
        """Return the dotted path of the enclosing scopes."""
        return ".".join(name for name, _ in self.scopes)


class Extra:
    """What few nodes have: hooks, tensors that want their gradient kept, and the record level's information."""

    __slots__ = ("hooks", "info", "ports", "retained")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Tensor], Tensor | None]] = {}
        self.retained: list[weakref.ref[Tensor]] = []
        self.info: Info | None = None
        self.ports: dict[int, weakref.ref[Port]] = {}


class RemovableHandle:
    """Takes back a hook.

    Source: torch.utils.hooks.RemovableHandle.
    """

    __slots__ = ("_hooks", "_id")

    def __init__(self, hooks: dict[int, Any], function: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._id = next(_hook_ids)
        hooks[self._id] = function

    def remove(self) -> None:
        """Take the hook back; a second call does nothing."""
        self._hooks.pop(self._id, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class GraphNode:
    """What every kind of node shares: a creation serial, the output's shape and type, and edges to older nodes."""

    __slots__ = ("dtype", "edges", "extra", "serial", "shape")

    serial: int
    shape: Any
    dtype: Any
    edges: tuple[GraphNode | None, ...]
    extra: Extra | None

    @property
    def ndim(self) -> int:
        """Return the number of axes of the output."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Return the number of elements of the output."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def info(self) -> Info | None:
        """Return what the record level kept of this operation, or None."""
        return None if self.extra is None else self.extra.info

    def extras(self) -> Extra:
        """Return this node's extras, made on first use."""
        if self.extra is None:
            self.extra = Extra()
        return self.extra


class Node(GraphNode):
    """One recorded operation: its row, its operands' nodes, and what its rules will need.

    `saved` is (output, *operands, *by-products). A value that no rule names is not kept: the output reads None and
    an operand is replaced by its own node, which has its shape and type. After a backward that frees, `saved` is None;
    a checkpointed node holds a function that computes it when it is asked for.
    """

    __slots__ = ("cells", "op", "saved", "static")

    def __init__(
        self,
        op: Op,
        output: Any,
        edges: tuple[GraphNode | None, ...],
        saved: tuple[Any, ...],
        static: dict[str, Any],
        cells: tuple[VersionCell | None, ...] = _NO_CELLS,
    ) -> None:
        self.serial = next_serial()
        self.op = op
        self.edges = edges
        self.saved: tuple[Any, ...] | Callable[[Node], tuple[Any, ...]] | None = saved
        self.static = static
        self.cells = cells
        self.shape = output.shape
        self.dtype = output.dtype
        self.extra = None

    @property
    def name(self) -> str:
        """Return the operation's name."""
        return self.op.name

    @property
    def next_functions(self) -> tuple[tuple[GraphNode | None, int], ...]:
        """Return the operands' nodes with the output each came from, as PyTorch's grad_fn does."""
        return tuple((e.edges[0], e.index) if isinstance(e, Port) else (e, 0) for e in self.edges)

    def __repr__(self) -> str:
        return f"<{self.op.name} {tuple(self.shape)}>"


class Leaf(GraphNode):
    """A tensor made by the user that requires a gradient; the gradient itself lives in the tensor."""

    __slots__ = ("moved", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        #: When `.data =` last gave the tensor other memory.
        self.moved = 0
        self.serial = next_serial()
        self.shape = tensor._array.shape
        self.dtype = tensor._array.dtype
        self.edges = ()
        self.extra = None
        self.tensor = weakref.ref(tensor)

    def __repr__(self) -> str:
        return f"<leaf {self.shape}>"


class Port(GraphNode):
    """One output of an operation that has several; `port_of` makes them, one for each output."""

    __slots__ = ("__weakref__", "index")

    def __init__(self, node: Node, index: int, output: Array) -> None:
        self.serial = next_serial()
        self.shape = output.shape
        self.dtype = output.dtype
        self.edges = (node,)
        self.extra = None
        self.index = index

    def __repr__(self) -> str:
        return f"<output {self.index} of {self.edges[0]}>"


def port_of(node: Node, index: int, output: Array) -> Port:
    """Return the one port of this output, made on first use; the node knows it weakly, so that no cycle arises."""
    ports = node.extras().ports
    port = ports[index]() if index in ports else None
    if port is None:
        port = Port(node, index, output)
        ports[index] = weakref.ref(port)
    return port


def caller_line() -> tuple[str, int]:
    """Return the file and line of the nearest caller outside the engine and libraries built on its scopes."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        name = frame.f_globals.get("__name__", "")
        if not (frame.f_code.co_filename.startswith(_PACKAGE) or name == "nn" or name.startswith("nn.")):
            break
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def remember(node: Node, operands: tuple[Any, ...], output: Any) -> None:
    """Keep the record level's information about an operation, and show it to those who watch.

    Values are copied: what was recorded stays as it was when memory is written in place later.

    Args:
        node: the operation, just recorded.
        operands: what it was called on: Tensors, arrays, scalars.
        output: its array, or a tuple of them.
    """
    arrays = tuple(_copied(getattr(operand, "_array", operand)) for operand in operands)
    names = tuple(getattr(operand, "name", None) for operand in operands)
    result = tuple(_copied(y) for y in output) if type(output) is tuple else _copied(output)
    file, line = caller_line()
    source = f"{file.rpartition(os.sep)[2]}:{line}"
    node.extras().info = Info(arrays, result, names, modes.scopes, source, file)
    for watcher in modes.watchers:
        watcher.recorded(node)


def _copied(value: Any) -> Any:
    # In the same memory order: products of matrices round differently in another one.
    return value.copy(order="K") if type(value) is np.ndarray else value
