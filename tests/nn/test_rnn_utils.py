"""Packing and padding: round trips, what PyTorch does not do, and errors; its numbers stand in tests/nn/cases."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, DeviceError, ShapeError
from nn.utils import rnn

SEQUENCES = [ag.tensor(np.arange(10.0 * k, 10 * k + 2 * n).reshape(n, 2)) for k, n in enumerate((2, 4, 1, 4))]


def assert_same(found, wanted) -> None:
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_sequences_come_back_from_packing_and_padding() -> None:
    lengths = [len(s) for s in SEQUENCES]
    packed = rnn.pack_sequence(SEQUENCES, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [4, 3, 2, 2]
    assert packed.sorted_indices.tolist() == [1, 3, 0, 2]
    assert_same(rnn.unpack_sequence(packed), SEQUENCES)
    for batch_first in (False, True):
        padded, counts = rnn.pad_packed_sequence(packed, batch_first)
        assert counts.tolist() == lengths
        np.testing.assert_array_equal(padded.numpy(), rnn.pad_sequence(SEQUENCES, batch_first).numpy())
        assert_same(rnn.unpad_sequence(padded, counts, batch_first), SEQUENCES)
        again = rnn.pack_padded_sequence(padded, lengths, batch_first, enforce_sorted=False)
        assert_same(again[:3], packed[:3])


def test_steps_beyond_the_longest_sequence_are_left_out() -> None:
    packed = rnn.pack_padded_sequence(ag.ones(6, 2), [3, 1])
    assert packed.batch_sizes.tolist() == [2, 1, 1]
    assert packed.sorted_indices is packed.unsorted_indices is None


def test_unpadding_does_not_touch_the_batch() -> None:
    batch = ag.zeros(3, 2, 1)
    rnn.unpad_sequence(batch, [3, 1])
    assert batch.shape == (3, 2, 1)


def test_left_padding_of_every_rank() -> None:
    padded = rnn.pad_sequence(SEQUENCES, True, -1.0, "left").numpy()
    for row, sequence in zip(padded, SEQUENCES, strict=True):
        np.testing.assert_array_equal(row[4 - len(sequence) :], sequence.numpy())
        np.testing.assert_array_equal(row[: 4 - len(sequence)], -1.0)


def test_packed_sequences_convert_like_tensors() -> None:
    packed = rnn.pack_sequence(SEQUENCES, enforce_sorted=False)
    kinds = {"float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32"}
    for method, name in kinds.items():
        converted = getattr(packed, method)()
        assert isinstance(converted, rnn.PackedSequence)
        assert converted.data.dtype == name
        assert converted.unsorted_indices is packed.unsorted_indices
    assert packed.to("float16").data.dtype == np.float16
    assert packed.double() is packed.cpu() is packed
    assert not packed.is_cuda
    with pytest.raises(DeviceError):
        packed.cuda()


def test_a_packed_sequence_may_be_made_of_its_parts() -> None:
    packed = rnn.PackedSequence(ag.ones(3), ag.tensor([2, 1]), ag.tensor([1, 0]))
    assert packed.unsorted_indices.tolist() == [1, 0]
    assert rnn.PackedSequence((ag.ones(3), ag.tensor([2, 1]))).batch_sizes.tolist() == [2, 1]


# --- errors -----------------------------------------------------------------------------------------------------------


def test_lengths_that_do_not_fit_are_named() -> None:
    x = ag.ones(4, 3, 2)
    with pytest.raises(ArgumentError, match=r"asks for the longest sequence first, got lengths \[2, 4, 1\]"):
        rnn.pack_padded_sequence(x, [2, 4, 1])
    for lengths in ([5, 2, 1], [4, 2, 0]):
        with pytest.raises(ArgumentError, match="lengths must lie between 1 and the 4 steps that are there"):
            rnn.pack_padded_sequence(x, lengths)
    for lengths in ([4, 2], [4.0, 2.0, 1.0]):
        with pytest.raises(ArgumentError, match="expected one whole length for each of the 3 sequences"):
            rnn.pack_padded_sequence(x, lengths)
    with pytest.raises(ArgumentError, match="pack_sequence: lengths must lie between 1"):
        rnn.pack_sequence([ag.ones(2), ag.ones(0)])
    with pytest.raises(ArgumentError, match="pack_padded_sequence: there are no sequences"):
        rnn.pack_padded_sequence(ag.ones(4, 0), [])
    with pytest.raises(ShapeError, match="the batch has 3 sequences, but there are 2 lengths"):
        rnn.unpad_sequence(x, [4, 2])
    with pytest.raises(ArgumentError, match="total_length 3 is less than the longest sequence, 4"):
        rnn.pad_packed_sequence(rnn.pack_sequence([ag.ones(4)]), total_length=3)


def test_operands_that_are_no_sequences_are_named() -> None:
    with pytest.raises(ShapeError, match=r"pack_padded_sequence: expected \(L, N, \*\)"):
        rnn.pack_padded_sequence(ag.ones(4), [4])
    with pytest.raises(ShapeError, match=r"the first has shape \(2, 3\), number 1 is \(2, 4\)"):
        rnn.pad_sequence([ag.ones(2, 3), ag.ones(2, 4)])
    with pytest.raises(ArgumentError, match="pad_sequence: there are no sequences"):
        rnn.pad_sequence([])
    with pytest.raises(ArgumentError, match="padding_side must be 'left' or 'right', got 'top'"):
        rnn.pad_sequence([ag.ones(2)], padding_side="top")
    with pytest.raises(ArgumentError, match="unpack_sequence: expected a PackedSequence, got Tensor"):
        rnn.unpack_sequence(ag.ones(3))
