from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

import autograd_np as ag
from autograd_np.errors import ArgumentError, DTypeError, ShapeError
from nn import transforms as T
from nn.transforms import functional as F
from tests.nn.data import cases
from tests.nn.data.test_workers import loader_of

IMAGE = np.random.default_rng(0).random((3, 9, 12))
BYTES = np.random.default_rng(1).integers(0, 256, (3, 9, 12)).astype(np.uint8)


def each_channel(function: Callable[[Any], Any], image: Any = IMAGE) -> Any:
    return np.stack([function(plane) for plane in image])


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


# --- geometry against SciPy and Pillow --------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [-170.0, -33.0, 0.0, 12.5, 93.0, 100.0])
@pytest.mark.parametrize(("how", "order"), [("nearest", 0), ("bilinear", 1)])
def test_rotation(angle: float, how: str, order: int) -> None:
    expected = each_channel(
        lambda plane: ndimage.rotate(plane, angle, reshape=False, order=order, mode="grid-constant", cval=0.25)
    )
    result = F.rotate(IMAGE, angle, how, fill=0.25)
    if order:
        np.testing.assert_allclose(result, expected, atol=1e-12)
    else:
        assert (result == expected).mean() > 0.98  # ties may fall to either side
    turned = F.rotate(np.stack([IMAGE] * 3), [0.0, angle, 0.0], how, fill=0.25)
    np.testing.assert_allclose(turned, np.stack([IMAGE, result, IMAGE]), atol=1e-12)


def test_rotation_by_quarters_and_expansion() -> None:
    for k in range(4):
        np.testing.assert_allclose(F.rotate(IMAGE, 90.0 * k, expand=True), np.rot90(IMAGE, k, (1, 2)), atol=1e-12)
    assert F.rotate(np.ones((1, 10, 20)), 45.0, expand=True).shape == (1, 22, 22)
    big = F.rotate(np.ones((1, 10, 20)), 30.0, "bilinear", expand=True)
    assert big.sum() == pytest.approx(200, rel=0.02)  # nothing is cut off
    moved = F.rotate(IMAGE, 180.0, center=(6.0, 4.5))
    np.testing.assert_allclose(moved, IMAGE[:, ::-1, ::-1], atol=1e-12)
    corner = F.rotate(np.ones((1, 4, 4)), 90.0, center=(0.0, 0.0))
    np.testing.assert_array_equal(corner, np.zeros((1, 4, 4)))
    with pytest.raises(ArgumentError, match="all images of a batch turn by one angle"):
        F.rotate(np.stack([IMAGE] * 2), [1.0, 2.0], expand=True)
    with pytest.raises(ArgumentError, match="expand=True turns about the middle"):
        F.rotate(IMAGE, 1.0, expand=True, center=(0.0, 0.0))


def reference_affine(plane: Any, angle: float, translate: Any, scale: float, shear: Any, center: Any) -> Any:
    """Map every output pixel back by matrices written one by one."""
    H, W = plane.shape
    cx, cy = (W / 2, H / 2) if center is None else center
    a, sx, sy = np.deg2rad([angle, *shear])

    def matrix(*rows: Any) -> Any:
        return np.array([*rows, [0, 0, 1]], float)

    def shift(x: float, y: float) -> Any:
        return matrix([1, 0, x], [0, 1, y])

    turn = matrix([np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0])
    # PyTorch's shear along y leaves x and y unchanged in length only along with the turn: R(a - sy), then the rest.
    along_y = matrix([1, 0, 0], [-np.tan(sy), 1, 0])
    along_x = matrix([1, -np.tan(sx), 0], [0, 1, 0])
    grown = np.diag([scale, scale, 1.0])
    forward = shift(*translate) @ shift(cx, cy) @ turn @ along_y @ along_x @ grown @ shift(-cx, -cy)
    y, x = np.mgrid[:H, :W] + 0.5
    back = np.linalg.inv(forward) @ np.stack([x.ravel(), y.ravel(), np.ones(H * W)])
    places = (back[1] - 0.5).reshape(H, W), (back[0] - 0.5).reshape(H, W)
    return ndimage.map_coordinates(plane, places, order=1, mode="grid-constant", cval=0)


