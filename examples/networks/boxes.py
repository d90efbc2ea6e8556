"""Boxes (x1, y1, x2, y2) and their sizes (w, h), as arrays: overlap, suppression of what overlaps, anchors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def iou(a: Array, b: Array) -> Array:
    """Return the intersection over the union of every pair.

    Shapes: (N, 4), (M, 4) -> (N, M).
    """
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)]
    return shared / (areas[0][:, None] + areas[1][None] - shared)


def size_iou(a: Array, b: Array) -> Array:
    """Return the intersection over the union of every pair of sizes, laid on each other's centres.

    Shapes: (N, 2), (M, 2) -> (N, M).
    """
    shared = np.minimum(a[:, None], b[None]).prod(axis=2)
    return shared / (a.prod(axis=1)[:, None] + b.prod(axis=1)[None] - shared)


def nms(boxes: Array, scores: Array, threshold: float = 0.5) -> Array:
    """Return the positions of the boxes to keep, best first: none overlaps a better one by more than the threshold.

    Shapes: (N, 4), (N,) -> (M,).
    """
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[iou(boxes[best][None], boxes[left])[0] <= threshold]
    return np.array(kept, dtype=np.int64)


def soft_nms(boxes: Array, scores: Array, sigma: float = 0.5) -> Array:
    """Return scores lowered by exp(-IoU²/σ) for every better box: what overlaps is doubted, not dropped.

    Shapes: (N, 4), (N,) -> (N,).
    Source: Bodla et al. (2017).
    """
    scores = scores.copy()
    left = np.arange(len(scores))
    while len(left):
        at = np.argmax(scores[left])
        best, left = left[at], np.delete(left, at)
        scores[left] *= np.exp(-(iou(boxes[best][None], boxes[left])[0] ** 2) / sigma)
    return scores


def kmeans_anchors(sizes: Array, count: int, seed: int = 0) -> Array:
    """Return the sizes around which these cluster by the distance 1 - IoU, the smallest first.

    Shapes: (N, 2) -> (K, 2).
    Source: Redmon and Farhadi (2017).
    """
    anchors = sizes[np.random.default_rng(seed).choice(len(sizes), count, replace=False)]
    nearest = np.full(len(sizes), -1)
    while True:
        before, nearest = nearest, (1 - size_iou(sizes, anchors)).argmin(axis=1)
        if np.array_equal(before, nearest):
            return anchors[np.argsort(anchors.prod(axis=1))]
        anchors = np.stack([sizes[nearest == k].mean(axis=0) for k in range(count)])
