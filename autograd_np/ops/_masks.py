"""Rows without a derivative: comparisons, and masks that rules multiply by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np.core import Op, UnaryOp, wrap
from autograd_np.core.op import value_of

__all__: list[str] = []


class Mask(Op):
    """A row of two operands that is constant between its jumps: it records nothing."""

    __slots__ = ()

    def __init__(self, name: str, kernel: Callable[..., Any]) -> None:
        super().__init__(name, kernel, None, None, broadcasts=True, promotion="category")

    def __call__(self, a: Any, b: Any) -> Any:
        """Return the kernel's array for arrays, a Tensor outside the graph as soon as one operand is a Tensor."""
        x, z = getattr(a, "_array", a), getattr(b, "_array", b)
        if x is a and z is b:
            return self.on_arrays(a, b)
        if type(x) is np.ndarray and (x.dtype is z.dtype if type(z) is np.ndarray else x.dtype.kind == "f"):
            return wrap(self.run((x, value_of(z)), {})[0], None)
        return super().__call__(a, b)


_eq = Mask("eq", np.equal)
_ne = Mask("ne", np.not_equal)
_lt = Mask("lt", np.less)
_le = Mask("le", np.less_equal)
_gt = Mask("gt", np.greater)
_ge = Mask("ge", np.greater_equal)

_isnan = UnaryOp("isnan", np.isnan, None)
_isinf = UnaryOp("isinf", np.isinf, None)
_isfinite = UnaryOp("isfinite", np.isfinite, None)
_signbit = UnaryOp("signbit", np.signbit, None)
_logical_not = UnaryOp("logical_not", np.logical_not, None)
