"""Records of autograd_np.ops.attention."""

from __future__ import annotations

import numpy as np

from autograd_np.ops import attention
from tests.samples import Case, Record


def _numbers(*shape, start):
    return np.sin(np.arange(float(np.prod(shape))) * 1.7 + start).reshape(shape)


_Q, _K, _V = (_numbers(2, n, d, start=0.3 + n + d) for n, d in ((3, 2), (4, 2), (4, 3)))
_Q4, _K4, _V4 = (_numbers(1, 4, n, 2, start=0.7 + n) for n in (3, 5, 5))
_BIAS = _numbers(3, 4, start=2.0)
_SEEN = np.array([[True, False, True, True], [False] * 4, [False, True, True, False]])


def _attention(q, k, v, attn_mask=None, is_causal=False, scale=None, enable_gqa=False):
    if enable_gqa:
        k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], axis=-3) for x in (k, v))
    scores = np.einsum("...le,...se->...ls", q, k) * (q.shape[-1] ** -0.5 if scale is None else scale)
    seen = np.tril(np.ones(scores.shape[-2:], bool)) if is_causal else True
    if attn_mask is not None and attn_mask.dtype.kind == "b":
        seen = attn_mask
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = np.where(seen, np.exp(scores), 0)
    sums = weights.sum(-1, keepdims=True)
    return weights / np.where(sums == 0, 1, sums) @ v


RECORDS = [
    Record(
        "scaled_dot_product_attention",
        attention.scaled_dot_product_attention,
        _attention,
        (
            Case((_Q, _K, _V)),
            Case((_Q[0], _K[0], _V[0]), {"scale": 0.3}),
            Case((_Q, _K, _V), {"is_causal": True}),
            Case((_K, _Q, _V[:, :3]), {"is_causal": True}),
            Case((_Q, _K, _V, _SEEN)),
            Case((_Q, _K, _V, np.stack([_SEEN, ~_SEEN]))),
            Case((_Q, _K, _V, _BIAS)),
            Case((_Q, _K, _V, _numbers(2, 1, 4, start=0.1))),
            Case((_Q, _K, _V, _numbers(4, start=0.1))),
            Case((_Q4, _K4, _V4, _numbers(4, 3, 5, start=0.2))),
            Case((_Q4, _K4[:, :2], _V4[:, :2]), {"enable_gqa": True}),
            Case((_Q4, _K4[:, :1], _V4[0])),
        ),
        rows=("attention",),
        torch="nn.functional.scaled_dot_product_attention",
    ),
]
