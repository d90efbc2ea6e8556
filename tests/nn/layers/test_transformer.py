"""Transformers: hints, dropout, second order, learning, and errors; PyTorch's numbers stand in tests/nn/cases."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, ShapeError
from autograd_np.testing import gradgradcheck

square = nn.Transformer.generate_square_subsequent_mask


def numbers(*shape):
    return ag.tensor(np.sin(1.7 * np.arange(float(np.prod(shape)))).reshape(shape)).requires_grad_()


def test_the_second_order_passes_the_gradient_check() -> None:
    net = nn.Transformer(2, 1, 1, 1, 2, 0.0, "gelu", norm_first=True, layer_norm_eps=0.5).double()
    assert gradgradcheck(lambda src, tgt: net(src, tgt, tgt_mask=square(2)), [numbers(3, 1, 2), numbers(2, 1, 2)])


def test_masks_for_later_positions() -> None:
    assert square(3).dtype == np.float32
    assert square(3, dtype=bool).tolist() == [[False, True, True], [False, False, True], [False, False, False]]
    np.testing.assert_array_equal(square(2, dtype=np.float64).numpy(), [[0, -np.inf], [0, 0]])
    assert square(1, "cpu").shape == (1, 1)


def test_what_is_written_does_not_depend_on_what_follows() -> None:
    net = nn.Transformer(4, 2, 1, 2, 8, 0.0, batch_first=True).double()
    src, tgt = numbers(2, 3, 4), numbers(2, 5, 4)
    for mask in (square(5), square(5, dtype=bool)):
        tgt.grad = None
        net(src, tgt, tgt_mask=mask)[:, 2, 0].sum().backward()
        assert (tgt.grad.numpy()[:, 3:] == 0).all()
        assert (tgt.grad.numpy()[:, :3] != 0).all()


@pytest.mark.parametrize("hint", [None, False, True])
def test_hints_change_nothing(hint) -> None:
    net = nn.Transformer(4, 2, 2, 2, 8, 0.0).double()
    src, tgt = numbers(3, 2, 4), numbers(5, 2, 4)
    plain = net(src, tgt, src_mask=square(3), tgt_mask=square(5), src_is_causal=False, tgt_is_causal=False)
    hinted = net(src, tgt, src_mask=square(3), tgt_mask=square(5), src_is_causal=hint, tgt_is_causal=hint)
    np.testing.assert_allclose(hinted.detach().numpy(), plain.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_padding_is_computed_alike_in_training_and_evaluation() -> None:
    """PyTorch's encoder writes zeros over padded positions in evaluation alone."""
    net = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True), 2)
    x, padded = ag.randn(2, 3, 4), ag.tensor([[False, False, True], [False, False, False]])
    trained = net(x, src_key_padding_mask=padded).detach().numpy()
    with ag.no_grad():
        np.testing.assert_array_equal(net.eval()(x, src_key_padding_mask=padded).numpy(), trained)


def test_dropout_acts_in_training_alone() -> None:
    net = nn.Transformer(4, 2, 1, 1, 8, 0.5)
    src, tgt = ag.randn(3, 2, 4), ag.randn(5, 2, 4)
    a, b = (net(src, tgt).detach().numpy() for _ in range(2))
    assert not np.array_equal(a, b)
    net.eval()
    a, b = (net(src, tgt).detach().numpy() for _ in range(2))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        (nn.TransformerEncoderLayer, ["dropout", "dropout1", "dropout2"]),
        (nn.TransformerDecoderLayer, ["dropout", "dropout1", "dropout2", "dropout3"]),
    ],
)
def test_every_dropout_takes_part(layer, names: list[str]) -> None:
    net, x, memory = layer(4, 2, 8, 0.0), ag.randn(3, 2, 4), ag.randn(5, 2, 4)
    operands = (x, memory) if layer is nn.TransformerDecoderLayer else (x,)
    attentions = [module for module in net.children() if isinstance(module, nn.MultiheadAttention)]
    for attention in attentions:
        # Without it, attention that is dropped looks like a result that is dropped.
        attention.out_proj.bias.data.copy_(ag.arange(4.0))
    plain = net(*operands).detach().numpy()
    found = []
    for attribute, owners in (("p", [getattr(net, name) for name in names]), ("dropout", attentions)):
        for owner in owners:
            setattr(owner, attribute, 1.0)
            found.append(net(*operands).detach().numpy())
            setattr(owner, attribute, 0.0)
    assert all(not np.array_equal(a, b) for i, a in enumerate([plain, *found]) for b in found[i:])


def test_copies_of_a_layer_are_layers_of_their_own() -> None:
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    net = nn.TransformerEncoder(layer, 2)
    first, second = (each.linear1.weight for each in net.layers)
    assert ag.equal(first.detach(), second.detach())
    assert len({id(first), id(second), id(layer.linear1.weight)}) == 3


def test_matrices_begin_by_glorots_rule() -> None:
    net = nn.Transformer(40, 2, 1, 1, 60)
    bound = (6 / 100) ** 0.5
    for weight in (net.encoder.layers[0].linear1.weight, net.decoder.layers[0].linear2.weight):
        assert 0.98 * bound < np.abs(weight.detach().numpy()).max() <= bound


def test_an_encoder_learns_to_reverse() -> None:
    letters, length = 4, 5
    embed, place = nn.Linear(letters, 16), nn.Parameter(ag.randn(length, 16))
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, 0.0, batch_first=True), 1)
    head = nn.Linear(16, letters)
    parameters = [place, *embed.parameters(), *encoder.parameters(), *head.parameters()]
    optimizer = nn.optim.Adam(parameters, lr=0.01)
    for _ in range(200):
        x = ag.randint(0, letters, (32, length))
        scores = head(encoder(embed(F.one_hot(x, letters).float()) + place))
        loss = F.cross_entropy(scores.flatten(0, 1), x.flip(1).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    right = (scores.argmax(-1) == x.flip(1)).float().mean().item()
    assert right > 0.95


# --- errors -----------------------------------------------------------------------------------------------------------


def test_sequences_that_do_not_fit_are_named() -> None:
    net = nn.Transformer(4, 2, 1, 1, 8)
    with pytest.raises(ShapeError, match="src and tgt must both have d_model = 4 features"):
        net(ag.ones(3, 2, 4), ag.ones(3, 2, 6))
    with pytest.raises(ShapeError, match="src and tgt must have one batch size, in axis 1"):
        net(ag.ones(3, 2, 4), ag.ones(3, 5, 4))
    with pytest.raises(ShapeError, match="in axis 0"):
        nn.Transformer(4, 2, 1, 1, 8, batch_first=True)(ag.ones(3, 2, 4), ag.ones(4, 2, 4))


def test_an_unknown_activation_is_named() -> None:
    with pytest.raises(ArgumentError, match="activation must be 'relu', 'gelu' or a function, got 'selu'"):
        nn.TransformerDecoderLayer(4, 2, activation="selu")
