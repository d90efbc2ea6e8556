"""Writes in place that PyTorch has as methods only: other shapes, diagonals, draws, functions of single elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np._typing import Scalar, TensorLike
from autograd_np.core import Tensor, as_tensor, wrap
from autograd_np.core.modes import enable_grad, is_grad_enabled
from autograd_np.core.node import Leaf
from autograd_np.errors import ArgumentError, GraphError, MutationError, raise_shape
from autograd_np.kernels.shapes import integers
from autograd_np.ops.assignment import _drawn
from autograd_np.ops.indexing import setitem
from autograd_np.ops.random import Generator, default_generator

__all__ = [
    "apply_",
    "cauchy_",
    "fill_diagonal_",
    "geometric_",
    "log_normal_",
    "map_",
    "reshaping",
    "resize_",
    "resize_as_",
]

# --- other shapes -------------------------------------------------------------------------------------------------


def reshaping(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the method that gives the tensor itself another shape, as `function` gives it to a new one.

    A tensor whose memory others share becomes a view of what it was: views that were made before go on looking into
    that. Where the new shape needs new memory, which those others would not share, the method raises MutationError.

    Example:
        >>> from autograd_np.ops.shapes import unsqueeze
        >>> x = as_tensor([1.0, 2.0]); _ = reshaping(unsqueeze)(x, 0); x
        tensor([[1., 2.]])
    """
    name = function.__name__

    def method(self: Tensor, *args: Any, **options: Any) -> Tensor:
        self._live()
        if isinstance(self._node, Leaf) and is_grad_enabled():
            message = (
                f"{name}_: a leaf that requires gradients cannot be changed in place while operations are recorded\n"
                f"  fix: do it inside no_grad(), or use y = x.{name}(...)"
            )
            raise MutationError(message)
        before = _standing_for(self)
        # Also under no_grad(): a shape that the graph does not know would make every gradient wrong.
        with enable_grad():
            result = function(before, *args, **options)
        if result._view is None and self._cell is not None:
            message = (
                f"{name}_: this shape needs new memory, and other tensors or recorded operations may share the old\n"
                f"  fix: x = x.{name}(...)"
            )
            raise MutationError(message)
        if isinstance(self._node, Leaf):
            self.data = result
        else:
            self._array, self._cell, self._view = result._array, result._cell, result._view
            self._adopt(result._node)
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = (
        f"Give the tensor itself the shape of `{name}`, and return it.\n\n"
        f"    Raises: MutationError where the shape needs memory that others would not share; see `{name}`."
    )
    return method


def _standing_for(tensor: Tensor) -> Tensor:
    """Return a tensor that takes another one's place among views, bases and writes; a leaf's is outside the graph."""
    double = wrap(tensor._array, None if isinstance(tensor._node, Leaf) else tensor._node)
    double._cell, double._view = tensor._cell, tensor._view
    return double


def resize_(input: Tensor, *sizes: Any) -> Tensor:
    """Give the tensor another shape for the same elements, in order; PyTorch's form also grows and shrinks.

    Shapes: any with as many elements.

    Raises:
        ShapeError: for another number of elements: what would be in the new ones is undefined.
        MutationError: where the shape needs memory that others would not share.
    Source: torch.Tensor.resize_.

    Example:
        >>> resize_(as_tensor([1.0, 2.0]), 2, 1).shape
        (2, 1)
    """
    shape = integers("resize_", sizes)
    if input.shape == shape:
        return input
    if input.numel() != np.prod(shape, dtype=np.int64):
        raise_shape(
            "resize_",
            {"tensor": input.shape, "wanted": shape},
            "the number of elements must stay, since nothing says what new ones would hold",
            "x = x.reshape(-1)[:n].reshape(...) takes fewer; cat adds some",
        )

    def resize(x: Tensor) -> Tensor:
        result: Tensor = x.reshape(shape)
        return result

    return reshaping(resize)(input)


def resize_as_(input: Tensor, other: Tensor) -> Tensor:
    """Give the tensor another one's shape, for the same elements, in order.

    Shapes: any two with as many elements.
    Raises: ShapeError and MutationError as `resize_`.
    Source: torch.Tensor.resize_as_.

    Example:
        >>> resize_as_(as_tensor([1.0, 2.0]), as_tensor([[0.0], [0.0]])).shape
        (2, 1)
    """
    return resize_(input, other.shape)


# --- values -------------------------------------------------------------------------------------------------------


