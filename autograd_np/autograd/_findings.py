"""The words of an anomaly report: statistics of arrays, where a value is, the path that led to an operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.core import GraphNode, Leaf, Node, Port
from autograd_np.core.origin import line_of, operand_name, user_name

__all__ = ["Path", "described", "first_bad", "kinds_in", "operand_table"]

#: How many steps of a path a message shows; the picture shows all.
_SHOWN = 8


class Path(NamedTuple):
    """A path through a graph, for `viz.render(highlight=)`: edges as (serial, operand) of operations, and a caption."""

    edges: Mapping[tuple[int, int], float]
    caption: str

    @classmethod
    def of(cls, steps: Sequence[tuple[Node, int]], end: str) -> Path:
        """Return the path over these operations and operands, outputs first, and what it ends at."""
        names = [*(node.name for node, _ in steps), end]
        if len(names) > _SHOWN:
            names = [*names[: _SHOWN // 2], f"… {len(names) - _SHOWN} more …", *names[-_SHOWN // 2 :]]
        return cls({(node.serial, slot): 1.0 for node, slot in steps}, " ← ".join(names))


def kinds_in(value: Any) -> tuple[bool, bool]:
    """Return whether there is a NaN, and whether there is an infinity.

    Example:
        >>> kinds_in(np.array([1.0, np.inf])), kinds_in(float("nan")), kinds_in("mean")
        ((False, True), (True, False), (False, False))
    """
    if isinstance(value, (tuple, list)):
        pairs = [kinds_in(item) for item in value]
        return any(nan for nan, _ in pairs), any(inf for _, inf in pairs)
    if isinstance(value, float):
        return value != value, value in {np.inf, -np.inf}  # noqa: PLR0124 (NaN is what differs from itself)
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or np.isfinite(value).all():
        return False, False
    return bool(np.isnan(value).any()), bool(np.isinf(value).any())


def first_bad(value: Any, *, nan: bool) -> tuple[int, ...] | None:
    """Return the index of the first NaN, or of the first infinity."""
    if not isinstance(value, np.ndarray):
        return None
    places = np.argwhere(np.isnan(value) if nan else np.isinf(value))
    return tuple(int(i) for i in places[0]) if len(places) else None


def described(value: Any) -> str:
    """Return an array's type, shape and statistics in one line.

    Example:
        >>> described(np.array([0.0, 4.0, np.nan]))
        'float64 (3,): 1 NaN; else from 0 to 4, mean 2'
    """
    if not isinstance(value, np.ndarray):
        return repr(value) if isinstance(value, (bool, int, float, str, type(None))) else type(value).__name__
    kind = f"{value.dtype} {tuple(value.shape)}"
    if value.dtype.kind != "f" or not value.size:
        return kind
    if value.size == 1:
        return f"{kind}: {value.item():.6g}"
    finite: Array = value[np.isfinite(value)].astype(np.float64)
    bad = [
        f"{count} {name}"
        for count, name in (
            (np.isnan(value).sum(), "NaN"),
            (np.isposinf(value).sum(), "Inf"),
            (np.isneginf(value).sum(), "-Inf"),
        )
        if count
    ]
    rest = [f"from {finite.min():.6g} to {finite.max():.6g}, mean {finite.mean():.6g}"] if finite.size else []
    return f"{kind}: {'; else '.join([', '.join(bad), *rest] if bad else rest)}"


def operand_table(node: Node, place: tuple[int, ...] | None = None, shape: tuple[int, ...] = ()) -> str:
    """Return one line for each operand: name, user's name, statistics, and its element at `place` if shapes agree."""
    operands = () if node.info is None else node.info.operands
    names = [operand_name(node.op, slot) for slot in range(len(operands))]
    width = max((len(name) for name in names), default=0)
    lines = []
    for slot, (name, value) in enumerate(zip(names, operands, strict=True)):
        given = user_name(node, slot)
        there = ""
        if place is not None and isinstance(value, np.ndarray) and value.size > 1 and value.shape == shape:
            there = f"; {value[place]:.6g} at {place}"
        lines.append(f"  {name:<{width}}  {f'({given}) ' if given else ''}{described(value)}{there}")
    return "\n".join(lines)


def owner(edge: GraphNode | None) -> GraphNode | None:
    """Return the operation or leaf behind an edge."""
    return edge.edges[0] if isinstance(edge, Port) else edge


def way_down(node: Node) -> Path:
    """Return the path from an operation back to a leaf, each time over the operand that was computed last."""
    steps = []
    current: GraphNode | None = node
    while isinstance(current, Node):
        behind = [(owner(edge), slot) for slot, edge in enumerate(current.edges)]
        known = [(edge.serial, slot, edge) for edge, slot in behind if edge is not None]
        if not known:
            break
        _, slot, below = max(known, key=lambda entry: entry[:2])
        steps.append((current, slot))
        current = below
    end, slot = steps[-1]
    return Path.of(steps, user_name(end, slot) or "leaf")


def origin_of(root: GraphNode) -> tuple[Node | None, int | None, list[tuple[Node, int]]]:
    """Follow a value that is not finite back to where it came from.

    Returns:
        the first operation on the way whose operands are all finite, or the operation that was given a leaf or
        constant that is not; then that operand, or None; and the way. (None, None, way) where nothing was kept.
    """
    steps: list[tuple[Node, int]] = []
    current = owner(root)
    while isinstance(current, Node):
        if current.info is None:
            return None, None, steps
        bad = [slot for slot, value in enumerate(current.info.operands) if any(kinds_in(value))]
        if not bad:
            return current, None, steps
        below = [slot for slot in bad if isinstance(owner(current.edges[slot]), Node)]
        slot = (below or bad)[0]
        steps.append((current, slot))
        if not below:
            return current, slot, steps
        current = owner(current.edges[slot])
    return None, None, steps


def where(node: Node) -> str:
    """Return a line of its own that says 'at train.py:12: y = x.log()'; nothing where that is not known."""
    line = line_of(node)
    return f"\n  at {line}" if line else ""


def leaf_or_constant(node: Node, slot: int) -> str:
    """Return how an error calls an operand that no operation computed."""
    kind = "leaf" if isinstance(owner(node.edges[slot]), Leaf) else "constant"
    name = user_name(node, slot)
    return f"the {kind} {name!r}" if name else f"a {kind}"
