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
#: PyTorch's constant: 1e-12 in single precision.
_LEAST = 9.999999960041972e-13
#: log x, but not below -100, where its slope stays finite.
_log_above = UnaryOp(
    "log_above",
    lambda x: special.log_above(x, -100.0),
    lambda g, _y, x: g * _gt(x, np.exp(-100.0).item()) / _clamp_min(x, _LEAST),
)
_bce = Op(
    "binary_cross_entropy",
    lambda x, t: -(t * special.log_above(x, -100.0) + (1 - t) * special.log_above(1 - x, -100.0)),
    lambda g, _y, x, t: g * (x - t) / _clamp_min(x * (1 - x), _LEAST),
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


def check_reduction(
    name: str, reduction: str, size_average: bool | None = None, reduce: bool | None = None, *, batchmean: bool = False
) -> str:
    """Return 'mean', 'sum' or 'none' (or 'batchmean', where it is known), or raise ArgumentError.

    PyTorch's two older arguments overrule the newer one where they are given.

    Example:
        >>> check_reduction("mse_loss", "mean"), check_reduction("mse_loss", "mean", size_average=False)
        ('mean', 'sum')
    """
    for older, value in (("size_average", size_average), ("reduce", reduce)):
        if not (value is None or isinstance(value, bool)):
            message = f"{name}: {older} must be None, True or False, got {value!r}\n  fix: name it: reduction='sum'"
            raise ArgumentError(message)
    if size_average is not None or reduce is not None:
        return "none" if reduce is False else "sum" if size_average is False else "mean"
    allowed = ("mean", "sum", "none", "batchmean")[: 4 if batchmean else 3]
    if reduction not in allowed:
        names = ", ".join(repr(a) for a in allowed[:-1])
        message = f"{name}: reduction must be {names} or {allowed[-1]!r}, got {reduction!r}"
        raise ArgumentError(message)
    return reduction


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


def _pair(name: str, input: TensorLike, target: TensorLike) -> tuple[Tensor, Tensor]:
    """Return both as Tensors of one shape: broadcasting a loss is nearly always a mistake, such as (N, 1) with (N,)."""
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


def _weighted_errors(name: str, errors: Tensor, weight: TensorLike) -> tuple[Tensor, Tensor]:
    """Return the errors times weights of their own shape, and the weights."""
    w = as_tensor(weight)
    if w.shape != errors.shape:
        expected = "a weight for each element is expected"
        raise_shape(name, {"input": errors.shape, "weight": w.shape}, expected, "weight.expand(input.shape)")
    return errors * w, w


def _weighted_mean(name: str, errors: Tensor, weight: TensorLike, reduction: str) -> Tensor:
    """Return the weighted errors, their sum, or that divided by the sum of the weights."""
    losses, w = _weighted_errors(name, errors, weight)
    return sum(losses) / sum(w) if reduction == "mean" else reduced(losses, reduction)


# --- functions ----------------------------------------------------------------------------------------------------


def mse_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: TensorLike | None = None,
) -> Tensor:
    """Return the squared differences, averaged over all elements.

    Args:
        input: predictions.
        target: what they should be.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        weight: factor for each element; 'mean' divides by their sum.

    Shapes: any two that are equal, and a weight like them; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction.
    Source: torch.nn.functional.mse_loss, which broadcasts with a warning.

    Example:
        >>> mse_loss(as_tensor([1.0, 2.0]), as_tensor([1.0, 4.0]))
        tensor(2.)
    """
    reduction = check_reduction("mse_loss", reduction, size_average, reduce)
    x, t = _pair("mse_loss", input, target)
    if reduction != "none" and weight is None:
        return _squared_error(x, t, scale=_share(x, reduction))
    d = x - t
    return d * d if weight is None else _weighted_mean("mse_loss", d * d, weight, reduction)


def l1_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: TensorLike | None = None,
) -> Tensor:
    """Return the absolute differences, averaged over all elements.

    Args:
        input: predictions.
        target: what they should be.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        weight: factor for each element; 'mean' divides by their sum.

    Shapes: any two that are equal, and a weight like them; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction.
    Source: torch.nn.functional.l1_loss, which broadcasts with a warning.

    Example:
        >>> l1_loss(as_tensor([1.0, 2.0]), as_tensor([1.0, 4.0]))
        tensor(1.)
    """
    reduction = check_reduction("l1_loss", reduction, size_average, reduce)
    x, t = _pair("l1_loss", input, target)
    errors = _abs(x - t)
    return reduced(errors, reduction) if weight is None else _weighted_mean("l1_loss", errors, weight, reduction)


