"""Losses as layers: what training makes small."""

from __future__ import annotations

from autograd_np import Tensor
from nn import functional as F
from nn.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
]


def _named(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """Return the reduction that PyTorch's two older arguments mean, or the newer one where they are not given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


class _Loss(Module):
    """What all losses share: how the losses of the samples become one number."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = _named(reduction, size_average, reduce)


class _WeightedLoss(_Loss):
    """A loss with a factor per class or element."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
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


class NLLLoss(_WeightedLoss):
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


class MSELoss(_Loss):
    """The mean of the squared differences.

    Args:
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: two of the same shape -> ().
    Source: torch.nn.MSELoss.

    Example:
        >>> import autograd_np as ag
        >>> MSELoss()(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
        tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The mean of the absolute differences.

    Args:
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: two of the same shape -> ().
    Source: torch.nn.L1Loss.

    Example:
        >>> import autograd_np as ag
        >>> L1Loss()(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
        tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """The mean of d²/(2·beta) where the difference d is below `beta`, else of |d| - beta/2.

    Args:
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.
        beta: where the square turns into a line.

    Shapes: two of the same shape -> ().
    Source: Girshick (2015); torch.nn.SmoothL1Loss.

    Example:
        >>> import autograd_np as ag
        >>> SmoothL1Loss()(ag.tensor([1.0, 5.0]), ag.tensor([2.0, 1.0]))
        tensor(2.)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """The mean of d²/2 where the difference d is below `delta`, else of delta·(|d| - delta/2).

    Args:
        reduction: 'mean', 'sum' or 'none'.
        delta: where the square turns into a line.

    Shapes: two of the same shape -> ().
    Source: Huber (1964); torch.nn.HuberLoss.

    Example:
        >>> import autograd_np as ag
        >>> HuberLoss()(ag.tensor([1.0, 5.0]), ag.tensor([2.0, 1.0]))
        tensor(2.)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_WeightedLoss):
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


class BCEWithLogitsLoss(_WeightedLoss):
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


class KLDivLoss(_Loss):
    """The divergence of predicted log-probabilities from target probabilities.

    Args:
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'batchmean' for the divergence per sample, 'mean' (per element), 'sum' or 'none'.
        log_target: the target is given as log-probabilities too.

    Shapes: two of the same shape -> ().
    Source: Kullback and Leibler (1951); torch.nn.KLDivLoss.

    Example:
        >>> import autograd_np as ag
        >>> KLDivLoss(reduction="batchmean")(ag.tensor([[0.5, 0.5]]).log(), ag.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
