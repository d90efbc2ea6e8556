"""Writes in place that replace values: copying, filling, and drawing random numbers into a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np._typing import Array, Scalar, TensorLike
from autograd_np.core import Op, Tensor, as_array, as_tensor, overwrite
from autograd_np.errors import ShapeError, aligned_shapes
from autograd_np.ops.arithmetic import _zeros_like
from autograd_np.ops.random import Generator, default_generator

__all__ = ["bernoulli_", "copy_", "exponential_", "fill_", "normal_", "random_", "uniform_", "zero_"]

#: The target takes the source's values: nothing of the old ones remains.
_copy = Op(
    "copy",
    lambda target, source: np.broadcast_to(source, target.shape).astype(target.dtype),
    lambda g, _y, _target, _source: _zeros_like(g),
    lambda g, _y, _target, _source: g,
    broadcasts=True,
)


def copy_(input: Tensor, source: TensorLike) -> Tensor:
    """Write the source's values into the tensor, converted to its type.

    Shapes: the source's must broadcast to the tensor's.
    Raises: ShapeError if it does not, MutationError if the tensor cannot be written.
    Source: torch.Tensor.copy_.

    Example:
        >>> copy_(as_tensor([0.0, 0.0]), [1, 2])
        tensor([1., 2.])
    """
    values = as_tensor(source)

    def assign(target: Array) -> None:
        try:
            np.copyto(target, values._array, casting="unsafe")
        except ValueError as error:
            table = aligned_shapes({"tensor": target.shape, "source": values.shape})
            raise ShapeError(f"copy_: the source must broadcast to the tensor's shape\n{table}") from error

    return overwrite(input, _copy, assign, values)


def fill_(input: Tensor, value: Scalar | Tensor) -> Tensor:
    """Set every element to one value.

    Shapes: any.
    Raises: MutationError if the tensor cannot be written.
    Source: torch.Tensor.fill_.

    Example:
        >>> fill_(as_tensor([1.0, 2.0]), 7)
        tensor([7., 7.])
    """
    return copy_(input, value)


def zero_(input: Tensor) -> Tensor:
    """Set every element to zero.

    Shapes: any.
    Raises: MutationError if the tensor cannot be written.
    Source: torch.Tensor.zero_.

    Example:
        >>> zero_(as_tensor([1.0, 2.0]))
        tensor([0., 0.])
    """
    return copy_(input, 0)


def _drawn(input: Tensor, values: Any) -> Tensor:
    return copy_(input, as_array(np.asarray(values)))


def uniform_(input: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element uniformly from [a, b).

    Shapes: any.
    Source: torch.Tensor.uniform_.

    Example:
        >>> 2 <= uniform_(as_tensor([0.0]), 2, 3).item() < 3
        True
    """
    rng = (generator or default_generator).numpy
    return _drawn(input, rng.random(input.shape, dtype=np.float64) * (b - a) + a)


def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element from a normal distribution.

    Shapes: any.
    Source: torch.Tensor.normal_.

    Example:
        >>> normal_(as_tensor([0.0]), 100.0, 1.0).item() > 50
        True
    """
    rng = (generator or default_generator).numpy
    return _drawn(input, rng.standard_normal(input.shape) * std + mean)


def random_(input: Tensor, low: int = 0, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Draw integers uniformly: from [low, high), from [0, low) with one bound, over the type's range with none.

    Shapes: any.
    Source: torch.Tensor.random_.

    Example:
        >>> random_(as_tensor([0, 0]), 5).max().item() < 5
        True
    """
    rng = (generator or default_generator).numpy
    if high is None and low:
        low, high = 0, low
    if high is None:
        high = 2**24 if input.is_floating_point() else int(np.iinfo(input.dtype).max)
    return _drawn(input, rng.integers(low, high, input.shape))


def bernoulli_(input: Tensor, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Set every element to 1 with probability p, else to 0.

    Shapes: any.
    Source: torch.Tensor.bernoulli_.

    Example:
        >>> bernoulli_(as_tensor([0.5, 0.5]), 1.0)
        tensor([1., 1.])
    """
    rng = (generator or default_generator).numpy
    return _drawn(input, rng.random(input.shape) < p)


def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element from an exponential distribution of rate `lambd`.

    Shapes: any.
    Source: torch.Tensor.exponential_.

    Example:
        >>> exponential_(as_tensor([0.0])).item() >= 0
        True
    """
    rng = (generator or default_generator).numpy
    return _drawn(input, rng.standard_exponential(input.shape) / lambd)
