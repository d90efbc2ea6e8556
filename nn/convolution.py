"""Convolutions with learnt filters, and their transposes."""

from __future__ import annotations

import math
from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import init
from nn._sizes import Size, sizes
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "ConvTranspose2d"]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What convolutions of every rank share: settings, filters, and their initial values."""

    rank: int
    transposed = False
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        padding: Size | str,
        output_padding: Size,
        dilation: Size,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        name = self._get_name()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"{name}: groups {groups} must divide in_channels {in_channels} and out_channels {out_channels}"
            )
        if padding_mode not in _PADDING_MODES or (self.transposed and padding_mode != "zeros"):
            known = ("zeros",) if self.transposed else _PADDING_MODES
            raise ArgumentError(f"{name}: padding_mode must be one of {', '.join(known)}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes(kernel_size, self.rank, name, "kernel_size", least=1)
        self.stride = sizes(stride, self.rank, name, "stride", least=1)
        self.dilation = sizes(dilation, self.rank, name, "dilation", least=1)
        self.output_padding = sizes(output_padding, self.rank, name, "output_padding")
        if not isinstance(padding, str):
            self.padding: tuple[int, ...] | str = sizes(padding, self.rank, name, "padding")
        else:
            if padding not in ("same", "valid") or (padding == "same" and set(self.stride) != {1}):
                raise ArgumentError(
                    f"{name}: padding must be numbers, 'valid', or 'same' with stride 1; got {padding!r} with "
                    f"stride {self.stride}"
                )
            self.padding = padding
        self.groups = groups
        self.padding_mode = padding_mode
        ends = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(ag.empty(*ends, *self.kernel_size, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, within ±1/√fan_in."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = self.weight.shape[1] * math.prod(self.kernel_size)
            bound = 1 / math.sqrt(fan_in) if fan_in else 0
            init.uniform_(self.bias, -bound, bound)

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

    def extra_repr(self) -> str:
        """Return the settings that are not the default."""
        zero, one = (0,) * self.rank, (1,) * self.rank
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        parts += [f"padding={self.padding}"] if self.padding != zero else []
        parts += [f"dilation={self.dilation}"] if self.dilation != one else []
        parts += [f"output_padding={self.output_padding}"] if self.output_padding != zero else []
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        parts += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(parts)


class Conv1d(_Convolution):
    """Slide filters over sequences.

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: K.
        stride: step between positions.
        padding: how much is added at both ends; 'same' keeps the length, 'valid' adds nothing.
        dilation: distance between the elements that a filter sees.
        groups: blocks of channels that are convolved separately.
        bias: False leaves the added constant out.
        padding_mode: 'zeros', 'reflect', 'replicate' or 'circular'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, L) -> (N, O, OL), OL = (L + 2·padding - dilation·(K - 1) - 1) // stride + 1; weight (O, C/groups, K).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.Conv1d.

    Example:
        >>> import autograd_np as ag
        >>> Conv1d(2, 4, 3, padding=1)(ag.ones(5, 2, 10)).shape
        (5, 4, 10)
    """

    rank = 1

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
            bias,
            padding_mode,
            device,
            dtype,
        )

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
        padding_mode: 'zeros', 'reflect', 'replicate' or 'circular'.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: (N, C, H, W) -> (N, O, OH, OW), OH = (H + 2·padding - dilation·(KH - 1) - 1) // stride + 1;
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
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Return the filters' responses."""
        x, padding = self._padded(input)
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class ConvTranspose2d(_Convolution):
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

    Shapes: (N, C, H, W) -> (N, O, OH, OW), OH = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1;
        weight (C, O/groups, KH, KW), bias (O,).
    Raises: ArgumentError for settings that do not fit together.
    Source: torch.nn.ConvTranspose2d.

    Example:
        >>> import autograd_np as ag
        >>> ConvTranspose2d(8, 1, 2, stride=2)(ag.ones(5, 8, 14, 14)).shape
        (5, 1, 28, 28)
    """

    rank = 2
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
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Return the enlarged images, of `output_size` (OH, OW) if that is given and can be reached."""
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        padding = self._around()
        return F.conv_transpose2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            tuple(before for before, _ in padding),
            extra,
            self.groups,
            self.dilation,
        )

    def _extra(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """Return the output padding that leads to this size."""
        wanted = tuple(output_size)[-self.rank :]
        shape = input.shape[-self.rank :]
        geometry = zip(wanted, shape, self.stride, self._around(), self.dilation, self.kernel_size, strict=True)
        least = []
        extra = []
        for size, n, stride, (before, after), dilation, kernel in geometry:
            smallest = (n - 1) * stride - before - after + dilation * (kernel - 1) + 1
            least.append(smallest)
            extra.append(size - smallest)
        if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, self.stride, self.dilation, strict=True)):
            most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
            raise ShapeError(
                f"ConvTranspose2d: output_size {wanted} cannot come from an input of shape {input.shape}: it must lie "
                f"between {tuple(least)} and {tuple(most)}"
            )
        return tuple(extra)
