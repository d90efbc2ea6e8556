"""Preparation by statistics, which are those of the training set: `fit` sees it, and only it.

Each `fit` returns the object, `transform` (or calling it) applies to any data, and `inverse` undoes it. All work on
arrays and Tensors, floats keeping their type, and on one sample as on many.

Source: scikit-learn's preprocessing; the preparation of data in Stanford's course CS231n.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_np import Tensor, from_numpy
from autograd_np.errors import ArgumentError, AutogradError, DTypeError, ShapeError

__all__ = ["PCA", "Center", "MinMax", "Standardize", "Whiten"]

Array = npt.NDArray[Any]


class _Fitted:
    """Base: `_learn` keeps statistics in float64, and `_forward` and `_backward` use them."""

    _fitted = False

    def fit(self, data: Any) -> Any:
        """Take the statistics of the training set, and return the object.

        Raises: ArgumentError for no samples or values that are not finite.
        """
        x = _array(data, type(self).__name__).astype(np.float64)
        if x.ndim < 1 or not len(x):
            raise ArgumentError(f"{type(self).__name__}: expected at least one sample, got shape {x.shape}")
        if not np.isfinite(x).all():
            raise ArgumentError(
                f"{type(self).__name__}: the training data has values that are not finite\n"
                "  fix: leave those samples out, or fill in what is missing"
            )
        self._learn(x)
        self._fitted = True
        return self

    def transform(self, data: Any) -> Any:
        """Return the data, prepared.

        Raises: AutogradError before `fit`, ShapeError for other features than it saw.
        """
        return self._applied(data, self._forward)

    def inverse(self, data: Any) -> Any:
        """Return what `transform` was given.

        Raises: AutogradError before `fit`, ShapeError for another number of features.
        """
        return self._applied(data, self._backward)

    def fit_transform(self, data: Any) -> Any:
        """Take the statistics of the training set, and return it prepared."""
        self.fit(data)
        return self.transform(data)

    def __call__(self, data: Any) -> Any:
        return self.transform(data)

    def _applied(self, data: Any, function: Any) -> Any:
        name = type(self).__name__
        if not self._fitted:
            raise AutogradError(f"{name}: the statistics are not known yet\n  fix: call fit(training_data) first")
        x = _array(data, name)
        x = x if x.dtype.kind == "f" else x.astype(np.float32)
        result = np.asarray(function(x)).astype(x.dtype, copy=False)
        return from_numpy(result) if isinstance(data, Tensor) else result

    def _learn(self, x: Array) -> None:
        raise NotImplementedError

    def _forward(self, x: Array) -> Array:
        raise NotImplementedError

    def _backward(self, x: Array) -> Array:
        raise NotImplementedError


def _array(data: Any, name: str) -> Array:
    if isinstance(data, Tensor):
        if data.requires_grad:
            raise ArgumentError(f"{name}: it prepares data, and no gradient flows through it\n  fix: pass x.detach()")
        data = data.numpy()
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{name}: expected numbers, got {array.dtype}")
    return array


class _PerFeature(_Fitted):
    """x → (x - shift) / scale, with shift and scale taken over some axes.

    Args:
        axis: over which axes of the training set statistics are taken: 0 gives each feature its own, (0, 2, 3) each
            channel of images.
    """

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        self.axis = (axis,) if isinstance(axis, int) else tuple(axis)
        if 0 not in self.axis or min(self.axis) < 0:
            raise ArgumentError(
                f"{type(self).__name__}: axis must name axis 0, that of the samples, and others from the front, "
                f"got {axis}"
            )
        self.shift: Array
        self.scale: Array

    def _learn(self, x: Array) -> None:
        if max(self.axis) >= x.ndim:
            raise ShapeError(f"{type(self).__name__}: axis {self.axis} does not fit data of shape {x.shape}")
        self.shift, self.scale = (value[0] for value in self._statistics(x))

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        raise NotImplementedError

    def _forward(self, x: Array) -> Array:
        return (x - self._fits(self.shift, x)) / self._fits(self.scale, x)

    def _backward(self, x: Array) -> Array:
        return x * self._fits(self.scale, x) + self._fits(self.shift, x)

    def _fits(self, statistic: Array, x: Array) -> Array:
        trailing = x.shape[max(0, x.ndim - statistic.ndim) :]
        if len(trailing) != statistic.ndim or any(
            s not in (1, n) for s, n in zip(statistic.shape, trailing, strict=True)
        ):
            raise ShapeError(
                f"{type(self).__name__}: the training set had samples with statistics of shape {statistic.shape}, "
                f"which do not fit data of shape {x.shape}"
            )
        return statistic.astype(x.dtype)


class Center(_PerFeature):
    """Subtract the mean of the training set.

    Args:
        axis: over which axes it is taken: 0 gives each feature its own, (0, 2, 3) each channel of images.

    Shapes: (N, *), or one sample (*).
    Source: the preparation of data in Stanford's course CS231n.

    Example:
        >>> Center().fit([[1.0, 2.0], [3.0, 6.0]]).transform([[2.0, 5.0]])
        array([[0., 1.]])
    """

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        mean = x.mean(axis=self.axis, keepdims=True)
        return mean, np.ones_like(mean)


class Standardize(_PerFeature):
    """Subtract the mean of the training set and divide by its standard deviation.

    A feature that never changes is centred alone.

    Args:
        axis: over which axes they are taken: 0 gives each feature its own, (0, 2, 3) each channel of images.

    Shapes: (N, *), or one sample (*).
    Source: sklearn.preprocessing.StandardScaler.

    Example:
        >>> Standardize().fit([[1.0], [3.0]]).transform([[5.0]])
        array([[3.]])
    """

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        mean, std = x.mean(axis=self.axis, keepdims=True), x.std(axis=self.axis, keepdims=True)
        # Of equal numbers the deviation may come out as a rounding error instead of 0.
        same = x.max(axis=self.axis, keepdims=True) == x.min(axis=self.axis, keepdims=True)
        return mean, np.where(same, 1.0, std)


class MinMax(_PerFeature):
    """Bring the training set's range to [low, high]; other data may go beyond.

    A feature that never changes comes to the middle.

    Args:
        low: where the least value goes.
        high: where the greatest goes.
        axis: over which axes the range is taken: 0 gives each feature its own, (0, 2, 3) each channel of images.

    Shapes: (N, *), or one sample (*).
    Raises: ArgumentError if low is not below high.
    Source: sklearn.preprocessing.MinMaxScaler, whose range is [0, 1] unless told.

    Example:
        >>> MinMax().fit([[0.0], [10.0]]).transform([[0.0], [2.5], [20.0]]).ravel()
        array([-1. , -0.5,  3. ])
    """

    def __init__(self, low: float = -1.0, high: float = 1.0, axis: int | Sequence[int] = 0) -> None:
        super().__init__(axis)
        if not low < high:
            raise ArgumentError(f"MinMax: low must be below high, got {low} and {high}")
        self.low = low
        self.high = high

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        least, greatest = x.min(axis=self.axis, keepdims=True), x.max(axis=self.axis, keepdims=True)
        scale = np.where(greatest > least, (greatest - least) / (self.high - self.low), 1.0)
        return (least + greatest) / 2 - scale * (self.low + self.high) / 2, scale


class PCA(_Fitted):
    """Turn the axes into the directions of greatest variance, and keep the first of them.

    Args:
        components: how many are kept, as a number, or as the share of the variance that they must have together
            (0.95 keeps the fewest directions with at least 95 %); None keeps all.

    Shapes: (N, D) -> (N, K), or one sample (D,) -> (K,).
    Raises: ArgumentError for a share outside (0, 1], or more components than there are directions.
    Source: Pearson (1901); sklearn.decomposition.PCA.

    Example:
        >>> line = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
        >>> pca = PCA().fit(line)
        >>> pca.components.round(3), pca.reconstruct(line).round(6).tolist()
        (array([[0.447, 0.894]]), [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    """

    def __init__(self, components: float | None = 0.95) -> None:
        whole = isinstance(components, (int, np.integer))
        allowed = components is None or (components >= 1 if whole else 0 < components <= 1)
        if isinstance(components, bool) or not allowed:
            raise ArgumentError(
                f"{type(self).__name__}: components must be an integer of at least 1, a share in (0, 1], or None, "
                f"got {components}"
            )
        self.wanted = components
        self.mean: Array
        self.components: Array  # (K, D), rows of length 1
        self.variances: Array  # (K,), along each
        self.ratios: Array  # (K,), their shares of the whole

    def _learn(self, x: Array) -> None:
        if x.ndim != 2:
            raise ShapeError(
                f"{type(self).__name__}: expected data (N, D), got shape {x.shape}\n  fix: x.reshape(N, -1)"
            )
        self.mean = x.mean(axis=0)
        centred = x - self.mean
        # With more samples than features the covariance is the smaller matrix, and has the same directions.
        if len(x) >= x.shape[1]:
            directions, variances, _ = np.linalg.svd(centred.T @ centred / len(x), hermitian=True)
            rows = directions.T
        else:
            _, lengths, rows = np.linalg.svd(centred, full_matrices=False)
            variances = lengths**2 / len(x)
        total = float(variances.sum())
        self.ratios = variances / total if total > 0 else np.zeros_like(variances)
        count = self._count(len(variances))
        # A direction may point either way: its greatest entry is made positive, so that a run can be repeated.
        greatest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
        self.components = (rows * np.where(greatest < 0, -1.0, 1.0))[:count]
        self.variances, self.ratios = variances[:count], self.ratios[:count]

    def _count(self, most: int) -> int:
        if self.wanted is None:
            return most
        if isinstance(self.wanted, (int, np.integer)):
            if self.wanted > most:
                raise ArgumentError(
                    f"{type(self).__name__}: the data has {most} directions, fewer than components={self.wanted}"
                )
            return int(self.wanted)
        reached = np.cumsum(self.ratios) >= self.wanted - 1e-12
        return int(reached.argmax()) + 1 if reached.any() else most

    def _forward(self, x: Array) -> Array:
        self._check(x, self.components.shape[1])
        return (x - self.mean.astype(x.dtype)) @ self.components.T.astype(x.dtype)

    def _backward(self, x: Array) -> Array:
        self._check(x, self.components.shape[0])
        return x @ self.components.astype(x.dtype) + self.mean.astype(x.dtype)

    def _check(self, x: Array, features: int) -> None:
        if x.ndim not in (1, 2) or x.shape[-1] != features:
            raise ShapeError(f"{type(self).__name__}: expected (N, {features}) or ({features},), got shape {x.shape}")

    def reconstruct(self, data: Any) -> Any:
        """Return the data as far as the kept directions tell: `inverse(transform(data))`.

        Shapes: (N, D) or (D,).
        """
        return self.inverse(self.transform(data))


class Whiten(PCA):
    """PCA, then divided by √(variance + eps): the training set's directions are uncorrelated and of variance 1.

    Args:
        components: how many directions are kept, as in PCA; all if not given.
        eps: added to each variance, so that directions of mere noise are not blown up.

    Shapes: (N, D) -> (N, K), or one sample (D,) -> (K,).
    Source: the preparation of data in Stanford's course CS231n.

    Example:
        >>> x = np.random.default_rng(0).standard_normal((200, 2)) @ [[3.0, 1.0], [0.0, 0.5]]
        >>> np.cov(Whiten().fit_transform(x), rowvar=False, bias=True).round(3) + 0.0
        array([[1., 0.],
               [0., 1.]])
    """

    def __init__(self, components: float | None = None, eps: float = 1e-5) -> None:
        super().__init__(components)
        if eps < 0:
            raise ArgumentError(f"Whiten: eps must not be negative, got {eps}")
        self.eps = eps

    def _width(self, x: Array) -> Array:
        return np.sqrt(self.variances + self.eps).astype(x.dtype)

    def _forward(self, x: Array) -> Array:
        return super()._forward(x) / self._width(x)

    def _backward(self, x: Array) -> Array:
        self._check(x, self.components.shape[0])
        return super()._backward(x * self._width(x))
