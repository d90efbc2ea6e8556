"""Relatives of Adam: with Nesterov's momentum, with a rectified start, and with the largest gradient as its scale."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn.optim._flat import Array, number_type
from nn.optim._moments import Moments
from nn.optim.optimizer import Params

__all__ = ["Adamax", "NAdam", "RAdam"]


class NAdam(Moments):
    """Adam with Nesterov's momentum: the step mixes in the gradient as the next step's mean will.

    With μₜ = β₁·(1 - 0.96^(t·momentum_decay) / 2), w ← w - lr·((1 - μₜ)·g / (1 - Πμ) + μₜ₊₁·m / (1 - μₜ₊₁·Πμ)) /
    (√v̂ + eps), where Πμ is the product of all μ up to t.

    Args:
        params: parameters or groups of them.
        lr: step size.
        betas: β₁ and β₂.
        eps: added to the root.
        weight_decay: factor of an L2 penalty.
        momentum_decay: how fast the momentum grows to β₁.
        decoupled_weight_decay: shrink the weights by lr·weight_decay instead of adding a penalty, as AdamW.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        capturable: accepted for PyTorch's sake; changes nothing.
        differentiable: must be False.

    Πμ is kept in the default type, as PyTorch keeps it: in float32 it limits the steps to seven digits, whatever the
    parameters' type.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Dozat (2016), algorithm 2; torch.optim.NAdam.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = NAdam([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.4718, -3.4718], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "momentum_decay", lambda decay: decay >= 0, "at least 0")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps and the product of the momenta."""
        return {"step": 0, "mu_product": 1.0}

    def rate(self, s: SimpleNamespace, group: Mapping[str, Any]) -> float:
        """Return lr, and lay down the shares of the gradient and of its mean."""
        beta1, decay = group["betas"][0], group["momentum_decay"]
        now, following = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (s.step, s.step + 1))
        number = number_type().type
        s.mu_product = float(number(s.mu_product) * number(now))
        s.share_of_gradient = (1 - now) / (1 - s.mu_product)
        s.share_of_mean = following / (1 - s.mu_product * following)
        return super().rate(s, group)

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return the mixture of gradient and mean, divided by √v̂ + eps."""
        t = self.follow(g, s, group["betas"])
        np.sqrt(s.exp_avg_sq, out=t)
        t /= (1 - group["betas"][1] ** s.step) ** 0.5
        t += group["eps"]
        step: Array = g * s.share_of_gradient
        step += s.exp_avg * s.share_of_mean
        step /= t
        return step


class RAdam(Moments):
    """Adam whose first steps are plain momentum, until enough gradients have been seen to know their scale.

    ρₜ = ρ∞ - 2·t·β₂ᵗ / (1 - β₂ᵗ) with ρ∞ = 2 / (1 - β₂) - 1 counts them. Above 5 the step is Adam's times
    √((ρₜ - 4)·(ρₜ - 2)·ρ∞ / ((ρ∞ - 4)·(ρ∞ - 2)·ρₜ)), before that lr·m̂.

    Args:
        params: parameters or groups of them.
        lr: step size.
        betas: β₁ and β₂.
        eps: added to the root.
        weight_decay: factor of an L2 penalty.
        decoupled_weight_decay: shrink the weights by lr·weight_decay instead of adding a penalty, as AdamW.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        capturable: accepted for PyTorch's sake; changes nothing.
        differentiable: must be False.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Liu et al. (2020), algorithm 2; torch.optim.RAdam.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = RAdam([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([0., 0.], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return m̂, or the rectified m̂ / (√v̂ + eps')."""
        beta1, beta2 = group["betas"]
        t = self.follow(g, s, group["betas"])
        c1, c2 = 1 - beta1**s.step, 1 - beta2**s.step
        most = 2 / (1 - beta2) - 1
        seen = most - 2 * s.step * beta2**s.step / c2
        if seen <= 5:
            return np.divide(s.exp_avg, c1, out=t)
        rectified = ((seen - 4) * (seen - 2) * most / ((most - 4) * (most - 2) * seen)) ** 0.5
        np.sqrt(s.exp_avg_sq, out=t)
        # PyTorch adds eps before the root is corrected.
        t += group["eps"]
        t *= c1 / (c2**0.5 * rectified)
        return np.divide(s.exp_avg, t, out=t)


class Adamax(Moments):
    """Adam with the largest gradient, which decays, in the place of the root mean square.

    u ← max(β₂·u, |g| + eps) and w ← w - lr·m̂ / u.

    Args:
        params: parameters or groups of them.
        lr: step size.
        betas: β₁ and β₂.
        eps: added to the gradient's size.
        weight_decay: factor of an L2 penalty.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        differentiable: must be False.
        capturable: accepted for PyTorch's sake; changes nothing.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Kingma and Ba (2015), algorithm 2; torch.optim.Adamax.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = Adamax([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.5, -3.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running mean and the running maximum."""
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return m̂ / u."""
        beta1, beta2 = group["betas"]
        t: Array = g - s.exp_avg
        t *= 1 - beta1
        s.exp_avg += t
        np.abs(g, out=t)
        t += group["eps"]
        s.exp_inf *= beta2
        np.maximum(s.exp_inf, t, out=s.exp_inf)
        np.multiply(s.exp_inf, 1 - beta1**s.step, out=t)
        return np.divide(s.exp_avg, t, out=t)
