"""The ported programs beside PyTorch itself: it still loses what is stored."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from examples.pytorch_twin import in_pytorch
from tests.examples.ports import PROGRAMS
from tests.examples.test_ports import EXPECTED


@pytest.mark.parametrize("name", PROGRAMS)
def test_pytorch_loses_what_is_stored(name: str) -> None:
    torch.set_num_threads(1)
    found = PROGRAMS[name](in_pytorch(f"examples.ports.{name}"))
    np.testing.assert_allclose(found, EXPECTED[name], rtol=0, atol=1e-4)
