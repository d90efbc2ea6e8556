"""MultiheadAttention: masks, hints, dropout, second order, and errors; PyTorch's numbers stand in tests/nn/cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck

LATER = ag.ones(5, 5, dtype=bool).triu(1)


def inputs(*shape):
    return ag.tensor(np.sin(1.7 * np.arange(float(np.prod(shape)))).reshape(shape)).requires_grad_()


def close(a, b) -> None:
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("need_weights", [False, True])
def test_both_orders_pass_the_gradient_checks(need_weights: bool) -> None:
    net = nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True).double()
    bias = inputs(3, 3)

    def run(x, bias):
        return net(x, x, x, attn_mask=bias, need_weights=need_weights)[0]

    assert gradcheck(run, [inputs(3, 2, 4), bias])
    assert gradgradcheck(run, [inputs(3, 2, 4), bias])


@pytest.mark.parametrize("mask", [LATER, nn.Transformer.generate_square_subsequent_mask(5, dtype=np.float64)])
def test_a_right_hint_changes_nothing(mask) -> None:
    net, x = nn.MultiheadAttention(4, 2).double(), inputs(5, 2, 4)
    plain, hinted = (net(x, x, x, attn_mask=mask, need_weights=False, is_causal=hint)[0] for hint in (False, True))
    close(plain, hinted)
    close(*(ag.autograd.grad((y**2).sum(), net.in_proj_weight)[0] for y in (plain, hinted)))


@pytest.mark.parametrize("mask", [ag.ones(5, 5, dtype=bool).tril(-1), ag.zeros(5, 5, dtype=np.float64), LATER[:, 1:]])
def test_a_wrong_hint_changes_nothing_either(mask) -> None:
    net, x = nn.MultiheadAttention(4, 2).double(), inputs(5, 2, 4)
    keys = x[: mask.shape[1]]
    plain, hinted = (
        net(x, keys, keys, attn_mask=mask, need_weights=False, is_causal=hint)[0] for hint in (False, True)
    )
    close(plain, hinted)


def test_a_hint_about_added_keys_changes_nothing() -> None:
    net, x = nn.MultiheadAttention(4, 2, add_bias_kv=True).double(), inputs(5, 2, 4)
    plain, hinted = (net(x, x, x, attn_mask=LATER, need_weights=False, is_causal=hint)[0] for hint in (False, True))
    close(plain, hinted)


def test_a_learned_mask_gets_its_gradient_despite_the_hint() -> None:
    net, x = nn.MultiheadAttention(4, 2).double(), inputs(5, 2, 4)
    bias = nn.Transformer.generate_square_subsequent_mask(5, dtype=np.float64).requires_grad_()
    net(x, x, x, attn_mask=bias, need_weights=False, is_causal=True)[0].sum().backward()
    assert (bias.grad.numpy()[np.tril_indices(5)] != 0).any()


def test_later_positions_do_not_reach_earlier_ones() -> None:
    net, x = nn.MultiheadAttention(4, 2, batch_first=True).double(), inputs(2, 5, 4)
    y, weights = net(x, x, x, attn_mask=LATER)
    y[:, 2].sum().backward()
    assert (x.grad.numpy()[:, 3:] == 0).all()
    assert (x.grad.numpy()[:, :3] != 0).all()
    assert (weights.detach().numpy()[:, LATER.numpy()] == 0).all()


@pytest.mark.parametrize("need_weights", [False, True])
def test_a_query_that_sees_nothing_gets_the_last_bias(need_weights: bool) -> None:
    net, x = nn.MultiheadAttention(4, 2).double(), inputs(5, 2, 4)
    net.out_proj.bias.data.copy_(ag.arange(4.0))
    hidden = ag.tensor([[False] * 5, [True] * 5])
    for mask in (hidden, ag.zeros(2, 5).masked_fill(hidden, -math.inf)):
        y, weights = net(x, x, x, key_padding_mask=mask, need_weights=need_weights)
        np.testing.assert_array_equal(y.detach().numpy()[:, 1], [[0, 1, 2, 3]] * 5)
        if weights is not None:
            np.testing.assert_array_equal(weights.detach().numpy()[1], 0)
        x.grad = None
        y.sum().backward()
        assert np.isfinite(x.grad.numpy()).all()


def test_dropout_acts_in_training_alone() -> None:
    net, x = nn.MultiheadAttention(4, 2, dropout=0.5), ag.randn(5, 2, 4)
    for need_weights in (False, True):
        net.train()
        a, b = (net(x, x, x, need_weights=need_weights)[0].detach().numpy() for _ in range(2))
        assert not np.array_equal(a, b)
        net.eval()
        a, b = (net(x, x, x, need_weights=need_weights)[0].detach().numpy() for _ in range(2))
        np.testing.assert_array_equal(a, b)


def test_parameters_begin_by_glorots_rule() -> None:
    net = nn.MultiheadAttention(50, 2)
    bound = math.sqrt(6 / 200)
    values = net.in_proj_weight.detach().numpy()
    assert 0.99 * bound < np.abs(values).max() <= bound
    assert (net.in_proj_bias.detach().numpy() == 0).all()
    assert (net.out_proj.bias.detach().numpy() == 0).all()
    net = nn.MultiheadAttention(50, 2, kdim=20, bias=False, add_bias_kv=True)
    assert 0.98 * math.sqrt(6 / 70) < np.abs(net.k_proj_weight.detach().numpy()).max() <= math.sqrt(6 / 70)
    assert (net.bias_k.detach().numpy() != 0).all()


def test_float_masks_of_another_type_are_converted() -> None:
    net, x = nn.MultiheadAttention(4, 2).double(), inputs(5, 2, 4)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    assert mask.dtype == np.float32
    y, _ = net(x, x, x, attn_mask=mask, need_weights=False)
    assert y.dtype == np.float64
    close(y, net(x, x, x, attn_mask=LATER)[0])


# --- errors -----------------------------------------------------------------------------------------------------------


def test_settings_that_make_no_sense_are_named() -> None:
    with pytest.raises(ArgumentError, match="num_heads must divide embed_dim, and both be positive; got 3 heads"):
        nn.MultiheadAttention(4, 3)
    with pytest.raises(ArgumentError, match=r"dropout is a probability in \[0, 1\], got 2"):
        nn.MultiheadAttention(4, 2, dropout=2)
    x, w = ag.ones(3, 1, 2), ag.ones(6, 2)
    with pytest.raises(ArgumentError, match="in_proj_weight is None"):
        F.multi_head_attention_forward(x, x, x, 2, 1, None, None, None, None, False, 0.0, w[:2], None)
    with pytest.raises(ArgumentError, match="3 heads do not divide 2 features"):
        F.multi_head_attention_forward(x, x, x, 2, 3, w, None, None, None, False, 0.0, w[:2], None)
    with pytest.raises(ArgumentError, match="q_proj_weight is None, but use_separate_proj_weight is True"):
        F.multi_head_attention_forward(
            x, x, x, 2, 1, w, None, None, None, False, 0.0, w[:2], None, use_separate_proj_weight=True
        )


def test_operands_that_do_not_fit_are_named() -> None:
    net, x = nn.MultiheadAttention(4, 2), ag.ones(5, 2, 4)
    with pytest.raises(ShapeError, match=r"expected \(L, N, E\), \(S, N, K\) and \(S, N, D\), or all three without N"):
        net(x, x[:3], x)
    with pytest.raises(ShapeError, match=r"got query \(5, 4\), key \(5, 2, 4\)"):
        net(x[:, 0], x, x)
    with pytest.raises(ShapeError, match="look at batch_first"):
        nn.MultiheadAttention(4, 2, batch_first=True)(x, x[:3], x[:3])
    with pytest.raises(ShapeError, match="query must have embed_dim = 4 features"):
        net(x[..., :3], x, x)


def test_masks_that_do_not_fit_are_named() -> None:
    net, x = nn.MultiheadAttention(4, 2), ag.ones(5, 2, 4)
    with pytest.raises(ShapeError, match=r"attn_mask must have shape \(5, 5\) or \(4, 5, 5\), got \(2, 5, 5\)"):
        net(x, x, x, attn_mask=ag.ones(2, 5, 5, dtype=bool))
    with pytest.raises(ShapeError, match=r"key_padding_mask must have shape \(2, 5\), got \(5, 2\)"):
        net(x, x, x, ag.ones(5, 2, dtype=bool))
    with pytest.raises(DTypeError, match="a mask holds booleans or floating numbers, got int64"):
        net(x, x, x, ag.ones(2, 5, dtype=np.int64))
    for need_weights in (False, True):
        with pytest.raises(ArgumentError, match="is_causal is a hint about attn_mask, which is missing"):
            net(x, x, x, need_weights=need_weights, is_causal=True)
