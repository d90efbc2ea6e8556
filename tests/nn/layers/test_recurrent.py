"""Recurrent layers and cells: padding, dropout, second order, and errors; PyTorch's numbers stand in tests/nn/cases."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import autograd_np as ag
import nn
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck
from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = [nn.RNNCell, nn.LSTMCell, nn.GRUCell]


def padded_batch():
    """Return a batch (L, N, D) with NaN for padding, which must reach nothing, and its lengths."""
    x = np.sin(1.7 * np.arange(24.0)).reshape(4, 3, 2)
    lengths = [2, 4, 1]
    for sequence, length in enumerate(lengths):
        x[length:, sequence] = np.nan
    return ag.tensor(x).requires_grad_(), lengths


def tensors(value):
    return [value] if isinstance(value, ag.Tensor) else [t for item in value for t in tensors(item)]


@pytest.mark.parametrize("layer", LAYERS)
def test_padding_reaches_nothing(layer) -> None:
    net = layer(2, 3, num_layers=2, bidirectional=True).double()
    x, lengths = padded_batch()
    y, last = net(pack_padded_sequence(x, lengths, enforce_sorted=False))
    out, counts = pad_packed_sequence(y, padding_value=-7.0)
    assert counts.tolist() == lengths
    ((out**2).sum() + sum(h.sum() for h in tensors(last))).backward()
    for sequence, length in enumerate(lengths):
        np.testing.assert_array_equal(out.detach().numpy()[length:, sequence], -7.0)
        np.testing.assert_array_equal(x.grad.numpy()[length:, sequence], 0.0)
        assert (x.grad.numpy()[:length, sequence] != 0).all()
    assert all(np.isfinite(p.grad.numpy()).all() for p in net.parameters())


@pytest.mark.parametrize("layer", LAYERS)
def test_packed_batches_are_each_sequence_alone(layer) -> None:
    net = layer(2, 3, num_layers=2, bidirectional=True).double()
    x, lengths = padded_batch()
    y, last = net(pack_padded_sequence(x, lengths, enforce_sorted=False))
    out, _ = pad_packed_sequence(y, batch_first=True)
    for sequence, length in enumerate(lengths):
        alone, own = net(x[:length, sequence])
        np.testing.assert_allclose(out[sequence, :length].detach().numpy(), alone.detach().numpy(), rtol=1e-12)
        for a, b in zip(tensors(last), tensors(own), strict=True):
            np.testing.assert_allclose(a[:, sequence].detach().numpy(), b.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("layer", LAYERS)
def test_both_orders_pass_the_gradient_checks(layer) -> None:
    net = layer(2, 2, num_layers=2, bidirectional=True).double()
    names = [name for name, _ in net.named_parameters() if name.endswith(("ih_l1", "hh_l0_reverse"))]
    x = ag.tensor(np.sin(np.arange(4.0)).reshape(2, 1, 2)).requires_grad_()

    def run(x, *chosen):
        for name, values in zip(names, chosen, strict=True):
            net._parameters[name] = values
        return net(x)[0]

    leaves = [x, *(dict(net.named_parameters())[name].detach().requires_grad_() for name in names)]
    assert len(leaves) == 5
    assert gradcheck(run, leaves)
    assert gradgradcheck(run, leaves)


def test_dropout_acts_between_layers_in_training_alone() -> None:
    net = nn.LSTM(2, 3, num_layers=2, dropout=0.5)
    x = ag.ones(4, 5, 2)
    a, b = (net(x)[0].detach().numpy() for _ in range(2))
    assert not np.array_equal(a, b)
    net.eval()
    a, b = (net(x)[0].detach().numpy() for _ in range(2))
    np.testing.assert_array_equal(a, b)
    # The last layer's outputs are not dropped.
    net = nn.GRU(2, 3, num_layers=2, dropout=1.0)
    assert (net(x)[0].detach().numpy() != 0).all()


def test_dropout_without_a_second_layer_warns() -> None:
    with pytest.warns(UserWarning, match=r"LSTM: dropout=0\.5 changes nothing, because it acts between layers"):
        nn.LSTM(2, 3, dropout=0.5)


@pytest.mark.parametrize("layer", LAYERS)
def test_parameters_are_drawn_within_the_bound(layer) -> None:
    net = layer(3, 100)
    values = np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])
    bound = 1 / math.sqrt(100)
    assert -bound <= values.min() < -0.99 * bound
    assert 0.99 * bound < values.max() <= bound
    before = net.weight_hh_l0.detach().clone()
    net.reset_parameters()
    assert not ag.equal(net.weight_hh_l0.detach(), before)


def test_all_weights_lists_each_layer_and_direction() -> None:
    net = nn.LSTM(2, 3, num_layers=2, bidirectional=True, proj_size=1)
    assert len(net.all_weights) == 4
    assert net.all_weights[3][4] is net.weight_hr_l1_reverse
    assert net.flatten_parameters() is None


def test_copies_and_float32() -> None:
    net = nn.GRU(2, 3)
    twin = copy.deepcopy(net)
    x = ag.randn(4, 2)
    y = net(x)[0]
    assert y.dtype == np.float32
    assert ag.equal(twin(x)[0].detach(), y.detach())


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_learn_to_remember(layer) -> None:
    """The first of four inputs is asked for at the end."""
    net, head = layer(1, 8), nn.Linear(8, 1)
    optimizer = nn.optim.Adam([*net.parameters(), *head.parameters()], lr=0.03)
    losses = []
    for _ in range(120):
        x = ag.randn(4, 32, 1)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(head(net(x)[0][-1]), x[0])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.25 * np.mean(losses[:10])


@pytest.mark.parametrize("cell", CELLS)
def test_cells_pass_the_gradient_checks(cell) -> None:
    net = cell(2, 3).double()
    x = ag.tensor(np.sin(np.arange(4.0)).reshape(2, 2)).requires_grad_()
    for check in (gradcheck, gradgradcheck):
        assert check(net, x)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_settings_that_make_no_sense_are_named() -> None:
    with pytest.raises(ArgumentError, match="LSTM: hidden_size must be a whole number of at least 1, got 0"):
        nn.LSTM(2, 0)
    with pytest.raises(ArgumentError, match="GRU: num_layers must be a whole number of at least 1, got 0"):
        nn.GRU(2, 3, 0)
    with pytest.raises(ArgumentError, match="LSTM: bias must be True or False, got 2"):
        nn.LSTM(2, 3, 1, 2)
    with pytest.raises(ArgumentError, match="proj_size must be less than hidden_size 3"):
        nn.LSTM(2, 3, proj_size=3)
    with pytest.raises(ArgumentError, match=r"dropout is a probability in \[0, 1\], got 1.5"):
        nn.LSTM(2, 3, 2, dropout=1.5)
    with pytest.raises(ArgumentError, match="RNN: nonlinearity must be 'tanh' or 'relu', got 'gelu'"):
        nn.RNN(2, 3, nonlinearity="gelu")
    with pytest.raises(ArgumentError, match="RNNBase: mode must be one of RNN_TANH, RNN_RELU, LSTM, GRU, got 'X'"):
        nn.RNNBase("X", 2, 3)
    with pytest.raises(ArgumentError, match="RNNCell: nonlinearity must be"):
        nn.RNNCell(2, 3, nonlinearity="gelu")
    with pytest.raises(ArgumentError, match="GRUCell: input_size must be a whole number of at least 1, got 0"):
        nn.GRUCell(0, 3)


def test_inputs_that_do_not_fit_are_named() -> None:
    net = nn.LSTM(2, 3, batch_first=True)
    with pytest.raises(ShapeError, match=r"expected \(N, L, D\), or \(L, D\) .* input_size = 2, got shape \(4, 5, 3\)"):
        net(ag.ones(4, 5, 3))
    with pytest.raises(ShapeError, match="got a ndarray"):
        net(np.ones((4, 5, 2)))
    with pytest.raises(ShapeError, match=r"rows \(R, D\) in the PackedSequence with D = input_size = 2"):
        net(pack_padded_sequence(ag.ones(4, 1, 3), [4]))
    with pytest.raises(DTypeError, match="LSTM: the input is float64, the parameters are float32"):
        net(ag.ones(4, 5, 2).double())
    with pytest.raises(ShapeError, match=r"LSTMCell: expected \(N, D\) or \(D,\) with D = input_size = 2"):
        nn.LSTMCell(2, 3)(ag.ones(4, 3))


def test_states_that_do_not_fit_are_named() -> None:
    x, h = ag.ones(4, 5, 2), ag.ones(1, 4, 3)
    net = nn.LSTM(2, 3, batch_first=True)
    with pytest.raises(ShapeError, match=r"hx must be the pair \(h, c\) .* got one tensor of shape \(1, 4, 3\)"):
        net(x, h)
    with pytest.raises(ShapeError, match=r"got a tuple of \[\(1, 4, 3\), \(1, 5, 3\)\]"):
        net(x, (h, ag.ones(1, 5, 3)))
    with pytest.raises(ShapeError, match=r"GRU: hx must be one tensor of shape \(1, 5, 3\), got a tuple"):
        nn.GRU(2, 3)(x, (h, h))
    with pytest.raises(ShapeError, match=r"GRU: hx must be one tensor .*, got a list of \[\(1, 5, 3\)\]"):
        nn.GRU(2, 3)(x, [ag.ones(1, 5, 3)])
    with pytest.raises(
        ShapeError, match=r"hx must be one tensor of shape \(1, 3\), got one tensor of shape \(1, 4, 3\)"
    ):
        nn.GRU(2, 3)(x[0], h)
    with pytest.raises(ShapeError, match=r"LSTMCell: hx must be the pair \(h, c\), got a Tensor"):
        nn.LSTMCell(2, 3)(x[0], h[0])
    with pytest.raises(ShapeError, match=r"GRUCell: the state must have shape \(5, 3\) here, got shape \(4, 3\)"):
        nn.GRUCell(2, 3)(x[0], h[0])
