"""Recurrent layers on arrays: one layer in one direction over a batch of sequences, and its way back.

The rows of all time steps lie one after the other: step t has the rows of those `sizes[t]` sequences that are still
running, the longest first, so that sequences of unequal length need no padding. A running state of one row per
sequence is read and written at its first `sizes[t]` rows. Going forward in time, the rows below belong to sequences
that have ended; going backward, to those that have not begun: either way it ends as every sequence's last state.

What does not depend on the recursion is one product for all steps: the input's share of the gates before it, and the
gradients of weights and input after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd_np._typing import Array
from autograd_np.kernels.elementwise import constant
from autograd_np.kernels.rows import column_sums

__all__ = ["gru", "gru_back", "lstm", "lstm_back", "rnn", "rnn_back", "steps"]

#: Which operands' cotangents are asked for.
Wanted: TypeAlias = Sequence[bool]

#: From this many steps on it pays to turn the recurrent weights once: OpenBLAS multiplies small batches by them a
#: third faster than by a transposed view.
_MANY = 8


def steps(sizes: Sequence[int], *, reverse: bool) -> list[tuple[slice, int]]:
    """Return the rows and the number of running sequences of each step, in order of computation.

    Example:
        >>> steps([2, 1], reverse=True)
        [(slice(2, 3, None), 1), (slice(0, 2, None), 2)]
    """
    found, start = [], 0
    for size in sizes:
        found.append((slice(start, start + size), size))
        start += size
    return found[::-1] if reverse else found


def _parts(a: Array, count: int) -> Array:
    """Return views of so many equal blocks of columns, along a first axis."""
    return a.reshape(len(a), count, a.shape[1] // count).swapaxes(0, 1)


def _turned(w: Array, count: int) -> Array:
    """Return the transpose of recurrent weights for this many products."""
    return w.T if count < _MANY else np.ascontiguousarray(w.T)


def _projected(x: Array, w: Array, *biases: Array | None) -> Array:
    """Return the input's share of the gates of all steps, with the biases."""
    a = np.matmul(x, w.T)
    given = [b for b in biases if b is not None]
    if given:
        a += sum(given[1:], given[0])
    return a


def _before(first: Array, states: Array, order: list[tuple[slice, int]]) -> Array:
    """Return the state before each step, for all steps, from the first states and those after each step."""
    found = np.empty_like(states)
    if len(order) * len(first) == len(states) > 0:
        # Every step has all sequences: the states after the step before stand next to each other.
        by_step = found.reshape(len(order), *first.shape)
        after = states.reshape(by_step.shape)
        if order[0][0].start:
            by_step[:-1], by_step[-1] = after[1:], first
        else:
            by_step[1:], by_step[0] = after[:-1], first
        return found
    state = first.copy()
    for rows, size in order:
        found[rows] = state[:size]
        state[:size] = states[rows]
    return found


def _carry(g: Array | None, like: Array) -> Array:
    """Return a buffer for what a state's later uses send back, beginning with the last state's own cotangent."""
    return np.zeros(like.shape, like.dtype) if g is None else g.copy()


def _slopes(y: Array) -> Array:
    """Return the derivative of σ where its value is y: y·(1 - y)."""
    found = np.square(y)
    return np.subtract(y, found, out=found)


def _tanh_slopes(y: Array, out: Array) -> Array:
    """Return the derivative of tanh where its value is y: 1 - y²."""
    np.square(y, out=out)
    return np.subtract(1, out, out=out)


def _affine(
    wanted: Wanted, d: Array, hidden: Array, x: Array, w_ih: Array, before: Array
) -> tuple[Array | None, Array | None, Array | None, Array | None, Array | None]:
    """Return the cotangents of x, both weights and both biases for those of the two shares of the gates.

    Args:
        wanted: which of these five are asked for.
        d: cotangent of the input's share.
        hidden: cotangent of the state's share; the same array where both are only added.
        x: input of all steps.
        w_ih: weights of the input.
        before: state before each step.
    """
    d_ih = column_sums(d) if wanted[3] else None
    d_hh = (column_sums(hidden) if hidden is not d or d_ih is None else d_ih.copy()) if wanted[4] else None
    return (
        np.matmul(d, w_ih) if wanted[0] else None,
        np.matmul(d.T, x) if wanted[1] else None,
        np.matmul(hidden.T, before) if wanted[2] else None,
        d_ih,
        d_hh,
    )


