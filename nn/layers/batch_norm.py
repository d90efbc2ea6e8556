"""Batch normalisation: each channel gets mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor
from autograd_np.errors import ShapeError
from nn import functional as F
from nn.layers._channel_norm import ChannelNorm

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class _BatchNorm(ChannelNorm):
    """What batch normalisation of every rank shares."""

    #: The ranks that an input may have, and how they read.
    ranks: tuple[int, ...]
    expected: str

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
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _momentum(self) -> float:
        """Count a training batch, and return the share of its statistics in the running ones."""
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
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
        # Also where the attribute was switched off later, as meta-learning does.
        used = self.track_running_stats or not self.training
        return F.batch_norm(
            input,
            self.running_mean if used else None,
            self.running_var if used else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self._momentum(),
            self.eps,
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
    """Normalise each channel over the batch and all pixels, then scale and shift it.

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


class BatchNorm3d(_BatchNorm):
    """Normalise each channel over the batch and all places of a volume, then scale and shift it.

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

    Shapes: (N, C, D, H, W) -> the same.
    Raises: ShapeError for another rank or number of channels.
    Source: Ioffe and Szegedy (2015); torch.nn.BatchNorm3d.

    Example:
        >>> import autograd_np as ag
        >>> BatchNorm3d(3)(ag.randn(5, 3, 2, 4, 4)).shape
        (5, 3, 2, 4, 4)
    """

    ranks = (5,)
    expected = "(N, C, D, H, W)"
