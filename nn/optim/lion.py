"""Lion: every weight moves by the same amount, in the direction of a running mean's sign."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn.optim._flat import Array
from nn.optim.optimizer import Optimizer, Params

__all__ = ["Lion"]


class Lion(Optimizer):
    """Step by lr along the sign of β₁·m + (1 - β₁)·g, with decoupled weight decay; then m ← β₂·m + (1 - β₂)·g.

    It keeps one array per parameter where Adam keeps two. Its steps are larger than Adam's, so lr should be three to
    ten times smaller, and weight_decay larger by the same factor.

    Args:
        params: parameters or groups of them.
        lr: how far each weight moves.
        betas: β₁, for the direction, and β₂, for the running mean.
        weight_decay: share, times lr, that each weight loses per step.
        maximize: go along the gradient.
        foreach: accepted as by the other optimisers; changes nothing.
        capturable: accepted as by the other optimisers; changes nothing.
        differentiable: must be False.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Chen et al. (2023), algorithm 2. PyTorch has none.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = Lion([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.5, -3.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "decoupled_weight_decay": True,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "betas", lambda b: len(b) == 2 and 0 <= b[0] < 1 and 0 <= b[1] < 1, "two within [0, 1)")

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running mean."""
        return {"exp_avg": 0.0}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return the sign of the mixture of mean and gradient."""
        beta1, beta2 = group["betas"]
        m: Array = s.exp_avg
        difference = g - m
        step = difference * (1 - beta1)
        step += m
        difference *= 1 - beta2
        m += difference
        return np.sign(step, out=step)
