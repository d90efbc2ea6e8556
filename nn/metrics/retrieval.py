"""How well classes are found: how many of a class's predictions are right, and how many of its samples are found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd_np.errors import ArgumentError
from nn.metrics._counting import Array, Counts, Data, counted, pairs, quotient

__all__ = ["f1_score", "fbeta_score", "jaccard_index", "precision", "recall"]

#: Numerator and denominator of a score.
Score: TypeAlias = Callable[[Counts], tuple[Array, Array]]


def precision(
    preds: Data,
    target: Data,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    pos_label: int = 1,
    zero_division: float = 0.0,
    ignore_index: int | None = None,
) -> Any:
    """Return how many of the predictions of a class are right.

    Args:
        preds: predictions.
        target: the right classes.
        average: 'binary', 'micro', 'macro', 'weighted' or 'none': see `nn.metrics`.
        num_classes: how many classes there are; None for as many as occur, or have scores.
        pos_label: the class that 'binary' is about, 0 or 1.
        zero_division: value where the denominator is 0: here where the class was never predicted.
        ignore_index: samples of this class do not count.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number or, with 'none', (K,).
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for another average.

    Example:
        >>> preds, target = [0, 1, 1, 1], [0, 0, 1, 1]
        >>> round(precision(preds, target), 4), precision(preds, target, "none").round(4)
        (0.6667, array([1.    , 0.6667]))
    """
    counts = counted(pairs("precision", preds, target, num_classes, ignore_index))
    return _averaged("precision", counts, lambda c: (c.right, c.predicted), average, pos_label, zero_division)


def recall(
    preds: Data,
    target: Data,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    pos_label: int = 1,
    zero_division: float = 0.0,
    ignore_index: int | None = None,
) -> Any:
    """Return how many of the samples of a class are found; the arguments are those of `precision`.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number or, with 'none', (K,).
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for another average.

    Example:
        >>> preds, target = [0, 1, 1, 1], [0, 0, 1, 1]
        >>> recall(preds, target), recall(preds, target, "macro")
        (1.0, 0.75)
    """
    counts = counted(pairs("recall", preds, target, num_classes, ignore_index))
    return _averaged("recall", counts, _recall, average, pos_label, zero_division)


def fbeta_score(
    preds: Data,
    target: Data,
    beta: float,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    pos_label: int = 1,
    zero_division: float = 0.0,
    ignore_index: int | None = None,
) -> Any:
    """Return (1 + β²)·P·R / (β²·P + R), the harmonic mean of precision P and recall R in which R counts β² times.

    The other arguments are those of `precision`.

    Args:
        beta: β; 0 gives the precision, infinity the recall.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number or, with 'none', (K,).
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for another average, or a
        negative β.

    Example:
        >>> round(fbeta_score([0, 1, 1, 1], [0, 0, 1, 1], beta=2.0), 4)
        0.9091
    """
    if not beta >= 0:
        raise ArgumentError(f"fbeta_score: beta must not be negative, got {beta}")
    counts = counted(pairs("fbeta_score", preds, target, num_classes, ignore_index))
    score = _recall if math.isinf(beta) else _f(float(beta))
    return _averaged("fbeta_score", counts, score, average, pos_label, zero_division)


def f1_score(
    preds: Data,
    target: Data,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    pos_label: int = 1,
    zero_division: float = 0.0,
    ignore_index: int | None = None,
) -> Any:
    """Return the harmonic mean of precision and recall; the arguments are those of `precision`.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number or, with 'none', (K,).
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for another average.

    Example:
        >>> f1_score([0, 1, 1, 1], [0, 0, 1, 1])
        0.8
    """
    counts = counted(pairs("f1_score", preds, target, num_classes, ignore_index))
    return _averaged("f1_score", counts, _f(1.0), average, pos_label, zero_division)


def jaccard_index(
    preds: Data,
    target: Data,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    pos_label: int = 1,
    zero_division: float = 0.0,
    ignore_index: int | None = None,
) -> Any:
    """Return the intersection of a class's predictions and samples over their union (IoU), arguments as `precision`.

    Shapes: target (*), preds (*) or scores (N, K, ...) -> a number or, with 'none', (K,).
    Raises: ShapeError, DTypeError or IndexingError for what does not fit, ArgumentError for another average.

    Example:
        >>> jaccard_index([[0, 1], [1, 1]], [[0, 0], [1, 1]], "none").round(4)
        array([0.5   , 0.6667])
    """
    counts = counted(pairs("jaccard_index", preds, target, num_classes, ignore_index))

    def score(c: Counts) -> tuple[Array, Array]:
        return c.right, c.predicted + c.targets - c.right

    return _averaged("jaccard_index", counts, score, average, pos_label, zero_division)


def _recall(counts: Counts) -> tuple[Array, Array]:
    return counts.right, counts.targets


def _f(beta: float) -> Score:
    """Return the score Fβ, written with counts: defined as soon as the class is predicted or a target."""
    return lambda c: ((1 + beta**2) * c.right, c.predicted + beta**2 * c.targets)


def _averaged(
    metric: str, counts: Counts, score: Score, average: str | None, pos_label: int, zero_division: float
) -> Any:
    """Return the score of each class, or its average."""
    if average not in {"binary", "micro", "macro", "weighted", "none", None}:
        names = "'binary', 'micro', 'macro', 'weighted' or 'none'"
        raise ArgumentError(f"{metric}: average must be {names}, got {average!r}")
    if average == "micro":
        counts = Counts(*(x.sum(keepdims=True) for x in counts))
    if average == "binary":
        counts = _of_one_class(metric, counts, pos_label)
    values = quotient(*score(counts), zero_division)
    if average in {"none", None}:
        return values
    if average in {"micro", "binary"}:
        return float(values[0])
    weights = counts.targets if average == "weighted" else counts.targets + counts.predicted > 0
    kept = ~np.isnan(values) & (weights > 0)
    return float(np.average(values[kept], weights=weights[kept])) if kept.any() else float(zero_division)


def _of_one_class(metric: str, counts: Counts, pos_label: int) -> Counts:
    """Return the counts of the positive class alone."""
    if len(counts.targets) > 2:
        raise ArgumentError(
            f"{metric}: average='binary' is for two classes, and there are {len(counts.targets)}\n"
            "  fix: average='macro', 'micro', 'weighted' or 'none'"
        )
    if pos_label not in {0, 1}:
        raise ArgumentError(f"{metric}: pos_label must be 0 or 1, got {pos_label}")
    # Where class 1 does not occur its counts are 0.
    return Counts(*(np.append(x, [0, 0])[pos_label : pos_label + 1] for x in counts))
