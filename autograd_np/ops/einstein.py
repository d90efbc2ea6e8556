"""Einstein sums: one multilinear form, whose derivatives are Einstein sums of the same labels."""

from __future__ import annotations

from typing import Any

from autograd_np.core import Tensor, UnaryOp, VariadicOp, as_tensor
from autograd_np.errors import ArgumentError
from autograd_np.kernels.contractions import contract, diagonals, embed_diagonals
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.kernels.subscripts import Plan, planned, sublist
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

# --- functions ----------------------------------------------------------------------------------------------------


def _read(arguments: tuple[Any, ...]) -> tuple[list[Tensor], Plan]:
    """Return the operands and what is to be done with them, from either form of the call."""
    if not arguments:
        message = "einsum: expected an equation and operands"
        raise ArgumentError(message)
    given = output = None
    if isinstance(arguments[0], str):
        text, *operands = arguments
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = list(operands[0])
    else:
        count = len(arguments) // 2
        operands = list(arguments[0 : 2 * count : 2])
        given = tuple(sublist(labels) for labels in arguments[1 : 2 * count : 2])
        output = sublist(arguments[-1]) if len(arguments) % 2 else None
        text = ", ".join(str(labels) for labels in arguments[1 : 2 * count : 2])
    tensors = [as_tensor(x) for x in operands]
    return tensors, planned(text, given, output, tuple(x.shape for x in tensors))


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
    tensors, plan = _read(operands)
    if len(tensors) > 1:
        check_one_type("einsum", *(x.dtype for x in tensors))
    for i, (shape, labels, sums) in enumerate(plan.operands):
        x = tensors[i]
        if shape is not None:
            x = x.reshape(shape)
        if labels is not None:
            x = _diagonals(x, labels=labels[0], output=labels[1])
        if sums is not None:
            x = _sum(x, axes=sums, keepdims=False)
        tensors[i] = x
    return _einsum(*tensors, inputs=plan.inputs, output=plan.output)