@given(
    st.floats(-180, 180),
    st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    st.floats(0.4, 2),
    st.tuples(st.floats(-40, 40), st.floats(-40, 40)),
    st.sampled_from([None, (2.0, 7.5)]),
)
def test_affine(angle: float, translate: Any, scale: float, shear: Any, center: Any) -> None:
    result = F.affine(IMAGE, angle, translate, scale, shear, "bilinear", center=center)
    expected = each_channel(lambda plane: reference_affine(plane, angle, translate, scale, shear, center))
    np.testing.assert_allclose(result, expected, atol=1e-9)


def test_affine_of_a_batch() -> None:
    batch = np.stack([IMAGE, IMAGE * 2])
    result = F.affine(batch, [0.0, 20.0], [(2, 0), (0, 0)], [1.0, 1.5], 0.0, "bilinear")
    np.testing.assert_allclose(result[0], np.pad(IMAGE, ((0, 0), (0, 0), (2, 0)))[:, :, :-2], atol=1e-12)
    np.testing.assert_allclose(result[1], F.affine(IMAGE * 2, 20.0, (0, 0), 1.5, 0.0, "bilinear"), atol=1e-12)
    with pytest.raises(ArgumentError, match="scale must be positive, got 0"):
        F.affine(IMAGE, 0, (0, 0), 0, 0)
    with pytest.raises(ShapeError, match="expected 2 number"):
        F.affine(IMAGE, 0, (0, 0, 0), 1, 0)
    with pytest.raises(ShapeError, match="as many for each of 2 images"):
        F.affine(batch, [1.0, 2.0, 3.0], (0, 0), 1, 0)


def test_elastic_transform() -> None:
    rng = np.random.default_rng(2)
    field = rng.uniform(-0.3, 0.3, (1, 9, 12, 2))
    y, x = np.mgrid[:9, :12]
    places = y + field[0, ..., 1] * 4.5, x + field[0, ..., 0] * 6
    expected = each_channel(lambda p: ndimage.map_coordinates(p, places, order=1, mode="grid-constant", cval=0.5))
    np.testing.assert_allclose(F.elastic_transform(IMAGE, field, fill=0.5), expected, atol=1e-12)
    with pytest.raises(ShapeError, match=r"displacement of shape \(1, 9, 12, 2\)"):
        F.elastic_transform(IMAGE, field[:, 1:])


def test_elastic_fields_are_as_strong_and_smooth_as_said() -> None:
    ramp = np.broadcast_to(np.arange(64.0), (1, 64, 64))
    batch = np.stack([ramp] * 20)
    moves = (T.ElasticTransform(alpha=40.0, sigma=3.0)(batch) - batch)[:, 0, 16:-16, 16:-16]
    # Uniform noise has the deviation 1/√3; the blur divides it by 2σ√π; alpha/2 pixels are one.
    assert moves.std() == pytest.approx(20 / np.sqrt(3) / (2 * 3 * np.sqrt(np.pi)), rel=0.1)
    steps = np.diff(moves, axis=-1)
    assert steps.std() == pytest.approx(moves.std() / (np.sqrt(2) * 3), rel=0.15)
    assert np.ptp(T.ElasticTransform(alpha=0.0)(ramp) - ramp) == 0
    rough = T.ElasticTransform(alpha=2.0, sigma=0.0)(batch) - batch
    assert np.abs(rough[:, 0, 2:-2, 2:-2]).max() <= 1


SIZES = [(3, 4), (9, 12), (20, 30), (9, 5), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
def test_resizing_with_antialias_is_pillows(size: tuple[int, int]) -> None:
    def pillow(plane: Any) -> Any:
        return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size[::-1], Image.Resampling.BILINEAR))

    np.testing.assert_allclose(F.resize(IMAGE, size), each_channel(pillow), atol=2e-6)
    exact = F.resize(BYTES.astype(np.float64), size)
    assert abs(F.resize(BYTES, size) - exact).max() < 0.5001


