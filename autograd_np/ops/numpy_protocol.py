"""NumPy's front door: ufuncs and NumPy functions called on Tensors give Tensors with gradients.

Types follow NumPy 2, but for NumPy scalars, which stay weak: `np.float64(2) * t` cannot be told from a ufunc call, and
a model in single precision should remain so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np.core import Op, Tensor, as_array, as_tensor
from autograd_np.errors import ArgumentError, UnsupportedError
from autograd_np.ops import (
    arithmetic,
    assignment,
    comparison,
    compound_products,
    conversion,
    creation,
    cumulative,
    exponential,
    extremes,
    indexing,
    joining,
    linalg,
    logic,
    norms,
    ordering,
    parts,
    products,
    quantiles,
    reductions,
    repeating,
    selection,
    shapes,
    statistics,
    trigonometric,
)
from autograd_np.ops.axes import flip, movedim, permute, roll, rot90, swapaxes
from autograd_np.ops.einstein import einsum

__all__ = ["FUNCTIONS", "UFUNCS", "array_function", "array_ufunc"]

#: What each ufunc is here: a row, or a function of Tensors for those that are not one row.
UFUNCS: dict[Any, Any] = {
    np.add: arithmetic._add,
    np.subtract: arithmetic._sub,
    np.multiply: arithmetic._mul,
    np.divide: arithmetic._div,
    np.negative: arithmetic._neg,
    np.positive: arithmetic.positive,
    np.power: arithmetic._pow,
    np.square: arithmetic._square,
    np.sqrt: arithmetic._sqrt,
    np.reciprocal: arithmetic._reciprocal,
    np.absolute: arithmetic._abs,
    np.fabs: arithmetic._abs,
    np.sign: arithmetic._sign,
    np.floor: arithmetic._floor,
    np.ceil: arithmetic._ceil,
    np.trunc: arithmetic._trunc,
    np.rint: lambda x: arithmetic.round(x),
    np.floor_divide: arithmetic._floor_divide,
    np.remainder: arithmetic._remainder,
    np.fmod: arithmetic._fmod,
    np.matmul: products.matmul,
    **{
        getattr(np, name): getattr(exponential, f"_{name}")
        for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "logaddexp2")
    },
    **{
        getattr(np, name): getattr(trigonometric, f"_{own}")
        for name, own in {
            **{n: n for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot", "deg2rad", "rad2deg")},
            **{f"arc{n}": f"a{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
            "arctan2": "atan2",
            "radians": "deg2rad",
            "degrees": "rad2deg",
        }.items()
    },
    **{
        getattr(np, name): getattr(comparison, own)
        for name, own in {
            "equal": "eq",
            "not_equal": "ne",
            "less": "lt",
            "less_equal": "le",
            "greater": "gt",
            "greater_equal": "ge",
            **{n: n for n in ("isnan", "isinf", "isfinite", "signbit")},
        }.items()
    },
    **{
        getattr(np, name): getattr(selection, name)
        for name in ("maximum", "minimum", "fmax", "fmin", "heaviside", "copysign")
    },
    **{
        getattr(np, name): getattr(logic, own)
        for name, own in {
            **{n: n for n in ("logical_and", "logical_or", "logical_xor", "logical_not")},
            **{n: n for n in ("bitwise_and", "bitwise_or", "bitwise_xor")},
            "invert": "bitwise_not",
        }.items()
    },
}

_REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: reductions.sum,
    np.multiply: reductions.prod,
    np.maximum: extremes.amax,
    np.minimum: extremes.amin,
    np.logical_and: reductions.all,
    np.logical_or: reductions.any,
}
_ACCUMULATIONS: dict[Any, Callable[..., Any]] = {np.add: cumulative.cumsum, np.multiply: cumulative.cumprod}


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    """Answer a ufunc called on Tensors: `np.exp(t)`, `np.add.reduce(t)`, `np.multiply.outer(t, u)`.

    Raises: UnsupportedError for a ufunc without a derivative here, or an option that has no meaning for a graph.
    """
    out = options.pop("out", None)
    dtype = options.pop("dtype", None)
    if method == "reduce" and ufunc in _REDUCTIONS:
        axis = options.pop("axis", 0)
        result = _REDUCTIONS[ufunc](inputs[0], dim=axis, keepdim=options.pop("keepdims", False))
    elif method == "accumulate" and ufunc in _ACCUMULATIONS:
        result = _ACCUMULATIONS[ufunc](inputs[0], options.pop("axis", 0))
    elif method in {"__call__", "outer"} and ufunc in UFUNCS:
        entry = UFUNCS[ufunc]
        if method == "outer":
            a, b = as_tensor(inputs[0]), as_tensor(inputs[1])
            inputs = (a.reshape((*a.shape, *(1,) * b.ndim)), b)
        result = entry.unpromoted(*inputs) if isinstance(entry, Op) else entry(*inputs)
    else:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        raise UnsupportedError(
            f"np.{name} has no derivative here\n"
            "  fix: compute it from other functions, or detach: "
            f"np.{name}(t.detach().numpy())"
        )
    if options:
        raise UnsupportedError(f"np.{ufunc.__name__}: {sorted(options)} cannot be used with Tensors")
    if dtype is not None:
        result = result.to(dtype)
    if out is None:
        return result
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, Tensor):
        raise ArgumentError(
            f"np.{ufunc.__name__}: out is a plain array, into which a Tensor's history cannot be written\n"
            "  fix: pass a Tensor as out, or detach the operands"
        )
    return assignment.copy_(target, result)


# --- functions ----------------------------------------------------------------------------------------------------


def _sum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return reductions.sum(a, dim=axis, keepdim=keepdims, dtype=dtype)


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduced(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(a, dim=axis, keepdim=keepdims)

    return reduced


def _mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    x = as_tensor(a)
    return reductions.mean(x if x.is_floating_point() else x.to(np.float64), dim=axis, keepdim=keepdims, dtype=dtype)


def _prod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    x = as_tensor(a) if dtype is None else as_tensor(a).to(dtype)
    if axis is None:
        product = reductions.prod(x)
        return product.reshape((1,) * x.ndim) if keepdims else product
    return reductions.prod(x, dim=axis, keepdim=keepdims)


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    def spread(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        x = as_tensor(a) if dtype is None else as_tensor(a).to(dtype)
        return function(x, dim=axis, correction=ddof, keepdim=keepdims)

    return spread


def _median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return quantiles.quantile(a, 0.5, dim=axis, keepdim=keepdims)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if (isinstance(axis, tuple) and len(axis) == 2) or (axis is None and ord is not None and as_tensor(x).ndim == 2):
        return norms.matrix_norm(x, "fro" if ord is None else ord, dim=axis or (-2, -1), keepdim=keepdims)
    return norms.vector_norm(x, 2 if ord is None else ord, dim=axis, keepdim=keepdims)


def _concatenate(arrays: Any, axis: int | None = 0) -> Any:
    tensors = [as_tensor(a) for a in arrays]
    if axis is None:
        return joining.cat([shapes.ravel(t) for t in tensors], 0)
    return joining.cat(tensors, axis)


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    x = as_tensor(ary)
    if isinstance(indices_or_sections, int) and x.shape[axis] % indices_or_sections:
        raise ArgumentError(
            f"np.split: an axis of {x.shape[axis]} does not divide into {indices_or_sections} equal parts\n"
            "  fix: use np.array_split"
        )
    return list(joining.tensor_split(x, indices_or_sections, dim=axis))


def _transpose(a: Any, axes: Any = None) -> Any:
    x = as_tensor(a)
    return permute(x, tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


def _reshape(a: Any, shape: Any, order: str = "C") -> Any:
    if order != "C":
        raise UnsupportedError(f"np.reshape: order={order!r} is not supported on Tensors\n  fix: transpose first")
    return shapes.reshape(as_tensor(a), shape)


def _squeeze(a: Any, axis: Any = None) -> Any:
    x = as_tensor(a)
    if axis is not None:
        for n in axis if isinstance(axis, tuple) else (axis,):
            if x.shape[n] != 1:
                raise ArgumentError(f"np.squeeze: axis {n} has size {x.shape[n]}, not 1")
        return shapes.squeeze(x, axis)
    return shapes.squeeze(x)


def _expand_dims(a: Any, axis: Any) -> Any:
    x = as_tensor(a)
    added = axis if isinstance(axis, tuple) else (axis,)
    rank = x.ndim + len(added)
    for n in sorted(n % rank for n in added):
        x = shapes.unsqueeze(x, n)
    return x


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return repeating.repeat_interleave(as_tensor(a), repeats, dim=axis)


def _flip(m: Any, axis: Any = None) -> Any:
    x = as_tensor(m)
    return flip(x, tuple(range(x.ndim)) if axis is None else axis)


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return roll(as_tensor(a), shift, axis)


def _pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Any:
    x = as_tensor(array)
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    names = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}
    if mode not in names:
        raise UnsupportedError(f"np.pad: mode {mode!r} has no derivative here; expected one of {sorted(names)}")
    flat = [int(n) for pair in widths[::-1] for n in pair]
    if names[mode] == "constant":
        return repeating.pad(x, flat, "constant", constant_values)
    return repeating.pad(x, flat, names[mode])


def _cumulative(function: Callable[..., Any]) -> Callable[..., Any]:
    def accumulated(a: Any, axis: int | None = None) -> Any:
        x = as_tensor(a)
        return function(shapes.ravel(x), 0) if axis is None else function(x, axis)

    return accumulated


def _take(a: Any, indices: Any, axis: int | None = None) -> Any:
    x = as_tensor(a)
    if axis is None:
        x, axis = shapes.ravel(x), 0
    return x[(slice(None),) * (axis % x.ndim) + (indices,)]


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return selection.where(as_tensor(condition))
    return selection.where(as_tensor(condition), x, y)


def _sort(a: Any, axis: int | None = -1) -> Any:
    x = as_tensor(a)
    return ordering.sort(shapes.ravel(x), 0)[0] if axis is None else ordering.sort(x, axis)[0]


def _argsort(a: Any, axis: int = -1) -> Any:
    return ordering.argsort(as_tensor(a), axis)


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return compound_products.tensordot(as_tensor(a), as_tensor(b), axes)


def _einsum(subscripts: Any, *operands: Any, optimize: Any = False) -> Any:
    return einsum(subscripts, *operands)


def _stacked(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda tup: function([as_tensor(a) for a in tup])


def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    return selection.clamp(as_tensor(a), a_min if min is None else min, a_max if max is None else max)


def _like(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, dtype=None: function(as_tensor(a), dtype=dtype)


#: What each NumPy function is here, with NumPy's argument names.
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.prod: _prod,
    np.max: _reduction(extremes.amax),
    np.min: _reduction(extremes.amin),
    np.amax: _reduction(extremes.amax),
    np.amin: _reduction(extremes.amin),
    np.any: _reduction(reductions.any),
    np.all: _reduction(reductions.all),
    np.argmax: _reduction(extremes.argmax),
    np.argmin: _reduction(extremes.argmin),
    np.count_nonzero: lambda a, axis=None: reductions.count_nonzero(a, axis),
    np.var: _spread(statistics.var),
    np.std: _spread(statistics.std),
    np.median: _median,
    np.linalg.norm: _norm,
    np.cumsum: _cumulative(cumulative.cumsum),
    np.cumprod: _cumulative(cumulative.cumprod),
    np.diff: lambda a, n=1, axis=-1: cumulative.diff(as_tensor(a), n, axis),
    np.sort: _sort,
    np.argsort: _argsort,
    np.reshape: _reshape,
    np.ravel: lambda a: shapes.ravel(as_tensor(a)),
    np.transpose: _transpose,
    np.swapaxes: lambda a, axis1, axis2: swapaxes(as_tensor(a), axis1, axis2),
    np.moveaxis: lambda a, source, destination: movedim(as_tensor(a), source, destination),
    np.squeeze: _squeeze,
    np.expand_dims: _expand_dims,
    np.broadcast_to: lambda array, shape: shapes.broadcast_to(as_tensor(array), shape),
    np.repeat: _repeat,
    np.tile: lambda A, reps: repeating.tile(as_tensor(A), reps if isinstance(reps, tuple) else (reps,)),
    np.flip: _flip,
    np.fliplr: lambda m: _flip(m, 1),
    np.flipud: lambda m: _flip(m, 0),
    np.roll: _roll,
    np.rot90: lambda m, k=1, axes=(0, 1): rot90(as_tensor(m), k, axes),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: parts.diagonal(as_tensor(a), offset, axis1, axis2),
    np.diag: lambda v, k=0: parts.diag(as_tensor(v), k),
    np.trace: lambda a, offset=0, axis1=0, axis2=1: reductions.sum(
        parts.diagonal(as_tensor(a), offset, axis1, axis2), dim=-1
    ),
    np.tril: lambda m, k=0: parts.tril(as_tensor(m), k),
    np.triu: lambda m, k=0: parts.triu(as_tensor(m), k),
    np.pad: _pad,
    np.concatenate: _concatenate,
    np.stack: lambda arrays, axis=0: joining.stack([as_tensor(a) for a in arrays], axis),
    np.hstack: _stacked(joining.hstack),
    np.vstack: _stacked(joining.vstack),
    np.dstack: _stacked(joining.dstack),
    np.column_stack: _stacked(joining.column_stack),
    np.split: _split,
    np.array_split: lambda ary, indices_or_sections, axis=0: list(
        joining.tensor_split(as_tensor(ary), indices_or_sections, dim=axis)
    ),
    np.atleast_1d: lambda *arys: shapes.atleast_1d(*arys),
    np.atleast_2d: lambda *arys: shapes.atleast_2d(*arys),
    np.take: _take,
    np.take_along_axis: lambda arr, indices, axis: indexing.take_along_dim(as_tensor(arr), as_tensor(indices), axis),
    np.where: _where,
    np.clip: _clip,
    np.round: lambda a, decimals=0: arithmetic.round(a, decimals=decimals),
    np.dot: lambda a, b: _dot(as_tensor(a), as_tensor(b)),
    np.inner: lambda a, b: products.inner(as_tensor(a), as_tensor(b)),
    np.outer: lambda a, b: products.outer(shapes.ravel(as_tensor(a)), shapes.ravel(as_tensor(b))),
    np.vdot: lambda a, b: products.dot(shapes.ravel(as_tensor(a)), shapes.ravel(as_tensor(b))),
    np.tensordot: _tensordot,
    np.einsum: _einsum,
    np.linalg.inv: lambda a: linalg.inv(as_tensor(a)),
    np.linalg.det: lambda a: linalg.det(as_tensor(a)),
    np.linalg.slogdet: lambda a: linalg.slogdet(as_tensor(a)),
    np.linalg.solve: lambda a, b: linalg.solve(as_tensor(a), as_tensor(b)),
    np.linalg.cholesky: lambda a: linalg.cholesky(as_tensor(a)),
    np.linalg.qr: lambda a, mode="reduced": linalg.qr(as_tensor(a), mode),
    np.linalg.eigh: lambda a: linalg.eigh(as_tensor(a)),
    np.linalg.eigvalsh: lambda a: linalg.eigvalsh(as_tensor(a)),
    np.linalg.svd: lambda a, full_matrices=True: linalg.svd(as_tensor(a), full_matrices),
    np.linalg.matrix_power: lambda a, n: linalg.matrix_power(as_tensor(a), n),
    np.zeros_like: _like(creation.zeros_like),
    np.ones_like: _like(creation.ones_like),
    np.empty_like: _like(creation.empty_like),
    np.full_like: lambda a, fill_value, dtype=None: creation.full_like(as_tensor(a), fill_value, dtype=dtype),
    np.shape: lambda a: as_tensor(a).shape,
    np.ndim: lambda a: as_tensor(a).ndim,
    np.size: lambda a, axis=None: as_tensor(a).numel() if axis is None else as_tensor(a).shape[axis],
    np.copy: lambda a: conversion.clone(as_tensor(a)),
    np.allclose: lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: bool(
        np.allclose(as_array(a), as_array(b), rtol, atol, equal_nan)
    ),
    np.isclose: lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: as_tensor(
        np.isclose(as_array(a), as_array(b), rtol, atol, equal_nan)
    ),
    np.array_equal: lambda a1, a2: bool(np.array_equal(as_array(a1), as_array(a2))),
    np.array_repr: repr,
    np.array_str: str,
    np.result_type: lambda *operands: np.result_type(
        *(operand._array if isinstance(operand, Tensor) else operand for operand in operands)
    ),
}


def _dot(a: Tensor, b: Tensor) -> Any:
    """Return NumPy's dot: a product with scalars, else over a's last and b's second-to-last axis."""
    if a.ndim == 0 or b.ndim == 0:
        return arithmetic.mul(a, b)
    return compound_products.tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))


def array_function(
    self: Tensor, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Answer a NumPy function called on Tensors.

    Raises: UnsupportedError for a function that is not differentiable here, or for an argument that it does not take.
    """
    own = FUNCTIONS.get(function)
    name = f"{function.__module__}.{function.__name__}".replace("numpy", "np")
    if own is None:
        raise UnsupportedError(
            f"{name} has no derivative here\n  fix: compute it from other functions, or detach: "
            f"{name}(t.detach().numpy())"
        )
    try:
        return own(*args, **kwargs)
    except TypeError as error:
        if "argument" in str(error) and "keyword" in str(error):
            raise UnsupportedError(f"{name}: {error}; on Tensors it takes fewer arguments than on arrays") from error
        raise
