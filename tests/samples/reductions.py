"""Records of autograd_np.ops.reductions."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import reductions
from tests.samples import Case, Record

_A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_T = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4) + 0.2
_ONE_ZERO = np.array([[0.7, 0.0, 2.1], [1.9, 0.4, -0.6]])
_TWO_ZEROS = np.array([[0.7, 0.0, 0.0], [1.9, 0.0, -0.6]])
_N = np.array([[0, 3, 0], [2, 0, 1]])


def _axes(dim, axis=None):
    chosen = dim if axis is None else axis
    return tuple(chosen) if isinstance(chosen, list) else chosen


def _reference(function):
    def reference(x, dim=None, keepdim=False, dtype=None, axis=None, keepdims=None):
        x = x if dtype is None else x.astype(dtype)
        return function(x, axis=_axes(dim, axis), keepdims=keepdim if keepdims is None else keepdims)

    return reference


def _logsumexp(x, axis, keepdims):
    return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


_ANY_AXES = (
    Case((_T,)),
    Case((_T,), {"dim": 1}),
    Case((_T,), {"dim": (0, -1), "keepdim": True}),
    Case((_T,), {"axis": 2, "keepdims": True}),
    Case((_T,), {"keepdim": True}),
    Case((np.array(0.7),)),
)


def _torch(name):
    """Return PyTorch's reduction with the axes always named: it takes keepdim only beside them."""

    def call(torch, x, dim=None, keepdim=False, dtype=None, axis=None, keepdims=None):
        chosen = dim if axis is None else axis
        axes = tuple(range(x.ndim)) if chosen is None else (chosen,) if isinstance(chosen, int) else chosen
        keep = keepdim if keepdims is None else keepdims
        x = x if dtype is None else x.to(dtype)
        if name != "prod" or not x.ndim:
            return getattr(torch, name)(x, *((axes, keep) if x.ndim or name == "logsumexp" else ()))
        # It multiplies over one axis at a time.
        for i in sorted((i % x.ndim for i in axes), reverse=True):
            x = torch.prod(x, i, keep)
        return x

    return call


RECORDS = [
    Record(
        "sum",
        reductions.sum,
        _reference(np.sum),
        (*_ANY_AXES, Case((_A,), {"dim": 0, "dtype": "float64"})),
        rows=("sum", "expand_reduced"),
        torch=_torch("sum"),
    ),
    Record("mean", reductions.mean, _reference(np.mean), _ANY_AXES, rows=("mean",), torch=_torch("mean")),
    Record(
        "prod",
        reductions.prod,
        _reference(np.prod),
        (
            *_ANY_AXES,
            Case((_ONE_ZERO,)),
            Case((_ONE_ZERO,), {"dim": 1}),
            Case((_TWO_ZEROS,)),
            Case((_TWO_ZEROS,), {"dim": 1, "keepdim": True}),
            Case((np.stack([_ONE_ZERO, _TWO_ZEROS, _A]),), {"dim": (0, 2)}),
            Case((np.array(0.0),)),
        ),
        rows=("prod",),
        torch=_torch("prod"),
    ),
    Record(
        "nansum",
        reductions.nansum,
        _reference(np.nansum),
        (Case((_A,)), Case((_A,), {"dim": (0, 1), "keepdim": True})),
        rows=("nansum", "not_nan"),
    ),
    Record(
        "nanmean",
        reductions.nanmean,
        _reference(np.nanmean),
        (Case((_A,)), Case((_A,), {"dim": 1, "keepdim": True})),
        rows=("nansum", "not_nan"),
    ),
    Record(
        "logsumexp",
        reductions.logsumexp,
        _reference(_logsumexp),
        _ANY_AXES,
        rows=("logsumexp", "exp_difference"),
        torch=_torch("logsumexp"),
    ),
    Record(
        "any",
        reductions.any,
        _reference(np.any),
        (Case((_N,)), Case((_N > 1,), {"dim": 1, "keepdim": True}), Case((_N,), {"dim": (0, 1)})),
        rows=("any",),
        order=0,
    ),
    Record(
        "all",
        reductions.all,
        _reference(np.all),
        (Case((_N,)), Case((_N < 3,), {"dim": 1, "keepdim": True}), Case((_N,), {"dim": (0, 1)})),
        rows=("all",),
        order=0,
    ),
    Record(
        "count_nonzero",
        reductions.count_nonzero,
        lambda x, dim=None: np.count_nonzero(x, axis=dim),
        (Case((_N,)), Case((_A,), {"dim": 1}), Case((_N,), {"dim": (0, 1)})),
        rows=("count_nonzero",),
        order=0,
    ),
]
