"""Records of autograd_np.ops.repeating."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import repeating
from tests.samples import Case, Record

_X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.1
_M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
_V = np.array([0.5, -1.5, 2.5])
_W = np.array([1.0, 2.0])
_S = np.array(1.5)
_I = np.arange(6).reshape(2, 3)
_TIMES = np.array([2, 0, 1])

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _padded(x, pad, mode="constant", value=None):
    if not pad:
        return x
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    if mode == "reflect" and min(pad) < 0:
        # A mirror stands at the edge that is then cut off.
        both = [(max(a, 0), max(b, 0)) for a, b in pairs]
        return _cropped(np.pad(x, both, "reflect"), pairs)
    x = _cropped(x, pairs)
    options = {"constant_values": value or 0} if mode == "constant" else {}
    return np.pad(x, [(max(a, 0), max(b, 0)) for a, b in pairs], _MODES[mode], **options)


def _cropped(x, pairs):
    return x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pairs, strict=True))]


RECORDS = [
    Record(
        "repeat",
        repeating.repeat,
        lambda x, *times: np.tile(x, times),
        (Case((_M, 2, 3)), Case((_M, 2, 1, 2)), Case((_M, 1, 1)), Case((_M, 0, 2)), Case((_S, 3)), Case((_I, 1, 2))),
        rows=("repeat",),
        torch=lambda torch, x, *times: x.repeat(*times),
    ),
    Record(
        "tile",
        repeating.tile,
        np.tile,
        (Case((_M, (2,))), Case((_M, (2, 1, 2))), Case((_S, (2, 2)))),
        rows=("repeat",),
    ),
    Record(
        "repeat_interleave",
        repeating.repeat_interleave,
        lambda x, repeats=None, dim=None: (
            np.repeat(np.arange(x.size), x) if repeats is None else np.repeat(x, repeats, dim)
        ),
        (
            Case((_M, 3)),
            Case((_M, 2, 1)),
            Case((_M, _TIMES, 1)),
            Case((_V, _TIMES)),
            Case((_M, 0, 0)),
            Case((_TIMES,)),
            Case((_I, 2, -1)),
        ),
        rows=("repeat_interleave", "repeat_each", "place"),
    ),
    Record(
        "pad",
        repeating.pad,
        _padded,
        (
            Case((_X, (1, 2))),
            Case((_X, (1, 0, 2, 1)), {"mode": "constant", "value": 3.5}),
            Case((_X, (-1, 2, 1, -2))),
            Case((_X, (3, 2)), {"mode": "reflect"}),
            Case((_X, (2, 1)), {"mode": "reflect"}),
            Case((_X, (-1, 2)), {"mode": "reflect"}),
            Case((_X, (5, 2)), {"mode": "replicate"}),
            Case((_X, (-1, 2)), {"mode": "replicate"}),
            Case((_X, (4, 2)), {"mode": "circular"}),
            Case((_X, (-1, 2)), {"mode": "circular"}),
            Case((_X[None], (1, 2, 2, 1)), {"mode": "reflect"}),
            Case((_X[None], (1, 2, 2, 1)), {"mode": "replicate"}),
            Case((_X[None], (1, 2, 2, 1)), {"mode": "circular"}),
            Case((_I, (1, 1)), {"mode": "constant", "value": 7}),
            Case((_S, ())),
        ),
        rows=("pad", "pad_by", "place"),
        torch="nn.functional.pad",
    ),
    Record(
        "meshgrid",
        repeating.meshgrid,
        lambda *xs, indexing="ij": np.meshgrid(*xs, indexing=indexing),
        (
            Case((_V, _W), {"indexing": "ij"}),
            Case((_V, _W, _V), {"indexing": "xy"}),
            Case((_V, _S), {"indexing": "ij"}),
            Case((_V,), {"indexing": "xy"}),
        ),
        rows=("reshape", "expand"),
    ),
]
