"""Einstein sums: one multilinear form, whose derivatives are Einstein sums of the same labels."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograd_np.core import Tensor, UnaryOp, VariadicOp, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.contractions import Labels, contract, diagonals, embed_diagonals
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.ops.reductions import _sum

__all__ = ["einsum"]

# --- rows ---------------------------------------------------------------------------------------------------------

#: Every label stands in at least two of (output, operands): the cotangent then takes the place of its operand.
_einsum = VariadicOp(
    "einsum",
    contract,
    lambda g, _y, xs, i, inputs, output: _einsum(
        g, *xs[:i], *xs[i + 1 :], inputs=(output, *inputs[:i], *inputs[i + 1 :]), output=inputs[i]
    ),
    promotion=None,
)
_diagonals = UnaryOp(
    "diagonals",
    diagonals,
    lambda g, _y, _x, labels, output: _embed_diagonals(g, labels=labels, output=output),
)
_embed_diagonals = UnaryOp(
    "embed_diagonals",
    embed_diagonals,
    lambda g, _y, _x, labels, output: _diagonals(g, labels=labels, output=output),
)

# --- reading the subscripts ---------------------------------------------------------------------------------------

#: The axes under an ellipsis are labelled -1, -2, ... from the last one backwards, so that they align at the right.
_Subscript = list[int | None]


def _letters(text: str, part: str) -> _Subscript:
    """Return a part of the equation as labels, with None for the ellipsis."""
    found: _Subscript = []
    for i, piece in enumerate(part.replace(" ", "").split("...")):
        if i:
            found.append(None)
        for letter in piece:
            if letter not in string.ascii_letters:
                message = f"einsum: {letter!r} in {text!r} is neither a letter, a comma, an arrow nor an ellipsis"
                raise ArgumentError(message)
            found.append(ord(letter))
    if found.count(None) > 1:
        message = f"einsum: {part!r} in {text!r} has more than one ellipsis"
        raise ArgumentError(message)
    return found


def _sublist(labels: Sequence[Any]) -> _Subscript:
    """Return a list of labels as NumPy writes it, integers from 0 and Ellipsis."""
    return [None if label is Ellipsis else int(label) for label in labels]


def _read(arguments: tuple[Any, ...]) -> tuple[list[Tensor], list[_Subscript], _Subscript | None, str]:
    """Return operands, their labels, the output's labels if they are written, and the call as errors quote it."""
    if not arguments:
        message = "einsum: expected an equation and operands"
        raise ArgumentError(message)
    if not isinstance(arguments[0], str):
        count = len(arguments) // 2
        operands = [as_tensor(x) for x in arguments[0 : 2 * count : 2]]
        inputs = [_sublist(labels) for labels in arguments[1 : 2 * count : 2]]
        output = _sublist(arguments[-1]) if len(arguments) % 2 else None
        return operands, inputs, output, ", ".join(str(labels) for labels in arguments[1::2])
    text, *rest = arguments
    if len(rest) == 1 and isinstance(rest[0], (list, tuple)):
        rest = list(rest[0])
    left, arrow, right = text.partition("->")
    inputs = [_letters(text, part) for part in left.split(",")]
    return [as_tensor(x) for x in rest], inputs, _letters(text, right) if arrow else None, text


def _expanded(subscript: _Subscript, rank: int, text: str, index: int) -> Labels:
    """Return one label per axis: the ellipsis stands for the axes that have no label of their own."""
    spare = rank - (len(subscript) - subscript.count(None))
    if spare < 0 or (spare and None not in subscript):
        message = (
            f"einsum: operand {index} has {rank} axes, but {text!r} names {len(subscript) - subscript.count(None)}\n"
            "  fix: write one label per axis, or '...' for the axes that are not named"
        )
        raise ArgumentError(message)
    labels: list[int] = []
    for label in subscript:
        labels.extend(range(-spare, 0) if label is None else [label])
    return tuple(labels)


def _output_labels(output: _Subscript | None, inputs: Sequence[Labels], text: str) -> Labels:
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


