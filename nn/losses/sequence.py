"""Losses of sequences that are labelled without being aligned."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_np import Tensor
from nn import functional as F
from nn.losses._base import Loss

__all__ = [
    "CTCLoss",
]


class CTCLoss(Loss):
    """Minus the log-probability of a label sequence, over all its alignments to a longer input.

    Args:
        blank: class that stands for no label.
        reduction: 'mean' (of each loss divided by its number of labels), 'sum' or 'none'.
        zero_infinity: labels that have no alignment give 0, not infinity.

    Shapes: log-probabilities (T, N, K), labels (N, L) or all in a row, lengths (N,) twice -> ().
    Source: Graves et al. (2006); torch.nn.CTCLoss.

    Example:
        >>> import autograd_np as ag
        >>> CTCLoss()(ag.full((2, 1, 2), 0.5).log(), ag.tensor([[1]]), (2,), (1,)).exp()
        tensor(1.3333)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        """Return the loss."""
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
