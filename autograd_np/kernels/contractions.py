"""Kernels of Einstein sums: labels are small integers; two operands at a time become one product of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np

from autograd_np._typing import Array, Shape

__all__ = ["Labels", "contract", "diagonals", "embed_diagonals"]

Labels: TypeAlias = tuple[int, ...]


class _Plan(NamedTuple):
    """How two operands become matrices: labels to sum over first, the axes' order, group counts, the result's axes."""

    alone_a: tuple[int, ...]
    alone_b: tuple[int, ...]
    order_a: Labels | None
    order_b: Labels | None
    batch: int
    summed: int
    result: Labels | None


@lru_cache(maxsize=1024)
def _plan(a: Labels, b: Labels, output: Labels) -> _Plan:
    alone_a = tuple(axis for axis, i in enumerate(a) if i not in output and i not in b)
    alone_b = tuple(axis for axis, i in enumerate(b) if i not in output and i not in a)
    a = tuple(i for axis, i in enumerate(a) if axis not in alone_a)
    b = tuple(i for axis, i in enumerate(b) if axis not in alone_b)
    batch = [i for i in a if i in b and i in output]
    summed = [i for i in a if i in b and i not in output]
    left = [i for i in a if i not in b]
    right = [i for i in b if i not in a]
    made = (*batch, *left, *right)
    return _Plan(
        alone_a,
        alone_b,
        _moved(tuple(a.index(i) for i in (*batch, *left, *summed))),
        _moved(tuple(b.index(i) for i in (*batch, *summed, *right))),
        len(batch),
        len(summed),
        _moved(tuple(made.index(i) for i in output)),
    )


def _moved(order: Labels) -> Labels | None:
    """Return the order of axes, or None if they stay where they are."""
    return None if order == tuple(range(len(order))) else order


def _pair(a: Array, b: Array, labels_a: Labels, labels_b: Labels, output: Labels) -> Array:
    """Contract two operands as one product of matrices, or element by element where nothing is summed over."""
    plan = _plan(labels_a, labels_b, output)
    if plan.alone_a:
        a = np.asarray(a.sum(axis=plan.alone_a, dtype=a.dtype))
    if plan.alone_b:
        b = np.asarray(b.sum(axis=plan.alone_b, dtype=b.dtype))
    a = a if plan.order_a is None else a.transpose(plan.order_a)
    b = b if plan.order_b is None else b.transpose(plan.order_b)
    cut = a.ndim - plan.summed
    batch, left, inner = a.shape[: plan.batch], a.shape[plan.batch : cut], a.shape[cut:]
    right = b.shape[plan.batch + plan.summed :]
    if not plan.summed:
        product = a.reshape((*a.shape, *(1,) * len(right))) * b.reshape((*batch, *(1,) * len(left), *right))
    elif not left and not right:
        product = _inner(a, b, plan.batch)
    else:
        k = math.prod(inner)
        rows = a.reshape((*batch, math.prod(left), k))
        columns = b.reshape((*batch, k, math.prod(right)))
        product = np.matmul(rows, columns).reshape((*batch, *left, *right))
    return product if plan.result is None else product.transpose(plan.result)


def _inner(a: Array, b: Array, batch: int) -> Array:
    """Return the sum of products over all axes but the first: NumPy's own loop, which needs no matrices."""
    labels = list(range(a.ndim))
    return np.asarray(np.einsum(a, labels, b, labels, labels[:batch]))


@lru_cache(maxsize=256)
def _path(inputs: tuple[Labels, ...], output: Labels, shapes: tuple[Shape, ...]) -> list[tuple[int, ...]]:
    """Return in which order pairs of three or more operands are contracted, as NumPy plans it."""
    arguments: list[object] = []
    for labels, shape in zip(inputs, shapes, strict=True):
        arguments += [np.broadcast_to(np.zeros(()), shape), list(labels)]
    return np.einsum_path(*arguments, list(output), optimize="greedy")[0][1:]  # type: ignore[arg-type]


def _single(x: Array, labels: Labels, output: Labels) -> Array:
    """Sum one operand over the labels that the output lacks, and order the others."""
    gone = tuple(axis for axis, label in enumerate(labels) if label not in output)
    # Either way an array of its own: what shares memory with an operand would have to be recorded as a view.
    x = np.asarray(x.sum(axis=gone, dtype=x.dtype)) if gone else x.copy()
    labels = tuple(label for label in labels if label in output)
    return x.transpose([labels.index(label) for label in output])


def contract(*operands: Array, inputs: tuple[Labels, ...], output: Labels) -> Array:
    """Return the sum over the labels missing in the output of the product of the operands.

    Args:
        operands: arrays.
        inputs: labels of each operand's axes; within one operand they differ.
        output: labels of the result's axes.

    Example:
        >>> contract(np.ones((2, 3)), np.ones((3, 4)), inputs=((0, 1), (1, 2)), output=(2, 0)).shape
        (4, 2)
    """
    if len(operands) == 1:
        return _single(operands[0], inputs[0], output)
    if len(operands) == 2:
        return _pair(operands[0], operands[1], inputs[0], inputs[1], output)
    arrays, labels = list(operands), list(inputs)
    for step in _path(inputs, output, tuple(x.shape for x in operands)):
        taken = [(arrays.pop(i), labels.pop(i)) for i in sorted(step, reverse=True)]
        x, made = taken.pop()
        while taken:
            y, other = taken.pop()
            needed = set(output).union(*labels, *(waiting for _, waiting in taken))
            final = not arrays and not taken
            result = output if final else tuple(dict.fromkeys(i for i in (*made, *other) if i in needed))
            x, made = _pair(x, y, made, other, result), result
        arrays.append(x)
        labels.append(made)
    return arrays[0]


def _diagonal_view(x: Array, labels: Sequence[int], output: Sequence[int]) -> Array:
    """Return a view whose axes each walk along all axes of `x` with the same label."""
    strides = [sum(s for s, i in zip(x.strides, labels, strict=True) if i == label) for label in output]
    shape = [x.shape[list(labels).index(label)] for label in output]
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def diagonals(x: Array, labels: Labels, output: Labels) -> Array:
    """Return the elements whose indices agree wherever labels do, one axis per label.

    Example:
        >>> diagonals(np.array([[1, 2], [3, 4]]), (0, 0), (0,))
        array([1, 4])
    """
    return _diagonal_view(x, labels, output).copy()


def embed_diagonals(g: Array, labels: Labels, output: Labels) -> Array:
    """Return zeros with the values at the places that `diagonals` reads.

    Example:
        >>> embed_diagonals(np.array([1, 4]), (0, 0), (0,))
        array([[1, 0],
               [0, 4]])
    """
    sizes = dict(zip(output, g.shape, strict=True))
    result = np.zeros([sizes[label] for label in labels], g.dtype)
    _diagonal_view(result, labels, output)[...] = g
    return result
