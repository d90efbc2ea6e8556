"""Layers that summarise windows by their largest or mean value."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor
from nn import functional as F
from nn._sizes import Size
from nn.module import Module

__all__ = ["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool1d", "MaxPool2d"]


class _MaxPool(Module):
    """What max-pooling of every rank shares: the geometry."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """Return the largest value in each window of a sequence.

    Args:
        kernel_size: K.
        stride: step between windows; K if not given.
        padding: how much is added at both ends; it never wins.
        dilation: distance between the elements of a window.
        return_indices: return the winners' positions as well.
        ceil_mode: also count a last window that is not full.

    Shapes: (N, C, L) -> (N, C, OL), OL = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1.
    Source: torch.nn.MaxPool1d.

    Example:
        >>> import autograd_np as ag
        >>> MaxPool1d(2)(ag.tensor([[[1.0, 5.0, 2.0, 3.0]]]))
        tensor([[[5., 3.]]])
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool2d(_MaxPool):
    """Return the largest value in each window of an image.

    Args:
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        padding: how much is added on all sides; it never wins.
        dilation: distance between the elements of a window.
        return_indices: return the winners' positions as well.
        ceil_mode: also count last windows that are not full.

    Shapes: (N, C, H, W) -> (N, C, OH, OW), OH = (H + 2·padding - dilation·(KH - 1) - 1) // stride + 1.
    Source: torch.nn.MaxPool2d.

    Example:
        >>> import autograd_np as ag
        >>> MaxPool2d(2)(ag.ones(5, 8, 28, 28)).shape
        (5, 8, 14, 14)
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class AvgPool2d(Module):
    """Return the mean of each window of an image.

    Args:
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        padding: how many zeros are added on all sides.
        ceil_mode: also count last windows that are not full.
        count_include_pad: divide by the whole window, added zeros included.
        divisor_override: divide by this number instead.

    Shapes: (N, C, H, W) -> (N, C, OH, OW), OH = (H + 2·padding - KH) // stride + 1.
    Source: torch.nn.AvgPool2d.

    Example:
        >>> import autograd_np as ag
        >>> AvgPool2d(2)(ag.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]))
        tensor([[[[3.]]]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(Module):
    """Return the means of windows chosen so that the result has a given size.

    Args:
        output_size: OH and OW, or one number for both; None keeps an axis.

    Shapes: (N, C, H, W) -> (N, C, OH, OW).
    Source: torch.nn.AdaptiveAvgPool2d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveAvgPool2d(1)(ag.ones(5, 8, 7, 7)).shape
        (5, 8, 1, 1)
    """

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"output_size={self.output_size}"
