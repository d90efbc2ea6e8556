"""Attention: the engine's own, and the form with several heads, projections and masks that MultiheadAttention calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd_np as ag
from autograd_np import Tensor, scaled_dot_product_attention
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn.functional.dropouts import dropout

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]

_NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Project queries, keys and values, let each head attend to its part of the features, and project the results.

    A query that may see no key at all gets zeros before the last projection.

    Args:
        query: what looks.
        key: what is looked at.
        value: what is seen there.
        embed_dim_to_check: E, which query's features must number.
        num_heads: H, which must divide E.
        in_proj_weight: the three projections one below the other.
        in_proj_bias: their biases one after the other.
        bias_k: a learned key, put after the keys of every sequence.
        bias_v: the value beside it.
        add_zero_attn: put a key and a value of zeros after those of every sequence.
        dropout_p: probability of dropping each weight in training.
        out_proj_weight: the last projection.
        out_proj_bias: its bias.
        training: apply dropout.
        key_padding_mask: true for keys that nobody sees; or numbers that are added to their scores.
        need_weights: return the weights too, which takes more time and memory.
        attn_mask: true where a query must not see a key; or numbers that are added to the scores.
        use_separate_proj_weight: take the three projections that follow instead of `in_proj_weight`.
        q_proj_weight: projection of queries.
        k_proj_weight: projection of keys.
        v_proj_weight: projection of values.
        static_k: keys of each head, taken instead of those of `key`.
        static_v: values of each head, taken instead of those of `value`.
        average_attn_weights: return the mean of the heads' weights instead of each head's.
        is_causal: a hint that attn_mask hides all later keys and nothing else, which then needs half the time.
        batch_first: the batch axis comes before the steps, in inputs and output.

    Shapes: query (L, N, E), key (S, N, K), value (S, N, D), projections (3E, E), or (E, E), (E, K) and (E, D), biases
        (3E,) and (E,), bias_k and bias_v (1, 1, E), key_padding_mask (N, S), attn_mask (L, S) or (N·H, L, S), static_k
        and static_v (N·H, S, E/H) -> (L, N, E), and weights (N, L, S) or (N, H, L, S); for a single sequence the same
        without N.
    Raises: ShapeError for shapes that do not fit; DTypeError for masks of integers; ArgumentError for heads that do not
        divide E, an absent projection, or is_causal without attn_mask.
    Source: Vaswani et al. (2017), section 3.2.2; torch.nn.functional.multi_head_attention_forward.

    Example:
        >>> import autograd_np as ag
        >>> x, eye = ag.eye(2), ag.eye(2)
        >>> y, weights = multi_head_attention_forward(
        ...     x, x, x, 2, 1, ag.cat([eye, eye, eye]), None, None, None, False, 0.0, eye, None
        ... )
        >>> weights
        tensor([[0.6698, 0.3302],
                [0.3302, 0.6698]])
    """
    single, batch = query.ndim == 2, 0 if batch_first else 1
    _check(query, key, value, embed_dim_to_check, num_heads, batch)
    if is_causal and attn_mask is None:
        raise ArgumentError(
            f"{_NAME}: is_causal is a hint about attn_mask, which is missing\n"
            "  fix: attn_mask=nn.Transformer.generate_square_subsequent_mask(L)"
        )
    if single:
        query, key, value = _each(lambda x: x.unsqueeze(batch), query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    if use_separate_proj_weight:
        weights_given = [q_proj_weight, k_proj_weight, v_proj_weight]
        q, k, v = _projected_apart(query, key, value, weights_given, in_proj_bias)
    else:
        q, k, v = _projected_together(query, key, value, in_proj_weight, in_proj_bias)
    if bias_k is not None and bias_v is not None:
        k, v = (_with_last(x, bias, 1 - batch) for x, bias in ((k, bias_k), (v, bias_v)))
    q, k, v = (_in_heads(x, num_heads, batch) for x in (q, k, v))
    k = k if static_k is None else static_k.reshape(*q.shape[:2], *static_k.shape[-2:])
    v = v if static_v is None else static_v.reshape(*q.shape[:2], *static_v.shape[-2:])
    if add_zero_attn:
        k, v = (_with_last(x, ag.zeros(1, 1, 1, 1, dtype=x.dtype), 2) for x in (k, v))
    added = (bias_k is not None) + add_zero_attn
    hidden = _hidden(attn_mask, key_padding_mask, (*q.shape[:3], k.shape[2]), added, q.dtype)
    p, weights = dropout_p if training else 0.0, None
    if need_weights:
        weights = _weights(q, k, hidden, p)
        y = weights @ v
        weights = weights.mean(1) if average_attn_weights else weights
    elif is_causal and key_padding_mask is None and not added and _hides_later(attn_mask):
        y = scaled_dot_product_attention(q, k, v, dropout_p=p, is_causal=True)
    else:
        seen = ~hidden if hidden is not None and hidden.dtype.kind == "b" else hidden
        y = scaled_dot_product_attention(q, k, v, seen, p)
    y = ag.linear(_out_of_heads(y, batch), out_proj_weight, out_proj_bias)
    if single:
        return y.squeeze(batch), None if weights is None else weights.squeeze(0)
    return y, weights


# --- operands ---------------------------------------------------------------------------------------------------------


def _each(function: Callable[[Tensor], Tensor], query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, ...]:
    """Return a function of all three; what was one tensor stays one."""
    k = function(key)
    return k if query is key else function(query), k, k if value is key else function(value)


def _check(query: Tensor, key: Tensor, value: Tensor, features: int, num_heads: int, batch: int) -> None:
    shapes = f"query {query.shape}, key {key.shape}, value {value.shape}"
    ranks = {query.ndim, key.ndim, value.ndim}
    sizes = {x.shape[batch] for x in (query, key, value)} if ranks == {3} else set()
    if ranks not in ({2}, {3}) or key.shape[:-1] != value.shape[:-1] or len(sizes) > 1:
        form = "(N, L, E), (N, S, K) and (N, S, D)" if batch == 0 else "(L, N, E), (S, N, K) and (S, N, D)"
        raise ShapeError(f"{_NAME}: expected {form}, or all three without N, got {shapes}\n  fix: look at batch_first")
    if query.shape[-1] != features:
        raise ShapeError(f"{_NAME}: query must have embed_dim = {features} features, got {shapes}")
    if features % num_heads:
        raise ArgumentError(f"{_NAME}: {num_heads} heads do not divide {features} features")


def _projected_together(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor | None, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Return the projections by one matrix, with one product for each distinct operand."""
    if weight is None:
        raise ArgumentError(f"{_NAME}: in_proj_weight is None\n  fix: pass it, or use_separate_proj_weight=True")
    size = query.shape[2]

    def part(x: Tensor, first: int, last: int) -> tuple[Tensor, ...]:
        rows = slice(first * size, last * size)
        y = ag.linear(x, weight[rows], None if bias is None else bias[rows])
        return tuple(y.chunk(last - first, -1))

    if query is key is value:
        return part(query, 0, 3)
    if key is value:
        return *part(query, 0, 1), *part(key, 1, 3)
    return *part(query, 0, 1), *part(key, 1, 2), *part(value, 2, 3)


def _projected_apart(
    query: Tensor, key: Tensor, value: Tensor, weights: list[Tensor | None], bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Return the projections by a matrix for each."""
    biases = [None] * 3 if bias is None else bias.chunk(3)
    found = []
    for name, x, weight, shift in zip("qkv", (query, key, value), weights, biases, strict=True):
        if weight is None:
            raise ArgumentError(f"{_NAME}: {name}_proj_weight is None, but use_separate_proj_weight is True")
        found.append(ag.linear(x, weight, shift))
    return tuple(found)


def _with_last(x: Tensor, row: Tensor, axis: int) -> Tensor:
    """Return the rows along an axis with one more after them."""
    sizes = tuple(1 if i == axis else n for i, n in enumerate(x.shape))
    return ag.cat([x, row.expand(sizes)], axis)


def _in_heads(x: Tensor, num_heads: int, batch: int) -> Tensor:
    """Return (N, H, L, E/H) for (N, L, E) or (L, N, E)."""
    parts = x.reshape(*x.shape[:2], num_heads, x.shape[2] // num_heads)
    return parts.permute(0, 2, 1, 3) if batch == 0 else parts.permute(1, 2, 0, 3)


def _out_of_heads(y: Tensor, batch: int) -> Tensor:
    """Return (N, L, E) or (L, N, E) for (N, H, L, E/H)."""
    parts = y.permute(0, 2, 1, 3) if batch == 0 else y.permute(2, 0, 1, 3)
    return parts.reshape(*parts.shape[:2], parts.shape[2] * parts.shape[3])


# --- masks ------------------------------------------------------------------------------------------------------------


def causal_mask(size: int, device: Any = None, dtype: Any = None) -> Tensor:
    """Return -inf where a key comes after the query and zero elsewhere; true and false for booleans."""
    return ag.full((size, size), -math.inf, device=device, dtype=dtype).triu(1)


def _hides_later(attn_mask: Tensor | None) -> bool:
    """Tell whether a mask hides all later keys and nothing else; a hint may be wrong."""
    if attn_mask is None or attn_mask.requires_grad or attn_mask.ndim != 2 or len(set(attn_mask.shape)) > 1:
        return False
    return ag.equal(attn_mask, causal_mask(len(attn_mask), dtype=attn_mask.dtype))


def _hidden(
    attn_mask: Tensor | None, key_padding_mask: Tensor | None, shape: tuple[int, ...], added: int, dtype: Any
) -> Tensor | None:
    """Return both masks as one that broadcasts to the scores: true where a key is hidden, or numbers to be added.

    Args:
        attn_mask: as the caller gave it.
        key_padding_mask: likewise.
        shape: of the scores, (N, H, L, S).
        added: how many of the keys were put after those that the masks know; everybody sees them.
        dtype: of the scores.
    """
    batch, heads, queries, keys = shape
    keys -= added
    masks = []
    if attn_mask is not None:
        if attn_mask.shape not in {(queries, keys), (batch * heads, queries, keys)}:
            raise ShapeError(
                f"{_NAME}: attn_mask must have shape {(queries, keys)} or {(batch * heads, queries, keys)}, "
                f"got {attn_mask.shape}"
            )
        masks.append(attn_mask if attn_mask.ndim == 2 else attn_mask.reshape(batch, heads, queries, keys))
    if key_padding_mask is not None:
        if key_padding_mask.shape != (batch, keys):
            raise ShapeError(f"{_NAME}: key_padding_mask must have shape {(batch, keys)}, got {key_padding_mask.shape}")
        masks.append(key_padding_mask.reshape(batch, 1, 1, keys))
    for mask in masks:
        if mask.dtype.kind not in "bf":
            raise DTypeError(
                f"{_NAME}: a mask holds booleans or floating numbers, got {mask.dtype}\n  fix: mask.bool()"
            )
    if any(mask.dtype.kind == "f" for mask in masks):
        masks = [mask.to(dtype) if mask.dtype.kind == "f" else _as_numbers(mask, dtype) for mask in masks]
    if added:
        masks = [ag.cat([mask, ag.zeros(*mask.shape[:-1], added, dtype=mask.dtype)], -1) for mask in masks]
    if len(masks) < 2:
        return masks[0] if masks else None
    return masks[0] | masks[1] if masks[0].dtype.kind == "b" else masks[0] + masks[1]


def _as_numbers(mask: Tensor, dtype: Any) -> Tensor:
    return ag.zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def _weights(q: Tensor, k: Tensor, hidden: Tensor | None, p: float) -> Tensor:
    """Return what every query multiplies the values by, dropout applied; zeros where it may see no key."""
    scores = (q * (1 / math.sqrt(q.shape[-1]))) @ k.mT
    if hidden is None:
        return dropout(ag.softmax(scores, -1), p)
    scores = scores.masked_fill(hidden, -math.inf) if hidden.dtype.kind == "b" else scores + hidden
    blind = (scores == -math.inf).all(-1, keepdim=True)
    return dropout(ag.softmax(scores.masked_fill(blind, 0.0), -1).masked_fill(blind, 0.0), p)
