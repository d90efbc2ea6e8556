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
    """How two operands become matrices: their axes' order, the group counts, and the result's axes."""

    order_a: Labels
    order_b: Labels
    batch: int
    summed: int
    result: Labels


@lru_cache(maxsize=1024)
def _plan(a: Labels, b: Labels, output: Labels) -> _Plan:
    in_b, kept = set(b), set(output)
    batch = [i for i in a if i in in_b and i in kept]
    summed = [i for i in a if i in in_b and i not in kept]
    left = [i for i in a if i not in in_b]
    right = [i for i in b if i not in a]
    order_a = tuple(a.index(i) for i in (*batch, *left, *summed))
    order_b = tuple(b.index(i) for i in (*batch, *summed, *right))
    made = (*batch, *left, *right)
    return _Plan(order_a, order_b, len(batch), len(summed), tuple(made.index(i) for i in output))


def _pair(a: Array, b: Array, labels_a: Labels, labels_b: Labels, output: Labels) -> Array:
    """Contract two operands whose labels all occur in the output or in both."""
    plan = _plan(labels_a, labels_b, output)
    a, b = a.transpose(plan.order_a), b.transpose(plan.order_b)
    cut = a.ndim - plan.summed
    batch, left, inner = a.shape[: plan.batch], a.shape[plan.batch : cut], a.shape[cut:]
    right = b.shape[plan.batch + plan.summed :]
    if not plan.summed:
        ones = (1,) * len(right)
        product = a.reshape((*a.shape, *ones)) * b.reshape((*batch, *(1,) * len(left), *right))
    else:
        k = math.prod(inner)
        rows = a.reshape((*batch, math.prod(left), k))
        columns = b.reshape((*batch, k, math.prod(right)))
        product = np.matmul(rows, columns).reshape((*batch, *left, *right))
    return product.transpose(plan.result)


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
    if gone:
        x = np.asarray(x.sum(axis=gone, dtype=x.dtype))
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
    arrays, labels = list(operands), list(inputs)
    if len(arrays) > 2:
        for step in _path(inputs, output, tuple(x.shape for x in operands)):
            chosen = sorted(step, reverse=True)
            taken = [(arrays.pop(i), labels.pop(i)) for i in chosen][::-1]
            needed = set(output).union(*labels)
            x, made = taken[0]
            for y, other in taken[1:]:
                last = y is taken[-1][0] and not arrays
                result = output if last else tuple(dict.fromkeys(i for i in (*made, *other) if i in needed))
                x, made = _joined(x, y, made, other, result), result
            arrays.append(x)
            labels.append(made)
    elif len(arrays) == 2:
        return _joined(arrays[0], arrays[1], labels[0], labels[1], output)
    return _single(arrays[0], labels[0], output)


def _joined(a: Array, b: Array, labels_a: Labels, labels_b: Labels, output: Labels) -> Array:
    """Contract two operands, after summing over the labels that stand in one of them alone."""
    alone_a = tuple(i for i in labels_a if i in output or i in labels_b)
    alone_b = tuple(i for i in labels_b if i in output or i in labels_a)
    if alone_a != labels_a:
        a = _single(a, labels_a, alone_a)
    if alone_b != labels_b:
        b = _single(b, labels_b, alone_b)
    return _pair(a, b, alone_a, alone_b, output)


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
