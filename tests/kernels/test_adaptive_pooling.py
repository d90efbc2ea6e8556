"""Pooling over a given number of windows against slices, and adjoints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.kernels import adaptive_pooling as kernels
from autograd_np.kernels.pooling import pool_gather
from tests.kernels.images import drawn

sizes_and_outputs = st.integers(1, 3).flatmap(
    lambda rank: st.tuples(*(st.lists(st.integers(1, 7), min_size=rank, max_size=rank).map(tuple) for _ in range(2)))
)


@given(sizes_and_outputs)
def test_adaptive_pooling_covers_evenly(sizes: Any) -> None:
    size, out = sizes
    x = drawn((2, 2, *size))
    mean, (most, index) = kernels.adaptive_avg_pool(x, out), kernels.adaptive_max_pool(x, out)
    for at in np.ndindex(*out):
        begins = [i * n // m for i, n, m in zip(at, size, out, strict=True)]
        ends = [-(-(i + 1) * n // m) for i, n, m in zip(at, size, out, strict=True)]
        window = x[(..., *(slice(b, e) for b, e in zip(begins, ends, strict=True)))]
        axes = tuple(range(2, x.ndim))
        np.testing.assert_allclose(mean[(..., *at)], window.mean(axes), rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(most[(..., *at)], window.max(axes))
    np.testing.assert_array_equal(pool_gather(x, index), most)
    g = drawn(mean.shape, seed=1)
    back = kernels.adaptive_spread(g, size)
    assert back.shape == x.shape
    np.testing.assert_allclose((back * x).sum(), (g * mean).sum(), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("size", [(4, 4), (5, 3)])
def test_results_do_not_look_into_the_input(size: tuple[int, int]) -> None:
    x = drawn((1, 1, *size))
    for out in (size, (1, 1), (2, 2)):
        assert not np.shares_memory(kernels.adaptive_avg_pool(x, out), x)
        assert not np.shares_memory(kernels.adaptive_max_pool(x, out)[0], x)
