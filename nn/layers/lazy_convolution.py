"""Convolutions that take the number of their input channels from their first input."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError
from nn._sizes import Size
from nn.layers._filters import Filters
from nn.layers.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.layers.lazy import LazyModuleMixin
from nn.parameter import UninitializedParameter, is_lazy

__all__ = [
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


class _LazyFilters(LazyModuleMixin, Filters):
    """What lazy convolutions share: where to find the number of channels, and the shape of the filters."""

    def _promise(self, out_channels: int, groups: int, bias: bool, device: Any, dtype: Any) -> None:
        if groups < 1 or out_channels % groups:
            raise ArgumentError(f"{self._get_name()}: groups {groups} must divide out_channels {out_channels}")
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, where they have values."""
        if self.in_channels and not self.has_uninitialized_params():
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels from an input."""
        if not is_lazy(self.weight):
            # Its values came from a state.
            self.in_channels = self.weight.shape[0] if self.transposed else self.weight.shape[1] * self.groups
            return
        rank = self.rank
        if input.ndim not in (rank + 1, rank + 2):
            raise ShapeError(
                f"{self._get_name()}: expected an input of {rank + 2} axes, or {rank + 1} without a batch, got shape "
                f"{input.shape}"
            )
        channels = input.shape[-rank - 1]
        if channels % self.groups:
            raise ShapeError(
                f"{self._get_name()}: groups {self.groups} must divide the {channels} channels of shape {input.shape}"
            )
        self.in_channels = channels
        ends = (channels, self.out_channels) if self.transposed else (self.out_channels, channels)
        self._materialize("weight", ends[0], ends[1] // self.groups, *self.kernel_size)
        self._materialize("bias", self.out_channels)
        self.reset_parameters()


class _LazyConv(_LazyFilters):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self._promise(out_channels, groups, bias, device, dtype)


class _LazyConvTranspose(_LazyFilters):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode)
        self._promise(out_channels, groups, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d whose number of input channels is that of its first input; else as Conv1d.

    Source: torch.nn.LazyConv1d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyConv1d(4, 3)
        >>> layer(ag.ones(5, 2, 10)).shape, layer.in_channels
        ((5, 4, 8), 2)
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d whose number of input channels is that of its first input; else as Conv2d.

    Source: torch.nn.LazyConv2d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyConv2d(8, 3, padding=1)
        >>> layer
        LazyConv2d(0, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
        >>> layer(ag.ones(5, 1, 28, 28)).shape, layer
        ((5, 8, 28, 28), Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d whose number of input channels is that of its first input; else as Conv3d.

    Source: torch.nn.LazyConv3d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyConv3d(4, 3)
        >>> layer(ag.ones(1, 2, 5, 5, 5)).shape, layer.in_channels
        ((1, 4, 3, 3, 3), 2)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d whose number of input channels is that of its first input; else as ConvTranspose1d.

    Source: torch.nn.LazyConvTranspose1d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyConvTranspose1d(1, 2, stride=2)
        >>> layer(ag.ones(5, 8, 14)).shape, layer.in_channels
        ((5, 1, 28), 8)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d whose number of input channels is that of its first input; else as ConvTranspose2d.

    Source: torch.nn.LazyConvTranspose2d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyConvTranspose2d(1, 2, stride=2)
        >>> layer(ag.ones(5, 8, 14, 14)).shape, layer.in_channels
        ((5, 1, 28, 28), 8)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d whose number of input channels is that of its first input; else as ConvTranspose3d.

    Source: torch.nn.LazyConvTranspose3d.

    Example:
        >>> import autograd_np as ag
        >>> layer = LazyConvTranspose3d(1, 2, stride=2)
        >>> layer(ag.ones(1, 8, 3, 3, 3)).shape, layer.in_channels
        ((1, 1, 6, 6, 6), 8)
    """

    cls_to_become = ConvTranspose3d