# --- h' = tanh or relu of an affine map of x and h --------------------------------------------------------------------


def rnn(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    relu: bool,
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Array, Array]:
    """Return the states of all steps, and each sequence's last one.

    Shapes: x (R, D), h0 (N, E), w_ih (E, D), w_hh (E, E), biases (E,) or None -> (R, E), (N, E), R being the sum of
        sizes.

    Example:
        >>> one = np.ones((1, 1))
        >>> rnn(np.array([[1.0], [2.0], [3.0]]), one, one, one, None, None, True, (1, 1, 1), False)
        (array([[2.],
               [4.],
               [7.]]), array([[7.]]))
    """
    states = _projected(x, w_ih, b_ih, b_hh)
    turned, h = _turned(w_hh, len(sizes)), h0.copy()
    for rows, size in steps(sizes, reverse=reverse):
        a = states[rows]
        a += np.matmul(h[:size], turned)
        h[:size] = np.maximum(a, 0, out=a) if relu else np.tanh(a, out=a)
    return states, h


def rnn_back(
    g: tuple[Array | None, ...],
    y: tuple[Array, ...],
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    _b_ih: Array | None,
    _b_hh: Array | None,
    wanted: Wanted,
    relu: bool,
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Array | None, ...]:
    """Return the cotangents of `rnn`'s operands for those of its outputs.

    Shapes: g like the outputs -> like x, h0, the weights and the biases; None for what is not wanted.

    Example:
        >>> one = np.ones((1, 1))
        >>> g = (np.array([[0.0], [0.0], [1.0]]), None)
        >>> y = (np.array([[2.0], [4.0], [7.0]]), one)
        >>> operands = (np.ones((3, 1)), one, one, one, None, None)
        >>> rnn_back(g, y, *operands, (1, 0, 0, 0, 0, 0), True, (1, 1, 1), False)[0]
        array([[1.],
               [1.],
               [1.]])
    """
    states, order = y[0], steps(sizes, reverse=reverse)
    # How steep the activation is; its cotangent takes its place, step by step.
    d = np.asarray(states > 0, states.dtype) if relu else _tanh_slopes(states, out=np.empty_like(states))
    carry = _carry(g[1], h0)
    for rows, size in reversed(order):
        dh = carry[:size]
        if g[0] is not None:
            dh += g[0][rows]
        a = d[rows]
        a *= dh
        np.matmul(a, w_hh, out=dh)
    before = _before(h0, states, order) if wanted[3] else h0
    dx, *rest = _affine((wanted[0], *wanted[2:]), d, d, x, w_ih, before)
    return dx, carry if wanted[1] else None, *rest


# --- LSTM -------------------------------------------------------------------------------------------------------------

# σ(x) = ½ + ½·tanh(x/2): all gates of a step are one tanh between two affine maps.


def _to_tanh(width: int, scales: tuple[float, ...], dtype: np.dtype) -> tuple[Array, Array]:
    """Return what gates are multiplied by before and after tanh, and what is added then."""
    scale = np.repeat(np.array(scales, dtype), width)
    return scale, (1 - scale) * np.asarray(scale < 1, dtype)


def _scaled(scale: Array, *weights: Array | None) -> list[Any]:
    """Return weights of gates, and biases, that make the gates as they go into tanh: that saves a step at each time."""
    return [w if w is None else w * scale.reshape(-1, *(1,) * (w.ndim - 1)) for w in weights]


def _for_each_row(values: Array, count: int) -> Array:
    """Return a row as often as there are sequences: NumPy multiplies by a matrix twice as fast as by a row."""
    return np.repeat(values[None], count, axis=0)


