"""What all metrics share: reading predictions and targets, and counting them by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autograd_np import Tensor
from autograd_np.errors import DTypeError, IndexingError, ShapeError, aligned_shapes

__all__ = ["Array", "Counts", "Data", "Pairs", "array_of", "counted", "pairs", "quotient"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Data: TypeAlias = Tensor | Array | Sequence[Any]


class Pairs(NamedTuple):
    """For each sample that counts the right class, the predicted one, and the scores where there are any, (N, K)."""

    target: Array
    predicted: Array
    scores: Array | None
    classes: int


class Counts(NamedTuple):
    """For each class: how often it was predicted rightly, how often at all, and how often it is the target."""

    right: Array
    predicted: Array
    targets: Array


def array_of(data: Data) -> Array:
    """Return the data as an array."""
    return data.detach().numpy() if isinstance(data, Tensor) else np.asarray(data)


def pairs(
    metric: str, preds: Data, target: Data, num_classes: int | None = None, ignore_index: int | None = None
) -> Pairs:
    """Return what is compared, or raise where it does not fit.

    Args:
        metric: name for errors.
        preds: predictions.
        target: the right classes.
        num_classes: how many there are; None for as many as occur, or have scores.
        ignore_index: samples of this class do not count.
    """
    p, t = array_of(preds), array_of(target)
    if t.dtype.kind not in "iub":
        raise DTypeError(f"{metric}: expected integer or boolean targets, got {t.dtype}\n  fix: target.long()")
    scores = None
    if p.shape != t.shape:
        scores = _rows(metric, p, t)
        num_classes = scores.shape[1] if num_classes is None else num_classes
        p = scores.argmax(axis=1)
    elif p.dtype.kind not in "iub":
        raise DTypeError(
            f"{metric}: predictions in the target's shape must be classes, got {p.dtype}\n"
            "  fix: compare probabilities with a threshold, for example preds > 0.5"
        )
    t, p = t.reshape(-1).astype(np.int64), p.reshape(-1).astype(np.int64)
    if ignore_index is not None:
        counts = t != ignore_index
        t, p, scores = t[counts], p[counts], None if scores is None else scores[counts]
    classes = _check_range(metric, t, p, num_classes)
    return Pairs(t, p, scores, classes)


def _rows(metric: str, preds: Array, target: Array) -> Array:
    """Return scores (N, K, ...) as rows of classes, one for each target."""
    axis = min(preds.ndim - 1, 1)
    if preds.ndim != target.ndim + 1 or preds.shape[:axis] + preds.shape[axis + 1 :] != target.shape:
        shapes = aligned_shapes({"preds": preds.shape, "target": target.shape})
        raise ShapeError(
            f"{metric}: expected classes in the target's shape, or scores with one more axis for the classes\n"
            f"{shapes}\n  fix: scores are (N, K, ...) for targets (N, ...)"
        )
    return np.moveaxis(preds, axis, -1).reshape(-1, preds.shape[axis])


def _check_range(metric: str, target: Array, predicted: Array, num_classes: int | None) -> int:
    """Return how many classes there are, or raise IndexingError for one that is none of them."""
    highest = int(max(target.max(initial=-1), predicted.max(initial=-1)))
    classes = highest + 1 if num_classes is None else num_classes
    for values, name in ((target, "target"), (predicted, "prediction")):
        wrong = values[(values < 0) | (values >= classes)]
        if wrong.size:
            raise IndexingError(
                f"{metric}: {name} {int(wrong[0])} is out of range for {classes} classes\n"
                "  fix: classes count from 0; see num_classes and ignore_index"
            )
    return classes


def counted(compared: Pairs) -> Counts:
    """Return the counts of each class."""
    t, p, classes = compared.target, compared.predicted, compared.classes
    return Counts(*(np.bincount(x, minlength=classes) for x in (t[t == p], p, t)))


def quotient(above: Array, below: Array, zero_division: float) -> Array:
    """Return above / below, and `zero_division` where below is 0."""
    known = below > 0
    return np.where(known, above / np.where(known, below, 1), zero_division)
