"""Attention: blocks, memory, dropout, blind queries, and errors; values and derivatives are in the records."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from autograd_np.kernels import attention as kernels
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from autograd_np.testing import gradcheck, gradgradcheck

attend = ag.scaled_dot_product_attention


def numbers(*shape, start=0.0):
    return np.sin(1.7 * np.arange(float(np.prod(shape))) + start).reshape(shape)


def operands(lead=(2, 3), queries=7, keys=9, width=4):
    shapes = ((queries, width), (keys, width), (keys, 5))
    return [ag.tensor(numbers(*lead, *shape, start=i)).requires_grad_() for i, shape in enumerate(shapes)]


def derived(y, xs):
    return [y, *ag.autograd.grad((y * y).sum(), xs)]


@pytest.mark.parametrize("elements", [1, 20, 70])
@pytest.mark.parametrize("mask", ["causal", (3, 1, 9), (7, 9), (2, 1, 1, 9), (2, 3, 7, 9)])
def test_blocks_give_the_whole(monkeypatch, elements: int, mask) -> None:
    xs = operands()
    bias = [] if mask == "causal" else [ag.tensor(numbers(*mask)).requires_grad_()]

    def run():
        found = derived(attend(*xs, *bias, is_causal=mask == "causal"), [*xs, *bias])
        return found + (derived(attend(*xs, bias[0].detach() > -0.5), xs) if bias else [])

    whole = run()
    monkeypatch.setattr(kernels, "_BLOCK", elements)
    monkeypatch.setattr(kernels, "_CAUSAL_ROWS", 2)
    for a, b in zip(run(), whole, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_long_sequences_are_the_plain_formula() -> None:
    q, k, v = (x[0, 0] for x in operands((1, 1), 200, 700, 3))
    scores = q @ k.T / math.sqrt(3)
    expected = ag.softmax(scores, -1) @ v
    np.testing.assert_allclose(attend(q, k, v).detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    hidden = ag.ones(200, 700, dtype=bool).triu(1)
    expected = ag.softmax(scores.masked_fill(hidden, -math.inf), -1) @ v
    causal = attend(q, k, v, is_causal=True)
    np.testing.assert_allclose(causal.detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_the_weights_are_not_kept() -> None:
    xs = operands((1, 1), 50, 60)
    y = attend(*xs)
    kept = [array.size for array in y.grad_fn.saved if isinstance(array, np.ndarray)]
    assert max(kept) < 50 * 60 / 5


def test_what_a_causal_mask_hides_has_no_gradient() -> None:
    q, k, v = operands((), 2, 4)
    attend(q, k, v, is_causal=True).sum().backward()
    np.testing.assert_array_equal(k.grad.numpy()[2:], 0)
    np.testing.assert_array_equal(v.grad.numpy()[2:], 0)


def test_a_query_that_sees_nothing_gets_zeros() -> None:
    q, k, v = operands((), 2, 3)
    for mask in (
        ag.tensor([[False] * 3, [True, False, True]]),
        ag.tensor([[-math.inf] * 3, [0.0, -math.inf, 0.0]], dtype=np.float64),
    ):
        for x in (q, k, v):
            x.grad = None
        y = attend(q, k, v, mask)
        np.testing.assert_array_equal(y.detach().numpy()[0], 0)
        np.testing.assert_allclose(y.detach().numpy()[1], attend(q[1:], k[::2], v[::2]).detach().numpy()[0])
        y.sum().backward()
        np.testing.assert_array_equal(q.grad.numpy()[0], 0)
        assert np.isfinite(k.grad.numpy()).all()
        assert gradgradcheck(lambda q, k, v, mask=mask: attend(q, k, v, mask), [q, k, v])


def test_an_empty_batch_gives_an_empty_batch() -> None:
    q, k, v = operands((0, 3), 2, 4)
    y = attend(q, k, v)
    assert y.shape == (0, 3, 2, 5)
    y.sum().backward()
    assert k.grad.shape == (0, 3, 4, 4)


def test_no_keys_give_zeros() -> None:
    q, k, v = operands((2,), 3, 0)
    y = attend(q, k, v)
    np.testing.assert_array_equal(y.detach().numpy(), np.zeros((2, 3, 5)))
    y.sum().backward()
    np.testing.assert_array_equal(q.grad.numpy(), 0)


def test_large_scores_do_not_overflow() -> None:
    q = ag.tensor([[1e3], [-1e3]], requires_grad=True)
    y = attend(q, q, ag.tensor([[1.0], [2.0]]))
    np.testing.assert_array_equal(y.detach().numpy(), [[1], [2]])
    y.sum().backward()
    assert np.isfinite(q.grad.numpy()).all()


# --- dropout ----------------------------------------------------------------------------------------------------------


def test_dropout_leaves_weights_scaled_or_not_at_all() -> None:
    q, k = ag.zeros(400, 1), ag.zeros(10, 1)
    weights = attend(q, k, ag.eye(10), dropout_p=0.25).numpy()
    assert sorted(set(weights.round(6).flatten().tolist())) == [0.0, pytest.approx(0.1 / 0.75, abs=1e-6)]
    assert abs((weights == 0).mean() - 0.25) < 0.03
    np.testing.assert_array_equal(attend(q, k, ag.eye(10), dropout_p=1.0).numpy(), 0)


def test_dropout_takes_its_numbers_from_the_generator() -> None:
    q, k, v = operands()
    a, b = (attend(q, k, v, dropout_p=0.5, generator=ag.Generator().manual_seed(3)) for _ in range(2))
    np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    ag.manual_seed(1)
    c = attend(q, k, v, dropout_p=0.5)
    assert not np.array_equal(c.detach().numpy(), attend(q, k, v, dropout_p=0.5).detach().numpy())
    ag.manual_seed(1)
    np.testing.assert_array_equal(c.detach().numpy(), attend(q, k, v, dropout_p=0.5).detach().numpy())


@pytest.mark.parametrize("elements", [1 << 17, 5])
def test_derivatives_know_what_was_dropped(monkeypatch, elements: int) -> None:
    monkeypatch.setattr(kernels, "_BLOCK", elements)
    xs = operands((2,), 3, 4, 2)
    bias = ag.tensor(numbers(3, 4)).requires_grad_()

    def run(q, k, v, bias):
        return attend(q, k, v, bias, 0.4, generator=ag.Generator().manual_seed(2))

    assert gradcheck(run, [*xs, bias])
    assert gradgradcheck(run, [*xs, bias])


# --- errors -----------------------------------------------------------------------------------------------------------


def test_shapes_that_do_not_fit_are_named() -> None:
    x = ag.zeros(2, 6, 3, 4)
    with pytest.raises(ShapeError, match=r"expected query \(\*, L, E\), key \(\*, S, E\) and value"):
        attend(x[0, 0, 0], x, x)
    with pytest.raises(ShapeError, match="query and key must have the same last size"):
        attend(x, x[..., :2], x)
    with pytest.raises(ShapeError, match="key and value must have the same number of rows"):
        attend(x, x, x[:, :, :2])
    with pytest.raises(ShapeError, match=r"leading axes do not broadcast(.|\n)*enable_gqa"):
        attend(x, x[:, :2], x[:, :2])
    with pytest.raises(ShapeError, match="6 heads of queries cannot share 4 heads of keys evenly"):
        attend(x, x[:, :4], x[:, :4], enable_gqa=True)
    with pytest.raises(ShapeError, match="attn_mask must broadcast to the scores"):
        attend(x, x, x, ag.ones(2, 3, dtype=bool))
    with pytest.raises(ShapeError, match="attn_mask must broadcast to the scores"):
        attend(x[0, 0], x[0, 0], x[0, 0], ag.ones(2, 3, 3, dtype=bool))


def test_types_and_arguments_that_make_no_sense_are_named() -> None:
    x = ag.zeros(3, 4)
    with pytest.raises(DTypeError, match=r"must be boolean .* or float32 like the query, got int64"):
        attend(x, x, x, ag.ones(3, 3, dtype=np.int64))
    with pytest.raises(DTypeError, match="expected same dtype"):
        attend(x, x.double(), x)
    with pytest.raises(DTypeError, match="expected floating operands, got int64"):
        attend(x.long(), x.long(), x.long())
    with pytest.raises(ArgumentError, match="pass either attn_mask or is_causal=True"):
        attend(x, x, x, ag.ones(3, 3, dtype=bool), is_causal=True)
    with pytest.raises(ArgumentError, match=r"dropout_p is a probability in \[0, 1\], got 1.5"):
        attend(x, x, x, dropout_p=1.5)


@pytest.mark.parametrize("causal", [False, True])
def test_the_number_of_threads_changes_nothing(causal: bool) -> None:
    q, k, v = (numbers(6, 200, 8, start=i).astype(np.float32) for i in range(3))
    before, found = get_num_threads(), []
    for threads in (1, 2):
        set_num_threads(threads)
        y, log = kernels.attention(q, k, v, None, None, 0.3, causal, 0.0)
        back = kernels.attention_back(y, y, q, k, v, None, None, log, (1, 1, 1, 0, 0), 0.3, causal, 0.0)
        found.append([a.tobytes() for a in (y, log, *back[:3])])
    set_num_threads(before)
    assert found[0] == found[1]
