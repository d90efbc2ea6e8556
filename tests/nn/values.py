"""How numbers are compared with PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-10, where: str = "") -> None:
    """Compare element by element, relative to the largest magnitude."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, where
    scale = max(1.0, float(np.abs(expected).max(initial=0, where=np.isfinite(expected))))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale, err_msg=where)
