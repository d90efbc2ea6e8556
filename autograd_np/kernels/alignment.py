"""Connectionist temporal classification: sums over all alignments of a label sequence to a longer input.

A path stays where it is, moves to the next state, or skips a blank between two different labels. The states of a
sample are its labels with a blank before, between and after them: S = 2·labels + 1. All is kept as logarithms in double
precision; the logarithm of 0 is a finite number, so that no difference of two of them is NaN.

Source: Graves et al., 2006.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd_np._typing import Array

__all__ = ["States", "ctc", "ctc_dx", "ctc_dxx"]

_ZERO = -1e300


class States(NamedTuple):
    """What is to be aligned, for N samples.

    Attributes:
        labels: class of each state, blanks included, (N, S).
        counts: how many of them each sample has, (N,).
        steps: how many time steps each sample has, (N,).
        blank: class of the blank.
    """

    labels: Array
    counts: Array
    steps: Array
    blank: int


def _reversed(states: States) -> States:
    """Return the states read from the end, which is how paths are summed backwards."""
    order = _from_the_end(states.counts, states.labels.shape[1])
    return states._replace(labels=np.take_along_axis(states.labels, order, 1))


def _from_the_end(counts: Array, length: int) -> Array:
    """Return for each sample the places count - 1, …, 1, 0, and 0 for the rest, (N, length)."""
    return np.maximum(counts[:, None] - 1 - np.arange(length), 0)


def _by_state(x: Array, states: States) -> Array:
    """Return a value for each time and class at each state's class, (T, N, K) -> (T, N, S)."""
    return np.take_along_axis(x, states.labels[None], 2)


def _turned(x: Array, states: States) -> Array:
    """Return (T, N, S) with each sample's times and states in reverse; the same once more undoes it."""
    times = _from_the_end(states.steps, x.shape[0]).T[:, :, None]
    places = _from_the_end(states.counts, x.shape[2])[None]
    return np.take_along_axis(np.take_along_axis(x, times, 0), places, 2)


def _arriving(before: Array, out: Array) -> Array:
    """Write what staying, moving and skipping bring to each state, from values with two columns in front, (3, N, S)."""
    out[0], out[1], out[2] = before[:, 2:], before[:, 1:-1], before[:, :-2]
    return out


def _paths(emitted: Array, states: States, change: Array | None = None) -> tuple[Array, Array]:
    """Return the logarithm of the sum over all paths to each state at each time, and its directional derivative.

    Args:
        emitted: logarithm of each state's probability, (T, N, S).
        states: what is aligned.
        change: direction in which `emitted` moves; None for no derivative.
    """
    T, N, S = emitted.shape
    barred = np.full((N, S), _ZERO)
    labels = states.labels
    barred[:, 2:][(labels[:, 2:] != states.blank) & (labels[:, 2:] != labels[:, :-2])] = 0
    # Two columns in front stand for the states before the first, which no path comes from.
    sums = np.full((T, N, S + 2), _ZERO)
    slopes = np.zeros((T, N, S + 2) if change is not None else (T, N, 2))
    sums[0, :, 2:4] = emitted[0, :, :2]
    if change is not None:
        slopes[0, :, 2:4] = change[0, :, :2]
    parts, moved = np.empty((3, N, S)), np.empty((3, N, S))
    for t in range(1, T):
        _arriving(sums[t - 1], parts)
        parts[2] += barred
        top = parts.max(axis=0)
        parts -= top
        np.exp(parts, out=parts)
        total = parts[0] + parts[1] + parts[2]
        np.add(np.log(total) + top, emitted[t], out=sums[t, :, 2:])
        if change is not None:
            moved = parts * _arriving(slopes[t - 1], moved)
            np.add((moved[0] + moved[1] + moved[2]) / total, change[t], out=slopes[t, :, 2:])
    return sums[:, :, 2:], slopes[:, :, 2:]


def _ends(x: Array, states: States) -> Array:
    """Return the values at the last time in the two last states, where paths end, (2, N)."""
    n = np.arange(x.shape[1])
    last = np.maximum(states.steps - 1, 0)
    return np.stack([x[last, n, states.counts - 1], x[last, n, np.maximum(states.counts - 2, 0)]])


def _total(sums: Array, states: States) -> Array:
    """Return the logarithm of the probability of each sample's labels, (N,)."""
    ends = _ends(sums, states)
    total = np.where(states.counts > 1, np.logaddexp(ends[0], ends[1]), ends[0])
    return np.where(states.steps > 0, total, np.where(states.counts > 1, _ZERO, 0.0))


