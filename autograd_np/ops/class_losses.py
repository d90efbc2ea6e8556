"""Losses of classes, from scores or log-probabilities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import Op, Tensor, as_tensor, is_grad_enabled, wrap
from autograd_np.errors import ArgumentError, DTypeError, raise_shape
from autograd_np.kernels import classification as kernels
from autograd_np.kernels.axes import kept_shape
from autograd_np.ops.classification import _log_softmax, _softmax, check_range
from autograd_np.ops.losses import check_reduction, reduced
from autograd_np.ops.reductions import _sum

__all__ = ["cross_entropy", "nll_loss"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _over_classes(c: Any, axis: int, reduction: str) -> Any:
    """Return the sum over the classes, and over the samples too where the loss is a single number."""
    return _sum(c, axes=(axis,) if reduction == "none" else None, keepdims=False)


def _spread(g: Any, share: Any, samples: Shape, shape: Shape, axis: int, reduction: str) -> Any:
    """Return what each sample's gradient is multiplied by, so that it broadcasts against the scores."""
    if reduction == "mean":
        g = g / max(math.prod(samples), 1)
    if share is not None:
        g = g * share
    return g.reshape(kept_shape(shape, (axis,))) if len(g.shape) else g


#: (p - t)·g for each sample, scaled: linear in g, and in p up to the constant t.
_cross_entropy_dx = Op(
    "cross_entropy_dx",
    kernels.cross_entropy_dx,
    lambda h, _z, _g, p, place, share, axis, reduction, smoothing: _over_classes(
        h
        * _cross_entropy_dx(
            np.ones(_g.shape, _g.dtype), p, place, share, axis=axis, reduction=reduction, smoothing=smoothing
        ),
        axis,
        reduction,
    ),
    lambda h, _z, g, _p, _place, share, axis, reduction, smoothing: (
        h * _spread(g, share, _place.shape, _p.shape, axis, reduction)
    ),
    None,
    None,
)
#: Scores, classes, and each sample's share of the loss (or None), to the loss; keeps the probabilities.
_cross_entropy = Op(
    "cross_entropy",
    kernels.cross_entropy,
    lambda g, _y, _x, _target, share, p, place, axis, reduction, smoothing: _cross_entropy_dx(
        g, p, place, share, axis=axis, reduction=reduction, smoothing=smoothing
    ),
    None,
    None,
    by_products={
        "p": lambda x, _target, _share, axis, reduction, smoothing: _softmax(x, axis=axis),
        "place": None,
    },
)
#: Picking with a sign and a share, and its adjoint: each is the other's rule.
_nll = Op(
    "nll",
    kernels.nll,
    lambda g, _y, _x, place, share, axis, reduction: _nll_dx(
        g, place, share, axis=axis, reduction=reduction, shape=_x.shape
    ),
    None,
    None,
)
_nll_dx = Op(
    "nll_dx",
    kernels.nll_dx,
    lambda h, _z, _g, place, share, axis, reduction, shape: _nll(h, place, share, axis=axis, reduction=reduction),
    None,
    None,
)


# --- what comes in ------------------------------------------------------------------------------------------------


def _class_axis(name: str, x: Tensor) -> int:
    """Return the axis of the classes: 1, or 0 where there is no batch."""
    if not x.ndim:
        raise_shape(name, {"input": x.shape}, "expected scores of shape (N, K, ...) or (K,)")
    if x.dtype.kind != "f":
        message = f"{name}: expected floating scores, got {x.dtype}\n  fix: convert with x.float()"
        raise DTypeError(message)
    return min(x.ndim - 1, 1)


