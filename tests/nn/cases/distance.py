"""Distances and similarities, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_PAIR: tuple[Any, ...] = ((3, 4), (3, 4))
_ROWS: tuple[Any, ...] = ((4, 3),)

LAYERS: dict[str, tuple[Any, ...]] = {
    "CosineSimilarity()": _PAIR,
    "CosineSimilarity(dim=0, eps=1e-6)": _PAIR,
    "CosineSimilarity(-1)": ((2, 1, 4), (3, 4)),
    "PairwiseDistance()": _PAIR,
    "PairwiseDistance(p=1)": _PAIR,
    "PairwiseDistance(3.0, eps=0.1, keepdim=True)": _PAIR,
    "PairwiseDistance(p=float('inf'))": ((4,), (4,)),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.cosine_similarity(a, b)": _PAIR,
    "ag.cosine_similarity(a, b, 0)": _PAIR,
    "F.cosine_similarity(a, b * 0)": _PAIR,
    "F.pairwise_distance(a, b, 2.0, 1e-3, True)": _PAIR,
    "ag.pairwise_distance(a, b, p=0.5)": _PAIR,
    "F.pairwise_distance(a, b)": ((2, 3, 4), (3, 4)),
    "F.pdist(a)": _ROWS,
    "F.pdist(a, p=1)": _ROWS,
    "F.pdist(a, 3.0)": _ROWS,
    "ag.pdist(a, float('inf'))": _ROWS,
    "F.pdist(a, p=0)": _ROWS,
    "F.pdist(a * 0)": _ROWS,
    "ag.cdist(a, b)": ((3, 4), (2, 4)),
    "ag.cdist(a, b, p=1.0)": ((2, 3, 4), (2, 2, 4)),
    "ag.cdist(a, b, 3.0)": ((2, 1, 3, 4), (3, 2, 4)),
    "ag.cdist(a, b, float('inf'))": ((3, 4), (2, 4)),
    "ag.cdist(a, b, 0.0)": ((3, 4), (2, 4)),
}
