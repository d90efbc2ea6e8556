"""Activations: as exact as single precision allows, and the same in parts as whole, on any number of threads."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from autograd_np.kernels import activations, classification, elementwise, special
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from tests.kernels.images import drawn

PAIRS = {
    "silu": (activations.silu, activations.silu_back),
    "gelu": (activations.gelu, activations.gelu_back),
    "gelu_tanh": (activations.gelu_tanh, activations.gelu_tanh_back),
}
each_pair = pytest.mark.parametrize("name", PAIRS)


def test_gelu_in_single_precision_has_half_of_pytorchs_error() -> None:
    x = np.linspace(-8, 8, 20001).astype(np.float32)
    below = np.array([math.erfc(-v / math.sqrt(2)) / 2 for v in x.astype(float)])
    y, phi = activations.gelu(x)
    np.testing.assert_allclose(phi, below, rtol=0, atol=1.2e-7)
    np.testing.assert_allclose(y, x * below, rtol=0, atol=6e-7)
    np.testing.assert_allclose(y[x > 0], (x * below)[x > 0], rtol=2e-7)
    np.testing.assert_array_equal(phi[[0, -1]], [0, 1])


@each_pair
def test_the_way_back_is_the_derivative(name: str) -> None:
    kernel, back = PAIRS[name]
    x, g, step = np.linspace(-6, 6, 101), drawn((101,)), 1e-6
    y, saved = kernel(x)
    slope = (kernel(x + step)[0] - kernel(x - step)[0]) / (2 * step)
    np.testing.assert_allclose(back(g, y, x, saved, wanted=(True,))[0], g * slope, rtol=1e-8, atol=1e-9)
    single = [np.asarray(a, np.float32) for a in (g, y, x, saved)]
    np.testing.assert_allclose(back(*single, wanted=(True,))[0], g * slope, rtol=1e-5, atol=1e-6)


@each_pair
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_way_back_from_the_ends(name: str, dtype: type) -> None:
    kernel, back = PAIRS[name]
    x = np.array([-1e30, -1000, 1000, 1e30], dtype)
    y, saved = kernel(x)
    (d,) = back(np.ones_like(x), y, x, saved, wanted=(True,))
    np.testing.assert_array_equal(d, [0, 0, 1, 1])


LARGE = 3 * elementwise._PART // 2
KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    **{name: lambda x, pair=pair: pair[0](x)[0] for name, pair in PAIRS.items()},
    **{name + "_back": lambda x, p=pair: p[1](x, None, x, p[0](x)[1], wanted=(1,))[0] for name, pair in PAIRS.items()},
    "sigmoid": special.sigmoid,
    "softplus": special.softplus,
    "softmax": lambda x: classification.softmax(x.reshape(-1, 3), 1).reshape(-1),
    "log_softmax": lambda x: classification.log_softmax(x.reshape(-1, 3), 1).reshape(-1),
}


@pytest.mark.parametrize("name", KERNELS)
def test_parts_threads_and_layouts_change_nothing(name: str) -> None:
    kernel = KERNELS[name]
    x = drawn((LARGE,)).astype(np.float32)
    before, found = get_num_threads(), []
    for threads in (1, 2):
        set_num_threads(threads)
        found.append(kernel(x))
    set_num_threads(before)
    assert found[0].tobytes() == found[1].tobytes()
    np.testing.assert_array_equal(kernel(x[: LARGE // 2]), found[0][: LARGE // 2])
    spread = np.repeat(x, 2)[::2]
    assert not spread.flags.c_contiguous
    np.testing.assert_allclose(kernel(spread), found[0], rtol=1e-6)


def test_parts_cover_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "_PART", 7)
    x, y, sizes = np.arange(50.0).reshape(5, 10), np.zeros((5, 10)), []

    def work(a: np.ndarray, b: np.ndarray) -> None:
        sizes.append(a.size)
        np.add(a, 1, out=b)

    elementwise.by_parts(work, x, y)
    np.testing.assert_array_equal(y, x + 1)
    assert sum(sizes) == 50
    assert max(sizes) <= 7
    sizes.clear()
    elementwise.by_parts(work, x.T, y.T)
    assert sizes == [50]


def test_constants_cannot_be_written() -> None:
    half = elementwise.constant(0.5, np.dtype(np.float32))
    assert half.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        half += 1


@pytest.mark.parametrize("far", [40, 1000, -1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_near_a_large_logarithm_keep_their_digits(dtype: type, far: float) -> None:
    """Of a logarithm of 44 the last digit is 4e-6; the differences from it are small."""
    x = (drawn((200, 60)) + far).astype(dtype)
    x[:, 7] += 3
    wide = x.astype(np.longdouble)
    right = wide - wide.max(1, keepdims=True)
    right -= np.log(np.exp(right).sum(1, keepdims=True))
    digits = 4 * float(np.finfo(dtype).eps)
    y = classification.log_softmax(x, 1)
    np.testing.assert_allclose(y[:, 7], right[:, 7].astype(dtype), rtol=0, atol=digits)
    loss, p, _ = classification.cross_entropy(x, np.full(200, 7), None, axis=1, reduction="none", smoothing=0.0)
    np.testing.assert_allclose(loss, -right[:, 7].astype(dtype), rtol=0, atol=digits)
    np.testing.assert_allclose(p, np.exp(right).astype(dtype), rtol=10 * digits)
