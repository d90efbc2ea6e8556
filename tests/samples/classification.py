"""Records of autograd_np.ops.classification."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import classification
from tests.samples import Case, Record

_X = np.sin(np.arange(12.0) * 1.7 + 0.3).reshape(3, 4) * 2
_IMAGE = np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(2, 3, 4) * 2
_T = np.array([2, 0, 3])
_IMAGE_T = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])


def _functional(name):
    return f"nn.functional.{name}"


def _softmax(x, dim):
    e = np.exp(x)
    return e / e.sum(axis=dim, keepdims=True)


def _one_hot(index, num_classes=-1):
    return np.eye(index.max() + 1 if num_classes == -1 else num_classes, dtype=np.int64)[index]


RECORDS = [
    Record(
        "softmax",
        classification.softmax,
        _softmax,
        (Case((_X,), {"dim": 1}), Case((_IMAGE,), {"dim": 1}), Case((_X[0],), {"dim": 0})),
        rows=("softmax", "softmax_dx", "sum"),
    ),
    Record(
        "log_softmax",
        classification.log_softmax,
        lambda x, dim: np.log(_softmax(x, dim)),
        (Case((_X,), {"dim": -1}), Case((_IMAGE,), {"dim": 1}), Case((_X[0],), {"dim": 0})),
        rows=("log_softmax", "log_softmax_dx", "sum", "exp"),
    ),
    Record(
        "softmin",
        classification.softmin,
        lambda x, dim: _softmax(-x, dim),
        (Case((_X,), {"dim": 1}),),
        rows=("softmax", "neg"),
        torch=_functional("softmin"),
    ),
    Record(
        "one_hot",
        classification.one_hot,
        _one_hot,
        (Case((_T,)), Case((_IMAGE_T,), {"num_classes": 5})),
        rows=(),
        order=0,
        torch=_functional("one_hot"),
    ),
]
