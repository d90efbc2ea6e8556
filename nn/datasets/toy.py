"""Small made-up sets whose answer can be drawn: each follows from its seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np import from_numpy
from autograd_np.errors import ArgumentError
from nn.utils.data import TensorDataset

__all__ = ["Spirals", "Trigonometric", "Waves"]

Array = npt.NDArray[Any]

# Which quarters of a class belong to a part: 2 : 1 : 1.
_PARTS = {"train": (0, 2), "validation": (2, 3), "test": (3, 4)}


class _Made(TensorDataset):
    """Arrays made by a formula."""

    def arrays(self) -> tuple[Array, ...]:
        """Return inputs and targets as arrays."""
        return tuple(t.numpy().copy() for t in self.tensors)


class _Curves(_Made):
    """One curve in the plane per class, with noise; of each class half is to train on, a quarter each for the rest."""

    def __init__(self, split: str, points: Array, rng: np.random.Generator) -> None:
        if split not in _PARTS:
            raise ArgumentError(f"{type(self).__name__}: split must be one of {', '.join(_PARTS)}, got {split!r}")
        count = points.shape[1]
        first, last = (count * quarter // 4 for quarter in _PARTS[split])
        parts = [(rng.permutation(count)[first:last], label) for label in range(len(points))]
        inputs = np.concatenate([points[label, where] for where, label in parts])
        labels = np.concatenate([np.full(len(where), label) for where, label in parts])
        super().__init__(from_numpy(inputs.astype(np.float32)), from_numpy(labels.astype(np.int64)))


class Waves(_Curves):
    """Wavy lines beside each other, one per class: y = sin(x + φ) + 0.2·sin(10x + φ) + 0.25x + 10 + noise·N(0, 1).

    The phase of class j of K is φ = jπ/(K/2), and x runs evenly over n points from 5 - π to 5 + π.

    Args:
        split: "train" (half of each class), "validation" or "test" (a quarter each).
        classes: K.
        points: n, per class.
        noise: of y.
        seed: of the noise and the split.

    Shapes: inputs (x, y) (N, 2), float32; classes (N,), int64.
    Raises: ArgumentError for another split.
    Source: made up, for small nets with several hidden layers.

    Example:
        >>> len(Waves("train")), len(Waves("validation")), Waves("test")[0][0].shape
        (400, 200, (2,))
    """

    def __init__(
        self, split: str = "train", classes: int = 4, points: int = 200, noise: float = 0.1, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        x = np.linspace(-np.pi, np.pi, points) + 5  # (n,)
        phase = np.arange(classes)[:, None] * np.pi / (0.5 * classes)  # (K, 1)
        y = np.sin(x + phase) + 0.2 * np.sin(10 * x + phase) + 0.25 * x + 10  # (K, n)
        y += noise * rng.standard_normal(y.shape)
        super().__init__(split, np.stack([np.broadcast_to(x, y.shape), y], axis=-1), rng)


class Spirals(_Curves):
    """Arms of a spiral, one per class: no straight line separates them.

    Arm j has the radius r from 0 to 1 and the angle 4j + 4r + noise·N(0, 1), in radians.

    Args:
        split: "train" (half of each class), "validation" or "test" (a quarter each).
        classes: how many arms.
        points: per arm.
        noise: of the angle.
        seed: of the noise and the split.

    Shapes: inputs (x, y) (N, 2), float32; classes (N,), int64.
    Raises: ArgumentError for another split.
    Source: the spirals of Stanford's course CS231n.

    Example:
        >>> x, y = Spirals().arrays()
        >>> x.shape, y.max()
        ((300, 2), np.int64(2))
    """

    def __init__(
        self, split: str = "train", classes: int = 3, points: int = 200, noise: float = 0.2, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        radius = np.linspace(0, 1, points)  # (n,)
        angle = 4 * (np.arange(classes)[:, None] + radius) + noise * rng.standard_normal((classes, points))
        super().__init__(split, np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=-1), rng)


class Trigonometric(_Made):
    """Regression on y = 24·sin(3.2x) + 42·cos(2.3x), with x drawn uniformly from -2π to 2π.

    Args:
        train: 1000 points to train on; else 100 others.
        seed: of the points.

    Shapes: x (N, 1), y (N, 1), float32.
    Source: made up, for regression by a narrow and deep net.

    Example:
        >>> x, y = Trigonometric().arrays()
        >>> x.shape, bool(abs(y).max() < 66)
        ((1000, 1), True)
    """

    def __init__(self, train: bool = True, seed: int = 42) -> None:
        x = np.random.default_rng(seed).uniform(-2 * np.pi, 2 * np.pi, (1100, 1))
        x = x[:1000] if train else x[1000:]
        y = 24 * np.sin(3.2 * x) + 42 * np.cos(2.3 * x)
        super().__init__(from_numpy(x.astype(np.float32)), from_numpy(y.astype(np.float32)))
