"""Indexing: every NumPy form, writes, repeated places, gradients into one buffer, and the messages."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.core import Tensor
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, MutationError, ShapeError
from autograd_np.kernels import indexing as kernels
from autograd_np.kernels import scattering
from autograd_np.testing import gradcheck, gradgradcheck, strategies


def integers_first(a: Any, index: Any) -> Any:
    """Index an array as PyTorch does: an integer beside arrays is taken before them."""
    items = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(item, np.ndarray) for item in items):
        return a[index]
    first: list[Any] = []
    rest = []
    for item in items:
        if isinstance(item, int):
            first.append(item)
            continue
        rest.append(item)
        if item is Ellipsis:
            first.append(item)
        elif item is not None:
            first += [slice(None)] * (item.ndim if isinstance(item, np.ndarray) and item.dtype == np.bool_ else 1)
    return a[(*first, ...) if Ellipsis not in first else tuple(first)][tuple(rest)]


@st.composite
def indexed(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = draw(strategies.shapes(min_dims=0, max_dims=3, min_side=0))
    return shape, draw(strategies.indices(shape))


def counted(shape: tuple[int, ...]) -> Any:
    return np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)


# --- reading ------------------------------------------------------------------------------------------------


@given(indexed())
def test_every_form_reads_what_numpy_reads(drawn: tuple[tuple[int, ...], Any]) -> None:
    shape, index = drawn
    x = ag.tensor(counted(shape), requires_grad=True)
    y = x[index]
    expected = integers_first(counted(shape), index)
    assert y.shape == np.shape(expected)
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    # A place receives a gradient as often as it is read.
    g = np.cos(counted(y.shape) + 1)
    y.backward(ag.tensor(g))
    wanted = np.zeros(x.numel())
    np.add.at(wanted, np.ravel(integers_first(np.arange(x.numel()).reshape(shape), index)), g.ravel())
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), wanted.reshape(shape))


@pytest.mark.parametrize(
    "index",
    [
        ag.tensor(1),
        ag.tensor([1, 0]),
        ag.tensor([True, False]),
        (slice(None), ag.tensor([2, -1])),
        [ag.tensor(0), ag.tensor(1)],
        (0, ag.tensor(2)),
        (np.int64(1), np.int32(-1)),
        slice(ag.tensor(0), ag.tensor(1)),
        (ag.tensor([[0], [1]]), ag.tensor([0, 2])),
        range(2),
        ([0, 1], [2, 0]),
        True,
        np.False_,
        (..., True),
    ],
    ids=str,
)
def test_tensors_and_sequences_index_like_arrays(index: Any) -> None:
    def plain(item: Any) -> Any:
        if isinstance(item, Tensor):
            return item.numpy()
        if isinstance(item, slice):
            return slice(*(None if b is None else int(b) for b in (item.start, item.stop, item.step)))
        return type(item)(plain(i) for i in item) if isinstance(item, (list, tuple)) else item

    a = counted((2, 3))
    np.testing.assert_array_equal(ag.tensor(a)[index].numpy(), a[plain(index)])


def test_integers_beside_arrays_are_taken_first() -> None:
    x = ag.tensor(counted((2, 3, 4)))
    assert x[0, :, [1, 2]].shape == (3, 2)
    assert x[0][:, [1, 2]].tolist() == x[0, :, [1, 2]].tolist()
    x[0, :, [1, 2]] = ag.ones(3, 2)
    assert x[0, :, 1:3].tolist() == [[1.0, 1.0]] * 3


def test_basic_indices_give_views_and_others_copies() -> None:
    x = ag.zeros(3, 4)
    for index in (0, slice(1, None), (..., 1), None, (2, 3), (slice(None, None, -1),), ag.tensor(1)):
        assert np.shares_memory(x[index].numpy(), x.numpy())
    for index in ([0, 1], ag.tensor([0]), np.ones(3, np.bool_), True):
        assert not np.shares_memory(x[index].numpy(), x.numpy())


@pytest.mark.parametrize(
    "index", [[0, 2, 0], (slice(None), [1, 1]), (..., [0, 1]), ([0, 1], slice(None), [1, 0])], ids=str
)
def test_copies_have_the_memory_order_of_their_axes(index: Any) -> None:
    # NumPy's may not, and view() would fail where it works in PyTorch.
    x = ag.tensor(counted((3, 4, 5)))
    assert x[index].is_contiguous()
    assert ag.tensor(np.asfortranarray(x.numpy()))[index].is_contiguous()


def test_reads_in_a_loop_share_one_buffer() -> None:
    x = ag.zeros(400, 1000, requires_grad=True)
    total = ag.zeros(1000)
    for t in range(400):
        total = total + x[t] * x[t, :1]
    tracemalloc.start()
    total.sum().backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * x.nbytes


def test_an_index_may_change_after_it_was_used() -> None:
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index, mask = np.array([0, 0]), ag.tensor([True, False, False])
    y = (x[index] + x[mask] + x.gather(0, ag.as_tensor(index))).sum()
    index[:] = 2
    mask.fill_(False)
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0, 0.0, 0.0]


def test_integers_and_booleans_are_indexed_too() -> None:
    for a in (np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3) > 2, np.arange(6, dtype=np.uint8).reshape(2, 3)):
        y = ag.tensor(a)[[1, 0], 1:]
        assert y.dtype == a.dtype
        np.testing.assert_array_equal(y.numpy(), a[[1, 0], 1:])


def test_a_uint8_tensor_is_a_mask_as_in_pytorch() -> None:
    x = ag.arange(12.0).reshape(3, 4).requires_grad_()
    rows, columns = ag.tensor([1, 0, 1], dtype=ag.uint8), ag.tensor([0, 0, 2, 0], dtype=ag.uint8)
    with pytest.warns(UserWarning, match=r"fix: index\.bool\(\) says so, index\.long\(\) picks") as caught:
        y = x[rows]
    assert y.tolist() == [[0.0, 1.0, 2.0, 3.0], [8.0, 9.0, 10.0, 11.0]]
    with pytest.warns(UserWarning, match="a uint8 tensor selects where it is not 0") as inside:
        assert x[:, columns].tolist() == [[2.0], [6.0], [10.0]]
    assert caught[0].filename == inside[0].filename == __file__
    (y * y).sum().backward()
    assert x.grad is not None
    assert x.grad[1].tolist() == [0.0] * 4
    z = x.detach().clone()
    with pytest.warns(UserWarning, match="selects where it is not 0"):
        z[(z > 2).to(ag.uint8)] = 0
    assert z.tolist() == [[0.0, 1.0, 2.0, 0.0], [0.0] * 4, [0.0] * 4]
    assert ag.arange(3.0)[np.array([1, 0, 1], np.uint8)].tolist() == [1.0, 0.0, 1.0]


# --- writing ------------------------------------------------------------------------------------------------


def set_items(x: Tensor, index: Any, value: Any) -> Tensor:
    result = x.clone()
    result[index] = value
    return result


@given(indexed(), st.booleans())
def test_every_form_writes_what_numpy_writes(drawn: tuple[tuple[int, ...], Any], column: bool) -> None:
    shape, index = drawn
    places = integers_first(np.arange(int(np.prod(shape))).reshape(shape), index)
    value = np.sin(counted(np.shape(places)) + 1)
    if column and value.ndim:
        value = value[..., :1]
    x = ag.tensor(counted(shape), requires_grad=True)
    v = ag.tensor(value, requires_grad=True)
    y = set_items(x, index, v)

    # One after the other: the last write to a place stays, and its value alone has the place's gradient.
    flat, owner = counted(shape).ravel(), np.full(x.numel(), -1)
    spread = np.broadcast_to(np.arange(value.size).reshape(value.shape), np.shape(places))
    for place, source in zip(np.ravel(places), spread.ravel(), strict=True):
        flat[place], owner[place] = value.ravel()[source], source
    np.testing.assert_array_equal(y.detach().numpy().ravel(), flat)
    g = np.cos(counted(shape) + 1)
    y.backward(ag.tensor(g))
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy().ravel(), np.where(owner < 0, g.ravel(), 0))
    wanted = np.zeros(value.size)
    np.add.at(wanted, owner[owner >= 0], g.ravel()[owner >= 0])
    assert v.grad is not None
    np.testing.assert_allclose(v.grad.numpy().ravel(), wanted)


def test_the_last_value_stays_whatever_the_memory_order() -> None:
    index = np.asfortranarray([[0, 1], [1, 0]])
    y = ag.zeros(2)
    y[index] = np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])
    assert y.tolist() == [4.0, 3.0]


def test_values_take_the_tensors_type() -> None:
    x = ag.zeros(3, dtype=ag.int64)
    x[0] = 1.9
    x[1:] = ag.tensor([2.7, -3.7], requires_grad=True)
    assert x.tolist() == [1, 2, -3]
    assert not x.requires_grad
    y = ag.zeros(2)
    y[:] = np.array([1.5, 2.5])
    assert y.dtype == np.float32


def test_leading_axes_of_size_one_are_dropped_from_values() -> None:
    v = ag.ones(1, 1, 3, requires_grad=True)
    y = ag.zeros(2, 3)
    y[0] = v
    (y * ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])).sum().backward()
    assert v.grad is not None
    assert v.grad.tolist() == [[[1.0, 2.0, 3.0]]]


def test_augmented_assignment_through_a_view_is_one_write() -> None:
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    y[1:] *= 10
    assert y.grad_fn is not None
    assert y.grad_fn.name == "write_view"
    y[[0, 1]] += 1
    assert y.tolist() == [2.0, 21.0, 30.0]
    (y * y).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [4.0, 420.0, 600.0]


def test_values_written_may_be_read_from_the_tensor_itself() -> None:
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    y[1:] = y[:-1]
    y[0] = y.sum()
    assert y.tolist() == [4.0, 1.0, 2.0]
    (y * ag.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [12.0, 101.0, 0.0]


# --- embedding, scattering, masks ---------------------------------------------------------------------------


def test_the_padding_row_of_an_embedding_has_no_gradient() -> None:
    w = ag.tensor(counted((4, 2)), requires_grad=True)
    index = ag.tensor([[0, 3], [3, 1]])
    assert ag.embedding(w, index, padding_idx=-1).tolist() == w.detach()[index].tolist()
    ag.embedding(w, index, padding_idx=-1).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    v = ag.tensor(counted((4, 2)), requires_grad=True)
    y = ag.embedding(v, index, padding_idx=3)
    (g,) = ag.autograd.grad((y * y).sum(), v, create_graph=True)
    (g * g).sum().backward()
    assert v.grad is not None
    np.testing.assert_allclose(v.grad.numpy(), 8 * counted((4, 2)) * [[1], [1], [0], [0]])


@pytest.mark.parametrize("width", [1, 5, 128, 300])
@pytest.mark.parametrize("kind", ["once", "rarely", "often"])
def test_rows_add_up_however_often_they_come(width: int, kind: str) -> None:
    rng = np.random.default_rng(0)
    index = {"once": rng.permutation(300), "rarely": rng.integers(0, 300, 300), "often": rng.integers(0, 9, 300)}[kind]
    values = rng.standard_normal((300, width)).astype(np.float32)
    expected = np.zeros((300, width))
    for row, value in zip(index, values, strict=True):
        expected[row] += value
    for buffer in (np.zeros((300, width), np.float32), np.zeros((width, 300), np.float32).T):
        scattering.add_at(buffer, (index,), values)
        np.testing.assert_allclose(buffer, expected, rtol=1e-4, atol=1e-4)


@given(indexed(), st.data())
def test_the_ways_of_adding_agree(drawn: tuple[tuple[int, ...], Any], data: st.DataObject) -> None:
    shape, index = drawn
    key, _ = kernels.parsed("add", index)
    places = np.ravel(integers_first(np.arange(int(np.prod(shape))).reshape(shape), index))
    values = np.cos(counted(scattering.result_shape(key, shape)))
    expected = np.zeros(int(np.prod(shape)))
    np.add.at(expected, places, values.ravel())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scattering, "_FEW", data.draw(st.sampled_from((0, 2048))))
        patch.setattr(scattering, "_WIDE", data.draw(st.sampled_from((1, 128))))
        patch.setattr(scattering, "_CHUNK", data.draw(st.sampled_from((2, 32768))))
        buffer = np.zeros(shape)
        scattering.add_at(buffer, key, values)
    np.testing.assert_allclose(buffer.ravel(), expected, atol=1e-12)


@pytest.mark.parametrize("index", [True, False, (True, [1, 1, 0]), ([1, 0], None, True), (0, True)], ids=str)
def test_single_booleans_read_write_and_add(index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scattering, "_FEW", 0)
    a = counted((2, 3))
    x = ag.tensor(a, requires_grad=True)
    y = x[index]
    np.testing.assert_array_equal(y.detach().numpy(), a[index])
    y.sum().backward()
    expected = np.zeros((2, 3))
    np.add.at(expected, index, 1.0)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), expected)
    z = ag.zeros(2, 3)
    z[index] = 1.0
    np.testing.assert_array_equal(z.numpy(), expected > 0)


def test_empty_lists_select_nothing() -> None:
    x = ag.zeros(2, 3, requires_grad=True)
    assert x[[]].shape == (0, 3)
    assert x[:, []].shape == (2, 0)
    (x[[]].sum() + x.sum()).backward()


def test_ties_for_an_extreme_share_the_gradient() -> None:
    x = ag.tensor([5.0, 1.0], requires_grad=True)
    src = ag.tensor([5.0, 2.0, 5.0], requires_grad=True)
    x.scatter_reduce(0, ag.tensor([0, 1, 0]), src, "amax").sum().backward()
    assert x.grad is not None
    assert src.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), [1 / 3, 0])
    np.testing.assert_allclose(src.grad.numpy(), [1 / 3, 1, 1 / 3])


def test_products_with_zeros_have_every_derivative() -> None:
    x = ag.tensor(np.array([2.0, 3.0]), requires_grad=True)
    src = ag.tensor(np.array([0.0, 5.0, 0.0, 7.0]), requires_grad=True)
    index = ag.tensor([0, 0, 1, 1])

    def product(x: Tensor, src: Tensor) -> Tensor:
        return x.scatter_reduce(0, index, src, "prod")

    assert product(x, src).tolist() == [0.0, 0.0]
    assert gradcheck(product, (x, src))
    assert gradgradcheck(product, (x, src))


def test_extremes_keep_nan() -> None:
    x = ag.tensor([float("nan"), 1.0], requires_grad=True)
    y = x.scatter_reduce(0, ag.tensor([0, 1]), ag.tensor([3.0, 4.0]), "amax")
    assert np.isnan(y[0].item())
    y.sum().backward()


def test_means_of_integers_round_down() -> None:
    x = ag.tensor([0, 8])
    assert x.scatter_reduce(0, ag.tensor([0, 0]), ag.tensor([-3, 2]), "mean").tolist() == [-1, 8]


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.bool_, np.float16, np.float64])
def test_types_stay(dtype: Any) -> None:
    x = ag.tensor(np.array([[0, 1, 1], [1, 0, 1]], dtype))
    index = ag.tensor([[0, 2], [1, 1]])
    results = [
        x[0],
        x[[0, 1]],
        x.gather(1, index),
        x.take(ag.tensor([5])),
        x.index_select(1, ag.tensor([2])),
        x.masked_select(x.bool()),
        x.masked_fill(x.bool(), 1),
        x.scatter(1, index, x[:, :2]),
        x.index_fill(1, ag.tensor([0]), 1),
        x.index_copy(0, ag.tensor([1]), x[:1]),
        x.put(ag.tensor([0]), x[0, :1]),
        x.masked_scatter(x.bool(), x),
        x.scatter_reduce(1, index, x[:, :2], "amax", include_self=False),
        ag.index_put(x, ([0],), x[0]),
    ]
    if dtype != np.bool_:
        results += [x.scatter_add(1, index, x[:, :2]), x.index_add(0, ag.tensor([1]), x[:1], alpha=2)]
    assert {y.dtype for y in results} == {np.dtype(dtype)}


def test_tensors_without_axes_are_scattered_into() -> None:
    x, place = ag.tensor(1.0, requires_grad=True), ag.tensor([0])
    assert x.scatter_add(0, place, ag.tensor([2.0])).item() == 3.0
    assert x.index_add(0, place, ag.tensor([2.0])).item() == 3.0
    assert x.index_fill(0, place, 7.0).item() == 7.0
    assert x.put(place, ag.tensor([4.0])).item() == 4.0
    assert x.gather(0, ag.tensor([0, 0])).tolist() == [1.0, 1.0]
    x.scatter_reduce(0, place, ag.tensor([3.0]), "prod").backward()
    assert x.grad is not None
    assert x.grad.item() == 3.0


def test_writes_in_place_equal_their_functions() -> None:
    x, w = ag.tensor(counted((3, 3))), ag.tensor(counted((3, 3)) * 10, requires_grad=True)
    index = ag.tensor([[0, 1, 2], [2, 0, 1]])
    calls = {
        "scatter_": (1, index, w[:2]),
        "scatter_add_": (1, index, w[:2]),
        "index_add_": (0, ag.tensor([0, 0]), w[:2]),
        "index_copy_": (0, ag.tensor([0, 2]), w[:2]),
        "index_fill_": (0, ag.tensor([1]), w[0, 0]),
        "masked_fill_": (ag.tensor([True, False, True]), w[1, 1]),
        "masked_scatter_": (ag.tensor([True, False, True]), w),
        "put_": (ag.tensor([0, 4]), w[0, :2]),
        "index_put_": ((ag.tensor([0, 0]),), w[0]),
    }
    for name, arguments in calls.items():
        y = x.clone()
        assert getattr(y, name)(*arguments) is y
        expected = getattr(x, name[:-1])(*arguments)
        assert y.tolist() == expected.tolist(), name
        weights = ag.tensor(np.cos(counted((3, 3))))
        got = ag.autograd.grad((y * weights).sum(), w)[0]
        assert got.tolist() == ag.autograd.grad((expected * weights).sum(), w)[0].tolist(), name


# --- messages -----------------------------------------------------------------------------------------------


_X = ag.zeros(2, 3)
_SHORT = ag.zeros(2, 2)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: _X[5], IndexingError, r"getitem: index 5 is out of range for axis 0 of size 2 .*\(2, 3\)"),
        (lambda: _X[0, -4], IndexingError, r"index -4 is out of range for axis 1 of size 3 .*\n.*between -3 and 2"),
        (lambda: _X[:, [0, 3]], IndexingError, "index 3 is out of range for axis 1 of size 3"),
        (lambda: _X[..., ag.tensor([7])], IndexingError, "index 7 is out of range for axis 1"),
        (lambda: _X[None, 0, [4]], IndexingError, "index 4 is out of range for axis 1"),
        (lambda: _X[0, 0, 0], IndexingError, "3 axes are indexed, but the tensor has 2"),
        (lambda: _X[1.0], IndexingError, "getitem: an index must hold integers or booleans, got float64"),
        (lambda: _X[ag.tensor([0.0])], IndexingError, "must hold integers or booleans, got float32\n  fix: .*long"),
        (lambda: _X["a"], IndexingError, "expected integers, slices, None"),
        (lambda: _X[[[0], [0, 1]]], IndexingError, "nested index lists have different lengths"),
        (lambda: _X[..., ...], IndexingError, "one ellipsis, got 2"),
        (lambda: _X[::0], IndexingError, "step of a slice must not be 0"),
        (lambda: _X[0.5:], IndexingError, "bounds of a slice must be integers"),
        (lambda: _X[[True, False, True]], IndexingError, "a mask must have the shape of the axes"),
        (lambda: _X[:, [True, False]], IndexingError, r"from axis 1"),
        (lambda: _X[[0, 1], [0, 1, 2]], IndexingError, "must broadcast against each other"),
        (lambda: _X[:, :, [0]], IndexingError, "3 axes are indexed, but the tensor has 2"),
        (lambda: ag.tensor(1.0)[0], IndexingError, "1 axes are indexed, but the tensor has 0"),
        (lambda: _X.__setitem__(9, 1.0), IndexingError, "setitem: index 9 is out of range"),
        (
            lambda: _X.__setitem__(0, ag.ones(2)),
            ShapeError,
            "setitem: the value must broadcast.*\n  selected: 3\n +value: 2",
        ),
        (lambda: _X.__setitem__([0, 1], ag.ones(3, 3)), ShapeError, "setitem: the value must broadcast"),
        (
            lambda: ag.zeros(2, dtype=ag.int64).__setitem__(0, float("nan")),
            ArgumentError,
            "nan does not fit the type int64",
        ),
        (lambda: ag.zeros(2, dtype=ag.int8).__setitem__(0, 300), ArgumentError, "300 does not fit the type int8"),
        (lambda: ag.zeros(3, requires_grad=True).__setitem__(0, 1.0), MutationError, "setitem_: a leaf"),
        (lambda: _X.gather(1, ag.tensor([[3]])), IndexingError, "gather: index 3 is out of range for axis 1 of size 3"),
        (lambda: _X.gather(1, ag.tensor([[-1]])), IndexingError, "gather: index -1 .*\n.*between 0 and 2"),
        (lambda: _X.gather(1, ag.tensor([0])), ShapeError, "gather: the index needs as many axes"),
        (lambda: _X.gather(0, ag.tensor([[0.0]])), DTypeError, "gather: the index must hold integers, got float32"),
        (lambda: _X.take(ag.tensor([6])), IndexingError, "take: index 6 is out of range"),
        (lambda: ag.take_along_dim(_X, ag.tensor([0]), 0), ShapeError, "as many axes as the input"),
        (
            lambda: ag.take_along_dim(_X, ag.zeros(1, 2, dtype=ag.int64), 0),
            ShapeError,
            "all axes but dim 0 must broadcast",
        ),
        (lambda: _X.index_select(0, ag.tensor([[0]])), ShapeError, "the index must be a vector"),
        (lambda: ag.embedding(_X, ag.tensor([2])), IndexingError, "embedding: index 2 is out of range"),
        (lambda: ag.embedding(_X[0], ag.tensor([2])), ShapeError, r"must be a matrix \(K, E\)"),
        (lambda: ag.embedding(_X, ag.tensor([0]), 2), IndexingError, "padding_idx"),
        (lambda: _X.masked_select(_X), DTypeError, "the mask must hold booleans, got float32"),
        (lambda: _X.masked_select(_SHORT > 0), ShapeError, "must broadcast"),
        (lambda: _X.masked_fill(_X > 0, ag.ones(2)), ShapeError, "value must be a number or a tensor without axes"),
        (
            lambda: ag.zeros(2, dtype=ag.int64).masked_fill(ag.tensor([True, False]), float("-inf")),
            ArgumentError,
            "-inf",
        ),
        (lambda: ag.masked_fill_(ag.zeros(3), ag.zeros(2, 3) > 0, 1), ShapeError, "mask must broadcast to the tensor"),
        (lambda: _X.scatter(0, ag.tensor([[0]])), ArgumentError, "expected either src or value"),
        (lambda: _X.scatter(0, ag.tensor([[0]]), 1.0, reduce="max"), ArgumentError, "'add' or 'multiply', got 'max'"),
        (lambda: _X.scatter(0, ag.tensor([[0, 1, 1]]), _SHORT), ShapeError, "scatter: the source needs as many axes"),
        (
            lambda: _X.long().scatter(0, ag.tensor([[0]]), _X),
            DTypeError,
            "values of float32 do not fit a tensor of int64",
        ),
        (lambda: ag.tensor(1.0).scatter(0, ag.tensor([0, 0]), 1.0), ShapeError, "without axes takes one position"),
        (lambda: ag.tensor(1.0).index_fill(0, ag.tensor([1]), 1.0), IndexingError, "index 1 is out of range"),
        (lambda: _X.scatter_reduce(0, ag.tensor([[0]]), _X, "max"), ArgumentError, "reduce must be one of"),
        (lambda: _X.index_add(0, ag.tensor([0]), _X), ShapeError, "one slice along dim 0 for each position"),
        (lambda: _X.index_fill(0, ag.tensor([0]), _X), ShapeError, "a number or a tensor without axes"),
        (lambda: _X.index_put(([4],), ag.ones(3)), IndexingError, "index_put: index 4"),
        (lambda: _X.index_put(([0],), ag.ones(2)), ShapeError, "index_put: the values must broadcast"),
        (lambda: _X.put(ag.tensor([0, 1]), ag.ones(3)), ShapeError, "one value for each position"),
        (lambda: _X.masked_scatter(_X == 0, ag.ones(3)), ShapeError, "selects 6 elements, but the source has 3"),
    ],
)
def test_errors_say_what_came_and_what_was_expected(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
    assert not _X.any()
