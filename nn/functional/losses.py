"""Losses of distributions and labels that are compositions: Poisson, normal, soft margins, focal losses."""

from __future__ import annotations

import math

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError, aligned_shapes
from nn.functional._reduction import alike, checked, reduced, signs

__all__ = [
    "focal_loss",
    "gaussian_nll_loss",
    "multilabel_soft_margin_loss",
    "poisson_nll_loss",
    "sigmoid_focal_loss",
    "soft_margin_loss",
]


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the log-likelihood of counts under Poisson distributions: λ - t·log λ, without its constant.

    Args:
        input: log λ, or λ itself.
        target: counts.
        log_input: the input is log λ.
        full: add Stirling's approximation of the constant log t! where t > 1.
        size_average: PyTorch's older form of `reduction`.
        eps: added to λ before its logarithm is taken.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction.
    Source: torch.nn.functional.poisson_nll_loss, which broadcasts.

    Example:
        >>> poisson_nll_loss(ag.tensor([0.0, 1.0]), ag.tensor([1.0, 2.0]), reduction="none")
        tensor([1.    , 0.7183])
    """
    reduction = checked("poisson_nll_loss", reduction, size_average, reduce)
    alike("poisson_nll_loss", {"input": input, "target": target})
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        large = ag.where(target > 1, target, 1.0)
        stirling = large * large.log() - large + 0.5 * (2 * math.pi * large).log()
        losses = losses + ag.where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the log-likelihood of targets under normal distributions: (log σ² + (x - t)²/σ²)/2.

    Args:
        input: expectations.
        target: samples.
        var: variances σ², one for each element, one for all along an axis, or a number.
        full: add the constant log(2π)/2.
        eps: variances below it count as this large; their gradient is that at this size.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: input (*, D), target the same or with 1 in some places, var the same, with 1 in one place, or without the
        last axis; result () or, with 'none', (*, D).

    Raises:
        ShapeError: if the shapes do not fit.
        ArgumentError: for another reduction, or a negative variance.

    Source: Nix and Weigend, 1994; torch.nn.functional.gaussian_nll_loss.

    Example:
        >>> gaussian_nll_loss(ag.tensor([0.0, 1.0]), ag.tensor([1.0, 1.0]), 2.0, reduction="none")
        tensor([0.5966, 0.3466])
    """
    reduction = checked("gaussian_nll_loss", reduction)
    _check_target_of_normal(input, target)
    variance = _variance(input, var)
    if (variance < 0).any():
        raise ArgumentError(
            "gaussian_nll_loss: a variance is negative\n  fix: predict its logarithm, or apply softplus or square"
        )
    # The clamp is invisible to the gradient, so that a variance that is too small can grow again.
    variance = variance + (variance.clamp(min=eps) - variance).detach()
    losses = 0.5 * (variance.log() + (input - target) ** 2 / variance)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _check_target_of_normal(input: Tensor, target: Tensor) -> None:
    pairs = zip(input.shape, target.shape, strict=False)
    if target.ndim != input.ndim or any(n not in {1, size} for size, n in pairs):
        shapes = aligned_shapes({"input": input.shape, "target": target.shape})
        raise ShapeError(
            f"gaussian_nll_loss: the target must have the input's shape, or 1 in its place\n{shapes}\n"
            "  fix: reshape or unsqueeze the target"
        )


