"""Dropout: random zeros in training."""

from __future__ import annotations

import numpy as np

import autograd_np as ag
from autograd_np import Generator, Tensor, default_generator
from autograd_np.errors import ArgumentError, ShapeError

__all__ = ["dropout", "dropout1d", "dropout2d"]


def _dropped(
    name: str, x: Tensor, p: float, training: bool, inplace: bool, shape: tuple[int, ...], generator: Generator | None
) -> Tensor:
    """Return x times a random mask of this shape, which holds 0 with probability p and else 1/(1 - p)."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: the probability must lie in [0, 1], got {p}")
    if not training or p == 0:
        return x
    kept = (generator or default_generator).numpy.random(shape, np.float32) >= p
    scale = 1 / (1 - p) if p < 1 else 0.0
    mask = ag.from_numpy(np.multiply(kept, scale, dtype=x.dtype))
    return x.mul_(mask) if inplace else x * mask


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """In training set each element to zero with probability p, and divide the others by 1 - p.

    Args:
        input: any tensor.
        p: probability of being set to zero.
        training: False returns the input itself.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: any -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: Srivastava et al. (2014), in the inverted form; torch.nn.functional.dropout.

    Example:
        >>> import autograd_np as ag
        >>> dropout(ag.ones(2), p=1.0), dropout(ag.ones(2), training=False)
        (tensor([0., 0.]), tensor([1., 1.]))
    """
    return _dropped("dropout", input, p, training, inplace, input.shape, generator)


def _channels_dropped(
    name: str, x: Tensor, p: float, training: bool, inplace: bool, rank: int, generator: Generator | None
) -> Tensor:
    if x.ndim not in (rank + 1, rank + 2):
        space = ", ".join(["L"] if rank == 1 else ["H", "W"])
        raise ShapeError(f"{name}: expected shape (N, C, {space}) or (C, {space}), got {x.shape}")
    return _dropped(name, x, p, training, inplace, x.shape[:-rank] + (1,) * rank, generator)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """In training set whole channels of sequences to zero with probability p, and divide the others by 1 - p.

    Args:
        input: sequences.
        p: probability of being set to zero.
        training: False returns the input itself.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: (N, C, L) or (C, L) -> the same.
    Raises: ArgumentError for a probability outside [0, 1], ShapeError for another rank.
    Source: torch.nn.functional.dropout1d.

    Example:
        >>> import autograd_np as ag
        >>> sorted(set(dropout1d(ag.ones(50, 1, 2)).sum(-1).flatten().tolist()))
        [0.0, 4.0]
    """
    return _channels_dropped("dropout1d", input, p, training, inplace, 1, generator)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """In training set whole channels of images to zero with probability p, and divide the others by 1 - p.

    Args:
        input: images.
        p: probability of being set to zero.
        training: False returns the input itself.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: (N, C, H, W) or (C, H, W) -> the same.
    Raises: ArgumentError for a probability outside [0, 1], ShapeError for another rank.
    Source: Tompson et al. (2015); torch.nn.functional.dropout2d.

    Example:
        >>> import autograd_np as ag
        >>> sorted(set(dropout2d(ag.ones(50, 1, 2, 2)).sum((-1, -2)).flatten().tolist()))
        [0.0, 8.0]
    """
    return _channels_dropped("dropout2d", input, p, training, inplace, 2, generator)
