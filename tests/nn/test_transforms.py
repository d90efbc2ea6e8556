from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn import transforms as T
from nn.transforms import functional as F
from tests.nn.data import cases
from tests.nn.data.test_workers import loader_of

IMAGE = np.random.default_rng(0).random((3, 9, 12))
BYTES = np.random.default_rng(1).integers(0, 256, (3, 9, 12)).astype(np.uint8)


# --- what goes in and comes out ---------------------------------------------------------------------------------------

EVERY = [
    T.Pad(1),
    T.CenterCrop(6),
    T.Resize(7),
    T.RandomCrop(6),
    T.RandomResizedCrop(6),
    T.RandomHorizontalFlip(),
    T.RandomVerticalFlip(),
    T.RandomRotation(30),
    T.RandomAffine(10, (0.1, 0.1), (0.8, 1.2), (-5, 5, -5, 5), "bilinear"),
    T.ElasticTransform(20.0, 2.0),
    T.GaussianBlur(3),
    T.ColorJitter(0.2, 0.2, 0.2, 0.1),
    T.RandomErasing(1.0),
    T.Grayscale(3),
    T.Normalize(0.5, 0.5),
    T.GaussianNoise(),
]
FLOATS_ONLY = (T.Normalize, T.GaussianNoise)


@pytest.mark.parametrize("transform", EVERY, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_kind_type_and_rank_stay(transform: Any, dtype: Any) -> None:
    if dtype is np.uint8 and isinstance(transform, FLOATS_ONLY):
        with pytest.raises(DTypeError, match=r"expected floats, got uint8\n  fix: put ToTensor\(\) before it"):
            transform(BYTES)
        return
    image = BYTES if dtype is np.uint8 else IMAGE.astype(dtype)
    kept = image.copy()
    batch = np.stack([image, image[:, ::-1]])
    for x in (image, batch, ag.from_numpy(image), ag.from_numpy(batch)):
        result = transform(x)
        assert type(result) is type(x)
        assert result.dtype == dtype
        assert result.ndim == x.ndim
    np.testing.assert_array_equal(image, kept)


@pytest.mark.parametrize("transform", EVERY, ids=lambda t: type(t).__name__)
def test_a_batch_is_its_images(transform: Any) -> None:
    """Each image draws for itself, so only what is drawn once or never can be compared directly."""
    batch = np.stack([IMAGE] * 8)
    result = transform(batch)
    assert result.shape[0] == 8
    single = transform(IMAGE)
    assert single.shape == result.shape[1:]
    random = not isinstance(transform, T.Pad | T.CenterCrop | T.Resize | T.Grayscale | T.Normalize)
    assert (len(np.unique(result.reshape(8, -1), axis=0)) > 1) == random
    if not random:
        np.testing.assert_allclose(result[3], single, rtol=1e-12)


@pytest.mark.parametrize("transform", EVERY, ids=lambda t: type(t).__name__)
def test_random_numbers_come_from_the_generator(transform: Any) -> None:
    ag.manual_seed(5)
    first, second = transform(IMAGE), transform(IMAGE)
    ag.manual_seed(5)
    np.testing.assert_array_equal(transform(IMAGE), first)
    np.testing.assert_array_equal(transform(IMAGE), second)
    state = ag.get_rng_state()
    transform.generator = ag.Generator().manual_seed(6)
    third = transform(IMAGE)
    assert (ag.get_rng_state() == state).all()
    transform.generator.manual_seed(6)
    np.testing.assert_array_equal(transform(IMAGE), third)
    transform.generator = None


def test_what_is_no_image() -> None:
    flip = T.RandomHorizontalFlip()
    with pytest.raises(
        ShapeError, match=r"hflip: expected an image \(C, H, W\) .* got shape \(2, 2\)\n  fix: x\[None\]"
    ):
        flip(np.zeros((2, 2)))
    with pytest.raises(DTypeError, match=r"expected an array or a Tensor, got Image\n  fix: put ToTensor\(\) before"):
        F.hflip(Image.new("L", (2, 2)))
    with pytest.raises(DTypeError, match="expected numbers, got complex128"):
        F.hflip(np.zeros((1, 2, 2), complex))
    with pytest.raises(ArgumentError, match=r"no gradient flows through them\n  fix: pass x.detach\(\)"):
        F.hflip(ag.zeros(1, 2, 2, requires_grad=True))


# --- random ones ------------------------------------------------------------------------------------------------------

MANY = np.stack([IMAGE] * 2000)


def test_flips_happen_as_often_as_said() -> None:
    for transform, flipped in (
        (T.RandomHorizontalFlip(0.3), IMAGE[:, :, ::-1]),
        (T.RandomVerticalFlip(0.3), IMAGE[:, ::-1]),
    ):
        result = transform(MANY)
        mirrored = (result == flipped).all(axis=(1, 2, 3))
        assert ((result == IMAGE).all(axis=(1, 2, 3)) ^ mirrored).all()
        assert mirrored.mean() == pytest.approx(0.3, abs=0.04)
        with pytest.raises(ArgumentError, match=r"p must lie in \[0, 1\], got 1.5"):
            type(transform)(1.5)


def test_random_crops_reach_every_place() -> None:
    ramp = np.stack([np.arange(9 * 12.0).reshape(1, 9, 12)] * 2000)
    corners = T.RandomCrop((7, 9))(ramp)[:, 0, 0, 0]
    assert set(corners) == {12.0 * i + j for i in range(3) for j in range(4)}
    assert T.RandomCrop(12, padding=(0, 2))(ramp[:3]).shape == (3, 1, 12, 12)
    assert T.RandomCrop((20, 13), pad_if_needed=True, fill=-1)(ramp[:3]).shape == (3, 1, 20, 13)
    assert T.RandomCrop((9, 12), padding=1, padding_mode="edge")(ramp).min() == 0
    with pytest.raises(ShapeError, match=r"\(9, 12\) is smaller than the window \(10, 12\)\n  fix: pass pad_if_needed"):
        T.RandomCrop((10, 12))(ramp)


def test_random_resized_crops_have_the_area_and_proportion() -> None:
    # Of two ramps the slopes tell how large the rectangle was, and where.
    y, x = np.mgrid[:100, :100] + 0.5
    batch = np.stack([np.stack([y, x])] * 1000)
    result = T.RandomResizedCrop(10, scale=(0.1, 0.5), ratio=(0.5, 2.0), antialias=False)(batch)
    height = (result[:, 0, 8, 5] - result[:, 0, 1, 5]) / 0.7
    width = (result[:, 1, 5, 8] - result[:, 1, 5, 1]) / 0.7
    area, ratio = height * width / 1e4, width / height
    assert 0.09 < area.min() < 0.12
    assert 0.45 < area.max() < 0.52
    assert 0.48 < ratio.min() < 0.55
    assert 1.8 < ratio.max() < 2.08
    assert abs(np.log(ratio).mean()) < 0.05
    narrow = T.RandomResizedCrop(4, scale=(1.0, 1.0), ratio=(1.0, 1.0))(np.stack([y[:10], x[:10]])[None])
    np.testing.assert_allclose(narrow[0, 1, 0].mean(), 50, atol=1)  # nothing fits: the middle, of an allowed proportion


def test_random_angles_moves_and_sizes() -> None:
    y, x = np.mgrid[:41, :41] - 20.0
    batch = np.stack([np.stack([y, x])] * 500)
    centre = (slice(None), slice(None), 20, 20)

    turned = T.RandomRotation((10, 40), "bilinear")(batch)
    angles = np.rad2deg(np.arctan2(turned[:, 0, 20, 24], turned[:, 1, 20, 24]))
    assert 10 <= angles.min() < 12
    assert 38 < angles.max() <= 40
    np.testing.assert_allclose(turned[centre], 0, atol=1e-9)

    moved = T.RandomAffine(0, translate=(0.1, 0.2), interpolation="bilinear")(batch)
    assert set(np.rint(moved[centre][:, 1]).astype(int)) == set(range(-4, 5))
    assert set(np.rint(moved[centre][:, 0]).astype(int)) == set(range(-8, 9))
    np.testing.assert_allclose(moved[centre], np.rint(moved[centre]), atol=1e-9)  # whole pixels

    scaled = T.RandomAffine(0, scale=(1.5, 2.0), interpolation="bilinear")(batch)
    sizes = 4 / scaled[:, 1, 20, 24]
    assert 1.5 <= sizes.min() < 1.55
    assert 1.95 < sizes.max() <= 2

    sheared = T.RandomAffine(0, shear=(0, 0, 20, 30), interpolation="bilinear")(batch)
    slopes = np.rad2deg(np.arctan(np.abs(sheared[:, 0, 20, 24] / sheared[:, 1, 20, 24])))
    assert 20 <= slopes.min() < 21
    assert 29 < slopes.max() <= 30
    along_x = T.RandomAffine(0, shear=20, interpolation="bilinear")(batch)
    np.testing.assert_allclose(along_x[:, 0, 20, 24], 0, atol=1e-9)
    assert np.abs(along_x[:, 1, 24, 20]).max() > 1


def test_random_blur_noise_and_jitter() -> None:
    spot = np.zeros((500, 1, 21, 21))
    spot[:, :, 10, 10] = 1
    heights = T.GaussianBlur(21, (1.0, 2.0))(spot)[:, 0, 10, 10]
    expected = sorted(1 / (2 * np.pi * s**2) for s in (1.0, 2.0))
    assert heights.min() == pytest.approx(expected[0], rel=0.05)
    assert heights.max() == pytest.approx(expected[1], rel=0.05)
    assert T.GaussianBlur(3, 1.0).sigma == (1.0, 1.0)

    noise = T.GaussianNoise(0.5, 0.1, clip=False)(np.zeros((1, 100, 100), np.float32))
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0.5, abs=0.01)
    assert noise.std() == pytest.approx(0.1, rel=0.05)
    assert T.GaussianNoise(0, 5)(IMAGE).max() == 1

    even = np.full((500, 3, 1, 1), 0.4)
    levels = T.ColorJitter(brightness=0.5)(even)[:, 0, 0, 0] / 0.4
    assert 0.5 <= levels.min() < 0.53
    assert 1.47 < levels.max() <= 1.5
    np.testing.assert_array_equal(T.ColorJitter()(IMAGE), IMAGE)
    many = T.ColorJitter(0.4, 0.4, 0.4, 0.2)(MANY[:50])
    assert many.min() >= 0
    assert many.max() <= 1
    assert len(np.unique(many.reshape(50, -1), axis=0)) == 50