def _emitted(x: Array, states: States) -> Array:
    return _by_state(np.maximum(x.astype(np.float64, copy=False), _ZERO), states)


def _within(times: int, states: States) -> Array:
    """Return which time steps count, (T, N)."""
    return np.arange(times)[:, None] < states.steps


def _occupied(emitted: Array, sums: Array, backward: Array, states: States) -> Array:
    """Return the probability of each state at each time, given the labels: 0 beyond a sample's length."""
    total = _total(sums, states)
    within = _within(len(sums), states)
    exists = np.arange(sums.shape[2]) < states.counts[:, None]  # (N, S)
    allowed = within[:, :, None] & exists & (total > _ZERO / 2)[:, None]
    return np.exp(np.where(allowed, sums + backward - emitted - total[:, None], _ZERO))


def _by_class(x: Array, states: States, classes: int) -> Array:
    """Return the sums over the states of each class, (T, N, S) -> (T, N, K)."""
    T, N, _ = x.shape
    places = (np.arange(T * N).reshape(T, N, 1) * classes + states.labels).reshape(-1)
    return np.bincount(places, x.reshape(-1), T * N * classes).reshape(T, N, classes)


def ctc(x: Array, states: States, *, zero_infinity: bool) -> tuple[Array, Array]:
    """Return minus the logarithm of the probability of each sample's labels, and the sums over paths to each state.

    Args:
        x: log-probabilities, (T, N, K).
        states: what is aligned.
        zero_infinity: give 0 for labels that have no alignment, in place of infinity.

    Example:
        >>> states = States(np.array([[0, 1, 0]]), np.array([3]), np.array([2]), 0)
        >>> np.exp(-ctc(np.log(np.full((2, 1, 2), 0.5)), states, zero_infinity=False)[0])
        array([0.75])
    """
    sums, _ = _paths(_emitted(x, states), states)
    total = _total(sums, states)
    impossible = 0.0 if zero_infinity else np.inf
    # Not -total: the loss of certain labels would be -0.
    return np.where(total > _ZERO / 2, 0 - total, impossible).astype(x.dtype, copy=False), sums


def ctc_dx(x: Array, sums: Array, states: States, *, zero_infinity: bool) -> Array:
    """Return the gradient of `ctc`: minus the probability of each class at each time, given the labels.

    Example:
        >>> states = States(np.array([[0, 1, 0]]), np.array([3]), np.array([2]), 0)
        >>> x = np.log(np.full((2, 1, 2), 0.5))
        >>> ctc_dx(x, ctc(x, states, zero_infinity=False)[1], states, zero_infinity=False).round(4)
        array([[[-0.3333, -0.6667]],
               [[-0.3333, -0.6667]]])
    """
    emitted = _emitted(x, states)
    backward, _ = _paths(_turned(emitted, states), _reversed(states))
    d = -_by_class(_occupied(emitted, sums, _turned(backward, states), states), states, x.shape[2])
    if not zero_infinity:
        d[_within(len(x), states) & (_total(sums, states) < _ZERO / 2)] = np.nan
    return d.astype(x.dtype, copy=False)


def ctc_dxx(h: Array, x: Array, states: States) -> Array:
    """Return the Hessian of `ctc` times h; samples without an alignment give 0.

    Example:
        >>> states = States(np.array([[0, 1, 0]]), np.array([3]), np.array([2]), 0)
        >>> x = np.log(np.full((2, 1, 2), 0.5))
        >>> ctc_dxx(np.array([[[0.0, 9.0]], [[0.0, 0.0]]]), x, states).round(4)
        array([[[ 2., -2.]],
               [[-1.,  1.]]])
    """
    emitted = _emitted(x, states)
    change = _by_state(h.astype(np.float64, copy=False), states)
    sums, slopes = _paths(emitted, states, change)
    backward, backward_slopes = _paths(_turned(emitted, states), _reversed(states), _turned(change, states))
    occupied = _occupied(emitted, sums, _turned(backward, states), states)
    # The probability of a path's end in either of the two last states weighs how the total changes; it is at most 1
    # but for the second of a sample that has one state, which does not count.
    ends = np.exp(np.minimum(_ends(sums, states) - _total(sums, states), 0)) * _ends(slopes, states)
    total = ends[0] + np.where(states.counts > 1, ends[1], 0)
    moved = slopes + _turned(backward_slopes, states) - change - total[:, None]
    return -_by_class(occupied * moved, states, x.shape[2]).astype(h.dtype, copy=False)