def _check_indices(name: str, x: Tensor, target: Tensor, axis: int) -> None:
    """Raise unless the target holds integers, one for each sample of the scores."""
    expected = x.shape[:axis] + x.shape[axis + 1 :]
    if target.dtype.kind not in "iu":
        message = (
            f"{name}: expected integer class indices of shape {expected}, got {target.dtype} of shape {target.shape}\n"
            "  fix: convert with target.long()"
        )
        if name == "cross_entropy":
            message += f", or pass the probability of every class in the scores' shape {x.shape}"
        raise DTypeError(message)
    if target.shape != expected:
        fix = "target.float() for one-hot rows" if target.shape == x.shape else "target.reshape or squeeze"
        raise_shape(
            name,
            {"input": x.shape, "target": target.shape},
            f"expected one class index for each sample, that is a target of shape {expected}",
            fix,
        )


def _check_weight(name: str, weight: TensorLike | None, classes: int) -> Tensor | None:
    """Return the classes' weights as a Tensor."""
    if weight is None:
        return None
    w = as_tensor(weight)
    if w.shape != (classes,):
        raise_shape(name, {"weight": w.shape}, f"expected one weight for each of the {classes} classes")
    return w


def _constant(name: str, weight: Tensor | None) -> Array | None:
    """Return the weights as an array, or raise ArgumentError where a gradient is wanted, of which there is none."""
    if weight is None:
        return None
    if weight.requires_grad and is_grad_enabled():
        message = (
            f"{name}: no gradient reaches the weight of class indices\n"
            "  fix: pass weight.detach(), or the probability of every class as the target"
        )
        raise ArgumentError(message)
    return weight._array


def _samples(name: str, x: Tensor, target: Tensor, axis: int, ignore_index: int) -> tuple[Tensor, Array | None]:
    """Return the classes with 0 where they are ignored, and which samples count (None for all)."""
    _check_indices(name, x, target, axis)
    classes = x.shape[axis]
    t = target._array.astype(np.int64, copy=False)
    # One comparison: as unsigned numbers the negative ones are large.
    known = t.view(np.uint64) < classes
    if known.all() and not 0 <= ignore_index < classes:
        return target if t is target._array else wrap(t, None), None
    counts = t != ignore_index
    check_range(name, t, known | ~counts, classes)
    return (target, None) if counts.all() else (wrap(np.where(counts, t, 0), None), counts)


def _shares(
    x: Tensor, t: Tensor, counts: Array | None, weight: Array | None, reduction: str
) -> tuple[Array | None, float, str]:
    """Return each sample's share of the loss or None, what 'mean' divides by, and the reduction that is left."""
    if counts is None and weight is None:
        return None, float(t.numel()), reduction
    share = np.ones(t.shape, x.dtype) if weight is None else weight[t._array].astype(x.dtype, copy=False)
    if counts is not None:
        share = share * counts
    total = float(share.sum())
    if reduction == "mean":
        return (share * (1 / total) if total else share), total, "sum"
    return share, total, reduction


# --- functions ----------------------------------------------------------------------------------------------------


