"""What normalisation per channel shares: scale and shift, running statistics, and what is printed."""

from __future__ import annotations

from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from nn import init
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["ChannelNorm", "reset_affine"]


def reset_affine(weight: Tensor | None, bias: Tensor | None) -> None:
    """Set a scale to one and a shift to zero, where they are there."""
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


class ChannelNorm(Module):
    """Base of layers with one scale, one shift and one pair of running statistics for each channel."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        *,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats

        def new() -> Tensor:
            return ag.empty(num_features, device=device, dtype=dtype)

        self.register_parameter("weight", Parameter(new()) if affine else None)
        self.register_parameter("bias", Parameter(new()) if affine and bias else None)
        self.register_buffer("running_mean", new() if track_running_stats else None)
        self.register_buffer("running_var", new() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", ag.tensor(0) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the statistics of the batches seen."""
        if self.running_mean is not None and self.running_var is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set scale and statistics to their initial values."""
        self.reset_running_stats()
        reset_affine(self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
