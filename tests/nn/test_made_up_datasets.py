from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_np.errors import ArgumentError
from nn.datasets import (
    CharDataset,
    ShapeBoxes,
    ShapeKeyPoints,
    Spirals,
    Trigonometric,
    Waves,
)
from nn.utils.data import DataLoader


def test_waves_follow_their_formula() -> None:
    parts = [Waves(split).arrays() for split in ("train", "validation", "test")]
    x, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    assert x.shape == (800, 2)
    assert np.bincount(labels).tolist() == [200] * 4
    for j in range(4):
        places, values = x[labels == j].T.astype(np.float64)
        np.testing.assert_allclose(np.sort(places), np.linspace(-np.pi, np.pi, 200) + 5, rtol=1e-6)
        phase = j * np.pi / 2
        noise = values - (np.sin(places + phase) + 0.2 * np.sin(10 * places + phase) + 0.25 * places + 10)
        assert 0.08 < noise.std() < 0.12
        assert abs(noise.mean()) < 0.03


@pytest.mark.parametrize("kind", [Waves, Spirals])
def test_curves_are_split_two_to_one_to_one(kind: Any) -> None:
    parts = {split: kind(split, classes=3, points=40) for split in ("train", "validation", "test")}
    assert [len(part) for part in parts.values()] == [60, 30, 30]
    assert [np.bincount(p.arrays()[1]).tolist() for p in parts.values()] == [[20] * 3, [10] * 3, [10] * 3]
    everything = np.concatenate([p.arrays()[0] for p in parts.values()])
    assert len(np.unique(everything, axis=0)) >= 118  # the spirals' arms share their middle
    again, other = kind("train", classes=3, points=40), kind("train", classes=3, points=40, seed=1)
    np.testing.assert_array_equal(again.arrays()[0], parts["train"].arrays()[0])
    assert not np.array_equal(other.arrays()[0], again.arrays()[0])
    with pytest.raises(ArgumentError, match="split must be one of train, validation, test, got 'all'"):
        kind("all")


def test_spirals_follow_their_formula() -> None:
    x, labels = Spirals(noise=0.0).arrays()
    radius = np.hypot(*x.T.astype(np.float64))
    angle = 4 * labels + 4 * radius
    np.testing.assert_allclose(x, np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1), atol=1e-6)


def test_trigonometric_regression() -> None:
    (x, y), (x_test, y_test) = Trigonometric().arrays(), Trigonometric(train=False).arrays()
    assert (x.shape, x_test.shape, x.dtype) == ((1000, 1), (100, 1), np.float32)
    expected = np.random.default_rng(42).uniform(-2 * np.pi, 2 * np.pi, (1100, 1))
    np.testing.assert_allclose(np.concatenate([x, x_test]), expected, rtol=1e-6)
    np.testing.assert_allclose(y, 24 * np.sin(3.2 * expected[:1000]) + 42 * np.cos(2.3 * expected[:1000]), rtol=1e-5)
    assert abs(y_test).max() <= 66


