"""Losses of unaligned sequences, compared with PyTorch. `tests.nn.torch_cases` says what a line means.

PyTorch's gradient is that after log_softmax, so that the cases begin with it.
"""

from __future__ import annotations

from typing import Any

_REDUCTIONS = ("mean", "sum", "none")
_SCORES = (6, 2, 4)
_PADDED = (_SCORES, ("values", [[1, 2, 3], [2, 2, 1]]), ("values", [6, 5]), ("values", [3, 2]))
_IN_A_ROW = (_SCORES, ("values", [1, 2, 3, 2, 2]))
_ALONE = ((5, 3), ("values", [1, 1]))
_LOGS = "nn.functional.log_softmax(a, -1)"

LAYERS: dict[str, tuple[Any, ...]] = {
    **{f"CTCLoss(reduction='{r}') | layer({_LOGS}, b, c, d)": _PADDED for r in _REDUCTIONS},
    f"CTCLoss() | layer({_LOGS}, b, (6, 5), (3, 2))": _IN_A_ROW,
    f"CTCLoss(blank=3) | layer({_LOGS}, b, (6, 6), (2, 3))": (_SCORES, ("values", [[1, 2, 0], [0, 0, 1]])),
    f"CTCLoss(zero_infinity=True, reduction='none') | layer({_LOGS}, b, (3, 6), (3, 2))": (
        _SCORES,
        ("values", [[2, 2, 1], [1, 3, 0]]),
    ),
    f"CTCLoss(zero_infinity=True) | layer({_LOGS}, b, (4, 6), (3, 0))": (_SCORES, ("values", [[2, 2, 2], [1, 3, 0]])),
    f"CTCLoss(reduction='none') | layer({_LOGS}, b, (3, 6), (3, 2))": (_SCORES, ("values", [[2, 2, 1], [1, 3, 0]])),
    **{
        f"CTCLoss(reduction='{r}') | layer({_LOGS}, b, c, d)": (*_ALONE, ("values", 5), ("values", 2))
        for r in ("mean", "none")
    },
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.ctc_loss(F.log_softmax(a, -1), b, c, d, 0, 'sum', True)": _PADDED,
    "F.ctc_loss(F.log_softmax(a, -1), b, (5,), (2,))": _ALONE,
    "F.ctc_loss(F.log_softmax(a, -1), b, (40, 33), (12, 7), reduction='none')": (
        (40, 2, 3),
        ("values", [[1, 2, 1, 1, 2, 2, 2, 1, 2, 1, 2, 1], [2, 2, 2, 2, 1, 2, 1, 0, 0, 0, 0, 0]]),
    ),
}
