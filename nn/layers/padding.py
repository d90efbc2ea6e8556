"""Layers that add elements around sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError
from nn import functional as F
from nn._sizes import Size
from nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """What padding of every kind shares: how many elements come before and after each axis, the last one first."""

    rank: ClassVar[int]

    def __init__(self, padding: Size) -> None:
        super().__init__()
        count = 2 * self.rank
        listed = tuple(padding) if isinstance(padding, Sequence) else (padding,) * count
        if len(listed) != count or not all(hasattr(n, "__index__") for n in listed):
            raise ArgumentError(f"{self._get_name()}: padding must be {count} integers, or one for all, got {padding}")
        self.padding = tuple(n.__index__() for n in listed)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Size, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Return the padded input."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_Pad):
    def forward(self, input: Tensor) -> Tensor:
        """Return the padded input."""
        return F.pad(input, self.padding)


class _OwnPad(_Pad):
    """What padding by the input's own elements shares."""

    mode: ClassVar[str]

    def forward(self, input: Tensor) -> Tensor:
        """Return the padded input."""
        if input.ndim not in {self.rank + 1, self.rank + 2}:
            space = ("L", "H, W", "D, H, W")[self.rank - 1]
            raise ShapeError(
                f"{self._get_name()}: expected an input of shape (N, C, {space}) or (C, {space}), got {input.shape}"
            )
        return F.pad(input, self.padding, self.mode)


class ConstantPad1d(_ConstantPad):
    """Surround sequences by a value.

    Args:
        padding: how many elements come before and after, or one number for all; negative ones cut off.
        value: what is added.

    Shapes: (*, L) -> (*, before + L + after).
    Raises: ArgumentError for another number of widths, ShapeError if they cut off more than there is.
    Source: torch.nn.ConstantPad1d.

    Example:
        >>> import autograd_np as ag
        >>> ConstantPad1d((1, 2), 9.0)(ag.tensor([[1.0, 2.0]]))
        tensor([[9., 1., 2., 9., 9.]])
    """

    rank = 1


class ConstantPad2d(_ConstantPad):
    """Surround images by a value.

    Args:
        padding: how many elements come left, right, above and below, or one number for all; negative ones cut off.
        value: what is added.

    Shapes: (*, H, W) -> (*, above + H + below, left + W + right).
    Raises: ArgumentError for another number of widths, ShapeError if they cut off more than there is.
    Source: torch.nn.ConstantPad2d.

    Example:
        >>> import autograd_np as ag
        >>> ConstantPad2d(1, 9.0)(ag.tensor([[[1.0]]]))
        tensor([[[9., 9., 9.],
                 [9., 1., 9.],
                 [9., 9., 9.]]])
    """

    rank = 2


class ConstantPad3d(_ConstantPad):
    """Surround volumes by a value.

    Args:
        padding: how many elements come left, right, above, below, before and behind, or one number for all;
            negative ones cut off.
        value: what is added.

    Shapes: (*, D, H, W) -> (*, before + D + behind, above + H + below, left + W + right).
    Raises: ArgumentError for another number of widths, ShapeError if they cut off more than there is.
    Source: torch.nn.ConstantPad3d.

    Example:
        >>> import autograd_np as ag
        >>> ConstantPad3d((0, 1, 0, 0, 1, 0), 9.0)(ag.tensor([[[1.0]]]))
        tensor([[[9., 9.]],
                [[1., 9.]]])
    """

    rank = 3


class ZeroPad1d(_ZeroPad):
    """Surround sequences by zeros.

    Args:
        padding: how many elements come before and after, or one number for all; negative ones cut off.

    Shapes: (*, L) -> (*, before + L + after).
    Raises: ArgumentError for another number of widths, ShapeError if they cut off more than there is.
    Source: torch.nn.ZeroPad1d.

    Example:
        >>> import autograd_np as ag
        >>> ZeroPad1d((1, 2))(ag.tensor([[1.0, 2.0]]))
        tensor([[0., 1., 2., 0., 0.]])
    """

    rank = 1


class ZeroPad2d(_ZeroPad):
    """Surround images by zeros.

    Args:
        padding: how many elements come left, right, above and below, or one number for all; negative ones cut off.

    Shapes: (*, H, W) -> (*, above + H + below, left + W + right).
    Raises: ArgumentError for another number of widths, ShapeError if they cut off more than there is.
    Source: torch.nn.ZeroPad2d.

    Example:
        >>> import autograd_np as ag
        >>> ZeroPad2d(1)(ag.ones(5, 3, 28, 28)).shape
        (5, 3, 30, 30)
    """

    rank = 2


class ZeroPad3d(_ZeroPad):
    """Surround volumes by zeros.

    Args:
        padding: how many elements come left, right, above, below, before and behind, or one number for all;
            negative ones cut off.

    Shapes: (*, D, H, W) -> (*, before + D + behind, above + H + below, left + W + right).
    Raises: ArgumentError for another number of widths, ShapeError if they cut off more than there is.
    Source: torch.nn.ZeroPad3d.

    Example:
        >>> import autograd_np as ag
        >>> ZeroPad3d(1)(ag.ones(5, 3, 4, 6, 6)).shape
        (5, 3, 6, 8, 8)
    """

    rank = 3


class ReflectionPad1d(_OwnPad):
    """Continue sequences by their mirror image; the elements at the edge are not repeated.

    Args:
        padding: how many elements come before and after, or one number for all; negative ones cut off.

    Shapes: (N, C, L) or (C, L) -> the same axes, L becoming before + L + after.
    Raises: ArgumentError for another number of widths, ShapeError for another rank or widths from the size on.
    Source: torch.nn.ReflectionPad1d.

    Example:
        >>> import autograd_np as ag
        >>> ReflectionPad1d((2, 1))(ag.tensor([[1.0, 2.0, 3.0]]))
        tensor([[3., 2., 1., 2., 3., 2.]])
    """

    rank = 1
    mode = "reflect"


