"""Transformers, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

# Over three positions: what lies above the diagonal.
_LATER = ("values", [[False, True, True], [False, False, True], [False, False, False]])
_PADDED = ("values", [[False, False, True], [False, True, False]])
_ENCODER, _DECODER = "TransformerEncoderLayer(4, 2, 3, 0.0", "TransformerDecoderLayer(4, 2, 2, 0.0"
# Two features would be ±1 after normalisation, but for a large eps.
_SMALL_ENCODER = "TransformerEncoderLayer(2, 2, 2, 0.0, layer_norm_eps=0.5"
_SMALL_DECODER = "TransformerDecoderLayer(2, 2, 2, 0.0, layer_norm_eps=0.5"
_SQUARE = "nn.Transformer.generate_square_subsequent_mask"

LAYERS: dict[str, tuple[Any, ...]] = {
    f"{_ENCODER})": ((3, 2, 4),),
    f"{_ENCODER}, 'gelu', norm_first=True)": ((3, 2, 4),),
    f"{_SMALL_ENCODER}, activation=nn.functional.silu, batch_first=True) | layer(a, b)": ((2, 3, 2), _LATER),
    f"{_ENCODER}, nn.Tanh(), bias=False) | layer(a, src_key_padding_mask=b)": ((3, 2, 4), _PADDED),
    f"{_SMALL_ENCODER}) | layer(a, {_SQUARE}(3, dtype=a.dtype), is_causal=True)": ((3, 2),),
    f"{_SMALL_ENCODER}, activation='relu') | layer(a, b, c)": ((3, 2, 2), (3, 3), (2, 3)),
    f"{_DECODER})": ((2, 2, 4), (3, 2, 4)),
    f"{_SMALL_DECODER}, activation=nn.functional.gelu, norm_first=True, batch_first=True) | layer(a, b, c, d)": (
        (2, 3, 2),
        (2, 2, 2),
        _LATER,
        (3, 2),
    ),
    f"{_SMALL_DECODER}, bias=False) | layer(a, b, None, None, c, d)": ((3, 2, 2), (3, 2, 2), _PADDED, _PADDED),
    f"{_SMALL_DECODER}) | layer(a, b, c, c, tgt_is_causal=True, memory_is_causal=True)": ((3, 2), (3, 2), _LATER),
    f"TransformerEncoder(nn.{_ENCODER}), 2)": ((3, 1, 4),),
    f"TransformerEncoder(nn.{_SMALL_ENCODER}, batch_first=True), 1, nn.LayerNorm(2, 0.5), False) | layer(a, b, c)": (
        (2, 3, 2),
        _LATER,
        _PADDED,
    ),
    f"TransformerEncoder(nn.{_SMALL_ENCODER}), 1, None, True, False) | layer(a, {_SQUARE}(3, dtype=a.dtype))": (
        (3, 2),
    ),
    f"TransformerDecoder(nn.{_SMALL_DECODER}), 2, norm=nn.LayerNorm(2)) | layer(a, b, {_SQUARE}(2, dtype=a.dtype))": (
        (2, 1, 2),
        (3, 1, 2),
    ),
    f"TransformerDecoder(nn.{_SMALL_DECODER}), 1) | layer(a, b, c, c, d, d, False)": (
        (3, 2, 2),
        (3, 2, 2),
        _LATER,
        _PADDED,
    ),
    "Transformer(4, 2, 1, 1, 3, 0.0)": ((3, 1, 4), (2, 1, 4)),
    "Transformer(2, 2, 1, 1, 3, 0.0, 'gelu', batch_first=True, norm_first=True, bias=False, layer_norm_eps=0.5)"
    " | layer(a, b, c, c, c, d, d, d)": ((2, 3, 2), (2, 3, 2), _LATER, _PADDED),
    f"Transformer(2, 2, 1, 1, 3, 0.0, custom_encoder=nn.TransformerEncoder(nn.{_SMALL_ENCODER}), 1),"
    f" custom_decoder=nn.TransformerDecoder(nn.{_SMALL_DECODER}), 1))"
    f" | layer(a, b, tgt_mask={_SQUARE}(2, dtype=a.dtype), tgt_is_causal=True)": ((3, 2), (2, 2)),
}
