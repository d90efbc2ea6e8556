"""Losses that compare element by element: errors, binary cross-entropies, divergence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import TensorLike
from autograd_np.core import Op, Tensor, UnaryOp, as_tensor
from autograd_np.errors import ArgumentError, raise_shape
from autograd_np.kernels import special
from autograd_np.ops._masks import _gt
from autograd_np.ops.activations import _logsigmoid
from autograd_np.ops.arithmetic import _abs
from autograd_np.ops.exponential import _exp, _sigmoid, _xlogy
from autograd_np.ops.reductions import mean, sum
from autograd_np.ops.selection import _clamp, _clamp_min

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "smooth_l1_loss",
]

# --- rows ---------------------------------------------------------------------------------------------------------


def _squares(x: Any, t: Any, scale: float) -> Any:
    d = (x - t).reshape(-1)
    return np.asarray(np.dot(d, d) * scale)


#: scale·Σ(x - t)², the mean squared error in one step.
_squared_error = Op(
    "squared_error",
    _squares,
    lambda g, _y, x, t, scale: g * (2 * scale) * (x - t),
    lambda g, _y, x, t, scale: g * (2 * scale) * (t - x),
    promotion="float",
)
#: d²/2 up to |d| = δ and linear beyond: with c = d limited to ±δ it is c·(d - c/2), and c is its slope.
_huber = Op(
    "huber",
    lambda x, t, delta: special.huber(x - t, delta),
    lambda g, _y, x, t, delta: g * _clamp(x - t, min=-delta, max=delta),
    lambda g, _y, x, t, delta: g * _clamp(t - x, min=-delta, max=delta),
    promotion="float",
)
#: log x, but not below -100, where its slope stays finite.
_log_above = UnaryOp(
    "log_above",
    lambda x: special.log_above(x, -100.0),
    lambda g, _y, x: g * _gt(x, np.exp(-100.0).item()) / _clamp_min(x, 1e-12),
)
_bce = Op(
    "binary_cross_entropy",
    lambda x, t: -(t * special.log_above(x, -100.0) + (1 - t) * special.log_above(1 - x, -100.0)),
    lambda g, _y, x, t: g * (x - t) / _clamp_min(x * (1 - x), 1e-12),
    lambda g, _y, x, t: g * (_log_above(1 - x) - _log_above(x)),
    promotion="float",
)
#: log(1 + exp(x)) - t·x: the binary cross-entropy of σ(x), whose slope is σ(x) - t.
_bce_logits = Op(
    "binary_cross_entropy_with_logits",
    special.binary_cross_entropy_with_logits,
    lambda g, _y, x, t: g * (_sigmoid(x) - t),
    lambda g, _y, x, _t: -g * x,
    promotion="float",
)


# --- reduction ----------------------------------------------------------------------------------------------------


def check_reduction(name: str, reduction: str, *others: str) -> None:
    """Raise ArgumentError unless the reduction is 'mean', 'sum', 'none', or one of the others.

    Example:
        >>> check_reduction("mse_loss", "mean")
    """
    allowed = ("mean", "sum", "none", *others)
    if reduction not in allowed:
        names = ", ".join(repr(a) for a in allowed[:-1])
        message = f"{name}: reduction must be {names} or {allowed[-1]!r}, got {reduction!r}"
        raise ArgumentError(message)


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """Return the losses themselves, their sum or their mean.

    Example:
        >>> reduced(as_tensor([1.0, 3.0]), "mean")
        tensor(2.)
    """
    return losses if reduction == "none" else mean(losses) if reduction == "mean" else sum(losses)


def _share(x: Tensor, reduction: str) -> float:
    """Return what the sum of the losses is multiplied by; the mean of nothing is NaN, as in PyTorch."""
    if reduction == "sum":
        return 1.0
    return 1 / x.numel() if x.numel() else math.nan


def _pair(name: str, input: TensorLike, target: TensorLike, reduction: str) -> tuple[Tensor, Tensor]:
    """Return both as Tensors of one shape: broadcasting a loss is nearly always a mistake, such as (N, 1) with (N,)."""
    check_reduction(name, reduction)
    x, t = as_tensor(input), as_tensor(target)
    if x.shape != t.shape:
        raise_shape(
            name,
            {"input": x.shape, "target": t.shape},
            "input and target must have the same shape; broadcasting would compare every element with several others",
            "reshape one of them, for example target.reshape(input.shape) or input.squeeze(-1)",
        )
    return x, t


def _weighted(name: str, losses: Tensor, weight: TensorLike | None) -> Tensor:
    """Return the losses times weights that broadcast to them."""
    if weight is None:
        return losses
    w = as_tensor(weight)
    if np.broadcast_shapes(w.shape, losses.shape) != losses.shape:
        raise_shape(name, {"input": losses.shape, "weight": w.shape}, "the weight must broadcast to the input")
    return losses * w


# --- functions ----------------------------------------------------------------------------------------------------


def mse_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Return the squared differences, averaged over all elements.

    Args:
        input: predictions.
        target: what they should be.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction.
    Source: torch.nn.functional.mse_loss, which broadcasts with a warning.

    Example:
        >>> mse_loss(as_tensor([1.0, 2.0]), as_tensor([1.0, 4.0]))
        tensor(2.)
    """
    x, t = _pair("mse_loss", input, target, reduction)
    if reduction == "none":
        d = x - t
        return d * d
    return _squared_error(x, t, scale=_share(x, reduction))


