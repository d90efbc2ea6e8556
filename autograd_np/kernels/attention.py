"""Attention on arrays: softmax of scaled dot products with a mask, times the values, without keeping the weights.

Scores are made, turned to weights and used up in blocks that stay in the cache. Of a row of weights only the logarithm
of its denominator is kept, from which the way back makes the weights again: memory grows with the length of the
sequences, not with its square (Dao et al., 2022).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.rows import by_row, exponentials

__all__ = ["attention", "attention_back", "later_keys"]

#: Matrices, rows and columns of a block of scores.
Block: TypeAlias = tuple[slice, slice, slice]

#: Elements of a block. Measured on (8, 8, 256, 64): twice or half of it costs a tenth more.
_BLOCK = 1 << 17
#: Rows of a block under a causal mask: what lies above its diagonal is computed in vain.
_CAUSAL_ROWS = 64


def later_keys(rows: slice, columns: slice) -> Array:
    """Tell which keys come after which queries.

    Example:
        >>> later_keys(slice(1, 3), slice(0, 3))
        array([[False, False,  True],
               [False, False, False]])
    """
    return np.arange(columns.start, columns.stop) > np.arange(rows.start, rows.stop)[:, None]


def _matrices(x: Array) -> Array:
    """Return the matrices of a batch of any rank along one axis."""
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[:-2]), *x.shape[-2:])


def _per_matrix(mask: Array | None, lead: Shape) -> Array | None:
    """Return a mask with one axis of matrices, of size 1 where all share it; rows and columns stay as they are."""
    if mask is None:
        return None
    mask = mask.reshape((1,) * (len(lead) + 2 - mask.ndim) + mask.shape)
    if math.prod(mask.shape[:-2]) > 1:
        mask = np.broadcast_to(mask, (*lead, *mask.shape[-2:]))
    return mask.reshape(-1, *mask.shape[-2:])


def _part(x: Array, block: Block) -> Array:
    """Return a block of an array; axes of size 1 are for all."""
    return x[tuple(slice(None) if size == 1 else part for size, part in zip(x.shape, block, strict=True))]


class _Scores(NamedTuple):
    """Queries and keys along one axis of matrices, and what becomes of their products."""

    #: Scaled already.
    q: Array
    k: Array
    mask: Array | None
    keep: Array | None
    causal: bool
    p: float

    @classmethod
    def of(
        cls, q: Array, k: Array, mask: Array | None, keep: Array | None, scale: float, causal: bool, p: float
    ) -> _Scores:
        lead = q.shape[:-2]
        scaled = np.multiply(q, scale, order="C")
        return cls(_matrices(scaled), _matrices(k), _per_matrix(mask, lead), _per_matrix(keep, lead), causal, p)

    def height(self) -> int:
        """Return the rows of a block."""
        rows = min(max(1, _BLOCK // max(self.k.shape[1], 1)), max(self.q.shape[1], 1))
        return min(rows, _CAUSAL_ROWS) if self.causal else rows

    def together(self) -> int:
        """Return the matrices of a block."""
        return min(max(1, _BLOCK // max(self.height() * self.k.shape[1], 1)), max(len(self.q), 1))

    def groups(self) -> list[slice]:
        """Return which matrices are in one block; groups share nothing, so that several can be worked on at a time."""
        return slices(len(self.q), self.together()) if self.k.shape[1] else []

    def blocks(self, matrices: slice) -> Iterator[Block]:
        """Yield blocks that cover a group's scores, but for columns that a causal mask hides from all their rows."""
        rows, columns, height = self.q.shape[1], self.k.shape[1], self.height()
        for start in range(0, rows, height):
            stop = min(start + height, rows)
            yield matrices, slice(start, stop), slice(0, min(stop, columns) if self.causal else columns)

    def space(self) -> Array:
        """Return memory for one block: fresh memory costs more than a product."""
        return np.empty(self.together() * self.height() * self.k.shape[1], self.q.dtype)

    def block(self, block: Block, space: Array) -> Array:
        """Return a block of scores, -inf where a mask hides the key."""
        matrices, rows, columns = block
        scores = _product(self.q[matrices, rows], self.k[matrices, columns].swapaxes(1, 2), space)
        if self.causal and columns.stop > rows.start + 1:
            np.copyto(scores, -math.inf, where=later_keys(rows, columns))
        if self.mask is not None:
            part = _part(self.mask, block)
            if part.dtype.kind == "b":
                np.copyto(scores, -math.inf, where=~part)
            else:
                scores += part
        return scores

    def drop(self, x: Array, block: Block) -> None:
        """Apply dropout to a block of weights, or to their cotangent, in place."""
        if self.keep is not None:
            x *= _part(self.keep, block)
            x *= 1 / (1 - self.p) if self.p < 1 else 0


def _rows(x: Array) -> Array:
    """Return matrices below each other."""
    return x.reshape(-1, x.shape[2])


def _product(a: Array, b: Array, space: Array) -> Array:
    """Return the product of matrices in given memory."""
    shape = (a.shape[0], a.shape[1], b.shape[2])
    return np.matmul(a, b, out=space[: math.prod(shape)].reshape(shape))


