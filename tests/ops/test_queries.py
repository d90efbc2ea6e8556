"""Questions about tensors, their memory, and kinds of tensors that there are none of."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import DTypeError, ShapeError, UnsupportedError


def test_questions_about_types_and_values() -> None:
    x = ag.tensor([[1.0, 2.0]])
    assert [x.is_cpu, x.is_sparse, x.is_quantized, x.is_meta, x.is_mps] == [True, False, False, False, False]
    assert [x.is_complex(), x.is_conj(), x.is_neg(), x.is_inference(), x.is_pinned(), x.is_shared()] == [False] * 6
    assert [ag.tensor(v).is_signed() for v in (1, 1.0, True)] == [True, True, False]
    assert not ag.is_signed(ag.tensor([1], dtype=ag.uint8))
    assert x.get_device() == -1
    assert x.ndimension() == 2
    assert x.is_same_size(ag.zeros(1, 2))
    assert not x.is_same_size(ag.zeros(2))
    assert ag.is_nonzero(ag.tensor([[3]]))
    assert not ag.is_nonzero(ag.tensor(0.0))
    with pytest.raises(ShapeError, match=r"is_nonzero: expected one element.*\n  fix: use \(x != 0\)\.any"):
        x.is_nonzero()
    assert ag.typename(x.double()) == "torch.DoubleTensor"
    assert ag.typename(ag.nn.Linear(1, 1)) == "nn.layers.linear.Linear"


def test_what_may_be_cast() -> None:
    kinds = [ag.bool, ag.uint8, ag.int8, ag.int64, ag.float16, ag.float64]
    rank = [0, 1, 1, 1, 2, 2]
    for a, low in zip(kinds, rank, strict=True):
        for b, high in zip(kinds, rank, strict=True):
            assert ag.can_cast(a, b) == (low <= high)


def test_tensors_are_dense_and_in_ordinary_memory() -> None:
    x = ag.ones(2)
    assert x.pin_memory() is x
    assert x.share_memory_() is x
    assert x.to_dense() is x
    for name in ("to_sparse", "to_sparse_csr", "to_mkldnn", "dequantize"):
        with pytest.raises(UnsupportedError, match=f"{name}: every tensor is dense"):
            getattr(x, name)()


def test_types_that_numpy_lacks() -> None:
    x = ag.ones(2)
    with pytest.raises(DTypeError, match=r"bfloat16: .*\n  fix: half\(\) for 16 bits"):
        x.bfloat16()
    for name in ("cfloat", "cdouble", "chalf"):
        with pytest.raises(DTypeError, match="real and imaginary parts as two tensors"):
            getattr(x, name)()


def test_complex_numbers_there_are_none() -> None:
    x = ag.tensor([1.0, -2.0], requires_grad=True)
    assert x.real is x
    assert x.conj() is x
    np.testing.assert_allclose(x.angle().tolist(), [0, np.pi], rtol=1e-6)
    assert ag.angle(ag.tensor([-0.0, 0.0, -1.0])).tolist() == [0, 0, pytest.approx(np.pi)]
    assert ag.angle(ag.tensor([np.nan])).isnan().all()
    assert ag.angle(ag.tensor([-1, 1])).dtype == ag.float32
    with pytest.raises(UnsupportedError, match="imag: tensors hold floating, integer and boolean values"):
        _ = x.imag
    for call in (
        lambda: ag.complex(x, x),
        lambda: ag.polar(x, x),
        lambda: ag.view_as_complex(x),
        lambda: ag.view_as_real(x),
    ):
        with pytest.raises(UnsupportedError, match="fix: keep the real and imaginary parts"):
            call()
    # Asking for attributes must not meet the one that raises.
    assert copy.deepcopy(x).tolist() == [1.0, -2.0]


def test_memory_is_shared_by_views_alone() -> None:
    x = ag.tensor(np.arange(6.0).reshape(2, 3))
    row = x[1]
    assert row.storage_offset() == 3
    assert x.T.storage_offset() == 0
    assert row.data_ptr() == x.data_ptr() + 3 * 8
    assert row.storage().data_ptr() == x.untyped_storage().data_ptr() == x.data_ptr()
    assert x.clone().storage().data_ptr() != x.storage().data_ptr()
    memory = row.storage()
    assert len(memory) == memory.size() == 6
    assert memory.tolist() == list(memory) == [0, 1, 2, 3, 4, 5]
    assert (memory[4], memory[1:3]) == (4.0, [1.0, 2.0])
    assert (memory.nbytes(), memory.element_size()) == (48, 8)
    assert repr(ag.tensor([1, 2]).storage()) == "Storage([1, 2], dtype=int64)"
    assert ag.is_storage(memory)
    with pytest.raises(UnsupportedError, match="a write into the memory would go unseen"):
        memory[0] = 5.0


def test_the_old_constructor_keeps_the_type() -> None:
    x = ag.tensor([1, 2], dtype=ag.int32)
    assert x.new([3, 4]).tolist() == [3, 4]
    assert x.new(2, 3).shape == (2, 3)
    assert x.new().shape == (0,)
    assert {x.new([1]).dtype, x.new(2).dtype} == {np.dtype(np.int32)}