class ReflectionPad2d(_OwnPad):
    """Continue images by their mirror image; the elements at the edge are not repeated.

    Args:
        padding: how many elements come left, right, above and below, or one number for all; negative ones cut off.

    Shapes: (N, C, H, W) or (C, H, W) -> the same axes, H becoming above + H + below and W alike.
    Raises: ArgumentError for another number of widths, ShapeError for another rank or widths from the size on.
    Source: torch.nn.ReflectionPad2d.

    Example:
        >>> import autograd_np as ag
        >>> ReflectionPad2d((1, 0, 1, 0))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[4., 3., 4.],
                 [2., 1., 2.],
                 [4., 3., 4.]]])
    """

    rank = 2
    mode = "reflect"


class ReflectionPad3d(_OwnPad):
    """Continue volumes by their mirror image; the elements at the edge are not repeated.

    Args:
        padding: how many elements come left, right, above, below, before and behind, or one number for all;
            negative ones cut off.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> the same axes, H becoming above + H + below, W and D alike.
    Raises: ArgumentError for another number of widths, ShapeError for another rank or widths from the size on.
    Source: torch.nn.ReflectionPad3d.

    Example:
        >>> import autograd_np as ag
        >>> ReflectionPad3d(1)(ag.ones(5, 3, 4, 6, 6)).shape
        (5, 3, 6, 8, 8)
    """

    rank = 3
    mode = "reflect"


class ReplicationPad1d(_OwnPad):
    """Continue sequences by the elements at their edge.

    Args:
        padding: how many elements come before and after, or one number for all; negative ones cut off.

    Shapes: (N, C, L) or (C, L) -> the same axes, L becoming before + L + after.
    Raises: ArgumentError for another number of widths, ShapeError for another rank.
    Source: torch.nn.ReplicationPad1d.

    Example:
        >>> import autograd_np as ag
        >>> ReplicationPad1d((2, 1))(ag.tensor([[1.0, 2.0, 3.0]]))
        tensor([[1., 1., 1., 2., 3., 3.]])
    """

    rank = 1
    mode = "replicate"


class ReplicationPad2d(_OwnPad):
    """Continue images by the elements at their edge.

    Args:
        padding: how many elements come left, right, above and below, or one number for all; negative ones cut off.

    Shapes: (N, C, H, W) or (C, H, W) -> the same axes, H becoming above + H + below and W alike.
    Raises: ArgumentError for another number of widths, ShapeError for another rank.
    Source: torch.nn.ReplicationPad2d.

    Example:
        >>> import autograd_np as ag
        >>> ReplicationPad2d((1, 0, 1, 0))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[1., 1., 2.],
                 [1., 1., 2.],
                 [3., 3., 4.]]])
    """

    rank = 2
    mode = "replicate"


class ReplicationPad3d(_OwnPad):
    """Continue volumes by the elements at their edge.

    Args:
        padding: how many elements come left, right, above, below, before and behind, or one number for all;
            negative ones cut off.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> the same axes, H becoming above + H + below, W and D alike.
    Raises: ArgumentError for another number of widths, ShapeError for another rank.
    Source: torch.nn.ReplicationPad3d.

    Example:
        >>> import autograd_np as ag
        >>> ReplicationPad3d(1)(ag.ones(5, 3, 4, 6, 6)).shape
        (5, 3, 6, 8, 8)
    """

    rank = 3
    mode = "replicate"


class CircularPad1d(_OwnPad):
    """Continue sequences by what lies at the opposite end.

    Args:
        padding: how many elements come before and after, or one number for all; negative ones cut off.

    Shapes: (N, C, L) or (C, L) -> the same axes, L becoming before + L + after.
    Raises: ArgumentError for another number of widths, ShapeError for another rank or widths above the size.
    Source: torch.nn.CircularPad1d.

    Example:
        >>> import autograd_np as ag
        >>> CircularPad1d((2, 1))(ag.tensor([[1.0, 2.0, 3.0]]))
        tensor([[2., 3., 1., 2., 3., 1.]])
    """

    rank = 1
    mode = "circular"


class CircularPad2d(_OwnPad):
    """Continue images by what lies at the opposite end.

    Args:
        padding: how many elements come left, right, above and below, or one number for all; negative ones cut off.

    Shapes: (N, C, H, W) or (C, H, W) -> the same axes, H becoming above + H + below and W alike.
    Raises: ArgumentError for another number of widths, ShapeError for another rank or widths above the size.
    Source: torch.nn.CircularPad2d.

    Example:
        >>> import autograd_np as ag
        >>> CircularPad2d((1, 0, 1, 0))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[4., 3., 4.],
                 [2., 1., 2.],
                 [4., 3., 4.]]])
    """

    rank = 2
    mode = "circular"


class CircularPad3d(_OwnPad):
    """Continue volumes by what lies at the opposite end.

    Args:
        padding: how many elements come left, right, above, below, before and behind, or one number for all;
            negative ones cut off.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> the same axes, H becoming above + H + below, W and D alike.
    Raises: ArgumentError for another number of widths, ShapeError for another rank or widths above the size.
    Source: torch.nn.CircularPad3d.

    Example:
        >>> import autograd_np as ag
        >>> CircularPad3d(1)(ag.ones(5, 3, 4, 6, 6)).shape
        (5, 3, 6, 8, 8)
    """

    rank = 3
    mode = "circular"
