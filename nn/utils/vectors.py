"""All parameters as one vector, for methods that treat a model as one point in space."""

from __future__ import annotations

from collections.abc import Iterable

from autograd_np import Tensor, cat, no_grad
from autograd_np.errors import ShapeError

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return all elements of all parameters as one vector, recorded.

    Shapes: any -> (sum of sizes,).
    Source: torch.nn.utils.parameters_to_vector.

    Example:
        >>> import autograd_np as ag
        >>> parameters_to_vector([ag.ones(2), ag.zeros(1, 2)])
        tensor([1., 1., 0., 0.])
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write consecutive parts of a vector into the parameters.

    Shapes: (sum of sizes,).
    Raises: ShapeError if the vector has another length than the parameters together.
    Source: torch.nn.utils.vector_to_parameters.

    Example:
        >>> import autograd_np as ag
        >>> a, b = ag.zeros(2), ag.zeros(1, 1)
        >>> vector_to_parameters(ag.tensor([1.0, 2.0, 3.0]), [a, b]); b
        tensor([[3.]])
    """
    listed = list(parameters)
    total = sum(p.numel() for p in listed)
    if vec.shape != (total,):
        raise ShapeError(f"vector_to_parameters: the parameters have {total} elements, the vector shape {vec.shape}")
    start = 0
    with no_grad():
        for p in listed:
            end = start + p.numel()
            p.copy_(vec[start:end].reshape(p.shape))
            start = end
