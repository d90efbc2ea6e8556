"""Matrices made of vectors and of smaller matrices: diagonals, blocks on the diagonal, powers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, VariadicOp, as_tensor, wrap
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.ops.arithmetic import pow
from autograd_np.ops.indexing import _index
from autograd_np.ops.parts import diag_embed
from autograd_np.ops.shapes import atleast_2d

__all__ = ["block_diag", "diagflat", "vander"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _blocks_kernel(*xs: Any, places: Any) -> Any:
    result = np.zeros(places[-1], np.result_type(*xs))
    for x, (row, col) in zip(xs, places, strict=False):
        result[row : row + x.shape[0], col : col + x.shape[1]] = x
    return result


_block_diag = VariadicOp(
    "block_diag",
    _blocks_kernel,
    lambda g, _y, _xs, i, places: _index(
        g, index=(slice(places[i][0], places[i + 1][0]), slice(places[i][1], places[i + 1][1]))
    ),
)


# --- functions ----------------------------------------------------------------------------------------------------


def block_diag(*tensors: TensorLike) -> Tensor:
    """Return a matrix with these matrices on its diagonal, one behind the other, and zeros elsewhere.

    Shapes: (M, P), (n, k) -> (M + n, P + k); vectors and single numbers count as rows.
    Raises: ArgumentError without a tensor, ShapeError for more than two axes.
    Source: torch.block_diag.

    Example:
        >>> block_diag(as_tensor([[1.0, 2.0]]), as_tensor(3.0))
        tensor([[1., 2., 0.],
                [0., 0., 3.]])
    """
    if not tensors:
        raise ArgumentError("block_diag: expected at least one tensor")
    xs: list[Tensor] = [atleast_2d(x) for x in tensors]
    for number, x in enumerate(xs):
        if x.ndim > 2:
            raise_shape("block_diag", {f"tensor {number}": x.shape}, "expected at most two axes")
    rows, cols = ((0, *itertools.accumulate(x.shape[axis] for x in xs)) for axis in (0, 1))
    result: Tensor = _block_diag(*xs, places=tuple(zip(rows, cols, strict=True)))
    return result


def diagflat(input: TensorLike, offset: int = 0) -> Tensor:
    """Return a matrix whose diagonal holds all elements of the input.

    Args:
        input: any tensor, taken as a vector.
        offset: 0 for the main diagonal, positive above it, negative below.

    Shapes: n elements -> (n + |offset|, n + |offset|).
    Source: torch.diagflat.

    Example:
        >>> diagflat(as_tensor([[1.0], [2.0]]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    return diag_embed(as_tensor(input).reshape((-1,)), offset)


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """Return the powers of a vector's elements as columns, from the highest to the zeroth.

    Args:
        x: a vector.
        N: how many columns; as many as elements if None.
        increasing: from the zeroth power to the highest.

    Shapes: (n) -> (n, N).
    Raises: ShapeError unless x is a vector, ArgumentError for a negative N.
    Source: torch.vander; numpy.vander.

    Example:
        >>> vander(as_tensor([1.0, 2.0, 3.0]))
        tensor([[1., 1., 1.],
                [4., 2., 1.],
                [9., 3., 1.]])
    """
    base = as_tensor(x)
    base = base if base.is_floating_point() else base.to(np.int64)
    if base.ndim != 1:
        raise_shape("vander", {"x": base.shape}, "expected a vector")
    count = base.numel() if N is None else N
    if count < 0:
        raise ArgumentError(f"vander: the number of columns must not be negative, got {count}")
    exponents = np.arange(count, dtype=base.dtype)
    return pow(base.reshape((-1, 1)), wrap(exponents if increasing else exponents[::-1].copy(), None))
