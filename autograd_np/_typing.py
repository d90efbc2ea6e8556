"""Names for the types that appear in public signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from autograd_np.core.tensor import Tensor

__all__ = ["Array", "Axes", "DTypeLike", "Scalar", "Shape", "TensorLike"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Scalar: TypeAlias = bool | int | float
Shape: TypeAlias = tuple[int, ...]
Axes: TypeAlias = int | Sequence[int] | None
DTypeLike: TypeAlias = np.dtype[Any] | type | str
TensorLike: TypeAlias = "Tensor | Array | np.generic | Scalar | Sequence[Any]"
