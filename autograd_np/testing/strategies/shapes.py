"""Strategies for shapes, axes and indices."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_np._typing import Array, Shape

__all__ = ["axes", "broadcastable_shapes", "indices", "shapes"]


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
