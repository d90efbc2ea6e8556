"""Instance normalisation: each channel of each sample gets mean 0 and variance 1 over space."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor
from autograd_np.errors import ShapeError
from nn import functional as F
from nn.layers._channel_norm import ChannelNorm

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _InstanceNorm(ChannelNorm):
    """What instance normalisation of every rank shares."""

    #: How the axes of one sample read.
    axes: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input; in training update the running statistics, if there are any."""
        rank = self.axes.count(",") + 1
        if input.ndim not in {rank, rank + 1}:
            raise ShapeError(
                f"{self._get_name()}: expected an input of shape (N, {self.axes}) or ({self.axes}), got {input.shape}"
            )
        if input.shape[-rank] != self.num_features:
            raise ShapeError(
                f"{self._get_name()}: expected {self.num_features} channels in axis {input.ndim - rank}, "
                f"got shape {input.shape}\n"
                f"  fix: build the layer with {input.shape[-rank]} features, or check the order of the axes"
            )
        batch = input if input.ndim > rank else input.unsqueeze(0)
        y = F.instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return y if batch is input else y.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each sequence over its length.

    Args:
        num_features: C.
        eps: added to the (biased) variance.
        momentum: share of the new batch in the running statistics.
        affine: learn a scale and a shift per channel.
        track_running_stats: keep running statistics in training, and normalise by them in evaluation.
        device: the CPU.
        dtype: type of parameters and statistics.
        bias: False leaves the shift out.

    Shapes: (N, C, L) or (C, L) -> the same.
    Raises: ShapeError for another rank or number of channels.
    Source: Ulyanov, Vedaldi and Lempitsky (2016); torch.nn.InstanceNorm1d.

    Example:
        >>> import autograd_np as ag
        >>> InstanceNorm1d(2, eps=0.0)(ag.tensor([[1.0, 3.0], [10.0, 30.0]]))
        tensor([[-1.,  1.],
                [-1.,  1.]])
    """

    axes = "C, L"


class InstanceNorm2d(_InstanceNorm):
    """Normalise each channel of each image over its pixels.

    Args:
        num_features: C.
        eps: added to the (biased) variance.
        momentum: share of the new batch in the running statistics.
        affine: learn a scale and a shift per channel.
        track_running_stats: keep running statistics in training, and normalise by them in evaluation.
        device: the CPU.
        dtype: type of parameters and statistics.
        bias: False leaves the shift out.

    Shapes: (N, C, H, W) or (C, H, W) -> the same.
    Raises: ShapeError for another rank or number of channels.
    Source: Ulyanov, Vedaldi and Lempitsky (2016); torch.nn.InstanceNorm2d.

    Example:
        >>> import autograd_np as ag
        >>> y = InstanceNorm2d(3)(ag.randn(5, 3, 4, 4))
        >>> y.shape, bool(y.mean((2, 3)).abs().max() < 1e-6)
        ((5, 3, 4, 4), True)
    """

    axes = "C, H, W"


class InstanceNorm3d(_InstanceNorm):
    """Normalise each channel of each volume over its places.

    Args:
        num_features: C.
        eps: added to the (biased) variance.
        momentum: share of the new batch in the running statistics.
        affine: learn a scale and a shift per channel.
        track_running_stats: keep running statistics in training, and normalise by them in evaluation.
        device: the CPU.
        dtype: type of parameters and statistics.
        bias: False leaves the shift out.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> the same.
    Raises: ShapeError for another rank or number of channels.
    Source: Ulyanov, Vedaldi and Lempitsky (2016); torch.nn.InstanceNorm3d.

    Example:
        >>> import autograd_np as ag
        >>> InstanceNorm3d(3)(ag.randn(5, 3, 2, 4, 4)).shape
        (5, 3, 2, 4, 4)
    """

    axes = "C, D, H, W"
