"""What PyTorch returns at kinks; `make test-peers` installs it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.autograd.kink_points import POINTS, Point


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.row} at {point.x}")
def test_pytorch_returns_what_the_table_says(point: Point) -> None:
    x = torch.tensor(point.x, dtype=torch.float64, requires_grad=True)
    point.function(torch, torch.nn.functional, x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), point.gradient if point.torch is None else point.torch, rtol=1e-12)