def test_boxes_fit_their_shapes() -> None:
    data = ShapeBoxes(40, size=48, most=4, seed=3)
    seen: set[int] = set()
    counts = set()
    for image, target in data:
        pixels, boxes = image.numpy(), target["boxes"].numpy()
        assert pixels.shape == (3, 48, 48)
        assert 0 <= pixels.min() <= pixels.max() <= 1
        assert (boxes >= 0).all()
        assert (boxes <= 48).all()
        bright = pixels.max(axis=0) > 0.4
        inside = np.zeros((48, 48), bool)
        for x1, y1, x2, y2 in boxes:
            inside[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = True
            # The shape reaches its box on every side.
            part = bright[round(y1) : round(y2), round(x1) : round(x2)]
            for axis in (0, 1):
                reached = np.nonzero(part.any(axis=axis))[0]
                assert reached[0] <= 1
                assert reached[-1] >= part.shape[1 - axis] - 2
        assert not bright[~inside].any()
        seen |= set(target["labels"].tolist())
        counts.add(len(boxes))
    assert seen == {0, 1, 2}
    assert counts == {1, 2, 3, 4}
    images, targets = next(iter(DataLoader(data, 5, collate_fn=ShapeBoxes.collate)))
    assert images.shape == (5, 3, 48, 48)
    assert len(targets) == 5


def test_shapes_cover_what_they_should() -> None:
    data = ShapeBoxes(60, size=64, most=1, seed=5)
    shares: dict[str, list[float]] = {name: [] for name in ShapeBoxes.classes}
    for image, target in data:
        x1, y1, x2, y2 = target["boxes"].numpy()[0]
        bright = image.numpy().max(axis=0) > 0.4
        assert abs((np.nonzero(bright)[1] + 0.5).mean() - (x1 + x2) / 2) < 0.5  # each is its own mirror image
        shares[ShapeBoxes.classes[target["labels"].tolist()[0]]].append(bright.sum() / ((x2 - x1) * (y2 - y1)))
    expected = {"circle": np.pi / 4, "square": 1.0, "triangle": 0.5}
    for name, share in shares.items():
        assert np.mean(share) == pytest.approx(expected[name], abs=0.04)


def test_key_points_are_the_corners() -> None:
    data = ShapeKeyPoints(30, size=40, seed=2)
    for image, points in data:
        bright = image.numpy()[0] > 0.4
        corners = points.numpy()
        assert ((corners >= 1) & (corners <= 39)).all()
        assert bright[tuple(np.floor((corners[0] + corners[2]) / 2).astype(int)[::-1])]  # no seam within
        ys, xs = np.nonzero(bright)
        centres = np.stack([xs, ys], 1) + 0.5
        for corner in corners:
            assert np.hypot(*(centres - corner).T).min() < 3  # a tip is thin
        nose, left, tail, right = corners
        # Seen along the nose the left wing is on the left (y points down), and the tail is inside the notch.
        ahead = nose - tail
        assert np.cross([*ahead, 0], [*(left - tail), 0])[2] < 0 < np.cross([*ahead, 0], [*(right - tail), 0])[2]
        assert not bright[tuple(((left + right) / 2).astype(int)[::-1])]


@pytest.mark.parametrize("kind", [ShapeBoxes, ShapeKeyPoints])
def test_a_made_up_sample_follows_from_seed_and_index(kind: Any) -> None:
    data, shorter = kind(20, size=32, seed=4), kind(7, size=32, seed=4)
    np.testing.assert_array_equal(data[6][0].numpy(), shorter[6][0].numpy())
    np.testing.assert_array_equal(data[-1][0].numpy(), data[19][0].numpy())
    assert not np.array_equal(data[5][0].numpy(), data[6][0].numpy())
    assert not np.array_equal(kind(20, size=32, seed=5)[6][0].numpy(), data[6][0].numpy())
    with pytest.raises(IndexError, match="index 7 is out of range for 7 samples"):
        shorter[7]
    with pytest.raises(ArgumentError, match="size of at least 16, got 5 and 8"):
        kind(5, size=8)
    with pytest.raises(ArgumentError, match="at least one shape per canvas"):
        ShapeBoxes(most=0)


def test_characters() -> None:
    data = CharDataset("to be or not", length=4, stride=3)
    assert data.vocabulary == " benort"
    assert [data.decode(x) for x, _ in data] == ["to b", "be o", "or n"]
    assert [data.decode(y) for _, y in data] == ["o be", "e or", "r no"]
    x, _ = data[-1]
    assert x.dtype == np.int64
    x[0] = 0
    assert data.decode(data[-1][0]) == "or n"
    assert data.encode("").shape == (0,)
    held_out = CharDataset("not to be", 4, vocabulary=data.vocabulary)
    assert (len(held_out), held_out.decode(held_out[4][1])) == (5, "o be")
    with pytest.raises(ArgumentError, match=r"characters \['x', 'z'\] are not in the vocabulary\n  fix"):
        CharDataset("xyz not", 2, vocabulary="nyot ")
    with pytest.raises(ArgumentError, match="need a text of at least 6, got 5"):
        CharDataset("hello", 5)
    with pytest.raises(ArgumentError, match="length and stride must be at least 1"):
        CharDataset("hello", 0)
    with pytest.raises(IndexError, match="index 3 is out of range for 3 windows"):
        data[3]
