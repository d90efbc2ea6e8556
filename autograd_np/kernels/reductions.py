"""Kernels of reductions, of their adjoints, and of running sums and products; small types stay exact in sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_np._typing import Array, Shape
from autograd_np.kernels.axes import kept_shape
from autograd_np.kernels.parallel import for_each, slices
from autograd_np.kernels.rows import as_rows, by_row, exponentials, rising, row_bottoms, row_sums, row_tops, sums

__all__ = [
    "add_reduce",
    "count_over",
    "exp_difference",
    "expand_reduced",
    "linear_scan",
    "logsumexp_over",
    "maximum_over",
    "mean_over",
    "minimum_over",
    "nansum_over",
    "prod_over",
    "running",
    "running_extreme",
    "running_sum",
    "shifted",
    "step_ratio",
    "sum_over",
    "tie_shares",
    "variance_over",
]

ReducedAxes = tuple[int, ...] | None

#: From this many elements on fewer passes are worth more calls.
_LARGE = 1 << 15
#: Elements of a block of rows.
_BLOCK = 1 << 18

#: NumPy's stubs know these only with a literal keepdims.
add_reduce: Any = np.add.reduce
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce


def count_over(shape: Shape, axes: ReducedAxes) -> int:
    """Return how many elements each result of a reduction comes from.

    Example:
        >>> count_over((2, 3, 4), (0, 2)), count_over((2, 3), None)
        (8, 6)
    """
    return math.prod(shape) if axes is None else math.prod(shape[axis] for axis in axes)


def sum_over(x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    """Return the sum over the axes: integers and booleans in int64, float16 summed in float32.

    Example:
        >>> sum_over(np.array([[True, True], [False, True]]), (0,), False)
        array([1, 2])
    """
    if x.dtype.kind != "f":
        return add_reduce(x, axis=axes, dtype=np.int64, keepdims=keepdims)
    if x.dtype.itemsize == 2:
        return add_reduce(x, axis=axes, dtype=np.float32, keepdims=keepdims).astype(x.dtype)
    return _kept(sums(x, axes), x, axes) if keepdims else sums(x, axes)


def _kept(y: Any, x: Array, axes: ReducedAxes) -> Array:
    """Return a reduction's values with the reduced axes of size 1."""
    shape = (1,) * x.ndim if axes is None else kept_shape(x.shape, rising(axes, x.ndim))
    return np.asarray(y).reshape(shape)


def _left(x: Array, axes: ReducedAxes) -> Shape:
    """Return the shape that is left without the last axes, which were reduced."""
    return () if axes is None else x.shape[: x.ndim - len(axes)]


def expand_reduced(g: Array, shape: Shape, axes: ReducedAxes, keepdims: bool) -> Array:
    """Return a reduction's values repeated along the axes that it reduced.

    The result is an array of its own rather than a view of stride zero: that costs less for small arrays, products
    of matrices can use it as it is, and the engine may add into it.

    Example:
        >>> expand_reduced(np.array([1, 2]), (2, 3), (1,), False)
        array([[1, 1, 1],
               [2, 2, 2]])
    """
    result = np.empty(shape, g.dtype)
    if axes is None or keepdims:
        result[...] = g
    else:
        result[...] = g.reshape(kept_shape(shape, axes))
    return result


