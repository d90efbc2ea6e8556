"""PyTorch's values for the cases of torch_cases.py."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tests.nn.torch_cases import VALUES

TORCH: dict[str, dict[str, Any]] = json.loads(VALUES.read_text("utf-8"))


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-10) -> None:
    """Compare element by element, relative to the largest magnitude."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)
