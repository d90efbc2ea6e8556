"""Einstein subscripts: from an equation and shapes to labels, and to what each operand needs before the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from autograd_np._typing import Shape
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.contractions import Labels

__all__ = ["Plan", "Preparation", "Subscript", "planned", "sublist"]

#: Labels as they are written; None is the ellipsis.
Subscript: TypeAlias = tuple[int | None, ...]


class Preparation(NamedTuple):
    """What turns an operand into one whose labels differ and all stand elsewhere too; None where nothing is to do."""

    shape: Shape | None
    diagonals: tuple[Labels, Labels] | None
    sums: tuple[int, ...] | None


class Plan(NamedTuple):
    """The preparation of each operand, and the labels of the product."""

    operands: tuple[Preparation, ...]
    inputs: tuple[Labels, ...]
    output: Labels


def _letters(text: str, part: str) -> Subscript:
    """Return a part of the equation as labels, with None for the ellipsis."""
    found: list[int | None] = []
    for i, piece in enumerate(part.replace(" ", "").split("...")):
        if i:
            found.append(None)
        for letter in piece:
            if not (letter.isascii() and letter.isalpha()):
                message = f"einsum: {letter!r} in {text!r} is neither a letter, a comma, an arrow nor an ellipsis"
                raise ArgumentError(message)
            found.append(ord(letter))
    if found.count(None) > 1:
        message = f"einsum: {part!r} in {text!r} has more than one ellipsis"
        raise ArgumentError(message)
    return tuple(found)


def sublist(labels: Sequence[Any]) -> Subscript:
    """Return a list of labels as NumPy writes it, integers from 0 and Ellipsis.

    Example:
        >>> sublist([0, ..., 2])
        (0, None, 2)
    """
    return tuple(None if label is Ellipsis else int(label) for label in labels)


def _expanded(subscript: Subscript, rank: int, text: str, index: int) -> Labels:
    """Return one label per axis: the ellipsis stands for the axes that have no label of their own.

    They are labelled -1, -2, ... from the last one backwards, so that those of several operands align at the right.
    """
    named = len(subscript) - subscript.count(None)
    spare = rank - named
    if spare < 0 or (spare and None not in subscript):
        message = (
            f"einsum: operand {index} has {rank} axes, but {text!r} names {named}\n"
            "  fix: write one label per axis, or '...' for the axes that are not named"
        )
        raise ArgumentError(message)
    labels: list[int] = []
    for label in subscript:
        labels.extend(range(-spare, 0) if label is None else [label])
    return tuple(labels)


def _output_labels(output: Subscript | None, inputs: Sequence[Labels], text: str) -> Labels:
    """Return the result's labels: as written, or those that occur once in alphabetical order."""
    counts = Counter(label for labels in inputs for label in labels)
    ellipsis = sorted(label for label in counts if label < 0)
    if output is None:
        return (*ellipsis, *sorted(label for label, count in counts.items() if label >= 0 and count == 1))
    labels: list[int] = []
    for label in output:
        labels.extend(ellipsis if label is None else [label])
    unknown = [label for label in labels if label not in counts]
    if unknown or len(set(labels)) != len(labels):
        problem = "names a label that no operand has" if unknown else "names a label twice"
        message = f"einsum: the output of {text!r} {problem}"
        raise ArgumentError(message)
    return tuple(labels)


def _sizes(shapes: Sequence[Shape], inputs: Sequence[Labels], text: str) -> dict[int, int]:
    """Return the size of each label; size 1 gives way to others."""
    sizes: dict[int, int] = {}
    for shape, labels in zip(shapes, inputs, strict=True):
        for size, label in zip(shape, labels, strict=True):
            known = sizes.get(label, 1)
            if 1 not in {size, known} and size != known:
                name = (
                    repr(chr(label)) if label > 64 else f"label {label}" if label >= 0 else "an axis under the ellipsis"
                )
                raise_shape(
                    "einsum",
                    {f"operand {i}": shape for i, shape in enumerate(shapes)},
                    f"in {text!r} {name} has size {known} and size {size}",
                    "axes with the same label must be of one size, or of size 1",
                )
            sizes[label] = size if known == 1 else known
    return sizes


@lru_cache(maxsize=1024)
def planned(
    text: str, given: tuple[Subscript, ...] | None, output: Subscript | None, shapes: tuple[Shape, ...]
) -> Plan:
    """Return how operands of these shapes are multiplied and summed.

    Args:
        text: the equation, or what errors quote where sublists are given.
        given: labels of each operand, where they were given as lists; None to read the equation.
        output: labels of the result, where `given` is and they were given.
        shapes: of the operands.

    Raises: ArgumentError or ShapeError if the subscripts cannot be read, or do not fit the shapes.

    Example:
        >>> planned("ij,jk->ik", None, None, ((2, 3), (3, 4)))[1:]
        (((0, 1), (1, 2)), (0, 2))
    """
    if given is None:
        left, arrow, right = text.partition("->")
        given = tuple(_letters(text, part) for part in left.split(","))
        output = _letters(text, right) if arrow else None
    if len(given) != len(shapes) or not shapes:
        message = f"einsum: {text!r} names {len(given)} operands, got {len(shapes)}"
        raise ArgumentError(message)
    inputs = [_expanded(s, len(shape), text, i) for i, (s, shape) in enumerate(zip(given, shapes, strict=True))]
    result = _output_labels(output, inputs, text)
    sizes = _sizes(shapes, inputs, text)
    # Axes of size 1 that broadcast are dropped, then repeated labels become one: who names a label is clear after that.
    dropped = [
        [axis for axis, n in enumerate(shape) if n == 1 != sizes[labels[axis]]]
        for shape, labels in zip(shapes, inputs, strict=True)
    ]
    kept = [
        tuple(label for axis, label in enumerate(labels) if axis not in gone)
        for labels, gone in zip(inputs, dropped, strict=True)
    ]
    single = [tuple(dict.fromkeys(labels)) for labels in kept]
    uses = Counter(label for labels in (*single, result) for label in labels)
    dense = {label: i for i, label in enumerate(dict.fromkeys(label for labels in single for label in labels))}
    operands, finals = [], []
    for shape, gone, labels, once in zip(shapes, dropped, kept, single, strict=True):
        alone = tuple(axis for axis, label in enumerate(once) if uses[label] == 1)
        operands.append(
            Preparation(
                tuple(n for axis, n in enumerate(shape) if axis not in gone) if gone else None,
                (labels, once) if once != labels else None,
                alone or None,
            )
        )
        finals.append(tuple(dense[label] for label in once if uses[label] > 1))
    return Plan(tuple(operands), tuple(finals), tuple(dense[label] for label in result))
