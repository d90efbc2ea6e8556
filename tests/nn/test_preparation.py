from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import decomposition

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError, DTypeError, ShapeError
from nn.transforms import PCA, Center, Compose, MinMax, Standardize, Whiten

RNG = np.random.default_rng(0)
TRAIN = RNG.standard_normal((200, 5)) @ RNG.standard_normal((5, 5)) + [1, 2, 3, 4, 5]
TEST = RNG.standard_normal((30, 5))
IMAGES = RNG.random((20, 3, 4, 6)) * np.array([1, 2, 4])[:, None, None]

EVERY = [Center(), Standardize(), MinMax(), PCA(None), PCA(3), Whiten(), Whiten(2)]


@pytest.mark.parametrize("make", EVERY, ids=lambda m: f"{type(m).__name__}-{getattr(m, 'wanted', '')}")
def test_statistics_are_those_of_the_training_set(make: Any) -> None:
    prepared = pickle.loads(pickle.dumps(make)).fit(TRAIN)  # noqa: S301 - our own copy
    expected = prepared.transform(TEST)
    alone = np.stack([prepared(x) for x in TEST])
    np.testing.assert_allclose(alone, expected, rtol=1e-9, atol=1e-12)  # one by one as all at once
    tensor = prepared.transform(ag.from_numpy(TEST.astype(np.float32)))
    assert isinstance(tensor, ag.Tensor)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor.numpy(), expected, rtol=1e-4, atol=1e-4)
    assert prepared.transform((TEST * 10).astype(int)).dtype == np.float32
    if expected.shape == TEST.shape:
        np.testing.assert_allclose(prepared.inverse(expected), TEST, atol=1e-9)
    again = type(make)() if not isinstance(make, PCA) else type(make)(make.wanted)
    np.testing.assert_array_equal(again.fit_transform(TRAIN), prepared.transform(TRAIN))


