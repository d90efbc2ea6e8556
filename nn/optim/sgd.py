"""Stochastic gradient descent, with momentum where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from autograd_np.errors import ArgumentError
from nn.optim._flat import Array
from nn.optim.optimizer import Optimizer, Params

__all__ = ["SGD"]


class SGD(Optimizer):
    """Go against the gradient: w ← w - lr·v, where v is the gradient or, with momentum, its running sum.

    v ← momentum·v + (1 - dampening)·g, starting at v = g; Nesterov's form goes along g + momentum·v.

    Args:
        params: parameters or groups of them.
        lr: step size.
        momentum: share of the running sum that is kept.
        dampening: share of the gradient that is left out of it.
        weight_decay: factor of an L2 penalty.
        nesterov: look ahead along the momentum.
        maximize: go along the gradient.
        foreach: accepted for PyTorch's sake; changes nothing.
        differentiable: must be False.
        fused: accepted for PyTorch's sake; changes nothing.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Sutskever et al. (2013); torch.optim.SGD.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, 4.0], requires_grad=True)
        >>> optimizer = SGD([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([0., 0.], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "momentum", lambda momentum: momentum >= 0, "at least 0")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ArgumentError(
                "SGD: nesterov needs a momentum above 0 and no dampening, got "
                f"momentum {group['momentum']} and dampening {group['dampening']}"
            )

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running sum, where there is momentum."""
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return the gradient, or its running sum."""
        momentum = group["momentum"]
        if not momentum:
            return g
        v: Array = s.momentum_buffer
        if s.first:
            v[...] = g
        else:
            v *= momentum
            v += (1 - group["dampening"]) * g if group["dampening"] else g
        return g + momentum * v if group["nesterov"] else v
