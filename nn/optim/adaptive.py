"""AdaGrad, RMSProp and Adadelta: steps divided by the root of what the squared gradients have been so far."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn.optim._flat import Array
from nn.optim.optimizer import Optimizer, Params

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of its squares so far: w ← w - lr·g / (√Σg² + eps).

    Args:
        params: parameters or groups of them.
        lr: step size.
        lr_decay: the step size after t steps is lr / (1 + t·lr_decay).
        weight_decay: factor of an L2 penalty.
        initial_accumulator_value: what the sum of squares starts with.
        eps: added to the root.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        differentiable: must be False.
        fused: accepted for PyTorch's sake; changes nothing.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Duchi, Hazan and Singer (2011); torch.optim.Adagrad.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = Adagrad([w], lr=0.5)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.5, -3.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        for name in ("lr_decay", "initial_accumulator_value", "eps"):
            self.require(group, name, lambda value: value >= 0, "at least 0")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps."""
        return {"step": 0}

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the sum of squares."""
        return {"sum": group["initial_accumulator_value"]}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return g / (√Σg² + eps), made smaller as lr_decay asks."""
        s.sum += g * g
        divisor = np.sqrt(s.sum)
        divisor += group["eps"]
        divisor *= 1 + (s.step - 1) * group["lr_decay"]
        return np.divide(g, divisor, out=divisor)


class RMSprop(Optimizer):
    """Divide the gradient by the root of the running mean of its squares: w ← w - lr·g / (√v + eps).

    v ← α·v + (1 - α)·g².

    Args:
        params: parameters or groups of them.
        lr: step size.
        alpha: how much of the running mean stays.
        eps: added to the root.
        weight_decay: factor of an L2 penalty.
        momentum: how much of the running sum of these steps stays.
        centered: take the running variance in place of the running mean of squares.
        capturable: accepted for PyTorch's sake; changes nothing.
        foreach: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        differentiable: must be False.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Tieleman and Hinton (2012), lecture 6.5; Graves (2013) for `centered`; torch.optim.RMSprop.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = RMSprop([w], lr=0.05)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.5, -3.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        for name in ("alpha", "eps", "momentum"):
            self.require(group, name, lambda value: value >= 0, "at least 0")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps."""
        return {"step": 0}

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running mean of squares, and that of the gradient and the running sum where they are asked for."""
        summed = {"momentum_buffer": 0.0} if group["momentum"] else {}
        mean = {"grad_avg": 0.0} if group["centered"] else {}
        return {"square_avg": 0.0, **summed, **mean}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return g / (√v + eps), or the running sum of that."""
        alpha = group["alpha"]
        s.square_avg *= alpha
        s.square_avg += (1 - alpha) * g * g
        v = s.square_avg
        if group["centered"]:
            s.grad_avg *= alpha
            s.grad_avg += (1 - alpha) * g
            v = v - s.grad_avg**2
        step: Array = g / (np.sqrt(v) + group["eps"])
        if not group["momentum"]:
            return step
        s.momentum_buffer *= group["momentum"]
        s.momentum_buffer += step
        summed: Array = s.momentum_buffer
        return summed


class Adadelta(Optimizer):
    """Divide the gradient by the root of its running square, and multiply by that of the steps: no scale is left.

    v ← ρ·v + (1 - ρ)·g², Δ = g·√(u + eps) / √(v + eps), u ← ρ·u + (1 - ρ)·Δ², w ← w - lr·Δ.

    Args:
        params: parameters or groups of them.
        lr: factor of the steps.
        rho: how much of the running means stays.
        eps: added below both roots; it decides how large the first steps are.
        weight_decay: factor of an L2 penalty.
        foreach: accepted for PyTorch's sake; changes nothing.
        capturable: accepted for PyTorch's sake; changes nothing.
        maximize: go along the gradient.
        differentiable: must be False.

    Raises: ArgumentError for settings out of range; see Optimizer for the parameters.
    Source: Zeiler (2012), algorithm 1; torch.optim.Adadelta.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = Adadelta([w], lr=100.0)
        >>> (w ** 2).sum().backward(); optimizer.step(); w
        tensor([ 2.6838, -3.6838], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "rho", lambda rho: 0 <= rho <= 1, "within [0, 1]")
        self.require(group, "eps", lambda eps: eps >= 0, "at least 0")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps."""
        return {"step": 0}

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running means of squared gradients and of squared steps."""
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def direction(self, g: Array, s: SimpleNamespace, group: Mapping[str, Any]) -> Array:
        """Return g·√(u + eps) / √(v + eps)."""
        rho, eps = group["rho"], group["eps"]
        square = g * g
        square *= 1 - rho
        s.square_avg *= rho
        s.square_avg += square
        step: Array = s.acc_delta + eps
        step /= s.square_avg + eps
        np.sqrt(step, out=step)
        step *= g
        np.multiply(step, step, out=square)
        square *= 1 - rho
        s.acc_delta *= rho
        s.acc_delta += square
        return step
