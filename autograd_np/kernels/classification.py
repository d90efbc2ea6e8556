"""Softmax, its logarithm, and losses of class indices. The classes lie along one axis, before and after others."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.rows import by_row, exponentials, row_sums, row_tops

__all__ = [
    "cross_entropy",
    "cross_entropy_dx",
    "flat_index",
    "log_softmax",
    "log_softmax_dx",
    "nll",
    "nll_dx",
    "softmax",
    "softmax_dx",
    "top",
    "total",
]

#: Elements of a block of rows: less costs a tenth more for every halving (measured), more leaves threads without work.
_BLOCK = 1 << 18
#: From this many elements on fewer passes are worth more calls.
_LARGE = 1 << 13


def top(x: Array, axis: int) -> Array:
    """Return the maximum along an axis, which stays with size 1.

    Example:
        >>> top(np.array([[1.0, 3.0], [4.0, 2.0]]), 1)
        array([[3.],
               [4.]])
    """
    if axis == x.ndim - 1 and x.size:
        return row_tops(_rows(x)).reshape(*x.shape[:-1], 1)
    return x.max(axis=axis, keepdims=True)


def total(x: Array, axis: int) -> Array:
    """Return the sum along an axis, which stays with size 1.

    Example:
        >>> total(np.array([[1.0, 3.0], [4.0, 2.0]]), 1)
        array([[4.],
               [6.]])
    """
    if axis == x.ndim - 1 and x.dtype.itemsize >= 4:
        return row_sums(_rows(x)).reshape(*x.shape[:-1], 1)
    return x.sum(axis=axis, keepdims=True)


def _rows(x: Array) -> Array:
    """Return the array as a matrix whose rows are its last axis."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _blocks(rows: Array, work: Callable[[slice], object]) -> None:
    """Do work on blocks of rows."""
    if rows.size <= _BLOCK:
        work(slice(None))
    else:
        for_each(work, slices(len(rows), _BLOCK // rows.shape[1]))


def _logarithms(sums: Array, shift: Array) -> tuple[Array, Array]:
    """Return the logarithm of each row's sum of exponentials as two terms, of which the second is small.

    Where a score is near a large logarithm, digits would be lost if the two terms were added before they are
    subtracted from it.
    """
    coarse = np.rint(np.log(sums))
    coarse *= shift == 0
    fine = np.log(sums * np.exp(-coarse))
    coarse += shift
    return coarse, fine


def _is_fast(x: Array, axis: int) -> bool:
    """Tell whether there are many rows along the last axis, of a type whose exponentials have room."""
    return axis == x.ndim - 1 and x.size >= _LARGE and x.dtype.itemsize >= 4


def _row(x: Array, kernel: Callable[..., Array], *others: Array) -> Array:
    """Return what a kernel over the only axis gives for a single number."""
    return kernel(x.reshape(1), *(o.reshape(1) for o in others), 0).reshape(())


def softmax(x: Array, axis: int) -> Array:
    """Return exp(x) / Σ exp(x) along an axis, without overflow.

    Example:
        >>> softmax(np.array([0.35, -0.85, 1.25]), 0).round(7)
        array([0.2659011, 0.0800879, 0.6540111])
    """
    if not x.ndim:
        return _row(x, softmax)
    if not x.size:
        return x.copy()
    if not _is_fast(x, axis):
        y = np.subtract(x, top(x, axis), order="C")
        np.exp(y, out=y)
        y /= total(y, axis)
        return y
    y = np.empty(x.shape, x.dtype)
    rows, target = _rows(x), _rows(y)

    def work(part: slice) -> None:
        block = target[part]
        sums, _ = exponentials(rows[part], block)
        by_row(np.divide, block, sums, block)

    _blocks(rows, work)
    return y


def softmax_dx(g: Array, y: Array, axis: int) -> Array:
    """Return y·(g - Σ g·y): what softmax hands back for the cotangent g.

    Example:
        >>> softmax_dx(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 0)
        array([ 0.25, -0.25])
    """
    if not y.ndim:
        return _row(g, softmax_dx, y)
    if not _is_fast(y, axis):
        d = np.multiply(g, y)
        np.subtract(g, total(d, axis), out=d)
        d *= y
        return d
    d = np.empty(y.shape, y.dtype)
    upstream, rows, target = _rows(g), _rows(y), _rows(d)

    def work(part: slice) -> None:
        block = target[part]
        by_row(np.subtract, upstream[part], np.vecdot(upstream[part], rows[part]), block)
        block *= rows[part]

    _blocks(rows, work)
    return d


def log_softmax(x: Array, axis: int) -> Array:
    """Return x - log Σ exp(x) along an axis, without overflow and without taking the logarithm of a small quotient.

    Example:
        >>> log_softmax(np.array([0.35, -0.85, 1.25]), 0).round(7)
        array([-1.324631, -2.524631, -0.424631])
    """
    if not x.ndim:
        return _row(x, log_softmax)
    if not x.size:
        return x.copy()
    if not _is_fast(x, axis):
        y = np.subtract(x, top(x, axis), order="C")
        y -= np.log(total(np.exp(y), axis))
        return y
    y = np.empty(x.shape, x.dtype)
    rows, target = _rows(x), _rows(y)

    def work(part: slice) -> None:
        # The exponentials are made where the result will stand.
        block = target[part]
        coarse, fine = _logarithms(*exponentials(rows[part], block))
        by_row(np.subtract, rows[part], coarse, block)
        by_row(np.subtract, block, fine, block)

    _blocks(rows, work)
    return y


def log_softmax_dx(g: Array, y: Array, axis: int) -> Array:
    """Return g - exp(y)·Σ g: what log_softmax hands back for the cotangent g.

    Example:
        >>> log_softmax_dx(np.array([1.0, 0.0]), np.log(np.array([0.5, 0.5])), 0)
        array([ 0.5, -0.5])
    """
    if not y.ndim:
        return _row(g, log_softmax_dx, y)
    if not _is_fast(y, axis):
        d = np.exp(y)
        d *= total(g, axis)
        return np.subtract(g, d, out=d)
    d = np.empty(y.shape, y.dtype)
    upstream, rows, target = _rows(g), _rows(y), _rows(d)

    def work(part: slice) -> None:
        block = np.exp(rows[part], out=target[part])
        by_row(np.multiply, block, row_sums(upstream[part]), block)
        np.subtract(upstream[part], block, out=block)

    _blocks(rows, work)
    return d


def flat_index(target: Array, shape: Shape, axis: int) -> Array:
    """Return where each target's class stands in a flattened array of this shape, in the target's own shape.

    Example:
        >>> flat_index(np.array([2, 0]), (2, 3), 1)
        array([2, 3])
    """
    inner = math.prod(shape[axis + 1 :])
    block = shape[axis] * inner
    starts = np.arange(0, math.prod(shape[:axis]) * block, block)
    if inner == 1:
        return np.add(target.reshape(-1), starts).reshape(target.shape)
    places = target.reshape(-1, inner) * inner + starts[:, None] + np.arange(inner)
    return places.reshape(target.shape)


def _reduced(losses: Array, share: Array | None, reduction: str) -> Array:
    """Return the samples' losses, each times its share, or their sum, or their mean."""
    if share is not None:
        losses = losses * share
    if reduction == "none":
        return losses
    value = np.add.reduce(losses, axis=None)
    if reduction == "mean":
        value = value / max(losses.size, 1)
    return np.asarray(value, losses.dtype)


def _scale(g: Array, share: Array | None, samples: Shape, reduction: str) -> Array:
    """Return what each sample's gradient is multiplied by: a 0-d array where it is the same for all."""
    if reduction == "mean":
        g = g / max(math.prod(samples), 1)
    return np.asarray(g if share is None else g * share)


def _shares(x: Array, axis: int) -> tuple[Array, Array, Array]:
    """Return the probabilities, and the logarithm of the sum of the exponentials as two terms."""
    if not _is_fast(x, axis):
        shift = top(x, axis)
        p = np.subtract(x, shift, order="C")
        np.exp(p, out=p)
        sums = total(p, axis)
        p /= sums
        return p, shift, np.log(sums)
    p = np.empty(x.shape, x.dtype)
    rows, target = _rows(x), _rows(p)
    coarse, fine = np.empty((2, len(rows)), x.dtype)

    def work(part: slice) -> None:
        block = target[part]
        sums, shift = exponentials(rows[part], block)
        by_row(np.divide, block, sums, block)
        coarse[part], fine[part] = _logarithms(sums, shift)

    _blocks(rows, work)
    return p, coarse, fine


def cross_entropy(
    x: Array, target: Array, share: Array | None, *, axis: int, reduction: str, smoothing: float
) -> tuple[Array, Array, Array]:
    """Return -log softmax(x)[target], the probabilities, and the flat index of the targets.

    Args:
        x: scores, with the classes along `axis`.
        target: class of each sample, all in range.
        share: factor of each sample's loss, or None.
        axis: axis of the classes.
        reduction: 'none', 'sum' or 'mean'.
        smoothing: how much of each target is spread evenly over all classes.

    Example:
        >>> x = np.array([[0.35, -0.85, 1.25]])
        >>> cross_entropy(x, np.array([2]), None, axis=1, reduction="mean", smoothing=0.0)[0].round(7)
        np.float64(0.424631)
    """
    place = flat_index(target, x.shape, axis)
    p, coarse, fine = _shares(x, axis)
    coarse, fine = coarse.reshape(target.shape), fine.reshape(target.shape)
    losses = coarse - np.ascontiguousarray(x).reshape(-1)[place] + fine
    if smoothing:
        losses = (1 - smoothing) * losses + smoothing * (coarse - x.mean(axis=axis) + fine)
    return _reduced(losses, share, reduction), p, place


def cross_entropy_dx(
    g: Array, p: Array, place: Array, share: Array | None, *, axis: int, reduction: str, smoothing: float
) -> Array:
    """Return (p - t)·share·g: what cross_entropy hands back to the scores; 'mean' divides by the samples, once.

    Example:
        >>> p = np.array([[0.25, 0.75], [0.5, 0.5]])
        >>> cross_entropy_dx(np.array(1.0), p, np.array([1, 2]), None, axis=1, reduction="mean", smoothing=0.0)
        array([[ 0.125, -0.125],
               [-0.25 ,  0.25 ]])
    """
    scale = _scale(g, share, place.shape, reduction)
    kept = (*p.shape[:axis], 1, *p.shape[axis + 1 :])
    wide = scale.reshape(kept) if scale.ndim or p.ndim == 1 else scale
    d = np.multiply(p, wide, order="C")
    d.reshape(-1)[place] -= (1 - smoothing) * scale
    if smoothing:
        d -= wide * (smoothing / p.shape[axis])
    return d


def nll(x: Array, place: Array, share: Array | None, *, axis: int, reduction: str) -> Array:
    """Return the negative of the picked elements, each times its share, reduced.

    Example:
        >>> nll(np.array([[-1.0, -2.0]]), np.array([1]), None, axis=1, reduction="sum")
        array(2.)
    """
    return _reduced(-np.ascontiguousarray(x).reshape(-1)[place], share, reduction)


def nll_dx(g: Array, place: Array, share: Array | None, *, axis: int, reduction: str, shape: Shape) -> Array:
    """Return what nll hands back: the adjoint of picking puts each share at its place.

    Example:
        >>> nll_dx(np.array(1.0), np.array([1]), None, axis=1, reduction="sum", shape=(1, 2))
        array([[ 0., -1.]])
    """
    d = np.zeros(shape, g.dtype)
    d.reshape(-1)[place] = -_scale(g, share, place.shape, reduction)
    return d
