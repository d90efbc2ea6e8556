"""Records of autograd_np.ops.losses."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import losses
from tests.samples import Case, Record

_Q = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.4, 0.1]])
_P = np.array([[0.2, 0.45, 0.9], [0.7, 0.05, 0.6]])
_Y = np.array([[0.0, 1.0, 0.8], [0.3, 0.4, 1.0]])
#: Targets that finite differences keep within 0 and 1.
_T = np.array([[0.02, 0.97, 0.8], [0.3, 0.4, 0.99]])
_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_B = np.array([[1.2, -0.8, 0.5], [-0.3, 2.5, 0.1]])
_V = np.array([0.5, 2.0, 1.5])
_U = np.array([[0.5, 2.0, 1.5], [1.2, 0.3, 0.8]])


def _functional(name):
    return f"nn.functional.{name}"


def _reduce(values, reduction, divisor=None):
    values = np.asarray(values)
    if reduction == "none":
        return values
    return values.sum() / ((values.size if divisor is None else divisor) if reduction == "mean" else 1)


def _weighted(errors, weight, reduction):
    """Return the errors reduced; their weighted mean is over the sum of the weights."""
    if weight is None:
        return _reduce(errors, reduction)
    return _reduce(errors * weight, reduction, weight.sum())


def _huber(x, t, reduction="mean", delta=1.0, weight=1.0):
    d = np.abs(x - t)
    return _reduce(np.where(d <= delta, d * d / 2, delta * (d - delta / 2)) * weight, reduction)


def _smooth_l1(x, t, reduction="mean", beta=1.0):
    return _huber(x, t, reduction, beta) / beta if beta else _reduce(np.abs(x - t), reduction)


def _bce(x, t, weight=1.0, reduction="mean"):
    return _reduce(-weight * (t * np.log(x) + (1 - t) * np.log(1 - x)), reduction)


def _bce_with_logits(x, t, weight=1.0, reduction="mean", pos_weight=1.0):
    s = 1 / (1 + np.exp(-x))
    return _reduce(-weight * (pos_weight * t * np.log(s) + (1 - t) * np.log(1 - s)), reduction)


def _kl(x, t, reduction="mean", log_target=False):
    t = np.exp(t) if log_target else t
    terms = t * (np.log(t) - x)
    return terms.sum() / len(x) if reduction == "batchmean" else _reduce(terms, reduction)


def _reductions(*operands, **options):
    return tuple(Case(operands, {"reduction": r, **options}) for r in ("mean", "sum", "none"))


RECORDS = [
    Record(
        "mse_loss",
        losses.mse_loss,
        lambda x, t, weight=None, reduction="mean": _weighted((x - t) ** 2, weight, reduction),
        (*_reductions(_A, _B), *_reductions(_A, _B, weight=_U)),
        rows=("squared_error",),
        torch=_functional("mse_loss"),
    ),
    Record(
        "l1_loss",
        losses.l1_loss,
        lambda x, t, weight=None, reduction="mean": _weighted(np.abs(x - t), weight, reduction),
        (*_reductions(_A, _B), *_reductions(_A, _B, weight=_U)),
        rows=("abs", "sub"),
        torch=_functional("l1_loss"),
    ),
    Record(
        "huber_loss",
        losses.huber_loss,
        _huber,
        (*_reductions(_A, _B), *_reductions(_A, _B, delta=0.8), *_reductions(_A, _B, weight=_U)),
        rows=("huber",),
        torch=_functional("huber_loss"),
    ),
    Record(
        "smooth_l1_loss",
        losses.smooth_l1_loss,
        _smooth_l1,
        (*_reductions(_A, _B), *_reductions(_A, _B, beta=0.8), Case((_A, _B), {"beta": 0.0})),
        rows=("huber", "abs"),
        torch=_functional("smooth_l1_loss"),
    ),
    Record(
        "binary_cross_entropy",
        losses.binary_cross_entropy,
        _bce,
        (*_reductions(_P, _T), *_reductions(_P, _T, weight=_V)),
        rows=("binary_cross_entropy", "log_above"),
        torch=_functional("binary_cross_entropy"),
    ),
    Record(
        "binary_cross_entropy_with_logits",
        losses.binary_cross_entropy_with_logits,
        _bce_with_logits,
        (
            *_reductions(_A, _Y),
            *_reductions(_A, _Y, weight=_V),
            *_reductions(_A, _Y, weight=_V, pos_weight=_V),
        ),
        rows=("binary_cross_entropy_with_logits", "logsigmoid"),
        torch=_functional("binary_cross_entropy_with_logits"),
    ),
    Record(
        "kl_div",
        losses.kl_div,
        _kl,
        (
            *_reductions(np.log(_Q), _Q[::-1].copy()),
            Case((np.log(_Q), _Q[::-1].copy()), {"reduction": "batchmean"}),
            *_reductions(np.log(_Q), np.log(_Q[::-1]), log_target=True),
        ),
        rows=("xlogy", "exp"),
        torch=_functional("kl_div"),
    ),
]
