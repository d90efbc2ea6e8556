"""Normalisations per channel that take the number of channels from their first input."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor, tensor
from autograd_np.errors import ShapeError
from nn.layers._channel_norm import ChannelNorm
from nn.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nn.layers.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from nn.layers.lazy import LazyModuleMixin
from nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]


class _LazyNorm(LazyModuleMixin, ChannelNorm):
    """What lazy normalisations share: the number of channels, and the statistics."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        # Without parameters and statistics, whose memory would only be thrown away.
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
        if affine and bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.register_buffer("running_mean", UninitializedBuffer(device=device, dtype=dtype))
            self.register_buffer("running_var", UninitializedBuffer(device=device, dtype=dtype))
            self.register_buffer("num_batches_tracked", tensor(0))

    def _channels(self, input: Tensor) -> int:
        """Return the number of channels of an input."""
        if input.ndim < 2:
            raise ShapeError(f"{self._get_name()}: expected an input of shape (N, C, *), got {input.shape}")
        return input.shape[1]

    def reset_parameters(self) -> None:
        """Set scale, shift and statistics to their initial values, where they have values."""
        if self.num_features and not self.has_uninitialized_params():
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the number of channels from an input."""
        names = ("weight", "bias", "running_mean", "running_var")
        # Those with values have them from a state.
        loaded = [t.shape[0] for t in (getattr(self, name) for name in names) if t is not None and not is_lazy(t)]
        self.num_features = loaded[0] if loaded else self._channels(input)
        if not loaded:
            for name in names:
                self._materialize(name, self.num_features)
            self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d whose number of channels is that of its first input.

    The other arguments are BatchNorm1d's.

    Source: torch.nn.LazyBatchNorm1d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyBatchNorm1d()
        >>> layer(ag.randn(5, 3)).shape, layer.num_features
        ((5, 3), 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d whose number of channels is that of its first input.

    The other arguments are BatchNorm2d's.

    Source: torch.nn.LazyBatchNorm2d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyBatchNorm2d()
        >>> layer(ag.randn(5, 3, 4, 4)).shape, layer.num_features
        ((5, 3, 4, 4), 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d whose number of channels is that of its first input.

    The other arguments are BatchNorm3d's.

    Source: torch.nn.LazyBatchNorm3d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyBatchNorm3d()
        >>> layer(ag.randn(5, 3, 2, 4, 4)).shape, layer.num_features
        ((5, 3, 2, 4, 4), 3)
    """

    cls_to_become = BatchNorm3d


class _LazyInstanceNorm(_LazyNorm):
    axes: str

    def _channels(self, input: Tensor) -> int:
        """Return the number of channels of an input, which may have no batch axis."""
        rank = self.axes.count(",") + 1
        if input.ndim not in (rank, rank + 1):
            raise ShapeError(
                f"{self._get_name()}: expected an input of shape (N, {self.axes}) or ({self.axes}), got {input.shape}"
            )
        return input.shape[-rank]


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d whose number of channels is that of its first input.

    The other arguments are InstanceNorm1d's; both scale and statistics are there by default.

    Source: torch.nn.LazyInstanceNorm1d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyInstanceNorm1d()
        >>> layer(ag.randn(5, 3, 6)).shape, layer.num_features
        ((5, 3, 6), 3)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d whose number of channels is that of its first input.

    The other arguments are InstanceNorm2d's; both scale and statistics are there by default.

    Source: torch.nn.LazyInstanceNorm2d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyInstanceNorm2d()
        >>> layer(ag.randn(5, 3, 4, 4)).shape, layer.num_features
        ((5, 3, 4, 4), 3)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d whose number of channels is that of its first input.

    The other arguments are InstanceNorm3d's; both scale and statistics are there by default.

    Source: torch.nn.LazyInstanceNorm3d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyInstanceNorm3d()
        >>> layer(ag.randn(5, 3, 2, 4, 4)).shape, layer.num_features
        ((5, 3, 2, 4, 4), 3)
    """

    cls_to_become = InstanceNorm3d
