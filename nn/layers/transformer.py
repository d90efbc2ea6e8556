"""Transformers: the stacks of encoder and decoder layers, and the model of both."""

from __future__ import annotations

import copy
from typing import Any

from autograd_np import Tensor
from autograd_np.errors import ShapeError
from nn import functional as F
from nn import init
from nn.containers import ModuleList
from nn.functional.attention import causal_mask
from nn.layers.normalization import LayerNorm
from nn.layers.transformer_layers import Activation, TransformerDecoderLayer, TransformerEncoderLayer
from nn.module import Module

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


def _seems_causal(mask: Tensor | None, hint: bool | None) -> bool:
    """Return the hint for the layers: without one of the caller's, every square mask is looked at."""
    return mask is not None and mask.ndim == 2 if hint is None else hint


class TransformerEncoder(Module):
    """Call copies of an encoder layer one after the other.

    The copies begin with equal parameters, as in PyTorch: initialise them anew where that matters.

    Args:
        encoder_layer: what is copied.
        num_layers: how many copies.
        norm: a last normalisation.
        enable_nested_tensor: accepted for PyTorch's sake; changes nothing.
        mask_check: likewise.

    Shapes: those of the layer.
    Source: torch.nn.TransformerEncoder.

    Example:
        >>> import autograd_np as ag, nn
        >>> encoder = TransformerEncoder(nn.TransformerEncoderLayer(8, nhead=2), num_layers=3)
        >>> encoder(ag.randn(7, 5, 8)).shape
        (7, 5, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Return what the last layer makes of the sequence; the arguments are those of the layers."""
        causal = _seems_causal(mask, is_causal)
        for layer in self.layers:
            src = layer(src, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Call copies of a decoder layer one after the other.

    The copies begin with equal parameters, as in PyTorch: initialise them anew where that matters.

    Args:
        decoder_layer: what is copied.
        num_layers: how many copies.
        norm: a last normalisation.

    Shapes: those of the layer.
    Source: torch.nn.TransformerDecoder.

    Example:
        >>> import autograd_np as ag, nn
        >>> decoder = TransformerDecoder(nn.TransformerDecoderLayer(8, nhead=2), num_layers=3)
        >>> decoder(ag.randn(4, 5, 8), memory=ag.randn(7, 5, 8)).shape
        (4, 5, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return what the last layer makes of the sequence; the arguments are those of the layers."""
        causal = _seems_causal(tgt_mask, tgt_is_causal)
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """Read a sequence by an encoder, and write another one by a decoder that looks at the result.

    Args:
        d_model: E, the features of every position.
        nhead: heads of attention, which must divide E.
        num_encoder_layers: layers of the encoder.
        num_decoder_layers: layers of the decoder.
        dim_feedforward: hidden units of each layer's net.
        dropout: probability of dropping, as in the layers.
        activation: 'relu', 'gelu', or a function of a tensor.
        custom_encoder: takes the encoder's place.
        custom_decoder: takes the decoder's place.
        layer_norm_eps: added to the variance in the normalisations.
        batch_first: inputs and outputs are (N, L, E) instead of (L, N, E).
        norm_first: normalise the input of each part instead of its sum with the result.
        bias: False leaves the biases of all parts out.
        device: the CPU.
        dtype: type of the parameters.

    Shapes: src (S, N, E), tgt (L, N, E), src_mask (S, S), tgt_mask (L, L), memory_mask (L, S), padding masks (N, S),
        (N, L) and (N, S) -> (L, N, E); for a single sequence the same without N.
    Raises: ShapeError in forward for sequences of other features, or of different batches.
    Source: Vaswani et al. (2017); torch.nn.Transformer.

    Example:
        >>> import autograd_np as ag
        >>> model = Transformer(8, nhead=2, num_encoder_layers=1, num_decoder_layers=2, dim_feedforward=16)
        >>> model(ag.randn(7, 5, 8), ag.randn(4, 5, 8)).shape
        (4, 5, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        settings = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*settings, **made), num_encoder_layers, LayerNorm(d_model, layer_norm_eps, **made)
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*settings, **made), num_decoder_layers, LayerNorm(d_model, layer_norm_eps, **made)
        )
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        """Draw all matrices by Glorot's rule."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the decoder's features of every position of tgt.

        Args:
            src: the sequence that is read.
            tgt: the sequence that is written.
            src_mask: true where a position of src must not see another; or numbers that are added to the scores.
            tgt_mask: the same for tgt; see `generate_square_subsequent_mask`.
            memory_mask: the same for positions of tgt that look at the encoder's result.
            src_key_padding_mask: true for positions of src that nobody sees; or numbers that are added to their scores.
            tgt_key_padding_mask: the same for tgt.
            memory_key_padding_mask: the same for the encoder's result.
            src_is_causal: a hint that src_mask hides all later positions and nothing else; None looks at it.
            tgt_is_causal: the same of tgt_mask.
            memory_is_causal: the same of memory_mask.
        """
        batch = 0 if self.batch_first else 1
        if {src.shape[-1], tgt.shape[-1]} != {self.d_model} or src.ndim != tgt.ndim:
            raise ShapeError(
                f"Transformer: src and tgt must both have d_model = {self.d_model} features, "
                f"got {src.shape} and {tgt.shape}"
            )
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(
                f"Transformer: src and tgt must have one batch size, in axis {batch}, got {src.shape} and {tgt.shape}\n"
                "  fix: look at batch_first"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        y: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return y

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """Return the mask that hides all later positions: -inf there, zero elsewhere.

        Shapes: -> (sz, sz).
        Source: torch.nn.Transformer.generate_square_subsequent_mask.

        Example:
            >>> Transformer.generate_square_subsequent_mask(2)
            tensor([[  0., -inf],
                    [  0.,   0.]])
        """
        return causal_mask(sz, device, dtype)
