"""Embeddings beyond PyTorch's stored values: initial values, the table's memory, frequencies, bags and errors."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError, DTypeError, IndexingError, MutationError, ShapeError


def test_initial_values() -> None:
    layer = nn.Embedding(400, 50, padding_idx=7)
    values = layer.weight.detach().numpy()
    assert values[7].tolist() == [0] * 50
    assert values.mean() == pytest.approx(0, abs=0.02)
    assert values.std() == pytest.approx(1, abs=0.02)
    layer.reset_parameters()
    assert layer.weight[7].tolist() == [0] * 50
    assert nn.EmbeddingBag(4, 3, padding_idx=-1).weight[3].tolist() == [0, 0, 0]
    assert nn.Embedding(4, 3, device="cpu", dtype=ag.float64).weight.dtype == np.float64


def test_indices_of_every_integer_type_and_shape() -> None:
    layer = nn.Embedding(5, 3)
    expected = layer.weight[2].tolist()
    for index in (2, ag.tensor(2), ag.tensor(2, dtype=ag.int32), np.uint8(2)):
        assert layer(index).tolist() == expected
    assert layer([[1, 2], [3, 4]]).shape == (2, 2, 3)
    assert layer(ag.zeros(0, 4, dtype=ag.int64)).shape == (0, 4, 3)


def test_pretrained_values_are_shared_and_frozen_unless_said() -> None:
    values = ag.randn(4, 3)
    for make in (nn.Embedding.from_pretrained, nn.EmbeddingBag.from_pretrained):
        layer = make(values)
        assert not layer.weight.requires_grad
        assert np.may_share_memory(layer.weight.numpy(), values.numpy())
        assert make(values, freeze=False).weight.requires_grad
    layer = nn.Embedding.from_pretrained(values, True, 1, 2.0, 1.0, True, True)
    assert repr(layer) == (
        "Embedding(4, 3, padding_idx=1, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True, sparse=True)"
    )
    bag = nn.EmbeddingBag.from_pretrained(values, True, 2.0, 1.0, True, "sum", True, True, 1)
    assert repr(bag) == (
        "EmbeddingBag(4, 3, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True, mode='sum', padding_idx=1)"
    )
    assert bag.include_last_offset


# --- the greatest norm ------------------------------------------------------------------------------------------------


def test_only_rows_that_are_asked_for_and_too_long_are_scaled() -> None:
    table = ag.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    F.embedding(ag.tensor([0, 1, 0]), table, max_norm=1.0)
    np.testing.assert_allclose(table.numpy(), [[0.6, 0.8], [0.3, 0.4], [6, 8]], rtol=1e-6)
    once = table.tolist()
    F.embedding(ag.tensor([0, 1]), table, max_norm=1.0)
    assert table.tolist() == once


def test_scaling_is_no_part_of_the_gradient() -> None:
    layer = nn.Embedding(3, 2, max_norm=0.5)
    layer(ag.tensor([0, 2])).sum().backward()
    assert layer.weight.grad.tolist() == [[1, 1], [0, 0], [1, 1]]


def test_scaling_a_table_that_backward_still_needs_is_noticed() -> None:
    layer = nn.Embedding(3, 2, max_norm=0.01)
    loss = (layer.weight**2).sum() + layer(ag.tensor([1])).sum()
    with pytest.raises(MutationError, match="has written to that memory"):
        loss.backward()


# --- frequencies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_gradients_are_shared_by_frequency(mode: str) -> None:
    """In bags PyTorch 2.13 divides by the frequency of another index; here both layers follow the definition."""
    words = ag.tensor([[1, 4, 1], [0, 2, 4], [4, 4, 4]])
    g = ag.randn(3, 2, dtype=ag.float64)
    expected = np.zeros((5, 2))
    for bag, row in enumerate(words.tolist()):
        for word in row:
            count = (words.numpy() == word).sum()
            expected[word] += g.numpy()[bag] / count / (3 if mode == "mean" else 1)
    layer = nn.EmbeddingBag(5, 2, mode=mode, scale_grad_by_freq=True, dtype=ag.float64)
    layer(words).backward(g)
    np.testing.assert_allclose(layer.weight.grad.numpy(), expected, rtol=1e-12)


def test_each_word_counts_once() -> None:
    layer = nn.Embedding(3, 2, scale_grad_by_freq=True)
    y = layer(ag.tensor([[1, 1], [1, 2]]))
    y.sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), [[0, 0], [1, 1], [1, 1]], rtol=1e-6)


def test_gradients_are_dense_whatever_is_asked() -> None:
    layer = nn.Embedding(3, 2, sparse=True)
    layer(ag.tensor([1, 1])).sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0]]


# --- bags -------------------------------------------------------------------------------------------------------------


@given(
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    mode=st.sampled_from(["sum", "mean", "max"]),
    padding=st.sampled_from([None, 1]),
    seed=st.integers(0, 99),
)
def test_bags_are_what_a_loop_makes_of_them(lengths: list[int], mode: str, padding: int | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 4, sum(lengths))
    table = rng.normal(size=(4, 2))
    ends = np.cumsum([0, *lengths])
    expected = np.zeros((len(lengths), 2))
    for bag, (begin, end) in enumerate(itertools.pairwise(ends)):
        rows = [table[word] for word in words[begin:end] if word != padding]
        if rows:
            expected[bag] = getattr(np, mode)(rows, axis=0)
    for offsets, last in ((ends[:-1], False), (ends, True)):
        y = F.embedding_bag(
            ag.tensor(words),
            ag.tensor(table),
            ag.tensor(offsets),
            mode=mode,
            padding_idx=padding,
            include_last_offset=last,
        )
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-15)


def test_the_first_of_equal_maxima_has_the_gradient() -> None:
    table = ag.tensor([[1.0, 5.0], [1.0, 2.0], [0.0, 5.0]], requires_grad=True)
    F.embedding_bag(ag.tensor([[1, 0, 2]]), table, mode="max").sum().backward()
    assert table.grad.tolist() == [[0, 1], [1, 0], [0, 0]]


def test_nan_is_the_maximum() -> None:
    table = ag.tensor([[1.0], [float("nan")]])
    assert np.isnan(F.embedding_bag(ag.tensor([[0, 1]]), table, mode="max").item())


def test_bags_of_nothing() -> None:
    nothing = ag.zeros(0, dtype=ag.int64)
    for mode in ("sum", "mean", "max"):
        assert nn.EmbeddingBag(5, 2, mode=mode)(nothing, ag.tensor([0, 0])).tolist() == [[0, 0], [0, 0]]
        assert nn.EmbeddingBag(5, 2, mode=mode)(nothing.reshape(0, 3)).shape == (0, 2)


def test_weights_of_samples_are_differentiated_twice() -> None:
    words, table = ag.tensor([[0, 1], [2, 1]]), ag.randn(3, 2, dtype=ag.float64, requires_grad=True)
    weights = ag.randn(2, 2, dtype=ag.float64, requires_grad=True)
    from autograd_np.testing import gradcheck, gradgradcheck

    def bag(table: Any, weights: Any) -> Any:
        return F.embedding_bag(words, table, mode="sum", per_sample_weights=weights, padding_idx=0)

    assert gradcheck(bag, (table, weights))
    assert gradgradcheck(bag, (table, weights))


# --- errors -----------------------------------------------------------------------------------------------------------

_VECTOR, _MATRIX = ag.tensor([0, 1]), ag.tensor([[0, 1]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Embedding(5, 2, padding_idx=5), ArgumentError, "Embedding: padding_idx 5 is none of the 5 rows"),
        (lambda: nn.Embedding(5, 2, _weight=ag.ones(2, 5)), ShapeError, r"must have shape \(5, 2\), got \(2, 5\)"),
        (lambda: nn.Embedding.from_pretrained(ag.ones(3)), ShapeError, "Embedding.from_pretrained: the values must be"),
        (lambda: nn.Embedding(5, 2)(ag.ones(2)), DTypeError, r"must hold integers, got float32\n  fix: .*input.long"),
        (lambda: nn.Embedding(5, 2)(ag.tensor([1, 7])), IndexingError, "index 7 is out of range for a table of 5 rows"),
        (lambda: nn.Embedding(5, 2)(ag.tensor([-1])), IndexingError, "index -1 is out of range"),
        (lambda: nn.Embedding(5, 2, max_norm=1.0)(ag.tensor([-1])), IndexingError, "index -1 is out of range"),
        (lambda: F.embedding(_VECTOR, ag.ones(3)), ShapeError, r"the weight must be a matrix \(K, E\), got \(3,\)"),
        (lambda: nn.EmbeddingBag(5, 2)(_VECTOR), ArgumentError, "needs offsets, the place where each bag begins"),
        (lambda: nn.EmbeddingBag(5, 2)(_MATRIX, _VECTOR), ArgumentError, "offsets must not be given"),
        (lambda: nn.EmbeddingBag(5, 2)(_MATRIX[None]), ShapeError, r"expected indices \(N, L\)"),
        (lambda: nn.EmbeddingBag(5, 2)(_VECTOR, ag.tensor([1])), ArgumentError, r"begin with 0.*got \[1\]"),
        (lambda: nn.EmbeddingBag(5, 2)(_VECTOR, ag.tensor([0, 2, 1])), ArgumentError, "never fall"),
        (lambda: nn.EmbeddingBag(5, 2)(_VECTOR, ag.tensor([0, 3])), ArgumentError, "end at 2 at most"),
        (
            lambda: nn.EmbeddingBag(5, 2, include_last_offset=True)(_VECTOR, ag.tensor([0, 1])),
            ArgumentError,
            "the last offset is the number of indices, 2, got 1",
        ),
        (lambda: nn.EmbeddingBag(5, 2, mode="avg")(_MATRIX), ArgumentError, "mode must be 'sum', 'mean' or 'max'"),
        (
            lambda: nn.EmbeddingBag(5, 2, mode="max", scale_grad_by_freq=True)(_MATRIX),
            ArgumentError,
            "scale_grad_by_freq does not go with the mode 'max'",
        ),
        (lambda: nn.EmbeddingBag(5, 2, mode="max", sparse=True)(_MATRIX), ArgumentError, "sparse does not go with"),
        (
            lambda: nn.EmbeddingBag(5, 2)(_MATRIX, per_sample_weights=ag.ones(1, 2)),
            ArgumentError,
            "per_sample_weights go with the mode 'sum' only, got 'mean'",
        ),
        (
            lambda: nn.EmbeddingBag(5, 2, mode="sum")(_MATRIX, per_sample_weights=ag.ones(2)),
            ShapeError,
            r"per_sample_weights must have the input's shape \(1, 2\), got \(2,\)",
        ),
    ],
)
def test_embeddings_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
