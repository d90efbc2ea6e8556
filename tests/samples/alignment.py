"""Records of autograd_np.ops.alignment."""

from __future__ import annotations

import itertools

import numpy as np

from autograd_np.ops import alignment
from tests.samples import Case, Record


def _log_softmax(x):
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


_X = _log_softmax(2 * np.sin(np.arange(24.0) * 1.3 + 0.4).reshape(4, 2, 3))
_PADDED, _IN_A_ROW = np.array([[1, 2], [2, 1]]), np.array([1, 2, 2])
#: The second sample would need five steps: its two labels are equal, so there is a blank between them.
_TOO_LONG = np.array([[1, 2, 0], [2, 2, 2]])


def _labels(path, blank):
    """Return what a path of classes reads as: repetitions are one label, and blanks are none."""
    return tuple(k for k, _ in itertools.groupby(path) if k != blank)


def _ctc(x, targets, steps, sizes, blank=0, reduction="mean", zero_infinity=False):
    """Sum the probabilities of all paths that read as the targets."""
    batch = x if x.ndim == 3 else x[:, None]
    steps, sizes = np.reshape(steps, -1), np.reshape(sizes, -1)
    rows = targets if targets.ndim == 2 else np.split(targets, np.cumsum(sizes)[:-1])
    losses = []
    for n, row in enumerate(rows):
        wanted, p = tuple(row[: sizes[n]]), np.exp(batch[: steps[n], n])
        paths = itertools.product(range(batch.shape[2]), repeat=int(steps[n]))
        total = sum(np.prod([p[t, k] for t, k in enumerate(path)]) for path in paths if _labels(path, blank) == wanted)
        losses.append(-np.log(total) if total or not zero_infinity else 0.0)
    losses = np.array(losses)
    if reduction == "none":
        return losses if x.ndim == 3 else losses[0]
    return losses.sum() if reduction == "sum" else np.mean(losses / np.maximum(sizes, 1))


def _reductions(*operands, **options):
    return tuple(Case(operands, {"reduction": r, **options}) for r in ("mean", "sum", "none"))


RECORDS = [
    Record(
        "ctc_loss",
        alignment.ctc_loss,
        _ctc,
        (
            *_reductions(_X, _PADDED, np.array([4, 3]), np.array([2, 1])),
            *_reductions(_X, _IN_A_ROW, (4, 4), (1, 2)),
            *_reductions(_X, _TOO_LONG, (4, 4), (2, 3), zero_infinity=True),
            Case((_X, np.array([[0, 1], [1, 0]]), (3, 4), (2, 2)), {"blank": 2}),
            Case((_X, _PADDED, (4, 2), (0, 1))),
            *_reductions(_X[:, 0], np.array([1, 2]), np.array(4), np.array(2)),
        ),
        rows=("ctc", "ctc_dx", "ctc_dxx"),
        # PyTorch's gradient is the one after log_softmax; the comparison of whole losses is in tests/nn/cases.
        torch=None,
    ),
]
