"""Attention, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

# Over three queries and keys: what lies above the diagonal.
_LATER = ("values", [[False, True, True], [False, False, True], [False, False, False]])
_PADDED = ("values", [[False, False, True], [False, True, False]])
_FORWARD = "F.multi_head_attention_forward"

LAYERS: dict[str, tuple[Any, ...]] = {
    "MultiheadAttention(4, 2)": ((3, 2, 4), (2, 2, 4), (2, 2, 4)),
    "MultiheadAttention(4, 2) | layer(a, a, a)": ((3, 2, 4),),
    "MultiheadAttention(2, 1) | layer(a, b, b)": ((3, 2, 2), (2, 2, 2)),
    "MultiheadAttention(2, 2) | layer(a, b, a)": ((3, 2, 2), (3, 2, 2)),
    "MultiheadAttention(4, 2, bias=False, batch_first=True) | layer(a, b, b, need_weights=False)": (
        (2, 3, 4),
        (2, 2, 4),
    ),
    "MultiheadAttention(4, 2, kdim=3, vdim=2)": ((2, 2, 4), (3, 2, 3), (3, 2, 2)),
    "MultiheadAttention(2, 1, bias=False, kdim=3, batch_first=True)": ((1, 2, 2), (1, 3, 3), (1, 3, 2)),
    "MultiheadAttention(2, 2, add_bias_kv=True) | layer(a, a, a, b, True, c)": ((3, 2, 2), _PADDED, _LATER),
    "MultiheadAttention(2, 2, add_zero_attn=True) | layer(a, a, a, b, False, c)": ((3, 2, 2), (2, 3), (3, 3)),
    "MultiheadAttention(2, 2, 0.0, True, True, True, batch_first=True) | layer(a, a, a, b)": ((2, 3, 2), _PADDED),
    "MultiheadAttention(2, 2) | layer(a, a, a, average_attn_weights=False)": ((3, 2, 2),),
    "MultiheadAttention(2, 2) | layer(a, b, b, average_attn_weights=False)": ((3, 2), (2, 2)),
    "MultiheadAttention(2, 2) | layer(a, a, a, need_weights=False)": ((3, 2),),
    "MultiheadAttention(2, 2, dropout=1.0) | layer(a, a, a)": ((3, 2, 2),),
    "MultiheadAttention(2, 2) | layer(a, a, a, attn_mask=b)": ((3, 2, 2), _LATER),
    "MultiheadAttention(2, 2) | layer(a, a, a, need_weights=False, attn_mask=b)": ((3, 2, 2), _LATER),
    "MultiheadAttention(2, 2) | layer(a, b, b, attn_mask=c)": ((2, 2, 2), (3, 2, 2), (2, 3)),
    "MultiheadAttention(2, 2) | layer(a, b, b, need_weights=False, attn_mask=c)": ((2, 2, 2), (3, 2, 2), (4, 2, 3)),
    "MultiheadAttention(2, 2) | layer(a, b, b, attn_mask=c, average_attn_weights=False)": ((2, 2), (3, 2), (2, 2, 3)),
    "MultiheadAttention(2, 1) | layer(a, a, a, need_weights=False, attn_mask=b)": (
        (2, 1, 2),
        ("values", [[[False, True], [False, False]]]),
    ),
    "MultiheadAttention(2, 2) | layer(a, a, a, b)": ((3, 2, 2), _PADDED),
    "MultiheadAttention(2, 2) | layer(a, a, a, b, False)": ((3, 2), ("values", [False, True, False])),
    "MultiheadAttention(2, 2) | layer(a, a, a, b, False, None)": ((3, 2, 2), (2, 3)),
    "MultiheadAttention(2, 2) | layer(a, a, a, b, True, c)": ((3, 2, 2), _PADDED, (3, 3)),
    "MultiheadAttention(2, 2) | layer(a, a, a, None, False, b, is_causal=True)": ((3, 2, 2), _LATER),
    "MultiheadAttention(2, 2) | layer(a, a, a, None, True, b, is_causal=True)": ((3, 2, 2), _LATER),
    "MultiheadAttention(2, 2) | layer(a, a, a, b, False, c, is_causal=True)": ((3, 2, 2), _PADDED, _LATER),
    "MultiheadAttention(2, 2, batch_first=True) | layer(a, a, a, None, False,"
    " nn.Transformer.generate_square_subsequent_mask(3, dtype=a.dtype), is_causal=True)": ((2, 3, 2),),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.scaled_dot_product_attention(a, b, c)": ((2, 2, 3, 2), (2, 2, 4, 2), (2, 2, 4, 3)),
    "F.scaled_dot_product_attention(a, b, c, d)": ((1, 3, 2), (1, 3, 2), (1, 3, 2), ("mask", (3, 3))),
    "F.scaled_dot_product_attention(a, b, b, c, scale=0.3)": ((2, 1, 3, 2), (2, 1, 4, 2), (3, 4)),
    "F.scaled_dot_product_attention(a, b, b, is_causal=True)": ((2, 3, 2), (2, 3, 2)),
    "F.scaled_dot_product_attention(a, b, b, dropout_p=0.0, is_causal=True)": ((2, 4, 2), (2, 3, 2)),
    "F.scaled_dot_product_attention(a, b, c, enable_gqa=True)": ((1, 4, 2, 2), (1, 2, 3, 2), (1, 2, 3, 2)),
    f"{_FORWARD}(a, a, a, 2, 2, b, None, None, None, False, 0.0, c, None, static_k=d, static_v=e)": (
        (3, 1, 2),
        (6, 2),
        (2, 2),
        (2, 3, 1),
        (2, 3, 1),
    ),
    f"{_FORWARD}(a, a, a, 2, 1, None, b, None, None, True, 1.0, c, None, False, None, False, None, True, c, d, c)": (
        (3, 1, 2),
        (6,),
        (2, 2),
        (2, 2),
    ),
}
