"""How many predictions are right, and which classes are taken for which."""

from __future__ import annotations

import math

import numpy as np

from autograd_np.errors import ArgumentError, ShapeError
from nn.metrics._counting import Array, Data, array_of, counted, pairs, quotient

__all__ = ["accuracy", "balanced_accuracy", "confusion_matrix", "error_rate"]


def accuracy(preds: Data, target: Data, top_k: int = 1, *, ignore_index: int | None = None) -> float:
    """Return the share of right predictions, or of targets among the k highest scores; NaN for no samples.

    Args:
        preds: predictions; scores for k above 1. Equal scores rank in the order of their classes.
        target: the right classes.
        top_k: how many of the highest scores may hold the target.
        ignore_index: samples of this class do not count.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number.
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for k below 1, or without
        scores above 1.

    Example:
        >>> scores = [[0.1, 0.6, 0.3], [0.5, 0.2, 0.3]]
        >>> accuracy(scores, [1, 2]), accuracy(scores, [1, 2], top_k=2)
        (0.5, 1.0)
    """
    if top_k < 1:
        raise ArgumentError(f"accuracy: top_k must be positive, got {top_k}")
    target, predicted, scores, _ = pairs("accuracy", preds, target, None, ignore_index)
    if not target.size:
        return math.nan
    if top_k == 1:
        return float(np.mean(target == predicted))
    if scores is None:
        raise ArgumentError(f"accuracy: top_k={top_k} needs the scores of all classes, got classes")
    own = np.take_along_axis(scores, target[:, None], 1)
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < target[:, None]))
    return float(np.mean(before.sum(axis=1) < top_k))


def error_rate(
    preds: Data, target: Data, weight: Data | str | None = None, *, ignore_index: int | None = None
) -> float:
    """Return the share of wrong predictions, where classes may count differently; NaN for no samples.

    Args:
        preds: predictions.
        target: the right classes.
        weight: how much a sample of each class counts; 'balanced' for every class that occurs counting the same,
            however rare it is; None for every sample counting the same.
        ignore_index: samples of this class do not count.

    Shapes: target (*), preds (*) or scores (N, K, ...), weight (K,) -> a number.
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for other weights.

    Example:
        >>> preds, target = [0, 0, 0, 0], [0, 0, 0, 1]
        >>> error_rate(preds, target), error_rate(preds, target, "balanced"), error_rate(preds, target, [1.0, 9.0])
        (0.25, 0.5, 0.75)
    """
    counts = counted(pairs("error_rate", preds, target, None, ignore_index))
    classes = len(counts.targets)
    if isinstance(weight, str):
        if weight != "balanced":
            raise ArgumentError(f"error_rate: weight must be 'balanced', None or a number per class, got {weight!r}")
        w = quotient(np.ones(classes), counts.targets, 0.0)
    else:
        w = np.ones(classes) if weight is None else array_of(weight)
        # The classes that happen not to occur last need not be known.
        if w.ndim != 1 or len(w) < classes:
            raise ShapeError(f"error_rate: expected a weight for each of {classes} classes, got shape {w.shape}")
        w = w[:classes]
    total = (w * counts.targets).sum()
    return float((w * (counts.targets - counts.right)).sum() / total) if total else math.nan


def balanced_accuracy(preds: Data, target: Data, *, ignore_index: int | None = None) -> float:
    """Return the mean recall of the classes that occur among the targets; NaN for no samples.

    Args:
        preds: predictions.
        target: the right classes.
        ignore_index: samples of this class do not count.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number.
    Raises: ShapeError, DTypeError or IndexingError for what does not fit.

    Example:
        >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
        0.5
    """
    counts = counted(pairs("balanced_accuracy", preds, target, None, ignore_index))
    occurs = counts.targets > 0
    return float(np.mean(counts.right[occurs] / counts.targets[occurs])) if occurs.any() else math.nan


def confusion_matrix(
    preds: Data,
    target: Data,
    num_classes: int | None = None,
    normalize: str | None = None,
    *,
    ignore_index: int | None = None,
) -> Array:
    """Return how often each class (row) was predicted as each class (column).

    Args:
        preds: predictions.
        target: the right classes.
        num_classes: how many classes there are; None for as many as occur, or have scores.
        normalize: None for counts; 'true' for shares of each row, 'pred' of each column, 'all' of all. Empty rows and
            columns stay 0.
        ignore_index: samples of this class do not count.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> (K, K).
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for another `normalize`.

    Example:
        >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
        array([[1, 1],
               [0, 2]])
    """
    axes = {None: (), "true": 1, "pred": 0, "all": None}
    if normalize not in axes:
        message = f"confusion_matrix: normalize must be None, 'true', 'pred' or 'all', got {normalize!r}"
        raise ArgumentError(message)
    target, predicted, _, classes = pairs("confusion_matrix", preds, target, num_classes, ignore_index)
    matrix = np.bincount(target * classes + predicted, minlength=classes**2).reshape(classes, classes)
    if normalize is None:
        return matrix
    return quotient(matrix, matrix.sum(axis=axes[normalize], keepdims=True), 0.0)
