"""Data sets drawn by a seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Regression(NamedTuple):
    """Inputs (N, D) and targets (N, P), to train on and held out."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def trigonometric(train: int = 1000, test: int = 100, seed: int = 42) -> Regression:
    """Return x from U(-2π, 2π) and 24 sin 3.2x + 42 cos 2.3x."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2 * np.pi, 2 * np.pi, (train + test, 1))
    y = 24 * np.sin(3.2 * x) + 42 * np.cos(2.3 * x)
    x, y = x.astype(np.float32), y.astype(np.float32)
    return Regression(x[:train], y[:train], x[train:], y[train:])
