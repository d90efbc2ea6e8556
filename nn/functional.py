"""The functions behind the layers, under PyTorch's names: `import nn.functional as F`.

Source: torch.nn.functional.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np import (
    Generator,
    Tensor,
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    batch_norm,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    cross_entropy,
    default_generator,
    fold,
    gelu,
    glu,
    group_norm,
    hardshrink,
    huber_loss,
    instance_norm,
    kl_div,
    l1_loss,
    layer_norm,
    linear,
    log_softmax,
    logsigmoid,
    max_pool1d,
    max_pool2d,
    mse_loss,
    nll_loss,
    one_hot,
    pad,
    prelu,
    rms_norm,
    sigmoid,
    smooth_l1_loss,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    unfold,
)
from autograd_np.errors import ArgumentError, ShapeError

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "elu",
    "fold",
    "gelu",
    "glu",
    "group_norm",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "huber_loss",
    "instance_norm",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "mish",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "prelu",
    "relu",
    "relu6",
    "rms_norm",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "unfold",
]


# --- activations that may write into their input ------------------------------------------------------------------


def _also_in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the function with PyTorch's last argument `inplace`, which writes the result into the input."""
    signature = inspect.signature(function)
    count = len(signature.parameters)

    @wraps(function)
    def within(*args: Any, inplace: bool = False, **kwargs: Any) -> Tensor:
        if len(args) > count:
            *args, inplace = args  # type: ignore[assignment]  # the arguments are only passed on
        if not inplace:
            return function(*args, **kwargs)
        target = kwargs.pop("input") if "input" in kwargs else args[0]
        # The rule may keep its operand, whose memory is about to change: it gets a copy.
        result: Tensor = target.copy_(function(target.clone(), *args[1:], **kwargs))
        return result

    inplace = inspect.Parameter("inplace", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False)
    within.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by help() and inspect
        parameters=[*signature.parameters.values(), inplace]
    )
    return within


celu = _also_in_place(ag.celu)
elu = _also_in_place(ag.elu)
hardsigmoid = _also_in_place(ag.hardsigmoid)
hardswish = _also_in_place(ag.hardswish)
hardtanh = _also_in_place(ag.hardtanh)
leaky_relu = _also_in_place(ag.leaky_relu)
mish = _also_in_place(ag.mish)
relu = _also_in_place(ag.relu)
relu6 = _also_in_place(ag.relu6)
selu = _also_in_place(ag.selu)
silu = _also_in_place(ag.silu)
threshold = _also_in_place(ag.threshold)


# --- dropout ------------------------------------------------------------------------------------------------------


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
