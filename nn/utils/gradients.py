"""Limits on gradients, applied between backward and the optimiser's step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_np import Tensor, at_every_replay, no_grad, tensor
from autograd_np.errors import ArgumentError

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _gradients(parameters: Tensor | Iterable[Tensor], what: str) -> list[Tensor]:
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not listed and isinstance(parameters, Iterator):
        warnings.warn(
            f"{what}: the generator of parameters is empty, so nothing is clipped\n"
            "  fix: call model.parameters() anew; a generator can be used once only",
            stacklevel=3,
        )
    return [p.grad for p in listed if p.grad is not None]


def _norm(arrays: Sequence[np.ndarray[Any, np.dtype[Any]]], p: float) -> float:
    # One overflow or NaN is the answer here, not an accident.
    with np.errstate(all="ignore"):
        if math.isinf(p):
            return float(np.max([np.abs(a).max(initial=0) for a in arrays]))
        if p != 2:
            return float(sum(float((np.abs(a) ** p).sum()) for a in arrays) ** (1 / p))
        total = math.sqrt(sum(float(np.vdot(a, a)) for a in arrays))
        if math.isfinite(total):
            return total
        # The squares of large float32 numbers overflow where their root would not.
        return float(np.linalg.norm([np.linalg.norm(a.astype(np.float64)) for a in arrays]))


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all elements of all tensors, as if they were one vector.

    Args:
        tensors: the tensors.
        norm_type: p, above 0; infinity for the largest absolute value.
        error_if_nonfinite: raise if the norm is NaN or infinite.
        foreach: accepted for PyTorch's sake; changes nothing.

    Shapes: any -> ().
    Raises: ArgumentError for a norm_type that is not above 0, and for a norm that is not finite, where that was asked
        for.
    Source: torch.nn.utils.get_total_norm.

    Example:
        >>> import autograd_np as ag
        >>> get_total_norm([ag.tensor([3.0]), ag.tensor([[4.0]])])
        tensor(5.)
    """
    return _total_norm(tensors, norm_type, "get_total_norm", error_if_nonfinite=error_if_nonfinite)


@at_every_replay
def _total_norm(tensors: Tensor | Iterable[Tensor], norm_type: float, what: str, *, error_if_nonfinite: bool) -> Tensor:
    arrays = [t.numpy(force=True) for t in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    p = float(norm_type)
    if not p > 0:
        raise ArgumentError(f"{what}: norm_type must be above 0, got {norm_type}")
    total = _norm(arrays, p) if arrays else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise ArgumentError(
            f"{what}: the total norm of the gradients is {total}, so they cannot be scaled\n"
            "  fix: look for the first NaN or infinity, or pass error_if_nonfinite=False"
        )
    with np.errstate(over="ignore"):
        return tensor(total, dtype=np.result_type(*arrays) if arrays else None)


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
        norm_type: p, above 0; infinity for the largest absolute value.
        error_if_nonfinite: raise if the norm is NaN or infinite.
        foreach: accepted for PyTorch's sake; changes nothing.

    Shapes: any -> ().
    Raises: ArgumentError for a norm_type that is not above 0, and for a norm that is not finite, where that was asked
        for.
    Source: Pascanu, Mikolov and Bengio (2013), algorithm 1; torch.nn.utils.clip_grad_norm_.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.zeros(2, requires_grad=True); w.grad = ag.tensor([3.0, 4.0])
        >>> clip_grad_norm_([w], max_norm=1.0), w.grad
        (tensor(5.), tensor([0.6, 0.8]))
    """
    gradients = _gradients(parameters, "clip_grad_norm_")
    norm = _total_norm(gradients, norm_type, "clip_grad_norm_", error_if_nonfinite=error_if_nonfinite)
    _scale(gradients, max_norm, norm)
    return norm


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients by one factor, as `clip_grad_norm_`, with a norm that is known already.

    Args:
        parameters: whose gradients are scaled.
        max_norm: the limit.
        total_norm: the norm, for example of more gradients than these.
        foreach: accepted for PyTorch's sake; changes nothing.

    Shapes: any.
    Source: torch.nn.utils.clip_grads_with_norm_.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.zeros(2, requires_grad=True); w.grad = ag.tensor([3.0, 4.0])
        >>> clip_grads_with_norm_([w], 1.0, ag.tensor(10.0)); w.grad
        tensor([0.3, 0.4])
    """
    _scale(_gradients(parameters, "clip_grads_with_norm_"), max_norm, total_norm)


@at_every_replay
def _scale(gradients: Iterable[Tensor], max_norm: float, norm: Tensor | float) -> None:
    factor = float(max_norm) / (float(norm) + 1e-6)
    # A NaN passes on, as it must: it is not below 1 either.
    if not factor >= 1:
        with no_grad():
            for gradient in gradients:
                gradient.mul_(factor)


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
        for gradient in _gradients(parameters, "clip_grad_value_"):
            gradient.clamp_(-limit, limit)