def _sizes(operands: Sequence[Tensor], inputs: Sequence[Labels], text: str) -> dict[int, int]:
    """Return the size of each label; size 1 gives way to others."""
    sizes: dict[int, int] = {}
    for x, labels in zip(operands, inputs, strict=True):
        for size, label in zip(x.shape, labels, strict=True):
            known = sizes.get(label, 1)
            if 1 not in (size, known) and size != known:
                name = chr(label) if label > 64 else f"label {label}" if label >= 0 else "an axis under the ellipsis"
                raise_shape(
                    "einsum",
                    {f"operand {i}": operand.shape for i, operand in enumerate(operands)},
                    f"in {text!r} {name!r} has size {known} and size {size}",
                    "axes with the same label must be of one size, or of size 1",
                )
            sizes[label] = size if known == 1 else known
    return sizes


def _simplified(x: Tensor, labels: Labels, needed: set[int], sizes: dict[int, int]) -> tuple[Tensor, Labels]:
    """Return the operand with each label once, without the labels that nothing else names or that broadcast."""
    if len(set(labels)) != len(labels):
        # An axis of size 1 beside a longer one of the same label has no diagonal of its own: it broadcasts.
        x, labels = _without(x, labels, [n == 1 != sizes[i] for n, i in zip(x.shape, labels, strict=True)])
        distinct = tuple(dict.fromkeys(labels))
        if distinct != labels:
            x, labels = _diagonals(x, labels=labels, output=distinct), distinct
    x, labels = _without(x, labels, [n == 1 != sizes[i] for n, i in zip(x.shape, labels, strict=True)])
    alone = tuple(axis for axis, label in enumerate(labels) if label not in needed)
    if alone:
        x = _sum(x, axes=alone, keepdims=False)
        labels = tuple(label for label in labels if label in needed)
    return x, labels


def _without(x: Tensor, labels: Labels, gone: list[bool]) -> tuple[Tensor, Labels]:
    """Return the operand without the marked axes of size 1."""
    if True not in gone:
        return x, labels
    shape = tuple(n for n, drop in zip(x.shape, gone, strict=True) if not drop)
    return x.reshape(shape), tuple(i for i, drop in zip(labels, gone, strict=True) if not drop)


# --- functions ----------------------------------------------------------------------------------------------------


def einsum(*operands: Any) -> Tensor:
    """Sum products of elements over labelled axes.

    Args:
        operands: the equation and the tensors, as in `einsum("ij,jk->ik", a, b)`; or tensors and lists of labels in
            turns, as in `einsum(a, [0, 1], b, [1, 2], [0, 2])`. A label that comes twice in one operand walks its
            diagonal, '...' stands for the axes that are not named, and without '->' the result has the labels that
            occur once, in alphabetical order.

    Shapes: as the equation says; axes with one label have one size, or size 1.

    Raises:
        ArgumentError: if the equation cannot be read or does not fit the operands' ranks.
        ShapeError: if axes with one label have different sizes.
        DTypeError: for operands of several types.
    Source: torch.einsum.

    Example:
        >>> a = as_tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> einsum("ij,kj->ik", a, a), einsum("ii->i", a), einsum("ii", a)
        (tensor([[ 5., 11.],
                [11., 25.]]), tensor([1., 4.]), tensor(5.))
    """
    tensors, subscripts, written, text = _read(operands)
    if len(tensors) != len(subscripts) or not tensors:
        message = f"einsum: {text!r} names {len(subscripts)} operands, got {len(tensors)}"
        raise ArgumentError(message)
    if len(tensors) > 1:
        check_one_type("einsum", *(x.dtype for x in tensors))
    inputs = [_expanded(s, x.ndim, text, i) for i, (s, x) in enumerate(zip(subscripts, tensors, strict=True))]
    output = _output_labels(written, inputs, text)
    sizes = _sizes(tensors, inputs, text)
    simple = []
    for i, (x, labels) in enumerate(zip(tensors, inputs, strict=True)):
        needed = set(output).union(*inputs[:i], *inputs[i + 1 :])
        simple.append(_simplified(x, labels, needed, sizes))
    # A label whose other axes were all of size 1 now stands alone.
    names = Counter(label for _, labels in simple for label in labels)
    names.update(output)
    simple = [_simplified(x, labels, {i for i in labels if names[i] > 1}, sizes) for x, labels in simple]
    dense = {label: i for i, label in enumerate(dict.fromkeys(i for _, labels in simple for i in labels))}
    return _einsum(
        *(x for x, _ in simple),
        inputs=tuple(tuple(dense[i] for i in labels) for _, labels in simple),
        output=tuple(dense[i] for i in output),
    )