def mean_over(x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    """Return the mean over the axes; NaN where there is nothing to average.

    Example:
        >>> mean_over(np.array([[1.0, 2.0], [3.0, 6.0]]), (0,), False)
        array([2., 4.])
    """
    count = count_over(x.shape, axes)
    if not count:
        return np.full_like(sum_over(x, axes, keepdims), np.nan)
    if x.dtype.itemsize == 2:
        return (add_reduce(x, axis=axes, dtype=np.float32, keepdims=keepdims) / count).astype(x.dtype)
    return sum_over(x, axes, keepdims) / count


def nansum_over(x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    """Return the sum over the axes with NaN counted as zero."""
    return sum_over(np.where(np.isnan(x), np.zeros((), x.dtype), x) if x.dtype.kind == "f" else x, axes, keepdims)


def prod_over(x: Array, axes: ReducedAxes, keepdims: bool) -> tuple[Any, bool]:
    """Return the product over the axes, integers in int64, and whether a factor is zero."""
    dtype = x.dtype if x.dtype.kind == "f" else np.int64
    return multiply_reduce(x, axis=axes, dtype=dtype, keepdims=keepdims), not x.all()


def variance_over(x: Array, axes: ReducedAxes, keepdims: bool, correction: float) -> Any:
    """Return the sum of squared distances from the mean over count - correction.

    Example:
        >>> variance_over(np.array([1.0, 2.0, 3.0]), None, False, 1)
        np.float64(1.0)
    """
    wide = x.astype(np.float32) if x.dtype.itemsize == 2 else x
    rows = as_rows(wide, axes)
    if rows is not None and rows.size >= _LARGE:
        total = _kept(_square_deviations(rows), x, axes)
        total = total if keepdims else total.reshape(_left(x, axes))
    else:
        centred = np.asarray(wide - mean_over(wide, axes, True))
        np.square(centred, out=centred)
        total = sum_over(centred, axes, keepdims)
    freedom = count_over(x.shape, axes) - correction
    if freedom > 0:
        return (total / freedom).astype(x.dtype, copy=False)
    # As a division by zero, which it is, without its warning.
    return np.where(total == 0, np.nan, np.inf).astype(x.dtype)


def _square_deviations(rows: Array) -> Array:
    """Return the sum of squared distances from the mean of each row."""
    means = row_sums(rows)
    means /= rows.shape[1]
    total = np.empty_like(means)

    def work(part: slice) -> None:
        deviations = by_row(np.subtract, rows[part], means[part], np.empty_like(rows[part]))
        np.square(deviations, out=deviations)
        total[part] = row_sums(deviations)

    for_each(work, slices(len(rows), _BLOCK // rows.shape[1]))
    return total


def logsumexp_over(x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    """Return log Σ exp x over the axes, shifted by the maximum so that nothing overflows.

    Example:
        >>> logsumexp_over(np.array([1000.0, 1000.0]), None, False).round(4)
        np.float64(1000.6931)
    """
    if not count_over(x.shape, axes):
        return np.full_like(sum_over(x, axes, keepdims), -np.inf)
    rows = as_rows(x, axes)
    if rows is not None and rows.size >= _LARGE and x.dtype.itemsize >= 4:
        found = _kept(_log_sums(rows), x, axes)
        return found if keepdims else found.reshape(_left(x, axes))
    shift = maximum_over(x, axes, True)
    shift = np.where(np.isfinite(shift), shift, np.zeros((), x.dtype))
    with np.errstate(divide="ignore", over="ignore"):
        shifted = np.asarray(x - shift)
        result = np.log(sum_over(np.exp(shifted, out=shifted), axes, keepdims))
    return result + shift.reshape(np.shape(result))


def _log_sums(rows: Array) -> Array:
    """Return the logarithm of the sum of the exponentials of each row."""
    found = np.empty(len(rows), rows.dtype)

    def work(part: slice) -> None:
        total, shift = exponentials(rows[part], np.empty_like(rows[part]))
        with np.errstate(divide="ignore", invalid="ignore"):
            found[part] = np.where(np.isinf(shift), shift, np.log(total) + shift)

    for_each(work, slices(len(rows), _BLOCK // rows.shape[1]))
    return found


def maximum_over(x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    """Return the maximum over the axes; NaN where there is one.

    Example:
        >>> maximum_over(np.array([[1.0, 3.0], [4.0, 2.0]]), (1,), False)
        array([3., 4.])
    """
    return _extreme_over(maximum_reduce, row_tops, x, axes, keepdims)


def minimum_over(x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    """Return the minimum over the axes; NaN where there is one.

    Example:
        >>> minimum_over(np.array([[1.0, 3.0], [4.0, 2.0]]), (1,), False)
        array([1., 2.])
    """
    return _extreme_over(minimum_reduce, row_bottoms, x, axes, keepdims)


def _extreme_over(reduce: Any, of_rows: Any, x: Array, axes: ReducedAxes, keepdims: bool) -> Any:
    rows = as_rows(x, axes)
    if rows is None or not rows.size:
        return reduce(x, axis=axes, keepdims=keepdims)
    found = of_rows(rows)
    return _kept(found, x, axes) if keepdims else found.reshape(_left(x, axes))


def exp_difference(a: Array, b: Array) -> Any:
    """Return exp(a - b), with 0 where a is -∞ whatever b is.

    Example:
        >>> exp_difference(np.array([-np.inf, 1.0]), np.array([-np.inf, 1.0]))
        array([0., 1.])
    """
    with np.errstate(invalid="ignore"):
        result = np.asarray(a - b)
        np.exp(result, out=result)
    if not np.min(a, initial=0) > -np.inf:  # NaN too
        result[np.broadcast_to(a == -np.inf, result.shape)] = 0
    return result


def step_ratio(y: Array, axis: int) -> Array:
    """Return exp(y[i] - y[i+1]) along an axis, and 0 at its end.

    Example:
        >>> step_ratio(np.array([0.0, 0.0, 1.0]), 0).round(4)
        array([1.    , 0.3679, 0.    ])
    """
    result = np.zeros_like(y)
    lead = (slice(None),) * axis
    here = (*lead, slice(None, -1))
    result[here] = exp_difference(y[here], y[(*lead, slice(1, None))])
    return result


def tie_shares(x: Array, y: Array, axes: ReducedAxes, keepdims: bool) -> Array:
    """Return 1/k for the k elements equal to the reduction's value, 0 for the others.

    Example:
        >>> tie_shares(np.array([2.0, 1.0, 2.0]), np.array(2.0), None, False)
        array([0.5, 0. , 0.5])
    """
    value = y if axes is None or keepdims else y.reshape(kept_shape(x.shape, axes))
    hits = np.asarray(x == value)
    missing = np.isnan(value)
    if missing.any():
        hits |= np.isnan(x) & missing
    elif np.count_nonzero(hits) == value.size:
        # One in each place.
        return hits.astype(x.dtype)
    count = add_reduce(hits, axis=axes, keepdims=True, dtype=x.dtype)
    return hits / np.maximum(count, 1)


# --- along one axis -----------------------------------------------------------------------------------------------


def running(ufunc: np.ufunc, x: Array, axis: int, reverse: bool) -> Array:
    """Return a ufunc accumulated along an axis, from the end if `reverse`; integers in int64."""
    if not x.ndim:
        return x.astype(x.dtype if x.dtype.kind == "f" else np.int64)
    dtype = x.dtype if x.dtype.kind == "f" else np.int64
    if reverse:
        return np.flip(ufunc.accumulate(np.flip(x, axis), axis=axis, dtype=dtype), axis)
    return ufunc.accumulate(x, axis=axis, dtype=dtype)


def running_sum(x: Array, axis: int, reverse: bool) -> Array:
    """Return the running sum along an axis, float16 summed in float32.

    Example:
        >>> running_sum(np.array([1, 2, 3]), 0, reverse=True)
        array([6, 5, 3])
    """
    if x.dtype == np.float16:
        return running(np.add, x.astype(np.float32), axis, reverse).astype(x.dtype)
    return running(np.add, x, axis, reverse)


def running_extreme(ufunc: np.ufunc, x: Array, axis: int) -> tuple[Array, Array]:
    """Return the running maximum or minimum along an axis, and the last place where each was met.

    Example:
        >>> running_extreme(np.maximum, np.array([1.0, 3.0, 2.0, 3.0]), 0)
        (array([1., 3., 3., 3.]), array([0, 1, 1, 3]))
    """
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    values = ufunc.accumulate(x, axis=axis)
    met = (x == values) | (x != x)  # noqa: PLR0124 (NaN is what differs from itself)
    places = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return values, np.maximum.accumulate(np.where(met, places, 0), axis=axis)


def shifted(x: Array, axis: int, by: int) -> Array:
    """Return the array moved along an axis, with zeros where nothing came from.

    Example:
        >>> shifted(np.array([1, 2, 3]), 0, 1), shifted(np.array([1, 2, 3]), 0, -1)
        (array([0, 1, 2]), array([2, 3, 0]))
    """
    result = np.zeros_like(x)
    lead = (slice(None),) * axis
    if by > 0:
        result[(*lead, slice(by, None))] = x[(*lead, slice(None, -by))]
    else:
        result[(*lead, slice(None, by))] = x[(*lead, slice(-by, None))]
    return result


def linear_scan(a: Array, b: Array, axis: int, reverse: bool) -> Array:
    """Return s with s[i] = b[i] + a[i]·s[i-1] along an axis; from the end, with s[i+1], if `reverse`.

    Example:
        >>> linear_scan(np.array([5.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), 0, reverse=False)
        array([ 1.,  3., 10.])
    """
    result = np.array(b, np.result_type(a, b))
    steps, factors = np.moveaxis(result, axis, 0), np.moveaxis(a, axis, 0)
    if reverse:
        steps, factors = steps[::-1], factors[::-1]
    for i in range(1, len(steps)):
        steps[i] += factors[i] * steps[i - 1]
    return result
