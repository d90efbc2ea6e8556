"""Layers that summarise windows by their largest, mean or root-mean-power value."""

from __future__ import annotations

from typing import Any

from autograd_np import Tensor
from nn import functional as F
from nn._sizes import Size, sizes
from nn.module import Module

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


# --- maxima -------------------------------------------------------------------------------------------------------


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
        stride: step between windows; the kernel size if not given.
        padding: how much is added at both ends; it never wins.
        dilation: distance between the elements of a window.
        return_indices: return the winners' positions as well, as `MaxUnpool1d` takes them.
        ceil_mode: also count a last window that is not full.

    Shapes: (N, C, L) or (C, L) -> (N, C, OL),
        OL = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1.
    Source: torch.nn.MaxPool1d.

    Example:
        >>> import autograd_np as ag
        >>> MaxPool1d(2)(ag.tensor([[[1.0, 5.0, 2.0, 3.0]]]))
        tensor([[[5., 3.]]])
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool2d(_MaxPool):
    """Return the largest value in each window of an image.

    Args:
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        padding: how much is added on all sides; it never wins.
        dilation: distance between the elements of a window.
        return_indices: return the winners' positions as well, as `MaxUnpool2d` takes them.
        ceil_mode: also count last windows that are not full.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW),
        OH = (H + 2·padding - dilation·(KH - 1) - 1) // stride + 1, OW alike.
    Source: torch.nn.MaxPool2d.

    Example:
        >>> import autograd_np as ag
        >>> MaxPool2d(2)(ag.ones(5, 8, 28, 28)).shape
        (5, 8, 14, 14)
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool3d(_MaxPool):
    """Return the largest value in each window of a volume.

    Args:
        kernel_size: KD, KH and KW, or one number for all; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        padding: how much is added on all sides; it never wins.
        dilation: distance between the elements of a window.
        return_indices: return the winners' positions as well, as `MaxUnpool3d` takes them.
        ceil_mode: also count last windows that are not full.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW),
        OD = (D + 2·padding - dilation·(KD - 1) - 1) // stride + 1, OH and OW alike.
    Source: torch.nn.MaxPool3d.

    Example:
        >>> import autograd_np as ag
        >>> MaxPool3d((1, 2, 2))(ag.ones(5, 8, 4, 28, 28)).shape
        (5, 8, 4, 14, 14)
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.max_pool3d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


# --- means --------------------------------------------------------------------------------------------------------


class _AvgPool(Module):
    """What mean-pooling of images and volumes shares: the settings."""

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

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """Return the mean of each window of a sequence.

    Args:
        kernel_size: K.
        stride: step between windows; K if not given.
        padding: how many zeros are added at both ends.
        ceil_mode: also count a last window that is not full.
        count_include_pad: divide by the whole window, added zeros included.

    Shapes: (N, C, L) or (C, L) -> (N, C, OL), OL = (L + 2·padding - K) // stride + 1.
    Raises: ArgumentError for sizes that are not one integer.
    Source: torch.nn.AvgPool1d.

    Example:
        >>> import autograd_np as ag
        >>> AvgPool1d(2)(ag.tensor([[[1.0, 5.0, 2.0, 4.0]]]))
        tensor([[[3., 3.]]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        window = sizes(kernel_size, 1, "AvgPool1d", "kernel_size", least=1)
        step = window if stride is None else sizes(stride, 1, "AvgPool1d", "stride", least=1)
        super().__init__(window, step, sizes(padding, 1, "AvgPool1d", "padding"), ceil_mode, count_include_pad)

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPool):
    """Return the mean of each window of an image.

    Args:
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        padding: how many zeros are added on all sides.
        ceil_mode: also count last windows that are not full.
        count_include_pad: divide by the whole window, added zeros included.
        divisor_override: divide by this number instead.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW),
        OH = (H + 2·padding - KH) // stride + 1, OW alike.
    Source: torch.nn.AvgPool2d.

    Example:
        >>> import autograd_np as ag
        >>> AvgPool2d(2)(ag.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]))
        tensor([[[[3.]]]])
    """

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


class AvgPool3d(_AvgPool):
    """Return the mean of each window of a volume.

    Args:
        kernel_size: KD, KH and KW, or one number for all; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        padding: how many zeros are added on all sides.
        ceil_mode: also count last windows that are not full.
        count_include_pad: divide by the whole window, added zeros included.
        divisor_override: divide by this number instead.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW),
        OD = (D + 2·padding - KD) // stride + 1, OH and OW alike.
    Source: torch.nn.AvgPool3d.

    Example:
        >>> import autograd_np as ag
        >>> AvgPool3d(2)(ag.ones(5, 8, 4, 14, 14)).shape
        (5, 8, 2, 7, 7)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


# --- powers -------------------------------------------------------------------------------------------------------


class _LPPool(Module):
    """What power-average pooling of every rank shares: the settings."""

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """Return the p-th root of the sum of p-th powers in each window of a sequence.

    Args:
        norm_type: p; 1 gives sums, 2 lengths, and ever larger numbers come near the largest magnitude.
        kernel_size: K.
        stride: step between windows; the kernel size if not given.
        ceil_mode: also count a last window that is not full; the mean of the others stands for what is missing.

    Shapes: (N, C, L) or (C, L) -> (N, C, OL), OL = (L - K) // stride + 1.
    Raises: ArgumentError as `lp_pool1d`.
    Source: torch.nn.LPPool1d.

    Example:
        >>> import autograd_np as ag
        >>> LPPool1d(2, 2)(ag.tensor([[[3.0, 4.0, 5.0, 12.0]]]))
        tensor([[[ 5., 13.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the roots."""
        return F.lp_pool1d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """Return the p-th root of the sum of p-th powers in each window of an image.

    Args:
        norm_type: p; 1 gives sums, 2 lengths, and ever larger numbers come near the largest magnitude.
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        ceil_mode: also count last windows that are not full; the mean of the others stands for what is missing.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW), OH = (H - KH) // stride + 1, OW alike.
    Raises: ArgumentError as `lp_pool2d`.
    Source: torch.nn.LPPool2d.

    Example:
        >>> import autograd_np as ag
        >>> LPPool2d(1, 2)(ag.ones(1, 1, 2, 4))  # the windows' sums
        tensor([[[[4., 4.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the roots."""
        return F.lp_pool2d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """Return the p-th root of the sum of p-th powers in each window of a volume.

    Args:
        norm_type: p; 1 gives sums, 2 lengths, and ever larger numbers come near the largest magnitude.
        kernel_size: KD, KH and KW, or one number for all; so with the other sizes.
        stride: step between windows; the kernel size if not given.
        ceil_mode: also count last windows that are not full; the mean of the others stands for what is missing.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW), OD = (D - KD) // stride + 1, OH and OW alike.
    Raises: ArgumentError as `lp_pool3d`.
    Source: torch.nn.LPPool3d.

    Example:
        >>> import autograd_np as ag
        >>> LPPool3d(2, (1, 2, 2))(ag.ones(1, 1, 2, 2, 2))
        tensor([[[[[2.]],
                  [[2.]]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the roots."""
        return F.lp_pool3d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
