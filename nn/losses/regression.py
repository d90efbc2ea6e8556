"""Losses of numbers and distributions: how far a prediction is off."""

from __future__ import annotations

from autograd_np import Tensor
from nn import functional as F
from nn.losses._base import Loss

__all__ = [
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


class MSELoss(Loss):
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


class L1Loss(Loss):
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


class SmoothL1Loss(Loss):
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


class HuberLoss(Loss):
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


class KLDivLoss(Loss):
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


class PoissonNLLLoss(Loss):
    """Minus the log-likelihood of counts under Poisson distributions.

    Args:
        log_input: the prediction is the logarithm of the mean.
        full: add Stirling's approximation of the constant where the count is above 1.
        size_average: PyTorch's older form of `reduction`.
        eps: added to the mean before its logarithm is taken.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: two of the same shape -> ().
    Source: torch.nn.PoissonNLLLoss.

    Example:
        >>> import autograd_np as ag
        >>> PoissonNLLLoss()(ag.zeros(2), ag.tensor([1.0, 2.0]))
        tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    """Minus the log-likelihood of targets under normal distributions whose variance is predicted too.

    Args:
        full: add the constant log(2π)/2.
        eps: least variance.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: expectations (*, D), targets and variances like them -> ().
    Source: Nix and Weigend (1994); torch.nn.GaussianNLLLoss.

    Example:
        >>> import autograd_np as ag
        >>> GaussianNLLLoss()(ag.zeros(2), ag.tensor([1.0, -1.0]), ag.ones(2))
        tensor(0.5)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Return the loss."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