def lstm(
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    w_hr: Array | None,
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the outputs of all steps, each sequence's last output and cell, and all gates and cells.

    Shapes: x (R, D), h0 (N, P), c0 (N, E), w_ih (4E, D), w_hh (4E, P), biases (4E,) or None, w_hr (P, E) or None, where
        P is E -> (R, P), (N, P), (N, E), (R, 4E), (R, E), R being the sum of sizes.

    Example:
        >>> zero, open = np.zeros((1, 1)), np.full(4, 50.0)
        >>> w = np.array([[0.0], [0.0], [1.0], [0.0]])
        >>> lstm(np.array([[1.0], [1.0]]), zero, zero, w, 0 * w, open * [1, 1, 0, 1], None, None, (1, 1), False)[2]
        array([[1.52318831]])
    """
    width = c0.shape[1]
    scale, shift = _to_tanh(width, (0.5, 0.5, 1, 0.5), x.dtype)
    w_ih, w_hh, b_ih, b_hh = _scaled(scale, w_ih, w_hh, b_ih, b_hh)
    scale, shift = _for_each_row(scale, len(c0)), _for_each_row(shift, len(c0))
    gates = _projected(x, w_ih, b_ih, b_hh)
    i, f, n, o = _parts(gates, 4)
    cells = np.empty((len(x), width), x.dtype)
    outputs = np.empty((len(x), h0.shape[1]), x.dtype)
    turned, h, c = _turned(w_hh, len(sizes)), h0.copy(), c0.copy()
    space, room = np.empty_like(c), np.empty_like(scale)
    for rows, size in steps(sizes, reverse=reverse):
        a = gates[rows]
        a += np.matmul(h[:size], turned, out=room[:size])
        np.tanh(a, out=a)
        a *= scale[:size]
        a += shift[:size]
        state, part = c[:size], space[:size]
        state *= f[rows]
        state += np.multiply(i[rows], n[rows], out=part)
        cells[rows] = state
        np.tanh(state, out=part)
        part *= o[rows]
        h[:size] = outputs[rows] = part if w_hr is None else np.matmul(part, w_hr.T)
    return outputs, h, c, gates, cells


def lstm_back(
    g: tuple[Array | None, ...],
    y: tuple[Array, ...],
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    _b_ih: Array | None,
    _b_hh: Array | None,
    w_hr: Array | None,
    gates: Array,
    cells: Array,
    wanted: Wanted,
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Array | None, ...]:
    """Return the cotangents of `lstm`'s operands for those of its outputs.

    Shapes: g like the outputs -> like x, both states, the weights and the biases; None for what is not wanted.

    Example:
        >>> one = np.ones((1, 1))
        >>> gates, w, unused = np.array([[0.5, 0.5, 0.0, 0.5]]), np.ones((4, 1)), (None, None, None)
        >>> operands = (one, one, one, w, w, *unused, gates, 0.5 * one)
        >>> lstm_back((one, None, None), (one, one, one), *operands, (0, 0, 1, 0, 0, 0, 0, 0), (1,), False)[2]
        array([[0.19661193]])
    """
    order = steps(sizes, reverse=reverse)
    i, f, n, o = _parts(gates, 4)
    # How steep each gate is, times what it is multiplied by; its cotangent takes its place, step by step.
    d = _slopes(gates)
    di, df, dn, do = _parts(d, 4)
    _tanh_slopes(n, out=dn)
    shown = np.tanh(cells)
    falling = _tanh_slopes(shown, out=np.empty_like(shown))
    di *= n
    df *= _before(c0, cells, order)
    dn *= i
    do *= shown
    falling *= o
    through = _parts(d, 4).swapaxes(0, 1)
    dm = None if w_hr is None or not wanted[7] else np.empty_like(y[0])
    carry_h, carry_c = _carry(g[1], h0), _carry(g[2], c0)
    space = np.empty_like(c0)
    for rows, size in reversed(order):
        dh, dc = carry_h[:size], carry_c[:size]
        if g[0] is not None:
            dh += g[0][rows]
        if dm is not None:
            dm[rows] = dh
        shown_by = dh if w_hr is None else np.matmul(dh, w_hr)
        dc += np.multiply(shown_by, falling[rows], out=space[:size])
        a = through[rows]
        a[:, :3] *= dc[:, None]
        a[:, 3] *= shown_by
        np.matmul(d[rows], w_hh, out=dh)
        dc *= f[rows]
    before = _before(h0, y[0], order) if wanted[4] else h0
    dx, *rest = _affine((wanted[0], *wanted[3:7]), d, d, x, w_ih, before)
    d_project = None if dm is None else np.matmul(dm.T, o * shown)
    return dx, carry_h if wanted[1] else None, carry_c if wanted[2] else None, *rest, d_project


# --- GRU --------------------------------------------------------------------------------------------------------------


def gru(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Array, Array, Array, Array]:
    """Return the states of all steps, each sequence's last one, all gates, and the state's share of the candidates.

    Shapes: x (R, D), h0 (N, E), w_ih (3E, D), w_hh (3E, E), biases (3E,) or None -> (R, E), (N, E), (R, 3E), (R, E),
        R being the sum of sizes.

    Example:
        >>> one, w = np.ones((1, 1)), np.zeros((3, 1))
        >>> gru(one, one, w, w, np.array([0.0, 0.0, 50.0]), None, (1,), False)[0]
        array([[1.]])
    """
    width = h0.shape[1]
    scale, _ = _to_tanh(width, (0.5, 0.5, 1), x.dtype)
    w_ih, w_hh, b_ih, b_hh = _scaled(scale, w_ih, w_hh, b_ih, b_hh)
    half = constant(0.5, x.dtype)
    gates = _projected(x, w_ih, b_ih)
    switches, n = gates[:, : 2 * width], gates[:, 2 * width :]
    r, z, _ = _parts(gates, 3)
    shares, states = np.empty((len(x), width), x.dtype), np.empty((len(x), width), x.dtype)
    turned, h = _turned(w_hh, len(sizes)), h0.copy()
    room = np.empty((len(h0), 3 * width), x.dtype)
    biases = None if b_hh is None else _for_each_row(b_hh, len(h0))
    for rows, size in steps(sizes, reverse=reverse):
        state = h[:size]
        m = np.matmul(state, turned, out=room[:size])
        if biases is not None:
            m += biases[:size]
        a, candidate = switches[rows], n[rows]
        a += m[:, : 2 * width]
        np.tanh(a, out=a)
        a *= half
        a += half
        shares[rows] = m[:, 2 * width :]
        candidate += r[rows] * shares[rows]
        np.tanh(candidate, out=candidate)
        state -= candidate
        state *= z[rows]
        state += candidate
        states[rows] = state
    return states, h, gates, shares


def gru_back(
    g: tuple[Array | None, ...],
    y: tuple[Array, ...],
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    _b_ih: Array | None,
    _b_hh: Array | None,
    gates: Array,
    shares: Array,
    wanted: Wanted,
    sizes: Sequence[int],
    reverse: bool,
) -> tuple[Array | None, ...]:
    """Return the cotangents of `gru`'s operands for those of its outputs.

    Shapes: g like the outputs -> like x, h0, the weights and the biases; None for what is not wanted.

    Example:
        >>> one, w = np.ones((1, 1)), np.zeros((3, 1))
        >>> operands = (one, one, w, w, None, None, np.array([[0.5, 0.25, 0.0]]), one)
        >>> gru_back((one, None), (one, one), *operands, (0, 1, 0, 0, 0, 0), (1,), False)[1]
        array([[0.25]])
    """
    order = steps(sizes, reverse=reverse)
    r, z, n = _parts(gates, 3)
    before = _before(h0, y[0], order)
    # What the cotangent of a state is multiplied by on its way to each gate; the products take their place.
    hidden = _slopes(gates)
    dr, dz, dn = _parts(hidden, 3)
    steep = _tanh_slopes(n, out=np.empty_like(shares))
    steep *= 1 - z
    dr *= steep
    dr *= shares
    dz *= before - n
    np.multiply(steep, r, out=dn)
    through = _parts(hidden, 3).swapaxes(0, 1)
    carry = _carry(g[1], h0)
    for rows, size in reversed(order):
        dh = carry[:size]
        if g[0] is not None:
            dh += g[0][rows]
        a = through[rows]
        a *= dh[:, None]
        steep[rows] *= dh
        dh *= z[rows]
        dh += np.matmul(hidden[rows], w_hh)
    d = np.concatenate([hidden[:, : 2 * h0.shape[1]], steep], axis=1)
    dx, *rest = _affine((wanted[0], *wanted[2:]), d, hidden, x, w_ih, before)
    return dx, carry if wanted[1] else None, *rest
