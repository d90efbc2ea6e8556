"""The one table through which operations become methods and operators of Tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_np.core import Tensor, backward, write
from autograd_np.core.op import Op
from autograd_np.ops import arithmetic

__all__ = ["METHODS", "OPERATORS", "install"]


def _in_place(row: Op) -> Callable[..., Tensor]:
    """Return the method that computes a row into its first operand's own memory."""

    def method(self: Tensor, *others: Any, **static: Any) -> Tensor:
        return write(self, row, *others, **static)

    method.__name__ = f"{row.name}_"
    method.__doc__ = f"Compute {row.name} in place and return the tensor itself."
    return method


def _binary(row: Op) -> Callable[..., Any]:
    """Return the operator that is this row."""
    return lambda self, other: row(self, other)


def _reflected(row: Op) -> Callable[..., Any]:
    """Return the operator for a tensor on the right-hand side."""
    return lambda self, other: row(other, self)


#: Operators: the rows themselves, with no function between, since every model line passes here.
OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": _binary(arithmetic._add),
    "__radd__": _reflected(arithmetic._add),
    "__sub__": _binary(arithmetic._sub),
    "__rsub__": _reflected(arithmetic._sub),
    "__mul__": _binary(arithmetic._mul),
    "__rmul__": _reflected(arithmetic._mul),
    "__truediv__": _binary(arithmetic._div),
    "__rtruediv__": _reflected(arithmetic._div),
    "__floordiv__": _binary(arithmetic._floor_divide),
    "__rfloordiv__": _reflected(arithmetic._floor_divide),
    "__mod__": _binary(arithmetic._remainder),
    "__rmod__": _reflected(arithmetic._remainder),
    "__pow__": arithmetic.pow,
    "__rpow__": lambda self, other: arithmetic.pow(other, self),
    "__neg__": lambda self: arithmetic._neg(self),
    "__pos__": lambda self: self,
    "__abs__": lambda self: arithmetic._abs(self),
    "__iadd__": _in_place(arithmetic._add),
    "__isub__": _in_place(arithmetic._sub),
    "__imul__": _in_place(arithmetic._mul),
    "__itruediv__": _in_place(arithmetic._div),
}

#: Methods: the public functions with the tensor as their first argument.
METHODS: dict[str, Callable[..., Any]] = {
    "backward": backward,
}


def install() -> None:
    """Give Tensor the methods and operators of the tables."""
    for name, function in {**METHODS, **OPERATORS}.items():
        setattr(Tensor, name, function)
