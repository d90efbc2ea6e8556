"""Losses with a margin: of classes, of pairs that are alike or not, of orders, of triplets."""

from __future__ import annotations

from collections.abc import Callable

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn.layers.distance import PairwiseDistance
from nn.losses._base import Loss, WeightedLoss

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class MultiMarginLoss(WeightedLoss):
    """How far the score of the right class fails to exceed the others by a margin.

    Args:
        p: 1, or 2 for the squares.
        margin: by how much the right class should exceed the others.
        weight: factor of each class.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: scores (N, K) or (K,), classes (N,) or () -> ().
    Raises: ArgumentError for another p.
    Source: Crammer and Singer (2001); torch.nn.MultiMarginLoss.

    Example:
        >>> import autograd_np as ag
        >>> MultiMarginLoss()(ag.tensor([[0.5, 1.0, -2.0]]), ag.tensor([0]))
        tensor(0.5)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in {1, 2}:
            raise ArgumentError(f"MultiMarginLoss: p must be 1 or 2, got {p}")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """How far the scores of a sample's classes fail to exceed all others by 1.

    Args:
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: scores (N, K) or (K,), and classes of the same shape, where -1 ends a sample's list -> ().
    Source: torch.nn.MultiLabelMarginLoss.

    Example:
        >>> import autograd_np as ag
        >>> MultiLabelMarginLoss()(ag.tensor([0.1, 0.2, 0.4, 0.8]), ag.tensor([3, 0, -1, 1]))
        tensor(0.85)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """Distances of pairs that are alike, and what those of others lack to a margin.

    Args:
        margin: how far apart is far enough.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: distances and labels 1 or -1, of the same shape -> ().
    Source: torch.nn.HingeEmbeddingLoss.

    Example:
        >>> import autograd_np as ag
        >>> HingeEmbeddingLoss()(ag.tensor([0.25, 0.25]), ag.tensor([1, -1]))
        tensor(0.5)
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """1 minus the cosine of vectors that are alike, and by how much that of others exceeds a margin.

    Args:
        margin: the cosine that is low enough; from 0 to 0.5 is usual.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: vectors (N, D) twice and labels 1 or -1 (N,) -> ().
    Source: torch.nn.CosineEmbeddingLoss.

    Example:
        >>> import autograd_np as ag
        >>> x, y = ag.tensor([[3.0, 4.0]]), ag.tensor([[3.0, 0.0]])
        >>> CosineEmbeddingLoss()(x, y, ag.tensor([1])), CosineEmbeddingLoss(margin=0.5)(x, y, ag.tensor([-1]))
        (tensor(0.4), tensor(0.1))
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(Loss):
    """How far one score fails to exceed another by a margin.

    Args:
        margin: by how much.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: two scores and labels 1 or -1 (which of them should be larger), with as many axes -> ().
    Source: torch.nn.MarginRankingLoss.

    Example:
        >>> import autograd_np as ag
        >>> MarginRankingLoss()(ag.tensor([1.0, 1.0]), ag.tensor([3.0, 3.0]), ag.tensor([1, -1]))
        tensor(1.)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """How far vectors fail to be nearer by a margin to one that is alike than to one that is not.

    Args:
        margin: by how much.
        p: order of the norm of differences.
        eps: added to every difference.
        swap: take the distance of the other two in place of the second where that is less.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: anchors, positives and negatives (N, D) or (D,) -> ().
    Raises: ArgumentError for a margin that is not positive.
    Source: Balntas et al. (2016); torch.nn.TripletMarginLoss.

    Example:
        >>> import autograd_np as ag
        >>> TripletMarginLoss()(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 2.0]]))
        tensor(4.)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        _check_margin(self, margin)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` for a distance of one's own.

    Args:
        distance_function: takes two tensors and returns the distances; None for `PairwiseDistance`.
        margin: by how much nearer the one that is alike should be.
        swap: take the distance of the other two in place of the second where that is less.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: three with as many axes -> ().
    Raises: ArgumentError for a margin that is not positive.
    Source: Balntas et al. (2016); torch.nn.TripletMarginWithDistanceLoss.

    Example:
        >>> import autograd_np as ag
        >>> loss = TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().amax(-1))
        >>> loss(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 2.0]]))
        tensor(3.)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        _check_margin(self, margin)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


def _check_margin(loss: Loss, margin: float) -> None:
    if margin <= 0:
        raise ArgumentError(f"{loss._get_name()}: margin must be positive, got {margin}")
