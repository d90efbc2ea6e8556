"""Products in parts are NumPy's, whatever the shapes, and the same on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_np.kernels import products
from autograd_np.kernels.parallel import get_num_threads, set_num_threads
from tests.kernels.images import drawn

SHAPES = [
    ((3,), (3,)),
    ((4, 3), (3,)),
    ((3, 4), (4, 5)),
    ((700, 30), (30, 5)),
    ((5, 30), (30, 700)),
    ((6, 40, 20), (6, 20, 30)),
    ((2, 3, 40, 20), (2, 3, 20, 30)),
    ((6, 40, 20), (20, 30)),
    ((0, 4), (4, 3)),
    ((3, 0), (0, 2)),
]


@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize("part", [50, 5000, 1 << 24])
def test_parts_make_the_whole(
    monkeypatch: pytest.MonkeyPatch, a: tuple[int, ...], b: tuple[int, ...], part: int
) -> None:
    for name, value in {"_ONE": part // 10, "_PART": part, "_LEAST": 3}.items():
        monkeypatch.setattr(products, name, value)
    x, y = drawn(a), drawn(b, 1)
    np.testing.assert_allclose(products.product(x, y), np.matmul(x, y), rtol=1e-12, atol=1e-12)
    if x.ndim == y.ndim == 2:
        turned, other = np.asfortranarray(x), np.asfortranarray(y)
        np.testing.assert_allclose(products.product(turned, other), np.matmul(x, y), rtol=1e-12, atol=1e-12)


def test_shapes_that_do_not_fit_are_numpys_error() -> None:
    with pytest.raises(ValueError, match="matmul"):
        products.product(np.ones((900, 300)), np.ones((200, 900)))


@pytest.mark.parametrize(
    ("a", "b"), [((600, 300), (300, 500)), ((300, 300), (300, 900)), ((64, 128, 64), (64, 64, 128))]
)
def test_the_number_of_threads_changes_nothing(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = drawn(a).astype(np.float32), drawn(b, 1).astype(np.float32)
    before, found = get_num_threads(), []
    for threads in (1, 2):
        set_num_threads(threads)
        found.append(products.product(x, y).tobytes())
    set_num_threads(before)
    assert found[0] == found[1]
