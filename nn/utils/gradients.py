"""Limits on gradients, applied between backward and the optimiser's step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from autograd_np import Tensor, no_grad, tensor
from autograd_np.errors import ArgumentError

__all__ = ["clip_grad_norm_", "clip_grad_value_", "get_total_norm"]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    listed = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in listed if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all elements of all tensors, as if they were one vector.

    Args:
        tensors: the tensors.
        norm_type: p; infinity for the largest absolute value.
        error_if_nonfinite: raise if the norm is NaN or infinite.
        foreach: accepted for PyTorch's sake; changes nothing.

    Shapes: any -> ().
    Raises: ArgumentError for a norm that is not finite, where that was asked for.
    Source: torch.nn.utils.get_total_norm.

    Example:
        >>> import autograd_np as ag
        >>> get_total_norm([ag.tensor([3.0]), ag.tensor([[4.0]])])
        tensor(5.)
    """
    arrays = [t.numpy(force=True) for t in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    p = float(norm_type)
    # One overflow or NaN is the answer here, not an accident.
    with np.errstate(all="ignore"):
        if not arrays:
            total = 0.0
        elif math.isinf(p):
            total = float(np.max([np.abs(a).max(initial=0) for a in arrays]))
        elif p == 2:
            total = math.sqrt(sum(float(np.vdot(a, a)) for a in arrays))
        else:
            total = sum(float((np.abs(a) ** p).sum()) for a in arrays) ** (1 / p)
    if error_if_nonfinite and not math.isfinite(total):
        raise ArgumentError(
            f"clip_grad_norm_: the total norm of the gradients is {total}, so they cannot be scaled\n"
            "  fix: look for the first NaN or infinity, or pass error_if_nonfinite=False"
        )
    return tensor(total, dtype=arrays[0].dtype if arrays else None)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by one factor, so that their total norm is at most `max_norm`; return the norm before.

    Args:
        parameters: whose gradients are scaled.
        max_norm: the limit.
        norm_type: p; infinity for the largest absolute value.
        error_if_nonfinite: raise if the norm is NaN or infinite.
        foreach: accepted for PyTorch's sake; changes nothing.

    Shapes: any -> ().
    Raises: ArgumentError for a norm that is not finite, where that was asked for.
    Source: Pascanu, Mikolov and Bengio (2013), algorithm 1; torch.nn.utils.clip_grad_norm_.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.zeros(2, requires_grad=True); w.grad = ag.tensor([3.0, 4.0])
        >>> clip_grad_norm_([w], max_norm=1.0), w.grad
        (tensor(5.), tensor([0.6, 0.8]))
    """
    gradients = _gradients(parameters)
    norm = get_total_norm(gradients, norm_type, error_if_nonfinite)
    factor = float(max_norm) / (norm.item() + 1e-6)
    # A NaN passes on, as it must: it is not below 1 either.
    if not factor >= 1:
        with no_grad():
            for gradient in gradients:
                gradient.mul_(factor)
    return norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of every gradient to [-clip_value, clip_value].

    Args:
        parameters: whose gradients are limited.
        clip_value: the limit.
        foreach: accepted for PyTorch's sake; changes nothing.

    Shapes: any.
    Source: torch.nn.utils.clip_grad_value_.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.zeros(2, requires_grad=True); w.grad = ag.tensor([3.0, -0.5])
        >>> clip_grad_value_([w], 1.0); w.grad
        tensor([ 1. , -0.5])
    """
    limit = float(clip_value)
    with no_grad():
        for gradient in _gradients(parameters):
            gradient.clamp_(-limit, limit)
