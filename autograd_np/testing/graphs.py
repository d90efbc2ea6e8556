"""Golden graphs: what was recorded, as text that stays the same from run to run, compared with what it was."""

from __future__ import annotations

import difflib
import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd_np.core import GraphNode, Leaf, Node, Port, Tensor
from autograd_np.errors import GraphError

__all__ = ["assert_graph_matches", "graph_text"]

#: Set to anything but an empty text, golden files are written instead of compared.
_UPDATE = "AUTOGRAD_NP_UPDATE_GRAPHS"


def graph_text(*outputs: Tensor) -> str:
    """Return the graph that computed these tensors as text: leaves, then operations in the order they ran.

    Names, shapes, types, settings and edges stand in it, and no values: the same program gives the same text. Leaves
    that are still there are called by their `name`, if they have one. Take it before `backward()`, which frees what
    the operations saved.

    Raises: GraphError if nothing was recorded, or a backward has freed it.

    Example:
        >>> from autograd_np import tensor
        >>> x, w = tensor([1.0, 2.0], requires_grad=True), tensor(3.0, requires_grad=True)
        >>> w.name = "w"
        >>> print(graph_text((x * w).sum() / 2))
        x0  float32 (2,)
        w   float32 ()
        v1 = mul(x0, w)                          float32 (2,)
        v2 = sum(v1, axes=None, keepdims=False)  float32 ()
        v3 = div(v2, 2)                          float32 ()
        -> v3
    """
    roots = [_node_of(y) for y in outputs]
    nodes = _ancestors(roots)
    names = _names(nodes)
    leaves = [(names[leaf], leaf) for leaf in _leaves(nodes)]
    calls = [(f"{names[node]} = {_call(node, names)}", node) for node in nodes if isinstance(node, Node)]
    lines = [*_aligned(leaves), *_aligned(calls), f"-> {', '.join(_name(root, names) for root in roots)}"]
    return "\n".join(lines)


def assert_graph_matches(outputs: Tensor | Sequence[Tensor], golden: str | Path) -> None:
    """Raise AssertionError unless the recorded graph is the one that is expected.

    Args:
        outputs: a tensor, or several of one graph.
        golden: the text of `graph_text`, or a Path to a file that holds it. With the environment variable
            AUTOGRAD_NP_UPDATE_GRAPHS set, files are written instead of compared.

    Raises: AssertionError with the difference line by line; GraphError if nothing was recorded.

    Example:
        >>> from autograd_np import tensor
        >>> x = tensor([1.0, 2.0], requires_grad=True)
        >>> assert_graph_matches((x * x).sum(), '''
        ...     x0  float32 (2,)
        ...     v1 = mul(x0, x0)                         float32 (2,)
        ...     v2 = sum(v1, axes=None, keepdims=False)  float32 ()
        ...     -> v2
        ... ''')
    """
    __tracebackhide__ = True
    text = graph_text(*([outputs] if isinstance(outputs, Tensor) else outputs))
    source = "golden"
    if isinstance(golden, Path):
        source = str(golden)
        if os.environ.get(_UPDATE):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(text + "\n", "utf-8")
            return
        if not golden.exists():
            raise AssertionError(f"there is no golden graph {source}\n  fix: run once with {_UPDATE}=1 to write it")
        golden = golden.read_text("utf-8")
    # Alignment is for the eye: one longer line must not change all others.
    expected, got = _lines(golden), _lines(text)
    if expected != got:
        changes = list(difflib.unified_diff(expected, got, source, "recorded", lineterm="", n=2))
        fix = f"run with {_UPDATE}=1 and read the change" if source != "golden" else "paste graph_text(...)"
        raise AssertionError(
            "the recorded graph is not the golden one:\n  "
            + "\n  ".join(changes)
            + f"\n  fix: if the change is meant, {fix}; the graph is now\n\n{text}"
        )


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def _node_of(output: Tensor) -> GraphNode:
    output._live()
    if output._node is None:
        raise GraphError(
            "graph_text: the tensor was computed from nothing that requires a gradient, so nothing was recorded\n"
            "  fix: create the inputs with requires_grad=True, outside no_grad()"
        )
    return output._node


def _ancestors(roots: Iterable[GraphNode]) -> list[GraphNode]:
    seen: set[GraphNode] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edge for edge in node.edges if edge is not None)
    return sorted(seen, key=lambda node: node.serial)


def _leaves(nodes: Sequence[GraphNode]) -> list[Leaf]:
    """Return the leaves in the order of their first use: when they were made is no part of the graph."""
    used = [edge for node in nodes for edge in node.edges]
    return [node for node in dict.fromkeys([*used, *nodes]) if isinstance(node, Leaf)]


def _names(nodes: Sequence[GraphNode]) -> dict[GraphNode, str]:
    """Return names by order: of recording for operations, of first use for leaves that have none of their own."""
    names: dict[GraphNode, str] = {}
    operations = (node for node in nodes if isinstance(node, Node))
    names.update((node, f"v{i}") for i, node in enumerate(operations, 1))
    leaves = _leaves(nodes)
    taken = set(names.values())
    for leaf in leaves:
        tensor = leaf.tensor()
        if tensor is not None and tensor.name and tensor.name not in taken:
            names[leaf] = tensor.name
            taken.add(tensor.name)
    free = (name for i in itertools.count() if (name := f"x{i}") not in taken)
    names.update((leaf, next(free)) for leaf in leaves if leaf not in names)
    return names


def _name(node: GraphNode, names: dict[GraphNode, str]) -> str:
    if isinstance(node, Port):
        return f"{_name(node.edges[0], names)}[{node.index}]"  # type: ignore[arg-type]  # a port has its operation
    return names[node]


def _call(node: Node, names: dict[GraphNode, str]) -> str:
    if node.saved is None:
        raise GraphError(
            f"graph_text: a backward has freed what {node.name!r} saved, its numbers among it\n"
            "  fix: take the text before backward(), or pass retain_graph=True there"
        )
    saved = node.saved if isinstance(node.saved, tuple) else ()
    operands = [
        _constant(saved[1 + i] if len(saved) > 1 + i else None) if edge is None else _name(edge, names)
        for i, edge in enumerate(node.edges)
    ]
    settings = [f"{key}={_setting(value)}" for key, value in node.static.items()]
    return f"{node.name}({', '.join([*operands, *settings])})"


def _constant(value: Any) -> str:
    """Return a number as it is, and anything else as a constant: how much of it is kept depends on the rules."""
    return repr(value) if isinstance(value, (bool, int, float)) else "constant"


def _setting(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_setting, value))}{',' if len(value) == 1 else ''})"
    plain = value is None or isinstance(value, (bool, int, float, str, slice, np.dtype, type(Ellipsis)))
    return repr(value) if plain else type(value).__name__


def _aligned(rows: Sequence[tuple[str, GraphNode]]) -> list[str]:
    width = max((len(text) for text, _ in rows), default=0)
    return [f"{text:<{width}}  {_kind(node)}" for text, node in rows]


def _kind(node: GraphNode) -> str:
    shape = node.shape
    if isinstance(node, Node) and node.op.outputs > 1:
        return f"{node.dtype} {', '.join(str(tuple(part)) for part in shape)}"
    return f"{node.dtype} {tuple(shape)}"
