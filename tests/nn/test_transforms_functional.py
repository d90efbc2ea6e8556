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

IMAGE = np.random.default_rng(0).random((3, 9, 12))
BYTES = np.random.default_rng(1).integers(0, 256, (3, 9, 12)).astype(np.uint8)


def each_channel(function: Callable[[Any], Any], image: Any = IMAGE) -> Any:
    return np.stack([function(plane) for plane in image])


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
