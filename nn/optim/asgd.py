"""Averaged stochastic gradient descent: the mean of the weights along the way, beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from nn.optim._flat import Array
from nn.optim.optimizer import Optimizer, Params

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Go against the gradient with a falling step size, and keep the mean of the weights in the state, as 'ax'.

    w ← (1 - λ·η)·w - η·g with η = lr / (1 + λ·lr·t)^alpha; from step t0 on, 'ax' is the mean of w since then. Training
    does not use the mean: copy it into the parameters when done.

    Args:
        params: parameters or groups of them.
        lr: the first step size.
        lambd: λ, the decay of weights and step size.
        alpha: power of the step size's decay.
        t0: step at which averaging begins.
        weight_decay: factor of an L2 penalty.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        differentiable: must be False.
        capturable: accepted for PyTorch's sake; changes nothing.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Polyak and Juditsky (1992); torch.optim.ASGD.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> optimizer = ASGD([w], lr=0.5, lambd=0.0, t0=0)
        >>> for slope in (2.0, -1.0):
        ...     w.grad = ag.tensor([slope]); optimizer.step()
        >>> w, optimizer.state[w]["ax"]
        (tensor([2.5], requires_grad=True), tensor([2.5]))
    """

    reads_values = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps, the step size, and the share of the newest weights in their mean."""
        return {"step": 0, "eta": float(group["lr"]), "mu": 1.0}

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the mean of the weights."""
        return {"ax": 0.0}

    def rate(self, s: SimpleNamespace, group: Mapping[str, Any]) -> float:
        """Return the step size; those of the next step are kept."""
        lr = float(group["lr"])
        s.size, s.share = s.eta, s.mu
        s.eta = lr / (1 + group["lambd"] * lr * s.step) ** group["alpha"]
        s.mu = 1 / max(1, s.step - group["t0"])
        return float(s.size)

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return g + λ·w, and take the weights that follow into the mean."""
        step: Array = s.values * group["lambd"]
        step += g
        following = s.values - step * s.size
        following -= s.ax
        following *= s.share
        s.ax += following
        return step