@pytest.mark.parametrize("size", SIZES)
def test_resizing_without_antialias(size: tuple[int, int]) -> None:
    places = np.meshgrid(
        *((np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(size, (9, 12), strict=True)), indexing="ij"
    )
    expected = each_channel(lambda plane: ndimage.map_coordinates(plane, places, order=1, mode="nearest"))
    np.testing.assert_allclose(F.resize(IMAGE, size, antialias=False), expected, atol=1e-12)
    rows, columns = (np.arange(n) * m // n for n, m in zip(size, (9, 12), strict=True))
    np.testing.assert_array_equal(F.resize(BYTES, size, "nearest"), BYTES[:, rows][:, :, columns])


def test_sizes() -> None:
    assert T.Resize(3)(IMAGE).shape == (3, 3, 4)
    assert T.Resize(6)(IMAGE.swapaxes(1, 2)).shape == (3, 8, 6)
    assert T.Resize(6, max_size=7)(IMAGE).shape == (3, 5, 7)
    assert T.Resize([6])(IMAGE).shape == (3, 6, 8)
    with pytest.raises(ArgumentError, match="max_size is for one size"):
        F.resize(IMAGE, (3, 4), max_size=5)
    with pytest.raises(ArgumentError, match="interpolation must be 'nearest' or 'bilinear', got 'bicubic'"):
        T.Resize(3, "bicubic")
    assert T.Resize(3, T.InterpolationMode.NEAREST)(IMAGE).shape == (3, 3, 4)
    for wrong in (0, (1, 2, 3), 2.5, (2, -1)):
        with pytest.raises(ArgumentError, match="CenterCrop: expected a positive integer or two"):
            T.CenterCrop(wrong)  # type: ignore[arg-type]  # that is the point


def test_resized_crops() -> None:
    for how in ("bilinear", "nearest"):
        expected = [F.resize(IMAGE[:, 1:6, 2:10], (4, 3), how), F.resize(IMAGE[:, 0:9, 5:12], (4, 3), how)]
        batch = F.resized_crop(np.stack([IMAGE] * 2), [1, 0], [2, 5], [5, 9], [8, 7], (4, 3), how)
        np.testing.assert_allclose(batch, expected, atol=1e-12)
        np.testing.assert_allclose(F.resized_crop(IMAGE, 1, 2, 5, 8, (4, 3), how), expected[0], atol=1e-12)
    with pytest.raises(ArgumentError, match=r"leaves the image of size \(9, 12\)"):
        F.resized_crop(IMAGE, 5, 0, 5, 5, 3)


def test_crops() -> None:
    np.testing.assert_array_equal(F.crop(IMAGE, 2, 3, 4, 5), IMAGE[:, 2:6, 3:8])
    around = np.pad(IMAGE, ((0, 0), (5, 5), (5, 5)))
    np.testing.assert_array_equal(F.crop(IMAGE, -2, -5, 4, 6), around[:, 3:7, 0:6])
    np.testing.assert_array_equal(F.crop(IMAGE, 7, 10, 6, 6), around[:, 12:18, 15:21])
    batch = F.crop(np.stack([IMAGE, IMAGE]), [-1, 6], [0, 9], 4, 4)
    np.testing.assert_array_equal(batch, [around[:, 4:8, 5:9], around[:, 11:15, 14:18]])
    np.testing.assert_array_equal(F.center_crop(IMAGE, (4, 5)), IMAGE[:, 2:6, 4:9])
    np.testing.assert_array_equal(F.center_crop(IMAGE, (12, 4)), np.pad(IMAGE, ((0, 0), (1, 2), (0, 0)))[:, :, 4:8])


def test_padding() -> None:
    assert F.pad(IMAGE, (1, 2)).shape == (3, 13, 14)
    np.testing.assert_array_equal(
        F.pad(IMAGE, (1, 2, 3, 4), 0.5), np.pad(IMAGE, ((0, 0), (2, 4), (1, 3)), constant_values=0.5)
    )
    coloured = F.pad(BYTES, 1, (1, 2, 3))
    assert coloured[:, 0, 0].tolist() == [1, 2, 3]
    for how in ("edge", "reflect", "symmetric"):
        np.testing.assert_array_equal(
            F.pad(IMAGE, 2, padding_mode=how),
            np.pad(IMAGE, ((0, 0), (2, 2), (2, 2)), mode=how),  # type: ignore[call-overload]  # three of them
        )
    with pytest.raises(ArgumentError, match="padding_mode must be one of constant, edge"):
        F.pad(IMAGE, 1, padding_mode="wrap")
    with pytest.raises(ArgumentError, match="1, 2 or 4 numbers that are not negative"):
        F.pad(IMAGE, (1, 2, 3))
    with pytest.raises(ShapeError, match="one for each of 3 channels, got"):
        F.pad(IMAGE, 1, (1, 2))


# --- values -----------------------------------------------------------------------------------------------------------


def test_pictures_to_tensors() -> None:
    picture = np.moveaxis(BYTES, 0, 2)
    for source in (picture, Image.fromarray(picture)):
        tensor = F.to_tensor(source)
        assert isinstance(tensor, ag.Tensor)
        assert tensor.dtype == np.float32
        np.testing.assert_allclose(tensor.numpy(), BYTES / 255, rtol=1e-6)
    assert F.to_tensor(BYTES[0]).shape == (1, 9, 12)
    assert F.to_tensor(IMAGE[0]).dtype == np.float64
    assert F.to_tensor(np.full((2, 2), 7)).numpy().max() == 7
    same = ag.zeros(1, 2, 2)
    assert T.ToTensor()(same) is same
    with pytest.raises(ShapeError, match=r"\(3, 9, 12\) seems to have them first\n  fix: x.transpose"):
        F.to_tensor(BYTES)
    with pytest.raises(ShapeError, match=r"\(H, W\) or \(H, W, C\), got \(1, 3, 9, 12\)"):
        F.to_tensor(BYTES[None])
    with pytest.raises(DTypeError, match="expected a picture, got str"):
        F.to_tensor("a.png")


def test_normalizing() -> None:
    mean, std = (0.1, 0.2, 0.3), (1.0, 2.0, 4.0)
    result = T.Normalize(mean, std)(IMAGE)
    np.testing.assert_allclose(result[2], (IMAGE[2] - 0.3) / 4, rtol=1e-12)
    with pytest.raises(ShapeError, match="the image has 3 channels, mean has 2 values, std 1"):
        F.normalize(IMAGE, (0, 0), 1)
    with pytest.raises(ArgumentError, match="std must be positive"):
        T.Normalize(0, (1, 0, 1))


def test_colours() -> None:
    grey = 0.2989 * IMAGE[0] + 0.587 * IMAGE[1] + 0.114 * IMAGE[2]
    np.testing.assert_allclose(F.rgb_to_grayscale(IMAGE)[0], grey, rtol=1e-12)
    np.testing.assert_allclose(T.Grayscale(3)(IMAGE)[2], grey, rtol=1e-12)
    np.testing.assert_allclose(F.adjust_brightness(IMAGE, 1.5), np.clip(IMAGE * 1.5, 0, 1), rtol=1e-12)
    np.testing.assert_allclose(
        F.adjust_contrast(IMAGE, 1.7), np.clip(1.7 * IMAGE - 0.7 * grey.mean(), 0, 1), atol=1e-12
    )
    np.testing.assert_allclose(F.adjust_saturation(IMAGE, 0.4), 0.4 * IMAGE + 0.6 * grey, atol=1e-12)
    np.testing.assert_array_equal(F.adjust_brightness(BYTES, 2), np.minimum(BYTES.astype(int) * 2, 255))
    both = F.adjust_brightness(np.stack([IMAGE] * 2), [0.0, 1.0])
    np.testing.assert_array_equal(both, [IMAGE * 0, IMAGE])
    with pytest.raises(ArgumentError, match="the factor must not be negative"):
        F.adjust_contrast(IMAGE, -1)
    with pytest.raises(ShapeError, match="image of 1 or 3 channels, got 2"):
        F.adjust_contrast(IMAGE[:2], 1)
    with pytest.raises(ArgumentError, match="num_output_channels must be 1 or 3"):
        F.rgb_to_grayscale(IMAGE, 2)


@pytest.mark.parametrize("turn", [-0.5, -0.21, 0.0, 0.4])
def test_hues(turn: float) -> None:
    def reference(colour: Any) -> Any:
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        return colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)

    special = np.array([(0, 0, 0), (1, 1, 1), (0.5, 0.5, 0.2), (0.3, 0.3, 0.3), (0, 1, 0), (1, 0, 1)], float)
    image = np.concatenate([special, IMAGE.reshape(3, -1).T[:6]]).T.reshape(3, 3, 4)
    expected = np.apply_along_axis(reference, 0, image)
    np.testing.assert_allclose(F.adjust_hue(image, turn), expected, atol=1e-12)
    np.testing.assert_array_equal(F.adjust_hue(image[:1], turn), image[:1])
    with pytest.raises(ArgumentError, match=r"the factor must lie in \[-0.5, 0.5\]"):
        F.adjust_hue(image, 0.6)


@pytest.mark.parametrize(("size", "sigma"), [(3, 0.5), (5, 2.0), ((3, 7), (1.0, 3.0)), (21, 4.0), (5, None)])
def test_blur(size: Any, sigma: Any) -> None:
    across, along = np.broadcast_to(size, 2)
    sx, sy = np.broadcast_to(sigma, 2) if sigma else (0.15 * across + 0.35, 0.15 * along + 0.35)
    expected = each_channel(
        lambda plane: ndimage.gaussian_filter(plane, (sy, sx), mode="mirror", radius=(along // 2, across // 2))
    )
    np.testing.assert_allclose(F.gaussian_blur(IMAGE, size, sigma), expected, atol=1e-12)
    even = F.gaussian_blur(np.stack([IMAGE] * 2), size, [(sx, sy), (9.0, 9.0)])
    np.testing.assert_allclose(even[0], expected, atol=1e-12)
    assert even[1].std() <= even[0].std()


def test_blur_of_long_lines() -> None:
    image = np.random.default_rng(3).random((2, 1, 70, 30))
    for x, sigma in ((image, 2.0), (image.swapaxes(2, 3), [(1.0, 1.0), (3.0, 3.0)])):
        result = F.gaussian_blur(x, 9, sigma)
        for plane, blurred, s in zip(
            x[:, 0], result[:, 0], np.broadcast_to(np.ravel(sigma)[::2] if np.ndim(sigma) else sigma, 2), strict=True
        ):
            np.testing.assert_allclose(blurred, ndimage.gaussian_filter(plane, s, mode="mirror", radius=4), atol=1e-12)


def test_blur_of_a_line_and_wrong_arguments() -> None:
    np.testing.assert_allclose(F.gaussian_blur(np.ones((1, 1, 5)), 3, 1.0), np.ones((1, 1, 5)), rtol=1e-12)
    with pytest.raises(ArgumentError, match="kernel_size must be odd, got 4"):
        F.gaussian_blur(IMAGE, 4)
    with pytest.raises(ArgumentError, match="sigma must be positive"):
        F.gaussian_blur(IMAGE, 3, 0.0)


def test_erasing() -> None:
    erased = F.erase(np.stack([IMAGE] * 2), [0, 2], [1, 3], [2, 7], [3, 0], np.array([7.0, 8.0, 9.0])[:, None, None])
    expected = IMAGE.copy()
    expected[:, 0:2, 1:4] = np.array([7, 8, 9])[:, None, None]
    np.testing.assert_array_equal(erased, [expected, IMAGE])


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
