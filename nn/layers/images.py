"""Layers that give images another size, or exchange pixels with channels."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn._sizes import Size
from nn.module import Module

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


class Upsample(Module):
    """Resize sequences, images or volumes, as `functional.interpolate` does.

    Args:
        size: the new size, one number for all spatial axes or one for each.
        scale_factor: the new size as a multiple of the old one, rounded down; given instead of `size`.
        mode: 'nearest', 'linear', 'bilinear', 'bicubic' or 'trilinear', by the number of axes.
        align_corners: the centres of the outermost elements stay in their place; else their outer edges do.
        recompute_scale_factor: take the ratio of the sizes for the step between elements.

    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> the same axes.
    Raises: ArgumentError, when called, as `functional.interpolate`.
    Source: torch.nn.Upsample.

    Example:
        >>> import autograd_np as ag
        >>> Upsample(scale_factor=2)(ag.tensor([[[1.0, 2.0]]]))
        tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: Size | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None
        if isinstance(scale_factor, Sequence):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the resized input."""
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        wanted = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{wanted}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Resize images, each new pixel taking the value of an old one.

    Args:
        size: the new height and width, or one number for both.
        scale_factor: the new size as a multiple of the old one; given instead of `size`.

    Shapes: (N, C, H, W) -> (N, C, OH, OW).
    Source: torch.nn.UpsamplingNearest2d.

    Example:
        >>> import autograd_np as ag
        >>> UpsamplingNearest2d(scale_factor=2)(ag.ones(5, 3, 8, 8)).shape
        (5, 3, 16, 16)
    """

    def __init__(self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Resize images by bilinear interpolation, with the corner pixels' centres staying in their place.

    Args:
        size: the new height and width, or one number for both.
        scale_factor: the new size as a multiple of the old one; given instead of `size`.

    Shapes: (N, C, H, W) -> (N, C, OH, OW).
    Source: torch.nn.UpsamplingBilinear2d.

    Example:
        >>> import autograd_np as ag
        >>> UpsamplingBilinear2d(size=(1, 3))(ag.tensor([[[[1.0, 2.0]]]]))
        tensor([[[[1. , 1.5, 2. ]]]])
    """

    def __init__(self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Make each r² channels the r × r pixels of one channel: images grow by r in height and width.

    Args:
        upscale_factor: r.

    Shapes: (*, C·r·r, H, W) -> (*, C, H·r, W·r).
    Raises: ShapeError if the channels cannot be divided by r².
    Source: Shi et al. (2016); torch.nn.PixelShuffle.

    Example:
        >>> import autograd_np as ag
        >>> PixelShuffle(2)(ag.ones(5, 12, 8, 8)).shape
        (5, 3, 16, 16)
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return larger images of fewer channels."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Make the pixels of each r × r block r² channels: the inverse of PixelShuffle.

    Args:
        downscale_factor: r.

    Shapes: (*, C, H·r, W·r) -> (*, C·r·r, H, W).
    Raises: ShapeError if height or width cannot be divided by r.
    Source: Shi et al. (2016); torch.nn.PixelUnshuffle.

    Example:
        >>> import autograd_np as ag
        >>> PixelUnshuffle(2)(ag.ones(5, 3, 16, 16)).shape
        (5, 12, 8, 8)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return smaller images of more channels."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Deal the channels of all groups out in turn, so that a grouped convolution sees some of each group.

    Args:
        groups: the number of groups.

    Shapes: (N, C, *) -> the same.
    Raises: ShapeError if the channels cannot be divided by the groups.
    Source: Zhang et al., ShuffleNet (2018); torch.nn.ChannelShuffle.

    Example:
        >>> import autograd_np as ag
        >>> ChannelShuffle(2)(ag.tensor([[[1], [2], [3], [4]]])).flatten()
        tensor([1, 3, 2, 4])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        if groups < 1:
            raise ArgumentError(f"ChannelShuffle: groups must be at least 1, got {groups}")
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Return the channels in another order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"groups={self.groups}"
