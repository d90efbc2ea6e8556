"""Recurrent layers: packed sequences, long ones, saturation, and errors; values and derivatives are in the records."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, ShapeError

KINDS = {"rnn": 1, "lstm": 4, "gru": 3}


def numbers(*shape, start=0.0):
    return np.sin(1.7 * np.arange(float(np.prod(shape))) + start).reshape(shape)


def weights(gates, inputs=2, width=3):
    shapes = ((gates * width, inputs), (gates * width, width), (gates * width,), (gates * width,))
    return [ag.tensor(numbers(*shape, start=i)).requires_grad_() for i, shape in enumerate(shapes)]


def run(kind, x, states, ws, **options):
    hx = states if kind == "lstm" else states[0]
    return getattr(ag, f"{kind}_layer")(x, hx, *ws, **options)


def states(kind, rows, width=3):
    return [ag.tensor(numbers(rows, width, start=5.0 + k)).requires_grad_() for k in range(1 + (kind == "lstm"))]


def close(a, b):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences_are_each_sequence_alone(kind: str, reverse: bool) -> None:
    sizes = (3, 3, 2, 1, 1)
    lengths = [5, 3, 2]
    x = ag.tensor(numbers(sum(sizes), 2)).requires_grad_()
    first, ws = states(kind, 3), weights(KINDS[kind])
    y, *last = run(kind, x, first, ws, batch_sizes=sizes, reverse=reverse)
    starts = list(itertools.accumulate(sizes, initial=0))
    alone, alone_last = [], []
    for number, length in enumerate(lengths):
        rows = [starts[t] + number for t in range(length)]
        own = [state[number : number + 1] for state in first]
        z, *end = run(kind, x[rows].unsqueeze(1), own, ws, reverse=reverse)
        close(y[rows], z.squeeze(1))
        alone.append(z.sum(1).flatten())
        alone_last.append([e.sum() * (1 + k) for k, e in enumerate(end)])
    operands = [x, *first, *ws]
    packed = ag.autograd.grad(y.sum() + sum((e.sum() * (1 + k) for k, e in enumerate(last)), 0.0), operands)
    apart = ag.autograd.grad(sum(z.sum() for z in alone) + sum(sum(e) for e in alone_last), operands)
    for a, b in zip(packed, apart, strict=True):
        close(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_layer_is_a_loop_of_cells(kind: str) -> None:
    x, first, ws = ag.tensor(numbers(20, 2, 2)).requires_grad_(), states(kind, 2), weights(KINDS[kind])
    cell = ag.rnn_tanh_cell if kind == "rnn" else getattr(ag, f"{kind}_cell")
    y, *last = run(kind, x, first, ws)
    running, outputs = list(first), []
    for step in x:
        new = cell(step, running if kind == "lstm" else running[0], *ws)
        running = list(new) if kind == "lstm" else [new]
        outputs.append(running[0])
    close(y, ag.stack(outputs))
    for a, b in zip(last, running, strict=True):
        close(a, b)
    operands = [x, *first, *ws]
    for a, b in zip(
        ag.autograd.grad((y * y).sum() + last[-1].sum(), operands),
        ag.autograd.grad((ag.stack(outputs) ** 2).sum() + running[-1].sum(), operands),
        strict=True,
    ):
        close(a, b)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_saturated_gates_overflow_nowhere(kind: str, dtype: type) -> None:
    x = ag.tensor(np.array([[[1e4, -1e4]], [[-1e4, 1e4]]], dtype)).requires_grad_()
    ws = [w.detach().to(dtype).requires_grad_() for w in weights(KINDS[kind])]
    y, *_ = run(kind, x, [s.detach().to(dtype) for s in states(kind, 1)], ws)
    y.sum().backward()
    assert y.dtype == dtype
    assert np.isfinite(y.detach().numpy()).all()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch_gives_an_empty_batch(kind: str) -> None:
    x, ws = ag.zeros(4, 0, 2, dtype=np.float64).requires_grad_(), weights(KINDS[kind])
    y, *last = run(kind, x, [ag.zeros(0, 3, dtype=np.float64)] * (1 + (kind == "lstm")), ws)
    assert y.shape == (4, 0, 3)
    assert last[0].shape == (0, 3)
    y.sum().backward()
    np.testing.assert_array_equal(ws[0].grad.numpy(), np.zeros(ws[0].shape))


@pytest.mark.parametrize("wanted", range(7))
@pytest.mark.parametrize("kind", KINDS)
def test_each_operand_alone_gets_its_gradient(kind: str, wanted: int) -> None:
    operands = [ag.tensor(numbers(3, 2, 2)).requires_grad_(), *states(kind, 2), *weights(KINDS[kind])]
    count = len(operands) - 5

    def total(xs):
        return (run(kind, xs[0], xs[1 : 1 + count], xs[1 + count :])[0] ** 2).sum()

    together = ag.autograd.grad(total(operands), operands)
    chosen = wanted % len(operands)
    alone = [x.detach().requires_grad_(i == chosen) for i, x in enumerate(operands)]
    close(*ag.autograd.grad(total(alone), [alone[chosen]]), together[chosen])


def test_an_output_that_the_operand_does_not_reach_has_no_gradient() -> None:
    """After one step the cell does not depend on what maps the output."""
    first, (w_ih, w_hh, *_) = states("lstm", 2), weights(4)
    w_hr = ag.tensor(numbers(3, 3)).requires_grad_()
    constant = [t.detach() for t in (*first, w_ih, w_hh)]
    y, _, c = ag.lstm_layer(ag.tensor(numbers(1, 2, 2)), constant[:2], *constant[2:], w_hr=w_hr)
    assert ag.autograd.grad(c.sum(), w_hr, create_graph=True, allow_unused=True) == (None,)
    (d,) = ag.autograd.grad(c.sum() + y.sum(), w_hr, create_graph=True)
    close(d, ag.autograd.grad(y.sum(), w_hr)[0])


# --- errors ---------------------------------------------------------------------------------------------------------

ZEROS = ag.zeros(2, 3)
W_IH, W_HH = ag.zeros(9, 2), ag.zeros(9, 3)


def test_shapes_that_do_not_fit_are_named() -> None:
    x = ag.zeros(4, 2, 2)
    with pytest.raises(ShapeError, match=r"gru_layer: w_hh must have shape \(3E, E\) for a state of size E"):
        ag.gru_layer(x, ZEROS, W_IH, ag.zeros(9, 4))
    with pytest.raises(ShapeError, match=r"rnn_layer: w_hh must have shape \(E, E\)"):
        ag.rnn_layer(x, ZEROS, W_IH, ag.zeros(3))
    with pytest.raises(ShapeError, match=r"w_ih must have shape \(9, 2\) here, got \(9, 5\)"):
        ag.gru_layer(x, ZEROS, ag.zeros(9, 5), W_HH)
    with pytest.raises(ShapeError, match=r"b_hh must have shape \(9,\) here, got \(3,\)"):
        ag.gru_layer(x, ZEROS, W_IH, W_HH, ag.zeros(9), ag.zeros(3))
    with pytest.raises(ShapeError, match=r"hx must have shape \(2, 3\) here, got \(2, 4\)"):
        ag.gru_layer(x, ag.zeros(2, 4), W_IH, W_HH)
    with pytest.raises(ShapeError, match=r"hx\[1\] must have shape \(2, 3\) here, got \(1, 3\)"):
        ag.lstm_layer(x, (ZEROS, ag.zeros(1, 3)), ag.zeros(12, 2), ag.zeros(12, 3))
    with pytest.raises(ShapeError, match=r"w_hr must have shape \(2, 3\) here"):
        ag.lstm_layer(x, (ag.zeros(2, 2), ZEROS), ag.zeros(12, 2), ag.zeros(12, 2), w_hr=ag.zeros(3, 3))
    with pytest.raises(ShapeError, match="the input has 2 sequences, the state 5 rows"):
        ag.gru_layer(x, ag.zeros(5, 3), W_IH, W_HH)
    with pytest.raises(ShapeError, match=r"expected \(L, N, D\), or rows \(R, D\) with batch_sizes"):
        ag.gru_layer(x[0], ZEROS, W_IH, W_HH)
    with pytest.raises(ShapeError, match=r"gru_cell: expected \(N, D\)(.|\n)*unsqueeze"):
        ag.gru_cell(x[0, 0], ZEROS[0], W_IH, W_HH)


def test_arguments_that_make_no_sense_are_named() -> None:
    x = ag.zeros(4, 2, 2)
    with pytest.raises(ArgumentError, match="rnn_layer: nonlinearity must be 'tanh' or 'relu', got 'gelu'"):
        ag.rnn_layer(x, ZEROS, W_IH[:3], W_HH[:3], nonlinearity="gelu")
    with pytest.raises(ArgumentError, match=r"lstm_cell: hx must be the pair \(h, c\), got Tensor"):
        ag.lstm_cell(x[0], ZEROS, ag.zeros(12, 2), ag.zeros(12, 3))
    with pytest.raises(ArgumentError, match="gru_layer: the sequence has no steps"):
        ag.gru_layer(ag.zeros(0, 2, 2), ZEROS, W_IH, W_HH)
    for sizes in ([1, 2], [2, 2], [2, 1, 0], []):
        with pytest.raises(ArgumentError, match="batch_sizes must not rise, and sum up to the rows"):
            ag.gru_layer(ag.zeros(3, 2), ZEROS, W_IH, W_HH, batch_sizes=sizes)


def test_types_are_not_mixed() -> None:
    x = ag.zeros(4, 2, 2)
    with pytest.raises(DTypeError, match="expected same dtype for all operands"):
        ag.gru_layer(x.double(), ZEROS, W_IH, W_HH)
    with pytest.raises(DTypeError, match="states are floating numbers, got int64"):
        ag.gru_layer(x.long(), ZEROS.long(), W_IH.long(), W_HH.long())
