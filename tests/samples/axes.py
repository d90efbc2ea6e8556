"""Records of autograd_np.ops.axes."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import axes
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5])
_S = np.array(1.5)
_I = np.arange(6).reshape(2, 3)


RECORDS = [
    Record(
        "permute",
        axes.permute,
        lambda x, order=None, dims=None: x.transpose(dims if order is None else order),
        (Case((_X, (2, 0, 1))), Case((_X, (0, -1, 1))), Case((_S, ())), Case((_I,), {"dims": (1, 0)})),
        rows=("permute",),
    ),
    Record(
        "transpose",
        axes.transpose,
        lambda x, a, b: x.swapaxes(a, b) if x.ndim else x,
        (Case((_X, 0, 2)), Case((_X, -1, 1)), Case((_M, 0, 0)), Case((_S, 0, -1))),
        rows=("transpose", "permute"),
    ),
    Record(
        "movedim",
        axes.movedim,
        np.moveaxis,
        (Case((_X, 0, -1)), Case((_X, (0, 1), (-1, 0))), Case((_X, (2, 0), (0, 1)))),
        rows=("permute",),
    ),
    Record("t", axes.t, np.transpose, (Case((_M,)), Case((_V,)), Case((_S,))), rows=("permute",)),
    Record(
        "adjoint",
        axes.adjoint,
        lambda x: x.swapaxes(-1, -2),
        (Case((_X,)), Case((_M,))),
        rows=("transpose",),
    ),
    Record(
        "flip",
        axes.flip,
        lambda x, order=None, dims=None: np.flip(x, dims if order is None else order),
        (Case((_X, (0,))), Case((_X, (0, -1))), Case((_M,), {"dims": (1,)}), Case((_S, ()))),
        rows=("flip",),
    ),
    Record("fliplr", axes.fliplr, np.fliplr, (Case((_X,)), Case((_M,))), rows=("flip",)),
    Record("flipud", axes.flipud, np.flipud, (Case((_X,)), Case((_V,))), rows=("flip",)),
    Record(
        "roll",
        axes.roll,
        lambda x, shifts, dims=None: np.roll(x, shifts, dims),
        (Case((_X, 5)), Case((_X, 1, 1)), Case((_X, (1, -2), (0, 2))), Case((_X, (1, 2), (1, 1))), Case((_S, 1))),
        rows=("roll", "reshape"),
    ),
    Record(
        "rot90",
        axes.rot90,
        lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims),
        (Case((_M,)), Case((_X, 2, (1, 2))), Case((_X, -1, (0, 2))), Case((_X, 5, (2, 1))), Case((_M, 4))),
        rows=("flip", "transpose"),
    ),
]
