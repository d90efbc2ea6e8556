"""Where an operation comes from, in words for errors: its name, its argument's name, the user's line."""

from __future__ import annotations

import linecache
from types import FunctionType
from typing import Any

from autograd_np.core.node import Leaf, Node, Port
from autograd_np.core.op import Op
from autograd_np.errors import add_note

__all__ = ["explain_failure", "line_of", "operand_name", "user_name"]


def line_of(node: Node) -> str:
    """Return 'train.py:12: loss = x.log()' for an operation recorded with its line, else an empty string.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with ag.record():
        ...     y = x.log()
        >>> line_of(y.grad_fn).partition(": ")[2]
        'y = x.log()'
    """
    info = node.info
    if info is None:
        return ""
    text = linecache.getline(info.file, int(info.source.rpartition(":")[2])).strip()
    place = f"{info.source}: {text}" if text else info.source
    return f"{place} (in {info.module})" if info.module else place


def operand_name(op: Op, slot: int) -> str:
    """Return what an operation calls one of its operands.

    Example:
        >>> from autograd_np.core import registry
        >>> operand_name(registry["div"], 1), operand_name(registry["cat"], 1)
        ('b', 'xs[1]')
    """
    names = op.operand_names
    if len(names) == 1 and len(op.rules) == 1 and slot:
        return f"{names[0]}[{slot}]"
    return names[slot] if slot < len(names) else f"argument {slot}"


def user_name(node: Node, slot: int) -> str:
    """Return the name that the user gave an operand's tensor, or an empty string."""
    if node.info is not None and node.info.names[slot]:
        return str(node.info.names[slot])
    edge = node.edges[slot]
    edge = edge.edges[0] if isinstance(edge, Port) else edge
    tensor = edge.tensor() if isinstance(edge, Leaf) else None
    return (tensor.name or "") if tensor is not None else ""


def explain_failure(error: Exception, node: Node) -> None:
    """Add to an error that a backward rule raised: of which operation and argument, recorded where."""
    names = [operand_name(node.op, slot) for slot in _raised_by(error, node.op)]
    which = f", for {' or '.join(names)}" if names else ""
    shapes = [
        f"{operand_name(node.op, i)} {tuple(edge.shape)}" for i, edge in enumerate(node.edges) if edge is not None
    ]
    line = line_of(node) or "unknown: compute it inside record() or detect_anomaly() to see the line"
    add_note(
        error,
        f"in the backward of {node.op.name!r}{which}\n"
        f"  shapes: output {tuple(node.shape)}, {', '.join(shapes)}\n"
        f"  recorded at {line}",
    )


def _raised_by(error: Exception, op: Op) -> list[int]:
    """Return the operands whose rule is among the frames of an error: several where they share one function."""
    codes: set[Any] = set()
    trace = error.__traceback__
    while trace is not None:
        codes.add(trace.tb_frame.f_code)
        trace = trace.tb_next
    if len(op.rules) != len(op.operand_names):
        return []
    return [i for i, rule in enumerate(op.rules) if isinstance(rule, FunctionType) and rule.__code__ in codes]