def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return -log softmax(input) at the target classes, or -Σ t·log softmax(input) for target probabilities t.

    Its gradient is (p - t) / N, with the probabilities p and N samples.

    Args:
        input: scores, before any softmax.
        target: class indices, or floating probabilities in the shape of the scores.
        weight: factor for each class; 'mean' divides by the sum of the samples' weights.
        size_average: PyTorch's older form of `reduction`.
        ignore_index: samples of this class do not count.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        label_smoothing: how much of each target is spread evenly over all classes, from 0 to 1.

    Shapes: input (N, K, ...) or (K,), target (N, ...) or (), or as the input; result () or, with 'none', (N, ...).

    Raises:
        DTypeError: if class indices are not integers.
        ShapeError: if the shapes do not fit.
        IndexingError: if a class is out of range.
        ArgumentError: for another reduction, or a smoothing outside [0, 1].

    Source: torch.nn.functional.cross_entropy.

    Example:
        >>> cross_entropy(as_tensor([[0.35, -0.85, 1.25]]), as_tensor([2]))
        tensor(0.4246)
    """
    reduction = check_reduction("cross_entropy", reduction, size_average, reduce)
    x, t = as_tensor(input), as_tensor(target)
    axis = _class_axis("cross_entropy", x)
    weights = _check_weight("cross_entropy", weight, x.shape[axis])
    if not 0 <= label_smoothing <= 1:
        message = f"cross_entropy: label_smoothing must lie between 0 and 1, got {label_smoothing}"
        raise ArgumentError(message)
    if t.dtype.kind == "f" and t.shape == x.shape:
        if ignore_index >= 0:
            message = "cross_entropy: ignore_index needs class indices, and the target holds probabilities"
            raise ArgumentError(message)
        return _of_probabilities(x, t, weights, axis, reduction, label_smoothing)
    w = _constant("cross_entropy", weights)
    classes, counts = _samples("cross_entropy", x, t, axis, ignore_index)
    share, total, left = _shares(x, classes, counts, w, reduction)
    if weights is None or not label_smoothing:
        loss = _cross_entropy(x, classes, share, axis=axis, reduction=left, smoothing=label_smoothing)
        return _mean_of(loss, total, reduction)
    logs = _log_softmax(x, axis=axis)
    place = kernels.flat_index(classes._array, x.shape, axis)
    sharp = _nll(logs, place, share, axis=axis, reduction=left)
    smooth = -_sum(logs * _per_class(weights, x, axis), axes=(axis,), keepdims=False)
    if counts is not None:
        smooth = smooth * counts
    if reduction != "none":
        smooth = smooth.sum() / ((total or 1.0) if reduction == "mean" else 1.0)
    loss = (1 - label_smoothing) * sharp + label_smoothing / x.shape[axis] * smooth
    return _mean_of(loss, total, reduction)


def _mean_of(loss: Tensor, total: float, reduction: str) -> Tensor:
    """Return the loss, or NaN with gradients of zero for the mean of nothing, as PyTorch gives it."""
    return loss + math.nan if reduction == "mean" and not total else loss


def _per_class(weight: Tensor, x: Tensor, axis: int) -> Tensor:
    """Return the classes' weights so that they broadcast against the scores."""
    return as_tensor(weight, x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))


def _of_probabilities(
    x: Tensor, t: Tensor, weight: Tensor | None, axis: int, reduction: str, smoothing: float
) -> Tensor:
    """Return the cross-entropy of target probabilities; 'mean' divides by the number of samples."""
    if smoothing:
        t = t * (1 - smoothing) + smoothing / x.shape[axis]
    terms = t * _log_softmax(x, axis=axis)
    if weight is not None:
        terms = terms * _per_class(weight, x, axis)
    return reduced(-_sum(terms, axes=(axis,), keepdims=False), reduction)


def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the log-probabilities of the target classes.

    Args:
        input: log-probabilities, as log_softmax gives them.
        target: class indices.
        weight: factor for each class; 'mean' divides by the sum of the samples' weights.
        size_average: PyTorch's older form of `reduction`.
        ignore_index: samples of this class do not count.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: input (N, K, ...) or (K,), target (N, ...) or (); result () or, with 'none', (N, ...).

    Raises:
        DTypeError: if class indices are not integers.
        ShapeError: if the shapes do not fit.
        IndexingError: if a class is out of range.
        ArgumentError: for another reduction.

    Source: torch.nn.functional.nll_loss.

    Example:
        >>> nll_loss(as_tensor([[-0.5, -1.5], [-2.0, -0.25]]), as_tensor([0, 1]))
        tensor(0.375)
    """
    reduction = check_reduction("nll_loss", reduction, size_average, reduce)
    x, t = as_tensor(input), as_tensor(target)
    axis = _class_axis("nll_loss", x)
    w = _constant("nll_loss", _check_weight("nll_loss", weight, x.shape[axis]))
    classes, counts = _samples("nll_loss", x, t, axis, ignore_index)
    share, total, left = _shares(x, classes, counts, w, reduction)
    place = kernels.flat_index(classes._array, x.shape, axis)
    return _mean_of(_nll(x, place, share, axis=axis, reduction=left), total, reduction)
