"""Rprop: step sizes of each weight's own, which only the signs of its gradients decide."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn.optim._flat import Array
from nn.optim.optimizer import Optimizer, Params

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Let each weight's step grow while its gradient keeps its sign, and shrink when it changes.

    Where the sign changed, the weight stays and the gradient is forgotten, so that it does not count again. It needs
    gradients of the whole data: the signs of noisy ones change by chance.

    Args:
        params: parameters or groups of them.
        lr: the first step size; later ones follow from the signs alone.
        etas: factors of a step size after a change of sign and after none.
        step_sizes: the smallest and the largest.
        capturable: accepted for PyTorch's sake; changes nothing.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        differentiable: must be False.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Riedmiller and Braun (1993), without going back; torch.optim.Rprop.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = Rprop([w], lr=0.5)
        >>> for _ in range(2):
        ...     optimizer.zero_grad(); (w ** 2).sum().backward(); optimizer.step()
        >>> w
        tensor([ 1.9, -2.9], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "etas", lambda e: len(e) == 2 and 0 < e[0] < 1 < e[1], "one below 1 and one above")
        self.require(group, "step_sizes", lambda s: len(s) == 2 and 0 <= s[0] <= s[1], "the smallest and the largest")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps."""
        return {"step": 0}

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the last gradient and the step sizes."""
        return {"prev": 0.0, "step_size": float(group["lr"])}

    def rate(self, s: SimpleNamespace, group: Mapping[str, Any]) -> float:
        """Return 1: the steps have sizes of their own."""
        return 1.0

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return each weight's step size with its gradient's sign, and 0 where that changed."""
        shrink, grow = group["etas"]
        # Of signs, so that a product of small gradients does not vanish.
        kept = np.sign(g) * np.sign(s.prev)
        changed = kept < 0
        np.multiply(s.step_size, grow, out=s.step_size, where=kept > 0)
        np.multiply(s.step_size, shrink, out=s.step_size, where=changed)
        np.clip(s.step_size, *group["step_sizes"], out=s.step_size)
        s.prev[...] = np.where(changed, 0, g)
        return np.sign(s.prev) * s.step_size
