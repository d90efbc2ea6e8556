"""Programs written for PyTorch lose what PyTorch loses, step by step, with other import lines only."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from tests.examples.ports import LOSSES, PROGRAMS

EXPECTED = json.loads(LOSSES.read_text("utf-8"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_losses_of_20_steps(name: str) -> None:
    found = PROGRAMS[name](importlib.import_module(f"examples.ports.{name}"))
    assert len(found) == 20
    np.testing.assert_allclose(found, EXPECTED[name], rtol=0, atol=1e-3)
