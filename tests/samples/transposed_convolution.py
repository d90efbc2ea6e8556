"""Records of autograd_np.ops.transposed_convolution."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import transposed_convolution
from tests.kernels.images import each_axis
from tests.samples import Case, Record
from tests.samples.convolution import _B, _W1, _W2, _W3, _X1, _X2, _X3


def _conv_transpose(x, w, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Lay the filter down at every element, cut off the padding, and leave the output padding on."""
    rank = w.ndim - 2
    batch = x.reshape(-1, *x.shape[-rank - 1 :])
    steps, gaps, borders = each_axis(stride, rank), each_axis(dilation, rank), each_axis(padding, rank)
    extra, out = each_axis(output_padding, rank), w.shape[1]
    spans = [
        (n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(batch.shape[2:], steps, gaps, w.shape[2:], strict=True)
    ]
    whole = np.zeros((len(batch), out * groups, *(n + e for n, e in zip(spans, extra, strict=True))))
    for at in np.ndindex(*batch.shape):
        first = at[1] // (len(w) // groups) * out
        for o, *offset in np.ndindex(*w.shape[1:]):
            place = tuple(i * s + j * d for i, s, j, d in zip(at[2:], steps, offset, gaps, strict=True))
            whole[(at[0], first + o, *place)] += batch[at] * w[(at[1], o, *offset)]
    kept = tuple(slice(p, n - p + e) for p, n, e in zip(borders, spans, extra, strict=True))
    y = whole[(..., *kept)]
    if bias is not None:
        y = y + bias.reshape(-1, *(1,) * rank)
    return y if x.ndim == w.ndim else y[0]


RECORDS = [
    Record(
        "conv_transpose1d",
        transposed_convolution.conv_transpose1d,
        _conv_transpose,
        (
            Case((_X1, _W1)),
            Case((_X1, _W1, _B), {"stride": 2, "padding": 1, "output_padding": 1}),
            Case((_X1[0], _W1[:, :1], _B), {"groups": 2, "dilation": 2}),
            # More output padding than the stride: within the padding that is cut off, and beyond the last filter.
            Case((_X1[:1], _W1), {"dilation": 3, "padding": 2, "output_padding": 2}),
            Case((_X1[:1], _W1, _B), {"stride": 2, "dilation": 4, "padding": 1, "output_padding": 3}),
        ),
        rows=("conv_transpose1d", "conv1d", "conv1d_dw"),
        torch="nn.functional.conv_transpose1d",
    ),
    Record(
        "conv_transpose2d",
        transposed_convolution.conv_transpose2d,
        _conv_transpose,
        (
            Case((_X2, _W2)),
            Case((_X2, _W2, _B), {"stride": 2, "padding": (1, 0), "output_padding": (1, 0)}),
            Case((_X2[0], _W2[:, :1], _B), {"groups": 2, "dilation": (1, 2)}),
            Case((_X2[:1], _W2), {"dilation": (1, 3), "output_padding": (0, 2)}),
        ),
        rows=("conv_transpose2d", "conv2d", "conv2d_dw"),
        torch="nn.functional.conv_transpose2d",
    ),
    Record(
        "conv_transpose3d",
        transposed_convolution.conv_transpose3d,
        _conv_transpose,
        (
            Case((_X3, _W3)),
            Case((_X3, _W3, _B), {"stride": (1, 2, 2), "padding": (1, 0, 1), "output_padding": (0, 1, 1)}),
            Case((_X3[0], _W3[:, :1], _B), {"groups": 2, "dilation": (2, 1, 1)}),
        ),
        rows=("conv_transpose3d", "conv3d", "conv3d_dw"),
        torch="nn.functional.conv_transpose3d",
    ),
]