def fill_diagonal_(input: Tensor, fill_value: Scalar, wrap: bool = False) -> Tensor:
    """Write one value along the main diagonal.

    Args:
        input: a matrix, or a tensor of more axes of one size.
        fill_value: the value.
        wrap: in a matrix of more rows than columns, begin anew below the diagonal's end, after an empty row.

    Shapes: (M, P), or (n, n, n, …).
    Raises: ShapeError for fewer than two axes, or axes of different sizes where there are more than two.
    Source: torch.Tensor.fill_diagonal_.

    Example:
        >>> fill_diagonal_(as_tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
        tensor([[0., 2.],
                [3., 0.]])
    """
    if input.ndim < 2 or (input.ndim > 2 and len(set(input.shape)) > 1):
        raise_shape("fill_diagonal_", {"tensor": input.shape}, "expected a matrix, or more axes of one size")
    rows, cols = input.shape[:2]
    if input.ndim == 2 and wrap:
        places = np.unravel_index(np.arange(0, rows * cols, cols + 1), (rows, cols))
    else:
        places = (np.arange(min(input.shape)),) * input.ndim
    setitem(input, places, fill_value)
    return input


def log_normal_(input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element from the distribution whose logarithm is normal with this mean and deviation.

    Shapes: any.
    Raises: ArgumentError unless the deviation is positive.
    Source: torch.Tensor.log_normal_.

    Example:
        >>> log_normal_(as_tensor([0.0])).item() > 0
        True
    """
    if not std > 0:
        raise ArgumentError(f"log_normal_: the deviation must be positive, got {std}")
    rng = (generator or default_generator).numpy
    return _drawn(input, np.exp(rng.standard_normal(input.shape) * std + mean))


def cauchy_(input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element from a Cauchy distribution.

    Shapes: any.
    Raises: ArgumentError unless sigma is positive.
    Source: torch.Tensor.cauchy_.

    Example:
        >>> cauchy_(as_tensor([0.0]), 5.0, 1e-6).round().item() != 0
        True
    """
    if not sigma > 0:
        raise ArgumentError(f"cauchy_: sigma must be positive, got {sigma}")
    rng = (generator or default_generator).numpy
    return _drawn(input, rng.standard_cauchy(input.shape) * sigma + median)


def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Draw every element as the number of trials up to the first success, each of probability p.

    Shapes: any.
    Raises: ArgumentError unless p lies between 0 and 1.
    Source: torch.Tensor.geometric_.

    Example:
        >>> geometric_(as_tensor([0.0]), 0.5).item() >= 1
        True
    """
    if not 0 < p < 1:
        raise ArgumentError(f"geometric_: p must lie between 0 and 1, got {p}")
    rng = (generator or default_generator).numpy
    return _drawn(input, rng.geometric(p, input.shape))


# --- functions of single elements ---------------------------------------------------------------------------------


def _unrecorded(name: str, *tensors: Tensor) -> None:
    if any(x.requires_grad for x in tensors):
        raise GraphError(
            f"{name}: a Python function of single elements has no gradient, and a tensor here requires one\n"
            "  fix: write it with tensor operations, or detach() first"
        )


def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace every element by a Python function of it: slow, and without a gradient.

    Shapes: any.
    Raises: GraphError if the tensor requires gradients.
    Source: torch.Tensor.apply_.

    Example:
        >>> apply_(as_tensor([1.0, 4.0]), lambda v: v + 1)
        tensor([2., 5.])
    """
    _unrecorded("apply_", input)
    values = [callable(v) for v in input._array.reshape(-1).tolist()]
    return _drawn(input, np.array(values, input.dtype).reshape(input.shape))


def map_(input: Tensor, tensor: TensorLike, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace every element by a Python function of it and of another tensor's: slow, and without a gradient.

    Shapes: any two of which the second broadcasts to the first.
    Raises: GraphError if one requires gradients, ShapeError if the second does not broadcast.
    Source: torch.Tensor.map_.

    Example:
        >>> map_(as_tensor([1.0, 4.0]), as_tensor([2.0]), lambda a, b: a * b)
        tensor([2., 8.])
    """
    other = as_tensor(tensor)
    _unrecorded("map_", input, other)
    beside = other.expand(input.shape)._array.reshape(-1).tolist()
    values = [callable(a, b) for a, b in zip(input._array.reshape(-1).tolist(), beside, strict=True)]
    return _drawn(input, np.array(values, input.dtype).reshape(input.shape))
