"""Shapes, axes, parts, repetition and conversion: views and copies, types, windows, and the messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.core import Tensor
from autograd_np.errors import ArgumentError, DeviceError, DTypeError, IndexingError, MutationError, ShapeError
from autograd_np.testing import gradcheck, gradgradcheck, strategies


def counted(*shape: int) -> Any:
    return np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)


VIEWS = {
    "reshape": lambda x: x.reshape(3, 2, 4),
    "view": lambda x: x.view(24),
    "view_as": lambda x: x.view_as(ag.zeros(4, 6)),
    "reshape_as": lambda x: x.reshape_as(ag.zeros(4, 6)),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten(1),
    "unflatten": lambda x: x.unflatten(2, (2, 2)),
    "squeeze": lambda x: x[:1].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "permute": lambda x: x.permute(2, 0, 1),
    "transpose": lambda x: x.transpose(0, 1),
    "movedim": lambda x: x.movedim(0, -1),
    "t": lambda x: x[0].t(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "H": lambda x: x[0].H,
    "diagonal": lambda x: x.diagonal(1, 1, 2),
    "narrow": lambda x: x.narrow(2, 1, 2),
    "select": lambda x: x.select(1, -1),
    "unbind": lambda x: x.unbind(2)[1],
    "split": lambda x: x.split(2, 2)[1],
    "chunk": lambda x: x.chunk(2, 2)[0],
    "tensor_split": lambda x: x.tensor_split((1,), 2)[1],
    "atleast_3d": lambda x: ag.atleast_3d(x[0, 0]),
    "getitem": lambda x: x[:, ::-1, None, 1:],
}
READ_ONLY_VIEWS = {
    "expand": lambda x: x.expand(2, 2, 3, 4),
    "broadcast_tensors": lambda x: ag.broadcast_tensors(x, ag.zeros(2, 1, 1, 1))[0],
    "unfold": lambda x: x.unfold(2, 2, 1),
    "meshgrid": lambda x: ag.meshgrid(x[0, 0], x[0, 1], indexing="ij")[0],
}
COPIES = {
    "clone": lambda x: x.clone(),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(0),
    "rot90": lambda x: ag.rot90(x, 0),
    "repeat": lambda x: x.repeat(1, 1, 1),
    "tile": lambda x: x.tile(1),
    "repeat_interleave": lambda x: x.repeat_interleave(1, 0),
    "tril": lambda x: x.tril(9),
    "pad": lambda x: ag.pad(x, (0, 0)),
    "cat": lambda x: ag.cat([x]),
    "stack": lambda x: ag.stack([x]),
    "contiguous": lambda x: x.mT.contiguous(),
    "reshape": lambda x: x.mT.reshape(-1),
    "to": lambda x: x.to(x.dtype, copy=True),
}


# --- views and copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIEWS)
def test_views_share_memory_and_pass_writes_on(name: str) -> None:
    x, w = ag.tensor(counted(2, 3, 4)), ag.tensor(counted(2, 3, 4), requires_grad=True)
    assert np.shares_memory(VIEWS[name](x).numpy(), x.numpy())
    base = w * 1
    VIEWS[name](base).mul_(3.0)
    # What was written is what the view shows.
    factors = np.ones((2, 3, 4))
    VIEWS[name](ag.as_tensor(factors)).numpy()[...] = 3.0
    np.testing.assert_array_equal(base.detach().numpy(), counted(2, 3, 4) * factors)
    base.sum().backward()
    assert w.grad is not None
    np.testing.assert_array_equal(w.grad.numpy(), factors)


@pytest.mark.parametrize("name", READ_ONLY_VIEWS)
def test_views_that_show_an_element_twice_cannot_be_written(name: str) -> None:
    x = ag.tensor(counted(2, 3, 4))
    view = READ_ONLY_VIEWS[name](x)
    assert np.shares_memory(view.numpy(), x.numpy())
    with pytest.raises(MutationError, match=r"read-only or shared by several elements.*\n.*clone"):
        view.add_(1.0)
    x.add_(1.0)
    assert view.flatten()[0] == 1.0


@pytest.mark.parametrize("name", READ_ONLY_VIEWS)
def test_views_that_cannot_be_written_follow_their_base(name: str) -> None:
    x = ag.tensor(counted(2, 3, 4), requires_grad=True)
    base = x * 1
    view = READ_ONLY_VIEWS[name](base)
    base.mul_(5.0)
    view.sum().backward()
    expected = ag.tensor(counted(2, 3, 4), requires_grad=True)
    READ_ONLY_VIEWS[name](expected * 5.0).sum().backward()
    assert x.grad is not None
    assert expected.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), expected.grad.numpy())


@pytest.mark.parametrize("name", COPIES)
def test_copies_have_memory_of_their_own(name: str) -> None:
    x = ag.tensor(counted(2, 3, 4))
    copy = COPIES[name](x)
    assert not np.shares_memory(copy.numpy(), x.numpy())
    assert copy.numpy().flags.writeable


def test_tensors_that_are_fine_as_they_are_come_back_themselves() -> None:
    x = ag.zeros(2, 3)
    assert x.contiguous() is x
    assert x.to(x.dtype) is x
    assert x.to("cpu") is x
    assert ag.atleast_2d(x) is x


def test_view_needs_memory_in_order() -> None:
    x = ag.zeros(2, 3, 4)
    assert x.transpose(0, 1).view(3, 2, 2, 2).shape == (3, 2, 2, 2)
    with pytest.raises(ShapeError, match=r"view: no view of this tensor's memory .*strides \(4, 12, 1\)(.|\n)*reshape"):
        x.transpose(0, 1).view(24)
    assert x.transpose(0, 1).contiguous().view(24).shape == (24,)
    assert x[:0].transpose(0, 1).view(0).shape == (0,)


def test_sizes_may_be_given_one_by_one_together_or_by_name() -> None:
    x = ag.zeros(2, 3)
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == x.reshape([3, -1]).shape == x.reshape(shape=(3, 2)).shape
    assert x.view(size=(6,)).shape == x.view(np.int64(6)).shape == x.view(ag.tensor(6)).shape == (6,)
    assert x.permute(dims=(1, 0)).shape == x.permute([1, 0]).shape == (3, 2)
    assert x.expand(size=(4, -1, -1)).shape == (4, 2, 3)
    assert x.repeat(sizes=(2, 1)).shape == x.tile(dims=(2, 1)).shape == (4, 3)


@given(strategies.shapes(min_dims=1, max_dims=4, min_side=0), st.data())
def test_permutations_are_undone_by_their_gradients(shape: tuple[int, ...], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    x = ag.tensor(counted(*shape), requires_grad=True)
    y = x.permute(order)
    np.testing.assert_array_equal(y.detach().numpy(), counted(*shape).transpose(order))
    y.backward(ag.tensor(y.detach().numpy() * 2))
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), counted(*shape) * 2)


@given(strategies.shapes(min_dims=1, max_dims=3), st.data())
def test_movedim_is_numpys_moveaxis(shape: tuple[int, ...], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(shape)))
    source, target = (tuple(data.draw(st.permutations(range(len(shape))))[:count]) for _ in range(2))
    assert ag.movedim(ag.zeros(shape), source, target).shape == np.moveaxis(np.zeros(shape), source, target).shape


# --- windows, padding, types --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "axis", "size", "step"),
    [((5,), 0, 3, 1), ((5,), 0, 2, 2), ((5,), 0, 5, 1), ((2, 6), 1, 3, 2), ((6, 2), 0, 4, 1), ((3, 4), -1, 1, 3)],
)
def test_windows_are_views_with_derivatives_of_every_order(
    shape: tuple[int, ...], axis: int, size: int, step: int
) -> None:
    x = ag.tensor(counted(*shape) + 1, requires_grad=True)
    y = x.unfold(axis, size, step)
    expected = np.lib.stride_tricks.sliding_window_view(counted(*shape) + 1, size, axis)
    expected = expected[tuple(slice(None, None, step if a == axis % len(shape) else 1) for a in range(len(shape)))]
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    assert gradcheck(lambda v: v.unfold(axis, size, step) ** 2, x)
    assert gradgradcheck(lambda v: v.unfold(axis, size, step) ** 2, x)


def test_windows_of_a_number_hold_it() -> None:
    assert ag.tensor(3.0).unfold(0, 1, 1).tolist() == [3.0]


def test_padding_keeps_the_type_and_pads_every_axis() -> None:
    for dtype in (np.float16, np.float32, np.int64, np.uint8, np.bool_):
        y = ag.pad(ag.tensor(np.ones((2, 2), dtype)), (1, 0, 0, 1))
        assert y.dtype == dtype
        assert y.long().tolist() == [[0, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert ag.pad(ag.zeros(2, 2), (1, 1, 1, 1), "constant", 3).sum() == 36.0


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32, np.uint8, np.bool_])
def test_types_stay(dtype: Any) -> None:
    x = ag.tensor(np.ones((2, 2), dtype))
    results = [*(make(x) for make in (ag.tril, ag.triu, ag.diag, ag.flipud, ag.ravel, ag.clone)), x.repeat(2, 2)]
    results += [x.T, x.expand(3, 2, 2), x.roll(1), x.diag_embed(), x.unfold(0, 2, 1), x.repeat_interleave(2), x.tile(2)]
    assert {y.dtype for y in results} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (ag.DoubleTensor, "float64"),
        (ag.FloatTensor, "float32"),
        (ag.HalfTensor, "float16"),
        (ag.LongTensor, "int64"),
        (ag.IntTensor, "int32"),
        (ag.ShortTensor, "int16"),
        (ag.CharTensor, "int8"),
        (ag.ByteTensor, "uint8"),
        (ag.BoolTensor, "bool"),
    ],
)
def test_types_have_older_names(make: Any, name: str) -> None:
    x = ag.tensor([1.0, 0.0])
    spelt = f"torch.{make.__name__}"
    assert x.type(make).dtype == x.type(spelt).dtype == x.type(name).dtype == np.dtype(name)
    assert x.type(make).type() == spelt
    assert x.type(ag.FloatTensor) is x
    with pytest.raises(DTypeError, match=r"'torch\.cuda\.FloatTensor' is not a type"):
        x.type("torch.cuda.FloatTensor")


def test_conversions_pass_gradients_back_in_the_old_type() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.to(ag.float64)
    assert y.dtype == np.float64
    (y * y).sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0, 4.0]
    assert not x.to(ag.int64).requires_grad
    assert not x.bool().requires_grad


def test_to_takes_types_devices_and_tensors_in_any_order() -> None:
    x = ag.tensor([1, 2])
    assert x.to("float64").dtype == x.to(np.float64).dtype == x.to(float).dtype == x.to("cpu", ag.float64).dtype
    assert x.to(ag.zeros(1)).dtype == x.to(dtype=ag.float32).dtype == x.to(ag.device("cpu"), "float32").dtype
    assert x.to(None).dtype == x.to(device="cpu").dtype == np.int64
    assert x.to(ag.float32, non_blocking=True).type_as(x).dtype == np.int64
    for wrong in ("cuda", "cuda:0", ag.device):
        with pytest.raises((DeviceError, DTypeError)):
            x.to(wrong)


def test_clones_keep_the_order_of_memory() -> None:
    x = ag.tensor(np.asfortranarray(counted(2, 3)))
    assert x.clone().stride() == x.stride()
    assert x.contiguous().stride() == (3, 1)
    assert ag.zeros(3).expand(2, 3).clone().is_contiguous()


def test_scalars_and_empty_tensors_have_shapes_too() -> None:
    s, e = ag.tensor(2.0, requires_grad=True), ag.zeros(0, 3, requires_grad=True)
    results = [
        s.reshape(1, 1),
        s.expand(2, 2),
        s.repeat(3),
        s.flatten(),
        s.unsqueeze(0),
        s.T,
        s.t(),
        s.clone(),
        s.roll(1),
    ]
    results += [s.flip(()), s.repeat_interleave(2), s.transpose(0, -1), s.squeeze(), s.permute(()), s.tile((2, 2))]
    results += [e.T, e.reshape(3, 0), e.flatten(), e.repeat(2, 2), e.tril(), e.diagonal(), ag.pad(e, (1, 1)), e.flip(0)]
    results += [e.unfold(1, 2, 1), e.repeat_interleave(2, 1), e.roll(1, 1), e.expand(2, 0, 3), e.diag_embed()]
    sum(y.sum() for y in results).backward()
    assert s.grad is not None
    assert s.grad.item() == sum(y.numel() for y in results[:15])
    assert e.grad is not None
    assert e.grad.shape == (0, 3)


def test_properties_transpose() -> None:
    x = ag.tensor(counted(2, 3, 4))
    assert (x.T.shape, x.mT.shape, x.mH.shape) == ((4, 3, 2), (2, 4, 3), (2, 4, 3))
    assert x[0].H.tolist() == x[0].t().tolist() == x[0].T.tolist()


def test_meshgrid_takes_a_list_and_both_indexings() -> None:
    a, b = ag.tensor([1, 2]), ag.tensor([3, 4, 5])
    assert [g.shape for g in ag.meshgrid([a, b], indexing="ij")] == [(2, 3)] * 2
    assert [g.shape for g in ag.meshgrid(a, b, indexing="xy")] == [(3, 2)] * 2


# --- messages -----------------------------------------------------------------------------------------------


_X = ag.zeros(2, 3)
_Y = ag.zeros(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: _X.reshape(4, 2), ShapeError, r"reshape: 6 elements do not fill the shape \(4, 2\)\n"),
        (lambda: _X.reshape(-1, 4), ShapeError, "reshape: 6 elements do not fill the shape"),
        (lambda: _X.reshape(-1, -1), ShapeError, "only one size can be -1"),
        (lambda: _X.reshape(-2, 3), ShapeError, "sizes must not be negative"),
        (lambda: ag.zeros(0).reshape(-1, 0), ShapeError, "could be anything"),
        (lambda: _X.reshape(2.0, 3), DTypeError, "reshape: expected integers"),
        (lambda: _X.reshape(6, shape=(6,)), ArgumentError, "both by position and by name"),
        (lambda: _X.view(4, 2), ShapeError, "view: 6 elements"),
        (lambda: _X.view(ag.int32), DTypeError, r"view: the bytes of float32 .*\n.*to\("),
        (lambda: _X.flatten(1, 0), ArgumentError, "start_dim 1 comes after end_dim 0"),
        (lambda: _X.flatten(2), IndexingError, "flatten: dim 2 is out of range"),
        (lambda: _X.unflatten(1, (2, 2)), ShapeError, "do not multiply to 3"),
        (lambda: _X.unflatten(1, (-1, -1)), ShapeError, "do not multiply to 3"),
        (lambda: _X.squeeze(2), IndexingError, "squeeze: dim 2 is out of range"),
        (lambda: _X.unsqueeze(4), IndexingError, "unsqueeze: dim 4 is out of range"),
        (lambda: _X.permute(0), ShapeError, "permute: a tensor of 2 axes"),
        (lambda: _X.permute(0, 0), ArgumentError, "names an axis twice"),
        (lambda: _X.transpose(0, 2), IndexingError, "transpose: dim 2 is out of range"),
        (lambda: _X.movedim((0, 1), (0,)), ArgumentError, "as many different destinations as sources"),
        (_Y.t, ShapeError, "t: expected at most two axes"),
        (lambda: _X[0].mT, ShapeError, "mT: expected matrices"),
        (lambda: _Y.H, ShapeError, "H: expected a matrix"),
        (lambda: _X.expand(2, 4), ShapeError, "expand: only axes of size 1(.|\n)*tensor: 2 3\n +wanted: 2 4\n +\\^"),
        (lambda: _X.expand(3), ShapeError, "expand: only axes of size 1"),
        (lambda: _X.expand(-1, 2, 3), ShapeError, "expand: only axes of size 1"),
        (lambda: ag.broadcast_shapes((2,), (3,)), ShapeError, "broadcast_shapes: sizes must be equal or 1"),
        (lambda: ag.broadcast_tensors(_X, _X.T), ShapeError, "sizes must be equal or 1"),
        (lambda: _X.diagonal(0, 1, 1), ArgumentError, "dim1 and dim2 must differ"),
        (_X[0].diagonal, ShapeError, "diagonal: expected at least two axes"),
        (lambda: ag.diag(_Y), ShapeError, "diag: expected a vector or a matrix"),
        (lambda: ag.diag_embed(ag.tensor(1.0)), ShapeError, "diag_embed: expected at least one axis"),
        (lambda: ag.diag_embed(_X, 0, 1, 1), ArgumentError, "must differ"),
        (_X[0].tril, ShapeError, "tril: expected matrices"),
        (lambda: _X.narrow(1, 2, 2), IndexingError, "start 2 and length 2 do not lie within axis 1 of size 3"),
        (lambda: ag.tensor(1.0).narrow(0, 0, 1), ShapeError, "cannot be narrowed"),
        (lambda: _X.select(1, 3), IndexingError, "index 3 is out of range for axis 1 of size 3"),
        (lambda: ag.tensor(1.0).select(0, 0), ShapeError, "nothing to select"),
        (lambda: _X.unfold(1, 4, 1), ArgumentError, "expected a size between 0 and 3"),
        (lambda: _X.unfold(1, 1, 0), ArgumentError, "a positive step"),
        (lambda: _X.repeat(2), ShapeError, "at least one entry for each of 2 axes"),
        (lambda: _X.repeat(2, -1), ArgumentError, "must not be negative"),
        (lambda: _X.repeat_interleave(ag.tensor([1, 2]), 1), ShapeError, "one for each of 3 slices of dim 1"),
        (lambda: _X.repeat_interleave(-1), ArgumentError, "must not be negative"),
        (
            lambda: _X.repeat_interleave(2, 1, output_size=5),
            ShapeError,
            "output_size is 5, but the repeats add up to 6",
        ),
        (lambda: _X.flip(0, 0), ArgumentError, "names an axis twice"),
        (lambda: ag.fliplr(_X[0]), ShapeError, "fliplr: expected at least two axes"),
        (lambda: ag.flipud(ag.tensor(1.0)), ShapeError, "flipud: expected at least one axis"),
        (lambda: _X.roll((1, 2), (0,)), ArgumentError, "one shift for each dim"),
        (lambda: ag.tensor(1.0).roll(1, 0), ShapeError, "no dims to roll"),
        (lambda: ag.rot90(_X, 1, (0, 0)), ArgumentError, "two dims must differ"),
        (lambda: ag.rot90(_X[0]), ArgumentError, "two dims and a tensor of at least two axes"),
        (lambda: ag.pad(_X, (1,)), ArgumentError, "two widths for each of at most 2 axes"),
        (lambda: ag.pad(_X, (1, 1), "mirror"), ArgumentError, "mode must be one of .* got 'mirror'"),
        (lambda: ag.pad(_X, (1, 1), "reflect", 2.0), ArgumentError, "a value belongs to the mode 'constant'"),
        (lambda: ag.pad(_X, (-2, -2)), ShapeError, "cut more off axis 1 than its 3 elements"),
        (lambda: ag.pad(_X, (3, 0), "reflect"), ShapeError, "'reflect' can add at most 2 elements"),
        (lambda: ag.pad(_X, (0, 4), "circular"), ShapeError, "'circular' can add at most 3 elements"),
        (lambda: ag.pad(_X[:, :0], (1, 0), "replicate"), ShapeError, "'replicate'"),
        (lambda: ag.meshgrid(_X), ShapeError, "meshgrid: expected vectors"),
        (lambda: ag.meshgrid(_X[0], indexing="yx"), ArgumentError, "must be 'ij' or 'xy', got 'yx'"),
    ],
)
def test_errors_say_what_came_and_what_was_expected(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


def test_gradients_through_a_chain_of_shapes() -> None:
    def chain(x: Tensor) -> Tensor:
        y = x.reshape(3, 4).T.unsqueeze(1).expand(4, 2, 3).permute(2, 0, 1).flatten(1)
        return ag.pad(y, (1, 2), "reflect").roll(2, 1).flip(0).repeat(1, 2).tril(3).unfold(1, 3, 2).mT

    assert gradcheck(lambda x: chain(x) ** 2, ag.tensor(counted(12) / 7, requires_grad=True))
