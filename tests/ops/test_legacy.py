"""Names that ported programs call: typed constructors, the old svd, settings without effect."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DeviceError, DTypeError, ShapeError


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        (ag.FloatTensor, ag.float32),
        (ag.DoubleTensor, ag.float64),
        (ag.LongTensor, ag.int64),
        (ag.IntTensor, ag.int32),
        (ag.ByteTensor, ag.uint8),
        (ag.BoolTensor, ag.bool),
    ],
)
def test_typed_constructors_take_data_or_sizes(make, dtype) -> None:
    assert make([1, 0]).dtype == dtype
    assert make([1, 0]).tolist() == [1, 0]
    assert make(2, 3).shape == (2, 3)


def test_the_old_svd_returns_columns_and_the_new_one_rows() -> None:
    a = ag.tensor(np.arange(6.0).reshape(2, 3) + np.eye(2, 3), requires_grad=True)
    u, s, v = ag.svd(a)
    np.testing.assert_allclose(((u * s) @ v.T).detach().numpy(), a.detach().numpy(), atol=1e-12)
    assert v.shape == (3, 2)
    np.testing.assert_allclose(ag.linalg.svd(a, full_matrices=False).Vh.detach().numpy(), v.T.detach().numpy())
    assert a.svd(some=False).V.shape == (3, 3)
    s.sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), (u @ v.T).detach().numpy(), atol=1e-12)


def test_queries_and_settings() -> None:
    assert ag.is_tensor(ag.ones(1))
    assert not ag.is_tensor([1.0])
    assert ag.numel(ag.ones(2, 3)) == 6
    assert ag.compile(len) is len
    assert ag.compile(mode="max-autotune")(len) is len
    threads = ag.get_num_threads()
    try:
        ag.set_num_threads(4)
        assert ag.get_num_threads() == 4
    finally:
        ag.set_num_threads(threads)
    ag.use_deterministic_algorithms(mode=True)
    before = np.get_printoptions()
    try:
        ag.set_printoptions(precision=2)
        assert repr(ag.tensor([1 / 3])) == "tensor([0.33])"
    finally:
        np.set_printoptions(**before)
    assert not ag.cuda.is_available()
    assert ag.cuda.device_count() == 0
    assert not ag.backends.mps.is_available()


@pytest.mark.parametrize(
    ("make", "dtype"), [(ag.HalfTensor, ag.float16), (ag.ShortTensor, ag.int16), (ag.CharTensor, ag.int8)]
)
def test_rarer_typed_constructors(make, dtype) -> None:
    assert make([1, 2]).dtype == dtype
    assert make(2).shape == (2,)


def test_float_power_computes_in_double_precision() -> None:
    x = ag.tensor([1.5, 2.0], dtype=ag.float64, requires_grad=True)
    assert ag.testing.gradcheck(lambda x: ag.float_power(x, 2.5), (x,))
    assert ag.testing.gradgradcheck(lambda x: ag.float_power(2.0, x), (x,))
    assert ag.float_power(ag.tensor([3]), ag.tensor([-1])).tolist() == [1 / 3]
    assert ag.tensor([2.0]).float_power(2).dtype == ag.float64


def test_fill_passes_the_gradient_to_the_value() -> None:
    x, value = ag.ones(2, 3, requires_grad=True), ag.tensor(4.0, requires_grad=True)
    y = ag.fill(x, value)
    assert y.tolist() == [[4.0] * 3] * 2
    y.sum().backward()
    assert value.grad.item() == 6
    assert not x.grad.any()
    with pytest.raises(ShapeError, match="fill: the value must be a number"):
        ag.fill(x, ag.ones(3))


def test_settings_that_have_one_value() -> None:
    assert ag.are_deterministic_algorithms_enabled()
    assert not ag.set_flush_denormal(mode=True)
    ag.set_num_interop_threads(2)
    assert ag.get_num_interop_threads() == 1
    ag.set_float32_matmul_precision("high")
    assert ag.get_float32_matmul_precision() == "highest"
    with pytest.raises(ArgumentError, match="expected 'highest', 'high' or 'medium', got 'low'"):
        ag.set_float32_matmul_precision("low")
    ag.set_default_device("cpu")
    assert ag.get_default_device() == ag.device("cpu")
    with pytest.raises(DeviceError):
        ag.set_default_device("cuda")


def test_the_default_type_by_its_older_names() -> None:
    try:
        ag.set_default_tensor_type(ag.DoubleTensor)
        assert ag.zeros(1).dtype == ag.float64
        ag.set_default_tensor_type("torch.HalfTensor")
        assert ag.zeros(1).dtype == ag.float16
    finally:
        ag.set_default_tensor_type("torch.FloatTensor")
    assert ag.zeros(1).dtype == ag.float32
    with pytest.raises(DTypeError, match="fix: set_default_dtype"):
        ag.set_default_tensor_type("torch.cuda.FloatTensor")
