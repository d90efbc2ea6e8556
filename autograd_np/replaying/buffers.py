"""Memory that programs compute into: allocated once, and used again for another array when one has ended."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_np._typing import Array
from autograd_np.replaying.plan import Plan
from autograd_np.tracing.logged import Logged, logged_in

__all__ = ["REDUCTIONS", "UFUNCS", "Buffers", "ufunc_call"]

#: NumPy's functions that operators call where an operand is an array, by sign and number of operands.
UFUNCS: dict[tuple[str, int], np.ufunc] = {
    ("+", 2): np.add,
    ("-", 2): np.subtract,
    ("*", 2): np.multiply,
    ("/", 2): np.divide,
    ("//", 2): np.floor_divide,
    ("%", 2): np.remainder,
    ("@", 2): np.matmul,
    ("==", 2): np.equal,
    ("!=", 2): np.not_equal,
    ("<", 2): np.less,
    ("<=", 2): np.less_equal,
    (">", 2): np.greater,
    (">=", 2): np.greater_equal,
    ("&", 2): np.bitwise_and,
    ("|", 2): np.bitwise_or,
    ("^", 2): np.bitwise_xor,
    ("-", 1): np.negative,
    ("~", 1): np.invert,
}
REDUCTIONS = frozenset({np.add.reduce, np.maximum.reduce, np.minimum.reduce, np.multiply.reduce})
#: Exact to the last bit on whatever path NumPy takes, so the result may lie where an operand was.
_EXACT = frozenset({np.add, np.subtract, np.multiply, np.divide, np.negative})
#: A block for a smaller array may be so many times too large, or so many bytes.
_WASTE, _LITTLE = 4, 4096


class UfuncCall(NamedTuple):
    """A call that can write its result into a given array."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def ufunc_call(entry: Logged) -> UfuncCall | None:  # noqa: PLR0911 (one for each form of call)
    """Return the ufunc (or the reduction of one) that an entry is a call of, or None."""
    head: Any = entry.head
    parts = entry.parts
    if entry.form == "operator":
        # Of two numbers an operator makes a number, by a path of its own.
        arrays = any(isinstance(p, Logged) and isinstance(p.value, np.ndarray) for p in parts)
        function = UFUNCS.get((head, len(parts))) if arrays else None
        return None if function is None else UfuncCall(function, parts, {})
    if entry.form == "call":
        args, kwargs = parts
        if isinstance(head, np.ufunc) and head.nout == 1 and not kwargs.keys() & {"out", "where", "order"}:
            return UfuncCall(head, args, kwargs)
        if head in REDUCTIONS and len(args) == 1 and kwargs.keys() == {"axis"}:
            return UfuncCall(head, (*args, kwargs["axis"]), {})
        if head in REDUCTIONS and len(args) <= 2 and not kwargs.keys() & {"out", "where"}:
            return UfuncCall(head, args, kwargs)
    if entry.form == "method":
        x, args, kwargs = parts
        if head == "sum" and len(args) <= 1 and kwargs.keys() <= {"axis", "keepdims"}:
            # The method is this reduction, over all axes if none is named.
            axis = args[0] if args else kwargs.get("axis")
            return UfuncCall(np.add.reduce, (x, axis), {k: v for k, v in kwargs.items() if k == "keepdims"})
        if head == "astype" and len(args) == 1 and kwargs.keys() <= {"copy"}:
            return UfuncCall(np.copyto, (x,), {})
    return None


class Buffers:
    """The blocks of a program.

    Args:
        plan: which arrays live how long.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._free: list[Array] = []
        self._taken: dict[Logged, Array] = {}
        #: Bytes in all blocks.
        self.size = 0

    def place(self, entry: Logged, function: Any, position: int) -> Array | None:
        """Return an array in the layout of the entry's result to compute it into, or None where it needs its own."""
        value, plan = entry.value, self._plan
        own = isinstance(value, np.ndarray) and plan.roots[entry] is entry and entry not in plan.leaving
        if not own or not value.size or not _fills_its_memory(value):
            return None
        block = self._operands(entry, position) if function in _EXACT else None
        if block is None:
            block = self._smallest(value.nbytes)
        self._taken[entry] = block
        return np.ndarray(value.shape, value.dtype, block, 0, value.strides)

    def passed(self, entry: Logged, position: int) -> None:
        """Take back the blocks of what no later entry looks at."""
        for root in self._plan.touched(entry):
            if self._plan.last[root] == position and root in self._taken:
                self._free.append(self._taken.pop(root))

    def _operands(self, entry: Logged, position: int) -> Array | None:
        """Take the block of an operand that ends here and has the result's form, to be written over."""
        used, plan = list(logged_in(entry.parts)), self._plan
        for part in used:
            if (
                plan.roots[part] is part
                and part in self._taken
                and plan.last[part] == position
                and part.value.shape == entry.value.shape
                and part.value.dtype == entry.value.dtype
                and part.value.strides == entry.value.strides
                and all(other is part or plan.roots[other] is not part for other in used)
            ):
                return self._taken.pop(part)
        return None

    def _smallest(self, size: int) -> Array:
        """Take the smallest free block that is large enough and not much larger, or a new one."""
        fitting = [i for i, block in enumerate(self._free) if size <= block.nbytes <= max(_WASTE * size, _LITTLE)]
        if fitting:
            return self._free.pop(min(fitting, key=lambda i: self._free[i].nbytes))
        self.size += size
        memory = np.empty(size + 64, np.uint8)
        start = -memory.ctypes.data % 64
        return memory[start : start + size]


def _fills_its_memory(value: Array) -> bool:
    """Tell whether an array's elements lie side by side, in whatever order of axes."""
    expected = value.itemsize
    for step, size in sorted((s, n) for s, n in zip(value.strides, value.shape, strict=True) if n > 1):
        if step != expected:
            return False
        expected *= size
    return True
