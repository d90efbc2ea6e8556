"""Hypothesis strategies: shapes, axes, indices, arrays in every memory layout, and tensors.

They serve the tests of this library and of operations that users write. Nothing else needs Hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_np._typing import Array, DTypeLike, Shape
from autograd_np.core import Tensor, as_dtype, as_tensor

__all__ = [
    "LAYOUTS",
    "arrays",
    "axes",
    "broadcastable_shapes",
    "indices",
    "layouts",
    "numbers",
    "shapes",
    "tensors",
]


# --- shapes, axes, indices ----------------------------------------------------------------------------------


def shapes(*, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4) -> st.SearchStrategy[Shape]:
    """Return a strategy for shapes; min_side=0 adds empty ones.

    Source: hypothesis.extra.numpy.array_shapes.

    Example:
        >>> from hypothesis import find
        >>> find(shapes(min_dims=2), lambda shape: True)
        (1, 1)
    """
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(
    n: int, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Return a strategy for n shapes that broadcast against each other.

    Source: hypothesis.extra.numpy.mutually_broadcastable_shapes.

    Example:
        >>> from hypothesis import find
        >>> find(broadcastable_shapes(2), lambda pair: pair[0] != pair[1] and 1 not in pair[0] + pair[1])
        ((), (2,))
    """
    return hnp.mutually_broadcastable_shapes(
        num_shapes=n, min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    ).map(lambda drawn: tuple(drawn.input_shapes))


def axes(ndim: int, *, none: bool = True, single: bool = True, several: bool = True) -> st.SearchStrategy[Any]:
    """Return a strategy for what reductions take as their axes, counted from either end.

    Args:
        ndim: number of axes of the tensor.
        none: include None, which means all.
        single: include integers.
        several: include tuples of distinct axes, the empty one too.

    Example:
        >>> from hypothesis import find
        >>> find(axes(3), lambda drawn: drawn == -1)
        -1
    """
    options: list[st.SearchStrategy[Any]] = []
    if none:
        options.append(st.none())
    if single and ndim:
        options.append(st.integers(-ndim, ndim - 1))
    if several:
        options.append(hnp.valid_tuple_axes(ndim))
    return st.one_of(options)


def indices(
    shape: Shape, *, basic: bool = True, integer: bool = True, boolean: bool = True, mixed: bool = True
) -> st.SearchStrategy[Any]:
    """Return a strategy for what a tensor of this shape can be indexed with, in every form that NumPy knows.

    Args:
        shape: of the tensor.
        basic: include integers, slices, ellipsis and newaxis.
        integer: include integer arrays for the leading axes, with repeated and negative entries.
        boolean: include masks over leading axes.
        mixed: include tuples in which all of these meet.

    Example:
        >>> from hypothesis import find
        >>> find(indices((3, 2), basic=False, boolean=False, mixed=False), lambda index: len(index) == 1)
        (array([0]),)
    """
    sizes = tuple(shape)
    options: list[st.SearchStrategy[Any]] = []
    if basic:
        options.append(hnp.basic_indices(sizes, allow_newaxis=True))
    if integer and sizes and 0 not in sizes:
        options.append(_integer_indices(sizes))
    if boolean and sizes:
        options.append(_masks(sizes))
    if mixed and sizes and 0 not in sizes:
        options.append(_mixed_indices(sizes))
    return st.one_of(options)


@st.composite
def _integer_indices(draw: st.DrawFn, sizes: Shape) -> tuple[Array, ...]:
    count = draw(st.integers(1, len(sizes)))
    common = draw(broadcastable_shapes(count, min_dims=1, max_dims=2, max_side=3))
    return tuple(draw(_positions(n, shape)) for n, shape in zip(sizes, common, strict=False))


def _positions(size: int, shape: Shape) -> st.SearchStrategy[Array]:
    return hnp.arrays(np.int64, shape, elements=st.integers(-size, size - 1))


def _masks(sizes: Shape) -> st.SearchStrategy[Array]:
    return st.integers(1, len(sizes)).flatmap(lambda count: hnp.arrays(np.bool_, sizes[:count]))


@st.composite
def _mixed_indices(draw: st.DrawFn, sizes: Shape) -> tuple[Any, ...]:
    used = draw(st.integers(0, len(sizes)))
    # Arrays in one index broadcast against each other, and a mask counts as an array of its number of True.
    length = draw(st.integers(1, 3))
    items: list[Any] = []
    for size in sizes[:used]:
        kind = draw(st.sampled_from(("integer", "slice", "array", "mask")))
        if kind == "integer":
            items.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            items.append(draw(st.slices(size)))
        elif kind == "array" or length > size:
            items.append(draw(_positions(size, draw(st.sampled_from(((length,), (1,)))))))
        else:
            chosen = draw(st.permutations(range(size)))[:length]
            items.append(np.isin(np.arange(size), chosen))
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))), None)
    if draw(st.booleans()):
        # After the axes that the items before it used up, an ellipsis stands for those that nothing names.
        items.append(Ellipsis)
    return tuple(items)


# --- values -------------------------------------------------------------------------------------------------


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


# --- memory layouts -----------------------------------------------------------------------------------------


def _contiguous(array: Array) -> Array:
    return np.array(array, order="C")


def _fortran(array: Array) -> Array:
    return np.array(array, order="F")


def _strided(array: Array) -> Array:
    """Return every second element of a larger buffer, along every axis."""
    buffer = np.zeros(tuple(2 * n + 1 for n in array.shape), array.dtype)
    # The ellipsis keeps an array also where there are no axes.
    odd: Any = (*(slice(1, None, 2) for _ in array.shape), ...)
    view: Array = buffer[odd]
    view[...] = array
    return view


def _negative(array: Array) -> Array:
    """Return a view that runs backwards through its memory along every axis."""
    backwards: Any = (*(slice(None, None, -1) for _ in array.shape), ...)
    return np.array(array[backwards], order="C")[backwards]


def _rotated(array: Array) -> Array:
    """Return a view whose axes lie in memory in another order: from three on neither C's nor Fortran's."""
    order = (*range(1, array.ndim), *range(min(array.ndim, 1)))
    back = tuple(int(i) for i in np.argsort(order))
    return np.array(array.transpose(order), order="C").transpose(back)


def _zero_stride(array: Array) -> Array:
    """Return a read-only view that reads one element again along each axis on which values do not vary."""
    first = array
    for axis, size in enumerate(array.shape):
        part = first[(slice(None),) * axis + (slice(0, 1),)]
        if size and bool((part == first).all()):
            first = part
    return np.broadcast_to(np.array(first, order="C"), array.shape)


def _read_only(array: Array) -> Array:
    result = np.array(array, order="C")
    result.flags.writeable = False
    return result


#: Ways to lay the same values out in memory, by name.
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": _contiguous,
    "fortran": _fortran,
    "strided": _strided,
    "negative stride": _negative,
    "rotated axes": _rotated,
    "zero stride": _zero_stride,
    "read-only": _read_only,
}


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