def test_random_erasing() -> None:
    ones = np.ones((2000, 1, 40, 40))
    transform = T.RandomErasing(p=0.25, scale=(0.1, 0.2), ratio=(0.5, 2.0))
    erased = transform(ones)[:, 0] == 0
    hit = erased.any(axis=(1, 2))
    assert hit.mean() == pytest.approx(0.25, abs=0.03)
    area = erased[hit].mean(axis=(1, 2))
    assert 0.09 < area.min() < 0.12
    assert 0.18 < area.max() < 0.22
    heights, widths = erased[hit].any(axis=2).sum(1), erased[hit].any(axis=1).sum(1)
    np.testing.assert_array_equal(heights * widths, erased[hit].sum(axis=(1, 2)))  # a rectangle
    assert 0.45 < (heights / widths).min() < 0.6
    assert 1.7 < (heights / widths).max() < 2.2
    noise = T.RandomErasing(1.0, value="random")(IMAGE)
    assert 0 < (noise != IMAGE).mean() < 0.5
    coloured = T.RandomErasing(1.0, (0.3, 0.3), value=(7, 8, 9))(IMAGE)
    assert [plane.max() for plane in coloured] == [7, 8, 9]
    with pytest.raises(ArgumentError, match="or 'random', got 'noise'"):
        T.RandomErasing(value="noise")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.RandomRotation(-5), "RandomRotation: degrees: expected a number that is not negative"),
        (lambda: T.RandomRotation((5, 1)), "two numbers, the smaller first"),
        (lambda: T.RandomAffine(0, translate=(0.1, 2)), "two shares from 0 to 1"),
        (lambda: T.RandomAffine(0, scale=(0, 1)), "scale: expected positive numbers"),
        (lambda: T.RandomAffine(0, shear=(1, 2, 3)), "shear: expected two numbers"),
        (lambda: T.ElasticTransform(-1.0), "alpha: expected one number or two, not negative"),
        (lambda: T.RandomResizedCrop(3, ratio=(0, 1)), "ratio: expected positive numbers"),
        (lambda: T.ColorJitter(hue=0.7), r"hue must lie in \[-0.5, 0.5\]"),
        (lambda: T.ColorJitter(brightness=(-1, 1)), "brightness must not be negative"),
        (lambda: T.GaussianNoise(sigma=-1), "sigma must not be negative"),
        (lambda: T.GaussianBlur(3, (0.0, 1.0)), "sigma: expected positive numbers"),
        (lambda: T.RandomApply([], 2), r"p must lie in \[0, 1\]"),
        (lambda: T.Compose([3]), "Compose: expected transforms, which can be called, got int"),  # type: ignore[list-item]
        (lambda: T.RandomChoice([abs], p=[1, 2]), "expected a weight for each of 1 transforms"),
        (lambda: T.RandomChoice([abs], p=[0]), "not all 0"),
    ],
)
def test_arguments(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


# --- put together -----------------------------------------------------------------------------------------------------


def test_composition() -> None:
    both = T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.25,))])
    np.testing.assert_allclose(both(BYTES[0]).numpy()[0], (BYTES[0] / 255 - 0.5) * 4, atol=1e-5)
    assert repr(both) == "Compose(\n    ToTensor()\n    Normalize(mean=(0.5,), std=(0.25,))\n)"
    nested = T.Compose([T.RandomApply([T.Pad(1)], p=0.25), T.Lambda(abs)])
    assert repr(nested) == (
        "Compose(\n    RandomApply(\n        p=0.25\n        Pad(padding=1, fill=0, padding_mode='constant')\n    )\n"
        "    Lambda(abs)\n)"
    )
    with pytest.raises(NotImplementedError, match="Transform has no _apply"):
        T.Transform()(IMAGE)