def _variance(input: Tensor, var: Tensor | float) -> Tensor:
    """Return the variances so that they broadcast against the input along one axis at most."""
    if not isinstance(var, Tensor):
        return ag.full_like(input, float(var), requires_grad=False)
    if var.shape == input.shape[:-1] and var.shape != input.shape:
        return var.unsqueeze(-1)
    differing = [n for size, n in zip(input.shape, var.shape, strict=False) if n != size]
    if var.ndim != input.ndim or differing not in ([], [1]):
        shapes = aligned_shapes({"input": input.shape, "var": var.shape})
        raise ShapeError(
            "gaussian_nll_loss: var must have the input's shape, that with 1 in one place, or that without the last "
            f"axis\n{shapes}\n  fix: reshape or unsqueeze var, or pass one number for all"
        )
    return var


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return log(1 + exp(-t·x)), the logistic loss of labels 1 and -1, without overflow.

    Args:
        input: scores.
        target: labels, 1 or -1.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction, or labels other than 1 and -1.
    Source: torch.nn.functional.soft_margin_loss, which overflows.

    Example:
        >>> soft_margin_loss(ag.tensor([0.0, 1000.0]), ag.tensor([1.0, -1.0]), reduction="none")
        tensor([6.9315e-01, 1.0000e+03])
    """
    reduction = checked("soft_margin_loss", reduction, size_average, reduce)
    alike("soft_margin_loss", {"input": input, "target": target})
    signs("soft_margin_loss", target)
    return reduced(-ag.logsigmoid(target * input), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the binary cross-entropy of scores with labels 0 and 1, averaged over the classes of each sample.

    Args:
        input: scores of the classes, along the last axis.
        target: for each class whether the sample belongs to it, from 0 to 1.
        weight: factor for each class.
        size_average: PyTorch's older form of `reduction`.
        reduce: PyTorch's older form of `reduction`.
        reduction: 'mean', 'sum' or 'none', over the samples.

    Shapes: any two (*, K) that are equal, and a weight that broadcasts to them; result () or, with 'none', (*).
    Raises: ShapeError if the shapes do not fit, ArgumentError for another reduction.
    Source: torch.nn.functional.multilabel_soft_margin_loss.

    Example:
        >>> multilabel_soft_margin_loss(ag.zeros(2, 3), ag.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]))
        tensor(0.6931)
    """
    reduction = checked("multilabel_soft_margin_loss", reduction, size_average, reduce)
    alike("multilabel_soft_margin_loss", {"input": input, "target": target})
    losses = ag.binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    return reduced(losses.mean(-1), reduction)


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Tensor:
    """Return the binary cross-entropy of scores, times (1 - p)^γ for the probability p that is given to the label.

    Args:
        inputs: scores, before any sigmoid.
        targets: labels, from 0 to 1.
        alpha: factor of the positive class, where the negative one has 1 - alpha; -1 for no factors.
        gamma: how much less than others the samples count that are classified well.
        reduction: 'none', 'mean' or 'sum'.

    Shapes: any two that are equal; result () or, with 'none', the same.
    Raises: ShapeError if the shapes differ, ArgumentError for another reduction, or an alpha outside [0, 1].
    Source: Lin et al., 2017; torchvision.ops.sigmoid_focal_loss.

    Example:
        >>> sigmoid_focal_loss(ag.tensor([0.0, 0.0]), ag.tensor([1.0, 0.0]))
        tensor([0.0433, 0.13  ])
    """
    reduction = checked("sigmoid_focal_loss", reduction)
    alike("sigmoid_focal_loss", {"inputs": inputs, "targets": targets})
    if not (0 <= alpha <= 1 or alpha == -1):
        raise ArgumentError(f"sigmoid_focal_loss: alpha must lie between 0 and 1, or be -1 for none, got {alpha}")
    losses = ag.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    # 1 - p of each label, without the cancellation of 1 - p.
    missing = ag.sigmoid(inputs) * (1 - targets) + ag.sigmoid(-inputs) * targets
    losses = losses * _focus(missing, gamma)
    if alpha != -1:
        losses = losses * (alpha * targets + (1 - alpha) * (1 - targets))
    return reduced(losses, reduction)


def _focus(missing: Tensor, gamma: float) -> Tensor:
    """Return (1 - p)^γ; the least number in place of 0 keeps the slope finite for γ < 1."""
    return missing.clamp(min=ag.finfo(missing.dtype).tiny) ** gamma


def focal_loss(
    input: Tensor,
    target: Tensor,
    alpha: Tensor | float | None = None,
    gamma: float = 2.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Return -α·(1 - p)^γ·log p for the probability p that the softmax of the scores gives to the right class.

    With γ = 0 and without α this is `cross_entropy`.

    Args:
        input: scores, before any softmax.
        target: class indices.
        alpha: factor for each class, or for all; it does not enter what 'mean' divides by.
        gamma: how much less than others the samples count that are classified well.
        ignore_index: samples of this class do not count.
        reduction: 'mean', 'sum' or 'none'.

    Shapes: input (N, K, ...) or (K,), target (N, ...) or (), alpha (K,); result () or, with 'none', (N, ...).

    Raises:
        ShapeError, DTypeError, IndexingError: if the target does not fit, as in `cross_entropy`.
        ArgumentError: for another reduction, or a negative gamma.

    Source: Lin et al., 2017.

    Example:
        >>> focal_loss(ag.zeros(1, 2), ag.tensor([1])), ag.cross_entropy(ag.zeros(1, 2), ag.tensor([1])) / 4
        (tensor(0.1733), tensor(0.1733))
    """
    reduction = checked("focal_loss", reduction)
    if gamma < 0:
        raise ArgumentError(f"focal_loss: gamma must not be negative, got {gamma}")
    log_p = -ag.cross_entropy(input, target, ignore_index=ignore_index, reduction="none")
    losses = -_focus(-log_p.expm1(), gamma) * log_p
    counts = target != ignore_index
    if isinstance(alpha, Tensor):
        classes = input.shape[min(input.ndim - 1, 1)]
        if alpha.shape != (classes,):
            raise ShapeError(f"focal_loss: expected one alpha for each of the {classes} classes, got {alpha.shape}")
        losses = losses * alpha[ag.where(counts, target, 0)]
    elif alpha is not None:
        losses = losses * alpha
    if reduction != "mean":
        return reduced(losses, reduction)
    samples = int(counts.sum())
    return losses.sum() / samples if samples else losses.sum() + math.nan
