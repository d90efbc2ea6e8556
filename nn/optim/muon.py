"""Muon: momentum whose matrices are made nearly orthogonal, so that all directions are learnt alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_np import from_numpy
from autograd_np.autograd.graph import increment_version
from autograd_np.errors import ShapeError
from nn.optim._flat import Array, array_of, gradient_of
from nn.optim.optimizer import Optimizer, Params

__all__ = ["Muon"]


class Muon(Optimizer):
    """Step along the momentum with its singular values drawn to about 1; for the weight matrices of hidden layers.

    Biases, embeddings and the last layer belong to another optimiser, such as AdamW. Computed in the parameters' own
    type: PyTorch rounds to bfloat16 on the way, so that its steps differ from these in the third digit.

    Args:
        params: matrices or groups of them.
        lr: step size.
        weight_decay: share, times lr, that each weight loses per step.
        momentum: how much of the running mean stays.
        nesterov: look ahead along the momentum.
        ns_coefficients: of s, s³ and s⁵ in the polynomial that is applied to the singular values s.
        eps: smallest norm that a matrix is divided by.
        ns_steps: how often the polynomial is applied.
        adjust_lr_fn: how lr depends on the shape (M, P): 'original' (or None) multiplies by √max(1, M/P),
            'match_rms_adamw' by 0.2·√max(M, P).

    Raises: ShapeError for a parameter that is no matrix, ArgumentError for settings out of range.
    Source: Jordan et al. (2024); torch.optim.Muon.

    Example:
        >>> import autograd_np as ag
        >>> w = ag.zeros(2, 2, requires_grad=True); w.grad = ag.tensor([[100.0, 0.0], [0.0, -50.0]])
        >>> optimizer = Muon([w], lr=1.0); optimizer.step(); w
        tensor([[-0.6888,  0.    ],
                [ 0.    ,  1.1142]], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range, ShapeError for a parameter that is no matrix."""
        super().check(group)
        self.require(group, "momentum", lambda momentum: momentum >= 0, "at least 0")
        self.require(group, "eps", lambda eps: eps >= 0, "at least 0")
        self.require(group, "ns_coefficients", lambda c: len(c) == 3, "three numbers")
        self.require(group, "ns_steps", lambda steps: 1 <= steps < 100, "within [1, 100)")
        kinds = (None, "original", "match_rms_adamw")
        self.require(group, "adjust_lr_fn", lambda kind: kind in kinds, "None, 'original' or 'match_rms_adamw'")
        for i, p in enumerate(group["params"]):
            if p.ndim != 2:
                raise ShapeError(
                    f"Muon: parameter {i} must be a matrix, got shape {p.shape}\n"
                    "  fix: give vectors and kernels to another optimiser, such as AdamW"
                )

    def update_group(self, number: int, group: dict[str, Any]) -> None:
        """Update each matrix of one group that has a gradient."""
        lr, momentum = float(group["lr"]), group["momentum"]
        for p in group["params"]:
            if p.grad is None:
                continue
            values, g = array_of(p), gradient_of(p)
            if "momentum_buffer" not in self.state[p]:
                self.state[p]["momentum_buffer"] = from_numpy(np.zeros_like(g))
            mean = array_of(self.state[p]["momentum_buffer"])
            mean += (1 - momentum) * (g - mean)
            ahead = g + momentum * (mean - g) if group["nesterov"] else mean
            change = _orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
            change *= lr * _factor(p.shape, group["adjust_lr_fn"])
            change += (lr * group["weight_decay"]) * values
            increment_version(p, "Muon.step")
            np.subtract(values, change, out=values)


def _orthogonal(matrix: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """Return the matrix with a·s + b·s³ + c·s⁵, several times, in the place of each singular value s.

    Source: Newton and Schulz's iteration, with coefficients that do not settle but grow faster.
    """
    a, b, c = coefficients
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / max(float(np.linalg.norm(x)), eps)
    for _ in range(steps):
        gram = x @ x.T  # (M, M), the smaller side
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def _factor(shape: tuple[int, ...], kind: str | None) -> float:
    rows, columns = shape
    return 0.2 * math.sqrt(max(rows, columns)) if kind == "match_rms_adamw" else math.sqrt(max(1, rows / columns))
