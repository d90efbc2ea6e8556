"""How many multiply-adds a recorded operation takes: those of products, read off its operands' shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_np import ViewOp

__all__ = ["multiply_adds", "result_bytes"]

Shapes = list[tuple[int, ...]]


def _convolution(shapes: Shapes, size: int, _static: Any) -> int:
    """Each output is a sum over a filter: its channels and its window."""
    return size * math.prod(shapes[1][1:])


def _transposed(shapes: Shapes, _size: int, _static: Any) -> int:
    """Each input is spread over the filters of its channel."""
    return math.prod(shapes[0]) * math.prod(shapes[1][1:])


def _einsum(shapes: Shapes, _size: int, static: Any) -> int:
    """One term for each combination of labels, in which n factors take n - 1 products."""
    sizes: dict[int, int] = {}
    for labels, shape in zip(static["inputs"], shapes, strict=True):
        sizes.update(zip(labels, shape, strict=True))
    return (len(shapes) - 1) * math.prod(sizes.values())


def _attention(shapes: Shapes, size: int, _static: Any) -> int:
    """Each query meets each key, and its weights each value."""
    q, k, v = shapes[:3]
    return size // v[-1] * k[-2] * (q[-1] + v[-1])


def _recurrent(weights: slice) -> Callable[[Shapes, int, Any], int]:
    """Each row of the input and each state meets its whole weight."""
    return lambda shapes, _size, _static: shapes[0][0] * sum(map(math.prod, (s for s in shapes[weights] if len(s) > 1)))


#: By the operation's name: a function of the operands' shapes, the number of outputs, and the settings.
_PRODUCTS: dict[str, Callable[[Shapes, int, Any], int]] = {
    "matmul": lambda shapes, size, _: size * shapes[0][-1],
    "matmul_rows": lambda shapes, size, _: size * shapes[0][-1],
    "mv": lambda shapes, size, _: size * shapes[0][-1],
    "linear": lambda shapes, size, _: size * shapes[0][-1],
    "dot": lambda shapes, _size, _static: math.prod(shapes[0]),
    "einsum": _einsum,
    "attention": _attention,
    "rnn": _recurrent(slice(2, 4)),
    "gru": _recurrent(slice(2, 4)),
    # Its projection, where there is one, comes last, after the two shifts.
    "lstm": _recurrent(slice(3, 8)),
    **{f"conv{rank}d": _convolution for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": _transposed for rank in (1, 2, 3)},
}


#: Operations that write into the memory of their first operand.
_WRITERS = {"copy", "write_view"}


def multiply_adds(node: Any) -> int:
    """Return the multiply-adds of a recorded operation's products; 0 for one that is no product."""
    count = _PRODUCTS.get(node.op.name)
    if count is None:
        return 0
    saved = () if node.saved is None or callable(node.saved) else node.saved[1:]
    operands = [edge if edge is not None else _at(saved, i) for i, edge in enumerate(node.edges)]
    shapes = [tuple(getattr(operand, "shape", ())) for operand in operands]
    return count(shapes, sum(map(math.prod, _result_shapes(node))), node.static)


def _at(values: Any, position: int) -> Any:
    return values[position] if position < len(values) else None


def _result_shapes(node: Any) -> list[tuple[int, ...]]:
    """Return the shape of each result; an operation of several has a shape of shapes."""
    several = any(isinstance(n, tuple) for n in node.shape)
    return list(node.shape) if several else [tuple(node.shape)]


def result_bytes(node: Any) -> int:
    """Return the bytes of a recorded operation's results; 0 for one that looks or writes into other memory."""
    if isinstance(node.op, ViewOp) or node.op.name in _WRITERS:
        return 0
    return sum(map(math.prod, _result_shapes(node))) * node.dtype.itemsize
