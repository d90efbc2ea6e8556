"""Layers that write maxima back to where max-pooling found them."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_np import Tensor
from nn import functional as F
from nn._sizes import Size, sizes
from nn.module import Module

__all__ = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class _MaxUnpool(Module):
    """What unpooling of every rank shares: the settings of the pooling that it undoes."""

    rank: int

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        name = self._get_name()
        self.kernel_size = sizes(kernel_size, self.rank, name, "kernel_size", least=1)
        self.stride = self.kernel_size if stride is None else sizes(stride, self.rank, name, "stride", least=1)
        self.padding = sizes(padding, self.rank, name, "padding")

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Write each maximum of sequences back to where `MaxPool1d` found it, and zero elsewhere.

    Where windows overlap, so that a place comes twice, the last value stays and it alone has a gradient.

    Args:
        kernel_size: that of the pooling.
        stride: that of the pooling; the kernel size if not given.
        padding: that of the pooling.

    Shapes: input and indices (N, C, L) or (C, L) -> (N, C, OL),
        OL = (L - 1)·stride - 2·padding + K, unless `forward` is told another output_size.
    Raises: ArgumentError for sizes that do not fit the rank.
    Source: torch.nn.MaxUnpool1d.

    Example:
        >>> import autograd_np as ag, nn
        >>> pool, unpool = nn.MaxPool1d(2, return_indices=True), MaxUnpool1d(2)
        >>> unpool(*pool(ag.tensor([[[1.0, 5.0, 2.0, 3.0]]])))
        tensor([[[0., 5., 0., 3.]]])
    """

    rank = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the maxima in their places, in sequences of this size if it is given."""
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpool):
    """Write each maximum of images back to where `MaxPool2d` found it, and zero elsewhere.

    Where windows overlap, so that a place comes twice, the last value stays and it alone has a gradient.

    Args:
        kernel_size: that of the pooling.
        stride: that of the pooling; the kernel size if not given.
        padding: that of the pooling.

    Shapes: input and indices (N, C, H, W) or (C, H, W) -> (N, C, OH, OW),
        OH = (H - 1)·stride - 2·padding + KH, OW alike, unless `forward` is told another output_size.
    Raises: ArgumentError for sizes that do not fit the rank.
    Source: torch.nn.MaxUnpool2d.

    Example:
        >>> import autograd_np as ag, nn
        >>> pool, unpool = nn.MaxPool2d(2, return_indices=True), MaxUnpool2d(2)
        >>> x = ag.rand(5, 8, 7, 7)
        >>> unpool(*pool(x), output_size=x.shape).shape  # without it (5, 8, 6, 6), for which these indices are wrong
        (5, 8, 7, 7)
    """

    rank = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the maxima in their places, in images of this size if it is given."""
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpool):
    """Write each maximum of volumes back to where `MaxPool3d` found it, and zero elsewhere.

    Where windows overlap, so that a place comes twice, the last value stays and it alone has a gradient.

    Args:
        kernel_size: that of the pooling.
        stride: that of the pooling; the kernel size if not given.
        padding: that of the pooling.

    Shapes: input and indices (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW),
        OD = (D - 1)·stride - 2·padding + KD, OH and OW alike, unless `forward` is told another output_size.
    Raises: ArgumentError for sizes that do not fit the rank.
    Source: torch.nn.MaxUnpool3d.

    Example:
        >>> import autograd_np as ag, nn
        >>> pool, unpool = nn.MaxPool3d((1, 2, 2), return_indices=True), MaxUnpool3d((1, 2, 2))
        >>> unpool(*pool(ag.rand(5, 8, 3, 6, 6))).shape
        (5, 8, 3, 6, 6)
    """

    rank = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the maxima in their places, in volumes of this size if it is given."""
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)
