"""Layers that cut images into windows, and add windows up to images."""

from __future__ import annotations

from autograd_np import Tensor
from nn import functional as F
from nn._sizes import Size
from nn.module import Module

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """Write the windows of each image as the columns of a matrix.

    Args:
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        dilation: distance between the elements of a window.
        padding: how many zeros are added on all sides.
        stride: step between windows.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C·KH·KW, L), with L = OH·OW windows.
    Source: torch.nn.Unfold.

    Example:
        >>> import autograd_np as ag
        >>> Unfold(2)(ag.tensor([[[1, 2, 3], [4, 5, 6]]]))
        tensor([[1, 2],
                [2, 3],
                [4, 5],
                [5, 6]])
    """

    def __init__(self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Return the windows."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Add windows, given as the columns of a matrix, up to images: the adjoint of `Unfold`, not its inverse.

    Args:
        output_size: H and W of the images, or one number for both; so with the other sizes.
        kernel_size: KH and KW.
        dilation: distance between the elements of a window.
        padding: width of the border that is added into, and cut off.
        stride: step between windows.

    Shapes: (N, C·KH·KW, L) or (C·KH·KW, L) -> (N, C, H, W).
    Source: torch.nn.Fold.

    Example:
        >>> import autograd_np as ag
        >>> Fold((2, 3), 2)(ag.tensor([[1, 2], [2, 3], [4, 5], [5, 6]]))
        tensor([[[ 1,  4,  3],
                 [ 4, 10,  6]]])
    """

    def __init__(
        self, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Return the images."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
