"""Whole slices combined at positions of an axis."""

from __future__ import annotations

from autograd_np._typing import TensorLike
from autograd_np.core import Tensor, as_array, as_tensor, wrap
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels.axes import normalized_axis
from autograd_np.ops.scattering import scatter_reduce

__all__ = ["index_reduce"]

_REDUCTIONS = ("prod", "mean", "amax", "amin")


def index_reduce(
    input: TensorLike, dim: int, index: TensorLike, source: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Combine the slices of a source with those at positions along an axis.

    Args:
        input: the old values.
        dim: the axis.
        index: for each slice of the source, with which slice of the input it is combined.
        source: the new values.
        reduce: 'prod', 'mean', 'amax' or 'amin'; `index_add` adds up.
        include_self: False leaves the old values out wherever new ones come.

    Shapes: index (n,); source as the input, with n in place of the size of dim.
    Raises: ShapeError if the shapes do not fit, IndexingError if a position is out of range, DTypeError if the types
        do not fit, ArgumentError for another reduce.
    Source: torch.index_reduce.

    Example:
        >>> index_reduce(as_tensor([1.0, 5.0]), 0, [0, 0, 1], as_tensor([3.0, 2.0, 4.0]), "amax")
        tensor([3., 5.])
    """
    x, values, places = as_tensor(input), as_tensor(source), as_array(index)
    if reduce not in _REDUCTIONS:
        raise ArgumentError(f"index_reduce: reduce must be one of {_REDUCTIONS}, got {reduce!r}")
    if x.ndim == 0:
        raise_shape("index_reduce", {"input": x.shape}, "a tensor without axes has no slices")
    axis = normalized_axis("index_reduce", dim, x.ndim)
    wanted = (*x.shape[:axis], places.size, *x.shape[axis + 1 :])
    if places.ndim > 1 or values.shape != wanted:
        table = {"input": x.shape, "source": values.shape, "index": places.shape}
        raise_shape("index_reduce", table, f"the index must be a vector, and the source of shape {wanted}")
    line = places.reshape(tuple(-1 if i == axis else 1 for i in range(x.ndim)))
    return scatter_reduce(x, axis, wrap(line, None).expand(values.shape), values, reduce, include_self=include_self)
