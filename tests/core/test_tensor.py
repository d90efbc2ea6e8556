"""What a Tensor is beside the graph: attributes, conversions, copies, texts, and the words for misuse."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError, DeviceError, DTypeError, GraphError, ShapeError


def test_types_follow_the_data_as_in_pytorch() -> None:
    assert ag.tensor([1, 2]).dtype == ag.int64
    assert ag.tensor([1.0, 2]).dtype == ag.float32
    assert ag.tensor([True]).dtype == ag.bool
    assert ag.tensor(np.zeros(2)).dtype == ag.float64
    assert ag.tensor(np.float64(1.0)).dtype == ag.float64
    assert ag.tensor([]).dtype == ag.float32
    assert ag.tensor([ag.tensor(1.0), ag.tensor(2.0)]).tolist() == [1.0, 2.0]
    assert ag.Tensor([1, 2]).dtype == ag.float32
    assert ag.Tensor(2, 3).shape == (2, 3)
    assert ag.Tensor().shape == (0,)


def test_a_named_type_is_reached_without_a_detour() -> None:
    assert ag.tensor(0.1, dtype=ag.float64).item() == 0.1
    assert ag.tensor([0.1, 0.2], dtype=ag.float64).tolist() == [0.1, 0.2]
    assert ag.DoubleTensor([0.3]).item() == 0.3
    assert ag.full((1,), 0.1, dtype=ag.float64).item() == 0.1
    assert ag.tensor([2**60 + 1], dtype=ag.float64).item() == float(2**60 + 1)


def test_the_class_shares_memory_with_a_tensor_and_copies_arrays() -> None:
    x = ag.tensor([1, 2])
    shared = ag.Tensor(x)
    x[0] = 5
    assert shared.tolist() == [5, 2]
    array = np.ones(2, np.float32)
    copied = ag.Tensor(array)
    array[0] = 9
    assert copied.tolist() == [1.0, 1.0]


def test_as_tensor_and_from_numpy_share_memory() -> None:
    array = np.zeros(2)
    shared = ag.as_tensor(array)
    array[0] = 3
    assert shared[0].item() == 3
    assert ag.as_tensor(shared) is shared
    assert ag.as_tensor(shared, dtype=ag.float32).dtype == ag.float32


def test_data_that_are_no_numbers_have_words() -> None:
    with pytest.raises(ShapeError, match="different lengths"):
        ag.tensor([[1, 2], [3]])
    with pytest.raises(DTypeError, match="numbers and booleans"):
        ag.tensor(["a"])
    with pytest.raises(DTypeError, match="complex128 is complex"):
        ag.tensor([1j])
    with pytest.raises(DTypeError, match="'float31' is not a type"):
        ag.zeros(2, dtype="float31")
    with pytest.raises(ArgumentError, match="expected sizes or one nested sequence"):
        ag.Tensor([1], [2])


def test_integer_tensors_cannot_require_gradients() -> None:
    with pytest.raises(DTypeError, match="a tensor of int64 has no gradient"):
        ag.tensor([1], requires_grad=True)
    with pytest.raises(DTypeError, match="bool has no gradient"):
        ag.tensor([True]).requires_grad_()


def test_attributes() -> None:
    x = ag.zeros(2, 3, dtype=ag.float64)
    assert (x.shape, x.size(), x.size(1), x.ndim, x.dim(), x.numel(), x.nelement()) == (
        (2, 3),
        (2, 3),
        3,
        2,
        2,
        6,
        6,
    )
    assert (x.itemsize, x.element_size(), x.nbytes, x.stride(), x.stride(0)) == (8, 8, 48, (3, 1), 3)
    assert (x.is_floating_point(), x.is_contiguous(), x.is_cuda, str(x.device)) == (True, True, False, "cpu")
    assert (len(x), x.is_leaf, x.grad_fn, x.output_nr, x.requires_grad) == (2, True, None, 0, False)


def test_devices() -> None:
    x = ag.ones(1)
    assert x.to("cpu") is x
    assert x.cpu() is x
    assert ag.device("cpu") == x.device
    assert not ag.cuda.is_available()
    for call in (lambda: x.to("cuda"), x.cuda, lambda: ag.zeros(1, device="cuda:0")):
        with pytest.raises(DeviceError, match="computes on the CPU"):
            call()


def test_numpy_refuses_tensors_with_history() -> None:
    x = ag.ones(2, requires_grad=True)
    for convert in (x.numpy, lambda: np.asarray(x), (x * 2).numpy):
        with pytest.raises(GraphError, match=r"use x.detach\(\).numpy\(\)"):
            convert()
    assert x.numpy(force=True) is x._array
    assert np.asarray(ag.ones(2), dtype=np.int32).dtype == np.int32


def test_array_protocol_copies_on_request() -> None:
    x = ag.ones(2)
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x, copy=True), x.numpy())
    with pytest.raises(ArgumentError, match="needs a copy"):
        x.__array__(np.float64, copy=False)


def test_dlpack_both_ways() -> None:
    x = ag.arange(3.0)
    array = np.from_dlpack(x)
    assert np.shares_memory(array, x.numpy())
    back = ag.from_dlpack(array)
    array_view = back.numpy()
    assert np.shares_memory(array_view, x.numpy())
    with pytest.raises(GraphError, match="numpy"):
        np.from_dlpack(x.requires_grad_())
    with pytest.raises(DTypeError, match="no __dlpack__"):
        ag.from_dlpack([1.0])


def test_python_numbers() -> None:
    x = ag.tensor([[2.5]])
    assert (x.item(), float(x), int(x), bool(x), x.tolist(), complex(x)) == (
        2.5,
        2.5,
        2,
        True,
        [[2.5]],
        2.5 + 0j,
    )
    assert [10, 20][ag.tensor(1)] == 20
    with pytest.raises(ShapeError, match="item: expected one element"):
        ag.ones(2).item()
    with pytest.raises(ShapeError, match="ambiguous"):
        bool(ag.ones(2))
    with pytest.raises(DTypeError, match="only integer tensors can be an index"):
        [1][ag.tensor(0.0)]


def test_iteration_and_membership() -> None:
    rows = list(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert [r.tolist() for r in rows] == [[1.0, 2.0], [3.0, 4.0]]
    assert 3.0 in ag.tensor([1.0, 3.0])
    assert 9 not in ag.tensor([1.0, 3.0])
    for call in (lambda: len(ag.tensor(1.0)), lambda: iter(ag.tensor(1.0))):
        with pytest.raises(DTypeError, match="0-d tensor"):
            call()


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (lambda: ag.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (lambda: ag.tensor([1, 2]), "tensor([1, 2])"),
        (lambda: ag.tensor(True), "tensor(True)"),
        (lambda: ag.tensor([1.0], dtype=ag.float64), "tensor([1.], dtype=float64)"),
        (lambda: ag.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: ag.ones(1, requires_grad=True) * 2, "tensor([2.], grad_fn=<mul>)"),
        (lambda: ag.zeros(0, 3), "tensor([], size=(0, 3))"),
        (lambda: ag.tensor([float("nan"), float("inf")]), "tensor([nan, inf])"),
    ],
)
def test_repr_shows_values_and_the_operation(tensor, text) -> None:
    assert repr(tensor()) == text


def test_format() -> None:
    assert f"{ag.tensor(1.23456):.2f}" == "1.23"
    assert f"{ag.tensor([1.0])}" == "tensor([1.])"


def test_pickle_and_deepcopy_of_leaves() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.name = "weights"
    (x * 3).sum().backward()
    for copied in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):  # noqa: S301 (our own bytes)
        assert copied.tolist() == [1.0, 2.0]
        assert copied.requires_grad
        assert copied.is_leaf
        assert copied.name == "weights"
        assert not np.shares_memory(copied._array, x._array)
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1]
    for action in (pickle.dumps, copy.deepcopy):
        with pytest.raises(GraphError, match=r"is the result of 'mul'"):
            action(x * 2)


def test_copy_shares_nothing_it_should_not() -> None:
    x = ag.tensor([1.0, 2.0])
    y = x.clone()
    y[0] = 5
    assert x.tolist() == [1.0, 2.0]


def test_grad_can_be_set_and_is_checked() -> None:
    x = ag.ones(2, requires_grad=True)
    x.grad = ag.zeros(2)
    assert x.grad.tolist() == [0.0, 0.0]
    x.grad = None
    assert x.grad is None
    with pytest.raises(DTypeError, match="expected a Tensor or None"):
        x.grad = 3.0
    with pytest.raises(ShapeError, match=r"expected the tensor's shape \(2,\), got \(3,\)"):
        x.grad = ag.zeros(3)


def test_requires_grad_of_results_cannot_be_taken_back() -> None:
    y = ag.ones(2, requires_grad=True) * 2
    with pytest.raises(GraphError, match=r"the result of 'mul'; only leaves can change"):
        y.requires_grad = False
    x = ag.ones(2, requires_grad=True)
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_detach_and_data_share_memory_and_versions() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = y * y
    y.detach()[0] = 7
    assert y[0].item() == 7
    with pytest.raises(AutogradError, match="has written to that memory"):
        z.sum().backward()
    x.data = ag.tensor([5.0, 6.0])
    assert x.tolist() == [5.0, 6.0]
    assert x.requires_grad
    with pytest.raises(DTypeError, match="needs floating values"):
        x.data = ag.tensor([1, 2])
    with pytest.raises(GraphError, match="a view stays tied to its base"):
        y[0].detach_()
    assert y.detach_() is y
    assert not y.requires_grad


def test_hooks_need_a_history() -> None:
    with pytest.raises(GraphError, match="register_hook: this tensor does not require gradients"):
        ag.ones(1).register_hook(print)
    with pytest.raises(GraphError, match="retain_grad"):
        ag.ones(1).retain_grad()


def test_every_error_is_a_runtime_error_and_its_own_kind() -> None:
    for kind, builtin in ((ShapeError, ValueError), (DTypeError, TypeError), (ArgumentError, ValueError)):
        assert issubclass(kind, builtin)
        assert issubclass(kind, RuntimeError)
