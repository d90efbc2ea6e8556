"""What the drawing calls each node: the user's names first, then x0, x1, … for leaves and v1, v2, … for results."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_np.core import GraphNode, Leaf, Node, Port, Tensor

__all__ = [
    "Names",
    "constant_names",
    "given_names",
    "is_parameter",
    "module_classes",
    "node_names",
    "printable",
    "recorded_classes",
]

#: Name of each node that the user named, and whether it was named as a parameter.
Names = dict[GraphNode, tuple[str, bool]]

#: Signs that turn the direction of the text around them.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Return a name in which control characters, and what no file or XML can hold, are signs that can be seen.

    Example:
        >>> printable("fc.weight"), printable("a" + chr(0) + "b" + chr(0xD800))
        ('fc.weight', 'a␀b�')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == " " else _shown(c) for c in text)


def _shown(c: str) -> str:
    if ord(c) < 0x20:
        return chr(0x2400 + ord(c))
    hidden = c in _TURNING or unicodedata.category(c) in {"Cc", "Cs", "Cn", "Zl", "Zp"}
    return "\N{REPLACEMENT CHARACTER}" if hidden else c


def _named(source: Any, prefix: str = "", *, parameters: bool) -> Iterator[tuple[str, Tensor, bool]]:
    """Yield (name, tensor, is a parameter) from a mapping, a module, or a mapping of both; skip everything else."""
    if source is None:
        return
    # A module is known by what it can do, so that this package needs to know none.
    walk: Callable[[], Any] | None = getattr(source, "named_parameters", None)
    if walk is not None and not isinstance(source, type):
        for name, parameter in walk():
            if isinstance(parameter, Tensor):
                yield f"{prefix}{name}", parameter, True
    elif isinstance(source, Mapping):
        for key, value in source.items():
            if isinstance(value, Tensor):
                yield f"{prefix}{key}", value, parameters or is_parameter(value)
            elif hasattr(value, "named_parameters") and not isinstance(value, type):
                yield from _named(value, f"{prefix}{key}.", parameters=True)


def given_names(names: Any, params: Any) -> Names:
    """Return the names that the user gave; the first name of a tensor counts.

    Args:
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same, for tensors that are to be drawn as parameters.
    """
    found: Names = {}
    for source, parameters in ((params, True), (names, False)):
        for name, tensor, parameter in _named(source, parameters=parameters):
            tensor._live()
            node = tensor._node
            if node is not None and node not in found:
                found[node] = (name, parameter)
    return found


def constant_names(names: Any) -> list[tuple[str, np.ndarray[Any, Any]]]:
    """Return the tensors that the user named and that are no part of a graph: data, which operations met as arrays.

    Args:
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
    """
    found = []
    for name, tensor, _ in _named(names, parameters=False):
        tensor._live()
        if tensor._node is None:
            found.append((printable(name), tensor._array))
    return found


def module_classes(names: Any, params: Any) -> dict[str, str]:
    """Return the class of every module that the user named, by the dotted path that record level notes.

    Args:
        names: a mapping of names to tensors or modules (`locals()` serves), or a module.
        params: the same.
    """
    found: dict[str, str] = {}
    for source in (names, params):
        for module in source.values() if isinstance(source, Mapping) else (source,):
            walk: Callable[[], Any] | None = getattr(module, "named_modules", None)
            if walk is not None and not isinstance(module, type):
                outermost = type(module).__name__
                for path, inner in walk():
                    found.setdefault(f"{outermost}.{path}" if path else outermost, type(inner).__name__)
    return found


def recorded_classes(order: Sequence[GraphNode]) -> dict[str, str]:
    """Return the class of every module that record level saw at work, by its dotted path."""
    found: dict[str, str] = {}
    for scopes in dict.fromkeys(node.info.scopes for node in order if node.info is not None):
        for depth, (_, kind) in enumerate(scopes, 1):
            if kind:
                found.setdefault(".".join(name for name, _ in scopes[:depth]), kind)
    return found


def is_parameter(tensor: Any) -> bool:
    """Tell whether a tensor's class is named Parameter, or derives from one that is."""
    return any(kind.__name__ == "Parameter" for kind in type(tensor).__mro__)


def _own_name(node: GraphNode) -> str | None:
    tensor = node.tensor() if isinstance(node, Leaf) else None
    return None if tensor is None else tensor.name


def _recorded_names(order: Sequence[GraphNode]) -> dict[GraphNode, str]:
    """Return the names that operands had when record level saw them."""
    found: dict[GraphNode, str] = {}
    for node in order:
        if node.info is not None:
            for parent, name in zip(node.edges, node.info.names, strict=False):
                if parent is not None and name:
                    found.setdefault(parent, name)
    return found


def node_names(
    order: Sequence[GraphNode], ports: Sequence[Port], given: Names, output: Tensor
) -> dict[GraphNode, tuple[str, bool]]:
    """Return every node's name, unique among them, and whether the user gave it.

    Args:
        order: leaves and operations, operands first.
        ports: the outputs of operations that have several; an operation may be named through one.
        given: names that the user gave.
        output: the traced tensor, which may carry a name of its own.
    """
    recorded = _recorded_names(order)
    wished: dict[GraphNode, str] = {}
    for node in [*ports, *order]:
        name = given[node][0] if node in given else _own_name(node) or recorded.get(node)
        if not name and node is output._node:
            name = output.name
        if name:
            name = printable(name)
            owner = node.edges[0] if isinstance(node, Port) else node
            if owner is not None:
                wished.setdefault(owner, name)
    names: dict[GraphNode, tuple[str, bool]] = {}
    taken: set[str] = set()
    for node, name in sorted(wished.items(), key=lambda item: item[0].serial):
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name}#{count}"
        taken.add(unique)
        names[node] = (unique, True)
    leaves, results = 0, 1
    for node in order:
        if node in names:
            continue
        if isinstance(node, Node):
            while f"v{results}" in taken:
                results += 1
            names[node] = (f"v{results}", False)
            results += 1
        else:
            while f"x{leaves}" in taken:
                leaves += 1
            names[node] = (f"x{leaves}", False)
            leaves += 1
    return names
