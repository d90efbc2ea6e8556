"""What holds for every test: Hypothesis profiles, strict floating point, a fixed seed, no leaked mode."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, register_random, settings

import autograd_np

PEERS = Path(__file__).parent / "peers"

settings.register_profile("dev", max_examples=10, deadline=None)
# The same examples each time: a change is judged by what it does, not by what was drawn.
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class _EngineRandom:
    """The engine's generator in the form that Hypothesis seeds before each example."""

    seed = staticmethod(autograd_np.manual_seed)
    getstate = staticmethod(autograd_np.get_rng_state)
    setstate = staticmethod(autograd_np.set_rng_state)


_engine_random = _EngineRandom()  # Hypothesis keeps no reference of its own
register_random(_engine_random)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the modules that import PyTorch where it is not installed; `make test-peers` installs it."""
    if collection_path.suffix != ".py" or PEERS not in collection_path.parents:
        return None
    if importlib.util.find_spec("torch") is not None:
        return None
    needs_torch = re.search(r"^\s*(import|from) torch\b", collection_path.read_text("utf-8"), re.MULTILINE)
    return True if needs_torch else None


@pytest.fixture(autouse=True)
def _floating_point_is_strict() -> Iterator[None]:
    """Make a division by zero, an overflow or an invalid value an error; a test may allow it by errstate."""
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


@pytest.fixture(autouse=True)
def _modes_do_not_leak() -> Iterator[None]:
    """Fail the test that leaves a mode behind, rather than the next one."""
    assert autograd_np.is_grad_enabled(), "recording was off before the test began"
    dtype = autograd_np.get_default_dtype()
    yield
    recording, dtype_after = autograd_np.is_grad_enabled(), autograd_np.get_default_dtype()
    autograd_np.set_grad_enabled(True)
    autograd_np.set_default_dtype(dtype)
    assert recording, "the test left recording switched off: use `with no_grad():`"
    assert dtype_after == dtype, "the test left another default dtype"


@pytest.fixture(autouse=True)
def _random_numbers_are_seeded() -> None:
    autograd_np.manual_seed(0)
