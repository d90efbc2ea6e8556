"""MultiheadAttention: several heads that each attend to their part of the features."""

from __future__ import annotations

from typing import Any

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn import init
from nn.layers.linear import Linear
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """The last projection, under the name that PyTorch prints."""


class MultiheadAttention(Module):
    """Let every query take the mean of the values, weighted by how their keys fit it, in several projections at once.

    Called as `layer(query, key, value)`; returns the results and, unless told otherwise, the weights. A query that may
    see no key at all gets zeros before the last projection.

    Args:
        embed_dim: E.
        num_heads: H, which must divide E.
        dropout: probability of dropping each weight, in training.
        bias: False leaves the biases of all projections out.
        add_bias_kv: put a learned key and value after those of every sequence.
        add_zero_attn: put a key and a value of zeros after those of every sequence.
        kdim: K, the features of keys; E if not given.
        vdim: D, the features of values; E if not given.
        batch_first: inputs and outputs are (N, L, E) instead of (L, N, E).
        device: the CPU.
        dtype: type of the parameters.

    Shapes: query (L, N, E), key (S, N, K), value (S, N, D), key_padding_mask (N, S), attn_mask (L, S) or (N·H, L, S)
        -> (L, N, E), and weights (N, L, S), or (N, H, L, S) for those of each head; for a single sequence the same
        without N.
    Raises: ArgumentError for heads that do not divide E; in forward as `nn.functional.multi_head_attention_forward`.
    Source: Vaswani et al. (2017), section 3.2.2; torch.nn.MultiheadAttention.

    Example:
        >>> import autograd_np as ag
        >>> x = ag.randn(5, 7, 8)
        >>> y, weights = MultiheadAttention(8, 2, batch_first=True)(x, x, x)
        >>> y.shape, weights.shape, ag.allclose(weights.sum(-1), ag.ones(5, 7))
        ((5, 7, 8), (5, 7, 7), True)
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ArgumentError(
                f"MultiheadAttention: num_heads must divide embed_dim, and both be positive; got {num_heads} heads for "
                f"embed_dim {embed_dim}"
            )
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"MultiheadAttention: dropout is a probability in [0, 1], got {dropout}")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn
        apart = self.kdim != embed_dim or self.vdim != embed_dim

        def new(wanted: bool, *size: int) -> Parameter | None:
            return Parameter(ag.empty(*size, device=device, dtype=dtype)) if wanted else None

        for name, features in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(f"{name}_proj_weight", new(apart, embed_dim, features))
        self.register_parameter("in_proj_weight", new(not apart, 3 * embed_dim, embed_dim))
        self.register_parameter("in_proj_bias", new(bias, 3 * embed_dim))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.register_parameter("bias_k", new(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", new(add_bias_kv, 1, 1, embed_dim))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw weights by Glorot's rule and set the biases of projections to zero."""
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for vector in (self.bias_k, self.bias_v):
            if vector is not None:
                init.xavier_normal_(vector)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the results, and the weights or None.

        Args:
            query: what looks.
            key: what is looked at.
            value: what is seen there.
            key_padding_mask: true for keys that nobody sees; or numbers that are added to their scores.
            need_weights: return the weights too, which takes more time and memory.
            attn_mask: true where a query must not see a key; or numbers that are added to the scores.
            average_attn_weights: return the mean of the heads' weights instead of each head's.
            is_causal: a hint that attn_mask hides all later keys and nothing else, which then needs half the time.
        """
        return F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=self.in_proj_weight is None,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            batch_first=self.batch_first,
        )