def test_centre_and_deviation() -> None:
    np.testing.assert_allclose(Center().fit_transform(TRAIN).mean(0), 0, atol=1e-12)
    standard = Standardize().fit(TRAIN)
    np.testing.assert_allclose(standard(TEST), (TEST - TRAIN.mean(0)) / TRAIN.std(0), rtol=1e-9)
    by_channel = Standardize(axis=(0, 2, 3)).fit(IMAGES)
    result = by_channel(IMAGES)
    np.testing.assert_allclose(result.mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(result.std((0, 2, 3)), 1, rtol=1e-12)
    np.testing.assert_allclose(by_channel(IMAGES[3]), result[3], rtol=1e-12)
    one_each = Center().fit(IMAGES)
    assert one_each.shift.shape == (3, 4, 6)
    overall = Center(axis=(0, 1, 2, 3)).fit(IMAGES)
    np.testing.assert_allclose(overall(IMAGES), IMAGES - IMAGES.mean(), rtol=1e-9, atol=1e-12)


def test_what_never_changes() -> None:
    x = np.full((7, 2), 0.1)
    x[:, 1] = np.arange(7)
    assert abs(Standardize().fit(x)(x)[:, 0]).max() < 1e-15
    assert abs(MinMax().fit(x)(x)[:, 0]).max() < 1e-15
    np.testing.assert_allclose(MinMax(2, 6).fit(x)(x)[:, 0], 4)
    assert PCA().fit(np.ones((4, 3)))(np.ones((2, 3))).shape == (2, 3)


@given(st.floats(-5, 5), st.floats(0.1, 5))
def test_range(low: float, width: float) -> None:
    scaled = MinMax(low, low + width).fit(TRAIN)(TRAIN)
    np.testing.assert_allclose(scaled.min(0), low, atol=1e-9)
    np.testing.assert_allclose(scaled.max(0), low + width, atol=1e-9)


@pytest.mark.parametrize("shape", [(200, 5), (4, 9), (9, 9)])
def test_principal_components_are_scikit_learns(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(4).standard_normal(shape) * np.arange(1, shape[1] + 1)
    count = min(shape) - 1
    ours, theirs = PCA(count).fit(x), decomposition.PCA(count).fit(x)
    np.testing.assert_allclose(np.abs(ours.components), np.abs(theirs.components_), atol=1e-9)
    np.testing.assert_allclose(ours.ratios, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(ours.variances, x.shape[0] * np.var(ours.transform(x), axis=0) / x.shape[0], rtol=1e-9)
    np.testing.assert_allclose(ours.reconstruct(x), theirs.inverse_transform(theirs.transform(x)), atol=1e-9)
    # Which way a direction points does not hang on the library below.
    largest = np.take_along_axis(ours.components, np.abs(ours.components).argmax(1)[:, None], 1)
    assert (largest > 0).all()


def test_so_many_components_as_the_share_needs() -> None:
    variances = np.array([60.0, 25.0, 10.0, 5.0])
    signs = np.array([[a, b, c, d] for a in (1, -1) for b in (1, -1) for c in (1, -1) for d in (1, -1)])
    x = signs * np.sqrt(variances)  # uncorrelated, of exactly these variances
    for share, count in ((0.5, 1), (0.6, 1), (0.61, 2), (0.85, 2), (0.95, 3), (0.951, 4), (1.0, 4)):
        assert PCA(share).fit(x).components.shape == (count, 4)
    assert PCA().fit(x).components.shape == (3, 4)
    np.testing.assert_allclose(PCA(None).fit(x).variances, variances, rtol=1e-12)
    np.testing.assert_allclose(PCA(2).fit(x).ratios, [0.6, 0.25], rtol=1e-12)
    lost = ((PCA(0.95).fit(x).reconstruct(x) - x) ** 2).sum(1).mean()
    assert lost == pytest.approx(5.0)


def test_whitening() -> None:
    whiten = Whiten(eps=0).fit(TRAIN)
    white = whiten.transform(TRAIN)
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(5), atol=1e-9)
    plain = PCA(None).fit(TRAIN)
    damped = Whiten().fit(TRAIN)
    np.testing.assert_allclose(damped(TEST), plain(TEST) / np.sqrt(plain.variances + 1e-5), rtol=1e-9)
    flat = np.c_[TRAIN, TRAIN[:, 0]]  # one direction has no variance, and must not be blown up
    assert np.abs(Whiten().fit(flat)(flat)).max() < 10


def test_preparation_in_a_pipeline() -> None:
    center, whiten = Center(), Whiten(2)
    whiten.fit(center.fit_transform(TRAIN))
    both = Compose([center, whiten])
    np.testing.assert_allclose(both(TEST[0]), whiten(center(TEST))[0], rtol=1e-9)


def test_wrong_use() -> None:
    with pytest.raises(AutogradError, match=r"Whiten: the statistics are not known yet\n  fix: call fit"):
        Whiten().transform(TEST)
    with pytest.raises(AutogradError, match="Center: the statistics"):
        Center().inverse(TEST)
    with pytest.raises(ArgumentError, match=r"not finite\n  fix: leave those samples out"):
        Center().fit([[np.nan]])
    with pytest.raises(ArgumentError, match=r"at least one sample, got shape \(0, 3\)"):
        PCA().fit(np.zeros((0, 3)))
    with pytest.raises(ShapeError, match=r"expected data \(N, D\), got shape \(20, 3, 4, 6\)\n  fix: x.reshape"):
        PCA().fit(IMAGES)
    with pytest.raises(ShapeError, match=r"expected \(N, 5\) or \(5,\), got shape \(2, 4\)"):
        PCA().fit(TRAIN).transform(np.zeros((2, 4)))
    with pytest.raises(ShapeError, match=r"expected \(N, 2\) or \(2,\), got shape \(1, 5\)"):
        Whiten(2).fit(TRAIN).inverse(np.zeros((1, 5)))
    with pytest.raises(ShapeError, match=r"statistics of shape \(5,\), which do not fit data of shape \(2, 4\)"):
        Center().fit(TRAIN).transform(np.zeros((2, 4)))
    with pytest.raises(ShapeError, match=r"statistics of shape \(3, 1, 1\), which do not fit data of shape \(3,\)"):
        Center((0, 2, 3)).fit(IMAGES).transform(np.zeros(3))
    with pytest.raises(ShapeError, match=r"axis \(0, 2\) does not fit data of shape \(200, 5\)"):
        Center((0, 2)).fit(TRAIN)
    with pytest.raises(ArgumentError, match="axis must name axis 0"):
        Center(1)
    with pytest.raises(ArgumentError, match="low must be below high"):
        MinMax(1, 1)
    for components in (0, -1, 1.5, 0.0, True):
        with pytest.raises(ArgumentError, match="components must be an integer of at least 1, a share"):
            PCA(components)
    with pytest.raises(ArgumentError, match="the data has 5 directions, fewer than components=6"):
        PCA(6).fit(TRAIN)
    with pytest.raises(ArgumentError, match="eps must not be negative"):
        Whiten(eps=-1)
    with pytest.raises(ArgumentError, match=r"no gradient flows through it\n  fix: pass x.detach"):
        Center().fit(ag.zeros(2, 2, requires_grad=True))
    with pytest.raises(DTypeError, match="expected numbers"):
        Center().fit(["a"])
