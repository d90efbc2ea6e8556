"""Attention: every query's mean of the values, weighted by how well their keys fit it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape, TensorLike
from autograd_np.core import Tensor, as_tensor
from autograd_np.errors import ArgumentError, DTypeError, raise_shape
from autograd_np.kernels import attention as kernels
from autograd_np.kernels.linear_algebra import check_one_type
from autograd_np.ops._fused import FusedOp
from autograd_np.ops.classification import softmax
from autograd_np.ops.masking import masked_fill
from autograd_np.ops.products import matmul
from autograd_np.ops.random import Generator, default_generator
from autograd_np.ops.repeating import repeat_interleave

__all__ = ["scaled_dot_product_attention"]

# --- row ----------------------------------------------------------------------------------------------------------


def _definition(q: Tensor, k: Tensor, v: Tensor, mask: Any, keep: Any, scale: float, causal: bool, p: float) -> Tensor:
    scores = matmul(q * scale, k.mT)
    if causal:
        scores = masked_fill(scores, kernels.later_keys(*(slice(0, n) for n in scores.shape[-2:])), -math.inf)
    if mask is not None:
        scores = scores + mask if mask.is_floating_point() else masked_fill(scores, ~mask, -math.inf)
    # A query that may see no key gets zeros; its own softmax would be 0/0.
    blind = np.all(scores.detach().numpy() == -math.inf, axis=-1, keepdims=True)
    weights = masked_fill(softmax(masked_fill(scores, blind, 0.0), -1), blind, 0.0)
    if keep is not None:
        weights = weights * keep * (1 / (1 - p) if p < 1 else 0.0)
    return matmul(weights, v)


_attention = FusedOp(
    "attention",
    kernels.attention,
    kernels.attention_back,
    _definition,
    operands=5,
    by_products=("log",),
)

# --- function -----------------------------------------------------------------------------------------------------


def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Return softmax(q kᵀ·scale + mask) v: for every query the mean of the values, weighted by how its key fits.

    A query that may see no key at all gets zeros. The weights are not kept, so that memory grows with the lengths, not
    with their product.

    Args:
        query: q.
        key: k.
        value: v.
        attn_mask: true where a query may see a key; or numbers that are added to the scores.
        dropout_p: probability of dropping each weight; the caller passes 0 in evaluation.
        is_causal: query i sees the keys up to number i.
        scale: what the products are multiplied by; 1/√E if not given.
        enable_gqa: several heads of queries share one head of keys and values: the third axis from the end may have a
            fraction of query's size there.
        generator: where the random numbers of dropout come from.

    Shapes: query (*, L, E), key (*, S, E), value (*, S, D), attn_mask broadcasts to (*, L, S) -> (*, L, D).
    Raises: ShapeError for shapes that do not fit; DTypeError for operands of several types, or a mask that is neither
        boolean nor of their type; ArgumentError for a mask with is_causal, or a probability outside [0, 1].
    Source: Vaswani et al. (2017), equation 1; Dao et al. (2022) for the way it is computed;
        torch.nn.functional.scaled_dot_product_attention.

    Example:
        >>> query, key = as_tensor([[1.0, 0.0]]), as_tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> scaled_dot_product_attention(query, key, as_tensor([[10.0], [20.0]]))
        tensor([[13.3024]])
    """
    name = "scaled_dot_product_attention"
    q, k, v = as_tensor(query), as_tensor(key), as_tensor(value)
    check_one_type(name, q.dtype, k.dtype, v.dtype)
    if q.dtype.kind != "f":
        raise DTypeError(f"{name}: expected floating operands, got {q.dtype}\n  fix: x.float()")
    if not 0 <= dropout_p <= 1:
        raise ArgumentError(f"{name}: dropout_p is a probability in [0, 1], got {dropout_p}")
    if is_causal and attn_mask is not None:
        raise ArgumentError(
            f"{name}: pass either attn_mask or is_causal=True\n  fix: leave is_causal out, and mask the later keys too"
        )
    if enable_gqa and min(q.ndim, k.ndim, v.ndim) > 2:
        k, v = _shared(name, q, "key", k), _shared(name, q, "value", v)
    shape = _scores_shape(name, q, k, v)
    q, k, v = (x if x.shape[:-2] == shape[:-2] else x.expand((*shape[:-2], *x.shape[-2:])) for x in (q, k, v))
    mask = None if attn_mask is None else _checked_mask(name, as_tensor(attn_mask), q, shape)
    keep = _kept(shape, dropout_p, generator) if dropout_p else None
    factor = 1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else float(scale)
    y: Tensor = _attention(q, k, v, mask, keep, scale=factor, causal=is_causal, p=float(dropout_p))
    return y


def _kept(shape: tuple[int, ...], p: float, generator: Generator | None) -> Array:
    """Draw which weights dropout keeps."""
    return (generator or default_generator).numpy.random(shape, np.float32) >= p


def _shared(name: str, q: Tensor, what: str, x: Tensor) -> Tensor:
    """Return keys or values with one head for each head of queries."""
    heads, given = q.shape[-3], x.shape[-3]
    if not given or heads % given:
        shapes = {"query": q.shape, what: x.shape}
        raise_shape(name, shapes, f"{heads} heads of queries cannot share {given} heads of {what}s evenly")
    return x if heads == given else repeat_interleave(x, heads // given, dim=-3)


def _scores_shape(name: str, q: Tensor, k: Tensor, v: Tensor) -> Shape:
    """Return the shape of the scores, or raise where the operands do not fit each other."""
    shapes = {"query": q.shape, "key": k.shape, "value": v.shape}
    if min(map(len, shapes.values())) < 2:
        raise_shape(name, shapes, "expected query (*, L, E), key (*, S, E) and value (*, S, D)")
    if q.shape[-1] != k.shape[-1]:
        raise_shape(name, shapes, "query and key must have the same last size")
    if k.shape[-2] != v.shape[-2]:
        raise_shape(name, shapes, "key and value must have the same number of rows, one for each place looked at")
    try:
        lead = np.broadcast_shapes(*(shape[:-2] for shape in shapes.values()))
    except ValueError:
        fix = "enable_gqa=True lets several heads of queries share one of keys" if q.ndim > 2 else ""
        raise_shape(name, shapes, "the leading axes do not broadcast", fix)
    return (*lead, q.shape[-2], k.shape[-2])


def _checked_mask(name: str, mask: Tensor, q: Tensor, shape: Shape) -> Tensor:
    if mask.dtype.kind != "b" and mask.dtype != q.dtype:
        raise DTypeError(
            f"{name}: attn_mask must be boolean (true where a key may be seen) or {q.dtype} like the query, "
            f"got {mask.dtype}\n  fix: attn_mask.bool(), or attn_mask.to(query.dtype)"
        )
    try:
        fits = np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        table = {"scores": shape, "attn_mask": mask.shape}
        raise_shape(name, table, "attn_mask must broadcast to the scores (*, L, S)")
    return mask
