"""NumPy's functions on Tensors: NumPy's values and types, our gradients, and words for what has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import testing
from autograd_np.errors import ArgumentError, UnsupportedError
from autograd_np.ops.numpy_protocol import FUNCTIONS, UFUNCS

A = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
B = np.array([[1.2, 0.8, 0.5], [-0.3, 1.6, 0.9]])
P = np.abs(A) + 0.1
U = np.array([[0.3, -0.5, 0.8], [0.1, 0.6, -0.2]])
V = np.array([0.5, -1.0, 2.0])
S = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.7], [0.5, -0.7, 2.0]])
I = np.array([[3, -1, 4], [1, -5, 9]])
M = np.array([[True, False, True], [False, False, True]])

Calls = list[tuple[tuple[Any, ...], dict[str, Any]]]


def call(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


UNARY = {
    **dict.fromkeys((np.log, np.log2, np.log10, np.log1p, np.sqrt, np.reciprocal), P),
    **dict.fromkeys((np.arcsin, np.arccos, np.arctanh), U),
    np.arccosh: P + 1,
    **dict.fromkeys((np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert), I),
    **dict.fromkeys((np.logical_and, np.logical_or, np.logical_xor, np.logical_not), M),
}
BASES = {np.power: P}

FUNCTION_CALLS: dict[Any, Calls] = {
    np.sum: [call(A), call(A, axis=0), call(A, axis=(0, 1), keepdims=True), call(I), call(A, 1)],
    np.mean: [call(A), call(A, axis=1, keepdims=True), call(I, axis=0)],
    np.prod: [call(A), call(A, axis=0), call(A, keepdims=True)],
    **dict.fromkeys((np.max, np.min, np.amax, np.amin), [call(A), call(A, axis=0), call(A, axis=1, keepdims=True)]),
    **dict.fromkeys((np.any, np.all), [call(M), call(M, axis=0)]),
    **dict.fromkeys((np.argmax, np.argmin), [call(A), call(A, axis=1)]),
    np.count_nonzero: [call(M), call(M, axis=0)],
    **dict.fromkeys((np.var, np.std), [call(A), call(A, axis=0, ddof=1), call(A, axis=1, keepdims=True)]),
    np.median: [call(A), call(A, axis=1), call(V)],
    np.linalg.norm: [call(A), call(V, 1), call(A, axis=1), call(A, "fro"), call(A, 2, axis=0, keepdims=True)],
    **dict.fromkeys((np.cumsum, np.cumprod), [call(A), call(A, axis=1)]),
    np.diff: [call(A), call(A, n=1, axis=0)],
    np.sort: [call(A), call(A, axis=0), call(A, axis=None)],
    np.argsort: [call(A), call(A, axis=0)],
    np.reshape: [call(A, (3, 2)), call(A, -1)],
    np.ravel: [call(A)],
    np.transpose: [call(A), call(A[None], (1, 0, 2))],
    np.swapaxes: [call(A, 0, 1)],
    np.moveaxis: [call(A[None], 0, -1)],
    np.squeeze: [call(A[None]), call(A[:, None], 1)],
    np.expand_dims: [call(A, 1), call(A, (0, -1))],
    np.broadcast_to: [call(V, (2, 3))],
    np.repeat: [call(A, 2), call(A, 2, axis=0), call(A, [1, 0, 2], axis=1)],
    np.tile: [call(A, 2), call(A, (2, 1, 2))],
    np.flip: [call(A), call(A, 1)],
    **dict.fromkeys((np.fliplr, np.flipud), [call(A)]),
    np.roll: [call(A, 2), call(A, 1, axis=1)],
    np.rot90: [call(A), call(A, k=2)],
    np.diagonal: [call(A), call(A, offset=1)],
    np.diag: [call(V), call(A), call(V, k=1)],
    np.trace: [call(S), call(A, offset=1)],
    **dict.fromkeys((np.tril, np.triu), [call(A), call(S, k=1)]),
    np.pad: [call(A, 1), call(A, ((1, 0), (0, 2)), constant_values=5), call(A, 1, mode="edge")],
    np.concatenate: [call([A, B]), call([A, B], axis=1), call([A, B], axis=None)],
    np.stack: [call([A, B]), call([A, B], axis=-1)],
    **dict.fromkeys((np.hstack, np.vstack, np.dstack), [call([A, B])]),
    np.column_stack: [call([V, V])],
    np.split: [call(A, 3, axis=1), call(A, [1], axis=0)],
    np.array_split: [call(A, 2, axis=1)],
    **dict.fromkeys((np.atleast_1d, np.atleast_2d), [call(V)]),
    np.take: [call(A, [0, 2, 2], axis=1), call(A, [5, 0])],
    np.take_along_axis: [call(A, np.argsort(A, 1), 1)],
    np.where: [call(M, A, B), call(M, A, 0.0)],
    np.clip: [call(A, -0.5, 1.0), call(A, 0.1, None)],
    np.round: [call(A), call(A, 1)],
    np.dot: [call(A, V), call(V, V), call(A, B.T), call(2.0, A)],
    np.inner: [call(V, V), call(A, B)],
    np.outer: [call(V, V), call(A, V)],
    np.vdot: [call(A, B)],
    np.tensordot: [call(A, B, axes=([1], [1])), call(A, B)],
    np.einsum: [call("ij,kj->ik", A, B), call("ij->j", A)],
    **dict.fromkeys((np.linalg.inv, np.linalg.det), [call(S)]),
    np.linalg.slogdet: [call(S)],
    np.linalg.solve: [call(S, V[:, None]), call(S, V)],
    np.linalg.cholesky: [call(S)],
    np.linalg.qr: [call(S)],
    np.linalg.eigh: [call(S)],
    np.linalg.eigvalsh: [call(S)],
    np.linalg.svd: [call(S)],
    np.linalg.matrix_power: [call(S, 3)],
    **dict.fromkeys((np.zeros_like, np.ones_like), [call(A), call(A, dtype=np.int64)]),
    np.full_like: [call(A, 3.0)],
    **dict.fromkeys((np.shape, np.ndim, np.size), [call(A)]),
    np.copy: [call(A)],
    **dict.fromkeys((np.allclose, np.isclose, np.array_equal), [call(A, B)]),
}
#: Without comparable values: contents of fresh memory, and texts.
OTHERS = {np.empty_like, np.array_repr, np.array_str, np.result_type}
#: Fixed only up to signs, or functions of symmetric matrices alone; the records of linalg check their gradients.
ELSEWHERE = {np.linalg.qr, np.linalg.eigh, np.linalg.svd, np.linalg.cholesky, np.linalg.eigvalsh}


def lifted(value: Any) -> Any:
    """Return the arguments with float arrays as Tensors that require gradients, other arrays as Tensors."""
    if isinstance(value, np.ndarray):
        return ag.from_numpy(value.copy()).requires_grad_(value.dtype.kind == "f")
    return [lifted(v) for v in value] if isinstance(value, list) and isinstance(value[0], np.ndarray) else value


def lowered(value: Any) -> Any:
    if isinstance(value, ag.Tensor):
        return value.detach().numpy()
    return type(value)(map(lowered, value)) if type(value) in (list, tuple) else value


def flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [part for item in value for part in flat(item)]
    return [value]


def compare(function: Any, args: Any, kwargs: Any) -> None:
    ours = function(*(lifted(a) for a in args), **kwargs)
    theirs = function(*args, **kwargs)
    for mine, other in zip(
        flat(lowered(tuple(ours) if isinstance(ours, tuple) else ours)),
        flat(tuple(theirs) if isinstance(theirs, tuple) else theirs),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-14)
        assert np.asarray(mine).dtype == np.asarray(other).dtype


def differentiable(args: Any) -> list[int]:
    return [i for i, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]


def check_gradient(function: Any, args: Any, kwargs: Any) -> None:
    places = differentiable(args)

    def through_numpy(*tensors: ag.Tensor) -> Any:
        values = list(args)
        for place, tensor in zip(places, tensors, strict=True):
            values[place] = tensor
        return tuple(t for t in flat(function(*values, **kwargs)) if t.requires_grad)

    testing.gradcheck(through_numpy, tuple(lifted(args[i]) for i in places))


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_ufuncs_have_numpys_values_types_and_our_gradients(ufunc: Any) -> None:
    first = BASES.get(ufunc, UNARY.get(ufunc, A))
    second = UNARY.get(ufunc, B) if first.dtype.kind != "f" else B
    if ufunc is np.matmul:
        second = B.T
    args = (first,) if ufunc.nin == 1 else (first, second)
    compare(ufunc, args, {})
    compare(ufunc, tuple(a.astype(np.float32) if a.dtype.kind == "f" else a for a in args), {})
    if ufunc(*args).dtype.kind == "f":
        check_gradient(ufunc, args, {})


@pytest.mark.parametrize("function", FUNCTION_CALLS, ids=lambda f: f.__name__)
def test_functions_have_numpys_values_types_and_our_gradients(function: Any) -> None:
    for args, kwargs in FUNCTION_CALLS[function]:
        compare(function, args, kwargs)
        results = flat(function(*(lifted(a) for a in args), **kwargs))
        recorded = any(isinstance(r, ag.Tensor) and r.requires_grad for r in results)
        joins = any(isinstance(a, list) and isinstance(a[0], np.ndarray) for a in args)
        if recorded and not joins and function not in ELSEWHERE:
            check_gradient(function, args, kwargs)


def test_every_entry_of_the_table_is_called_here() -> None:
    assert set(FUNCTIONS) == set(FUNCTION_CALLS) | OTHERS


def test_joined_arrays_pass_gradients_to_each() -> None:
    a, b = lifted(A), lifted(B)
    (np.concatenate([a, b]) * np.arange(12.0).reshape(4, 3)).sum().backward()
    np.testing.assert_array_equal(b.grad.numpy(), np.arange(6.0, 12.0).reshape(2, 3))


def test_reduce_accumulate_and_outer() -> None:
    t = lifted(A)
    np.testing.assert_allclose(np.add.reduce(t).detach().numpy(), np.add.reduce(A))
    np.testing.assert_allclose(np.multiply.reduce(t, axis=1).detach().numpy(), np.multiply.reduce(A, axis=1))
    np.testing.assert_allclose(np.add.accumulate(t, axis=1).detach().numpy(), np.cumsum(A, axis=1))
    np.testing.assert_allclose(np.subtract.outer(t, lifted(V)).detach().numpy(), np.subtract.outer(A, V))


def test_numpy_scalars_and_arrays_on_the_left() -> None:
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    assert (np.float64(2) * t).dtype == np.float32
    product = np.array([3.0, 4.0]) * t
    assert isinstance(product, ag.Tensor)
    assert product.dtype == np.float64
    product.sum().backward()
    np.testing.assert_array_equal(t.grad.numpy(), [3.0, 4.0])


def test_out_writes_into_tensors_only() -> None:
    t, target = ag.tensor([1.0, 4.0], requires_grad=True), ag.zeros(2)
    assert np.sqrt(t, out=target) is target
    target.sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), [0.5, 0.25])
    with pytest.raises(ArgumentError, match="out is a plain array"):
        np.sqrt(t, out=np.zeros(2, np.float32))


@pytest.mark.parametrize("function", [np.fft.fft, np.unwrap, np.spacing, np.histogram, np.linalg.eig])
def test_what_has_no_derivative_says_so_by_name(function: Any) -> None:
    with pytest.raises(UnsupportedError, match=function.__name__):
        function(lifted(V if function is not np.linalg.eig else S))


def test_options_without_meaning_for_a_graph_say_so() -> None:
    with pytest.raises(UnsupportedError, match=r"np\.add: .*where"):
        np.add(lifted(A), lifted(B), where=M)
    with pytest.raises(UnsupportedError, match=r"np.sum.*takes fewer arguments"):
        np.sum(lifted(A), initial=3)
    with pytest.raises(UnsupportedError, match=r"np.add.at"):
        np.add.at(lifted(A), 0, 1)


def test_texts_and_fresh_memory() -> None:
    t = ag.tensor([1.0])
    assert np.array_repr(t) == repr(t)
    assert np.array_str(t) == str(t)
    assert np.empty_like(t).shape == (1,)
    assert np.result_type(t, np.float64) == np.float64
