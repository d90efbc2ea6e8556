"""Layers of transformers: attention and a small net for every position, each added to its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from autograd_np import Tensor
from autograd_np.errors import ArgumentError
from nn import functional as F
from nn.layers.attention import MultiheadAttention
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.layers.normalization import LayerNorm
from nn.module import Module

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]

#: 'relu', 'gelu', or a function of a tensor.
Activation: TypeAlias = str | Callable[[Tensor], Tensor]


def _activation(given: Activation) -> Callable[[Tensor], Tensor]:
    if callable(given):
        return given
    known: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
    if given not in known:
        raise ArgumentError(f"Transformer: activation must be 'relu', 'gelu' or a function, got {given!r}")
    return known[given]


class TransformerEncoderLayer(Module):
    """Let every position attend to all, then pass each through a small net; both add to their input.

    Args:
        d_model: E, the features of every position.
        nhead: heads of attention, which must divide E.
        dim_feedforward: hidden units of the net.
        dropout: probability of dropping attention weights, hidden units, and elements of both results.
        activation: 'relu', 'gelu', or a function of a tensor.
        layer_norm_eps: added to the variance in the normalisations.
        batch_first: inputs and outputs are (N, L, E) instead of (L, N, E).
        norm_first: normalise the input of each part instead of its sum with the result.
        bias: False leaves the biases of all parts out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: src (L, N, E), src_mask (L, L) or (N·heads, L, L), src_key_padding_mask (N, L) -> (L, N, E); for a single
        sequence the same without N.
    Raises: ArgumentError for another activation; in forward as MultiheadAttention.
    Source: Vaswani et al. (2017), Xiong et al. (2020) for norm_first; torch.nn.TransformerEncoderLayer.

    Example:
        >>> import autograd_np as ag
        >>> TransformerEncoderLayer(8, nhead=2, batch_first=True)(ag.randn(5, 7, 8)).shape
        (5, 7, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Return the new features of every position.

        Args:
            src: features.
            src_mask: true where a position must not see another; or numbers that are added to the scores.
            src_key_padding_mask: true for positions that nobody sees; or numbers that are added to their scores.
            is_causal: a hint that src_mask hides all later positions and nothing else.
        """

        def attend(x: Tensor) -> Tensor:
            y, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)
            return self.dropout1(y)

        def feed(x: Tensor) -> Tensor:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        x = _added(src, attend, self.norm1, first=self.norm_first)
        return _added(x, feed, self.norm2, first=self.norm_first)


def _added(x: Tensor, part: Callable[[Tensor], Tensor], norm: Module, *, first: bool) -> Tensor:
    """Return the input plus what a part of the layer makes of it, normalised before or after."""
    y: Tensor = x + part(norm(x)) if first else norm(x + part(x))
    return y


class TransformerDecoderLayer(Module):
    """Let every position attend to its own sequence, then to another one, then pass each through a small net.

    Args:
        d_model: E, the features of every position.
        nhead: heads of attention, which must divide E.
        dim_feedforward: hidden units of the net.
        dropout: probability of dropping attention weights, hidden units, and elements of the three results.
        activation: 'relu', 'gelu', or a function of a tensor.
        layer_norm_eps: added to the variance in the normalisations.
        batch_first: inputs and outputs are (N, L, E) instead of (L, N, E).
        norm_first: normalise the input of each part instead of its sum with the result.
        bias: False leaves the biases of all parts out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: tgt (L, N, E), memory (S, N, E), tgt_mask (L, L), memory_mask (L, S), or either with a first axis N·heads,
        tgt_key_padding_mask (N, L), memory_key_padding_mask (N, S) -> (L, N, E); for a single sequence without N.
    Raises: ArgumentError for another activation; in forward as MultiheadAttention.
    Source: Vaswani et al. (2017), Xiong et al. (2020) for norm_first; torch.nn.TransformerDecoderLayer.

    Example:
        >>> import autograd_np as ag
        >>> TransformerDecoderLayer(8, nhead=2)(ag.randn(4, 5, 8), ag.randn(7, 5, 8)).shape
        (4, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **made)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the new features of every position.

        Args:
            tgt: features.
            memory: features of the other sequence, mostly an encoder's result.
            tgt_mask: true where a position must not see another; or numbers that are added to the scores.
            memory_mask: the same for positions of `memory`.
            tgt_key_padding_mask: true for positions that nobody sees; or numbers that are added to their scores.
            memory_key_padding_mask: the same for positions of `memory`.
            tgt_is_causal: a hint that tgt_mask hides all later positions and nothing else.
            memory_is_causal: the same of memory_mask.
        """

        def attend(x: Tensor) -> Tensor:
            y, _ = self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)
            return self.dropout1(y)

        def look(x: Tensor) -> Tensor:
            y, _ = self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )
            return self.dropout2(y)

        def feed(x: Tensor) -> Tensor:
            return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        x = _added(tgt, attend, self.norm1, first=self.norm_first)
        x = _added(x, look, self.norm2, first=self.norm_first)
        return _added(x, feed, self.norm3, first=self.norm_first)
