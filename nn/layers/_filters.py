"""What convolutions and their transposes share."""

from __future__ import annotations

import math
from typing import Any

import autograd_np as ag
from autograd_np.errors import ArgumentError
from nn import init
from nn._sizes import Size, sizes
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["Filters"]


class Filters(Module):
    """What convolutions and their transposes share: settings, filters, and their initial values."""

    rank: int
    transposed: bool
    padding: tuple[int, ...] | str
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
        padding_mode: str,
        padding_modes: tuple[str, ...],
    ) -> None:
        super().__init__()
        name = self._get_name()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"{name}: groups {groups} must divide in_channels {in_channels} and out_channels {out_channels}"
            )
        if padding_mode not in padding_modes:
            raise ArgumentError(f"{name}: padding_mode must be one of {', '.join(padding_modes)}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes(kernel_size, self.rank, name, "kernel_size", least=1)
        self.stride = sizes(stride, self.rank, name, "stride", least=1)
        self.dilation = sizes(dilation, self.rank, name, "dilation", least=1)
        self.output_padding = sizes(output_padding, self.rank, name, "output_padding")
        self.padding = padding if isinstance(padding, str) else sizes(padding, self.rank, name, "padding")
        self.groups = groups
        self.padding_mode = padding_mode

    def make_filters(self, ends: tuple[int, int], bias: bool, device: Any, dtype: Any) -> None:
        """Give weight and bias their shapes and initial values; `ends` are the filters' first two sizes."""
        self.weight = Parameter(ag.empty(*ends, *self.kernel_size, device=device, dtype=dtype))
        shift = Parameter(ag.empty(self.out_channels, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, within ±1/√fan_in."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = self.weight.shape[1] * math.prod(self.kernel_size)
            bound = 1 / math.sqrt(fan_in) if fan_in else 0
            init.uniform_(self.bias, -bound, bound)

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
