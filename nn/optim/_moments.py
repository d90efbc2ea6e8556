"""What Adam and its relatives share: the running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nn.optim._flat import Array
from nn.optim.optimizer import Optimizer

__all__ = ["Moments"]


class Moments(Optimizer):
    """Base of these optimisers: betas, eps, the count of steps, and the two running moments.

    Source: Kingma and Ba (2015), algorithm 1.
    """

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ArgumentError for settings out of range."""
        super().check(group)
        self.require(group, "betas", lambda b: len(b) == 2 and 0 <= b[0] < 1 and 0 <= b[1] < 1, "two within [0, 1)")
        self.require(group, "eps", lambda eps: eps >= 0, "at least 0")

    def numbers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the count of steps."""
        return {"step": 0}

    def buffers(self, group: Mapping[str, Any]) -> Mapping[str, float]:
        """Return the running moments."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    @staticmethod
    def follow(g: Array, s: SimpleNamespace, betas: tuple[float, float]) -> Array:
        """Update the running mean and the running square; return an array of their size to work in."""
        beta1, beta2 = betas
        t: Array = g - s.exp_avg
        t *= 1 - beta1
        s.exp_avg += t
        np.multiply(g, g, out=t)
        t *= 1 - beta2
        s.exp_avg_sq *= beta2
        s.exp_avg_sq += t
        return t