def attention(
    q: Array, k: Array, v: Array, mask: Array | None, keep: Array | None, scale: float, causal: bool, p: float
) -> tuple[Array, Array]:
    """Return softmax(q kᵀ·scale + mask) v, and the logarithm of each row's denominator.

    A query that may see no key gets zeros. `mask` is true where a key may be seen, or is added to the scores; `keep` is
    true where dropout with probability `p` leaves a weight.

    Shapes: q (*, L, E), k (*, S, E), v (*, S, D), mask and keep broadcast to (*, L, S) -> (*, L, D), (*, L, 1).

    Example:
        >>> q, k, v = np.zeros((1, 1)), np.zeros((2, 1)), np.array([[1.0], [3.0]])
        >>> attention(q, k, v, None, None, 1.0, False, 0.0)
        (array([[2.]]), array([[0.69314718]]))
    """
    found = _Scores.of(q, k, mask, keep, scale, causal, p)
    values = _matrices(v)
    y = np.zeros((*found.q.shape[:2], v.shape[-1]), q.dtype)
    log = np.zeros((*found.q.shape[:2], 1), q.dtype)

    def work(group: slice) -> None:
        space, room = found.space(), found.space()
        for block in found.blocks(group):
            matrices, rows, columns = block
            scores = found.block(block, space)
            weights = room[: scores.size].reshape(scores.shape)
            sums, shift = exponentials(_rows(scores), _rows(weights))
            blind = shift == -math.inf
            if blind.any():
                # Rows without any key: 0/0 otherwise.
                _rows(weights)[blind], sums[blind], shift[blind] = 0, 1, 0
            found.drop(weights, block)
            part = y[matrices, rows]
            sums = sums.reshape(*part.shape[:2], 1)
            np.matmul(weights, values[matrices, columns], out=part)
            part /= sums
            log[matrices, rows] = shift.reshape(sums.shape) + np.log(sums)

    for_each(work, found.groups())
    return y.reshape(*q.shape[:-1], v.shape[-1]), log.reshape(*q.shape[:-1], 1)


def attention_back(
    g: Array,
    y: Array,
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None,
    keep: Array | None,
    log: Array,
    wanted: Sequence[bool],
    scale: float,
    causal: bool,
    p: float,
) -> tuple[Any, ...]:
    """Return the cotangents of `attention`'s operands for that of its output.

    Shapes: g and y (*, L, D), log (*, L, 1) -> like q, k, v and the mask; None for what is not wanted, and for keep.

    Example:
        >>> q, k, v = np.zeros((1, 1)), np.zeros((2, 1)), np.array([[1.0], [3.0]])
        >>> y, log = attention(q, k, v, None, None, 1.0, False, 0.0)
        >>> attention_back(y, y, q, k, v, None, None, log, (0, 0, 1, 0, 0), 1.0, False, 0.0)[2]
        array([[1.],
               [1.]])
    """
    found = _Scores.of(q, k, mask, keep, scale, causal, p)
    upstream, values, log = _matrices(g), _matrices(v), _matrices(log)
    along = np.vecdot(upstream, _matrices(y))[..., None]
    dq, dk, dv = np.zeros_like(found.q), np.zeros_like(found.k), np.zeros_like(values)
    d_mask = np.zeros_like(found.mask) if wanted[3] and found.mask is not None else None

    def work(group: slice) -> None:
        space, room = found.space(), found.space()
        small = np.empty(found.together() * k.shape[-2] * max(k.shape[-1], v.shape[-1]), q.dtype)
        for block in found.blocks(group):
            matrices, rows, columns = block
            weights = found.block(block, space)
            by_row(np.subtract, _rows(weights), log[matrices, rows].reshape(-1), _rows(weights))
            np.exp(weights, out=weights)
            d = _product(upstream[matrices, rows], values[matrices, columns].swapaxes(1, 2), room)
            found.drop(d, block)
            by_row(np.subtract, _rows(d), along[matrices, rows].reshape(-1), _rows(d))
            d *= weights
            if d_mask is not None:
                part = _part(d_mask, block)
                part += d.sum(tuple(i for i in range(3) if part.shape[i] == 1 < d.shape[i]), keepdims=True)
            if wanted[0]:
                np.matmul(d, found.k[matrices, columns], out=dq[matrices, rows])
            if wanted[1]:
                dk[matrices, columns] += _product(d.swapaxes(1, 2), found.q[matrices, rows], small)
            if wanted[2]:
                found.drop(weights, block)
                dv[matrices, columns] += _product(weights.swapaxes(1, 2), upstream[matrices, rows], small)

    groups = found.groups()
    if d_mask is not None and len(d_mask) == 1:
        # All matrices add to one mask.
        for group in groups:
            work(group)
    else:
        for_each(work, groups)
    dq *= scale
    results = zip((dq, dk, dv), (q, k, v), wanted, strict=False)
    by_mask = None if d_mask is None or mask is None else _summed(d_mask, mask.shape, q.shape[:-2])
    return (*(d.reshape(x.shape) if w else None for d, x, w in results), by_mask, None)


def _summed(d: Array, shape: Shape, lead: Shape) -> Array:
    """Return a mask's cotangent, one for each matrix or for all, summed to the mask's own shape."""
    padded = (1,) * (len(lead) + 2 - len(shape)) + shape
    if math.prod(padded[:-2]) > 1:
        d = d.reshape(*lead, *d.shape[-2:])
        d = d.sum(tuple(i for i, size in enumerate(padded[:-2]) if size == 1), keepdims=True)
    return d.reshape(shape)