def test_choices() -> None:
    applied = [T.RandomApply([lambda x: x + 1, lambda x: x * 2], p=0.3)(1) for _ in range(1000)]
    assert set(applied) == {1, 4}
    assert np.mean(np.array(applied) == 4) == pytest.approx(0.3, abs=0.05)
    chosen = [T.RandomChoice([lambda _: 0, lambda _: 1, lambda _: 2], p=[1, 0, 3])(None) for _ in range(1000)]
    assert np.bincount(chosen, minlength=3) / 1000 == pytest.approx([0.25, 0, 0.75], abs=0.05)
    assert {T.RandomChoice([lambda _: 0, lambda _: 1])(None) for _ in range(50)} == {0, 1}
    orders = {T.RandomOrder([lambda x: x + 1, lambda x: x * 2])(1) for _ in range(50)}
    assert orders == {3, 4}
    assert repr(T.RandomChoice([abs])) == "RandomChoice(\n    p=None\n    <built-in function abs>\n)"
    assert repr(T.RandomOrder([T.ToTensor()])) == "RandomOrder(\n    ToTensor()\n)"


def test_workers_draw_numbers_of_their_own() -> None:
    """Each worker has the same copy of the transform's generator, and must not make the same of it."""

    def epochs() -> Any:
        loader = loader_of(cases.Noisy(8), generator=ag.Generator().manual_seed(1))
        return np.array([[batch.tolist() for batch in loader] for _ in range(2)])

    drawn = epochs()
    assert len(np.unique(drawn)) == drawn.size == 16
    np.testing.assert_array_equal(epochs(), drawn)
