"""Names that ported programs call: typed constructors, the old svd, settings without effect."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag


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
    ag.set_num_threads(4)
    assert ag.get_num_threads() == 1
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
