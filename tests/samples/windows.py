"""Records of autograd_np.ops.windows."""

from __future__ import annotations

import numpy as np

from autograd_np.kernels.windows import ConvGeometry
from autograd_np.ops import windows
from tests.kernels.images import rows_of_windows
from tests.samples import Case, Record

_X = np.sin(np.arange(60.0) * 1.3 + 0.4).reshape(2, 2, 3, 5) + 0.2
_COLUMNS = np.sin(np.arange(96.0) * 0.7).reshape(2, 8, 6)


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _geometry(size, kernel_size, stride, padding, dilation):
    borders = tuple((p, p) for p in _pair(padding))
    return ConvGeometry(size, _pair(kernel_size), _pair(stride), borders, _pair(dilation))


def _im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    geo = _geometry(x.shape[-2:], kernel_size, stride, padding, dilation)
    return rows_of_windows(x.reshape(-1, *x.shape[-3:]), geo)


def _unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    rows = _im2col(x, kernel_size, stride, padding, dilation)
    columns = rows.reshape(x.size // x[..., :, :, :].reshape(-1, *x.shape[-3:])[0].size, -1, rows.shape[1])
    return columns.swapaxes(1, 2).reshape(*x.shape[:-3], rows.shape[1], -1)


def _fold(columns, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Where each element of the images goes tells what comes back to it."""
    channels = columns.shape[-2] // np.prod(_pair(kernel_size))
    shape = (channels, *_pair(output_size))
    images = np.zeros((*columns.shape[:-2], *shape))
    for at in np.ndindex(*shape):
        one = np.zeros(shape)
        one[at] = 1
        where = _unfold(one, kernel_size, dilation, padding, stride)
        images[(..., *at)] = (columns * where).sum((-1, -2))
    return images


_OPTIONS = {"padding": (1, 0), "stride": (2, 1), "dilation": (1, 2)}

RECORDS = [
    Record(
        "im2col",
        windows.im2col,
        _im2col,
        (Case((_X, 2)), Case((_X, (2, 3)), _OPTIONS), Case((_X[0], 2), {"stride": 2})),
        rows=("im2col", "col2im"),
        torch=None,
    ),
    Record(
        "unfold",
        windows.unfold,
        _unfold,
        (Case((_X, 2)), Case((_X, (2, 3)), _OPTIONS), Case((_X[0], 2), {"stride": 2})),
        rows=("unfold", "fold"),
        torch="nn.functional.unfold",
    ),
    Record(
        "fold",
        windows.fold,
        _fold,
        (
            Case((_COLUMNS[..., :4], (3, 3), 2)),
            Case((_COLUMNS, (3, 6), 2), {"padding": (1, 0), "stride": (2, 2)}),
            Case((_COLUMNS[0], (4, 5), 2), {"dilation": (1, 3)}),
        ),
        rows=("fold", "unfold"),
        torch="nn.functional.fold",
    ),
]
