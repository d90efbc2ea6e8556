"""Convolutions with learnt filters, and their transposes, which enlarge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError
from nn import functional as F
from nn._sizes import Size, sizes
from nn.layers._filters import Filters

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Filters):
    """What convolutions of every rank share: the constructor, and padding that the convolution itself does not know."""

    transposed = False

    def __init__(
        self,
        in_channels: int,
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
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            0,
            dilation,
            groups,
            padding_mode,
            _PADDING_MODES,
        )
        if isinstance(padding, str) and (
            padding not in ("same", "valid") or (padding == "same" and set(self.stride) != {1})
        ):
            raise ArgumentError(
                f"{self._get_name()}: padding must be numbers, 'valid', or 'same' with stride 1; got {padding!r} with "
                f"stride {self.stride}"
            )
        self.make_filters((out_channels, in_channels // groups), bias, device, dtype)

    def _padded(self, input: Tensor) -> tuple[Tensor, tuple[int, ...] | str]:
        """Return the input and the padding that is left for the convolution itself."""
        if self.padding_mode == "zeros":
            return input, self.padding
        # F.pad counts from the last axis.
        widths = [n for pair in reversed(self._around()) for n in pair]
        return F.pad(input, widths, mode=self.padding_mode), (0,) * self.rank

    def _around(self) -> list[tuple[int, int]]:
        """Return the padding before and after each spatial axis."""
        if self.padding == "valid":
            return [(0, 0)] * self.rank
        if isinstance(self.padding, str):
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return [(total // 2, total - total // 2) for total in totals]
        return [(p, p) for p in self.padding]


class Conv1d(_Convolution):
    """Slide filters over sequences.

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: K.
        stride: step between positions.
        padding: how much is added at both ends; 'same' keeps the length, 'valid' adds nothing.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately; C makes a depthwise convolution.
        bias: False leaves the added constant out.
        padding_mode: what is added: 'zeros', 'reflect', 'replicate' or 'circular'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, L) or (C, L) -> (N, O, OL),
        OL = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1;
        weight (O, C/groups, K), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.Conv1d.

    Example:
        >>> import autograd_np as ag
        >>> Conv1d(2, 4, 3, padding=1)(ag.ones(5, 2, 10)).shape
        (5, 4, 10)
    """

    rank = 1

    def forward(self, input: Tensor) -> Tensor:
        """Return the filters' responses."""
        x, padding = self._padded(input)
        return F.conv1d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_Convolution):
    """Slide filters over images.

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: step between positions.
        padding: how much is added on all sides; 'same' keeps height and width, 'valid' adds nothing.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately; C makes a depthwise convolution.
        bias: False leaves the added constant out.
        padding_mode: what is added: 'zeros', 'reflect', 'replicate' or 'circular'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, O, OH, OW),
        OH = (H + 2·padding - dilation·(KH - 1) - 1) // stride + 1, OW alike;
        weight (O, C/groups, KH, KW), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.Conv2d.

    Example:
        >>> import autograd_np as ag
        >>> layer = Conv2d(1, 8, 3, padding=1)
        >>> layer, layer(ag.ones(5, 1, 28, 28)).shape
        (Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)), (5, 8, 28, 28))
    """

    rank = 2

    def forward(self, input: Tensor) -> Tensor:
        """Return the filters' responses."""
        x, padding = self._padded(input)
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv3d(_Convolution):
    """Slide filters over volumes, or over films along time and space.

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: KD, KH and KW, or one number for all; so with the other sizes.
        stride: step between positions.
        padding: how much is added on all sides; 'same' keeps the size, 'valid' adds nothing.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately; C makes a depthwise convolution.
        bias: False leaves the added constant out.
        padding_mode: what is added: 'zeros', 'reflect', 'replicate' or 'circular'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, O, OD, OH, OW),
        OD = (D + 2·padding - dilation·(KD - 1) - 1) // stride + 1, OH and OW alike;
        weight (O, C/groups, KD, KH, KW), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.Conv3d.

    Example:
        >>> import autograd_np as ag
        >>> Conv3d(3, 4, (1, 3, 3), padding="same")(ag.ones(2, 3, 4, 8, 8)).shape
        (2, 4, 4, 8, 8)
    """

    rank = 3

    def forward(self, input: Tensor) -> Tensor:
        """Return the filters' responses."""
        x, padding = self._padded(input)
        return F.conv3d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class _Transposed(Filters):
    """What transposed convolutions of every rank share: the constructor, and the choice of the output's size."""

    padding: tuple[int, ...]
    transposed = True

    def __init__(
        self,
        in_channels: int,
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
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            sizes(padding, self.rank, self._get_name(), "padding"),
            output_padding,
            dilation,
            groups,
            padding_mode,
            ("zeros",),
        )
        self.make_filters((in_channels, out_channels // groups), bias, device, dtype)

    def _extra(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        """Return the output padding that leads to this size."""
        if output_size is None:
            return self.output_padding
        asked = tuple(output_size)
        wanted = asked[-self.rank :] if len(asked) == input.ndim else asked
        wanted = sizes(wanted, self.rank, self._get_name(), "output_size", least=1)
        settings = zip(
            input.shape[-self.rank :], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
        )
        least = tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in settings)
        extra = tuple(w - n for w, n in zip(wanted, least, strict=True))
        if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            most = tuple(n + s - 1 for n, s in zip(least, self.stride, strict=True))
            raise ShapeError(
                f"{self._get_name()}: output_size {asked} cannot come from an input of shape {input.shape}: it must "
                f"lie between {least} and {most}"
            )
        return extra


class ConvTranspose1d(_Transposed):
    """Spread every position over a filter's window: the adjoint of `Conv1d`, which enlarges sequences.

    Args:
        in_channels: C.
        out_channels: O.
        kernel_size: K.
        stride: distance between the windows.
        padding: how much is cut off at both ends.
        output_padding: how much is added at the far end, to choose among the sizes that a stride can come from.
        groups: blocks of channels that are convolved separately.
        bias: False leaves the added constant out.
        dilation: distance between the elements of a filter.
        padding_mode: 'zeros'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, L) or (C, L) -> (N, O, OL),
        OL = (L - 1)·stride - 2·padding + dilation·(K - 1) + output_padding + 1;
        weight (C, O/groups, K), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.ConvTranspose1d.

    Example:
        >>> import autograd_np as ag
        >>> ConvTranspose1d(4, 2, 3, stride=2)(ag.ones(5, 4, 10)).shape
        (5, 2, 21)
    """

    rank = 1

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the enlarged sequences, of this size if it is given and can be reached."""
        extra = self._extra(input, output_size)
        return F.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )


class ConvTranspose2d(_Transposed):
    """Spread every position over a filter's window: the adjoint of `Conv2d`, which enlarges images.

    Args:
        in_channels: C.
        out_channels: O.
        kernel_size: KH and KW, or one number for both; so with the other sizes.
        stride: distance between the windows.
        padding: how much is cut off on all sides.
        output_padding: how much is added at the far end, to choose among the sizes that a stride can come from.
        groups: blocks of channels that are convolved separately.
        bias: False leaves the added constant out.
        dilation: distance between the elements of a filter.
        padding_mode: 'zeros'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, H, W) or (C, H, W) -> (N, O, OH, OW),
        OH = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1, OW alike;
        weight (C, O/groups, KH, KW), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.ConvTranspose2d.

    Example:
        >>> import autograd_np as ag
        >>> ConvTranspose2d(8, 1, 2, stride=2)(ag.ones(5, 8, 14, 14)).shape
        (5, 1, 28, 28)
    """

    rank = 2

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the enlarged images, of this size if it is given and can be reached."""
        extra = self._extra(input, output_size)
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )


