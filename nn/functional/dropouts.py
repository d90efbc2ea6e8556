"""Dropout: random zeros in training, or what stands for zero where activations normalise themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np import Generator, Tensor, at_every_replay, default_generator
from autograd_np.errors import ArgumentError, ShapeError

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

#: The limit of SELU on the left: Klambauer et al. (2017), -λα.
_SELU_LIMIT = -1.7580993408473766

# --- zeros --------------------------------------------------------------------------------------------------------


def _check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: the probability must lie in [0, 1], got {p}")


def _dropped(
    name: str, x: Tensor, p: float, training: bool, inplace: bool, shape: tuple[int, ...], generator: Generator | None
) -> Tensor:
    """Return x times a random mask of this shape, which holds 0 with probability p and else 1/(1 - p)."""
    _check_probability(name, p)
    if not training or p == 0:
        return x
    mask = _mask(p, x.dtype, shape, generator)
    return x.mul_(mask) if inplace else x * mask


@at_every_replay
def _mask(p: float, dtype: Any, shape: tuple[int, ...], generator: Generator | None) -> Tensor:
    """Draw 0 with probability p and else 1/(1 - p)."""
    kept = (generator or default_generator).numpy.random(shape, np.float32) >= p
    scale = 1 / (1 - p) if p < 1 else 0.0
    return ag.from_numpy(np.multiply(kept, scale, dtype=dtype))


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
        space = ("L", "H, W", "D, H, W")[rank - 1]
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


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """In training set whole channels of volumes to zero with probability p, and divide the others by 1 - p.

    Args:
        input: volumes.
        p: probability of being set to zero.
        training: False returns the input itself.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> the same.
    Raises: ArgumentError for a probability outside [0, 1], ShapeError for another rank.
    Source: Tompson et al. (2015); torch.nn.functional.dropout3d.

    Example:
        >>> import autograd_np as ag
        >>> sorted(set(dropout3d(ag.ones(50, 1, 2, 2, 2)).sum((-1, -2, -3)).flatten().tolist()))
        [0.0, 16.0]
    """
    return _channels_dropped("dropout3d", input, p, training, inplace, 3, generator)


# --- SELU's limit -------------------------------------------------------------------------------------------------


def _limited(
    name: str, x: Tensor, p: float, training: bool, inplace: bool, shape: tuple[int, ...], generator: Generator | None
) -> Tensor:
    """Set parts to SELU's limit at random, and map the whole so that mean 0 and variance 1 stay what they are."""
    _check_probability(name, p)
    if not training or p == 0:
        return x
    kept = (generator or default_generator).numpy.random(shape, np.float32) >= p
    # At p = 1 nothing is left to have a variance; PyTorch returns zeros.
    scale = 1 / math.sqrt((1 - p) * (1 + p * _SELU_LIMIT**2)) if p < 1 else 0.0
    factor = np.multiply(kept, scale, dtype=x.dtype)
    shift = (scale * _SELU_LIMIT * (~kept - np.float64(p))).astype(x.dtype)
    if inplace:
        return x.mul_(ag.from_numpy(factor)).add_(ag.from_numpy(shift))
    return x * ag.from_numpy(factor) + ag.from_numpy(shift)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """In training set elements to SELU's lower limit with probability p, and keep mean 0 and variance 1.

    Args:
        input: activations of mean 0 and variance 1, as SELU makes them.
        p: probability of being set to the limit.
        training: False, which is the default here, returns the input itself.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: any -> the same.
    Raises: ArgumentError for a probability outside [0, 1].
    Source: Klambauer et al. (2017); torch.nn.functional.alpha_dropout.

    Example:
        >>> import autograd_np as ag
        >>> alpha_dropout(ag.zeros(50), 0.5, training=True).unique()
        tensor([-0.7792,  0.7792])
    """
    return _limited("alpha_dropout", input, p, training, inplace, input.shape, generator)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """In training set whole channels to SELU's lower limit with probability p, and keep mean 0 and variance 1.

    Args:
        input: activations of mean 0 and variance 1, as SELU makes them.
        p: probability of being set to the limit.
        training: False, which is the default here, returns the input itself.
        inplace: write into the input.
        generator: where the random numbers come from.

    Shapes: (N, C, *) -> the same.
    Raises: ArgumentError for a probability outside [0, 1], ShapeError for fewer than two axes.
    Source: torch.nn.functional.feature_alpha_dropout.

    Example:
        >>> import autograd_np as ag
        >>> y = feature_alpha_dropout(ag.randn(4, 3, 5), 0.5, training=True)
        >>> y.shape, feature_alpha_dropout(y) is y
        ((4, 3, 5), True)
    """
    if input.ndim < 2:
        raise ShapeError(f"feature_alpha_dropout: expected an input of shape (N, C, ...), got {input.shape}")
    shape = input.shape[:2] + (1,) * (input.ndim - 2)
    return _limited("feature_alpha_dropout", input, p, training, inplace, shape, generator)