def huber_loss(
    input: TensorLike,
    target: TensorLike,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: TensorLike | None = None,
) -> Tensor:
    """Return d²/2 for differences d up to delta, and delta·(|d| - delta/2) beyond.

    Args:
        input: predictions.
        target: what they should be.
        reduction: 'mean', 'sum' or 'none'.
        delta: where the square becomes a line.
        weight: factor for each element; 'mean' still divides by the number of elements.

    Shapes: any two that are equal, and a weight like them; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction or a delta that is not positive.
    Source: torch.nn.functional.huber_loss, which broadcasts with a warning.

    Example:
        >>> huber_loss(as_tensor([1.0, 5.0]), as_tensor([2.0, 1.0]), reduction="none")
        tensor([0.5, 3.5])
    """
    reduction = check_reduction("huber_loss", reduction)
    x, t = _pair("huber_loss", input, target)
    if delta <= 0:
        message = f"huber_loss: delta must be positive, got {delta}"
        raise ArgumentError(message)
    losses = _huber(x, t, delta=delta)
    return reduced(losses if weight is None else _weighted_errors("huber_loss", losses, weight)[0], reduction)


def smooth_l1_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return d²/(2·beta) for differences d up to beta, and |d| - beta/2 beyond.

    Args:
        input: predictions.
        target: what they should be.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        beta: where the square becomes a line; 0 gives l1_loss.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction or a negative beta.
    Source: torch.nn.functional.smooth_l1_loss, which broadcasts with a warning; Girshick, 2015.

    Example:
        >>> smooth_l1_loss(as_tensor([1.0, 5.0]), as_tensor([2.0, 1.0]), reduction="none")
        tensor([0.5, 3.5])
    """
    reduction = check_reduction("smooth_l1_loss", reduction, size_average, reduce)
    x, t = _pair("smooth_l1_loss", input, target)
    if beta < 0:
        message = f"smooth_l1_loss: beta must not be negative, got {beta}"
        raise ArgumentError(message)
    return reduced(_huber(x, t, delta=beta) / beta if beta else _abs(x - t), reduction)


def binary_cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return -(t·log x + (1 - t)·log(1 - x)), with logarithms not below -100.

    Args:
        input: probabilities.
        target: what they should be, from 0 to 1.
        weight: factor for each element's loss.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal, and a weight that broadcasts to them; result () or, with 'none', the same.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: for another reduction, or an input or a target outside [0, 1].

    Source: torch.nn.functional.binary_cross_entropy.

    Example:
        >>> binary_cross_entropy(as_tensor([0.5, 0.25]), as_tensor([1.0, 0.0]))
        tensor(0.4904)
    """
    reduction = check_reduction("binary_cross_entropy", reduction, size_average, reduce)
    x, t = _pair("binary_cross_entropy", input, target)
    _check_probabilities("input", x, "apply sigmoid first, or use binary_cross_entropy_with_logits on the scores")
    _check_probabilities("target", t, "scale the labels to 0 and 1")
    return reduced(_weighted("binary_cross_entropy", _bce(x, t), weight), reduction)


def _check_probabilities(operand: str, x: Tensor, fix: str) -> None:
    """Raise ArgumentError unless all elements lie between 0 and 1."""
    low, high = (x._array.min(), x._array.max()) if x.numel() else (0, 1)
    if not (low >= 0 and high <= 1):
        message = (
            f"binary_cross_entropy: the {operand} must hold probabilities between 0 and 1, got values from "
            f"{low:.4g} to {high:.4g}\n  fix: {fix}"
        )
        raise ArgumentError(message)


def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """Return the binary cross-entropy of sigmoid(input), without overflow and without logarithms of small numbers.

    Args:
        input: scores, before any sigmoid.
        target: probabilities they should have, from 0 to 1.
        weight: factor for each element's loss.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
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
    reduction = check_reduction(name, reduction, size_average, reduce)
    x, t = _pair(name, input, target)
    losses = _bce_logits(x, t)
    if pos_weight is not None:
        # The positive term is -t·log σ(x); it counts pos_weight times, and is there once.
        losses = losses - _weighted(name, t * _logsigmoid(x), as_tensor(pos_weight) - 1)
    return reduced(_weighted(name, losses, weight), reduction)


def kl_div(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return t·(log t - x) element by element: the Kullback-Leibler divergence of the distribution exp(x) from t.

    Args:
        input: log-probabilities x.
        target: probabilities t, or their logarithms.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
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
    reduction = check_reduction("kl_div", reduction, size_average, reduce, batchmean=True)
    x, t = _pair("kl_div", input, target)
    losses = _exp(t) * (t - x) if log_target else _xlogy(t, t) - t * x
    if reduction == "batchmean":
        return sum(losses) / (x.shape[0] if x.ndim else 1)
    return reduced(losses, reduction)
