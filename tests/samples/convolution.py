"""Records of autograd_np.ops.convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np.kernels.windows import ConvGeometry
from autograd_np.ops import convolution
from tests.kernels import images
from tests.samples import Case, Record


def _waves(*shape: int, step: float = 1.3) -> Any:
    return np.sin(np.arange(np.prod(shape)) * step + 0.4).reshape(shape) + 0.2


_X1, _W1 = _waves(2, 2, 5), _waves(2, 2, 3, step=0.7)
_X2, _W2 = _waves(2, 2, 4, 3), _waves(2, 2, 3, 2, step=0.7)
_B = np.array([0.3, -0.5])
_GROUPED = _waves(4, 1, 2, 2, step=0.9)


def _spread(value: Any, rank: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * rank


def _conv(x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
    rank = w.ndim - 2
    batch = x.reshape(-1, *x.shape[-rank - 1 :])
    gaps, steps = _spread(dilation, rank), _spread(stride, rank)
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(gaps, w.shape[2:], strict=True)]
        borders = tuple((t // 2, t - t // 2) for t in totals)
    else:
        borders = tuple((p, p) for p in _spread(0 if padding == "valid" else padding, rank))
    y = images.conv(batch, w, bias, ConvGeometry(x.shape[-rank:], w.shape[2:], steps, borders, gaps, groups))
    return y if x.ndim == w.ndim else y[0]


def _conv_transpose(x, w, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    rank = w.ndim - 2
    batch = x.reshape(-1, *x.shape[-rank - 1 :])
    steps, gaps, borders = _spread(stride, rank), _spread(dilation, rank), _spread(padding, rank)
    extra = _spread(output_padding, rank)
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(x.shape[-rank:], steps, borders, gaps, w.shape[2:], extra, strict=True)
    )
    geo = ConvGeometry(size, w.shape[2:], steps, tuple((p, p) for p in borders), gaps, groups)
    y = images.conv_transpose(batch, w, bias, geo)
    return y if x.ndim == w.ndim else y[0]


RECORDS = [
    Record(
        "conv1d",
        convolution.conv1d,
        _conv,
        (
            Case((_X1, _W1)),
            Case((_X1, _W1, _B), {"stride": 2, "padding": 1}),
            Case((_X1[0], _W1), {"dilation": 2, "padding": (2,)}),
            Case((_X1, _W1[:, :1, :2], _B), {"groups": 2, "padding": "same"}),
        ),
        rows=("conv1d", "conv1d_dx", "conv1d_dw"),
        torch="nn.functional.conv1d",
    ),
    Record(
        "conv2d",
        convolution.conv2d,
        _conv,
        (
            Case((_X2, _W2)),
            Case((_X2, _W2, _B), {"stride": (2, 1), "padding": (1, 0)}),
            Case((_X2[0], _W2, _B), {"padding": "same"}),
            Case((_X2, _W2[:, :, :2]), {"dilation": (2, 1), "padding": "valid"}),
            Case((_X2, _GROUPED, np.array([0.1, 0.2, 0.3, 0.4])), {"groups": 2}),
            Case((_X2, _W2[:, :, :1, :1])),
        ),
        rows=("conv2d", "conv2d_dx", "conv2d_dw"),
        torch="nn.functional.conv2d",
    ),
    Record(
        "conv_transpose1d",
        convolution.conv_transpose1d,
        _conv_transpose,
        (
            Case((_X1, _W1)),
            Case((_X1, _W1, _B), {"stride": 2, "padding": 1, "output_padding": 1}),
            Case((_X1[0], _W1[:, :1], _B), {"groups": 2, "dilation": 2}),
        ),
        rows=("conv_transpose1d", "conv1d", "conv1d_dw"),
        torch="nn.functional.conv_transpose1d",
    ),
    Record(
        "conv_transpose2d",
        convolution.conv_transpose2d,
        _conv_transpose,
        (
            Case((_X2, _W2)),
            Case((_X2, _W2, _B), {"stride": 2, "padding": (1, 0), "output_padding": (1, 0)}),
            Case((_X2[0], _W2[:, :1], _B), {"groups": 2, "dilation": (1, 2)}),
        ),
        rows=("conv_transpose2d", "conv2d", "conv2d_dw"),
        torch="nn.functional.conv_transpose2d",
    ),
]
