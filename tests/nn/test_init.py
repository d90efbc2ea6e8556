from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.errors import ArgumentError, ShapeError
from nn import init

SHAPE = (40, 30, 3, 3)

# Bounds of the uniform and deviations of the normal forms for SHAPE, from PyTorch 2.13.
BOUNDS = {
    "xavier_uniform_": 0.09759000729485331,
    "kaiming_uniform_": 0.14907119849998599,
}
DEVIATIONS = {
    "xavier_normal_": 0.05634361698190111,
    "kaiming_normal_": 0.08606629658238704,
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(name: str) -> None:
    values = getattr(init, name)(ag.empty(*SHAPE)).numpy()
    assert np.abs(values).max() <= BOUNDS[name] * (1 + 1e-6)
    assert np.abs(values).max() > BOUNDS[name] * 0.99
    assert abs(values.mean()) < 0.02 * BOUNDS[name]
    assert values.std() == pytest.approx(BOUNDS[name] / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("name", DEVIATIONS)
def test_deviations(name: str) -> None:
    values = getattr(init, name)(ag.empty(*SHAPE)).numpy()
    assert values.std() == pytest.approx(DEVIATIONS[name], rel=0.02)
    assert abs(values.mean()) < 0.05 * DEVIATIONS[name]


def test_fans_by_pytorchs_name() -> None:
    assert init._calculate_fan_in_and_fan_out(ag.empty(3, 4, 2)) == (8, 6)
    with pytest.raises(ShapeError, match="_calculate_fan_in_and_fan_out: fan-in and fan-out need at least two axes"):
        init._calculate_fan_in_and_fan_out(ag.empty(3))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3))
def test_fans_count_kernel_positions(outputs: int, inputs: int, rank: int) -> None:
    weight = ag.empty(outputs, inputs, *[2] * rank)
    bound = math.sqrt(6 / ((outputs + inputs) * 2**rank))
    assert init.xavier_uniform_(weight).abs().max().item() <= bound * (1 + 1e-6)
    bound = math.sqrt(2) * math.sqrt(3 / (outputs * 2**rank))
    weight = init.kaiming_uniform_(weight, mode="fan_out", nonlinearity="relu")
    assert weight.abs().max().item() <= bound * (1 + 1e-6)


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1.0),
        ("conv2d", None, 1.0),
        ("sigmoid", None, 1.0),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, 1.4141428569978354),
        ("leaky_relu", 0.2, 1.3867504905630728),
        ("selu", None, 0.75),
    ],
)
def test_gains(nonlinearity: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(gain, rel=1e-12)


def test_constants() -> None:
    assert init.constant_(ag.empty(2), 0.5).tolist() == [0.5, 0.5]
    assert init.ones_(ag.empty(2)).tolist() == [1, 1]
    assert init.zeros_(ag.empty(2)).tolist() == [0, 0]
    assert init.eye_(ag.empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_dirac_passes_channels_on() -> None:
    x = ag.randn(2, 3, 5, 5)
    weight = init.dirac_(ag.empty(3, 3, 3, 3))
    assert ag.conv2d(x, weight, padding=1).tolist() == x.tolist()
    weight = init.dirac_(ag.empty(4, 1, 3), groups=2)
    assert weight[:, 0, 1].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    q = init.orthogonal_(ag.empty(*shape, dtype=np.float64), gain=2).numpy().reshape(shape[0], -1)
    gram = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_sparse() -> None:
    values = init.sparse_(ag.empty(20, 5), 0.31).numpy()
    assert (values == 0).sum(0).tolist() == [7] * 5


def test_truncated_normal() -> None:
    values = init.trunc_normal_(ag.empty(100_000), mean=1.0, std=2.0, a=0.0, b=3.0).numpy()
    assert values.min() >= 0
    assert values.max() <= 3
    # Mean and deviation of the truncated distribution, in closed form.
    assert values.mean() == pytest.approx(1.4133, abs=0.01)
    assert values.std() == pytest.approx(0.8311, abs=0.01)


@pytest.mark.parametrize(
    "draw",
    [
        init.uniform_,
        init.normal_,
        init.trunc_normal_,
        init.xavier_uniform_,
        init.xavier_normal_,
        init.kaiming_uniform_,
        init.kaiming_normal_,
        init.orthogonal_,
        lambda t, generator=None: init.sparse_(t, 0.5, generator=generator),
    ],
)
def test_seeds_and_generators(draw: Callable[..., Any]) -> None:
    ag.manual_seed(3)
    first = draw(ag.empty(4, 3)).tolist()
    ag.manual_seed(3)
    assert draw(ag.empty(4, 3)).tolist() == first
    assert draw(ag.empty(4, 3), generator=ag.Generator().manual_seed(3)).tolist() == first


def test_parameters_are_written_unrecorded_in_their_type() -> None:
    weight = ag.empty(3, 3, dtype=np.float64, requires_grad=True)
    assert init.normal_(weight) is weight
    assert weight.is_leaf
    assert weight.dtype == np.float64
    assert init.uniform_(ag.empty(3, dtype=np.float16)).dtype == np.float16


def test_errors() -> None:
    with pytest.raises(ShapeError, match=r"xavier_uniform_: fan-in and fan-out need at least two axes.*\(3,\)"):
        init.xavier_uniform_(ag.empty(3))
    with pytest.raises(ArgumentError, match="mode must be 'fan_in' or 'fan_out', got 'in'"):
        init.kaiming_normal_(ag.empty(3, 3), mode="in")
    with pytest.raises(ArgumentError, match="no gain is known for 'relu7'"):
        init.kaiming_uniform_(ag.empty(3, 3), nonlinearity="relu7")
    with pytest.raises(ArgumentError, match="negative slope must be a number"):
        init.calculate_gain("leaky_relu", "steep")
    with pytest.raises(ShapeError, match="eye_: expected a matrix"):
        init.eye_(ag.empty(3))
    with pytest.raises(ShapeError, match="dirac_: expected the weight of a convolution"):
        init.dirac_(ag.empty(3, 3))
    with pytest.raises(ArgumentError, match="cannot be split into 2 groups"):
        init.dirac_(ag.empty(3, 3, 3), groups=2)
    with pytest.raises(ShapeError, match="orthogonal_"):
        init.orthogonal_(ag.empty(3))
    with pytest.raises(ShapeError, match="sparse_"):
        init.sparse_(ag.empty(3), 0.1)
    with pytest.raises(ArgumentError, match=r"\[0, 1\]"):
        init.sparse_(ag.empty(3, 3), 1.1)
    with pytest.raises(ArgumentError, match="holds almost nothing"):
        init.trunc_normal_(ag.empty(3), mean=10.0)
