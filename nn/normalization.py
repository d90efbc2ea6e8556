"""Layers that give activations mean 0 and variance 1, over the batch or over the features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ShapeError
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "LayerNorm"]


def _reset_affine(weight: Tensor | None, bias: Tensor | None) -> None:
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


class _BatchNorm(Module):
    """What batch normalisation of every rank shares: parameters, running statistics, and their update."""

    #: The ranks that an input may have, and how they read.
    ranks: tuple[int, ...]
    expected: str
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
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
        _reset_affine(self.weight, self.bias)

    def _momentum(self) -> float:
        """Count a training batch, and return the share of its statistics in the running ones."""
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                return 1.0 / float(self.num_batches_tracked)
        return 0.0 if self.momentum is None else self.momentum

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input; in training update the running statistics."""
        if input.ndim not in self.ranks:
            raise ShapeError(f"{self._get_name()}: expected an input of shape {self.expected}, got {input.shape}")
        if input.shape[1] != self.num_features:
            raise ShapeError(
                f"{self._get_name()}: expected {self.num_features} channels in axis 1, got shape {input.shape}\n"
                f"  fix: build the layer with {input.shape[1]} features, or check the order of the axes"
            )
        tracked = self.running_mean is not None
        return F.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not tracked,
            self._momentum(),
            self.eps,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Normalise each feature over the batch (and over the sequence), then scale and shift it.

    In training by the batch's own mean and biased variance; the running mean and (unbiased) variance move towards
    them by `momentum` and serve in evaluation.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: share of the new batch; None for the plain mean over all batches.
        affine: learn a scale and a shift.
        track_running_stats: False normalises by the batch in evaluation too.
        device: the CPU.
        dtype: type of parameters and statistics.
        bias: False leaves the shift out.

    Shapes: (N, C) or (N, C, L) -> the same.
    Raises: ShapeError for another rank or number of features.
    Source: Ioffe and Szegedy (2015); torch.nn.BatchNorm1d.

    Example:
        >>> import autograd_np as ag
        >>> BatchNorm1d(1, eps=0.0)(ag.tensor([[1.0], [3.0]]))
        tensor([[-1.],
                [ 1.]], grad_fn=<...>)
    """

    ranks = (2, 3)
    expected = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Normalise each channel over the batch and all positions, then scale and shift it.

    In training by the batch's own mean and biased variance; the running mean and (unbiased) variance move towards
    them by `momentum` and serve in evaluation.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: share of the new batch; None for the plain mean over all batches.
        affine: learn a scale and a shift.
        track_running_stats: False normalises by the batch in evaluation too.
        device: the CPU.
        dtype: type of parameters and statistics.
        bias: False leaves the shift out.

    Shapes: (N, C, H, W) -> the same.
    Raises: ShapeError for another rank or number of channels.
    Source: Ioffe and Szegedy (2015); torch.nn.BatchNorm2d.

    Example:
        >>> import autograd_np as ag
        >>> BatchNorm2d(3)(ag.randn(5, 3, 4, 4)).shape
        (5, 3, 4, 4)
    """

    ranks = (4,)
    expected = "(N, C, H, W)"


class LayerNorm(Module):
    """Normalise each sample over its last axes, then scale and shift every element.

    Args:
        normalized_shape: sizes of these axes.
        eps: added to the variance.
        elementwise_affine: learn a scale and a shift per element.
        bias: False leaves the shift out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (*, *normalized_shape) -> the same.
    Source: Ba, Kiros and Hinton (2016); torch.nn.LayerNorm.

    Example:
        >>> import autograd_np as ag
        >>> LayerNorm(2, eps=0.0, elementwise_affine=False)(ag.tensor([[1.0, 3.0]]))
        tensor([[-1.,  1.]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        given = normalized_shape
        self.normalized_shape = tuple(given) if isinstance(given, Sequence) else (given,)
        self.eps = eps
        self.elementwise_affine = elementwise_affine

        def new(wanted: bool) -> Parameter | None:
            return Parameter(ag.empty(self.normalized_shape, device=device, dtype=dtype)) if wanted else None

        self.register_parameter("weight", new(elementwise_affine))
        self.register_parameter("bias", new(elementwise_affine and bias))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set scale to one and shift to zero."""
        _reset_affine(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
