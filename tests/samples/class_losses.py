"""Records of autograd_np.ops.class_losses."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import class_losses
from tests.samples import Case, Record

_X = np.sin(np.arange(12.0) * 1.7 + 0.3).reshape(3, 4) * 2
_IMAGE = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4) * 2
_T = np.array([2, 0, 3])
_IMAGE_T = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
_W = np.array([0.5, 1.5, 1.0, 2.0])
_IMAGE_W = np.array([0.5, 1.5, 2.0])
_Q = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.4, 0.1]])


def _functional(name):
    return f"nn.functional.{name}"


def _softmax(x, dim):
    e = np.exp(x)
    return e / e.sum(axis=dim, keepdims=True)


def _reduce(values, reduction, divisor=None):
    values = np.asarray(values)
    if reduction == "none":
        return values
    return values.sum() / ((values.size if divisor is None else divisor) if reduction == "mean" else 1)


def _samples(x, target):
    """Yield each sample's place, its row of values over the classes, and its class."""
    rows = np.moveaxis(x, 1, -1) if x.ndim > 1 else x
    for place in np.ndindex(target.shape):
        yield place, rows[place], int(target[place])


def _nll(x, target, weight=None, ignore_index=-100, reduction="mean"):
    result, divisor = np.zeros(target.shape), 0.0
    for place, row, k in _samples(x, target):
        if k != ignore_index:
            w = 1.0 if weight is None else weight[k]
            result[place] = -w * row[k]
            divisor += w
    return _reduce(result, reduction, divisor)


def _cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    classes = min(x.ndim - 1, 1)
    logs = np.log(_softmax(x, classes))
    count = x.shape[classes]
    if target.dtype.kind == "f":
        t = np.moveaxis(target * (1 - label_smoothing) + label_smoothing / count, classes, -1)
        terms = t * np.moveaxis(logs, classes, -1) * (1.0 if weight is None else weight)
        return _reduce(-terms.sum(axis=-1), reduction)
    result, divisor = np.zeros(target.shape), 0.0
    for place, row, k in _samples(logs, target):
        if k != ignore_index:
            w = np.ones(count) if weight is None else weight
            spread = (w * row).sum() / count
            result[place] = -(1 - label_smoothing) * w[k] * row[k] - label_smoothing * spread
            divisor += w[k]
    return _reduce(result, reduction, divisor)


def _reductions(*operands, **options):
    return tuple(Case(operands, {"reduction": r, **options}) for r in ("mean", "sum", "none"))


_IGNORED = (
    *_reductions(_X, np.array([2, -100, 3])),
    *_reductions(_X, _T, ignore_index=3),
    *_reductions(_IMAGE, _IMAGE_T, ignore_index=1),
)

RECORDS = [
    Record(
        "cross_entropy",
        class_losses.cross_entropy,
        _cross_entropy,
        (
            *_reductions(_X, _T),
            *_reductions(_X, _T, weight=_W),
            *_reductions(_X, _T, label_smoothing=0.2),
            *_reductions(_X, _T, weight=_W, label_smoothing=0.2),
            *_reductions(_IMAGE, _IMAGE_T),
            *_reductions(_IMAGE, _IMAGE_T, ignore_index=1, label_smoothing=0.2),
            *_reductions(_IMAGE, _IMAGE_T, weight=_IMAGE_W, ignore_index=1, label_smoothing=0.2),
            *_IGNORED,
            Case((_X[0], np.array(2))),
            *_reductions(_X, _Q),
            Case((_X, _Q), {"weight": _W, "label_smoothing": 0.2}),
            Case((_X[0], _Q[0])),
        ),
        rows=("cross_entropy", "cross_entropy_dx", "softmax", "log_softmax"),
        torch=_functional("cross_entropy"),
    ),
    Record(
        "nll_loss",
        class_losses.nll_loss,
        _nll,
        (*_reductions(_X, _T), *_reductions(_X, _T, weight=_W), *_IGNORED, Case((_X[0], np.array(2)))),
        rows=("nll", "nll_dx"),
        torch=_functional("nll_loss"),
    ),
]
