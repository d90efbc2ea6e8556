"""Strategies for types, numbers, arrays in every memory layout, and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_np._typing import Array, DTypeLike, Shape
from autograd_np.core import Tensor, as_dtype, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.testing._layouts import LAYOUTS
from autograd_np.testing.strategies.shapes import broadcastable_shapes, shapes

__all__ = ["arrays", "broadcastable_tensors", "dtypes", "layouts", "numbers", "tensors"]

_KINDS = {
    "f": (np.float32, np.float64),
    "i": (np.int8, np.int16, np.int32, np.int64),
    "u": (np.uint8, np.uint16, np.uint32, np.uint64),
    "b": (np.bool_,),
}


def dtypes(kinds: str = "f") -> st.SearchStrategy[np.dtype[Any]]:
    """Return a strategy for element types.

    Args:
        kinds: NumPy's letters: f for float32 and float64, i and u for integers with and without sign, b for bool.

    Raises: ArgumentError for other letters.

    Example:
        >>> from hypothesis import find
        >>> find(dtypes("fi"), lambda dtype: dtype.itemsize == 8)
        dtype('float64')
    """
    unknown = set(kinds) - _KINDS.keys()
    if unknown or not kinds:
        raise ArgumentError(f"dtypes: expected letters of 'fiub', got {kinds!r}")
    return st.sampled_from([np.dtype(kind) for letter in kinds for kind in _KINDS[letter]])


def numbers(
    low: float = -2.0,
    high: float = 2.0,
    *,
    avoid: Sequence[float] = (),
    margin: float = 0.05,
    dtype: DTypeLike = np.float64,
) -> st.SearchStrategy[float]:
    """Return a strategy for finite numbers in a range, away from points without a derivative.

    Args:
        low: least value.
        high: greatest value.
        avoid: values to keep a distance from, such as 0 for relu.
        margin: that distance; differences of gradcheck step 2e-4 to both sides.
        dtype: type that the numbers must be exact in.

    Example:
        >>> from hypothesis import find
        >>> find(numbers(-1, 1, avoid=(0,), margin=0.25), lambda x: x >= 0)
        1.0
    """
    kind = as_dtype(dtype).type
    # The ends as that type holds them; rounding must not lead outside the range.
    least, greatest = float(kind(low)), float(kind(high))
    drawn = st.floats(
        least,
        greatest,
        width={2: 16, 4: 32, 8: 64}[kind().itemsize],  # type: ignore[arg-type]  # a literal of its own
        allow_subnormal=False,
        exclude_min=least < low,
        exclude_max=greatest > high,
    )
    return drawn.filter(lambda x: all(abs(x - kink) >= margin for kink in avoid))


def arrays(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    dtype: DTypeLike = np.float64,
    elements: st.SearchStrategy[Any] | None = None,
) -> st.SearchStrategy[Array]:
    """Return a strategy for arrays in C order.

    Args:
        shape: a shape, or a strategy for one; `shapes()` if not given.
        dtype: element type.
        elements: strategy for the elements; `numbers()` for floating types, small integers, booleans.

    Example:
        >>> from hypothesis import find
        >>> find(arrays((2,)), lambda a: True)
        array([0., 0.])
    """
    kind = as_dtype(dtype)
    if elements is None:
        if kind.kind == "f":
            elements = numbers(dtype=kind)
        elif kind.kind == "b":
            elements = st.booleans()
        else:
            elements = st.integers(0 if kind.kind == "u" else -4, 4)
    return hnp.arrays(kind, shapes() if shape is None else shape, elements=elements)


def layouts(array: Array) -> st.SearchStrategy[Array]:
    """Return a strategy for arrays with the same values in other memory layouts.

    These are C and Fortran order, steps of two, negative steps, axes in another order, read-only memory and,
    along axes on which the values do not vary, zero stride. `LAYOUTS` holds them by name.

    Example:
        >>> from hypothesis import find
        >>> find(layouts(np.ones((2, 3))), lambda a: a.strides == (0, 0)).shape
        (2, 3)
    """
    return st.sampled_from(list(LAYOUTS.values())).map(lambda layout: layout(array))


def tensors(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    dtype: DTypeLike = np.float64,
    elements: st.SearchStrategy[Any] | None = None,
    *,
    requires_grad: bool = True,
    any_layout: bool = False,
) -> st.SearchStrategy[Tensor]:
    """Return a strategy for tensors, by default float64 leaves as gradcheck needs them.

    Args:
        shape: a shape, or a strategy for one; `shapes()` if not given.
        dtype: element type.
        elements: strategy for the elements, as in `arrays`.
        requires_grad: make floating tensors leaves that require gradients.
        any_layout: draw the memory layout as well.

    Example:
        >>> from hypothesis import find
        >>> find(tensors((2,)), lambda t: True)
        tensor([0., 0.], dtype=float64, requires_grad=True)
    """
    drawn = arrays(shape, dtype, elements)
    if any_layout:
        drawn = drawn.flatmap(layouts)
    floating = as_dtype(dtype).kind == "f"
    return drawn.map(lambda array: as_tensor(array).requires_grad_(requires_grad and floating))


def broadcastable_tensors(
    n: int,
    elements: st.SearchStrategy[Any] | None = None,
    *,
    dtype: DTypeLike = np.float64,
    requires_grad: bool = True,
    min_dims: int = 0,
    max_dims: int = 2,
    min_side: int = 1,
    max_side: int = 3,
) -> st.SearchStrategy[tuple[Tensor, ...]]:
    """Return a strategy for n tensors whose shapes broadcast against each other.

    Args:
        n: how many.
        elements: strategy for the elements of each, as in `arrays`.
        dtype: element type.
        requires_grad: make floating tensors leaves that require gradients.
        min_dims: least number of axes.
        max_dims: greatest number of axes.
        min_side: least size of an axis.
        max_side: greatest size of an axis.

    Example:
        >>> from hypothesis import find
        >>> find(broadcastable_tensors(2, requires_grad=False), lambda pair: True)
        (tensor(0., dtype=float64), tensor(0., dtype=float64))
    """
    drawn = broadcastable_shapes(n, min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)
    return drawn.flatmap(
        lambda found: st.tuples(*(tensors(shape, dtype, elements, requires_grad=requires_grad) for shape in found))
    )
