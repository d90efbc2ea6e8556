"""The adaptive softmax, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_SAMPLES = ((5, 6), ("values", [0, 3, 6, 1, 8]))

LAYERS: dict[str, tuple[Any, ...]] = {
    "AdaptiveLogSoftmaxWithLoss(6, 9, [2, 5], div_value=2.0)": _SAMPLES,
    "AdaptiveLogSoftmaxWithLoss(6, 9, cutoffs=[4], head_bias=True)": _SAMPLES,
    "AdaptiveLogSoftmaxWithLoss(6, 9, [2, 5], 1.5) | layer(a[1], b[1])": _SAMPLES,
    "AdaptiveLogSoftmaxWithLoss(6, 9, [1, 7], 2.0) | layer(a[:2], b[:2])": _SAMPLES,
    "AdaptiveLogSoftmaxWithLoss(6, 9, [2, 5], 2.0) | layer.log_prob(a)": ((3, 6),),
    "AdaptiveLogSoftmaxWithLoss(6, 9, [1, 5], 1.3, True) | layer.predict(a)": ((8, 6),),
}
