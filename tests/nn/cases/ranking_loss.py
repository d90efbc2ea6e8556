"""Losses with a margin, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_REDUCTIONS = ("mean", "sum", "none")
_SCORES = ((4, 3), ("classes", (4,), 3))
_SEVERAL = ((3, 4), ("values", [[3, 0, -1, 1], [-1, 0, 0, 0], [2, 1, 0, 3]]))
_PAIRS = ((3, 4), (3, 4), ("values", [1, -1, -1]))
_TRIPLET = ((3, 4), (3, 4), (3, 4))
_FAR = ((2, 2), (2, 2), ("values", [[0.3, 0.1], [40.0, 3.0]]))
#: Where the two are equal the margin of 0 is met exactly: the slope there is PyTorch's.
_TIES = (("values", [1.0, 2.0, 3.0]), ("values", [1.0, 1.0, 4.0]), ("values", [1, -1, 1]))

LAYERS: dict[str, tuple[Any, ...]] = {
    **{f"MultiMarginLoss(reduction='{r}')": _SCORES for r in _REDUCTIONS},
    "MultiMarginLoss(p=2, margin=0.6)": _SCORES,
    "MultiMarginLoss() | layer(a[0], b[0])": _SCORES,
    "MultiMarginLoss(reduction='none') | layer(a[0], b[0])": _SCORES,
    "MultiMarginLoss(size_average=False)": _SCORES,
    **{f"MultiLabelMarginLoss(reduction='{r}')": _SEVERAL for r in _REDUCTIONS},
    "MultiLabelMarginLoss() | layer(a[0], b[0])": _SEVERAL,
    "MultiLabelMarginLoss(reduction='none') | layer(a[0], b[0])": _SEVERAL,
    "MultiLabelMarginLoss(reduce=False)": ((2, 3), ("values", [[1, 1, -1], [0, 1, 2]])),
    **{f"HingeEmbeddingLoss(reduction='{r}')": ((6,), ("values", [1, -1, 1, -1, -1, 1])) for r in _REDUCTIONS},
    "HingeEmbeddingLoss(margin=0.3, size_average=False) | layer(a, b.detach())": ((2, 3), ("signs", (2, 3))),
    **{f"CosineEmbeddingLoss(reduction='{r}')": _PAIRS for r in _REDUCTIONS},
    "CosineEmbeddingLoss(margin=0.3, size_average=False)": _PAIRS,
    "CosineEmbeddingLoss(margin=-0.9) | layer(a[1], b[1], c[1])": _PAIRS,
    **{f"MarginRankingLoss(reduction='{r}')": ((3,), (3,), ("values", [1, -1, 1])) for r in _REDUCTIONS},
    "MarginRankingLoss(margin=0.4, reduce=False)": ((2, 1), (1, 3), ("values", [[1, -1, 1], [-1, -1, 1]])),
    "MarginRankingLoss(reduction='none') | layer(a, b, c)": _TIES,
    **{f"TripletMarginLoss(reduction='{r}')": _TRIPLET for r in _REDUCTIONS},
    "TripletMarginLoss(margin=2.5, p=1, eps=0.01)": _TRIPLET,
    "TripletMarginLoss(p=3.0, swap=True, reduction='none')": _TRIPLET,
    "TripletMarginLoss(size_average=False)": _FAR,
    "TripletMarginLoss() | layer(a[0], b[0], c[0])": _TRIPLET,
    "TripletMarginLoss() | layer(a[:1], b, c)": _TRIPLET,
    **{f"TripletMarginWithDistanceLoss(reduction='{r}')": _TRIPLET for r in _REDUCTIONS},
    "TripletMarginWithDistanceLoss(margin=0.2, swap=True)": _FAR,
    "TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1) / 3, swap=True)": _TRIPLET,
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "nn.MultiMarginLoss(weight=c.detach())(a, b)": (*_SCORES, ("probabilities", (3,))),
    "F.multi_margin_loss(a, b, 2, 0.5, c.detach(), None, False)": (*_SCORES, ("probabilities", (3,))),
    "F.multilabel_margin_loss(a, b, False)": _SEVERAL,
    "F.hinge_embedding_loss(a, b, 0.5, None, False)": ((3,), ("values", [1, -1, -1])),
    "F.cosine_embedding_loss(a, b, c, 0.2, None, False)": _PAIRS,
    "F.cosine_embedding_loss(a, b, c)": (("values", [[0.0, 0.0], [1.0, 2.0]]), (2, 2), ("values", [1, -1])),
    "F.margin_ranking_loss(a, b, c, 0.2, False)": ((3,), (3,), ("values", [1, -1, 1])),
    "F.triplet_margin_loss(a, b, c, 0.8, 2, 1e-3, True, None, False)": _TRIPLET,
    "F.triplet_margin_with_distance_loss(a, b, c, margin=0.6, reduction='sum')": _TRIPLET,
}
