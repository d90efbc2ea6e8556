"""Records of autograd_np.ops.convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_np.kernels.windows import ConvGeometry
from autograd_np.ops import convolution
from tests.kernels import images
from tests.kernels.images import each_axis
from tests.samples import Case, Record


def _waves(*shape: int, step: float = 1.3) -> Any:
    return np.sin(np.arange(np.prod(shape)) * step + 0.4).reshape(shape) + 0.2


_X1, _W1 = _waves(2, 2, 5), _waves(2, 2, 3, step=0.7)
_X2, _W2 = _waves(2, 2, 4, 3), _waves(2, 2, 3, 2, step=0.7)
_X3, _W3 = _waves(1, 2, 3, 2, 3), _waves(2, 2, 2, 1, 2, step=0.7)
_B = np.array([0.3, -0.5])
_GROUPED = _waves(4, 1, 2, 2, step=0.9)


def _conv(x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
    rank = w.ndim - 2
    batch = x.reshape(-1, *x.shape[-rank - 1 :])
    gaps, steps = each_axis(dilation, rank), each_axis(stride, rank)
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(gaps, w.shape[2:], strict=True)]
        borders = tuple((t // 2, t - t // 2) for t in totals)
    else:
        borders = tuple((p, p) for p in each_axis(0 if padding == "valid" else padding, rank))
    y = images.conv(batch, w, bias, ConvGeometry(x.shape[-rank:], w.shape[2:], steps, borders, gaps, groups))
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
        "conv3d",
        convolution.conv3d,
        _conv,
        (
            Case((_X3, _W3)),
            Case((_X3, _W3, _B), {"stride": (2, 1, 1), "padding": (1, 0, 1)}),
            Case((_X3[0], _W3[:, :1], _B), {"dilation": (2, 1, 1), "padding": "same", "groups": 2}),
        ),
        rows=("conv3d", "conv3d_dx", "conv3d_dw"),
        torch="nn.functional.conv3d",
    ),
]
