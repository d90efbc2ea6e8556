"""Special points and wrong inputs of smaller sheets: numbers, matrices, quantiles, windows, slopes, splits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, AutogradError, DTypeError, IndexingError, ShapeError


def test_bessel_functions_at_the_edges() -> None:
    assert ag.i0(ag.tensor([0.0, 1.0, -1.0], dtype=ag.float64)).tolist() == [
        1.0,
        pytest.approx(1.2660658777520084, rel=1e-14),
        pytest.approx(1.2660658777520084, rel=1e-14),
    ]
    # exp(705) alone is 1e306; the asymptotic series has the ratio.
    large = ag.i0(ag.tensor([705.0], dtype=ag.float64)).item()
    x = 705.0
    series = 1 + 1 / (8 * x) + 9 / (128 * x**2) + 225 / (3072 * x**3)
    assert large == pytest.approx(math.exp(x) / math.sqrt(2 * math.pi * x) * series, rel=1e-10)
    assert ag.i0(ag.tensor([3])).dtype == ag.float32
    slope = ag.tensor([1.0], dtype=ag.float64, requires_grad=True)
    ag.i0(slope).backward()
    assert slope.grad.item() == pytest.approx(0.565159103992485, rel=1e-13)
    with np.errstate(all="ignore"):
        assert ag.i0(ag.tensor([800.0, -math.inf])).tolist() == [math.inf, math.inf]
        assert ag.i0(ag.tensor([math.nan])).isnan().all()


def test_mantissas_and_exponents() -> None:
    x = ag.tensor([0.0, 8.0, -5.0, 1e-30], dtype=ag.float64)
    mantissa, exponent = ag.frexp(x)
    assert exponent.dtype == ag.int32
    assert ag.ldexp(mantissa, exponent).tolist() == x.tolist()
    assert ag.ldexp(ag.tensor([1.0], dtype=ag.float64), ag.tensor([200])).item() == 2.0**200
    assert ag.ldexp(ag.tensor([3]), ag.tensor([-1])).tolist() == [1.5]
    one = ag.tensor([1.0])
    assert ag.nextafter(one, one * 2).item() == 1 + 2.0**-23


def test_int_results_stay_in_their_type() -> None:
    assert ag.gcd(ag.tensor([4], dtype=ag.int16), 6).dtype == ag.int16
    assert ag.rsub(ag.tensor(2, dtype=ag.uint8), 5).dtype == ag.uint8
    assert ag.vander(ag.tensor([2, 3], dtype=ag.int32)).dtype == ag.int64
    assert ag.tensor([[1, 2]], dtype=ag.uint8).sum_to_size(1).dtype == ag.int64
    assert ag.block_diag(ag.ones(1), ag.ones(1, dtype=ag.float64)).dtype == ag.float64


def test_windows_are_of_the_default_float() -> None:
    for make in (ag.hann_window, ag.hamming_window, ag.blackman_window, ag.bartlett_window, ag.kaiser_window):
        assert make(4).dtype == ag.float32
        assert make(1).tolist() == [1.0]
        assert make(4, dtype=ag.float64, requires_grad=True).requires_grad
        with pytest.raises(ArgumentError, match="must not be negative"):
            make(-1)
        with pytest.raises(DTypeError, match=r"the length must be an integer, got 4\.5"):
            make(4.5)
        with pytest.raises(DTypeError, match="a window holds floating numbers"):
            make(4, dtype=ag.int64)


def test_quantiles_beside_nan() -> None:
    x = ag.tensor([[1.0, math.nan, 3.0], [math.nan, math.nan, math.nan]], requires_grad=True)
    assert ag.nanquantile(x, 0.5, 1)[0].item() == 2.0
    assert ag.nanquantile(x, 0.5, 1)[1].isnan()
    assert ag.quantile(x, 0.5, 1).isnan().all()
    both = ag.nanquantile(x, ag.tensor([0.0, 1.0]), 1)
    assert both[:, 0].tolist() == [1.0, 3.0]
    both[:, 0].sum().backward()
    np.testing.assert_array_equal(x.grad.numpy()[0], [1, 0, 1])


def test_empty_blocks_take_their_place_in_the_gradient() -> None:
    m = ag.tensor([[1.0, 2.0]], dtype=ag.float64, requires_grad=True)
    y = ag.block_diag(ag.zeros(0, dtype=ag.float64), m)
    assert y.tolist() == [[0.0, 0.0], [1.0, 2.0]]
    y.backward(ag.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=ag.float64))
    assert m.grad.tolist() == [[3.0, 4.0]]


def test_slopes_at_uneven_points_are_exact_for_parabolas() -> None:
    spots = ag.tensor([0.0, 0.5, 2.0, 3.0], dtype=ag.float64)
    (slope,) = ag.gradient(spots**2, spacing=(spots,), edge_order=2)
    np.testing.assert_allclose(slope.numpy(), 2 * spots.numpy(), atol=1e-12)
    (slope,) = ag.gradient(ag.tensor([1, 4, 9]), spacing=ag.tensor(2.0))
    assert slope.tolist() == [1.5, 2.0, 2.5]


def test_histograms_of_nothing_and_of_one_value() -> None:
    hist, edges = ag.histogram(ag.zeros(0), 2)
    assert (hist.tolist(), edges.tolist()) == ([0, 0], [0, 0.5, 1])
    hist, edges = ag.histogram(ag.tensor([3.0, 3.0]), 2)
    assert (hist.tolist(), edges.tolist()) == ([0, 2], [2.5, 3, 3.5])


def test_asarray_shares_memory_and_leaves_the_graph() -> None:
    a = np.zeros(2)
    assert np.shares_memory(ag.asarray(a).numpy(), a)
    assert not np.shares_memory(ag.asarray(a, copy=True).numpy(), a)
    x = ag.ones(2, requires_grad=True)
    assert not ag.asarray(x).requires_grad
    assert ag.asarray(x).data_ptr() == x.data_ptr()
    assert ag.asarray([1, 2], dtype=ag.float32, requires_grad=True).requires_grad
    assert ag.frombuffer(bytearray(8), dtype=ag.int32, count=1, offset=4).tolist() == [0]
    with pytest.raises(ArgumentError, match="asarray: these data cannot be shared"):
        ag.asarray([1.0], copy=False)
    with pytest.raises(ArgumentError, match="frombuffer"):
        ag.frombuffer(b"abc", dtype=ag.int32)


_M = np.arange(6.0).reshape(2, 3)

WRONG: list[tuple[type[AutogradError], str, Callable[[], Any]]] = [
    (DTypeError, "gcd: expected integers, got float32", lambda: ag.gcd(ag.ones(2), 2)),
    (DTypeError, "lcm: expected integers", lambda: ag.lcm(ag.tensor([2]), 2.5)),
    (DTypeError, "frexp: expected floating numbers", lambda: ag.frexp(ag.tensor([2]))),
    (DTypeError, "nextafter: expected floating numbers", lambda: ag.nextafter(ag.tensor([2]), 3)),
    (ArgumentError, "mvlgamma: p must be a whole number", lambda: ag.mvlgamma(ag.ones(2), 0)),
    (ArgumentError, "must be greater than", lambda: ag.mvlgamma(ag.ones(2), 3)),
    (ArgumentError, "block_diag: expected at least one", ag.block_diag),
    (ShapeError, "block_diag: expected at most two axes", lambda: ag.block_diag(ag.ones(1, 1, 1))),
    (ShapeError, "vander: expected a vector", lambda: ag.vander(ag.tensor(_M))),
    (ArgumentError, "vander: the number of columns", lambda: ag.vander(ag.ones(2), -1)),
    (ShapeError, "renorm: expected at least two axes", lambda: ag.renorm(ag.ones(2), 2, 0, 1.0)),
    (ArgumentError, "renorm: expected p > 0", lambda: ag.renorm(ag.tensor(_M), 0, 0, 1.0)),
    (
        ArgumentError,
        "index_reduce: reduce must be one of",
        lambda: ag.index_reduce(ag.ones(2), 0, [0], ag.ones(1), "sum"),
    ),
    (ShapeError, "index_reduce: the index must be", lambda: ag.index_reduce(ag.ones(2), 0, [0], ag.ones(2), "prod")),
    (ShapeError, "has no slices", lambda: ag.index_reduce(ag.tensor(1.0), 0, [0], ag.ones(1), "prod")),
    (ArgumentError, "hsplit: dim 1 of size 3 cannot .* tensor_split", lambda: ag.hsplit(ag.tensor(_M), 2)),
    (ShapeError, "vsplit: expected at least 2 axes", lambda: ag.vsplit(ag.ones(2), 2)),
    (ShapeError, "dsplit: expected at least 3 axes", lambda: ag.dsplit(ag.tensor(_M), 1)),
    (ArgumentError, "gradient: edge_order must be 1 or 2", lambda: ag.gradient(ag.ones(3), edge_order=3)),
    (ArgumentError, "one spacing for each of 2 axes", lambda: ag.gradient(ag.tensor(_M), spacing=[1.0])),
    (ArgumentError, "needs 3", lambda: ag.gradient(ag.ones(2), edge_order=2)),
    (ArgumentError, "expected 3 coordinates", lambda: ag.gradient(ag.ones(3), spacing=[ag.ones(2)])),
    (ShapeError, "cumulative_trapezoid: expected", lambda: ag.cumulative_trapezoid(ag.tensor(1.0))),
    (ShapeError, "sum_to_size: the shape must broadcast", lambda: ag.tensor(_M).sum_to_size(2)),
    (DTypeError, "unravel_index: expected integers", lambda: ag.unravel_index(ag.ones(1), (2, 3))),
    (IndexingError, "has the elements 0 to 5 only", lambda: ag.unravel_index(ag.tensor([6]), (2, 3))),
    (ArgumentError, "histogram: expected at least one bin", lambda: ag.histogram(ag.ones(2), 0)),
    (ArgumentError, "the range must not fall", lambda: ag.histogram(ag.ones(2), 2, range=(1, 0))),
    (ArgumentError, "at least two rising edges", lambda: ag.histogram(ag.ones(2), ag.tensor([1.0, 0.0]))),
    (ArgumentError, "a range says nothing", lambda: ag.histogram(ag.ones(2), ag.tensor([0.0, 1.0]), range=(0, 1))),
    (ShapeError, "expected weights of shape", lambda: ag.histogram(ag.ones(2), 2, weight=ag.ones(3))),
]


@pytest.mark.parametrize(("kind", "words", "call"), WRONG, ids=[words for _, words, _ in WRONG])
def test_wrong_inputs_are_named(kind: type[AutogradError], words: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=f"(?s){words}"):
        call()
