"""Division by the size of vectors, and by that of neighbouring channels."""

from __future__ import annotations

import math

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError

__all__ = ["local_response_norm", "normalize"]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide vectors by their norm.

    Args:
        input: vectors.
        p: order of the norm.
        dim: the axis along which the vectors lie.
        eps: least value that they are divided by, so that zero vectors stay zero.

    Shapes: any -> the same.
    Raises: IndexingError if there is no such axis, DTypeError for integers.
    Source: torch.nn.functional.normalize.

    Example:
        >>> import autograd_np as ag
        >>> normalize(ag.tensor([[3.0, 4.0], [0.0, 0.0]]))
        tensor([[0.6, 0.8],
                [0. , 0. ]])
    """
    return input / ag.clamp_min(ag.norm(input, p, dim, keepdim=True), eps)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divide each element by (k + alpha·m)^beta, m being the mean square of its neighbours in the channels.

    Args:
        input: values.
        size: how many channels are neighbours, the element's own among them; beyond the last ones are zeros.
        alpha: weight of their mean square.
        beta: the power.
        k: added to it.

    Shapes: (N, C, *) -> the same.
    Raises: ShapeError for fewer than three axes, ArgumentError for a size below 1.
    Source: Krizhevsky, Sutskever and Hinton (2012); torch.nn.functional.local_response_norm.

    Example:
        >>> import autograd_np as ag
        >>> local_response_norm(ag.tensor([[[3.0], [4.0]]]), 1, alpha=1.0, beta=0.5, k=0.0)
        tensor([[[1.],
                 [1.]]])
    """
    if input.ndim < 3:
        raise ShapeError(f"local_response_norm: expected an input of shape (N, C, ...) with space, got {input.shape}")
    if size < 1:
        raise ArgumentError(f"local_response_norm: size must be at least 1, got {size}")
    n, channels = input.shape[:2]
    # The channels as the height of an image: their means are those of an average pool.
    square = (input * input).reshape(n, 1, channels, math.prod(input.shape[2:]))
    wider = ag.pad(square, (0, 0, size // 2, (size - 1) // 2))
    mean = ag.avg_pool2d(wider, (size, 1), stride=1).reshape(input.shape)
    return input / (mean * alpha + k) ** beta
