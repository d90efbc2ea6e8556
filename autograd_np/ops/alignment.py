"""Losses of sequences that are labelled without being aligned: connectionist temporal classification."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from autograd_np._typing import Array, TensorLike
from autograd_np.core import Op, Tensor, as_array, as_tensor
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, UnsupportedError, raise_shape
from autograd_np.kernels import alignment as kernels
from autograd_np.ops.losses import check_reduction, reduced

__all__ = ["ctc_loss"]

# --- rows ---------------------------------------------------------------------------------------------------------


def _third_order() -> NoReturn:
    message = "ctc_loss: derivatives go to the second order"
    raise UnsupportedError(message)


#: The Hessian times h, which is symmetric in what it takes and what it gives.
_ctc_dxx = Op(
    "ctc_dxx",
    kernels.ctc_dxx,
    lambda k, _y, _h, x, states: _ctc_dxx(k, x, states=states),
    lambda _k, _y, _h, _x, states: _third_order(),
)
#: The gradient, from the log-probabilities alone: the sums over paths are what the loss has computed of them already.
_ctc_dx = Op(
    "ctc_dx",
    kernels.ctc_dx,
    lambda h, _y, x, _sums, states, zero_infinity: _ctc_dxx(h, x, states=states),
    None,
)
_ctc = Op(
    "ctc",
    kernels.ctc,
    lambda g, _y, x, sums, states, zero_infinity: (
        g.reshape(-1, 1) * _ctc_dx(x, sums, states=states, zero_infinity=zero_infinity)
    ),
    by_products={"sums": None},
)


# --- what comes in ------------------------------------------------------------------------------------------------


def _lengths(name: str, lengths: object, samples: int, most: int, fix: str) -> Array:
    """Return the lengths as an array (N,), or raise where they do not fit."""
    found = as_array(lengths)
    if found.dtype.kind not in "iu":
        message = f"ctc_loss: {name} must be integers, got {found.dtype}\n  fix: convert with {name}.long()"
        raise DTypeError(message)
    if found.size != samples or found.ndim > 1:
        raise_shape("ctc_loss", {name: found.shape}, f"expected one length for each of the {samples} samples")
    found = found.reshape(-1).astype(np.int64, copy=False)
    if found.size and not (found.min() >= 0 and found.max() <= most):
        worst = int(found.max() if found.max() > most else found.min())
        message = f"ctc_loss: {name} must lie between 0 and {most}, got {worst}\n  fix: {fix}"
        raise ArgumentError(message)
    return found


def _labels(targets: Array, lengths: Array, classes: int, blank: int) -> Array:
    """Return the labels in rows of the greatest length, filled up with blanks, (N, L)."""
    longest = int(lengths.max(initial=0))
    within = np.arange(longest) < lengths[:, None]
    labels = np.full(within.shape, blank, np.int64)
    labels[within] = targets if targets.ndim == 1 else targets[:, :longest][within]
    wrong = within & ((labels < 0) | (labels >= classes) | (labels == blank))
    if wrong.any():
        n, place = (int(i) for i in np.argwhere(wrong)[0])
        label = int(labels[n, place])
        reason = f"is the blank, {blank}" if label == blank else f"is out of range for {classes} classes"
        message = (
            f"ctc_loss: label {label} at position {place} of sample {n} {reason}\n"
            "  fix: labels count from 0 over all classes of log_probs, without the blank; see `blank`"
        )
        raise IndexingError(message)
    return labels


def _check_targets(targets: Array, lengths: Array, samples: int) -> None:
    """Raise unless the targets are (N, L), or all labels one after the other."""
    if targets.dtype.kind not in "iu" and targets.size:
        message = f"ctc_loss: targets must be integers, got {targets.dtype}\n  fix: convert with targets.long()"
        raise DTypeError(message)
    if targets.ndim == 1 and targets.size != lengths.sum():
        raise_shape(
            "ctc_loss",
            {"targets": targets.shape},
            f"targets in one row must be as many as target_lengths add up to, {int(lengths.sum())}",
            "torch.cat the labels of all samples, or pass them as (N, L)",
        )
    if targets.ndim > 2 or (targets.ndim == 2 and len(targets) != samples):
        raise_shape("ctc_loss", {"targets": targets.shape}, f"expected targets (N, L) with N = {samples}, or (L,)")


def _check_log_probs(x: Tensor, blank: int) -> None:
    """Raise unless these are log-probabilities (T, N, K) or (T, K), among whose classes there is the blank."""
    if x.ndim not in {2, 3} or not x.shape[0]:
        raise_shape("ctc_loss", {"log_probs": x.shape}, "expected log_probs of shape (T, N, K) or (T, K), with T > 0")
    if x.dtype.kind != "f":
        message = f"ctc_loss: expected floating log_probs, got {x.dtype}"
        raise DTypeError(message)
    highest = x._array.max(initial=0)
    if highest > 1e-3:
        message = (
            f"ctc_loss: log_probs must be logarithms of probabilities, got values up to {highest:.4g}\n"
            "  fix: apply log_softmax(dim=-1) to the scores"
        )
        raise ArgumentError(message)
    if not 0 <= blank < x.shape[-1]:
        message = f"ctc_loss: blank must be one of the {x.shape[-1]} classes, got {blank}"
        raise ArgumentError(message)


def ctc_loss(
    log_probs: TensorLike,
    targets: TensorLike,
    input_lengths: TensorLike,
    target_lengths: TensorLike,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Return minus the log-probability that the inputs, with repetitions and blanks taken out, read as the targets.

    The gradient is that of this function, whatever the log-probabilities are; PyTorch's is the same after log_softmax.

    Args:
        log_probs: log-probabilities of the classes at each time, as log_softmax gives them.
        targets: labels of each sample, padded to one length, or those of all samples one after the other.
        input_lengths: how many time steps of each sample count.
        target_lengths: how many labels each sample has.
        blank: class that stands for no label.
        reduction: 'mean' divides each loss by its number of labels (at least 1) and averages over the samples; 'sum';
            'none'.
        zero_infinity: labels that need more time steps than there are have an infinite loss with gradients of NaN;
            True makes both zero.

    Shapes: log_probs (T, N, K) or (T, K), targets (N, L) or (all labels,), lengths (N,) or (); result () or, with
        'none', (N,) or ().

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if labels or lengths are not integers.
        IndexingError: if a label is the blank or no class.
        ArgumentError: for another reduction or blank, lengths out of range, or log_probs above 0.

    Source: Graves et al., 2006; torch.nn.functional.ctc_loss.

    Example:
        >>> ctc_loss(as_tensor([[[0.5, 0.5]], [[0.5, 0.5]]]).log(), as_tensor([[1]]), (2,), (1,)).exp()
        tensor(1.3333)
    """
    reduction = check_reduction("ctc_loss", reduction)
    x = as_tensor(log_probs)
    _check_log_probs(x, blank)
    batched = x.ndim == 3
    if not batched:
        x = x.unsqueeze(1)
    T, N, K = x.shape
    found = as_array(targets)
    sizes = _lengths(
        "target_lengths",
        target_lengths,
        N,
        found.shape[-1] if found.ndim else 0,
        "pad the targets to the greatest length",
    )
    _check_targets(found, sizes, N)
    labels = _labels(found, sizes, K, blank)
    states = np.full((N, 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = labels
    steps = _lengths("input_lengths", input_lengths, N, T, "log_probs are (T, N, K): time comes first")
    # The graph keeps the steps, which are the caller's own array.
    kept = kernels.States(states, 2 * sizes + 1, steps.copy(), blank)
    losses = _ctc(x, states=kept, zero_infinity=zero_infinity)
    if reduction == "mean":
        losses = losses / as_tensor(np.maximum(sizes, 1).astype(x.dtype))
    return reduced(losses if batched or reduction != "none" else losses.squeeze(0), reduction)
