"""Random numbers: seeded, saved, restored, and distributed as they say."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.errors import ArgumentError, ShapeError


def test_the_same_seed_gives_the_same_numbers() -> None:
    ag.manual_seed(1)
    first = [ag.rand(3), ag.randn(3), ag.randint(10, (3,)), ag.randperm(5), ag.bernoulli(ag.full((5,), 0.5))]
    ag.manual_seed(1)
    again = [ag.rand(3), ag.randn(3), ag.randint(10, (3,)), ag.randperm(5), ag.bernoulli(ag.full((5,), 0.5))]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    ag.manual_seed(2)
    assert not (ag.rand(3) == first[0]).all()


def test_the_first_numbers_of_a_seed_never_change() -> None:
    ag.manual_seed(0)
    np.testing.assert_allclose(ag.rand(3, dtype=ag.float64).numpy(), [0.63696169, 0.26978671, 0.04097352], rtol=1e-6)


def test_states_are_saved_and_restored() -> None:
    state = ag.get_rng_state()
    assert (state.dtype, state.shape) == (np.uint8, (37,))
    a = ag.randn(4)
    ag.randint(3, (1,), dtype=ag.int32)
    ag.set_rng_state(state)
    assert (ag.randn(4) == a).all()
    with pytest.raises(ArgumentError, match="expected 37 bytes"):
        ag.set_rng_state(ag.zeros(3, dtype=ag.uint8))


def test_generators_do_not_disturb_the_default() -> None:
    ag.manual_seed(3)
    expected = ag.rand(2)
    ag.manual_seed(3)
    own = ag.Generator().manual_seed(9)
    ag.rand(5, generator=own)
    assert (ag.rand(2) == expected).all()
    assert own.initial_seed() == 9
    assert ag.Generator().seed() != ag.Generator().seed()


def test_distributions() -> None:
    ag.manual_seed(0)
    n = 40_000
    uniform, gauss = ag.rand(n), ag.randn(n)
    assert uniform.min().item() >= 0
    assert uniform.max().item() < 1
    assert abs(uniform.mean().item() - 0.5) < 0.01
    assert abs(gauss.mean().item()) < 0.02
    assert abs(gauss.std().item() - 1) < 0.02
    draws = ag.randint(-2, 3, (n,))
    assert (draws.min().item(), draws.max().item(), draws.dtype) == (-2, 2, ag.int64)
    assert abs(ag.bernoulli(ag.full((n,), 0.3)).mean().item() - 0.3) < 0.01
    assert abs(ag.poisson(ag.full((n,), 4.0)).mean().item() - 4) < 0.05
    assert abs(ag.normal(3.0, 0.5, (n,)).mean().item() - 3) < 0.02
    assert ag.normal(ag.zeros(2, 1), ag.ones(3)).shape == (2, 3)
    assert ag.randint_like(ag.ones(2), 5, 6).tolist() == [5.0, 5.0]
    assert sorted(ag.randperm(6).tolist()) == list(range(6))


def test_in_place_draws() -> None:
    ag.manual_seed(0)
    x = ag.zeros(20_000)
    assert x.uniform_(2, 4) is x
    assert abs(x.mean().item() - 3) < 0.02
    assert abs(x.normal_(1, 2).std().item() - 2) < 0.05
    assert abs(x.exponential_(2.0).mean().item() - 0.5) < 0.02
    assert set(x.bernoulli_(0.5).tolist()) == {0.0, 1.0}
    assert x.random_(3).max().item() == 2
    assert x.random_(5, 7).min().item() == 5
    assert ag.zeros(5, dtype=ag.int64).random_().dtype == ag.int64


def test_multinomial() -> None:
    ag.manual_seed(0)
    weights = ag.tensor([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0]])
    draws = ag.multinomial(weights, 4000, replacement=True)
    assert draws.shape == (2, 4000)
    assert abs((draws[0] == 2).float().mean().item() - 0.75) < 0.03
    assert draws[1].max().item() == 0
    assert sorted(ag.multinomial(ag.ones(3), 3).tolist()) == [0, 1, 2]
    with pytest.raises(ArgumentError, match="3 different indices cannot be drawn"):
        ag.multinomial(weights, 3)
    with pytest.raises(ArgumentError, match="with a positive sum"):
        ag.multinomial(ag.zeros(2), 1)
    with pytest.raises(ShapeError, match=r"\(K,\) or \(N, K\)"):
        ag.multinomial(ag.ones(1, 1, 1), 1)


def test_wrong_parameters_have_words() -> None:
    with pytest.raises(ArgumentError, match=r"range \[3, 3\) is empty"):
        ag.randint(3, 3, (1,))
    with pytest.raises(ArgumentError, match=r"probabilities must lie in \[0, 1\]"):
        ag.bernoulli(ag.tensor([1.5]))
    with pytest.raises(ArgumentError, match="must not be negative"):
        ag.normal(0.0, -1.0, (1,))
    with pytest.raises(ArgumentError, match="rates must not be negative"):
        ag.poisson(ag.tensor([-1.0]))
    with pytest.raises(ArgumentError, match="use randint for integers"):
        ag.rand(2, dtype=ag.int64)


def test_half_precision_is_drawn_in_single() -> None:
    assert ag.randn(3, dtype=ag.float16).dtype == ag.float16
