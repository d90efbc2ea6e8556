"""The pytest plugin of autograd_np: Hypothesis profiles by name, and a fixture that seeds the engine.

A module of its own beside the package, as Hypothesis's plugin is: pytest imports every installed plugin at its start,
in projects that never use this library too, and before coverage begins. So nothing heavy is imported here until it is
asked for.

    HYPOTHESIS_PROFILE=thorough pytest tests/
    pytest --hypothesis-profile=dev tests/

`dev` draws 10 examples for the loop while writing, `ci` 50, the same ones each time, `thorough` 1000. A conftest.py
that registers profiles of these names has the last word, and so has Hypothesis, whose newer versions have a `ci`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest

_PROFILES: dict[str, dict[str, Any]] = {
    "dev": {"max_examples": 10, "deadline": None},
    "ci": {"max_examples": 50, "deadline": None, "derandomize": True, "print_blob": True},
    "thorough": {"max_examples": 1000, "deadline": None},
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Register the profiles, and load the one that the environment names, before any conftest.py is read."""
    from_environment = os.environ.get("HYPOTHESIS_PROFILE")
    asked = from_environment or getattr(early_config.known_args_namespace, "hypothesis_profile", None)
    if asked not in _PROFILES or importlib.util.find_spec("hypothesis") is None:
        return
    from hypothesis import errors, settings  # noqa: PLC0415 (only where a profile was asked for)

    for name, values in _PROFILES.items():
        with contextlib.suppress(errors.InvalidArgument):
            settings.get_profile(name)
            continue
        settings.register_profile(name, **values)
    if from_environment:
        settings.load_profile(from_environment)


@pytest.fixture
def autograd_np_seed() -> Iterator[int]:
    """Seed the engine's random numbers for one test, and put its generator back afterwards."""
    import autograd_np  # noqa: PLC0415 (only where a test asks for it)

    before = autograd_np.get_rng_state()
    seed = 0
    autograd_np.manual_seed(seed)
    yield seed
    autograd_np.set_rng_state(before)
