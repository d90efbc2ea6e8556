"""What a symbol shares with an array: the operators and methods that rules use. Each calls the row that does it."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from autograd_np.core import registry

__all__ = ["ArrayLike"]

_NUMBERS = (bool, int, float, np.generic, np.ndarray)


class ArrayLike:
    """Operators, `.shape`, `.reshape`, `.sum` and their kin, as arrays and Tensors have them.

    Where both sides are known numbers, comparisons give booleans, as they do between numbers; other comparisons are
    symbols, which have no truth value. Equality is that of the expressions.
    """

    __slots__ = ()
    #: NumPy's arrays leave operators to the symbol beside them.
    __array_ufunc__ = None
    __iter__ = None

    @property
    def known(self) -> Any:
        """Return the number that this is, or None."""
        return None

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return the sizes of the axes.

        Raises: TypeError where they are not known.
        """
        message = f"the shape of {self!r} is not known"
        raise TypeError(message)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the element type."""
        return np.dtype(np.float64)

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def size(self) -> Any:
        """Return the number of elements."""
        return functools.reduce(operator.mul, self.shape) if self.shape else 1

    # --- methods -------------------------------------------------------------------------------------------------

    def reshape(self, *shape: Any) -> Any:
        """Return the same elements in another shape."""
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        return registry["reshape"](self, shape=sizes)

    def swapaxes(self, a: int, b: int) -> Any:
        """Return the array with two axes exchanged."""
        return registry["transpose"](self, a=a, b=b)

    @property
    def T(self) -> Any:
        """Return the matrix transposed."""
        return self.swapaxes(-1, -2)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the sum over some axes, or all."""
        return registry["sum"](self, axes=(axis,) if isinstance(axis, int) else axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the mean over some axes, or all."""
        return registry["mean"](self, axes=(axis,) if isinstance(axis, int) else axis, keepdims=keepdims)

    def to(self, *_: Any, **__: Any) -> Any:
        """Return the symbol itself: formulas do not tell element types apart."""
        return self

    astype = to

    def copy(self) -> Any:
        """Return the symbol itself: it is never written."""
        return self

    def __getitem__(self, index: Any) -> Any:
        return registry["index"](self, index=index if isinstance(index, tuple) else (index,))

    # --- operators -----------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return _operation("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _operation("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _operation("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operation("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return _operation("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operation("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _operation("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _operation("div", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _operation("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _operation("floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return _operation("remainder", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _operation("remainder", other, self)

    def __pow__(self, other: Any) -> Any:
        return _operation("pow_tensor", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _operation("pow_tensor", other, self)

    def __matmul__(self, other: Any) -> Any:
        return _operation("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _operation("matmul", other, self)

    def __neg__(self) -> Any:
        return registry["neg"](self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return registry["abs"](self)

    def __invert__(self) -> Any:
        return registry["logical_not"](self)

    def __lt__(self, other: Any) -> Any:
        return _comparison("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return _comparison("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return _comparison("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return _comparison("ge", self, other)

    def __bool__(self) -> bool:
        return bool(self._number("has no truth value"))

    def __index__(self) -> int:
        return int(self._number("is no integer"))

    def __float__(self) -> float:
        return float(self._number("is no number"))

    def _number(self, problem: str) -> Any:
        if self.known is None:
            message = f"{self!r} {problem}"
            raise TypeError(message)
        return self.known


def _operation(name: str, a: Any, b: Any) -> Any:
    """Return the row's result, or leave it to Python where one side is neither symbol, number nor array."""
    if not all(isinstance(side, (ArrayLike, *_NUMBERS)) for side in (a, b)):
        return NotImplemented
    return registry[name](a, b)


def _comparison(name: str, a: ArrayLike, b: Any) -> Any:
    first, second = a.known, b.known if isinstance(b, ArrayLike) else b
    if first is not None and isinstance(second, (bool, int, float)):
        return bool(registry[name].on_arrays(first, second))
    return _operation(name, a, b)