class ConvTranspose3d(_Transposed):
    """Spread every position over a filter's window: the adjoint of `Conv3d`, which enlarges volumes.

    Args:
        in_channels: C.
        out_channels: O.
        kernel_size: KD, KH and KW, or one number for all; so with the other sizes.
        stride: distance between the windows.
        padding: how much is cut off on all sides.
        output_padding: how much is added at the far end, to choose among the sizes that a stride can come from.
        groups: blocks of channels that are convolved separately.
        bias: False leaves the added constant out.
        dilation: distance between the elements of a filter.
        padding_mode: 'zeros'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, D, H, W) or (C, D, H, W) -> (N, O, OD, OH, OW),
        OD = (D - 1)·stride - 2·padding + dilation·(KD - 1) + output_padding + 1, OH and OW alike;
        weight (C, O/groups, KD, KH, KW), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.ConvTranspose3d.

    Example:
        >>> import autograd_np as ag
        >>> layer = ConvTranspose3d(4, 1, 3, stride=2, padding=1)
        >>> layer(ag.ones(2, 4, 3, 5, 5)).shape, layer(ag.ones(2, 4, 3, 5, 5), output_size=(6, 10, 9)).shape
        ((2, 1, 5, 9, 9), (2, 1, 6, 10, 9))
    """

    rank = 3

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the enlarged volumes, of this size if it is given and can be reached."""
        extra = self._extra(input, output_size)
        return F.conv_transpose3d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )
