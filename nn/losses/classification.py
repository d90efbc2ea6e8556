"""Losses of classes: cross-entropies, and the logistic losses of labels."""

from __future__ import annotations

from autograd_np import Tensor
from nn import functional as F
from nn.losses._base import Loss, WeightedLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "FocalLoss",
    "MultiLabelSoftMarginLoss",
    "NLLLoss",
    "SoftMarginLoss",
]


class CrossEntropyLoss(WeightedLoss):
    """Minus the log-probability of the right class, from scores: log-softmax and the target's entry in one.

    Args:
        weight: factor of each class.
        size_average: PyTorch's older form of `reduction`.
        ignore_index: a class that does not count.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        label_smoothing: share of the target that is spread evenly over all classes.

    Shapes: scores (N, K) or (N, K, ...), classes (N,) or (N, ...) or probabilities shaped as the scores -> ().
    Source: torch.nn.CrossEntropyLoss.

    Example:
        >>> import autograd_np as ag
        >>> CrossEntropyLoss()(ag.zeros(5, 10), ag.zeros(5, dtype=ag.int64))
        tensor(2.3026)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Minus the log-probability of the right class, from log-probabilities.

    Args:
        weight: factor of each class.
        size_average: PyTorch's older form of `reduction`.
        ignore_index: a class that does not count.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: log-probabilities (N, K) or (N, K, ...), classes (N,) or (N, ...) -> ().
    Source: torch.nn.NLLLoss.

    Example:
        >>> import autograd_np as ag
        >>> NLLLoss()(ag.tensor([[-0.5, -1.0], [-2.0, -0.1]]), ag.tensor([0, 1]))
        tensor(0.3)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(WeightedLoss):
    """Cross-entropy of two classes, from the probability of the second.

    Args:
        weight: factor of each element.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: two of the same shape -> ().
    Source: torch.nn.BCELoss.

    Example:
        >>> import autograd_np as ag
        >>> BCELoss()(ag.tensor([0.5, 0.5]), ag.tensor([1.0, 0.0]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Cross-entropy of two classes, from the score of the second.

    Args:
        weight: factor of each element.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        pos_weight: factor of the positive part, for classes that are rare.

    Shapes: two of the same shape -> ().
    Source: torch.nn.BCEWithLogitsLoss.

    Example:
        >>> import autograd_np as ag
        >>> BCEWithLogitsLoss()(ag.zeros(2), ag.tensor([1.0, 0.0]))
        tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class FocalLoss(Loss):
    """Cross-entropy in which samples that are classified well count little: -α·(1 - p)^γ·log p.

    Args:
        alpha: factor of each class, or of all.
        gamma: how little; 0 gives the cross-entropy.
        ignore_index: a class that does not count.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: scores (N, K) or (N, K, ...), classes (N,) or (N, ...) -> ().
    Source: Lin et al. (2017).

    Example:
        >>> import autograd_np as ag
        >>> FocalLoss()(ag.zeros(5, 2), ag.zeros(5, dtype=ag.int64))
        tensor(0.1733)
    """

    alpha: Tensor | float | None

    def __init__(
        self,
        alpha: Tensor | float | None = None,
        gamma: float = 2.0,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if isinstance(alpha, Tensor):
            self.register_buffer("alpha", alpha)
        else:
            self.alpha = alpha
        self.gamma = gamma
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.focal_loss(input, target, self.alpha, self.gamma, self.ignore_index, self.reduction)


class SoftMarginLoss(Loss):
    """The logistic loss of labels 1 and -1: log(1 + exp(-label·score)).

    Args:
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: two of the same shape -> ().
    Source: torch.nn.SoftMarginLoss.

    Example:
        >>> import autograd_np as ag
        >>> SoftMarginLoss()(ag.zeros(2), ag.tensor([1, -1]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Binary cross-entropy of each class, from scores, averaged over the classes: a sample may belong to several.

    Args:
        weight: factor of each class.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none', over the samples.

    Shapes: two of the same shape (*, K) -> ().
    Source: torch.nn.MultiLabelSoftMarginLoss.

    Example:
        >>> import autograd_np as ag
        >>> MultiLabelSoftMarginLoss()(ag.zeros(2, 3), ag.ones(2, 3))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
