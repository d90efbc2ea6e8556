"""Adam, and AdamW with decoupled weight decay: steps scaled by running moments of the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn.optim._flat import Array
from nn.optim._moments import Moments
from nn.optim.optimizer import Params

__all__ = ["Adam", "AdamW"]


class Adam(Moments):
    """Divide the running mean of the gradient by the root of its running square: w ← w - lr·m̂ / (√v̂ + eps).

    m ← β₁·m + (1 - β₁)·g and v ← β₂·v + (1 - β₂)·g², with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) after t steps.

    Args:
        params: parameters or groups of them.
        lr: step size.
        betas: β₁ and β₂.
        eps: added to the root.
        weight_decay: factor of an L2 penalty.
        amsgrad: divide by the largest v so far, element by element.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        capturable: accepted for PyTorch's sake; changes nothing.
        differentiable: must be False.
        fused: accepted for PyTorch's sake; changes nothing.
        decoupled_weight_decay: shrink the weights by lr·weight_decay instead of adding a penalty, as AdamW.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Kingma and Ba (2015), algorithm 1; Reddi et al. (2018) for amsgrad; torch.optim.Adam.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = Adam([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.5, -3.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running moments."""
        largest = {"max_exp_avg_sq": 0.0} if group["amsgrad"] else {}
        return {**super().buffers(group), **largest}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return m̂ / (√v̂ + eps)."""
        beta1, beta2 = group["betas"]
        t = self.follow(g, s, group["betas"])
        m, v = s.exp_avg, s.exp_avg_sq
        if group["amsgrad"]:
            v = np.maximum(s.max_exp_avg_sq, v, out=s.max_exp_avg_sq)
        # Both corrections go into the divisor: m̂ / (√v̂ + eps) = m / (√v·c₁/√c₂ + eps·c₁).
        c1, c2 = 1 - beta1**s.step, 1 - beta2**s.step
        np.sqrt(v, out=t)
        t *= c1 / c2**0.5
        t += group["eps"] * c1
        return np.divide(m, t, out=t)


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by lr·weight_decay apart from the step.

    Args:
        params: parameters or groups of them.
        lr: step size.
        betas: β₁ and β₂.
        eps: added to the root.
        weight_decay: share, times lr, that each weight loses per step.
        amsgrad: divide by the largest v so far, element by element.
        maximize: go along the gradient.
        foreach: accepted for PyTorch's sake; changes nothing.
        capturable: accepted for PyTorch's sake; changes nothing.
        differentiable: must be False.
        fused: accepted for PyTorch's sake; changes nothing.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Loshchilov and Hutter (2019), algorithm 2; torch.optim.AdamW.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True); w.grad = ag.zeros(2)
        >>> AdamW([w], lr=0.1, weight_decay=0.5).step(); w
        tensor([0.95, 1.9 ], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
