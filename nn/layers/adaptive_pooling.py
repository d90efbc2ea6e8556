"""Layers that summarise a given number of windows, whatever the size of their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd_np import Tensor
from nn import functional as F
from nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]

#: One number for all spatial axes, or one per axis; None keeps an axis.
_Sizes: TypeAlias = int | Sequence[int | None] | None


class _AdaptivePool(Module):
    """What all of them share: the size of the result."""

    def __init__(self, output_size: _Sizes) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptivePool):
    """What those of maxima share."""

    def __init__(self, output_size: _Sizes, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveAvgPool1d(_AdaptivePool):
    """Return the means of windows chosen so that the result has a given size.

    Args:
        output_size: OL; None keeps the length.

    Shapes: (N, C, L) or (C, L) -> (N, C, OL).
    Source: torch.nn.AdaptiveAvgPool1d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveAvgPool1d(2)(ag.tensor([[[1.0, 5.0, 3.0]]]))
        tensor([[[3., 4.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptivePool):
    """Return the means of windows chosen so that the result has a given size.

    Args:
        output_size: OH and OW, or one number for both; None keeps an axis.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW).
    Source: torch.nn.AdaptiveAvgPool2d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveAvgPool2d(1)(ag.ones(5, 8, 7, 7)).shape
        (5, 8, 1, 1)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptivePool):
    """Return the means of windows chosen so that the result has a given size.

    Args:
        output_size: OD, OH and OW, or one number for all; None keeps an axis.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW).
    Source: torch.nn.AdaptiveAvgPool3d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveAvgPool3d((None, 1, 1))(ag.ones(5, 8, 4, 7, 7)).shape
        (5, 8, 4, 1, 1)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Return the largest values of windows chosen so that the result has a given size.

    Args:
        output_size: OL; None keeps the length.
        return_indices: return the winners' positions as well.

    Shapes: (N, C, L) or (C, L) -> (N, C, OL).
    Source: torch.nn.AdaptiveMaxPool1d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveMaxPool1d(2, return_indices=True)(ag.tensor([[[1.0, 5.0, 3.0]]]))
        (tensor([[[5., 5.]]]), tensor([[[1, 1]]]))
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Return the largest values of windows chosen so that the result has a given size.

    Args:
        output_size: OH and OW, or one number for both; None keeps an axis.
        return_indices: return the winners' positions as well.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW).
    Source: torch.nn.AdaptiveMaxPool2d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveMaxPool2d((None, 3))(ag.ones(5, 8, 7, 7)).shape
        (5, 8, 7, 3)
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Return the largest values of windows chosen so that the result has a given size.

    Args:
        output_size: OD, OH and OW, or one number for all; None keeps an axis.
        return_indices: return the winners' positions as well.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, C, OD, OH, OW).
    Source: torch.nn.AdaptiveMaxPool3d.

    Example:
        >>> import autograd_np as ag
        >>> AdaptiveMaxPool3d(2)(ag.ones(5, 8, 4, 7, 7)).shape
        (5, 8, 2, 2, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """Return the largest values, with their positions where that was asked for."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
