"""Losses of numbers and classes, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_REDUCTIONS = ("mean", "sum", "none")
_SCORES = ((4, 3), ("classes", (4,), 3))
_IMAGE = ((2, 3, 4), ("classes", (2, 4), 3))
_WEIGHTS = ("probabilities", (3,))
_IMAGE_OF_PROBABILITIES = ((2, 3, 2), ("probabilities", (2, 3, 2)))
_PAIR = ((2, 4), (2, 4))
_SHARES = (("probabilities", (2, 3)), ("probabilities", (2, 3)))
_LOGITS = ((2, 3), ("probabilities", (2, 3)))
_EXTREME = (
    ("values", [[-200.0, -40.0, -1e-3], [0.0, 40.0, 200.0]]),
    ("values", [[0.0, 1.0, 0.0], [0.5, 0.0, 1.0]]),
)
_COUNTS = ((2, 3), ("values", [[0.0, 1.0, 3.0], [7.0, 2.0, 1.5]]))
_CERTAIN = (("values", [0.0, 1.0, 0.3]), ("values", [1.0, 0.0, 0.0]))

LAYERS: dict[str, tuple[Any, ...]] = {
    **{f"CrossEntropyLoss(reduction='{r}')": _SCORES for r in _REDUCTIONS},
    "CrossEntropyLoss(reduction='none', label_smoothing=0.1)": _SCORES,
    "CrossEntropyLoss(ignore_index=1, reduction='sum')": _IMAGE,
    "CrossEntropyLoss(ignore_index=1, label_smoothing=0.3)": _IMAGE,
    "CrossEntropyLoss(label_smoothing=0.2)": ((4, 3), ("probabilities", (4, 3))),
    **{f"CrossEntropyLoss(reduction='{r}') | layer(a, b)": _IMAGE_OF_PROBABILITIES for r in _REDUCTIONS},
    "CrossEntropyLoss() | layer(a[0], b[0])": _SCORES,
    "CrossEntropyLoss(size_average=False)": _SCORES,
    "CrossEntropyLoss(reduce=False)": _SCORES,
    **{f"NLLLoss(reduction='{r}')": _SCORES for r in _REDUCTIONS},
    "NLLLoss(ignore_index=2, reduction='none')": _IMAGE,
    "NLLLoss(ignore_index=2)": _IMAGE,
    "NLLLoss() | layer(a[0], b[0])": _SCORES,
    "NLLLoss(size_average=False, reduce=True)": _SCORES,
    **{f"{name}(reduction='{r}')": _PAIR for name in ("MSELoss", "L1Loss") for r in _REDUCTIONS},
    **{f"{name}(size_average=False)": _PAIR for name in ("MSELoss", "L1Loss", "SmoothL1Loss")},
    **{f"{name}(reduce=False)": _PAIR for name in ("MSELoss", "L1Loss", "SmoothL1Loss")},
    **{f"SmoothL1Loss(reduction='{r}', beta=0.5)": _PAIR for r in _REDUCTIONS},
    "SmoothL1Loss(beta=0)": _PAIR,
    "HuberLoss()": _PAIR,
    **{f"HuberLoss(delta=0.5, reduction='{r}')": _PAIR for r in _REDUCTIONS},
    **{f"BCELoss(reduction='{r}')": _SHARES for r in _REDUCTIONS},
    "BCELoss(reduction='sum') | layer(a, b.detach())": _CERTAIN,
    "BCELoss(size_average=False)": _SHARES,
    **{f"BCEWithLogitsLoss(reduction='{r}')": _LOGITS for r in _REDUCTIONS},
    "BCEWithLogitsLoss(reduction='none') | layer(a, b)": _EXTREME,
    "BCEWithLogitsLoss(reduce=False)": _LOGITS,
    **{f"KLDivLoss(reduction='{r}')": _LOGITS for r in (*_REDUCTIONS, "batchmean")},
    **{f"KLDivLoss(reduction='{r}', log_target=True)": ((2, 3), (2, 3)) for r in (*_REDUCTIONS, "batchmean")},
    "KLDivLoss(size_average=False)": _LOGITS,
    **{f"PoissonNLLLoss(reduction='{r}') | layer(a, b.detach())": _COUNTS for r in _REDUCTIONS},
    "PoissonNLLLoss(full=True, reduction='none') | layer(a, b.detach())": _COUNTS,
    "PoissonNLLLoss(False, True, eps=0.01) | layer(a, b.detach())": (("probabilities", (2, 3)), _COUNTS[1]),
    "PoissonNLLLoss(log_input=False) | layer(a, b)": (("probabilities", (2, 3)), ("probabilities", (2, 3))),
    "PoissonNLLLoss(size_average=False)": _PAIR,
    "PoissonNLLLoss(reduce=False)": _PAIR,
    **{f"GaussianNLLLoss(reduction='{r}')": (*_PAIR, ("probabilities", (2, 4))) for r in _REDUCTIONS},
    "GaussianNLLLoss(full=True, eps=0.2)": (*_PAIR, ("probabilities", (2, 4))),
    "GaussianNLLLoss(reduction='none') | layer(a, b, c)": (*_PAIR, ("probabilities", (2,))),
    "GaussianNLLLoss(reduction='sum') | layer(a, b, c)": (*_PAIR, ("probabilities", (1, 4))),
    "GaussianNLLLoss() | layer(a, b, c)": ((2, 4), (2, 1), ("probabilities", (2, 1))),
    "GaussianNLLLoss() | layer(a, b, 0.7)": _PAIR,
    **{f"SoftMarginLoss(reduction='{r}') | layer(a, b.detach())": ((2, 3), ("signs", (2, 3))) for r in _REDUCTIONS},
    "SoftMarginLoss(reduce=False) | layer(a, b.detach())": ((2, 3), ("signs", (2, 3))),
    **{f"MultiLabelSoftMarginLoss(reduction='{r}')": _LOGITS for r in _REDUCTIONS},
    "MultiLabelSoftMarginLoss() | layer(a[0], b[0])": _LOGITS,
    "MultiLabelSoftMarginLoss(size_average=False)": _LOGITS,
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    **{f"F.cross_entropy(a, b, c.detach(), reduction='{r}')": (*_SCORES, _WEIGHTS) for r in _REDUCTIONS},
    **{
        f"nn.CrossEntropyLoss(c.detach(), label_smoothing=0.2, ignore_index=1, reduction='{r}')(a, b)": (
            *_IMAGE,
            _WEIGHTS,
        )
        for r in _REDUCTIONS
    },
    "F.cross_entropy(a, b, c, label_smoothing=0.2)": (*_IMAGE_OF_PROBABILITIES, _WEIGHTS),
    "F.cross_entropy(a, b, c, reduction='none')": ((3,), ("probabilities", (3,)), _WEIGHTS),
    "F.cross_entropy(a, b, None, False, 2, True, 'none', 0.1)": _SCORES,
    "F.cross_entropy(a, b, ignore_index=0, reduction='none')": ((2, 3, 2, 2), ("classes", (2, 2, 2), 3)),
    "nn.NLLLoss(c.detach())(a, b)": (*_SCORES, _WEIGHTS),
    "F.nll_loss(a, b, c.detach(), None, 1, None, 'sum')": (*_IMAGE, _WEIGHTS),
    "F.nll_loss(a, b, c.detach(), reduction='none')": ((2, 3, 2, 2), ("classes", (2, 2, 2), 3), _WEIGHTS),
    **{f"F.mse_loss(a, b, reduction='{r}', weight=c)": (*_PAIR, ("probabilities", (2, 4))) for r in _REDUCTIONS},
    **{f"F.l1_loss(a, b, reduction='{r}', weight=c)": (*_PAIR, ("probabilities", (2, 4))) for r in _REDUCTIONS},
    **{f"F.huber_loss(a, b, '{r}', 0.7, c)": (*_PAIR, ("probabilities", (2, 4))) for r in _REDUCTIONS},
    "F.mse_loss(a, b, False)": _PAIR,
    "F.smooth_l1_loss(a, b, None, False)": _PAIR,
    "F.smooth_l1_loss(a, b, beta=0.3)": _PAIR,
    "nn.BCELoss(c.detach())(a, b)": (*_SHARES, _WEIGHTS),
    "F.binary_cross_entropy(a, b, c.detach(), None, False)": (*_SHARES, ("probabilities", (2, 1))),
    "nn.BCEWithLogitsLoss(c.detach(), pos_weight=d.detach())(a, b)": (*_LOGITS, ("probabilities", (2, 1)), _WEIGHTS),
    **{
        f"F.binary_cross_entropy_with_logits(a, b, c.detach(), reduction='{r}', pos_weight=5 * d.detach())": (
            *_EXTREME,
            _WEIGHTS,
            _WEIGHTS,
        )
        for r in _REDUCTIONS
    },
    "F.kl_div(a, b, None, False)": _LOGITS,
    "F.kl_div(a, b.detach(), reduction='batchmean')": ((2, 3), ("values", [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])),
    "F.kl_div(a, b, reduction='batchmean')": ((), ("values", 0.5)),
    "F.poisson_nll_loss(a, b.detach(), True, True, False)": _COUNTS,
    "F.gaussian_nll_loss(a, b, c, True, 0.3, 'sum')": (*_PAIR, ("probabilities", (2, 4))),
    "F.soft_margin_loss(a, b)": ((2, 3), ("values", [[1, -1, 1], [-1, -1, 1]])),
    "nn.MultiLabelSoftMarginLoss(c.detach(), reduction='none')(a, b)": (*_LOGITS, _WEIGHTS),
    "F.multilabel_soft_margin_loss(a, b, c, False)": (*_LOGITS, ("probabilities", (2, 3))),
}