def l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Return the absolute differences, averaged over all elements.

    Args:
        input: predictions.
        target: what they should be.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction.
    Source: torch.nn.functional.l1_loss, which broadcasts with a warning.

    Example:
        >>> l1_loss(as_tensor([1.0, 2.0]), as_tensor([1.0, 4.0]))
        tensor(1.)
    """
    x, t = _pair("l1_loss", input, target, reduction)
    return reduced(_abs(x - t), reduction)


def huber_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Return d²/2 for differences d up to delta, and delta·(|d| - delta/2) beyond.

    Args:
        input: predictions.
        target: what they should be.
        reduction: 'mean', 'sum' or 'none'.
        delta: where the square becomes a line.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction or a delta that is not positive.
    Source: torch.nn.functional.huber_loss, which broadcasts with a warning.

    Example:
        >>> huber_loss(as_tensor([1.0, 5.0]), as_tensor([2.0, 1.0]), reduction="none")
        tensor([0.5, 3.5])
    """
    x, t = _pair("huber_loss", input, target, reduction)
    if delta <= 0:
        message = f"huber_loss: delta must be positive, got {delta}"
        raise ArgumentError(message)
    return reduced(_huber(x, t, delta=delta), reduction)


def smooth_l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return d²/(2·beta) for differences d up to beta, and |d| - beta/2 beyond.

    Args:
        input: predictions.
        target: what they should be.
        reduction: 'mean', 'sum' or 'none'.
        beta: where the square becomes a line; 0 gives l1_loss.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction or a negative beta.
    Source: torch.nn.functional.smooth_l1_loss, which broadcasts with a warning; Girshick, 2015.

    Example:
        >>> smooth_l1_loss(as_tensor([1.0, 5.0]), as_tensor([2.0, 1.0]), reduction="none")
        tensor([0.5, 3.5])
    """
    x, t = _pair("smooth_l1_loss", input, target, reduction)
    if beta < 0:
        message = f"smooth_l1_loss: beta must not be negative, got {beta}"
        raise ArgumentError(message)
    return reduced(_huber(x, t, delta=beta) / beta if beta else _abs(x - t), reduction)


def binary_cross_entropy(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, *, reduction: str = "mean"
) -> Tensor:
    """Return -(t·log x + (1 - t)·log(1 - x)), with logarithms not below -100.

    Args:
        input: probabilities.
        target: what they should be, from 0 to 1.
        weight: factor for each element's loss.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal, and a weight that broadcasts to them; result () or, with 'none', the same.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: for another reduction, or an input outside [0, 1].

    Source: torch.nn.functional.binary_cross_entropy.

    Example:
        >>> binary_cross_entropy(as_tensor([0.5, 0.25]), as_tensor([1.0, 0.0]))
        tensor(0.4904)
    """
    x, t = _pair("binary_cross_entropy", input, target, reduction)
    if x.numel() and not (x._array.min() >= 0 and x._array.max() <= 1):
        message = (
            "binary_cross_entropy: the input must hold probabilities between 0 and 1, got values from "
            f"{x._array.min():.4g} to {x._array.max():.4g}\n"
            "  fix: apply sigmoid first, or better use binary_cross_entropy_with_logits on the scores"
        )
        raise ArgumentError(message)
    return reduced(_weighted("binary_cross_entropy", _bce(x, t), weight), reduction)


def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """Return the binary cross-entropy of sigmoid(input), without overflow and without logarithms of small numbers.

    Args:
        input: scores, before any sigmoid.
        target: probabilities they should have, from 0 to 1.
        weight: factor for each element's loss.
        reduction: 'mean', 'sum' or 'none'.
        pos_weight: factor for the term of the positive class, broadcast to the input.

    Shapes: any two that are equal, and weights that broadcast to them; result () or, with 'none', the same.
    Raises: ShapeError if the shapes do not fit, ArgumentError for another reduction.
    Source: torch.nn.functional.binary_cross_entropy_with_logits.

    Example:
        >>> binary_cross_entropy_with_logits(as_tensor([0.0, -100.0]), as_tensor([1.0, 0.0]))
        tensor(0.3466)
    """
    name = "binary_cross_entropy_with_logits"
    x, t = _pair(name, input, target, reduction)
    losses = _bce_logits(x, t)
    if pos_weight is not None:
        # The positive term is -t·log σ(x); it counts pos_weight times, and is there once.
        losses = losses - _weighted(name, t * _logsigmoid(x), as_tensor(pos_weight) - 1)
    return reduced(_weighted(name, losses, weight), reduction)


def kl_div(input: TensorLike, target: TensorLike, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Return t·(log t - x) element by element: the Kullback-Leibler divergence of the distribution exp(x) from t.

    Args:
        input: log-probabilities x.
        target: probabilities t, or their logarithms.
        reduction: 'batchmean' for the divergence itself, that is the sum divided by N; 'mean' over all elements;
            'sum'; 'none'.
        log_target: the target holds logarithms.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction.
    Source: torch.nn.functional.kl_div.

    Example:
        >>> kl_div(as_tensor([[0.0, 0.0]]), as_tensor([[0.5, 0.5]]), reduction="batchmean")
        tensor(-0.6931)
    """
    check_reduction("kl_div", reduction, "batchmean")
    x, t = _pair("kl_div", input, target, "mean")
    losses = _exp(t) * (t - x) if log_target else _xlogy(t, t) - t * x
    if reduction == "batchmean":
        return sum(losses) / (x.shape[0] if x.ndim else 1)
    return reduced(losses, reduction)
